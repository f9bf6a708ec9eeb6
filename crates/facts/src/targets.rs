//! The targets of the province's plan (`reference/plan-targets.toml`), and how far the verdicts say they are met. A target
//! that something else answers has no answer here: "chưa có số liệu".

use crate::{
    law::{Law, applies},
    told::{Told, told},
    totals::Slice,
};
use kernel::{Day, Decimal};
use rulebook::{Book, Confidence, Level, Status, Value, model::Op};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};
use store::{Query, Result};
use units::Unit;

/// A target of the plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub id: String,
    /// What it belongs to: `gov`, `economy`, `society`, `pilot`.
    pub group: String,
    pub text_vi: String,
    pub text_en: String,
    pub op: Op,
    pub value: Decimal,
    pub unit: String,
    /// The set and the indicator whose verdicts answer it.
    pub set: Option<String>,
    pub indicator: Option<String>,
    /// What answers it where no verdict does.
    pub answered_by: Option<String>,
    pub due: Day,
    pub confidence: Confidence,
    pub note: Option<String>,
}

/// The shipped file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    pub source: String,
    pub targets: Vec<Target>,
}

/// The plan's targets, in its order; read once.
pub fn shipped() -> &'static Targets {
    static TARGETS: LazyLock<Targets> = LazyLock::new(|| {
        let read = toml::from_str(include_str!("../../../reference/plan-targets.toml"));
        read.expect("a test reads the shipped file")
    });
    &TARGETS
}

/// How the units of a target stand to its indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub units: i64,
    pub passed: i64,
    /// Passed on a number that is to be confirmed.
    pub unconfirmed: i64,
    pub failed: i64,
}

impl Counts {
    pub fn all_passed(&self) -> i64 {
        self.passed + self.unconfirmed
    }

    fn add(&mut self, judged: rulebook::Judged) {
        self.units += 1;
        match judged.status {
            Status::Passed if judged.passed_unconfirmed() => self.unconfirmed += 1,
            Status::Passed => self.passed += 1,
            Status::Failed => self.failed += 1,
            Status::Incomplete | Status::NotApplicable | Status::ToBeConfirmed => {}
        }
    }
}

impl Target {
    fn met_by(&self, count: i64, of: i64) -> bool {
        let share = Value::Fraction(Decimal::from(count), Decimal::from(of));
        share.compare(&self.value).is_some_and(|order| match self.op {
            Op::MoreThan => order.is_gt(),
            // "100%" is reached, never passed by.
            Op::AtLeast | Op::Exactly => order.is_ge(),
            Op::AtMost | Op::LessThan | Op::Achieved | Op::Parts | Op::Unknown => false,
        })
    }

    /// Whether it is met, and whether by verified law alone. Nothing unknown meets it: what the units without a verdict may
    /// still bring leaves it incomplete.
    pub fn stands(&self, counts: &Counts) -> (Status, bool) {
        let open = counts.units - counts.failed;
        if self.met_by(counts.passed, counts.units) {
            (Status::Passed, true)
        } else if self.met_by(counts.all_passed(), counts.units) {
            (Status::Passed, false)
        } else if self.met_by(open, counts.units) {
            (Status::Incomplete, true)
        } else {
            (Status::Failed, true)
        }
    }
}

/// How far each target is met by the verdicts of a slice's year, in the plan's order; `None` where no verdict says. Cost:
/// the communes and districts of the slice with their attributes, and the published figures of the targets' indicators.
pub async fn answers(tx: &mut impl Query, law: &Law, slice: &Slice) -> Result<Vec<(&'static Target, Option<Counts>)>> {
    let targets = &shipped().targets;
    let mut asked: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for target in targets {
        if let (Some(set), Some(indicator)) = (&target.set, &target.indicator) {
            asked.entry(set).or_default().push(indicator);
        }
    }
    let mut under: HashMap<Level, Vec<Unit>> = HashMap::new();
    for (level, name) in [(Level::Commune, "commune"), (Level::District, "district")] {
        let mut units = units::store::under(tx, slice.ancestor, name, slice.day).await?;
        units.retain(|u| level != Level::Commune || u.is_judged_commune());
        under.insert(level, units);
    }
    let mut counted: HashMap<(&str, &str), Counts> = HashMap::new();
    // One round a set: the sets are those of the file, a handful.
    for (set, indicators) in asked {
        let Some(book) = law.library().set(set).filter(|book| applies(book, slice.year)) else { continue };
        let Some(units) = under.get(&book.applies.level).filter(|units| !units.is_empty()) else { continue };
        let Some(plan) = law.plan(set, slice.day) else { continue };
        let nodes = indicators.iter().filter_map(|no| plan.book.node(no));
        let codes = nodes.flat_map(|at| codes(&plan.book, at));
        let measures: BTreeSet<i64> = codes.flat_map(|code| law.needed(code)).collect();
        let told = told(tx, law, (set, slice.year), units, Some(&measures)).await?;
        counted.extend(indicators.into_iter().map(|no| ((set, no), count(&told, no))));
    }
    let answer = |target: &'static Target| {
        let (set, indicator) = (target.set.as_deref()?, target.indicator.as_deref()?);
        counted.get(&(set, indicator)).copied().filter(|c| c.all_passed() + c.failed > 0)
    };
    Ok(targets.iter().map(|target| (target, answer(target))).collect())
}

/// The measures that an indicator and its parts read.
fn codes(book: &Book, at: usize) -> Vec<&str> {
    let node = &book.nodes[at];
    node.indicator.measure.as_deref().into_iter().chain(node.children.iter().flat_map(|&c| codes(book, c))).collect()
}

fn count(told: &[Told], indicator: &str) -> Counts {
    let mut counts = Counts::default();
    for one in told {
        if let Some(at) = one.plan.book.node(indicator) {
            counts.add(one.verdict.nodes[at]);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_targets_name_indicators_there_are_or_what_else_answers_them() -> anyhow::Result<()> {
        let targets = &shipped().targets;
        assert_eq!(targets.len(), 12);
        for target in targets {
            let by_verdict = target.set.is_some() && target.indicator.is_some();
            assert_ne!(by_verdict, target.answered_by.is_some(), "{}", target.id);
            // The pure rule below knows these alone; "= 100" is the only equality.
            assert!(matches!(target.op, Op::AtLeast | Op::MoreThan | Op::Exactly), "{}", target.id);
            assert!(target.op != Op::Exactly || target.value == Decimal::from(100), "{}", target.id);
        }
        Ok(())
    }

    #[test]
    fn nothing_unknown_meets_a_target() {
        let target = |id: &str| shipped().targets.iter().find(|t| t.id == id).expect("a target");
        let counts = |passed, unconfirmed, failed| Counts { units: 10, passed, unconfirmed, failed };
        for (id, counts, expected) in [
            ("T1", counts(10, 0, 0), (Status::Passed, true)),
            ("T1", counts(9, 1, 0), (Status::Passed, false)),
            ("T1", counts(9, 0, 0), (Status::Incomplete, true)),
            ("T1", counts(9, 0, 1), (Status::Failed, true)),
            // "Trên 50%": half is not enough; "50%" is.
            ("T2a", counts(5, 0, 5), (Status::Failed, true)),
            ("T2a", counts(6, 0, 4), (Status::Passed, true)),
            ("T2b", counts(5, 0, 5), (Status::Passed, true)),
            ("T2b", counts(0, 5, 5), (Status::Passed, false)),
            ("T2b", counts(4, 0, 5), (Status::Incomplete, true)),
        ] {
            assert_eq!(target(id).stands(&counts), expected, "{id} {counts:?}");
        }
    }
}
