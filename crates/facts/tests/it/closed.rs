//! A closed year: no verdict of it changes, whatever the law, the figures or the units do, until it is opened again with a reason.

use crate::figures::{COMMUNE, ROOMS, entry, judged, prepared, save};
use anyhow::{Context, Result, ensure};
use facts::{Law, Stage, closed, record, rejudge};
use kernel::{Actor, Clock, UnitId};
use rulebook::Value;
use std::sync::Arc;
use store::{Query, Store, StoreError, args, jobs::Registry};
use testkit::{CLOCK, each_engine};
use units::{actions, rules::Correction};

const PROVINCE: UnitId = UnitId(206);

/// Every verdict of the commune in the year, whole.
async fn verdicts(store: &Store, year: &str) -> Result<Vec<String>> {
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let sql = "SELECT set_id, edition, verdict, confidence, ruletext, revision, criteria, judged_at FROM facts_verdict
               WHERE unit = $1 AND period = $2 ORDER BY set_id, edition";
    let rows = tx.rows(sql, args![COMMUNE, year]).await?;
    rows.iter()
        .map(|row| {
            Ok(format!(
                "{} {} {}{} {} {} {} {}",
                row.text(0)?,
                row.i64(1)?,
                row.text(2)?,
                row.text(3)?,
                row.i64(4)?,
                row.i64(5)?,
                row.text(6)?,
                row.i64(7)?
            ))
        })
        .collect()
}

/// Another law is in use, and the job that follows has run.
async fn judged_again(store: &Store, law: &Law) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    ensure!(rejudge::if_changed(&mut tx, law).await?, "another law");
    tx.commit().await?;
    let mut registry = Registry::default();
    facts::jobs::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(Actor::READER)));
    let clock: Arc<dyn Clock> = Arc::new(CLOCK);
    ensure!(registry.run_one(store, &clock).await?);
    Ok(())
}

fn refusal<T>(answer: store::Result<T>) -> Result<&'static str> {
    match answer {
        Err(StoreError::Refused(problem)) => Ok(problem.phrase.key),
        Err(other) => Err(other.into()),
        Ok(_) => anyhow::bail!("it was done"),
    }
}

#[test]
fn verdicts_of_a_closed_year_never_change_and_those_of_an_open_year_do() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        rejudge::if_changed(&mut tx, &law).await?;
        tx.commit().await?;
        judged(&store, &law, true).await?;
        let income = |year, value: i64| {
            let mut entry = entry(&law, COMMUNE, "income.per_person", Value::Number(value.into()));
            entry.key.year = year;
            entry
        };
        save(&store, &law, &[income(2023, 40)], true).await?;
        let (closed_before, open_before) = (verdicts(&store, "2024").await?, verdicts(&store, "2023").await?);
        ensure!(!closed_before.is_empty() && !open_before.is_empty());

        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(closed::close_year(&mut tx, PROVINCE, 2024, "abc").await? == 1);
        ensure!(refusal(closed::close_year(&mut tx, PROVINCE, 2024, "abc").await)? == "year-closed-already");
        tx.commit().await?;
        // Neither recorded nor published.
        ensure!(refusal(save(&store, &law, &[income(2024, 1)], false).await)? == "year-closed");
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(refusal(record::publish(&mut tx, &law, COMMUNE, 2024).await)? == "year-closed");
        drop(tx);
        save(&store, &law, &[income(2023, 41)], true).await?;
        ensure!(verdicts(&store, "2023").await? != open_before, "the year before is open");

        // Another law, and a commune that turns out to be a ward.
        let other = prepared(&store, false).await?;
        let open_before = verdicts(&store, "2023").await?;
        judged_again(&store, &other).await?;
        ensure!(verdicts(&store, "2024").await? == closed_before);
        ensure!(verdicts(&store, "2023").await? != open_before, "the open year is judged again");
        let effects = [rejudge::effect(other.clone())];
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let ward = Correction { kind: Some("ward".into()), source: "NQ 1".into(), ..Correction::default() };
        actions::correct(&mut tx, COMMUNE, 1, ward, &effects).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        tx.commit().await?;
        ensure!(verdicts(&store, "2024").await? == closed_before);
        ensure!(verdicts(&store, "2023").await?.is_empty(), "no set judges a ward");

        // Opened again with a reason, once; what was closed stays known.
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(refusal(closed::reopen_year(&mut tx, PROVINCE, 2024, " sai ").await)? == "year-reopen-reason");
        closed::reopen_year(&mut tx, PROVINCE, 2024, "Xã báo sai số liệu đường giao thông").await?;
        ensure!(
            refusal(closed::reopen_year(&mut tx, PROVINCE, 2024, "Xã báo sai số liệu").await)? == "year-not-closed"
        );
        tx.commit().await?;
        save(&store, &law, &[income(2024, 1)], false).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(closed::close_year(&mut tx, PROVINCE, 2024, "def").await? == 2);
        tx.commit().await?;
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        let told = closed::closings(&mut tx, PROVINCE, None).await?;
        let snapshots: Vec<_> = told.iter().map(|c| (c.number, c.snapshot.as_str(), c.reopened.is_some())).collect();
        ensure!(snapshots == [(2, "def", false), (1, "abc", true)], "{snapshots:?}");
        let reason = told[1].reopened.as_ref().context("a reason")?;
        ensure!(reason.reason == "Xã báo sai số liệu đường giao thông");
        Ok(())
    });
}

#[test]
fn the_year_is_published_as_far_as_figures_were_accepted() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let of = |unit: i64| entry(&law, UnitId(unit), "income.per_person", Value::Number(40.into()));
        save(&store, &law, &[of(250), of(251)], false).await?;
        let how = record::How { stage: Stage::Draft, publish: false, source: "t".into(), import: None, anew: false };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        record::record(&mut tx, &law, &[of(252)], &how).await?;
        let units = [UnitId(250), UnitId(251), UnitId(252)];
        let stages = [Stage::Accepted, Stage::Locked];
        ensure!(record::publish_of(&mut tx, &law, &units, 2024, &stages).await? == 2, "a draft is not published");
        ensure!(record::publish_of(&mut tx, &law, &units, 2024, &stages).await? == 0, "once");
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let sql = "SELECT COUNT(DISTINCT unit) FROM facts_verdict WHERE edition = 1 AND period = '2024'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 2);
        let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'facts.publish'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 2);
        Ok(())
    });
}
