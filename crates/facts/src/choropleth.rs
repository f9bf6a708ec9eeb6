//! The choropleth: the communes of a province classed by verdict, by a criterion's state or by an indicator's value.

use crate::{
    law::{Law, Plan},
    measured,
    model::STATES,
    totals::{self, CommuneRow, Listing, Slice},
};
use kernel::Decimal;
use rulebook::{Status, Value};
use std::sync::Arc;
use store::{Query, Result};

/// What the communes are classed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    Verdict,
    /// Position of a criterion in its set.
    Criterion(usize),
    /// Node of an indicator that reads a measure.
    Indicator(usize),
}

impl Layer {
    /// The layer that an address names: nothing, `tc-10` or `ct-17.1`; what the set does not have is the verdict.
    pub fn named(name: &str, plan: &Plan) -> Layer {
        let book = &plan.book;
        let criterion = |no| book.criteria.iter().position(|c| c.no == no).map(Layer::Criterion);
        let indicator = |no| book.node(no).filter(|&at| plan.measures[at].is_some()).map(Layer::Indicator);
        let found = match name.split_once('-') {
            Some(("tc", no)) => criterion(no),
            Some(("ct", no)) => indicator(no),
            _ => None,
        };
        found.unwrap_or(Layer::Verdict)
    }

    /// Its name in an address.
    pub fn name(&self, plan: &Plan) -> String {
        match self {
            Layer::Verdict => String::new(),
            Layer::Criterion(at) => format!("tc-{}", plan.book.criteria[*at].no),
            Layer::Indicator(at) => format!("ct-{}", plan.book.nodes[*at].indicator.no),
        }
    }
}

/// What the communes of one colour have together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// A state; whether the law beneath a pass is verified, always so for the others.
    State(Status, bool),
    /// Values from the first, below the second; open at the ends. The number is its shade, 1 (lightest) to 5.
    Between(Option<Decimal>, Option<Decimal>, usize),
    /// No figure.
    Without,
}

impl Class {
    /// The class of style that paints it.
    pub fn paint(&self) -> &'static str {
        const SHADES: [&str; 5] = ["level-1", "level-2", "level-3", "level-4", "level-5"];
        match self {
            Class::State(Status::Passed, true) => "k-passed",
            Class::State(Status::Passed, false) => "k-unconfirmed",
            Class::State(Status::Failed, _) => "k-failed",
            Class::State(Status::Incomplete, _) => "k-incomplete",
            Class::State(Status::ToBeConfirmed, _) => "k-confirm",
            Class::State(Status::NotApplicable, _) => "k-not-applicable",
            Class::Between(_, _, shade) => SHADES[shade.clamp(&1, &5) - 1],
            Class::Without => "k-without",
        }
    }
}

/// A commune on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Painted {
    pub commune: CommuneRow,
    /// Position of its class.
    pub class: usize,
    /// What an indicator's layer shows of it.
    pub value: Option<Value>,
}

/// The classes that have communes, and the communes in Vietnamese order.
pub struct Choropleth {
    pub layer: Layer,
    pub plan: Arc<Plan>,
    pub classes: Vec<(Class, usize)>,
    pub communes: Vec<Painted>,
}

/// Classes the communes of a slice. `None` where the set does not exist. Cost: one row a commune of the slice; for an
/// indicator also its measure's figures there.
pub async fn choropleth(tx: &mut impl Query, law: &Law, slice: &Slice, layer: &str) -> Result<Option<Choropleth>> {
    let Some(plan) = law.plan(&slice.set, slice.day) else { return Ok(None) };
    let layer = Layer::named(layer, &plan);
    let communes: Vec<(CommuneRow, Option<Value>)> = match layer {
        Layer::Indicator(at) => {
            let measure = plan.book.nodes[at].indicator.measure.clone().unwrap_or_default();
            let all = measured::over(tx, law, slice, &measure).await?;
            all.into_iter().map(|m| (m.commune, m.value)).collect()
        }
        _ => {
            let listing = Listing { per: i64::from(u16::MAX), ..Listing::default() };
            totals::communes(tx, slice, &listing).await?.0.into_iter().map(|commune| (commune, None)).collect()
        }
    };
    let decimals = match layer {
        Layer::Indicator(at) => {
            let measure = plan.book.nodes[at].indicator.measure.as_deref().and_then(|m| law.library().measure(m));
            measure.map_or(0, |m| m.decimals)
        }
        _ => 0,
    };
    let breaks = breaks(communes.iter().filter_map(|(_, value)| value.as_ref()?.shown()).collect(), decimals);
    let class = |(commune, value): &(CommuneRow, Option<Value>)| match layer {
        Layer::Verdict => commune.status.map_or(Class::Without, |status| state(status, commune.confirmed)),
        Layer::Criterion(at) => criterion(commune, at),
        Layer::Indicator(_) => value.as_ref().map_or(Class::Without, |value| of_value(value, &breaks)),
    };
    let classes: Vec<Class> = communes.iter().map(class).collect();
    let mut there = all_classes(&breaks);
    there.retain(|class| classes.contains(class));
    let place = |class: &Class| there.iter().position(|c| c == class).unwrap_or_default();
    let counted = there.iter().map(|class| (class.clone(), classes.iter().filter(|c| *c == class).count())).collect();
    let painted = |((commune, value), class): ((CommuneRow, Option<Value>), &Class)| Painted {
        commune,
        class: place(class),
        value,
    };
    let communes = communes.into_iter().zip(&classes).map(painted).collect();
    Ok(Some(Choropleth { layer, plan, classes: counted, communes }))
}

