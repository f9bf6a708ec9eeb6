//! Reading a workbook back, with every problem at its sheet and cell.

use super::{
    Entered, FIELDS, GROUPS, NOTHING,
    limits::{self, Keys},
    measures, named,
};
use crate::overlays::threshold;
use documents::sheet_in::{self, Cell, Limits};
use indexmap::IndexMap;
use kernel::{Day, Phrase, Problem};
use rulebook::{
    Confidence, Kind, Library,
    model::{AmendedBy, Amendment, Applies, Counts, Criterion, Decision, Group, Indicator, Op, Requirement, Rulebook},
};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, HashSet},
    ops::ControlFlow,
};

/// A sheet as it was read: cells by the heading of their column.
pub(super) struct Read {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<(u32, Vec<Cell>)>,
}

/// One row of a sheet, with where it stands.
pub(super) struct At<'a> {
    sheet: &'a Read,
    number: u32,
    cells: &'a [Cell],
}

impl At<'_> {
    fn cell(&self, column: &str) -> Option<&Cell> {
        let at = self.sheet.columns.iter().position(|c| c == column);
        at.and_then(|at| self.cells.get(at))
    }

    pub(super) fn text(&self, column: &str) -> &str {
        self.cell(column).map_or("", |cell| cell.text.trim())
    }

    pub(super) fn opt(&self, column: &str) -> Option<String> {
        Some(self.text(column).to_owned()).filter(|t| !t.is_empty())
    }

    pub(super) fn problem(&self, column: &str, phrase: Phrase) -> Problem {
        let at = self.sheet.columns.iter().position(|c| c == column).unwrap_or(0);
        let cell = format!("{}{}", sheet_in::column_name(at as u32), self.number);
        Problem::input(phrase).at_cell(self.sheet.name, cell)
    }

    pub(super) fn wrong(&self, column: &str, key: &'static str) -> Problem {
        self.problem(column, Phrase::new(key).with("text", self.text(column)))
    }
}

/// Everything that is read, and everything that does not fit.
pub(super) struct Reader {
    /// The measures and sets that there are, and the measures that the workbook brings.
    pub(super) library: Library,
    pub(super) found: Vec<Problem>,
    /// By which thresholds of the set may differ.
    keys: Keys,
}

impl Reader {
    /// A text that must be there.
    pub(super) fn must(&mut self, at: &At, column: &str) -> String {
        if at.text(column).is_empty() {
            self.found.push(at.problem(column, Phrase::new("setsheet-missing")));
        }
        at.text(column).to_owned()
    }

    /// One of a few words; `None` where the cell is empty.
    pub(super) fn one<T: DeserializeOwned>(&mut self, at: &At, column: &str) -> Option<T> {
        let text = at.text(column);
        let read = named(text);
        if read.is_none() && !text.is_empty() {
            self.found.push(at.wrong(column, "setsheet-not-a-word"));
        }
        read
    }

    pub(super) fn one_must<T: DeserializeOwned>(&mut self, at: &At, column: &str) -> Option<T> {
        self.must(at, column);
        self.one(at, column)
    }

    pub(super) fn parsed<T: std::str::FromStr>(&mut self, at: &At, column: &str, key: &'static str) -> Option<T> {
        let text = at.text(column);
        let read = text.parse().ok();
        if read.is_none() && !text.is_empty() {
            self.found.push(at.wrong(column, key));
        }
        read
    }

    /// `unknown`: whether nobody has seen what is asked, so that a number may be left out.
    fn requirement(&mut self, at: &At, kind: Kind, unknown: bool) -> Option<Requirement> {
        let op = self.one(at, "op")?;
        let mut r = Requirement::open(op, at.opt("delegated_to"));
        if let Some(text) = at.opt("value") {
            match threshold(&text, kind, at.cell("value").is_some_and(|cell| cell.number)) {
                Ok(number) => r.value = Some(number),
                Err(phrase) => self.found.push(at.problem("value", phrase)),
            }
        }
        let wrong = limits::read(at.text("limits"), kind, &self.keys, &mut r);
        self.found.extend(wrong.into_iter().map(|phrase| at.problem("limits", phrase)));
        let compares = !matches!(op, Op::Achieved | Op::Parts | Op::Unknown);
        let without = at.text("value").is_empty() && at.text("limits").is_empty();
        // Forgotten rather than left to somebody: the set would judge nobody by it, and say nothing.
        if compares && without && r.delegated_to.is_none() && !unknown {
            let phrase = Phrase::new("setsheet-no-limit").with("text", at.text("op"));
            self.found.push(at.problem("value", phrase));
        }
        let fits = match op {
            Op::Achieved => kind.is_yes_no(),
            Op::Parts => kind == Kind::Composite,
            Op::Unknown => true,
            _ => kind.is_numeric(),
        };
        if !fits {
            self.found.push(at.wrong("op", "setsheet-op-kind"));
        }
        Some(r)
    }

