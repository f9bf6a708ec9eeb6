//! Sets side by side, by measure: what asks for the same, what for something like it, what is new, dropped or not known
//! yet. Pure.
//!
//! Everything stands beside the first set. What is not listed is dropped only where the other set is listed whole and does
//! not ask for the first set besides; what the law leaves unknown is never called the same.

use crate::{
    Book, Traits,
    measure::Similar,
    model::{Confidence, Op},
    requirement::requirement,
};
use kernel::{Decimal, Phrase};
use std::collections::{HashMap, HashSet};

/// A set, in force, and the year whose thresholds count.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub book: &'a Book,
    pub year: i16,
    /// Sets a unit must hold besides, and those that they ask for.
    pub prerequisites: &'a [String],
}

/// How a measure stands in another set beside the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Both ask for the same of the same measure.
    Same,
    Similar(Likeness),
    /// Only the other set asks for it.
    New,
    /// Only the first set asks for it, which whoever is judged by the other one must hold besides.
    Kept,
    /// Only the first set asks for it.
    Dropped,
    Unknown(Unclear),
    /// Neither asks for it: a third set does.
    Absent,
}

/// Of what is alike, what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The threshold, which is harder to reach.
    Stricter,
    /// The threshold, which is easier to reach.
    Looser,
    /// The thresholds of groups or other kinds of units.
    Groups,
    /// How the value is compared.
    Operator,
    /// When it applies, or where.
    Condition,
    /// The measure: two that only look alike. The index into `Library::similar`.
    Measure(usize),
}

/// Why nobody can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// What one of them asks is not known.
    Requirement,
    /// One of the sets is not listed whole: what is missing here may stand there.
    NotListed,
}

/// The kinds of difference that a reader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Same,
    Similar,
    New,
    Kept,
    Dropped,
    Unknown,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Same, Kind::Similar, Kind::New, Kind::Kept, Kind::Dropped, Kind::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Same => "same",
            Kind::Similar => "similar",
            Kind::New => "new",
            Kind::Kept => "kept",
            Kind::Dropped => "dropped",
            Kind::Unknown => "unknown",
        }
    }
}

impl Difference {
    pub fn kind(self) -> Option<Kind> {
        Some(match self {
            Difference::Same => Kind::Same,
            Difference::Similar(_) => Kind::Similar,
            Difference::New => Kind::New,
            Difference::Kept => Kind::Kept,
            Difference::Dropped => Kind::Dropped,
            Difference::Unknown(_) => Kind::Unknown,
            Difference::Absent => return None,
        })
    }
}

/// A measure in another set: its node there, if any, and how that stands beside the first set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    pub node: Option<usize>,
    pub difference: Difference,
}

/// One measure in all the sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// As the first set that has it names it.
    pub measure: String,
    /// Its node in the first set.
    pub first: Option<usize>,
    /// By set beside the first.
    pub others: Vec<Beside>,
}

/// The sets side by side: the measures of the first in its order, then what the others ask besides, in theirs.
pub fn compare(first: Side, others: &[Side], similar: &[Similar], traits: &Traits) -> Vec<Row> {
    let theirs: Vec<HashMap<&str, usize>> = others.iter().map(|side| leaves(side.book).collect()).collect();
    let mut rows = Vec::new();
    let mut shown: Vec<HashSet<usize>> = vec![HashSet::new(); others.len()];
    for (measure, at) in leaves(first.book) {
        let beside = |(n, side): (usize, &Side)| {
            let same = theirs[n].get(measure).map(|&node| (node, judge(first, at, *side, node, traits)));
            let alike = || {
                let (note, node) = looking_alike(measure, similar, &theirs[n])?;
                Some((node, Difference::Similar(Likeness::Measure(note))))
            };
            match same.or_else(alike) {
                Some((node, difference)) => Beside { node: Some(node), difference },
                None => Beside { node: None, difference: missing(first, *side) },
            }
        };
        let others: Vec<Beside> = others.iter().enumerate().map(beside).collect();
        for (seen, beside) in shown.iter_mut().zip(&others) {
            seen.extend(beside.node);
        }
        rows.push(Row { measure: measure.to_owned(), first: Some(at), others });
    }
    for n in 0..others.len() {
        for (measure, at) in leaves(others[n].book) {
            if shown[n].contains(&at) {
                continue;
            }
            let beside = |(m, side): (usize, &Side)| match theirs[m].get(measure).copied() {
                Some(node) if shown[m].insert(node) => {
                    Beside { node: Some(node), difference: added(first, *side, node) }
                }
                _ => Beside { node: None, difference: Difference::Absent },
            };
            let others = others.iter().enumerate().map(beside).collect();
            rows.push(Row { measure: measure.to_owned(), first: None, others });
        }
    }
    rows
}

/// The leaves of a book by what they measure, in its order.
fn leaves(book: &Book) -> impl Iterator<Item = (&str, usize)> {
    book.nodes.iter().enumerate().filter_map(|(at, node)| Some((node.indicator.measure.as_deref()?, at)))
}

/// What only looks like this measure: which note says so, and its node.
fn looking_alike(measure: &str, similar: &[Similar], theirs: &HashMap<&str, usize>) -> Option<(usize, usize)> {
    let alike = similar.iter().enumerate().filter(|(_, s)| s.measures.iter().any(|m| m == measure));
    alike
        .flat_map(|(note, s)| s.measures.iter().map(move |m| (note, m)))
        .find_map(|(note, m)| Some((note, *theirs.get(m.as_str())?)))
}

