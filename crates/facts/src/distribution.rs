//! How the units of a province stand to one indicator: each with its published value and verdict, and the median of each
//! year.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::Key,
    published,
    totals::Slice,
};
use kernel::{Decimal, UnitId};
use rulebook::{Judged, Level, Status, Value, evaluate};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Query, Result};
use units::Unit;

/// A unit's value of the indicator, and what that gave.
#[derive(Clone, Debug)]
pub struct One {
    pub unit: Unit,
    /// The name of its district, where it has one.
    pub district: Option<String>,
    /// Of a leaf that has one; a composite is judged by its parts.
    pub value: Option<Value>,
    /// `None` where no figure of it, or of its parts, was published.
    pub judged: Option<Judged>,
    /// What the law asks of this unit, where it is a known number.
    pub threshold: Option<Decimal>,
}

/// The median of a year's published numbers, and of how many units it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Median {
    pub year: i16,
    pub value: Decimal,
    pub of: usize,
}

/// All units of a level under a province.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// In Vietnamese order.
    pub units: Vec<One>,
    /// Of the years that have numbers.
    pub medians: Vec<Median>,
}

/// The middle of numbers; of an even count half way between the two in the middle.
pub fn median(mut numbers: Vec<Decimal>) -> Option<Decimal> {
    numbers.sort();
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        n if n % 2 == 1 => Some(numbers.swap_remove(middle)),
        _ => (&numbers[middle - 1] + &numbers[middle]).checked_div_rounded(&Decimal::from(2), 6),
    }
}

/// The leaves of a node: itself, or its parts' parts.
fn leaves(plan: &Plan, at: usize) -> Vec<usize> {
    match plan.book.nodes[at].children.as_slice() {
        [] => vec![at],
        parts => parts.iter().flat_map(|&part| leaves(plan, part)).collect(),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Province => "province",
        Level::District => "district",
        Level::Commune => "commune",
        Level::Village => "village",
    }
}

/// How the units that were valid on the slice's day stand to node `at` of a plan in the slice's year. Cost: the units under
/// the province; the published figures of the node's measures there, of these years.
pub async fn distribution(
    tx: &mut impl Query,
    law: &Law,
    plan: &Plan,
    at: usize,
    slice: &Slice,
    years: &[i16],
) -> Result<Distribution> {
    let level = word(plan.book.rulebook.applies.level);
    let mut units = units::store::under(tx, slice.ancestor, level, slice.day).await?;
    units.retain(|unit| level != "commune" || unit.is_judged_commune());
    let districts: HashMap<UnitId, String> = match level {
        "commune" => units::store::under(tx, slice.ancestor, "district", slice.day).await?,
        _ => Vec::new(),
    }
    .into_iter()
    .map(|district| (district.id, district.name))
    .collect();
    let ids: Vec<UnitId> = units.iter().map(|unit| unit.id).collect();
    let attributes = units::store::Attributes::of(tx, &ids).await?;
    let nodes = leaves(plan, at);
    let measures = nodes.iter().filter_map(|&leaf| plan.measures[leaf]);
    let needed: BTreeSet<i64> = measures.flat_map(|m| law.needed(law.measure_code(m))).collect();
    let figures = published::of_years(tx, slice.ancestor, level, &needed, years).await?;
    let one = |unit: Unit| {
        let traits = attributes.on(&unit, day_of_judging(&unit, slice.year));
        let mut values = vec![None; plan.book.nodes.len()];
        for &leaf in &nodes {
            let read = plan.measures[leaf].and_then(|m| law.read(&figures, unit.id, slice.year, m));
            values[leaf] = read.map(|(_, value)| value.into_owned());
        }
        // Where the region takes the indicator away there is a verdict without a figure.
        let told = nodes.iter().any(|&leaf| values[leaf].is_some()) || plan.book.excluded_by_region(at, &traits);
        let judged = evaluate(&plan.book, &values, &traits, slice.year).nodes[at];
        let threshold = plan.book.threshold(at, &traits, slice.year).cloned();
        let district = unit.parent.and_then(|parent| districts.get(&parent)).cloned();
        One { district, value: values[at].take(), judged: told.then_some(judged), threshold, unit }
    };
    let medians = medians(law, plan.measures[at], &figures);
    Ok(Distribution { units: units.into_iter().map(one).collect(), medians })
}

/// The medians of a measure's numbers by year.
fn medians(law: &Law, measure: Option<i64>, figures: &HashMap<Key, Value>) -> Vec<Median> {
    let Some(measure) = measure else { return Vec::new() };
    let there: BTreeSet<(i16, UnitId)> = figures.keys().map(|key| (key.year, key.unit)).collect();
    let mut numbers: BTreeMap<i16, Vec<Decimal>> = BTreeMap::new();
    for (year, unit) in there {
        let value = law.read(figures, unit, year, measure).and_then(|(_, value)| value.shown());
        numbers.entry(year).or_default().extend(value);
    }
    let told = |(year, numbers): (i16, Vec<Decimal>)| {
        let of = numbers.len();
        Some(Median { year, value: median(numbers)?, of })
    };
    numbers.into_iter().filter_map(told).collect()
}

impl One {
    /// Of the kinds that the page counts; see [`Distribution::counts`].
    pub fn part(&self) -> Part {
        match self.judged {
            None => Part::Without,
            Some(judged) => match judged.status {
                Status::Passed if judged.passed_unconfirmed() => Part::PassedUnconfirmed,
                Status::Passed => Part::Passed,
                Status::Failed => Part::Failed,
                Status::Incomplete => Part::Incomplete,
                Status::NotApplicable => Part::NotApplicable,
                Status::ToBeConfirmed => Part::ToBeConfirmed,
            },
        }
    }
}

/// How a unit stands to an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Passed,
    PassedUnconfirmed,
    Failed,
    Incomplete,
    ToBeConfirmed,
    NotApplicable,
    Without,
}

impl Part {
    pub const ALL: [Part; 7] = [
        Part::Passed,
        Part::PassedUnconfirmed,
        Part::Failed,
        Part::Incomplete,
        Part::ToBeConfirmed,
        Part::NotApplicable,
        Part::Without,
    ];

    /// The name under which addresses ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Passed => "passed",
            Part::PassedUnconfirmed => "passed_unconfirmed",
            Part::Failed => "failed",
            Part::Incomplete => "incomplete",
            Part::ToBeConfirmed => "to_be_confirmed",
            Part::NotApplicable => "not_applicable",
            Part::Without => "without",
        }
    }
}

impl Distribution {
    /// How many units are of a part.
    pub fn count(&self, part: Part) -> usize {
        self.units.iter().filter(|one| one.part() == part).count()
    }

    /// The numbers, as they are shown.
    pub fn numbers(&self) -> Vec<Decimal> {
        self.units.iter().filter_map(|one| one.value.as_ref()?.shown()).collect()
    }

    /// The threshold of all units, where it is one and the same.
    pub fn threshold(&self) -> Option<&Decimal> {
        let first = self.units.first()?.threshold.as_ref()?;
        self.units.iter().all(|one| one.threshold.as_ref() == Some(first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_exactly() {
        let of = |numbers: &[&str]| median(numbers.iter().map(|n| n.parse().expect("a number")).collect());
        for (numbers, want) in [
            (&[][..], None),
            (&["7"], Some("7")),
            (&["10", "9", "100"], Some("10")),
            (&["0.1", "0.2"], Some("0.15")),
            (&["3", "1", "2", "0"], Some("1.5")),
        ] {
            assert_eq!(of(numbers), want.map(|w| w.parse().expect("a number")), "{numbers:?}");
        }
    }
}