    /// A measure that there is, of this kind.
    fn measure(&mut self, at: &At, kind: Kind) -> Option<String> {
        let id = at.opt("measure")?;
        match self.library.measure(&id) {
            None => self.found.push(at.wrong("measure", "setsheet-no-measure")),
            Some(measure) if measure.kind != kind => {
                let phrase = Phrase::new("setsheet-measure-kind").with("text", id.as_str());
                self.found.push(at.problem("measure", phrase.with("kind", measure.kind.name())));
            }
            Some(_) => {}
        }
        Some(id)
    }

    fn regions(at: &At) -> Option<Vec<String>> {
        let text = at.opt("applies_regions")?;
        let list = text.split(',').map(|r| r.trim().to_owned()).filter(|r| !r.is_empty() && r != NOTHING);
        Some(list.collect())
    }

    fn unit(at: &At) -> Option<String> {
        at.opt("unit").map(|unit| if unit == NOTHING { String::new() } else { unit })
    }

    fn indicator(&mut self, at: &At) -> Option<Indicator> {
        let (no, text_vi, text_en) = (self.must(at, "no"), self.must(at, "text_vi"), self.must(at, "text_en"));
        let kind = self.one_must(at, "kind")?;
        self.must(at, "op");
        let requirement = self.requirement(at, kind, at.text("confidence") == Confidence::Unknown.name())?;
        let (measure, join) = (self.measure(at, kind), self.one(at, "join"));
        let composite = kind == Kind::Composite;
        if composite != join.is_some() {
            self.found.push(at.wrong("join", if composite { "setsheet-missing" } else { "setsheet-wrong-join" }));
        }
        if composite == measure.is_some() {
            self.found.push(at.wrong("measure", if composite { "setsheet-composite" } else { "setsheet-missing" }));
        }
        Some(Indicator {
            no,
            text_vi,
            text_en,
            kind,
            unit: Self::unit(at),
            measure,
            requirement,
            applies_if: at.opt("applies_if"),
            applies_if_en: at.opt("applies_if_en"),
            applies_regions: Self::regions(at),
            join,
            parts: Vec::new(),
            computed_from: at.opt("computed_from"),
            guidance: at.opt("guidance"),
            confidence: self.one_must(at, "confidence")?,
            source: at.opt("source"),
            note: at.opt("note"),
            overlay: None,
            amended: Vec::new(),
        })
    }

    fn amendment(&mut self, at: &At, of: &Indicator) -> Option<Amendment> {
        let from = self.parsed(at, "amended_from", "units-no-day")?;
        if of.kind == Kind::Composite {
            self.found.push(at.wrong("no", "setsheet-amends-composite"));
        }
        if of.amended.last().is_some_and(|last| last.from > from) {
            self.found.push(at.wrong("amended_from", "setsheet-amends-order"));
        }
        let kind: Option<Kind> = self.one(at, "kind");
        let (asked, measure) = (kind.unwrap_or(of.kind), self.measure(at, kind.unwrap_or(of.kind)));
        let sure = at.opt("confidence").unwrap_or_else(|| of.confidence.name().to_owned());
        if asked != of.kind && measure.is_none() {
            self.found.push(at.wrong("measure", "setsheet-missing"));
        }
        Some(Amendment {
            from,
            by: self.must(at, "amended_by"),
            text_vi: at.opt("text_vi"),
            text_en: at.opt("text_en"),
            kind,
            unit: Self::unit(at),
            measure,
            requirement: self.requirement(at, asked, sure == Confidence::Unknown.name()),
            applies_if: at.opt("applies_if"),
            applies_if_en: at.opt("applies_if_en"),
            applies_regions: Self::regions(at),
            confidence: self.one(at, "confidence"),
            source: at.opt("source"),
            note: at.opt("note"),
        })
    }

