//! What would it take: failed indicators, the nearest first. Pure.

use crate::{
    book::{Book, Traits},
    evaluate::{Status, Verdict},
};
use kernel::Decimal;

/// A failed indicator and its distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Distance {
    pub node: usize,
    /// The distance to the threshold in the indicator's unit; `None` for yes and no, which have none.
    pub amount: Option<Decimal>,
    /// The distance as a share of the threshold, to nine decimals; 1 for yes and no and for a threshold of 0.
    pub relative: Decimal,
}

/// Failed leaves ranked by relative shortfall; equals in the rulebook's order.
pub fn nearest(book: &Book, verdict: &Verdict, traits: &Traits, year: i16) -> Vec<Distance> {
    let failed = |at: &usize| book.nodes[*at].is_leaf() && verdict.nodes[*at].status == Status::Failed;
    let mut list: Vec<Distance> = (0..book.nodes.len())
        .filter(failed)
        .map(|node| {
            let amount = verdict.shortfalls[node].clone();
            let limit = book.threshold(node, traits, year);
            let relative = amount.as_ref().zip(limit).and_then(|(a, l)| a.checked_div_rounded(&l.abs(), 9));
            Distance { node, amount, relative: relative.unwrap_or_else(|| Decimal::from(1)) }
        })
        .collect();
    list.sort_by(|a, b| (&a.relative, a.node).cmp(&(&b.relative, b.node)));
    list
}