/// Whether a set is listed whole.
fn is_whole(book: &Book) -> bool {
    !book.lists_too_few() && book.criteria.iter().all(|c| !c.nodes.is_empty())
}

/// What the first set asks for and the other does not list.
fn missing(first: Side, other: Side) -> Difference {
    if other.prerequisites.iter().any(|set| set == first.book.set()) {
        return Difference::Kept;
    }
    if is_whole(other.book) { Difference::Dropped } else { Difference::Unknown(Unclear::NotListed) }
}

/// What the other set asks for and the first does not list.
fn added(first: Side, other: Side, at: usize) -> Difference {
    let indicator = &other.book.nodes[at].indicator;
    let unread = indicator.requirement.op == Op::Unknown
        || (indicator.confidence == Confidence::Unknown && !is_whole(other.book));
    match (unread, is_whole(first.book)) {
        (true, _) => Difference::Unknown(Unclear::Requirement),
        (false, true) => Difference::New,
        (false, false) => Difference::Unknown(Unclear::NotListed),
    }
}

/// The thresholds of a node for the units of a place.
#[derive(PartialEq, Eq)]
enum Limits<'a> {
    One(&'a Decimal),
    /// By the words of an attribute, or by group.
    Table(&'a str, Vec<(&'a str, &'a Decimal)>),
}

fn limits<'a>(side: Side<'a>, at: usize, traits: &Traits) -> Option<Limits<'a>> {
    let asked = &side.book.nodes[at].indicator.requirement;
    let table = match (&asked.by_attribute, &asked.by_group) {
        (Some(table), _) => Some((table.attribute.as_str(), &table.limits)),
        (None, Some(table)) if asked.by_year.is_none() && asked.by_region.is_none() => Some(("", table)),
        _ => None,
    };
    match table {
        Some((name, table)) => {
            let mut limits: Vec<_> = table.iter().map(|(key, limit)| (key.as_str(), limit)).collect();
            limits.sort();
            (!limits.is_empty()).then_some(Limits::Table(name, limits))
        }
        None => side.book.threshold(at, traits, side.year).map(Limits::One),
    }
}

/// How two nodes of one measure stand to each other.
fn judge(first: Side, at: usize, other: Side, node: usize, traits: &Traits) -> Difference {
    let (left, right) = (&first.book.nodes[at].indicator, &other.book.nodes[node].indicator);
    let (ours, theirs) = (limits(first, at, traits), limits(other, node, traits));
    let unknown = |i: &crate::model::Indicator, limits: &Option<Limits>| {
        let lacks = i.kind.is_numeric() && limits.is_none();
        i.confidence == Confidence::Unknown || i.requirement.op == Op::Unknown || lacks
    };
    if unknown(left, &ours) || unknown(right, &theirs) {
        return Difference::Unknown(Unclear::Requirement);
    }
    if left.requirement.op != right.requirement.op {
        return Difference::Similar(Likeness::Operator);
    }
    if ours != theirs {
        return Difference::Similar(match (&ours, &theirs, left.requirement.op) {
            (Some(Limits::One(was)), Some(Limits::One(is)), Op::AtLeast | Op::MoreThan) => harder(is > was),
            (Some(Limits::One(was)), Some(Limits::One(is)), Op::AtMost | Op::LessThan) => harder(is < was),
            _ => Likeness::Groups,
        });
    }
    if left.applies_if != right.applies_if || left.applies_regions != right.applies_regions {
        return Difference::Similar(Likeness::Condition);
    }
    Difference::Same
}

fn harder(stricter: bool) -> Likeness {
    if stricter { Likeness::Stricter } else { Likeness::Looser }
}

impl Row {
    /// How the set at `n` beside the first stands to it, with what both ask for.
    pub fn said(&self, n: usize, first: Side, others: &[Side], similar: &[Similar], traits: &Traits) -> Phrase {
        let (beside, other) = (&self.others[n], others[n]);
        let asks = |side: Side, at: Option<usize>| match at {
            Some(at) => requirement(side.book, at, traits, side.year),
            None => Phrase::new("compare-nothing"),
        };
        let key = match beside.difference {
            Difference::Same => "compare-same",
            Difference::Similar(Likeness::Stricter) => "compare-stricter",
            Difference::Similar(Likeness::Looser) => "compare-looser",
            Difference::Similar(Likeness::Groups) => "compare-groups",
            Difference::Similar(Likeness::Operator) => "compare-operator",
            Difference::Similar(Likeness::Condition) => "compare-condition",
            Difference::Similar(Likeness::Measure(_)) => "compare-measure",
            Difference::New => "compare-new",
            Difference::Kept => "compare-kept",
            Difference::Dropped => "compare-dropped",
            Difference::Unknown(Unclear::Requirement) => "compare-unknown",
            Difference::Unknown(Unclear::NotListed) => "compare-not-listed",
            Difference::Absent => "compare-absent",
        };
        let phrase = Phrase::new(key).with("first", asks(first, self.first)).with("other", asks(other, beside.node));
        match beside.difference {
            Difference::Similar(Likeness::Measure(note)) => {
                phrase.both("note", &similar[note].note_vi, &similar[note].note_en)
            }
            _ => phrase,
        }
    }
}
