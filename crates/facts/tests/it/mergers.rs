//! Random mergers over stored figures: none of them changes, every sum and every weighted mean is preserved.

use anyhow::{Context, Result};
use facts::{
    Entry, Key, Law, Stage,
    carried::{Wanted, carried},
    record,
};
use kernel::{Actor, Day, Decimal, UnitId};
use rulebook::{Library, Origin, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use store::{Migration, Query, Store, args};
use testkit::{CLOCK, each_engine};
use units::{
    Unit, actions,
    carry::{Area, Joined, Quantity},
    rules::{Move, NewUnit, Reorganisation},
    store::Filter,
};

const ROOMS: &[&[Migration]] =
    &[web::notices::MIGRATIONS, units::store::MIGRATIONS, ledger::MIGRATIONS, facts::MIGRATIONS];
const PROVINCE: UnitId = UnitId(1001);
const YEAR: i16 = 2026;

/// The measures alone: these figures are not judged.
fn law_files() -> Library {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks/measures.toml");
    Library::from_files([("measures.toml", fs::read_to_string(path).unwrap().as_str())]).unwrap()
}

/// A small generator with a fixed seed (Knuth's MMIX constants): the same story on both engines.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

async fn living(tx: &mut impl Query, day: Day) -> Result<Vec<Unit>> {
    let filter = Filter { day: Some(day), level: Some("commune".into()), under: Some(PROVINCE), ..Filter::default() };
    Ok(units::store::list(tx, &filter, 0, 10_000).await?.0)
}

/// Every stored figure and every line of its history, as text.
async fn stored(tx: &mut impl Query) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for sql in [
        "SELECT CAST(unit AS TEXT) || ' ' || period || ' ' || CAST(measure AS TEXT) || ' ' || CAST(working AS TEXT) || ' ' ||
            COALESCE(CAST(published AS TEXT), '-') FROM facts_figure ORDER BY unit, period, measure, origin",
        "SELECT CAST(revision AS TEXT) || ' ' || CAST(unit AS TEXT) || ' ' || COALESCE(value, '-') || ' ' || COALESCE(num, '-') ||
            ' ' || COALESCE(den, '-') || ' ' || stage FROM facts_history ORDER BY revision",
    ] {
        for row in tx.rows(sql, args![]).await? {
            all.push(row.text(0)?);
        }
    }
    Ok(all)
}

/// A random reorganisation of two to four communes: merged, divided, renamed, or a part given to a neighbour.
fn plan(dice: &mut Dice, communes: &[Unit], day: Day, number: i64) -> Reorganisation {
    let mut picked: Vec<UnitId> = Vec::new();
    while picked.len() < 2 {
        let unit = communes[dice.below(communes.len())].id;
        if !picked.contains(&unit) {
            picked.push(unit);
        }
    }
    let new = |at: i64| NewUnit {
        name: format!("Xã {number}.{at}"),
        code: format!("9{:04}", number * 10 + at),
        level: "commune".into(),
        kind: "commune".into(),
        parent: Some(PROVINCE),
        point: None,
    };
    let step = |from: usize, to, whole, main| Move { from: picked[from], to, whole, main };
    let (units, moves) = match dice.below(4) {
        0 => (vec![new(0)], vec![step(0, 0, true, true), step(1, 0, true, true)]),
        1 => (vec![new(0), new(1)], vec![step(0, 0, false, true), step(0, 1, false, false)]),
        2 => (vec![new(0)], vec![step(0, 0, true, true)]),
        _ => (vec![new(0), new(1)], vec![step(0, 0, false, true), step(0, 1, false, false), step(1, 1, true, true)]),
    };
    Reorganisation { day, source: "NQ".into(), confidence: "verified".into(), units, moves, versions: BTreeMap::new() }
}

fn number(quantity: &Quantity) -> Decimal {
    match quantity {
        Quantity::Number(n) => n.clone(),
        other => panic!("{other:?}"),
    }
}

