//! Working days: shipped, edited, asked for by pages and programs, on both engines.

use crate::pages::Visitor;
use anyhow::{Context, Result};
use axum::http::StatusCode;
use kernel::{Actor, Day};
use serde_json::{Value, json};
use store::{Query, Store, args};
use testkit::CLOCK;
use units::{
    calendar::{self, Change, NotEdited},
    reference::Reference,
};

const MIGRATIONS: &[&[store::Migration]] = &[units::store::MIGRATIONS];

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn change(on: &str, kind: &str, seen: i64) -> Change {
    let text = |text: &str| text.to_owned();
    Change {
        day: Some(day(on)),
        kind: text(kind),
        name_vi: text("Tết Nguyên đán"),
        name_en: String::new(),
        source: text("TB 1"),
        confidence: text("verified"),
        note: String::new(),
        seen,
    }
}

async fn seed(store: &Store, reference: &Reference) -> Result<bool> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let changed = units::store::seed(&mut tx, reference).await?;
    tx.commit().await?;
    Ok(changed)
}

#[test]
fn the_shipped_calendar_counts_as_announced() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store, &Reference::read()?).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let days = calendar::of(&mut tx).await?;
        let of_year = |year: i16| {
            days.working_between(kernel::Period::Year(year - 1).last_day(), kernel::Period::Year(year).last_day())
        };
        for (year, count) in [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 250), (2026, 249)] {
            assert_eq!(of_year(year), count, "{year}");
        }
        for (from, n, to, sure) in [
            // Over the Culture Day.
            ("2026-11-23", 1, "2026-11-25", true),
            // Over National Day, its exchanged Monday, and the Saturday worked for it.
            ("2026-08-21", 1, "2026-08-22", true),
            ("2026-08-28", 1, "2026-09-03", true),
            // Over the Lunar New Year of 2027, of which nothing but its first day is known.
            ("2027-02-03", 1, "2027-02-04", false),
            ("2027-12-30", 5, "2028-01-06", false),
        ] {
            let found = days.add_working(day(from), n).context("the calendar goes on")?;
            assert_eq!((found, days.is_sure(day(from), found)), (day(to), sure), "{from} {n}");
        }
        Ok(())
    });
}

#[test]
fn what_was_edited_here_stays_when_the_shipped_calendar_changes() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let mut reference = Reference::read()?;
        seed(&store, &reference).await?;
        assert!(!seed(&store, &reference).await?, "nothing new, nothing written");
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let changes = [
            change("2027-02-04", "removed", 1),
            change("2027-02-05", "holiday", 1),
            change("2027-02-11", "day_off_in_lieu", 0),
        ];
        let now = calendar::edit(&mut tx, &[], 2027, &changes, "Thông báo 2027").await?;
        let now = now.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        tx.commit().await?;
        let find = |list: &[calendar::CalendarDay], on: &str| list.iter().find(|one| one.day == day(on)).cloned();
        assert!(find(&now, "2027-02-04").is_none());
        let confirmed = find(&now, "2027-02-05").context("the day")?;
        assert_eq!(
            (confirmed.is_confirmed(), confirmed.version, confirmed.name_en.as_str()),
            (true, 2, "Tết Nguyên đán")
        );

        // The next program ships another note for one, has learned of two, and dropped two.
        for shipped in reference.calendar.iter_mut().filter(|one| one.day.year() == 2027) {
            shipped.note = "mới".into();
        }
        reference.calendar.retain(|one| one.day != day("2027-02-09") && one.day != day("2027-02-05"));
        assert!(seed(&store, &reference).await?);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let list = calendar::year(&mut tx, 2027).await?;
        assert!(find(&list, "2027-02-04").is_none(), "removed here, shipped again");
        assert!(find(&list, "2027-02-09").is_none(), "shipped no more");
        assert_eq!(find(&list, "2027-02-05"), Some(confirmed), "confirmed here, shipped no more");
        assert!(find(&list, "2027-02-11").is_some(), "added here");
        assert_eq!(find(&list, "2027-02-08").map(|one| (one.note, one.version)), Some(("mới".into(), 2)));
        drop(tx);
        assert!(!seed(&store, &reference).await?);
        Ok(())
    });
}

