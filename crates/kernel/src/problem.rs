//! Problems: everything that can go wrong in a user's eyes. A problem is a phrase, the place that caused it and a status.

use crate::Phrase;

/// Where a problem was caused, so that it can be shown there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A physical line of a text file, counted from 1.
    Line(u64),
    /// A cell of a workbook, as a spreadsheet names it: sheet and `B7`.
    Cell { sheet: String, cell: String },
    /// A field of a form or of a JSON body (a JSON pointer without the leading slash).
    Field(String),
    /// A command line option.
    Option(&'static str),
}

/// A user-facing failure. `phrase.key` is also its stable machine-readable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub phrase: Phrase,
    pub place: Option<Place>,
    /// The HTTP status that fits (RFC 9110); 422 for input that does not fit.
    pub status: u16,
}

impl Problem {
    /// Input that does not fit (422).
    pub fn input(phrase: Phrase) -> Problem {
        Problem { phrase, place: None, status: 422 }
    }

    /// Something that is not there (404).
    pub fn not_found(phrase: Phrase) -> Problem {
        Problem { phrase, place: None, status: 404 }
    }

    /// Something this actor may not do (403).
    pub fn forbidden(phrase: Phrase) -> Problem {
        Problem { phrase, place: None, status: 403 }
    }

    /// An edit of something that has changed meanwhile (412), or a repeated key with another body (409).
    pub fn conflict(phrase: Phrase, status: u16) -> Problem {
        Problem { phrase, place: None, status }
    }

    pub fn at(mut self, place: Place) -> Problem {
        self.place = Some(place);
        self
    }

    pub fn at_line(self, line: u64) -> Problem {
        self.at(Place::Line(line))
    }

    pub fn at_cell(self, sheet: impl Into<String>, cell: impl Into<String>) -> Problem {
        self.at(Place::Cell { sheet: sheet.into(), cell: cell.into() })
    }

    pub fn at_field(self, field: impl Into<String>) -> Problem {
        self.at(Place::Field(field.into()))
    }
}

/// All problems of one input, never only the first.
pub type Problems = Vec<Problem>;
