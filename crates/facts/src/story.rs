//! A unit's verdict with everything that explains it: recomputed from the figures, never stored.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::{Edition, Figure, Key},
    published,
};
use kernel::UnitId;
use rulebook::{Origin, Traits, Value, Verdict, evaluate};
use std::{collections::HashMap, sync::Arc};
use store::{Query, Result};
use units::Unit;

/// One unit, set and year, explained.
pub struct Story {
    pub unit: Unit,
    pub year: i16,
    pub plan: Arc<Plan>,
    pub traits: Traits,
    pub values: Vec<Option<Value>>,
    /// Which origin each node's value was read from.
    pub read_origins: Vec<Option<Origin>>,
    pub verdict: Verdict,
    /// All figures of the unit in all years, by key.
    pub figures: HashMap<Key, Figure>,
}

/// Explains a verdict. `None` where there is no such unit or set. Cost: the unit's figures of all years.
pub async fn story(tx: &mut impl Query, law: &Law, unit: UnitId, set: &str, year: i16) -> Result<Option<Story>> {
    let Some((unit, attributes)) = units::store::with_attributes(tx, &[unit]).await?.remove(&unit) else {
        return Ok(None);
    };
    let day = day_of_judging(&unit, year);
    let Some(plan) = law.plan(set, day) else { return Ok(None) };
    let traits = attributes.on(day);
    let figures: HashMap<Key, Figure> =
        published::figures(tx, unit.id, None, Edition::Published).await?.into_iter().map(|f| (f.key, f)).collect();
    let plain: HashMap<Key, Value> = figures.iter().map(|(k, f)| (*k, f.value.clone())).collect();
    let read = |measure: &Option<i64>| law.read(&plain, unit.id, year, (*measure)?);
    let (values, read_origins): (Vec<Option<Value>>, Vec<_>) = plan
        .measures
        .iter()
        .map(|measure| read(measure).map_or((None, None), |(origin, value)| (Some(value.into_owned()), Some(origin))))
        .unzip();
    let verdict = evaluate(&plan.book, &values, &traits, year);
    Ok(Some(Story { unit, year, plan, traits, values, read_origins, verdict, figures }))
}

impl Story {
    /// The figure that node `at` was judged on.
    pub fn figure(&self, at: usize) -> Option<&Figure> {
        self.figure_of_year(at, self.year)
    }

    /// The same measure's figure of another year.
    pub fn figure_of_year(&self, at: usize, year: i16) -> Option<&Figure> {
        let measure = self.plan.measures[at]?;
        let of = |&origin: &Origin| self.figures.get(&Key { unit: self.unit.id, year, measure, origin });
        self.plan.reads[at].iter().find_map(of)
    }

    /// What other origins say of the measure that node `at` reads, in their order: shown beside it, never judged.
    pub fn other_figures(&self, at: usize) -> impl Iterator<Item = &Figure> {
        let own = self.read_origins.get(at).copied().flatten();
        let measure = self.plan.measures[at].filter(|_| own.is_some());
        let (unit, year) = (self.unit.id, self.year);
        let others = Origin::ALL.iter().filter(move |origin| Some(**origin) != own);
        others.filter_map(move |&origin| self.figures.get(&Key { unit, year, measure: measure?, origin }))
    }
}
