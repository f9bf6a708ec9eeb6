//! Biểu 05 from figures alone: how many communes of each group meet each criterion, this year and the year before.

use crate::{
    ROOMS,
    prepared::{entry, save},
    ready,
};
use anyhow::{Context, Result, ensure};
use facts::{Edition, Entry, Law};
use kernel::{Actor, UnitId};
use reporting::forms::{self, Filled, Forms, Held, Source, parse::parse};
use rulebook::Value;
use store::Store;
use testkit::{CLOCK, each_engine};

const PLAN: &str = "c2026_planning.general_plan_urban_plan";
const RULES: &str = "c2026_planning.architectural_management_rules_approved";
const TRAINED: &str = "c2026_rural_human_resource_trainin.trained_workers_degree_certificate_share";

async fn filled(store: &Store, law: &Law, province: UnitId, year: i16) -> Result<Filled> {
    let forms = Forms::read(forms::shipped(), law.library());
    let text = forms.text("05").context("Biểu 05")?;
    let form = parse("05.toml", text, law.library()).map_err(|bad| anyhow::anyhow!("{}", bad[0]))?;
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let unit = units::store::get(&mut tx, province).await?.context("the province")?;
    let reading = forms::gather(&mut tx, law, &[&form], &unit, year, Edition::Published).await?;
    Ok(forms::fill(&form, &reading, law))
}

/// What a row says of the groups, the first to the third: of the year before, of the year.
fn told(filled: &Filled, no: &str) -> Result<[[Held; 3]; 2]> {
    let row = filled.rows.iter().find(|row| row.no == no).with_context(|| no.to_owned())?;
    Ok([[3, 6, 9], [4, 7, 10]].map(|columns| columns.map(|at: usize| row.cells[at].held.clone())))
}

fn numbers(of: [i64; 3]) -> [Held; 3] {
    of.map(|number| Held::Number(number.into()))
}

#[test]
fn the_form_of_criteria_counts_the_communes_of_each_group_that_meet_them() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let day = "2026-12-31".parse()?;
        let province = units::store::provinces(&mut tx, day).await?.first().context("a province")?.id;
        let mut communes = units::store::under(&mut tx, province, "commune", day).await?;
        communes.retain(units::Unit::is_judged_commune);
        let ids: Vec<UnitId> = communes.iter().take(7).map(|commune| commune.id).collect();
        let [a, b, c, d, e, f, none] = ids[..] else { anyhow::bail!("{ids:?}") };
        for (unit, group) in [(a, "1"), (b, "1"), (c, "1"), (d, "2"), (e, "2"), (f, "3")] {
            units::store::set_attribute(&mut tx, unit, "group", group, "test").await?;
        }
        tx.commit().await?;

        let plans = |year: i16, unit, both: bool| -> [Entry; 2] {
            [(PLAN, true), (RULES, both)].map(|(measure, yes)| entry(&law, unit, year, measure, Value::Yes(yes)))
        };
        let share = |year: i16, unit, value: &str| {
            entry(&law, unit, year, TRAINED, Value::Number(value.parse().expect("a number")))
        };
        // By the made-up thresholds criterion 1 wants both documents, criterion 4 eighty per cent.
        let before = [plans(2026, a, true), plans(2026, b, false), plans(2026, d, true), plans(2026, none, true)];
        let mut all = before.concat();
        all.extend([share(2026, a, "80"), share(2026, b, "79.9"), share(2026, c, "91"), share(2026, f, "27")]);
        let now = [a, b, c, e, f].map(|unit| plans(2027, unit, true)).concat();
        all.extend(now.into_iter().chain([share(2027, a, "12"), share(2027, d, "95"), share(2027, f, "80.01")]));
        save(&store, &law, &all, true).await?;
        // What is not published counts nowhere.
        save(&store, &law, &[share(2026, e, "99")], false).await?;

        let first = filled(&store, &law, province, 2026).await?;
        let unborn = [Held::NoSet, Held::NoSet, Held::NoSet];
        ensure!(told(&first, "1")? == [unborn.clone(), numbers([1, 1, 0])], "{:?}", told(&first, "1")?);
        ensure!(told(&first, "4")? == [unborn.clone(), numbers([2, 0, 0])], "{:?}", told(&first, "4")?);
        for row in first.rows.iter().filter(|row| !["1", "4"].contains(&row.no.as_str())) {
            ensure!(told(&first, &row.no)? == [unborn.clone(), numbers([0, 0, 0])], "nobody met {}", row.no);
        }
        // A year on it stands in the column of the year before, beside that of the year.
        let second = filled(&store, &law, province, 2027).await?;
        ensure!(told(&second, "1")? == [numbers([1, 1, 0]), numbers([3, 1, 1])], "{:?}", told(&second, "1")?);
        ensure!(told(&second, "4")? == [numbers([2, 0, 0]), numbers([0, 1, 1])], "{:?}", told(&second, "4")?);

        // Each number is made from the verdicts of those communes.
        let row = second.rows.iter().find(|row| row.no == "4").context("criterion 4")?;
        let of = |at: usize| -> Vec<(UnitId, i16)> {
            let verdicts = row.cells[at].sources.iter().filter_map(|source| match source {
                Source::Verdict { unit, year, .. } => Some((*unit, *year)),
                _ => None,
            });
            let mut verdicts: Vec<_> = verdicts.collect();
            verdicts.sort_unstable();
            verdicts
        };
        let mut wanted = vec![(a, 2026), (c, 2026)];
        wanted.sort_unstable();
        ensure!(of(3) == wanted && of(7) == [(d, 2027)] && of(10) == [(f, 2027)], "{:?}", row.cells);
        ensure!(row.cells[5].held == Held::Later(forms::model::Room::Programme), "what is planned is another room's");
        Ok(())
    });
}
