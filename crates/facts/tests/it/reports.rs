//! Telling of a mistake: what anybody may write, what stays inside, what is answered.

use crate::{
    figures::ROOMS,
    visitor::{Visitor, hidden},
};
use anyhow::{Context, Result, ensure};
use facts::reports::{Place, place};
use kernel::{Actor, Clock, FixedClock, Moment, UnitId};
use store::{Query, args};
use testkit::{CLOCK, each_engine};

const SEND: &str = "/bao-sai/gui";
const FORM: &str = "application/x-www-form-urlencoded";

async fn count(visitor: &Visitor, sql: &str) -> Result<i64> {
    let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.row(sql, args![]).await?.context("a count")?.i64(0)?)
}

#[test]
fn a_place_is_what_the_address_names_and_this_site_has() {
    testkit::block_on(async {
        let library = crate::figures::library(false);
        let patterns = ["/", "/xa/{id}", "/so-lieu/{unit}/{measure}/{year}", "/bo-tieu-chi/{set}/{no}", "/ban-do"];
        let of = |page: &str| place(page, patterns.into_iter(), &library);
        let at = |page: &str| Place { page: page.into(), ..Place::default() };
        for (page, want) in [
            ("/", Some(at("/"))),
            ("/ban-do?nam=2024", Some(at("/ban-do?nam=2024"))),
            ("/en/ban-do", Some(at("/ban-do"))),
            ("/xa/250?nam=2024", Some(Place { unit: Some(UnitId(250)), ..at("/xa/250?nam=2024") })),
            (
                "/so-lieu/250/income.per_person/2024",
                Some(Place {
                    unit: Some(UnitId(250)),
                    measure: Some("income.per_person".into()),
                    ..at("/so-lieu/250/income.per_person/2024")
                }),
            ),
            (
                "/bo-tieu-chi/commune-2021-2025/10.1",
                Some(Place {
                    set: Some("commune-2021-2025".into()),
                    indicator: Some("10.1".into()),
                    measure: Some("income.per_person".into()),
                    ..at("/bo-tieu-chi/commune-2021-2025/10.1")
                }),
            ),
            ("/bo-tieu-chi/no-such/10.1", Some(at("/bo-tieu-chi/no-such/10.1"))),
            ("", Some(at("/"))),
            ("/khong-co", None),
            ("//evil.example/", None),
            ("https://evil.example/", None),
            ("/ban-do\\x", None),
            ("/xa/", None),
        ] {
            assert_eq!(of(page), want, "{page}");
        }
        assert_eq!(of(&format!("/ban-do?{}", "x".repeat(400))), None);
    });
}

#[test]
fn anybody_tells_of_a_mistake_and_only_officers_read_it() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let page = visitor.ask("/bao-sai?trang=/xa/250?nam=2024", &[]).await?.text();
        ensure!(page.contains("Xã Tân Mỹ") && page.contains("/xa/250?nam=2024"), "{page}");
        let key = hidden(&page, "key");
        let form = format!("trang=/xa/250&text=Thu+nh%E1%BA%ADp+sai+r%E1%BB%93i&contact=0912+345+678&key={key}");
        // Wrong: nothing is kept, what was typed comes back.
        for (wrong, status, want) in [
            ("trang=/xa/250&text=sai&key=k1".to_owned(), 422, "ít nhất 10 ký tự"),
            (format!("{form}&website=x"), 422, "Hãy để trống ô này"),
            (format!("text={}&key=k2", "x".repeat(5_000)), 422, "dài quá"),
            (format!("text={}&key=k3", "x".repeat(70_000)), 413, "64 KB"),
        ] {
            let answer = visitor.tell(SEND, &wrong).await?;
            ensure!(answer.status == status && answer.text().contains(want), "{want}: {}", answer.text());
        }
        ensure!(count(&visitor, "SELECT COUNT(*) FROM facts_report").await? == 0);
        // The same form again gets the same receipt.
        let first = visitor.tell(SEND, &form).await?;
        let again = visitor.tell(SEND, &form).await?;
        ensure!(first.status == 303 && first.location == again.location, "{} {}", first.location, again.location);
        ensure!(count(&visitor, "SELECT COUNT(*) FROM facts_report").await? == 1);
        let receipt = visitor.ask(&first.location, &[]).await?.text();
        ensure!(receipt.contains("Phiếu báo sai số 1") && receipt.contains("đang chờ trả lời"), "{receipt}");
        ensure!(!receipt.contains("0912") && !receipt.contains("sai rồi"), "a reader's words are public");
        ensure!(visitor.ask("/bao-sai/phieu/1", &[]).await?.status == 404);
        // Inside: read, found, taken away and answered once; nobody else may.
        for path in ["/bao-sai/danh-sach", "/bao-sai/danh-sach.csv", "/bao-sai/so/1"] {
            ensure!(visitor.get(path, false).await?.status == 401, "{path} is open");
        }
        ensure!(visitor.tell("/bao-sai/so/1/tra-loi", "answer=x&key=a").await?.status == 401);
        for (query, is_there) in [
            ("", true),
            ("?q=thu+nhap", true),
            ("?q=khac", false),
            ("?tt=answered", false),
            ("?tt=open&sap=oldest", true),
        ] {
            let list = visitor.get(&format!("/bao-sai/danh-sach{query}"), true).await?.text();
            ensure!(list.contains("/bao-sai/so/1") == is_there, "{query}");
        }
        let file = visitor.get("/bao-sai/danh-sach.csv", true).await?.text();
        ensure!(file.contains("Xã Tân Mỹ") && file.contains("0912 345 678"), "{file}");
        ensure!(visitor.get("/bao-sai/danh-sach.xlsx", true).await?.body.starts_with(b"PK"));
        let answers = "/bao-sai/so/1/tra-loi";
        ensure!(visitor.post(answers, FORM, "answer=+&key=a0").await?.status == 422);
        for _ in 0..2 {
            ensure!(visitor.post(answers, FORM, "answer=%C4%90%C3%A3+s%E1%BB%ADa&key=a1").await?.status == 303);
        }
        let late = visitor.post(answers, FORM, "answer=Khac&key=a2").await?;
        ensure!(late.status == 409 && late.text().contains("đã có người trả lời"), "{}", late.text());
        let receipt = visitor.ask(&first.location, &[]).await?.text();
        ensure!(receipt.contains("Đã sửa") && receipt.contains("đã trả lời"), "{receipt}");
        let audited = "SELECT COUNT(*) FROM store_audit WHERE action IN ('facts.report', 'facts.report_answer') AND subject = '1'";
        ensure!(count(&visitor, audited).await? == 2);
        let leaks = "SELECT COUNT(*) FROM store_audit_details WHERE details LIKE '%0912%' OR details LIKE '%nh_p sai%'";
        ensure!(count(&visitor, leaks).await? == 0, "a reader's words are in the audit trail");
        Ok(())
    });
}

