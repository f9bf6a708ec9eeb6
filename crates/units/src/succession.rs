//! Which unit went into which: pure walks over the succession. A unit ends; its successors are named.

use kernel::{Day, UnitId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One step: from a unit that ended the day before to one that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: UnitId,
    pub to: UnitId,
    /// The first day of the new unit.
    pub day: Day,
    /// Whether the whole unit went over, or a part of it.
    pub whole: bool,
    /// Whether this is the larger share of a divided unit.
    pub main: bool,
    /// `verified`, `recalled` or `unknown`.
    pub confidence: String,
}

/// How much of a unit went into another, over all steps between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    Whole,
    /// The unit was divided; `main` marks the larger share.
    Part {
        main: bool,
    },
}

impl Share {
    /// The stable word: `whole`, `part`.
    pub fn name(self) -> &'static str {
        match self {
            Share::Whole => "whole",
            Share::Part { .. } => "part",
        }
    }

    pub fn main(self) -> bool {
        !matches!(self, Share::Part { main: false })
    }
}

/// What happened to a unit when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Several units became one.
    Merge,
    /// One unit was divided, its shares becoming units of their own.
    Split,
    /// A share of one unit joined another.
    Part,
    /// One unit became one unit: a new name, code or kind, the same ground.
    Rename,
}

impl Change {
    /// The stable word: `merge`, `split`, `part`, `rename`.
    pub fn name(self) -> &'static str {
        match self {
            Change::Merge => "merge",
            Change::Split => "split",
            Change::Part => "part",
            Change::Rename => "rename",
        }
    }
}

/// A history of units that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    #[error("unit {0} becomes itself, through its successors")]
    Circle(UnitId),
    #[error("unit {0} goes over whole and also into another unit")]
    WholeTwice(UnitId),
}

/// All steps, found from both ends.
#[derive(Clone, Debug, Default)]
pub struct Succession {
    from: HashMap<UnitId, Vec<Edge>>,
    to: HashMap<UnitId, Vec<Edge>>,
}

impl Succession {
    pub fn new(edges: impl IntoIterator<Item = Edge>) -> Succession {
        let mut all = Succession::default();
        for edge in edges {
            all.from.entry(edge.from).or_default().push(edge.clone());
            all.to.entry(edge.to).or_default().push(edge);
        }
        for list in all.from.values_mut() {
            list.sort_by_key(|e| (e.day, e.to));
        }
        for list in all.to.values_mut() {
            list.sort_by_key(|e| (e.day, e.from));
        }
        all
    }

    /// What is impossible in it; empty for a history that can be.
    pub fn check(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut units: Vec<UnitId> = self.from.keys().copied().collect();
        units.sort();
        for unit in units {
            let out = self.after(unit);
            if out.len() > 1 && out.iter().any(|e| e.whole) {
                found.push(Impossible::WholeTwice(unit));
            }
            let mut seen = BTreeSet::new();
            let mut next: Vec<UnitId> = out.iter().map(|e| e.to).collect();
            while let Some(at) = next.pop() {
                if at == unit {
                    found.push(Impossible::Circle(unit));
                    break;
                }
                if seen.insert(at) {
                    next.extend(self.after(at).iter().map(|e| e.to));
                }
            }
        }
        found
    }

    /// The steps out of a unit, direct.
    pub fn after(&self, unit: UnitId) -> &[Edge] {
        self.from.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// The steps into a unit, direct.
    pub fn before(&self, unit: UnitId) -> &[Edge] {
        self.to.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// What happened on a step.
    pub fn change(&self, edge: &Edge) -> Change {
        match (edge.whole, self.before(edge.to).len()) {
            (true, 1) => Change::Rename,
            (true, _) => Change::Merge,
            (false, 1) => Change::Split,
            (false, _) => Change::Part,
        }
    }

    /// The units in force on `day` that this one became, each with its share; the unit itself, whole, where it had not
    /// ended by then. A unit that was divided and whose shares were joined again is whole.
    pub fn successors(&self, unit: UnitId, day: Day) -> Vec<(UnitId, Share)> {
        let mut leaves: BTreeMap<UnitId, bool> = BTreeMap::new();
        let complete = self.descend(unit, day, true, 0, &mut leaves);
        let whole = complete && leaves.len() == 1;
        leaves.into_iter().map(|(unit, main)| (unit, if whole { Share::Whole } else { Share::Part { main } })).collect()
    }

    /// Collects the leaves; whether all of the unit's ground is in them.
    fn descend(&self, unit: UnitId, day: Day, main: bool, depth: u32, leaves: &mut BTreeMap<UnitId, bool>) -> bool {
        let steps: Vec<&Edge> = self.after(unit).iter().filter(|e| e.day <= day).collect();
        // Depth guards against a circle in bad data; `check` names it.
        if steps.is_empty() || depth > 64 {
            *leaves.entry(unit).or_default() |= main;
            return true;
        }
        // A lone part means that the rest went somewhere unknown.
        let mut complete = steps.len() > 1 || steps[0].whole;
        for step in steps {
            complete &= self.descend(step.to, day, main && step.main, depth + 1, leaves);
        }
        complete
    }

    /// The units in force on `day`, before this one began, that went into it, each with its share; the unit itself,
    /// whole, where it was in force already.
    pub fn predecessors(&self, unit: UnitId, day: Day) -> Vec<(UnitId, Share)> {
        let mut roots = BTreeSet::new();
        self.climb(unit, day, 0, &mut roots);
        let until = self.lifetime(unit);
        let share = |root| self.successors(root, until).into_iter().find(|(to, _)| *to == unit).map(|(_, share)| share);
        roots.into_iter().map(|root| (root, share(root).unwrap_or(Share::Part { main: false }))).collect()
    }

    fn climb(&self, unit: UnitId, day: Day, depth: u32, roots: &mut BTreeSet<UnitId>) {
        let mut steps = self.before(unit).iter().filter(|e| e.day > day).peekable();
        if steps.peek().is_none() || depth > 64 {
            roots.insert(unit);
            return;
        }
        for step in steps {
            self.climb(step.from, day, depth + 1, roots);
        }
    }

    /// A day on which the unit was in force: the first one.
    fn lifetime(&self, unit: UnitId) -> Day {
        let began = self.before(unit).iter().map(|e| e.day).max();
        began.unwrap_or_else(|| self.after(unit).first().map_or(Day::from_epoch_days(0), |e| e.day.yesterday()))
    }

    /// Everything that went into a unit, over all steps, nearest first; the unit itself left out.
    pub fn all_predecessors(&self, unit: UnitId) -> Vec<UnitId> {
        walk(unit, |at| self.before(at).iter().map(|e| e.from).collect())
    }

    /// Everything a unit became, over all steps, nearest first; the unit itself left out.
    pub fn all_successors(&self, unit: UnitId) -> Vec<UnitId> {
        walk(unit, |at| self.after(at).iter().map(|e| e.to).collect())
    }

    /// From old to new: each unit with what it is on `day`.
    pub fn mapping(&self, units: impl IntoIterator<Item = UnitId>, day: Day) -> BTreeMap<UnitId, Vec<(UnitId, Share)>> {
        units.into_iter().map(|unit| (unit, self.successors(unit, day))).collect()
    }
}

fn walk(start: UnitId, next: impl Fn(UnitId) -> Vec<UnitId>) -> Vec<UnitId> {
    let (mut order, mut seen) = (vec![start], BTreeSet::from([start]));
    let mut at = 0;
    while at < order.len() {
        for unit in next(order[at]) {
            if seen.insert(unit) {
                order.push(unit);
            }
        }
        at += 1;
    }
    order.remove(0);
    order
}
