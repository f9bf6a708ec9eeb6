//! Figures over a merger: what the successors' figures are, from those of the units that reported. Pure and exact.
//!
//! Figures stay on the unit that reported them; this computes "as the units are now", or for any area at all. Verdicts are
//! never carried: a successor lists its predecessors' ([`Succession::predecessors`]).
//!
//! A divided unit's figure is never split: it stands beside its successors as a part, in no sum of theirs, and counts
//! whole only for an area that holds all of it (its province).

use crate::succession::{Share, Succession};
use kernel::{Day, Decimal, UnitId};
use rulebook::Aggregate;
use std::collections::{BTreeMap, BTreeSet};

/// What a figure says, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    Number(Decimal),
    /// A percent given as numerator and denominator.
    Fraction {
        numerator: Decimal,
        denominator: Decimal,
    },
    /// A weighted mean: `numerator / denominator`, in the measure's own unit.
    Ratio {
        numerator: Decimal,
        denominator: Decimal,
    },
    /// Met or not met.
    Flag(bool),
}

impl Quantity {
    /// The value in the measure's unit, rounded half up, for showing; a number as it is. `None` for a flag.
    pub fn rounded(&self, places: u32) -> Option<Decimal> {
        match self {
            Quantity::Number(value) => Some(value.clone()),
            Quantity::Fraction { numerator, denominator } => {
                (numerator * &Decimal::from(100)).checked_div_rounded(denominator, places)
            }
            Quantity::Ratio { numerator, denominator } => numerator.checked_div_rounded(denominator, places),
            Quantity::Flag(_) => None,
        }
    }

    /// The value as an exact quotient, a percent's in percent.
    fn quotient(&self) -> Option<(Decimal, Decimal)> {
        Some(match self {
            Quantity::Number(value) => (value.clone(), Decimal::from(1)),
            Quantity::Fraction { numerator, denominator } => (numerator * &Decimal::from(100), denominator.clone()),
            Quantity::Ratio { numerator, denominator } => (numerator.clone(), denominator.clone()),
            Quantity::Flag(_) => return None,
        })
    }
}

/// Why figures have no common value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The measure joins in no way.
    Measure,
    /// The mean's weight is missing for these units.
    NoWeight { measure: String, units: Vec<UnitId> },
    /// The weights add up to zero.
    ZeroWeight { measure: String },
    /// Figures of different kinds (a number beside yes or no).
    Mixed,
}

/// The common value of the units that went over whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// None of them has a figure.
    Nothing,
    Figure(Quantity),
    /// Yes and no, counted.
    Counted {
        yes: usize,
        no: usize,
    },
    NotComparable(Why),
}

/// A divided unit beside one of its successors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub unit: UnitId,
    /// Whether the larger share of it is here.
    pub main: bool,
    pub figure: Option<Quantity>,
}

/// What an area gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    pub area: UnitId,
    pub joined: Joined,
    /// The units whose figures are in `joined`.
    pub from: Vec<UnitId>,
    /// Units that went over whole and have no figure.
    pub missing: Vec<UnitId>,
    /// Divided units, beside.
    pub parts: Vec<Part>,
}

impl Carried {
    /// Whether the joined figure is about the whole area.
    pub fn complete(&self) -> bool {
        self.missing.is_empty() && self.parts.is_empty()
    }
}

/// An area to carry figures onto: the units in force that make it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub id: UnitId,
    pub members: BTreeSet<UnitId>,
}

impl Area {
    /// A unit alone.
    pub fn unit(id: UnitId) -> Area {
        Area { id, members: BTreeSet::from([id]) }
    }
}

/// The figures of one measure and period, all of units in force on one day.
#[derive(Clone, Debug)]
pub struct Figures<'a> {
    pub aggregate: &'a Aggregate,
    /// The day on which the reporting units were in force.
    pub reported_on: Day,
    pub figures: &'a BTreeMap<UnitId, Quantity>,
    /// The weights of the mean, in the same period; unused by other measures.
    pub weights: &'a BTreeMap<UnitId, Decimal>,
}

/// Carries figures onto areas made of units in force on `day`. Figures of units not in force on `reported_on` are left out.
pub fn carry(succession: &Succession, figures: &Figures, areas: &[Area], day: Day) -> Vec<Carried> {
    areas.iter().map(|area| onto(succession, figures, area, day)).collect()
}