#[test]
fn no_more_is_taken_of_a_page_than_an_hour_allows() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for n in 0..20 {
            let sent = visitor.tell(SEND, &format!("trang=/ban-do&text=sai+so+lieu+{n}&key=k{n}")).await?;
            ensure!(sent.status == 303, "{n}: {}", sent.text());
        }
        let more = visitor.tell(SEND, "trang=/ban-do&text=sai+so+lieu+nua&key=m").await?;
        ensure!(more.status == 429 && more.text().contains("sau một giờ") && more.text().contains("sai so lieu nua"));
        let elsewhere = visitor.tell(SEND, "trang=/xa&text=sai+so+lieu+nua&key=n").await?;
        ensure!(elsewhere.status == 303, "{}", elsewhere.text());
        Ok(())
    });
}

#[test]
fn whom_to_reach_about_a_report_is_erased_with_the_person_or_in_time_and_the_report_stays() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (n, contact) in [(1, "Hoa%40Example.vn"), (2, "khac%40example.vn"), (3, ""), (4, "0912")] {
            let form = format!("trang=/ban-do&text=sai+so+lieu+{n}&contact={contact}&key=k{n}");
            ensure!(visitor.tell(SEND, &form).await?.status == 303);
        }
        let answered = visitor.post("/bao-sai/so/2/tra-loi", FORM, "answer=%C4%90%C3%A3+s%E1%BB%ADa&key=a").await?;
        ensure!(answered.status == 303, "{}", answered.text());
        let kept = async || -> Result<Vec<String>> {
            let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
            let rows = tx.rows("SELECT contact FROM facts_report ORDER BY id", args![]).await?;
            Ok(rows.iter().map(|row| row.text(0)).collect::<store::Result<_>>()?)
        };
        let all = facts::pages::room().personal.to_vec();
        let hooks = web::personal::Hooks { all, retention: web::personal::Retention::default() };
        let whom = |email: Option<&str>| {
            let (person, login) = (kernel::PersonId(7), "hoa".to_owned());
            web::personal::Whom { person, login, email: email.map(str::to_owned) }
        };
        let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
        let parts = hooks.export(&mut tx, &whom(Some("hoa@example.vn"))).await?;
        let reports = &parts.iter().find(|part| part.kind == "reports").context("reports")?.rows;
        ensure!(reports.len() == 1 && reports[0]["contact"] == "Hoa@Example.vn", "{reports:?}");
        drop(tx);
        let erase = async |email| -> Result<serde_json::Value> {
            let mut tx = visitor.store.write(&Actor::SYSTEM, &CLOCK).await?;
            let rows = hooks.erase(&mut tx, &whom(email), "có đơn").await?;
            tx.commit().await?;
            Ok(rows)
        };
        ensure!(erase(None).await?["facts"] == 0, "who has no address has no contact");
        ensure!(kept().await? == ["Hoa@Example.vn", "khac@example.vn", "", "0912"]);
        ensure!(erase(Some("hoa@example.vn")).await?["facts"] == 1);
        ensure!(
            kept().await? == ["", "khac@example.vn", "", "0912"],
            "another person's contact, or the report, went too"
        );
        // The contact goes in time: after the answer, and of a report that nobody answers after it was sent.
        let days = i64::from(hooks.retention.contacts);
        ensure!(days > 1, "{days}");
        for (later, wanted) in [(days - 1, ["khac@example.vn", "", "0912"]), (days + 1, ["", "", ""])] {
            let clock = FixedClock(Moment(CLOCK.now().0 + later * 86_400_000_000));
            let mut tx = visitor.store.write(&Actor::SYSTEM, &clock).await?;
            hooks.retain(&mut tx).await?;
            tx.commit().await?;
            ensure!(kept().await?[1..] == wanted, "after {later} days");
        }
        ensure!(count(&visitor, "SELECT COUNT(*) FROM facts_report WHERE text <> ''").await? == 4);
        Ok(())
    });
}
