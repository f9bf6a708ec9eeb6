//! One figure: origins side by side, edits that name what they saw, evidence, what the public may see of its history.

use crate::{
    figures::{COMMUNE, ROOMS, how, prepared, save},
    visitor::{Visitor, hidden},
};
use facts::{
    Entry, Key, Law,
    figure::{self, Edit, Edited},
    proof, published, record,
};
use kernel::{Actor, Decimal, Revision};
use rulebook::{Origin, Value};
use store::{
    Query, Store, args,
    attachments::{self, Attachments},
};
use testkit::{CLOCK, each_engine};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn key(law: &Law, measure: &str, origin: Origin) -> Key {
    Key { unit: COMMUNE, year: 2024, measure: law.measure_id(measure).expect("a measure"), origin }
}

fn entry(law: &Law, measure: &str, origin: Origin, value: Value) -> Entry {
    Entry::new(key(law, measure, origin), value)
}

fn edit(law: &Law, value: &str, seen: Option<Revision>) -> Edit {
    Edit {
        key: key(law, "income.per_person", Origin::Declared),
        value: number(value),
        seen,
        source: "12/BC-UBND".into(),
        publish: false,
        evidence: Vec::new(),
    }
}

async fn edited(store: &Store, law: &Law, edit: &Edit) -> store::Result<Edited> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let outcome = figure::edit(&mut tx, law, edit).await?;
    tx.commit().await?;
    Ok(outcome)
}

#[test]
fn origins_stand_side_by_side_and_the_order_of_the_measure_says_which_is_read() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let entries = [
            entry(&law, "income.per_person", Origin::Declared, number("50")),
            entry(&law, "income.per_person", Origin::Survey, number("47.5")),
        ];
        save(&store, &law, &entries, true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let sheet = figure::sheet(&mut tx, &law, COMMUNE, "income.per_person", 2024).await?.expect("a figure");
        let seen: Vec<(Origin, bool, Option<Decimal>)> =
            sheet.sides.iter().map(|s| (s.origin, s.read, s.difference.clone())).collect();
        let difference = Some("2.5".parse().unwrap());
        assert_eq!(seen, [(Origin::Survey, true, None), (Origin::Declared, false, difference)]);
        assert!(figure::sheet(&mut tx, &law, COMMUNE, "no.such_measure", 2024).await?.is_none());
        Ok(())
    });
}

#[test]
fn a_computed_measure_is_read_in_its_place_and_never_stored() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let rate = "poverty.multidimensional_rate";
        let read = || async {
            let mut tx = store.read(&Actor::READER.scope()).await?;
            let sheet = figure::sheet(&mut tx, &law, COMMUNE, rate, 2024).await?.expect("a figure");
            let lines = sheet.history.len();
            let side = sheet.sides.into_iter().find(|s| s.read);
            Ok::<_, store::StoreError>((side.map(|s| (s.origin, s.computed)), lines))
        };
        save(&store, &law, &[entry(&law, rate, Origin::Declared, number("9"))], true).await?;
        save(&store, &law, &[entry(&law, "poor_households", Origin::Declared, number("7"))], true).await?;
        // One input alone computes nothing: the declared rate is read.
        assert_eq!(read().await?, (Some((Origin::Declared, None)), 1));
        save(&store, &law, &[entry(&law, "households", Origin::Declared, number("900"))], true).await?;
        let exact = Value::Fraction(7.into(), 900.into());
        assert_eq!(read().await?, (Some((Origin::Computed, Some(exact))), 1));
        // A verified figure comes first.
        save(&store, &law, &[entry(&law, rate, Origin::Verified, number("8"))], true).await?;
        assert_eq!(read().await?, (Some((Origin::Verified, None)), 2));
        Ok(())
    });
}

#[test]
fn an_edit_names_what_it_saw_and_a_conflict_shows_what_stands_there() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let Edited::Done(first) = edited(&store, &law, &edit(&law, "50", None)).await? else { panic!("recorded") };
        let Edited::Done(second) = edited(&store, &law, &edit(&law, "51", Some(first))).await? else {
            panic!("recorded")
        };
        for seen in [None, Some(first)] {
            match edited(&store, &law, &edit(&law, "52", seen)).await? {
                Edited::Changed(Some(now)) => assert_eq!((now.revision, &now.value), (second, &number("51"))),
                other => panic!("{seen:?}: {other:?}"),
            }
        }
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        assert_eq!(published::history(&mut tx, edit(&law, "0", None).key).await?.len(), 2);
        Ok(())
    });
}

