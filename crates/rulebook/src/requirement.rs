//! What is asked of a unit, as a phrase made from the data.

use crate::{
    Book, Traits,
    model::{Join, Op},
};
use kernel::{Decimal, Phrase};

/// A limit with its unit: `95%`, `48 triệu đồng/người/năm`.
pub fn limit(number: &Decimal, unit: Option<&str>) -> Phrase {
    match unit {
        Some("%") => Phrase::new("limit-percent").with("number", number.clone()),
        Some(unit) => Phrase::new("limit-unit").with("number", number.clone()).with("unit", unit),
        None => Phrase::new("limit-plain").with("number", number.clone()),
    }
}

fn who(delegated_to: &str) -> Phrase {
    Phrase::new(match delegated_to {
        "province" => "who-province",
        "ministry" => "who-ministry",
        _ => "who-other",
    })
}

/// The requirement of a node for a unit in a year, as a sentence.
pub fn requirement(book: &Book, at: usize, traits: &Traits, year: i16) -> Phrase {
    let node = &book.nodes[at];
    let indicator = &node.indicator;
    if book.excluded_by_region(at, traits) {
        return Phrase::new("req-region-excluded");
    }
    let asked = &indicator.requirement;
    let delegated = asked.delegated_to.as_deref();
    let phrase = match asked.op {
        Op::Parts if node.join() == Join::All => Phrase::new("req-all"),
        Op::Parts => Phrase::new("req-any"),
        Op::Unknown => Phrase::new("req-unknown"),
        Op::Achieved => match delegated {
            Some(to) => Phrase::new("req-achieved-delegated").with("who", who(to)),
            None => Phrase::new("req-achieved"),
        },
        op => match (book.threshold(at, traits, year), delegated) {
            (Some(number), _) => {
                let key = match op {
                    Op::AtLeast => "req-at-least",
                    Op::AtMost => "req-at-most",
                    Op::MoreThan => "req-more-than",
                    Op::LessThan => "req-less-than",
                    _ => "req-exactly",
                };
                Phrase::new(key).with("limit", limit(number, node.unit()))
            }
            (None, Some(to)) => Phrase::new("req-limit-delegated").with("who", who(to)),
            (None, None) => Phrase::new("req-limit-unknown"),
        },
    };
    let phrase = match &indicator.applies_if {
        Some(vi) => {
            let en = indicator.applies_if_en.as_ref().unwrap_or(vi);
            Phrase::new("req-condition").with("requirement", phrase).both("condition", vi, en)
        }
        None => phrase,
    };
    match &indicator.overlay {
        Some(mark) if mark.illustrative => Phrase::new("req-illustrative").with("requirement", phrase),
        _ => phrase,
    }
}
