//! A criteria set as data: what `rulebooks/*/rulebook.toml` holds, field by field.
//!
//! Every number is an exact decimal, written as text or a whole number. A number the law leaves unknown is left out.

use indexmap::IndexMap;
use kernel::{Day, Decimal};
use serde::{Deserialize, Serialize};

/// How sure the law beneath a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Nobody has seen it: nothing may be decided on it.
    Unknown,
    /// General knowledge, to be confirmed.
    Recalled,
    /// Seen in a source, or confirmed by an administrator with the citing document.
    Verified,
}

impl Confidence {
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Unknown => "unknown",
            Confidence::Recalled => "recalled",
            Confidence::Verified => "verified",
        }
    }
}

/// What kind of value an indicator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Đạt or không đạt.
    Boolean,
    /// A paper that exists or does not: đạt or không đạt.
    Document,
    /// 0 to 100, or an exact fraction.
    Percent,
    /// A whole number from 0.
    Count,
    /// Any decimal.
    Number,
    /// An amount in the unit named.
    Money,
    /// Income, in the unit named.
    Income,
    /// Has parts and takes no value of its own.
    Composite,
}

impl Kind {
    pub fn is_yes_no(self) -> bool {
        matches!(self, Kind::Boolean | Kind::Document)
    }

    pub fn is_numeric(self) -> bool {
        !self.is_yes_no() && self != Kind::Composite
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Document => "document",
            Kind::Percent => "percent",
            Kind::Count => "count",
            Kind::Number => "number",
            Kind::Money => "money",
            Kind::Income => "income",
            Kind::Composite => "composite",
        }
    }
}

/// The level of units a set judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Province,
    District,
    Commune,
    Village,
}

/// A criteria set, as one decision lays it down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    /// The id by which programs name the set, for example `commune-2021-2025`.
    pub set: String,
    pub title_vi: String,
    pub title_en: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Sets a unit must hold besides; reported beside a verdict, never changing it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prerequisites: Vec<String>,
    /// Whether pages show this set of its level and time where none is named. About pages, not about judging: no part of
    /// the text that judges, so that its hash and version stay as they are.
    #[serde(default, skip_serializing)]
    pub main: bool,
    pub decision: Decision,
    pub applies: Applies,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The regions this set knows, code to Vietnamese name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub regions: IndexMap<String, String>,
    /// The groups of communes this set knows (2026-2030: 1, 2, 3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    #[serde(default)]
    pub criteria: Vec<Criterion>,
}

/// The decision a set stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The day it was signed; `YYYY-MM` where only the month is known.
    pub date: String,
    pub issuer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annex: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended_by: Vec<AmendedBy>,
}

impl Decision {
    /// The day of the decision, a missing day counting as 01.
    pub fn day(&self) -> String {
        if self.date.len() == 7 { format!("{}-01", self.date) } else { self.date.clone() }
    }
}

/// A later decision that changed this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendedBy {
    pub number: String,
    pub date: Day,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Whom and when a set is for. Judging outside the time is what-if.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    pub level: Level,
    pub from: Day,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How many criteria and indicators the decision has, and how many of them are listed here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub criteria: u32,
    pub indicators: u32,
    pub indicators_listed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A group of communes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub no: String,
    pub name_vi: String,
    pub name_en: String,
    pub definition_vi: String,
    pub definition_en: String,
    pub confidence: Confidence,
    pub source: String,
}

/// A criterion (tiêu chí): all of its indicators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub no: String,
    pub name_vi: String,
    pub name_en: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_vi: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default)]
    pub indicators: Vec<Indicator>,
}

impl Requirement {
    /// A comparison whose limit is still to be said.
    pub fn open(op: Op, delegated_to: Option<String>) -> Requirement {
        let (value, by_attribute, by_year, by_region, by_group) = (None, None, None, None, None);
        Requirement { op, value, by_attribute, by_year, by_region, by_group, delegated_to }
    }
}

