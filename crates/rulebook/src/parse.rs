//! TOML to types. A file that does not fit is refused with its name and the line that is wrong.

use crate::{
    measure::MeasuresFile,
    model::{Confidence, Indicator, Kind, Op, Rulebook},
    overlay::Overlay,
    said_in,
};
use serde::de::DeserializeOwned;
use std::{collections::HashSet, fmt};

/// Why a file of the law was refused. Read by those who write rulebooks, so it quotes the parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1
}

/// The line on which a name stands first in quotes.
pub(crate) fn line_of_name(text: &str, name: &str) -> usize {
    text.find(&format!("\"{name}\"")).map_or(1, |at| line_of(text, at))
}

/// The line on which a measure is defined, not where another one's formula names it.
pub(crate) fn line_of_definition(text: &str, id: &str) -> usize {
    text.find(&format!("id = \"{id}\"")).map_or_else(|| line_of_name(text, id), |at| line_of(text, at))
}

fn toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ParseError> {
    toml::from_str(text).map_err(|e| ParseError {
        file: file.to_owned(),
        line: line_of(text, e.span().map_or(0, |s| s.start)),
        message: e.message().to_owned(),
    })
}

/// Reads `measures.toml`.
pub fn measures(file: &str, text: &str) -> Result<MeasuresFile, ParseError> {
    let measures: MeasuresFile = toml(file, text)?;
    let mut seen = HashSet::new();
    for measure in &measures.measure {
        if !seen.insert(measure.id.as_str()) {
            let quoted = format!("\"{}\"", measure.id);
            let line = text.match_indices(&quoted).nth(1).map_or(1, |(at, _)| line_of(text, at));
            return Err(ParseError {
                file: file.into(),
                line,
                message: format!("measure `{}` stands twice", measure.id),
            });
        }
        if let Some(message) = said_in::problem(measure) {
            let line = line_of_definition(text, &measure.id);
            return Err(ParseError { file: file.into(), line, message });
        }
    }
    Ok(measures)
}

/// Reads an overlay or a file of confirmations.
pub fn overlay(file: &str, text: &str) -> Result<Overlay, ParseError> {
    toml(file, text)
}

/// Reads a criteria set and checks what types cannot say.
pub fn rulebook(file: &str, text: &str) -> Result<Rulebook, ParseError> {
    let book: Rulebook = toml(file, text)?;
    check(&book).map_err(|(no, message)| {
        // The line where this number is given; the file's first where the set itself is wrong.
        let line = no.and_then(|no| text.find(&format!("no = \"{no}\""))).map_or(1, |at| line_of(text, at));
        ParseError { file: file.to_owned(), line, message }
    })?;
    Ok(book)
}

/// What is wrong, and at which number.
type Wrong = (Option<String>, String);

fn check(book: &Rulebook) -> Result<(), Wrong> {
    let date = book.decision.day();
    if date.parse::<kernel::Day>().is_err() {
        return Err((None, format!("`{}` is no day or month", book.decision.date)));
    }
    let mut seen = HashSet::new();
    let mut wrong = None;
    book.walk(|criterion, indicator| {
        if wrong.is_none() {
            let no = indicator.no.as_str();
            wrong = if !seen.insert(no.to_owned()) {
                Some(format!("indicator `{no}` of criterion `{}` stands twice", criterion.no))
            } else {
                indicator_problem(indicator)
            }
            .map(|message| (Some(no.to_owned()), message));
        }
    });
    wrong.map_or(Ok(()), Err)
}

fn indicator_problem(i: &Indicator) -> Option<String> {
    let composite = i.kind == Kind::Composite;
    let no = &i.no;
    if composite != (i.requirement.op == Op::Parts) || composite == i.parts.is_empty() || composite != i.join.is_some()
    {
        return Some(format!("`{no}`: a composite, and only a composite, has op `parts`, a join and parts"));
    }
    if composite == i.measure.is_some() {
        return Some(format!("`{no}`: every leaf names its measure, a composite has none"));
    }
    let requirements = std::iter::once((i.kind, &i.requirement))
        .chain(i.amended.iter().filter_map(|a| a.requirement.as_ref().map(|r| (a.kind.unwrap_or(i.kind), r))));
    for (kind, requirement) in requirements {
        if !requirement.op.fits(kind) {
            return Some(format!("`{no}`: a {} cannot be asked for in this way", kind.name()));
        }
    }
    for a in &i.amended {
        if composite || a.kind.is_some_and(|k| k == Kind::Composite) {
            return Some(format!("`{no}`: a composite cannot be amended; amend its parts"));
        }
        if a.kind.is_some_and(|k| k != i.kind) && a.measure.is_none() {
            return Some(format!("`{no}`: where an amendment changes the kind, it names a measure of that kind"));
        }
    }
    let from = i.amended.iter().map(|a| a.from);
    if !from.is_sorted() {
        return Some(format!("`{no}`: amendments stand in the order of their days"));
    }
    if i.confidence == Confidence::Unknown && i.overlay.is_some() {
        return None;
    }
    None
}
