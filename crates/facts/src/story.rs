//! A unit's verdict with everything that explains it: recomputed from the figures, never stored.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::{Edition, Figure, Key},
    published,
    totals::{self, OfUnit},
};
use kernel::UnitId;
use rulebook::{Origin, Status, Traits, Value, Verdict, evaluate};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
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
    /// How the sets that this one asks for besides stand; said beside the verdict, never changing it.
    pub prerequisites: Vec<Prerequisite>,
    /// All figures of the unit in all years, by key.
    pub figures: HashMap<Key, Figure>,
}

/// Explains a verdict. `None` where there is no such unit or set. Cost: the unit's figures of all years, and its
/// verdicts where the set has prerequisites.
pub async fn story(tx: &mut impl Query, law: &Law, unit: UnitId, set: &str, year: i16) -> Result<Option<Story>> {
    let Some(unit) = units::store::get(tx, unit).await? else { return Ok(None) };
    let day = day_of_judging(&unit, year);
    let Some(plan) = law.plan(set, day) else { return Ok(None) };
    let traits = units::store::Attributes::of(tx, &[unit.id]).await?.on(&unit, day);
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
    let prerequisites = match plan.book.rulebook.prerequisites.is_empty() {
        true => Vec::new(),
        false => prerequisites(law, set, year, &totals::of_unit(tx, unit.id).await?),
    };
    Ok(Some(Story { unit, year, plan, traits, values, read_origins, verdict, prerequisites, figures }))
}

/// A set that another one asks for besides, and the unit's own verdict of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prerequisite {
    pub set: String,
    pub status: Status,
    /// Whether the law beneath it is `verified`.
    pub confirmed: bool,
}

/// The prerequisites of a set, by the verdicts of the same unit and year. One of another level is to be confirmed: no verdict
/// of this unit answers it; one without a verdict is incomplete.
pub fn prerequisites(law: &Law, set: &str, year: i16, verdicts: &[OfUnit]) -> Vec<Prerequisite> {
    let Some(book) = law.library().set(set) else { return Vec::new() };
    let one = |wanted: &String| {
        let same_level = law.library().set(wanted).is_some_and(|s| s.applies.level == book.applies.level);
        let own = verdicts.iter().find(|v| v.0 == *wanted && v.1 == year);
        let (status, confirmed) = match own {
            _ if !same_level => (Status::ToBeConfirmed, false),
            Some(verdict) => (verdict.2, verdict.3),
            None => (Status::Incomplete, false),
        };
        Prerequisite { set: wanted.clone(), status, confirmed }
    };
    book.prerequisites.iter().map(one).collect()
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

    /// The years in which the unit has figures, in order.
    pub fn years(&self) -> BTreeSet<i16> {
        self.figures.keys().map(|key| key.year).collect()
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
