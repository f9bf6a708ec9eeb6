//! Another law in use: a job judges again and lists what changed; figures stay.

use crate::figures::{COMMUNE, ROOMS, entry, judged, prepared, save};
use facts::{Edition, published, rejudge, totals};
use kernel::{Actor, Clock, UnitId};
use rulebook::{Status, Traits, Value};
use std::sync::Arc;
use store::{Query, Store, args, jobs::Registry};
use testkit::{CLOCK, each_engine};
use units::{
    actions,
    rules::{Attribute, Correction},
};

async fn changed(store: &Store, law: &facts::Law) -> store::Result<bool> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let changed = rejudge::if_changed(&mut tx, law).await?;
    tx.commit().await?;
    Ok(changed)
}

#[test]
fn when_the_law_changes_open_verdicts_are_judged_again_and_the_changes_listed() {
    each_engine(ROOMS, |store| async move {
        let illustrative = prepared(&store, true).await?;
        assert!(!changed(&store, &illustrative).await?, "the first law changes nothing");
        assert!(!changed(&store, &illustrative).await?, "the same law changes nothing");
        judged(&store, &illustrative, true).await?;
        let figures = || async {
            let mut tx = store.read(&Actor::READER.scope()).await?;
            published::figures(&mut tx, crate::figures::COMMUNE, None, Edition::Published).await
        };
        let before = figures().await?;

        let law = prepared(&store, false).await?;
        assert!(changed(&store, &law).await?);
        let mut registry = Registry::default();
        facts::jobs::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(Actor::READER)));
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        assert!(registry.run_one(&store, &clock).await?);
        assert!(!registry.run_one(&store, &clock).await?, "done once");

        let mut tx = store.read(&Actor::READER.scope()).await?;
        let (at, list, count) = rejudge::last(&mut tx, 0, 100).await?;
        assert_eq!((at, list.len() as i64), (Some(CLOCK.now()), count));
        let basic = list.iter().find(|r| r.set == "commune-2021-2025").expect("the basic set changed");
        assert_eq!(basic.before, Some((Status::Passed, false)));
        assert_eq!(basic.after, Some((Status::ToBeConfirmed, false)));
        let totals = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((totals.passed_unconfirmed, totals.to_be_confirmed), (0, 1));
        assert_eq!(figures().await?, before, "figures stay");
        let texts = tx.row("SELECT COUNT(*) FROM facts_ruletext WHERE set_id = 'commune-2021-2025'", args![]).await?;
        assert_eq!(texts.expect("a count").i64(0)?, 2, "both texts are kept");
        let job = tx.row("SELECT state, done, total FROM store_job", args![]).await?.expect("the job");
        assert_eq!((job.text(0)?.as_str(), job.i64(1)?, job.i64(2)?), ("done", 1, 1));
        Ok(())
    });
}

/// How many verdicts a unit has.
async fn verdicts(store: &Store) -> store::Result<i64> {
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let sql = "SELECT COUNT(*) FROM facts_verdict WHERE unit = $1";
    tx.row(sql, args![COMMUNE]).await?.map_or(Ok(0), |row| row.i64(0))
}

#[test]
fn a_commune_that_was_a_ward_loses_its_verdicts_in_the_same_transaction() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let before = judged(&store, &law, true).await?;
        assert_eq!((before.units, before.passed_unconfirmed), (121, 1));
        assert!(verdicts(&store).await? > 0);
        let effects = [rejudge::effect(law.clone())];
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let ward = |kind: &str| Correction { kind: Some(kind.into()), source: "NQ 1".into(), ..Correction::default() };
        let (version, said) = actions::correct(&mut tx, COMMUNE, 1, ward("ward"), &effects).await.expect("corrected");
        assert_eq!((said.len(), said[0].key), (1, "rejudged-units"));
        tx.commit().await?;
        assert_eq!(verdicts(&store).await?, 0, "no set judges a ward");
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let after = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((after.units, after.passed_unconfirmed), (120, 0), "in the next request");
        let lines = "SELECT COUNT(*) FROM store_audit WHERE action = 'facts.verdicts-removed'";
        assert_eq!(tx.row(lines, args![]).await?.expect("a count").i64(0)?, 1);
        drop(tx);
        // And back again: its figures were never touched.
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        actions::correct(&mut tx, COMMUNE, version, ward("commune"), &effects).await.expect("corrected");
        let back = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((back.units, back.passed_unconfirmed), (121, 1));
        // A new name judges nobody again.
        let name = Correction { name: Some("Xã Mới".into()), source: "NQ 2".into(), ..Correction::default() };
        let (_, said) = actions::correct(&mut tx, COMMUNE, version + 1, name, &effects).await.expect("corrected");
        assert!(said.is_empty(), "{said:?}");
        Ok(())
    });
}

