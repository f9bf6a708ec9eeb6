//! What is asked of a unit, as a phrase made from the data.

use crate::{
    Book, Traits,
    model::{Join, Op},
};
use kernel::{Arg, Decimal, Phrase, text::search_key};

/// A limit with its unit: `95%`, `48 triệu đồng/người/năm`.
pub fn limit(number: &Decimal, unit: Option<&str>) -> Phrase {
    match unit {
        Some("%") => Phrase::new("limit-percent").with("number", number.clone()),
        Some(unit) if search_key(unit) == "muc do" => Phrase::new("limit-level").with("number", number.clone()),
        Some(unit) => {
            let name = unit_name(unit, *number == Decimal::from(1));
            Phrase::new("limit-unit").with("number", number.clone()).with("unit", name)
        }
        None => Phrase::new("limit-plain").with("number", number.clone()),
    }
}

/// A unit in the reader's language, after one or after many; the law writes it in Vietnamese, and a unit that is not
/// listed here is said as written.
pub fn unit_name(unit: &str, one: bool) -> Arg {
    let key = match search_key(unit).as_str() {
        "cong trinh" => "unit-works",
        "co so" => "unit-establishments",
        "ho" => "unit-households",
        "lit/nguoi/ngay dem" => "unit-litres-person-day",
        "linh vuc" => "unit-fields",
        "m²/nguoi" | "m2/nguoi" => "unit-square-metres-person",
        "mo hinh" => "unit-models",
        "nguoi" => "unit-people",
        "thon" => "unit-villages",
        "trieu dong/nguoi/nam" => "unit-million-dong-person-year",
        "truong" => "unit-schools",
        "diem" => "unit-points",
        _ => return Arg::from(unit),
    };
    Phrase::new(key).with("count", if one { 1_i64 } else { 2 }).into()
}

fn who(delegated_to: &str) -> Phrase {
    Phrase::new(match delegated_to {
        "province" => "who-province",
        "ministry" => "who-ministry",
        _ => "who-other",
    })
}

/// A value held against a limit, as a sentence.
pub(crate) fn compared(op: Op, number: &Decimal, unit: Option<&str>) -> Phrase {
    let key = match op {
        Op::AtLeast => "req-at-least",
        Op::AtMost => "req-at-most",
        Op::MoreThan => "req-more-than",
        Op::LessThan => "req-less-than",
        _ if number.is_zero() => "req-no-case",
        _ => "req-exactly",
    };
    Phrase::new(key).with("limit", limit(number, unit))
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
            (Some(number), _) => compared(op, number, node.unit()),
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
    // A table of the overlay that lacks this unit's key has laid nothing on.
    let laid = !indicator.kind.is_numeric() || book.threshold(at, traits, year).is_some();
    match &indicator.overlay {
        Some(mark) if mark.illustrative && laid => Phrase::new("req-illustrative").with("requirement", phrase),
        _ => phrase,
    }
}