impl Indicator {
    /// The measures that it and its parts read.
    pub fn measures(&self) -> Vec<&str> {
        let parts = self.parts.iter().flat_map(Indicator::measures);
        self.measure.as_deref().into_iter().chain(parts).collect()
    }
}

/// How the parts of a composite are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    All,
    Any,
}

/// An indicator (chỉ tiêu) or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    pub no: String,
    pub text_vi: String,
    pub text_en: String,
    pub kind: Kind,
    /// The unit as people write it; left out or empty where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it measures (`measures.toml`); every leaf names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    pub requirement: Requirement,
    /// The condition, in words of the law, under which the indicator applies at all: `n/a` is allowed only with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_if: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_if_en: Option<String>,
    /// The regions it applies in; outside them it does not apply by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_regions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Indicator>,
    /// Which register a figure comes from, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
    pub confidence: Confidence,
    /// Decision, annex and number, or where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Set by the overlay or confirmation that laid a number on: who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<OverlayMark>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<Amendment>,
}

/// The overlay a requirement comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayMark {
    pub id: String,
    pub citation: String,
    pub illustrative: bool,
}

/// From a day on, the fields named here replace the old ones whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    pub from: Day,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_vi: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_en: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// An empty unit takes the old one away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_if: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_if_en: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_regions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a value is compared with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = "=")]
    Exactly,
    #[serde(rename = ">")]
    MoreThan,
    #[serde(rename = "<")]
    LessThan,
    /// Đạt or không đạt: the value itself decides.
    #[serde(rename = "achieved")]
    Achieved,
    /// A composite: its parts decide.
    #[serde(rename = "parts")]
    Parts,
    /// The requirement itself is unknown.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Op {
    /// Whether an indicator of a kind can be asked for in this way.
    pub fn fits(self, kind: Kind) -> bool {
        match self {
            Op::Achieved => kind.is_yes_no(),
            Op::Parts => kind == Kind::Composite,
            Op::Unknown => true,
            Op::AtLeast | Op::AtMost | Op::Exactly | Op::MoreThan | Op::LessThan => kind.is_numeric(),
        }
    }
}

/// What is asked of a value. The threshold is looked up in the first table there is: by attribute, by year, by region,
/// by group; else it is the plain value. A table that lacks the key gives unknown, never the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub op: Op,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_attribute: Option<ByAttribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_year: Option<IndexMap<String, YearLimit>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_region: Option<IndexMap<String, Decimal>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_group: Option<IndexMap<String, Decimal>>,
    /// Who is to lay the number down (`province`, `ministry`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_to: Option<String>,
}

/// A table by the word an attribute of the unit has (`true`, `false`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByAttribute {
    pub attribute: String,
    #[serde(flatten)]
    pub limits: IndexMap<String, Decimal>,
}

/// The threshold of a year: one number, or one a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum YearLimit {
    Plain(Decimal),
    ByRegion(IndexMap<String, Decimal>),
}

impl Rulebook {
    /// Every indicator and part, depth first, in the rulebook's order.
    pub fn walk<'a>(&'a self, mut visit: impl FnMut(&'a Criterion, &'a Indicator)) {
        fn down<'a>(c: &'a Criterion, i: &'a Indicator, visit: &mut dyn FnMut(&'a Criterion, &'a Indicator)) {
            visit(c, i);
            for part in &i.parts {
                down(c, part, visit);
            }
        }
        for criterion in &self.criteria {
            for indicator in &criterion.indicators {
                down(criterion, indicator, &mut visit);
            }
        }
    }

    /// The indicator or part of this number, to be changed by an overlay or a confirmation.
    pub fn find_mut(&mut self, no: &str) -> Option<&mut Indicator> {
        fn down<'a>(list: &'a mut [Indicator], no: &str) -> Option<&'a mut Indicator> {
            for i in list {
                if i.no == no {
                    return Some(i);
                }
                if let Some(found) = down(&mut i.parts, no) {
                    return Some(found);
                }
            }
            None
        }
        self.criteria.iter_mut().find_map(|c| down(&mut c.indicators, no))
    }
}
