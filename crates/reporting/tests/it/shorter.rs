//! Quarters and halves: values of their own, which make the year's.

use crate::{COMMUNE, ROOMS, given, opened, ready, saved, somebody};
use anyhow::{Context, Result, ensure};
use facts::{Key, Law, published};
use kernel::Role;
use reporting::{entry, model::Campaign};
use rulebook::Origin;
use store::Store;
use testkit::each_engine;

const INCOME: &str = "income.per_person";

async fn say(store: &Store, law: &Law, one: &Campaign, value: &str, seen: i64) -> Result<(bool, i64)> {
    let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
    let saved = saved(store, law, &officer, one, &[given(INCOME, value, seen)]).await?;
    let id = law.measure_id(INCOME).context("a measure")?;
    let version = saved.form.field(id).and_then(|(_, field)| field.declared.as_ref()).map_or(0, |said| said.version);
    Ok((matches!(saved.answers[0], entry::Answer::Saved), version))
}

#[test]
fn the_last_quarter_stands_for_the_year_whenever_it_was_entered() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let (first, third) = (opened(&store, &law, "2024Q1").await?, opened(&store, &law, "2024Q3").await?);
        ensure!(say(&store, &law, &third, "33", 0).await? == (true, 1));
        ensure!(say(&store, &law, &first, "11", 0).await? == (true, 1), "entered later, of an earlier time");
        ensure!(!say(&store, &law, &first, "12", 0).await?.0, "somebody who had seen nothing");
        ensure!(say(&store, &law, &first, "12", 1).await? == (true, 2));
        let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let measure = law.measure_id(INCOME).context("a measure")?;
        let key = Key { unit: COMMUNE, year: 2024, measure, origin: Origin::Declared };
        let mut tx = store.read(&officer.scope()).await?;
        let year = published::current(&mut tx, key).await?.context("the year's figure")?;
        ensure!(year.value.shown().map(|n| n.to_string()).as_deref() == Some("33"), "{year:?}");
        Ok(())
    });
}