#[test]
fn of_edits_at_the_same_time_one_is_done() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let (a, b) = (edit(&law, "50", None), edit(&law, "51", None));
        let (a, b) = tokio::join!(edited(&store, &law, &a), edited(&store, &law, &b));
        let done = [a?, b?].iter().filter(|e| matches!(e, Edited::Done(_))).count();
        assert_eq!(done, 1);
        Ok(())
    });
}

#[test]
fn the_public_sees_a_line_and_its_evidence_from_its_publication_on() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let bytes = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"scan"))]);
        let blob = files.put(bytes, 100).await?;
        let evidence = vec![(blob, "bien-ban.pdf".to_owned(), "application/pdf".to_owned())];
        let edit = Edit { evidence, ..edit(&law, "50", None) };
        let Edited::Done(revision) = edited(&store, &law, &edit).await? else { panic!("recorded") };
        let visible = || async {
            let mut tx = store.read(&Actor::READER.scope()).await?;
            let line = published::line(&mut tx, revision).await?;
            let sheet = figure::sheet(&mut tx, &law, COMMUNE, "income.per_person", 2024).await?.expect("a figure");
            let files: Vec<String> = sheet.history.iter().flat_map(|(_, f)| f).map(|f| f.name.clone()).collect();
            Ok::<_, store::StoreError>((line.is_some(), files))
        };
        assert_eq!(visible().await?, (false, Vec::new()));
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        record::publish(&mut tx, &law, COMMUNE, 2024).await?;
        tx.commit().await?;
        assert_eq!(visible().await?, (true, vec!["bien-ban.pdf".to_owned()]));
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let kept = attachments::of(&mut tx, figure::EVIDENCE, &revision.to_string()).await?;
        assert_eq!(kept.len(), 1);
        drop(tx);
        // Recording the same value again with publication changes nothing and is still one line.
        let again = how(true);
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let same = Entry::new(edit.key, edit.value.clone());
        assert_eq!(record::record(&mut tx, &law, &[same], &again).await?.unchanged, 1);
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn evidence_of_an_unchanged_value_is_a_line_of_its_own_and_nobodys_until_published() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let first = Edit { publish: true, ..edit(&law, "50", None) };
        let Edited::Done(public) = edited(&store, &law, &first).await? else { panic!("recorded") };
        // The same again says nothing new.
        let same = Edit { seen: Some(public), ..first.clone() };
        let Edited::Done(unchanged) = edited(&store, &law, &same).await? else { panic!("recorded") };
        assert_eq!(unchanged, public);
        let blob = store::attachments::Blob { sha256: "ab".repeat(32), size: 4 };
        let evidence = vec![(blob, "scan.pdf".to_owned(), "application/pdf".to_owned())];
        let more = Edit { evidence, publish: false, seen: Some(public), ..first };
        let Edited::Done(line) = edited(&store, &law, &more).await? else { panic!("recorded") };
        assert_ne!(line, public, "a line of its own");
        let mut tx = store.read(&Actor::READER.scope()).await?;
        assert!(published::line(&mut tx, line).await?.is_none(), "not public");
        let sheet = figure::sheet(&mut tx, &law, COMMUNE, "income.per_person", 2024).await?.expect("a figure");
        assert!(sheet.history.iter().all(|(_, files)| files.is_empty()));
        let actions = tx.rows("SELECT action FROM store_audit ORDER BY seq", args![]).await?;
        let last: Vec<String> = actions.iter().rev().take(2).map(|r| r.text(0)).collect::<Result<_, _>>()?;
        assert_eq!(last, ["facts.evidence", "facts.record"]);
        Ok(())
    });
}