#[test]
fn an_edit_is_whole_reasoned_and_of_what_was_seen() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store, &Reference::read()?).await?;
        let before = {
            let mut tx = store.read(&Actor::READER.scope()).await?;
            calendar::year(&mut tx, 2026).await?
        };
        let unnamed = Change { name_vi: " ".into(), source: String::new(), ..change("2026-12-31", "holiday", 0) };
        for (changes, reason, wants) in [
            (vec![change("2026-12-31", "holiday", 0)], "", &["calendar-reason-empty reason"][..]),
            (vec![], "x", &["calendar-nothing changes"]),
            (vec![change("2027-12-31", "holiday", 0)], "x", &["calendar-other-year changes/0/day"]),
            (vec![change("2026-12-31", "working_day_in_lieu", 0)], "x", &["calendar-not-a-day-off changes/0/kind"]),
            (vec![change("2026-12-26", "day_off_in_lieu", 0)], "x", &["calendar-a-day-off changes/0/kind"]),
            (vec![change("2026-12-31", "feast", 0)], "x", &["calendar-kind-unknown changes/0/kind"]),
            (vec![change("2026-12-30", "removed", 0)], "x", &["calendar-not-there changes/0/day"]),
            (
                vec![change("2026-12-31", "holiday", 0), change("2026-12-31", "holiday", 0)],
                "x",
                &["calendar-twice changes/1/day"],
            ),
            (
                vec![change("2026-12-31", "holiday", 0), unnamed],
                "x",
                &[
                    "calendar-name-empty changes/1/name_vi",
                    "units-source-empty changes/1/source",
                    "calendar-twice changes/1/day",
                ],
            ),
        ] {
            let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let Err(NotEdited::Problems(problems)) = calendar::edit(&mut tx, &[], 2026, &changes, reason).await? else {
                panic!("{changes:?} was not refused");
            };
            let said: Vec<String> = problems
                .iter()
                .map(|p| match &p.place {
                    Some(kernel::Place::Field(field)) => format!("{} {field}", p.phrase.key),
                    _ => p.phrase.key.to_owned(),
                })
                .collect();
            assert_eq!(said, wants);
        }
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let changes = [change("2026-12-31", "holiday", 0), change("2026-09-02", "removed", 7)];
        let Err(NotEdited::Changed(_, now)) = calendar::edit(&mut tx, &[], 2026, &changes, "x").await? else {
            panic!("an edit of another version was not refused");
        };
        assert_eq!(now.iter().map(|(on, one)| (*on, one.is_some())).collect::<Vec<_>>(), [(day("2026-09-02"), true)]);
        drop(tx);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        assert_eq!(calendar::year(&mut tx, 2026).await?, before, "all or none");
        drop(tx);

        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let first = calendar::edit(&mut tx, &[], 2026, &[change("2026-09-02", "removed", 1)], "Thử").await?;
        assert!(first.is_ok_and(|days| days.iter().all(|one| one.day != day("2026-09-02"))));
        // What was taken out is an ordinary day, which can be added anew.
        let again = calendar::edit(&mut tx, &[], 2026, &[change("2026-09-02", "holiday", 0)], "Trả lại").await?;
        assert!(again.is_ok_and(|days| days.iter().any(|one| one.day == day("2026-09-02") && one.version == 3)));
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'units.calendar' AND subject = '2026'";
        assert_eq!(tx.row(sql, args![]).await?.context("a count")?.i64(0)?, 2);
        Ok(())
    });
}