async fn figures(store: &Store, law: &Law, dice: &mut Dice) -> Result<Decimal> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let id = |code: &str| law.measure_id(code).context("a measure");
    let (households, poverty, housing) =
        (id("households")?, id("poverty.multidimensional_rate")?, id("housing.solid_household_share")?);
    let (mut entries, mut total) = (Vec::new(), Decimal::ZERO);
    for unit in living(&mut tx, "2026-12-31".parse()?).await? {
        let mut entry = |measure, value| {
            let key = Key { unit: unit.id, year: YEAR, measure, origin: Origin::Declared };
            entries.push(Entry::new(key, value));
        };
        let count = Decimal::from(500 + dice.below(3000) as i64);
        total = &total + &count;
        let rate = Decimal::from(dice.below(10_000) as i64).checked_div_rounded(&Decimal::from(100), 2).unwrap();
        let solid = Decimal::from(dice.below(500) as i64);
        entry(poverty, Value::Number(rate));
        entry(housing, Value::Fraction(solid, count.clone()));
        entry(households, Value::Number(count));
    }
    let how = record::How { stage: Stage::Accepted, publish: true, source: "test".into(), import: None, anew: false };
    record::record(&mut tx, law, &entries, &how).await?;
    tx.commit().await?;
    Ok(total)
}

#[test]
fn random_mergers_change_no_stored_figure_and_preserve_every_sum() {
    each_engine(ROOMS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        units::store::seed(&mut tx, &units::reference::Reference::read()?).await?;
        let law = Law::register(&mut tx, law_files()).await?;
        tx.commit().await?;
        let mut dice = Dice(20_260_701);
        let total = figures(&store, &law, &mut dice).await?;
        let wanted = |measure: &str, areas: Vec<Area>, on: Day| Wanted {
            areas,
            reported_on: "2026-12-31".parse().unwrap(),
            on,
            year: YEAR,
            measure: Some(measure.into()),
        };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let before = stored(&mut tx).await?;
        assert!(before.len() > 600, "{} lines", before.len());
        let mut means: BTreeMap<&str, Joined> = BTreeMap::new();
        for round in 0..15i64 {
            let day = Day::from_epoch_days("2027-01-01".parse::<Day>()?.epoch_days() + round * 30);
            let communes = living(&mut tx, day).await?;
            actions::reorganise(&mut tx, &plan(&mut dice, &communes, day, round), &[]).await?;
            assert_eq!(stored(&mut tx).await?, before, "a merger touched a stored figure");

            let now = living(&mut tx, day).await?;
            let alone: Vec<Area> = now.iter().map(|u| Area::unit(u.id)).collect();
            let households = carried(&mut tx, &law, &wanted("households", alone, day)).await?;
            let (mut sum, mut divided) = (Decimal::ZERO, BTreeMap::new());
            for area in &households[0].areas {
                assert!(area.missing.is_empty());
                if let Joined::Figure(quantity) = &area.joined {
                    sum = &sum + &number(quantity);
                }
                divided.extend(area.parts.iter().map(|p| (p.unit, number(p.figure.as_ref().unwrap()))));
            }
            let beside = divided.values().fold(Decimal::ZERO, |a, b| &a + b);
            assert_eq!(&sum + &beside, total, "after {round} mergers");

            // The province as a whole: nothing is divided, and both kinds of means are what they were.
            let everything = || vec![Area { id: PROVINCE, members: now.iter().map(|u| u.id).collect::<BTreeSet<_>>() }];
            for measure in ["households", "poverty.multidimensional_rate", "housing.solid_household_share"] {
                let all = carried(&mut tx, &law, &wanted(measure, everything(), day)).await?;
                let area = &all[0].areas[0];
                assert!(area.complete() && matches!(area.joined, Joined::Figure(_)), "{measure}: {area:?}");
                let first = means.entry(measure).or_insert_with(|| area.joined.clone());
                assert_eq!(&area.joined, first, "{measure} after {round} mergers");
            }
        }
        assert_eq!(means["households"], Joined::Figure(Quantity::Number(total)));
        Ok(())
    });
}
