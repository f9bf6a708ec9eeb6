//! Quarters and halves: values of their own, which make the year's.

use crate::{COMMUNE, ROOMS, given, library_with, opened, ready, ready_with, saved, somebody};
use anyhow::{Context, Result, ensure};
use facts::{Key, Law, published};
use kernel::Role;
use reporting::{entry, model::Campaign};
use rulebook::Origin;
use store::Store;
use testkit::each_engine;

const INCOME: &str = "income.per_person";
const POVERTY: &str = "poverty.multidimensional_rate";

async fn say(store: &Store, law: &Law, one: &Campaign, value: &str, seen: i64) -> Result<(bool, i64)> {
    say_of(store, law, one, INCOME, value, seen).await
}

async fn say_of(
    store: &Store,
    law: &Law,
    one: &Campaign,
    measure: &str,
    value: &str,
    seen: i64,
) -> Result<(bool, i64)> {
    let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
    let saved = saved(store, law, &officer, one, &[given(measure, value, seen)]).await?;
    let id = law.measure_id(measure).context("a measure")?;
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
        ensure!(year(&store, &law, INCOME).await? == "33");
        Ok(())
    });
}

/// The declared figure of the year, as its own people see it.
async fn year(store: &Store, law: &Law, measure: &str) -> Result<String> {
    let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
    let measure = law.measure_id(measure).context("a measure")?;
    let key = Key { unit: COMMUNE, year: 2024, measure, origin: Origin::Declared };
    let mut tx = store.read(&officer.scope()).await?;
    let year = published::current(&mut tx, key).await?.context("the year's figure")?;
    Ok(year.value.shown().context("a number")?.to_string())
}

/// Two measures that the law shipped lets stand as they were said last.
fn summed_and_meant(text: String) -> String {
    let with = |text: String, measure: &str, how: &str| {
        let id = format!("\nid = \"{measure}\"\n");
        text.replace(&id, &format!("{id}over_time = \"{how}\"\n"))
    };
    with(with(text, INCOME, "sum"), POVERTY, "mean")
}

#[test]
fn quarters_make_the_year_by_sum_and_by_mean_as_the_measure_says() {
    each_engine(ROOMS, |store| async move {
        let law = ready_with(&store, library_with(summed_and_meant)).await?;
        let (first, second, third) = (
            opened(&store, &law, "2024Q1").await?,
            opened(&store, &law, "2024Q2").await?,
            opened(&store, &law, "2024Q3").await?,
        );
        // In whatever order they are entered, and again where one is changed: what each quarter says, and what the year is then.
        for (one, value, seen, sum, mean) in [
            (&third, "1", 0, "1", "1"),
            (&first, "10", 0, "11", "5.5"),
            (&second, "12,5", 0, "23.5", "7.833333"),
            (&first, "20", 1, "33.5", "11.166667"),
        ] {
            for (measure, wanted) in [(INCOME, sum), (POVERTY, mean)] {
                let said = say_of(&store, &law, one, measure, value, seen).await?;
                ensure!(said == (true, seen + 1), "{measure} {value}: {said:?}");
                let year = year(&store, &law, measure).await?;
                ensure!(year == wanted, "{measure} after {} said {value}: {year}, not {wanted}", one.name);
            }
        }
        // A half takes its quarters in: 40 for 20 and 12,5.
        let half = opened(&store, &law, "2024S1").await?;
        for (measure, wanted) in [(INCOME, "41"), (POVERTY, "20.5")] {
            ensure!(say_of(&store, &law, &half, measure, "40", 0).await? == (true, 1));
            let year = year(&store, &law, measure).await?;
            ensure!(year == wanted, "{measure} with the half: {year}, not {wanted}");
        }
        // Of one who saw an older version nothing is added.
        ensure!(!say(&store, &law, &first, "99", 1).await?.0 && year(&store, &law, INCOME).await? == "41");
        Ok(())
    });
}