/// How a commune's verdict stands to one criterion.
fn criterion(commune: &CommuneRow, at: usize) -> Class {
    let letters = commune.criteria.get(at * 2..at * 2 + 2).unwrap_or_default();
    let status = letters.chars().next().and_then(Status::from_letter);
    status.map_or(Class::Without, |status| state(status, letters.ends_with('v')))
}

fn state(status: Status, confirmed: bool) -> Class {
    Class::State(status, confirmed || status != Status::Passed)
}

fn of_value(value: &Value, breaks: &[Decimal]) -> Class {
    match (value, value.shown()) {
        (Value::Yes(true), _) => Class::State(Status::Passed, true),
        (Value::Yes(false), _) => Class::State(Status::Failed, true),
        (_, Some(number)) => between(breaks, breaks.iter().filter(|b| **b <= number).count()),
        (_, None) => Class::State(Status::NotApplicable, true),
    }
}

/// The class after so many breaks; with fewer than five the shades still reach from the lightest to the darkest.
fn between(breaks: &[Decimal], at: usize) -> Class {
    let shade = if breaks.is_empty() { 3 } else { 1 + at * 4 / breaks.len() };
    Class::Between(at.checked_sub(1).and_then(|n| breaks.get(n)).cloned(), breaks.get(at).cloned(), shade)
}

/// All classes there may be, in the order of a legend.
fn all_classes(breaks: &[Decimal]) -> Vec<Class> {
    let values = (0..=breaks.len()).map(|at| between(breaks, at));
    values.chain(STATES.map(|(status, confirmed)| Class::State(status, confirmed))).chain([Class::Without]).collect()
}

/// Up to four limits that part values into classes of about as many communes each, rounded as the measure is shown. Values
/// that are all alike have none.
fn breaks(mut values: Vec<Decimal>, decimals: u32) -> Vec<Decimal> {
    values.sort();
    let Some(least) = values.first().cloned() else { return Vec::new() };
    let mut limits: Vec<Decimal> =
        (1..5).map(|n| values[values.len() * n / 5].round_half_up(decimals)).filter(|limit| *limit > least).collect();
    limits.dedup();
    // Rounded up above every value a limit would leave a class that nobody is in.
    limits.retain(|limit| values.last().is_some_and(|most| limit <= most));
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(of: &[&str]) -> Vec<Decimal> {
        of.iter().map(|n| n.parse().unwrap()).collect()
    }

    #[test]
    fn limits_part_the_values_into_five() {
        let values: Vec<Decimal> = (1..=10i64).map(Decimal::from).collect();
        assert_eq!(breaks(values, 0), numbers(&["3", "5", "7", "9"]));
        assert_eq!(breaks(numbers(&["7", "7", "7"]), 0), numbers(&[]));
        assert_eq!(breaks(numbers(&["0", "0", "0", "0", "100"]), 0), numbers(&["100"]));
        assert_eq!(breaks(Vec::new(), 0), numbers(&[]));
        // 1.26 is shown as 1.3, which no value reaches.
        assert_eq!(breaks(numbers(&["1.21", "1.26"]), 1), numbers(&[]));
    }

    #[test]
    fn every_value_has_one_class_and_shades_reach_from_end_to_end() {
        let limits = numbers(&["10", "20"]);
        let class = |n: &str| of_value(&Value::Number(n.parse().unwrap()), &limits);
        let (ten, twenty) = (limits[0].clone(), limits[1].clone());
        assert_eq!(class("9.99"), Class::Between(None, Some(ten.clone()), 1));
        assert_eq!(class("10"), Class::Between(Some(ten), Some(twenty.clone()), 3));
        assert_eq!(class("20"), Class::Between(Some(twenty), None, 5));
        assert_eq!(of_value(&Value::Yes(false), &limits), Class::State(Status::Failed, true));
        assert_eq!(of_value(&Value::NotApplicable, &limits), Class::State(Status::NotApplicable, true));
    }
}
