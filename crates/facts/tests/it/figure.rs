//! One figure: origins side by side, edits that name what they saw, evidence, what the public may see of its history.

use crate::figures::{COMMUNE, ROOMS, how, prepared, save};
use facts::{
    Entry, Key, Law,
    figure::{self, Edit, Edited},
    published, record,
};
use kernel::{Actor, Decimal, Revision};
use rulebook::{Origin, Value};
use store::{
    Store,
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
