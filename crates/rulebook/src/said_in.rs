//! Units in which people say a measure besides its own: declared with the measure, each with an exact rule. Nothing is guessed:
//! a unit that is not declared is none.

use crate::Measure;
use kernel::{Decimal, text::search_key};
use serde::{Deserialize, Serialize};

/// Another unit of a measure: what is said in it, times `times`, is in the measure's own; 1 of another name of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidIn {
    /// As it is shown: `m²`.
    pub unit: String,
    /// Other ways to write it: `m2`. Case, marks and blanks do not matter in any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    pub times: Decimal,
}

/// What units a value may be said in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Units<'a> {
    pub own: Option<&'a str>,
    pub others: &'a [SaidIn],
}

/// A number that was said in another unit than the measure's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub number: Decimal,
    /// The unit as it was declared.
    pub unit: String,
    pub times: Decimal,
}

impl Said {
    /// The same in the measure's own unit, exactly.
    pub fn own(&self) -> Decimal {
        &self.number * &self.times
    }
}

/// By what a unit is known however it is written.
fn key(unit: &str) -> String {
    search_key(unit).replace('²', "2").replace('³', "3")
}

impl<'a> Units<'a> {
    pub fn of(measure: &'a Measure) -> Units<'a> {
        let own = measure.unit.as_deref().filter(|unit| !unit.is_empty() && measure.kind.is_numeric());
        Units { own, others: &measure.said_in }
    }

    /// The rule of a unit that people write: `Some(None)` of the measure's own, `None` where nothing declares it.
    pub fn rule(&self, written: &str) -> Option<Option<&'a SaidIn>> {
        let wanted = key(written);
        if self.own.is_some_and(|own| key(own) == wanted) {
            return Some(None);
        }
        let is = |one: &&SaidIn| std::iter::once(&one.unit).chain(&one.written).any(|name| key(name) == wanted);
        self.others.iter().find(is).map(Some)
    }

    /// The units as they are shown, the measure's own first.
    pub fn names(&self) -> Vec<&'a str> {
        self.own.into_iter().chain(self.others.iter().map(|one| one.unit.as_str())).collect()
    }
}

/// A text that begins as a number does and goes on with a unit: both; `None` where it is no such text.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let at = text.find(|c| !is_number(c))?;
    let (number, unit) = (&text[..at], text[at..].trim());
    // `1e1` is how programs write a number, and no unit.
    let power = unit.strip_prefix(['e', 'E']).is_some_and(|rest| rest.starts_with(|c| is_number(c) || c == '+'));
    if power {
        return None;
    }
    (number.bytes().any(|b| b.is_ascii_digit()) && !unit.is_empty()).then_some((number, unit))
}

/// What is wrong with the units that a measure declares; read by those who write `measures.toml`.
pub(crate) fn problem(measure: &Measure) -> Option<String> {
    let id = &measure.id;
    if measure.said_in.is_empty() {
        return None;
    }
    let units = Units::of(measure);
    if measure.kind.is_yes_no() || measure.kind == crate::Kind::Percent || units.own.is_none() {
        return Some(format!("`{id}`: only a number with a unit of its own is said in other units"));
    }
    let mut seen = vec![key(units.own.unwrap_or_default())];
    for one in &measure.said_in {
        if one.times <= Decimal::ZERO {
            return Some(format!("`{id}`: `{}` times {} is no rule", one.unit, one.times));
        }
        // A unit may well be written twice alike: `m²` and `m2` are known by the same.
        let mut own = Vec::new();
        for name in std::iter::once(&one.unit).chain(&one.written) {
            let key = key(name);
            if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-')) {
                return Some(format!("`{id}`: `{name}` is no name of a unit"));
            }
            if seen.contains(&key) {
                return Some(format!("`{id}`: the unit `{name}` stands twice"));
            }
            own.push(key);
        }
        seen.extend(own);
    }
    None
}
