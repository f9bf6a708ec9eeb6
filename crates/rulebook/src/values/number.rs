//! Words and numbers as people type them: decimal point or comma, nothing guessed. A table's cells know no grouping and no
//! units; a field of a form, and what an intake takes in, know those of [`typed`].

use crate::{
    Kind, Value,
    said_in::{Said, Units, split},
};
use kernel::Decimal;
use std::borrow::Cow;

/// Why a text is no value of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadNumber {
    NotANumber,
    NotYesNo,
    /// `1.000`: one and no thousandths, or a thousand. Both readings.
    Ambiguous {
        decimal: String,
        thousands: String,
    },
    /// A number in a unit that the measure does not declare.
    Unit {
        unit: String,
        known: String,
    },
}

/// `true`, `false`, `đạt`, `không đạt` in any case; `None` for anything else.
pub fn yes_no(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    match text.to_lowercase().as_str() {
        "đạt" => Some(true),        // input: what people type
        "không đạt" => Some(false), // input: what people type
        _ => None,
    }
}

pub fn is_not_applicable(text: &str) -> bool {
    text.eq_ignore_ascii_case("n/a")
}

/// Whether a text could be a decimal or a grouped thousand: one to three digits not beginning with 0, a separator and
/// exactly three digits.
fn both_readings(text: &str) -> Option<BadNumber> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once(['.', ','])?;
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let looks = (1..=3).contains(&whole.len())
        && !whole.starts_with('0')
        && part.len() == 3
        && all_digits(whole)
        && all_digits(part);
    looks.then(|| {
        let sign = &text[..text.len() - digits.len()];
        let trimmed = part.trim_end_matches('0');
        let decimal = if trimmed.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole},{trimmed}") };
        BadNumber::Ambiguous { decimal, thousands: format!("{sign}{whole}{part}") }
    })
}

/// A plain number: ASCII digits, one point or comma. `minus`: whether a leading minus is allowed. `strict`: whether
/// `1.000` is refused; a spreadsheet's own number is typed and never ambiguous.
pub fn number(text: &str, minus: bool, strict: bool) -> Result<Decimal, BadNumber> {
    if strict && let Some(ambiguous) = both_readings(text) {
        return Err(ambiguous);
    }
    let plain = if text.contains(',') && !text.contains('.') {
        Cow::Owned(text.replacen(',', ".", 1))
    } else {
        Cow::Borrowed(text)
    };
    match plain.parse::<Decimal>() {
        Ok(number) if minus || !text.starts_with('-') => Ok(number),
        _ => Err(BadNumber::NotANumber),
    }
}

/// A value of this kind (range and wholeness are checked by `evaluate::fits`).
pub fn value(kind: Kind, text: &str, typed: bool) -> Result<Value, BadNumber> {
    if is_not_applicable(text) {
        return Ok(Value::NotApplicable);
    }
    if kind.is_yes_no() {
        return yes_no(text).map(Value::Yes).ok_or(BadNumber::NotYesNo);
    }
    // A minus is read for percents and counts too, so that the problem can say what is wrong with it.
    let strict = !typed && matches!(kind, Kind::Count | Kind::Number | Kind::Money | Kind::Income);
    let read = number(text, true, strict)?;
    no_minus_zero(text, &read, typed || matches!(kind, Kind::Number | Kind::Money | Kind::Income))?;
    Ok(Value::Number(read))
}

/// Digits in groups of three with points between, as Vietnamese writes them, where there is only one reading: two groups or
/// more after the first, or a decimal comma behind them. Without its points.
fn ungrouped(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once(',').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split('.');
    let first = groups.next()?;
    let others: Vec<&str> = groups.collect();
    let grouped = !first.starts_with('0')
        && first.len() <= 3
        && all_digits(first)
        && others.iter().all(|group| group.len() == 3 && all_digits(group))
        && (others.len() > 1 || (others.len() == 1 && part.is_some()))
        && part.is_none_or(all_digits);
    grouped.then(|| text.replace('.', ""))
}

/// A value of this kind as a person types it: as [`value`], and also with points between thousands where they have one
/// reading, and in the measure's units. What was said in another unit than its own is told beside the value.
pub fn typed(kind: Kind, text: &str, units: Units) -> Result<(Value, Option<Said>), BadNumber> {
    let plain = |text: &str| ungrouped(text).unwrap_or_else(|| text.to_owned());
    let Some((number_text, unit)) = split(text).filter(|_| units.own.is_some() && kind.is_numeric()) else {
        return value(kind, &plain(text), false).map(|value| (value, None));
    };
    match units.rule(unit) {
        Some(None) => value(kind, &plain(number_text), false).map(|value| (value, None)),
        Some(Some(rule)) => {
            let number = number(&plain(number_text), true, true)?;
            no_minus_zero(number_text, &number, false)?;
            let said = Said { number, unit: rule.unit.clone(), times: rule.times.clone() };
            Ok((Value::Number(said.own()), Some(said)))
        }
        None => Err(BadNumber::Unit { unit: unit.to_owned(), known: units.names().join(", ") }),
    }
}

/// A numerator or denominator as a person types it: with points between thousands where they have one reading.
pub fn typed_part(text: &str) -> Result<Decimal, BadNumber> {
    match ungrouped(text) {
        Some(plain) => fraction_part(&plain, false),
        None => fraction_part(text, false),
    }
}

/// A numerator or denominator: the same rule, never negative.
pub fn fraction_part(text: &str, typed: bool) -> Result<Decimal, BadNumber> {
    let read = number(text, true, !typed)?;
    no_minus_zero(text, &read, typed)?;
    Ok(read)
}

/// `-0` is no text for what takes no minus; any other minus is refused by its range.
fn no_minus_zero(text: &str, read: &Decimal, allowed: bool) -> Result<(), BadNumber> {
    if !allowed && read.is_zero() && text.starts_with('-') { Err(BadNumber::NotANumber) } else { Ok(()) }
}