    /// The set without its criteria.
    fn set(&mut self, sheet: &Read) -> Option<Rulebook> {
        let mut one: BTreeMap<&str, At> = BTreeMap::new();
        let mut many: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut regions = IndexMap::new();
        for at in sheet.at() {
            let name = FIELDS.iter().find(|f| **f == at.cells.first().map_or("", |c| c.text.trim()));
            match name.copied() {
                None => self.found.push(at.wrong("field", "setsheet-no-field")),
                Some("region") => match at.text("value").split_once('=') {
                    Some((code, name)) => drop(regions.insert(code.trim().to_owned(), name.trim().to_owned())),
                    None => self.found.push(at.wrong("value", "setsheet-region-form")),
                },
                Some(name @ ("note" | "prerequisite")) => many.entry(name).or_default().extend(at.opt("value")),
                Some(name) => drop(one.insert(name, at)),
            }
        }
        for name in ["set", "title_vi", "title_en", "level", "from", "date", "issuer"] {
            if one.get(name).is_none_or(|at| at.text("value").is_empty()) {
                let phrase = Phrase::new("setsheet-field-missing").with("field", name);
                self.found.push(Problem::input(phrase).at_cell(sheet.name, "A1"));
            }
        }
        let text = |name: &str| one.get(name).map_or(String::new(), |at| at.text("value").to_owned());
        let opt = |name: &str| Some(text(name)).filter(|t| !t.is_empty());
        let id = text("set");
        if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            self.found.push(one["set"].wrong("value", "setsheet-id"));
        }
        for prerequisite in many.get("prerequisite").into_iter().flatten() {
            if self.library.set(prerequisite).is_none() {
                let phrase = Phrase::new("overlay-no-set").with("set", prerequisite.as_str());
                self.found.push(Problem::input(phrase).at_cell(sheet.name, "A1"));
            }
        }
        let date = text("date");
        let signed = if date.len() == 7 { format!("{date}-01") } else { date.clone() };
        if let Some(at) = one.get("date").filter(|_| signed.parse::<Day>().is_err()) {
            self.found.push(at.wrong("value", "units-no-day"));
        }
        let level = one.get("level").and_then(|at| self.one(at, "value"));
        let from: Option<Day> = one.get("from").and_then(|at| self.parsed(at, "value", "units-no-day"));
        let to: Option<Day> = one.get("to").and_then(|at| self.parsed(at, "value", "units-no-day"));
        if let Some(at) = one.get("to").filter(|_| from.zip(to).is_some_and(|(from, to)| to < from)) {
            self.found.push(at.wrong("value", "overlay-ends-before"));
        }
        let in_force = one.get("in_force").and_then(|at| self.parsed(at, "value", "units-no-day"));
        let mut number = |name: &str| one.get(name).and_then(|at| self.parsed::<u32>(at, "value", "overlay-no-number"));
        let counted = (number("criteria"), number("indicators"), number("indicators_listed"));
        let mut sure = |name: &str| one.get(name).and_then(|at| self.one::<Confidence>(at, "value"));
        let (confidence, counts_confidence) = (sure("confidence"), sure("counts_confidence"));
        let counts = match counted {
            (Some(criteria), Some(indicators), Some(indicators_listed)) => Some(Counts {
                criteria,
                indicators,
                indicators_listed,
                confidence: counts_confidence,
                source: opt("counts_source"),
            }),
            _ => None,
        };
        Some(Rulebook {
            set: id,
            title_vi: text("title_vi"),
            title_en: text("title_en"),
            notes: many.remove("note").unwrap_or_default(),
            prerequisites: many.remove("prerequisite").unwrap_or_default(),
            main: text("main") == "true",
            decision: Decision {
                number: opt("number"),
                date,
                issuer: text("issuer"),
                annex: opt("annex"),
                in_force,
                source: opt("source"),
                confidence,
                amended_by: Vec::new(),
            },
            applies: Applies { level: level?, from: from?, to, note: opt("applies_note") },
            counts,
            regions,
            groups: Vec::new(),
            criteria: Vec::new(),
        })
    }

    fn indicators(&mut self, sheet: &Read, book: &mut Rulebook) {
        let mut seen: HashSet<String> = HashSet::new();
        for at in sheet.at() {
            let no = self.must(&at, "no");
            if !at.text("amended_from").is_empty() {
                match book.find_mut(&no) {
                    None => self.found.push(at.wrong("no", "setsheet-no-above")),
                    Some(of) => {
                        let copy = of.clone();
                        of.amended.extend(self.amendment(&at, &copy));
                    }
                }
                continue;
            }
            if !seen.insert(no.clone()) {
                self.found.push(at.wrong("no", "setsheet-twice"));
                continue;
            }
            let Some(indicator) = self.indicator(&at) else { continue };
            let above = at.text("part_of");
            if above.is_empty() {
                match book.criteria.iter_mut().find(|c| c.no == at.text("criterion")) {
                    Some(criterion) => criterion.indicators.push(indicator),
                    None => self.found.push(at.wrong("criterion", "setsheet-no-criterion")),
                }
            } else {
                match book.find_mut(above).filter(|i| i.kind == Kind::Composite) {
                    Some(composite) => composite.parts.push(indicator),
                    None => self.found.push(at.wrong("part_of", "setsheet-no-composite")),
                }
            }
        }
        let mut empty = Vec::new();
        book.walk(|_, i| {
            if i.kind == Kind::Composite && i.parts.is_empty() {
                empty.push(i.no.clone());
            }
        });
        for no in empty {
            if let Some(at) = sheet.at().find(|at| at.text("no") == no) {
                self.found.push(at.wrong("no", "setsheet-no-parts"));
            }
        }
    }
}