#[test]
fn what_the_law_reads_of_a_unit_or_of_what_stands_above_it_changes_its_verdict() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        // A share between the two limits: enough for few schools only.
        let plan = law.plan("commune-2021-2025", "2024-12-31".parse().unwrap()).expect("a plan");
        let many = |many: &str| Traits {
            region: Some("TDMNPB".into()),
            attributes: [("more_than_3_schools".to_owned(), many.to_owned())].into(),
            ..Traits::default()
        };
        let (more, fewer) = (many("true"), many("false"));
        let limits = |at| Some((plan.book.threshold(at, &more, 2024)?, plan.book.threshold(at, &fewer, 2024)?));
        let at = (0..plan.book.nodes.len()).find(|&at| limits(at).is_some_and(|(m, f)| m != f)).expect("such a node");
        let measure = plan.book.nodes[at].indicator.measure.clone().expect("a measure");
        let share = entry(&law, COMMUNE, &measure, Value::Number(limits(at).expect("limits").1.clone()));
        save(&store, &law, &[share], true).await?;
        let effects = [rejudge::effect(law.clone())];
        let said = |attribute: &str, value: &str| Attribute {
            attribute: attribute.into(),
            value: value.into(),
            from: None,
            source: "QĐ 1".into(),
            confidence: "verified".into(),
        };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let totals = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((totals.passed_unconfirmed, totals.failed), (0, 1), "too little for many schools");
        let few = said("more_than_3_schools", "false");
        let (version, done) = actions::set_attribute(&mut tx, COMMUNE, 1, &few, &effects).await.expect("set");
        assert_eq!((version, done.len()), (2, 1));
        let totals = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((totals.passed_unconfirmed, totals.failed), (1, 0));
        let province = said("special_difficulty", "true");
        let (_, done) = actions::set_attribute(&mut tx, UnitId(206), 1, &province, &effects).await.expect("set");
        assert_eq!(done[0].key, "rejudged-units", "all under the province that have figures");
        Ok(())
    });
}

#[test]
fn many_units_under_an_attribute_are_judged_by_the_job() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let communes: Vec<units::Unit> = (0..501)
            .map(|n| units::Unit {
                id: UnitId(3_000_000 + n),
                level: "commune".into(),
                kind: "commune".into(),
                code: format!("x{n}"),
                name: format!("x{n}"),
                parent: Some(UnitId(206)),
                valid_from: None,
                valid_to: None,
                lat: None,
                lon: None,
                confidence: "verified".into(),
                note: String::new(),
            })
            .collect();
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        units::store::insert_units(&mut tx, &communes).await?;
        tx.commit().await?;
        let income =
            |unit: &units::Unit| entry(&law, unit.id, "income.per_person", Value::Number("50".parse().unwrap()));
        save(&store, &law, &communes.iter().map(income).collect::<Vec<_>>(), true).await?;
        let said = Attribute {
            attribute: "region".into(),
            value: "DBSH".into(),
            from: None,
            source: "QĐ 1".into(),
            confidence: "verified".into(),
        };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let effects = [rejudge::effect(law.clone())];
        let (_, done) = actions::set_attribute(&mut tx, UnitId(206), 1, &said, &effects).await.expect("set");
        assert_eq!(done[0].key, "rejudged-units-later");
        tx.commit().await?;
        let mut registry = Registry::default();
        facts::jobs::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(Actor::READER)));
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        assert!(registry.run_one(&store, &clock).await?);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let lines = "SELECT COUNT(*) FROM store_audit WHERE action = 'facts.rejudge' AND kind = 'unit'";
        assert_eq!(tx.row(lines, args![]).await?.expect("a count").i64(0)?, 2, "chunk by chunk");
        let job = tx.row("SELECT state, done FROM store_job", args![]).await?.expect("the job");
        assert_eq!((job.text(0)?.as_str(), job.i64(1)?), ("done", 501));
        Ok(())
    });
}
