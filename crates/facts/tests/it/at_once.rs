//! Several write figures of one unit and year at the same time: the verdict that stays has read all of them.

use crate::figures::{COMMUNE, ROOMS, entry, how, judged, prepared, save};
use facts::{Entry, Law, record, story};
use kernel::Actor;
use rulebook::Value;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

const SET: &str = "commune-2021-2025";
const YEAR: i16 = 2024;
const PAIRS: usize = 40;

fn number(law: &Law, measure: &str, value: i64) -> Entry {
    entry(law, COMMUNE, measure, Value::Number(value.into()))
}

/// Letters of the criteria as the store keeps them, and as they are when judged now.
async fn stored_and_fresh(store: &Store, law: &Law) -> store::Result<(String, String)> {
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let sql = "SELECT criteria FROM facts_verdict WHERE unit = $1 AND set_id = $2 AND period = $3 AND edition = $4";
    let edition = facts::Edition::Published.number();
    let row = tx.row(sql, args![COMMUNE, SET, YEAR.to_string(), edition]).await?.expect("a verdict");
    let told = story::story(&mut tx, law, COMMUNE, SET, YEAR).await?.expect("a story");
    let letters = |c: &rulebook::Judged| format!("{}{}", c.status.letter(), &c.confidence.name()[..1]);
    Ok((row.text(0)?, told.verdict.criteria.iter().map(letters).collect()))
}

async fn publish(store: &Store, law: &Law) -> store::Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    record::publish(&mut tx, law, COMMUNE, YEAR).await?;
    tx.commit().await
}

#[test]
fn two_figures_of_a_unit_recorded_at_once_are_both_judged() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        for pair in 0..PAIRS {
            // Both turn with each pair, and each turns its criterion.
            let good = pair % 2 == 1;
            let income = [number(&law, "income.per_person", if good { 90 } else { 10 })];
            let poverty = [number(&law, "poverty.multidimensional_rate", if good { 1 } else { 90 })];
            let (one, other) = tokio::join!(
                tokio::spawn(recorded(store.clone(), law.clone(), income)),
                tokio::spawn(recorded(store.clone(), law.clone(), poverty))
            );
            one??;
            other??;
            let (stored, fresh) = stored_and_fresh(&store, &law).await?;
            assert_eq!(stored, fresh, "pair {pair}");
        }
        Ok(())
    });
}

async fn recorded(store: Store, law: Law, entries: [Entry; 1]) -> store::Result<()> {
    save(&store, &law, &entries, true).await.map(|_| ())
}

#[test]
fn a_publication_beside_a_recording_is_judged_as_a_whole() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        for pair in 0..PAIRS / 2 {
            let good = pair % 2 == 1;
            let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let income = [number(&law, "income.per_person", if good { 90 } else { 10 })];
            record::record(&mut tx, &law, &income, &how(false)).await?;
            tx.commit().await?;
            let poverty = [number(&law, "poverty.multidimensional_rate", if good { 1 } else { 90 })];
            let (one, other) = tokio::join!(publish(&store, &law), recorded(store.clone(), law.clone(), poverty));
            one?;
            other?;
            let (stored, fresh) = stored_and_fresh(&store, &law).await?;
            assert_eq!(stored, fresh, "pair {pair}");
        }
        Ok(())
    });
}
