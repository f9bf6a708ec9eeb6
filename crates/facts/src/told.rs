//! Several units judged again from their published figures, with what explains it: the narrow table of verdicts says which
//! criteria they meet, not which indicators they lack.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::{Edition, Key},
    published,
};
use kernel::UnitId;
use rulebook::{Traits, Value, Verdict, evaluate};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use store::{Query, Result};
use units::Unit;

/// A unit's verdict, explained.
pub struct Told {
    pub unit: UnitId,
    pub plan: Arc<Plan>,
    pub traits: Traits,
    pub verdict: Verdict,
}

/// The verdicts of units under a set for a year; of the indicators that read one of these measures, where such are named (the
/// others are without a value then). Units for which the set is not in force are left out. Cost: their attributes and
/// figures, each one query a thousand units.
pub async fn told(
    tx: &mut impl Query,
    law: &Law,
    (set, year): (&str, i16),
    units: &[Unit],
    only: Option<&BTreeSet<i64>>,
) -> Result<Vec<Told>> {
    let ids: Vec<UnitId> = units.iter().map(|u| u.id).collect();
    let attributes = units::store::Attributes::of(tx, &ids).await?;
    let figures = published::of_units(tx, &ids, year, only, Edition::Published).await?;
    let figures: HashMap<Key, Value> = figures.into_iter().map(|f| (f.key, f.value)).collect();
    let tell = |unit: &Unit| {
        let day = day_of_judging(unit, year);
        let plan = law.plan(set, day)?;
        let traits = attributes.on(unit, day);
        let verdict = evaluate(&plan.book, &law.values(&plan, &figures, unit.id, year), &traits, year);
        Some(Told { unit: unit.id, plan, traits, verdict })
    };
    Ok(units.iter().filter_map(tell).collect())
}
