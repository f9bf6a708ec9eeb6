//! Measures: what a figure measures, whichever set asks for it (`rulebooks/measures.toml`).

use crate::{
    model::{Confidence, Kind},
    said_in::SaidIn,
};
use serde::{Deserialize, Serialize};

/// How the figures of several units join into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Added up.
    Sum,
    /// The mean weighted by another measure, named here.
    Weighted(String),
    /// Never joined.
    NotComparable,
    /// Yes and no, papers: only counted.
    Count,
}

impl Serialize for Aggregate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Aggregate::Sum => serializer.serialize_str("sum"),
            Aggregate::Weighted(by) => serializer.collect_str(&format_args!("weighted:{by}")),
            Aggregate::NotComparable => serializer.serialize_str("not_comparable"),
            Aggregate::Count => serializer.serialize_str("count"),
        }
    }
}

impl<'de> Deserialize<'de> for Aggregate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Aggregate, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once(':') {
            None if text == "sum" => Ok(Aggregate::Sum),
            None if text == "not_comparable" => Ok(Aggregate::NotComparable),
            None if text == "count" => Ok(Aggregate::Count),
            Some(("weighted", by)) if !by.is_empty() => Ok(Aggregate::Weighted(by.to_owned())),
            _ => Err(serde::de::Error::custom(format!(
                "`{text}` is no way to join figures: sum, weighted:MEASURE, not_comparable or count"
            ))),
        }
    }
}

/// Where a figure comes from. A verdict reads the first origin of its measure's `reads` that has a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Declared by the unit itself.
    Declared,
    /// Verified by a reviewer.
    Verified,
    /// Computed by the program from other figures.
    Computed,
    /// Published by a survey.
    Survey,
    /// Brought in from another system.
    Imported,
}

impl Origin {
    pub const ALL: [Origin; 5] =
        [Origin::Declared, Origin::Verified, Origin::Computed, Origin::Survey, Origin::Imported];

    pub fn name(self) -> &'static str {
        match self {
            Origin::Declared => "declared",
            Origin::Verified => "verified",
            Origin::Computed => "computed",
            Origin::Survey => "survey",
            Origin::Imported => "imported",
        }
    }
}

/// How the values of a year's halves or quarters make the year's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverTime {
    /// The last one stands: a share, a state at the end of the year.
    #[default]
    Last,
    /// They add up: what was built, what was spent.
    Sum,
    Mean,
}

impl OverTime {
    fn is_last(&self) -> bool {
        *self == OverTime::Last
    }
}

/// One measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Stable id, for example `water.clean_household_share`.
    pub id: String,
    pub name_vi: String,
    pub name_en: String,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Digits after the point when shown.
    #[serde(default)]
    pub decimals: u32,
    pub aggregate: Aggregate,
    /// How the values of a year's shorter periods make the year's.
    #[serde(default, skip_serializing_if = "OverTime::is_last")]
    pub over_time: OverTime,
    /// The origins a verdict reads, the first that has a figure wins.
    pub reads: Vec<Origin>,
    /// "Số liệu nền": a measure without an indicator, such as households; a weight of means.
    #[serde(default)]
    pub background: bool,
    /// How it is computed from other measures, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// Units in which people say it besides its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said_in: Vec<SaidIn>,
    pub confidence: Confidence,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The closed grammar of computed measures: no conditionals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Sum,
    /// The first less all the others.
    Difference,
    /// The first through the second.
    Ratio,
    /// The first through the second, times 100.
    Share,
    Min,
    Max,
    /// How many yes/no inputs are met.
    CountMet,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Operation::Sum => "sum",
            Operation::Difference => "difference",
            Operation::Ratio => "ratio",
            Operation::Share => "share",
            Operation::Min => "min",
            Operation::Max => "max",
            Operation::CountMet => "count-met",
        }
    }

    /// Whether it takes so many inputs.
    pub fn takes(self, inputs: usize) -> bool {
        match self {
            Operation::Ratio | Operation::Share => inputs == 2,
            Operation::Difference => inputs >= 2,
            _ => inputs >= 1,
        }
    }
}

/// What a missing input does to a computed measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The result is missing too.
    Incomplete,
    /// It counts as zero (as not met).
    Zero,
    /// It is left out.
    Skip,
}

/// What does not fit in how a measure is joined or computed (`Library::wrong_measure`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrongMeasure {
    /// The mean is weighted by what is no measure.
    Weight(String),
    /// The formula reads what is no measure.
    Input(String),
    /// The formula does not take so many inputs.
    Inputs(usize),
    /// The formula leads back to the measure itself.
    Circular,
}

/// For those who write files of the law: beside the file and the line.
impl std::fmt::Display for WrongMeasure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WrongMeasure::Weight(by) => write!(f, "its weight `{by}` is no measure"),
            WrongMeasure::Input(input) => write!(f, "it is computed from `{input}`, which is no measure"),
            WrongMeasure::Inputs(count) => write!(f, "its formula does not take {count} inputs"),
            WrongMeasure::Circular => write!(f, "it is computed from itself"),
        }
    }
}

/// A computed measure's formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    pub op: Operation,
    /// Ids of measures, in the order the operation reads them.
    pub of: Vec<String>,
    pub missing: Missing,
}

/// Two measures that only look alike: shown side by side, never copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Similar {
    pub measures: Vec<String>,
    pub note_vi: String,
    pub note_en: String,
    pub confidence: Confidence,
    pub source: String,
}

/// `rulebooks/measures.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuresFile {
    #[serde(default)]
    pub measure: Vec<Measure>,
    #[serde(default)]
    pub similar: Vec<Similar>,
}
