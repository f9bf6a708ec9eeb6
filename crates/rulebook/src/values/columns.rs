//! Headings: which column holds what.

use kernel::Phrase;
use std::borrow::Cow;

/// The columns a table of values may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    UnitCode,
    Period,
    Indicator,
    Value,
    Numerator,
    Denominator,
    UnitAsOf,
    /// The number of a document or an address that proves the value; read by an intake, not by `evaluate`.
    Evidence,
}

const NAMES: [(&str, Column); 8] = [
    ("unit_code", Column::UnitCode),
    ("period", Column::Period),
    ("indicator", Column::Indicator),
    ("value", Column::Value),
    ("numerator", Column::Numerator),
    ("denominator", Column::Denominator),
    ("unit_as_of", Column::UnitAsOf),
    ("evidence", Column::Evidence),
];

impl Column {
    /// The machine's heading of the column.
    pub fn heading(self) -> &'static str {
        NAMES[self as usize].0
    }

    /// The column of a heading, byte for byte.
    pub fn from_heading(heading: &str) -> Option<Column> {
        NAMES.iter().find(|(name, _)| *name == heading).map(|(_, column)| *column)
    }
}

/// Where each column stands, counted from 0.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    places: [Option<usize>; 8],
    /// Cells of the header.
    pub width: usize,
}

impl Columns {
    /// Reads a header: any order, any case; unknown columns are ignored. All that is wrong with it.
    pub fn find(cells: &[Cow<'_, str>]) -> Result<Columns, Vec<Phrase>> {
        let mut columns = Columns { width: cells.len(), ..Columns::default() };
        let mut problems = Vec::new();
        let headings: Vec<String> = cells.iter().map(|c| c.to_lowercase()).collect();
        for (at, heading) in headings.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
            if headings[..at].contains(heading) {
                problems.push(Phrase::new("values-heading-twice").with("heading", heading.as_str()));
            } else if let Some((_, column)) = NAMES.iter().find(|(name, _)| name == heading) {
                columns.places[*column as usize] = Some(at);
            }
        }
        for (name, column) in &NAMES[..3] {
            if columns.at(*column).is_none() {
                problems.push(Phrase::new("values-heading-missing").with("heading", *name));
            }
        }
        let fraction = columns.at(Column::Numerator).is_some() && columns.at(Column::Denominator).is_some();
        if columns.at(Column::Value).is_none() && !fraction {
            problems.push(Phrase::new("values-no-value-column"));
        }
        if problems.is_empty() { Ok(columns) } else { Err(problems) }
    }

    /// All columns in the order of [`Column`], for rows that do not come from a table.
    pub fn all() -> Columns {
        Columns { places: std::array::from_fn(Some), width: NAMES.len() }
    }

    /// Whether a row could be the header of a table of values.
    pub fn looks_like_header(cells: &[Cow<'_, str>]) -> bool {
        NAMES[..3].iter().all(|(name, _)| cells.iter().any(|c| c.to_lowercase() == *name))
    }

    pub fn at(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}
