//! Small words that several pages say the same way.

use kernel::{Day, Decimal, Phrase};
use locale::Lang;
use rulebook::{Judged, Origin, Status, Value};

/// The phrase of a verdict; passed on an unconfirmed number is said apart.
pub fn key(status: Status, confirmed: bool) -> &'static str {
    match status {
        Status::Passed if !confirmed => "status-passed-unconfirmed",
        Status::Passed => "status-passed",
        Status::Failed => "status-failed",
        Status::Incomplete => "status-incomplete",
        Status::NotApplicable => "status-not-applicable",
        Status::ToBeConfirmed => "status-to-be-confirmed",
    }
}

/// The class that gives a verdict its sign and colour.
pub fn class(status: Status, confirmed: bool) -> &'static str {
    match status {
        Status::Passed if !confirmed => "unconfirmed",
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Incomplete => "incomplete",
        Status::NotApplicable => "not-applicable",
        Status::ToBeConfirmed => "to-be-confirmed",
    }
}

/// Word and class of a verdict.
pub fn state(lang: Lang, judged: Judged) -> (String, &'static str) {
    let confirmed = !judged.passed_unconfirmed();
    (locale::say(lang, &Phrase::new(key(judged.status, confirmed))), class(judged.status, confirmed))
}

/// Where a figure comes from.
pub fn origin(lang: Lang, origin: Origin) -> String {
    locale::say_key(lang, &format!("origin-{}", origin.name()), &[])
}

/// A value in words, its number said by `number`.
fn value(lang: Lang, value: &Value, number: impl Fn(&kernel::Decimal) -> String) -> String {
    match value {
        Value::Yes(true) => locale::word(lang, "status-passed"),
        Value::Yes(false) => locale::word(lang, "status-failed"),
        Value::NotApplicable => locale::word(lang, "status-not-applicable"),
        other => other.shown().map_or_else(String::new, |n| number(&n)),
    }
}

/// A value rounded half up to so many decimals.
pub fn rounded(lang: Lang, of: &Value, decimals: u32) -> String {
    value(lang, of, |n| locale::rounded(lang, n, decimals))
}

/// A value with all its digits and its unit; a fraction with its two parts.
pub fn exactly(lang: Lang, of: &Value, unit: Option<&str>) -> String {
    let said = value(lang, of, |n| with_unit(locale::exact(lang, n), unit));
    match of {
        Value::Fraction(n, d) => format!("{}/{} ({said})", locale::exact(lang, n), locale::exact(lang, d)),
        _ => said,
    }
}

/// How far a value is from its limit, to a tenth; what is left is never said to be nothing.
pub fn still(exact: &Decimal, unit: Option<&str>) -> Phrase {
    let rounded = exact.round_half_up(1);
    let amount = if rounded == Decimal::ZERO { exact } else { &rounded };
    match unit {
        Some("%") => Phrase::new("percentage-points").with("number", amount.clone()),
        unit => rulebook::requirement::limit(amount, unit),
    }
}

/// The day of a decision as a rulebook writes it, `YYYY-MM-DD` or `YYYY-MM`.
pub fn signed(date: &str) -> String {
    match (date.parse::<Day>(), date.split_once('-')) {
        (Ok(day), _) => locale::date(day),
        (_, Some((year, month))) => format!("{month}/{year}"),
        _ => date.to_owned(),
    }
}

/// A number with its unit.
pub fn with_unit(number: String, unit: Option<&str>) -> String {
    match unit {
        Some("%") => format!("{number}%"),
        Some(unit) => format!("{number} {unit}"),
        None => number,
    }
}