fn onto(succession: &Succession, figures: &Figures, area: &Area, day: Day) -> Carried {
    let sources: BTreeSet<UnitId> = area
        .members
        .iter()
        .flat_map(|&member| succession.predecessors(member, figures.reported_on))
        .map(|(unit, _)| unit)
        .collect();
    let (mut whole, mut missing, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for unit in sources {
        let figure = figures.figures.get(&unit);
        let shares = succession.successors(unit, day);
        let here: Vec<_> = shares.iter().filter(|(to, _)| area.members.contains(to)).collect();
        // All of its ground is here: went over whole, or every one of its shares did.
        let all = shares.len() == here.len() && (here.len() > 1 || here.iter().any(|(_, s)| *s == Share::Whole));
        match figure {
            _ if !all => parts.push(Part { unit, main: here.iter().any(|(_, s)| s.main()), figure: figure.cloned() }),
            Some(figure) => whole.push((unit, figure)),
            None => missing.push(unit),
        }
    }
    let joined = join(figures, &whole, missing.is_empty() && parts.is_empty());
    Carried { area: area.id, joined, from: whole.into_iter().map(|(unit, _)| unit).collect(), missing, parts }
}

/// Joins figures as their measure says. `alone`: nothing else belongs to the area, so that a single figure is its figure.
fn join(figures: &Figures, whole: &[(UnitId, &Quantity)], alone: bool) -> Joined {
    match whole {
        [] => return Joined::Nothing,
        [(_, only)] if alone => return Joined::Figure((*only).clone()),
        _ => {}
    }
    let flags: Vec<bool> =
        whole.iter().filter_map(|(_, q)| if let Quantity::Flag(f) = q { Some(*f) } else { None }).collect();
    if flags.len() == whole.len() {
        let yes = flags.iter().filter(|f| **f).count();
        return Joined::Counted { yes, no: flags.len() - yes };
    }
    if !flags.is_empty() {
        return Joined::NotComparable(Why::Mixed);
    }
    match figures.aggregate {
        Aggregate::Sum => sum(whole),
        Aggregate::Weighted(by) => mean(whole, figures.weights, by),
        Aggregate::NotComparable | Aggregate::Count => Joined::NotComparable(Why::Measure),
    }
}

fn sum(whole: &[(UnitId, &Quantity)]) -> Joined {
    let mut total = Decimal::ZERO;
    for (_, quantity) in whole {
        let Quantity::Number(value) = quantity else {
            return Joined::NotComparable(Why::Mixed);
        };
        total = &total + value;
    }
    Joined::Figure(Quantity::Number(total))
}

fn mean(whole: &[(UnitId, &Quantity)], weights: &BTreeMap<UnitId, Decimal>, by: &str) -> Joined {
    // Where every figure brings its own denominator, that is the exact weight.
    let mut over = Some((Decimal::ZERO, Decimal::ZERO));
    for (_, quantity) in whole {
        over = match (over, quantity) {
            (Some((n, d)), Quantity::Fraction { numerator, denominator }) => Some((&n + numerator, &d + denominator)),
            _ => None,
        };
    }
    if let Some((numerator, denominator)) = over {
        return Joined::Figure(Quantity::Fraction { numerator, denominator });
    }
    let unweighted: Vec<UnitId> = whole.iter().map(|(unit, _)| *unit).filter(|u| !weights.contains_key(u)).collect();
    if !unweighted.is_empty() {
        return Joined::NotComparable(Why::NoWeight { measure: by.to_owned(), units: unweighted });
    }
    // Sum of value x weight as one quotient: a/b + c·w/d = (a·d + c·w·b) / (b·d).
    let (mut numerator, mut denominator, mut weight) = (Decimal::ZERO, Decimal::from(1), Decimal::ZERO);
    for (unit, quantity) in whole {
        let (Some((c, d)), Some(w)) = (quantity.quotient(), weights.get(unit)) else {
            return Joined::NotComparable(Why::Mixed);
        };
        numerator = &(&numerator * &d) + &(&(&c * w) * &denominator);
        denominator = &denominator * &d;
        weight = &weight + w;
    }
    if weight.is_zero() || denominator.is_zero() {
        return Joined::NotComparable(Why::ZeroWeight { measure: by.to_owned() });
    }
    Joined::Figure(Quantity::Ratio { numerator, denominator: &denominator * &weight })
}
