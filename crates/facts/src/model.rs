//! The nouns.

use kernel::{Decimal, Moment, Revision, UnitId};
use rulebook::{Origin, Status, Value};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};
use store::{Result, Row, StoreError};

/// How far a figure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Draft,
    Submitted,
    Accepted,
    Locked,
    Published,
}

impl Stage {
    pub const ALL: [Stage; 5] = [Stage::Draft, Stage::Submitted, Stage::Accepted, Stage::Locked, Stage::Published];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Submitted => "submitted",
            Stage::Accepted => "accepted",
            Stage::Locked => "locked",
            Stage::Published => "published",
        }
    }

    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// Which side of a figure is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// What is being worked on; never the public's.
    Working,
    Published,
}

impl Edition {
    pub fn number(self) -> i64 {
        match self {
            Edition::Working => 0,
            Edition::Published => 1,
        }
    }
}

/// What a figure is: one measure of one unit in one year from one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub unit: UnitId,
    pub year: i16,
    /// Id of the measure in `facts_measure`.
    pub measure: i64,
    pub origin: Origin,
}

/// A figure to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Key,
    pub value: Value,
    /// What proves it: the number of a document, an address. `None`: of a value that stays, what was said stays; empty: nothing.
    pub note: Option<Arc<str>>,
}

impl Entry {
    /// The note as a line keeps it.
    pub(crate) fn said(&self) -> Option<&str> {
        self.note.as_deref().filter(|note| !note.is_empty())
    }

    /// Without evidence.
    pub fn new(key: Key, value: Value) -> Entry {
        Entry { key, value, note: None }
    }
}

/// One line of a figure's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub key: Key,
    pub revision: Revision,
    pub value: Value,
    pub stage: Stage,
    pub actor: String,
    pub at: Moment,
    pub source: String,
    /// What proves it, as the table said: the number of a document, an address.
    pub note: Option<String>,
}

/// What a recording did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Units whose verdicts were written.
    pub units: usize,
}

/// The origin of a name; those that come from outside only: nothing is computed elsewhere.
pub fn origin_named(name: &str) -> Option<Origin> {
    Origin::ALL.into_iter().find(|o| o.name() == name && *o != Origin::Computed)
}

/// The number under which the store keeps an origin.
pub fn origin_number(origin: Origin) -> i64 {
    Origin::ALL.iter().position(|o| *o == origin).unwrap_or(0) as i64
}

/// The origin of such a number.
pub fn origin_from(number: i64) -> Result<Origin> {
    let at = usize::try_from(number).ok();
    let found = at.and_then(|at| Origin::ALL.get(at)).copied();
    found.ok_or_else(|| StoreError::Corrupt(format!("origin {number}")))
}

/// A value as its columns: value, numerator, denominator, and a double for sorting.
pub type Columns = (Option<Cow<'static, str>>, Option<Cow<'static, str>>, Option<Cow<'static, str>>, Option<f64>);

/// A value as it is kept.
pub fn columns(value: &Value) -> Columns {
    let text = |number: &Decimal| Some(Cow::Owned(number.to_string()));
    let shadow = value.shown().map(|v| v.to_f64());
    match value {
        Value::Yes(true) => (Some(Cow::Borrowed("true")), None, None, Some(1.0)),
        Value::Yes(false) => (Some(Cow::Borrowed("false")), None, None, Some(0.0)),
        Value::Number(n) => (text(n), None, None, shadow),
        Value::Fraction(n, d) => (None, text(n), text(d), shadow),
        Value::NotApplicable => (Some(Cow::Borrowed("n/a")), None, None, None),
    }
}

/// Reads a value from three columns that begin at `at`.
pub fn value(row: &Row, at: usize) -> Result<Option<Value>> {
    let corrupt = |text: &str| StoreError::Corrupt(format!("value {text:?}"));
    let number = |text: String| text.parse::<Decimal>().map_err(|_| corrupt(&text));
    Ok(match (row.opt_text(at)?, row.opt_text(at + 1)?, row.opt_text(at + 2)?) {
        (_, Some(n), Some(d)) => Some(Value::Fraction(number(n)?, number(d)?)),
        (Some(text), _, _) => Some(match text.as_str() {
            "true" => Value::Yes(true),
            "false" => Value::Yes(false),
            "n/a" => Value::NotApplicable,
            _ => Value::Number(number(text)?),
        }),
        _ => None,
    })
}

/// The states a verdict may be shown in, in the order of a legend, each with whether the law beneath it is verified: told
/// apart for a pass alone.
pub(crate) const STATES: [(Status, bool); 6] = [
    (Status::Passed, true),
    (Status::Passed, false),
    (Status::Failed, true),
    (Status::Incomplete, true),
    (Status::ToBeConfirmed, true),
    (Status::NotApplicable, true),
];
