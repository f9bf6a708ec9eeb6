//! Sets side by side, by measure: what asks for the same, what only looks alike, what stands alone. Pure.

use crate::{book::Book, measure::Similar};
use std::collections::HashMap;

/// How an indicator of one set stands to another set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// One measure: a figure serves both.
    Same(usize),
    /// Two measures that only look alike: shown side by side, never copied. The index into `Library::similar`.
    Similar { node: usize, note: usize },
    /// The other set asks for nothing like it.
    Alone,
}

/// For each leaf of `left`, in its order: how it stands to `right`.
pub fn compare(left: &Book, right: &Book, similar: &[Similar]) -> Vec<(usize, Relation)> {
    let measures = |book: &Book| -> HashMap<String, usize> {
        let of = |(at, node): (usize, &crate::book::Node)| Some((node.indicator.measure.clone()?, at));
        book.nodes.iter().enumerate().filter_map(of).collect()
    };
    let theirs = measures(right);
    let leaves = left.nodes.iter().enumerate().filter_map(|(at, n)| Some((at, n.indicator.measure.as_ref()?)));
    leaves
        .map(|(at, measure)| {
            if let Some(&node) = theirs.get(measure) {
                return (at, Relation::Same(node));
            }
            let alike = similar.iter().enumerate().filter(|(_, s)| s.measures.contains(measure));
            let found = alike.flat_map(|(note, s)| s.measures.iter().map(move |m| (note, m)));
            let found =
                found.into_iter().find_map(|(note, m)| theirs.get(m).map(|&node| Relation::Similar { node, note }));
            (at, found.unwrap_or(Relation::Alone))
        })
        .collect()
}
