//! Quality checks: each is data with a reason (`reference/checks.toml`), doubts a figure and never decides on it. [`run`] asks
//! them of a unit and year beside the communes [`Around`] it, [`keep`] keeps and counts what they found, [`answer`] notes what is
//! said to it, [`standing`] reads both for pages, [`counts`] tells over the years which are of use.

mod around;
mod kept;
mod model;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    evidence,
    figure::EVIDENCE,
    law::{Law, day_of_judging},
    model::{Edition, Key},
    published,
};
use kernel::{Day, Decimal, UnitId};
use rulebook::{Origin, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Query, Result, attachments};

pub use around::Around;
pub use kept::{
    Answer, Count, Doubt, Ran, Saying, Side, Tally, answer, counts, keep, ran, standing, tallies, unanswered,
};
pub(crate) use kept::{GUARDS, MIGRATION, RUNS};
pub use model::{About, Check, Circle, CircleKind, Fact, Hit, Now, Rule, shipped};
pub use rules::evaluate;

/// Figures of several units as a verdict reads them.
struct Figures(HashMap<Key, Value>);

impl Figures {
    async fn of(tx: &mut impl Query, units: &[UnitId], year: i16, measures: &BTreeSet<i64>) -> Result<Figures> {
        let all = published::of_units(tx, units, year, Some(measures), Edition::Working).await?;
        Ok(Figures(all.into_iter().map(|figure| (figure.key, figure.value)).collect()))
    }

    fn number(&self, law: &Law, unit: UnitId, year: i16, measure: i64) -> Option<Decimal> {
        law.read(&self.0, unit, year, measure).and_then(|(_, value)| value.shown())
    }
}

/// The measures that checks ask of sets on a day: what the sets ask for, and what checks name.
fn asked_of(law: &Law, sets: &[String], day: Day) -> BTreeSet<i64> {
    let named = shipped().iter().flat_map(|check| check.rule.measures()).filter_map(|code| law.measure_id(code));
    let plans = sets.iter().filter_map(|set| law.plan(set, day));
    plans.flat_map(|plan| plan.measures.iter().copied().flatten().collect::<Vec<_>>()).chain(named).collect()
}

/// Everything that the checks read of a unit and year for sets; without what is around it nothing is compared. Cost: the unit's figures of two years with their evidence.
pub async fn about(
    tx: &mut impl Query,
    law: &Law,
    unit: UnitId,
    year: i16,
    sets: &[String],
    around: Option<&Around>,
) -> Result<Option<About>> {
    let Some(unit) = units::store::get(tx, unit).await? else { return Ok(None) };
    let day = day_of_judging(&unit, year);
    let asked = asked_of(law, sets, day);
    let needed: BTreeSet<i64> = asked.iter().flat_map(|id| law.needed(law.measure_code(*id))).collect();
    let before = Figures::of(tx, &[unit.id], year - 1, &needed).await?;
    let lines = published::figures(tx, unit.id, Some(year), Edition::Working).await?;
    let revisions: Vec<String> = lines.iter().map(|line| line.revision.to_string()).collect();
    let files = attachments::of_many(tx, EVIDENCE, &revisions).await?;
    let pieces = evidence::of_figures(tx, unit.id, year).await?;
    let own = Figures(lines.iter().map(|line| (line.key, line.value.clone())).collect());
    let mut now = BTreeMap::new();
    for &id in &asked {
        let (Some((origin, value)), code) = (law.read(&own.0, unit.id, year, id), law.measure_code(id)) else {
            continue;
        };
        let Some(about) = law.library().measure(code) else { continue };
        let line = lines.iter().find(|line| line.key.measure == id && line.key.origin == origin);
        let of_line = line.and_then(|line| files.get(&line.revision.to_string()));
        let one = Now {
            kind: about.kind,
            number: value.shown(),
            yes: matches!(*value, Value::Yes(true)),
            under: match &*value {
                Value::Fraction(_, under) => Some(under.clone()),
                _ => None,
            },
            asked: matches!(origin, Origin::Declared | Origin::Verified) && !about.background,
            noted: line.is_some_and(|line| line.note.as_ref().is_some_and(|note| !note.trim().is_empty())),
            evidence: (of_line.into_iter().flatten().map(|file| file.at.day()))
                .chain(pieces.get(&id).into_iter().flatten().map(|piece| piece.at.day()))
                .max(),
            computed: (origin != Origin::Computed).then(|| law.computed_of(&own.0, unit.id, year, id)).flatten(),
        };
        now.insert(code.to_owned(), one);
    }
    let last = |id: &i64| Some((law.measure_code(*id).to_owned(), before.number(law, unit.id, year - 1, *id)?));
    Ok(Some(About {
        year,
        before: asked.iter().filter_map(last).collect(),
        circles: around.map_or_else(Vec::new, |around| around.circles(&unit, day)),
        now,
    }))
}

/// What the shipped checks doubt of a unit, a year and sets. Cost: that of [`about`].
pub async fn run(
    tx: &mut impl Query,
    law: &Law,
    unit: UnitId,
    year: i16,
    sets: &[String],
    around: Option<&Around>,
) -> Result<Vec<Hit>> {
    let about = about(tx, law, unit, year, sets, around).await?;
    Ok(about.map_or_else(Vec::new, |about| evaluate(shipped(), &about)))
}