#[test]
fn pages_and_programs_read_and_edit_the_calendar() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (path, wants) in [
            ("/lich-lam-viec", &["Năm 2026 có 249 ngày làm việc", "24/11/2026", "Ngày Văn hóa Việt Nam", "thứ Ba"][..]),
            (
                "/en/lich-lam-viec?nam=2026",
                &["2026 has 249 working days", "Vietnamese Culture Day", "Tuesday", "worked in lieu"],
            ),
            ("/lich-lam-viec?nam=2027", &["Lịch năm này còn ngày cần xác nhận", "04/02/2027", "cần xác nhận"]),
            ("/lich-lam-viec?nam=2030", &["Chưa có lịch năm 2030"]),
            ("/lich-lam-viec?tu=2026-08-28&so=5", &["5 ngày làm việc sau 28/08/2026: thứ Tư, 09/09/2026."]),
            ("/en/lich-lam-viec?tu=2026-09-03&so=-1", &["1 working day before 03/09/2026: Friday, 28/08/2026."]),
            ("/lich-lam-viec.csv?nam=2026", &["22/08/2026", "làm việc bù", "Thông báo 9441/TB-BNV"]),
        ] {
            let page = visitor.get(path).await?;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            let text = page.text().replace("&#x2f;", "/");
            for want in wants {
                assert!(text.contains(want), "{path} lacks {want:?}: {text}");
            }
            assert!(!text.contains("[calendar-"), "{path} shows a key");
        }
        assert!(visitor.get("/lich-lam-viec.xlsx?nam=2026").await?.body.starts_with(b"PK"));
        for (path, status) in [
            ("/lich-lam-viec?nam=abc", 422),
            ("/lich-lam-viec?tu=2026-08-28&so=1000000", 422),
            ("/lich-lam-viec?tu=hom-nay&so=5", 422),
            ("/quan-tri/lich-lam-viec/moi", 401),
            ("/api/v1/calendar/abc", 422),
        ] {
            assert_eq!(visitor.get(path).await?.status.as_u16(), status, "{path}");
        }
        let wrong = visitor.get("/lich-lam-viec?tu=hom-nay&so=5").await?.text();
        assert!(wrong.contains("id=\"w-tu\"") && wrong.contains("value=\"hom-nay\""), "{wrong}");

        let year = visitor.get("/api/v1/calendar/2026").await?.json()?;
        assert_eq!((&year["working_days"], &year["sure"], &year["count"]), (&json!(249), &json!(true), &json!(17)));
        assert_eq!(visitor.get("/api/v1/calendar/2027").await?.json()?["sure"], json!(false));

        // A program: all or none, repeated, refused by the version of a day.
        let path = "/api/v1/calendar/2026";
        let body = json!({"reason": "Hoán đổi", "changes": [
            {"day": "2026-12-31", "kind": "day_off_in_lieu", "name_vi": "Nghỉ hoán đổi", "source": "TB 2", "confidence": "verified", "seen": 0},
            {"day": "2026-12-26", "kind": "working_day_in_lieu", "name_vi": "Làm bù", "source": "TB 2", "confidence": "verified", "seen": 0},
        ]});
        for _ in 0..2 {
            let answer = visitor.post(path, &[("idempotency-key", "c1")], body.to_string()).await?;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!(answer.json()?["days"].as_array().map(Vec::len), Some(19));
        }
        let late = visitor.post(path, &[], body.to_string()).await?;
        assert_eq!(late.status.as_u16(), 412);
        assert_eq!(late.json()?["now"][1]["now"]["name_vi"], json!("Làm bù"));
        let bad = json!({"reason": "", "changes": [{"day": "2026-12-25", "kind": "holiday"}]}).to_string();
        let bad = visitor.post(path, &[], bad).await?;
        assert_eq!(bad.status.as_u16(), 422);
        let fields: Vec<Value> = bad.json()?["problems"]
            .as_array()
            .context("problems")?
            .iter()
            .map(|p| p["place"]["field"].clone())
            .collect();
        assert!(fields.contains(&json!("reason")) && fields.contains(&json!("changes/0/name_vi")), "{fields:?}");

        let empty = visitor
            .post(
                "/quan-tri/lich-lam-viec/moi",
                &[("content-type", "application/x-www-form-urlencoded")],
                "day=2026-12-30",
            )
            .await?;
        assert!(empty.status.as_u16() == 422 && empty.text().contains("Chưa chọn loại ngày"), "{}", empty.text());

        // A form without JavaScript: what is wrong stands at its field, what was typed stays.
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let address = "/quan-tri/lich-lam-viec/moi";
        let sent = "day=2026-12-30&kind=holiday&name_vi=L%E1%BB%85&source=TB+3&confidence=verified&seen=0&key=k1";
        let wrong = visitor.post(address, &form, sent).await?;
        assert_eq!(wrong.status.as_u16(), 422);
        for want in ["id=\"w-reason\"", "value=\"Lễ\"", "value=\"TB 3\"", "value=\"2026-12-30\""] {
            assert!(wrong.text().contains(want), "{want} is not in {}", wrong.text());
        }
        for _ in 0..2 {
            let saved = visitor.post(address, &form, format!("{sent}&reason=Th%E1%BB%AD")).await?;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
        }
        let there = visitor.post(address, &form, format!("{}&reason=x", sent.replace("k1", "k2"))).await?;
        assert!(there.status.as_u16() == 422 && there.text().contains("đã có trong lịch"), "{}", there.text());
        let address = "/quan-tri/lich-lam-viec/2026-12-30";
        let late = visitor
            .post(address, &form, format!("{}&reason=x", sent.replace("k1", "k3").replace("seen=0", "seen=9")))
            .await?;
        assert_eq!(late.status.as_u16(), 412);
        assert!(
            late.text().contains("Hiện nay") && late.text().contains("name=\"seen\" value=\"1\""),
            "{}",
            late.text()
        );
        let removed = sent.replace("k1", "k4").replace("seen=0", "seen=1").replace("kind=holiday", "kind=removed");
        let removed = visitor.post(address, &form, format!("{removed}&reason=B%E1%BB%8F")).await?;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.text());
        assert!(!visitor.get("/lich-lam-viec").await?.text().contains("30/12/2026"));
        Ok(())
    });
}
