//! The same figures under another set: carried by measure, never by an indicator's number. Pure.

use crate::{
    book::{Book, Traits},
    evaluate::{Status, Value, Verdict, evaluate},
    requirement::requirement,
};
use kernel::Phrase;
use std::collections::HashMap;

/// How one indicator of the other set comes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Node of the other set.
    pub to: usize,
    /// Node of this set that measures the same, where there is one.
    pub from: Option<usize>,
    pub status: Status,
    /// Its status under this set.
    pub was: Option<Status>,
}

impl Difference {
    /// Why it differs, as a sentence; of the books, values (by node of `from`), traits and year asked about. Apart, since
    /// sentences cost more than verdicts and few of them are shown.
    pub fn why(&self, from: &Book, values: &[Option<Value>], to: &Book, traits: &Traits, year: i16) -> Phrase {
        let asked = requirement(to, self.to, traits, year);
        match self.from {
            Some(f) if values[f].is_some() => Phrase::new("whatif-other-requirement")
                .with("old", requirement(from, f, traits, year))
                .with("new", asked),
            Some(_) => Phrase::new("whatif-no-figure").with("new", asked),
            None => Phrase::new("whatif-no-counterpart").with("new", asked),
        }
    }
}

/// A unit's figures under another set.
#[derive(Clone, Debug)]
pub struct WhatIf {
    pub verdict: Verdict,
    /// By node of the other set: the values that were carried over.
    pub values: Vec<Option<Value>>,
    /// Leaves whose outcome differs, in the other set's order.
    pub differences: Vec<Difference>,
    /// Leaves for which this set has no figure that measures the same ("không có số liệu tương ứng").
    pub without: Vec<usize>,
    /// Leaves whose requirement is not known: nothing can be said until it is.
    pub unknown: Vec<usize>,
}

/// Judges the figures of one set under another. `values` are by node of `from`; `year` is the year asked about.
pub fn what_if(from: &Book, values: &[Option<Value>], was: &Verdict, to: &Book, traits: &Traits, year: i16) -> WhatIf {
    let mut by_measure: HashMap<&str, usize> = HashMap::new();
    for (at, node) in from.nodes.iter().enumerate() {
        if let Some(measure) = &node.indicator.measure {
            by_measure.insert(measure, at);
        }
    }
    let counterpart = |at: usize| to.nodes[at].indicator.measure.as_deref().and_then(|m| by_measure.get(m)).copied();
    let carried: Vec<Option<Value>> = (0..to.nodes.len())
        .map(|at| {
            let value = values[counterpart(at)?].clone()?;
            let indicator = &to.nodes[at].indicator;
            // "n/a" is carried only where the other law knows the condition too.
            crate::evaluate::fits(indicator.kind, indicator.applies_if.is_some(), &value).ok().map(|()| value)
        })
        .collect();
    let verdict = evaluate(to, &carried, traits, year);
    let leaves = || (0..to.nodes.len()).filter(|&at| to.nodes[at].is_leaf() && !to.excluded_by_region(at, traits));
    let differences = leaves()
        .filter_map(|at| {
            let (from_at, status) = (counterpart(at), verdict.nodes[at].status);
            let was = from_at.map(|f| was.nodes[f].status);
            (was != Some(status)).then_some(Difference { to: at, from: from_at, status, was })
        })
        .collect();
    let without = leaves().filter(|&at| counterpart(at).is_none()).collect();
    let unknown = leaves()
        .filter(|&at| {
            let indicator = &to.nodes[at].indicator;
            let numeric = indicator.kind.is_numeric() && to.threshold(at, traits, year).is_none();
            numeric || indicator.requirement.op == crate::model::Op::Unknown
        })
        .collect();
    WhatIf { verdict, values: carried, differences, without, unknown }
}