impl Read {
    pub(super) fn at(&self) -> impl Iterator<Item = At<'_>> {
        self.rows.iter().map(|(number, cells)| At { sheet: self, number: *number, cells })
    }
}

/// Reads a workbook as a set with the measures that are new with it; or everything that does not fit, each at its sheet and
/// cell. `library`: whose measures and sets there are.
pub fn read(bytes: &[u8], library: &Library) -> Result<Entered, Vec<Problem>> {
    let mut workbook = sheet_in::open(bytes, Limits::default())?;
    let there = workbook.sheets();
    let mut reader = Reader { library: library.clone(), found: Vec::new(), keys: Keys::default() };
    let mut sheets = Vec::new();
    for name in ["bo", "nhom", "sua-doi", "tieu-chi", "chi-tieu", measures::SHEET] {
        let mut sheet = Read { name, columns: Vec::new(), rows: Vec::new() };
        if there.iter().any(|s| s == name) {
            reader.found.extend(workbook.suspicious(name)?.iter().map(|s| s.problem(name)));
            workbook.rows(name, |row| {
                if sheet.columns.is_empty() {
                    sheet.columns = row.cells.into_iter().map(|c| c.text).collect();
                } else if row.cells.iter().any(|c| !c.text.trim().is_empty()) {
                    sheet.rows.push((row.number, row.cells));
                }
                ControlFlow::Continue(())
            })?;
        } else if name != measures::SHEET {
            // Most sets bring no measure of their own.
            let phrase = Phrase::new("setsheet-no-sheet").with("sheet", name);
            reader.found.push(Problem::input(phrase));
        }
        sheets.push(sheet);
    }
    let Some(mut book) = reader.set(&sheets[0]) else { return Err(reader.found) };
    for at in sheets[1].at() {
        let texts = [0, 1, 2, 3, 4, 6].map(|n| reader.must(&at, GROUPS[n]));
        let [no, name_vi, name_en, definition_vi, definition_en, source] = texts;
        if let Some(confidence) = reader.one_must(&at, "confidence") {
            book.groups.push(Group { no, name_vi, name_en, definition_vi, definition_en, confidence, source });
        }
    }
    reader.keys = Keys::of(&book);
    for at in sheets[2].at() {
        let number = reader.must(&at, "number");
        reader.must(&at, "date");
        let (date, confidence) = (reader.parsed(&at, "date", "units-no-day"), reader.one(&at, "confidence"));
        let (what, source) = (at.opt("what"), at.opt("source"));
        book.decision.amended_by.extend(date.map(|date| AmendedBy { number, date, what, confidence, source }));
    }
    for at in sheets[3].at() {
        let (no, name_vi, name_en) = (reader.must(&at, "no"), reader.must(&at, "name_vi"), reader.must(&at, "name_en"));
        let (group_vi, note, source) = (at.opt("group_vi"), at.opt("note"), at.opt("source"));
        if book.criteria.iter().any(|c| c.no == no) {
            reader.found.push(at.wrong("no", "setsheet-twice"));
        }
        book.criteria.push(Criterion { no, name_vi, name_en, group_vi, note, source, indicators: Vec::new() });
    }
    let mut new = measures::read(&mut reader, &sheets[5]);
    reader.indicators(&sheets[4], &mut book);
    measures::used(&mut reader, &sheets[5], &book, &mut new);
    if reader.found.is_empty() { Ok(Entered { book, measures: new }) } else { Err(reader.found) }
}