#[test]
fn a_unit_has_figures_only_of_its_years_and_of_what_its_level_is_asked() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let measure = |id: &str| law.library().measure(id).cloned().expect("a measure");
        let table = [
            (250, "income.per_person", 2024, None),
            (250, "households", 2024, None),
            (250, "income.per_person", 2026, Some("figure-not-in-force")),
            (250, "income.per_person", 30_000, Some("values-period")),
            (250, "income.per_person", -5, Some("values-period")),
            (206, "income.per_person", 2024, Some("figure-not-asked")),
            (1113, "income.per_person", 2022, Some("figure-not-in-force")),
        ];
        for (unit, id, year, expected) in table {
            let unit = units::store::get(&mut tx, kernel::UnitId(unit)).await?.expect("a unit");
            let why = figure::refused(&law, &unit, &measure(id), year).map(|phrase| phrase.key);
            assert_eq!(why, expected, "{} {id} {year}", unit.name);
        }
        Ok(())
    });
}

#[test]
fn a_figure_changed_by_hand_is_named_by_its_audit_line() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let entries = [
            entry(&law, "income.per_person", Origin::Declared, number("50")),
            entry(&law, "poor_households", Origin::Declared, number("7")),
        ];
        save(&store, &law, &entries, true).await?;
        edited(&store, &law, &edit(&law, "51", None)).await?;
        let Edited::Done(line) = edited(&store, &law, &edit(&law, "52", Some(Revision(1)))).await? else {
            panic!("recorded")
        };
        // A table of which part says nothing new writes fewer lines than it has rows.
        let part = [
            entry(&law, "poor_households", Origin::Declared, number("7")),
            entry(&law, "households", Origin::Declared, number("900")),
        ];
        save(&store, &law, &part, true).await?;
        assert_eq!(proof::check(&store).await?, proof::Findings::default());
        let run = |sql: &'static str| {
            let store = store.clone();
            async move {
                let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
                tx.execute(sql, args![]).await?;
                tx.commit().await
            }
        };
        run("UPDATE facts_history SET value = '99' WHERE revision = 2").await?;
        assert_eq!(proof::check(&store).await?.altered.len(), 1);
        run("UPDATE facts_history SET source = 'x' WHERE revision = 3").await?;
        assert_eq!((proof::check(&store).await?.altered.len(), line), (2, Revision(3)));
        run("DELETE FROM facts_history WHERE revision = 1").await?;
        assert_eq!(proof::check(&store).await?.altered.len(), 2);
        let copy = "INSERT INTO facts_history (revision, unit, period, measure, origin, value, stage, actor, at, source)
                    SELECT 900, unit, period, measure, origin, value, stage, actor, at, source FROM facts_history WHERE revision = 2";
        run(copy).await?;
        assert_eq!(proof::check(&store).await?.unclaimed, 1);
        Ok(())
    });
}

#[test]
fn what_is_not_published_is_listed_and_published_by_who_saw_it() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        edited(&visitor.store, &visitor.law, &edit(&visitor.law, "50", None)).await?;
        let page = "/xa/250/cong-bo?nam=2024";
        assert_eq!(visitor.get(page, false).await?.status, 401);
        let shown = visitor.get(page, true).await?.text();
        assert!(shown.contains("50 triệu đồng"), "{shown}");
        let (seen, key) = (hidden(&shown, "seen"), hidden(&shown, "key"));
        let form = "application/x-www-form-urlencoded";
        let body = format!("seen={seen}&key={key}");
        edited(&visitor.store, &visitor.law, &edit(&visitor.law, "51", Some(Revision(1)))).await?;
        let again = visitor.post("/xa/250/cong-bo/2024", form, body.clone()).await?;
        assert_eq!(again.status, 409, "somebody wrote meanwhile");
        let body = format!("seen={}&key={}", hidden(&again.text(), "seen"), hidden(&again.text(), "key"));
        let done = visitor.post("/xa/250/cong-bo/2024", form, body.clone()).await?;
        assert_eq!((done.status, done.location.as_str()), (303, "/xa/250?nam=2024"));
        assert_eq!(visitor.post("/xa/250/cong-bo/2024", form, body).await?.status, 303, "the same again");
        let public = visitor.get("/api/v1/units/250/figures?nam=2024", false).await?.json()?;
        assert_eq!(public["figures"][0]["value"], "51");
        let none = visitor.post("/api/v1/units/250/publications/2024", "application/json", "").await?.json()?;
        assert_eq!(none["published"], 0);
        Ok(())
    });
}
