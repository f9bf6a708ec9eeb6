//! A table form as data (`forms/*.toml`): its columns and rows, and what each is bound to.

use kernel::Phrase;
use rulebook::model::{Confidence, Level};
use serde::{Deserialize, Serialize};
use std::fmt;
use toml::Spanned;

/// A form, as its file says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The id in addresses and of its file: `05`.
    pub id: String,
    /// The name people know it by: `Biểu 05`.
    pub code: String,
    pub title_vi: String,
    pub title_en: String,
    /// The level of the unit that hands it in.
    pub level: Level,
    /// The set whose verdicts it counts, where a row or column names no other.
    #[serde(default)]
    pub set: Option<Spanned<String>>,
    /// The years it is for.
    pub from: i16,
    #[serde(default)]
    pub to: Option<i16>,
    /// The report it is attached to.
    #[serde(default)]
    pub attached_to: Option<String>,
    /// The unit of its numbers, in words.
    #[serde(default)]
    pub unit_vi: Option<String>,
    #[serde(default)]
    pub unit_en: Option<String>,
    pub periods: Vec<String>,
    pub confidence: Confidence,
    pub source: String,
    #[serde(default)]
    pub note_vi: Option<String>,
    #[serde(default)]
    pub note_en: Option<String>,
    pub columns: Vec<Column>,
    #[serde(default)]
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub title_vi: Spanned<String>,
    pub title_en: String,
    /// What stands over it and its neighbours, the highest first.
    #[serde(default)]
    pub over_vi: Vec<String>,
    #[serde(default)]
    pub over_en: Vec<String>,
    pub holds: Holds,
    /// A share of the table's width.
    #[serde(default = "one")]
    pub width: u16,
    /// Years before (-1) or after the year of the form.
    #[serde(default)]
    pub year: i16,
    /// Only the communes of this group of the set.
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub set: Option<Spanned<String>>,
    /// Which later room fills it.
    #[serde(default)]
    pub later: Option<Room>,
}

fn one() -> u16 {
    1
}

/// What a column holds of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// The row's number.
    No,
    /// Its words.
    Title,
    /// Its unit.
    Unit,
    /// What the row is bound to.
    Value,
    /// The verdict of what the row is bound to.
    Verdict,
    /// Left to people.
    Note,
    /// Filled by a later room.
    Later,
}

/// The rooms that will fill what nothing here knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// Plans, policy and money.
    Programme,
    /// Decisions of recognition.
    Recognition,
    /// Registers of units that are in special difficulty.
    Registers,
}

impl Room {
    /// The word by which a cell says who fills it.
    pub fn key(self) -> &'static str {
        match self {
            Room::Programme => "forms-later-programme",
            Room::Recognition => "forms-later-recognition",
            Room::Registers => "forms-later-registers",
        }
    }
}

/// A row. It is bound to one thing at most; one that is bound to none has empty cells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    #[serde(default)]
    pub no: String,
    #[serde(default)]
    pub title_vi: Option<Spanned<String>>,
    #[serde(default)]
    pub title_en: Option<String>,
    /// By which sums name it.
    #[serde(default)]
    pub id: Option<Spanned<String>>,
    #[serde(default)]
    pub unit_vi: Option<String>,
    #[serde(default)]
    pub unit_en: Option<String>,
    /// It heads those beneath, or sums them up.
    #[serde(default)]
    pub strong: bool,
    /// Only the communes of this group.
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub set: Option<Spanned<String>>,
    /// A row each of the units of this level that there were in the year, instead of one.
    #[serde(default)]
    pub each: Option<Level>,
    #[serde(default)]
    pub count: Option<Count>,
    #[serde(default)]
    pub figure: Option<FigureOf>,
    #[serde(default)]
    pub sum: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub later: Option<Room>,
    /// A row each of the set's criteria (counted), or of its criteria and indicators (of the unit itself), instead of one.
    #[serde(default)]
    pub rows_of: Option<RowsOf>,
}

/// What of a set becomes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsOf {
    Criteria,
    Indicators,
}

/// Which communes are counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Count {
    /// All that the set judges.
    Communes,
    /// Those whose verdict of this criterion is this one.
    Criterion {
        no: String,
        #[serde(default)]
        status: StatusWord,
    },
    /// Those whose verdict of the set is this one.
    Verdict { status: StatusWord },
    /// Those that passed so many criteria.
    Passed { from: u32, to: u32 },
}

/// A verdict, by its stable name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusWord {
    #[default]
    Passed,
    Failed,
    Incomplete,
    NotApplicable,
    ToBeConfirmed,
}

impl StatusWord {
    pub fn status(self) -> rulebook::Status {
        match self {
            StatusWord::Passed => rulebook::Status::Passed,
            StatusWord::Failed => rulebook::Status::Failed,
            StatusWord::Incomplete => rulebook::Status::Incomplete,
            StatusWord::NotApplicable => rulebook::Status::NotApplicable,
            StatusWord::ToBeConfirmed => rulebook::Status::ToBeConfirmed,
        }
    }
}

/// A measure's figures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureOf {
    pub measure: Spanned<String>,
    #[serde(default)]
    pub join: Join,
}

/// How the figures of communes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// None: the figure of the form's own unit.
    #[default]
    Own,
    Sum,
    /// The plain mean of those that have one.
    Mean,
}

/// Where a form in use comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The program's files.
    Shipped,
    /// The data folder, in the place of a shipped one or beside them.
    Province,
}

/// Why a form was refused: read by those who write forms. The reason names keys of the file, its words come from the locale.
#[derive(Clone, Debug, PartialEq)]
pub struct BadForm {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub why: Phrase,
}

impl fmt::Display for BadForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, locale::say(locale::Lang::Vi, &self.why))
    }
}

impl Form {
    /// Whether it is for this year.
    pub fn is_for(&self, year: i16) -> bool {
        self.from <= year && self.to.is_none_or(|to| year <= to)
    }

    /// Whether nothing of it can be filled here: later rooms will.
    pub fn is_later(&self) -> bool {
        let bound = |row: &Row| row.count.is_some() || row.figure.is_some() || row.rows_of.is_some();
        !self.rows.iter().any(bound)
    }

    /// The years back and ahead that its columns read.
    pub fn years(&self, year: i16) -> std::collections::BTreeSet<i16> {
        let reads = |column: &&Column| matches!(column.holds, Holds::Value | Holds::Verdict);
        let years = self.columns.iter().filter(reads).map(|column| year.saturating_add(column.year));
        years.chain([year]).collect()
    }

    /// The sets that it counts verdicts of.
    pub fn sets(&self) -> std::collections::BTreeSet<&str> {
        let own = self.set.iter().chain(self.columns.iter().filter_map(|c| c.set.as_ref()));
        own.chain(self.rows.iter().filter_map(|r| r.set.as_ref())).map(|set| set.get_ref().as_str()).collect()
    }
}
