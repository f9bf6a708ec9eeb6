//! Reading a table of values: every problem with its place, all of them, and rows ready to be judged.
//!
//! Cost: each row is read once, in parallel pieces of about a megabyte; then one sort finds rows that stand twice. A text
//! whose rows stand in order can be read twice instead and none of them kept: see [`Ordered`].

mod columns;
pub mod csv;
pub mod number;
mod one;
mod ordered;
mod rows;

pub use columns::{Column, Columns};
pub use one::{Read, Typed, one};
pub use ordered::Ordered;
pub use rows::{Reader, Row, Target};

use crate::{Book, Library, Measure, Traits};
use kernel::{Arg, Day, Phrase, Place, Problem};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// What a code means on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Unit(Arc<Traits>),
    /// There is such a unit, of another level than asked for.
    OtherLevel,
    Nothing,
}

/// Where unit codes are looked up.
pub trait Units: Sync {
    /// The unit of this code on this day, at the level of the set.
    fn find(&self, code: &str, day: Day) -> Found;

    /// Whether a code means different units on different days (`unit_as_of` then counts).
    fn dated(&self) -> bool;
}

/// What a table may name: the judged set, its prerequisites, and the units.
pub struct Context<'a> {
    pub library: &'a Library,
    pub set: &'a str,
    /// By prerequisite of the set, in its order: the set's id and whether it judges the same level.
    pub prerequisites: Vec<(String, bool)>,
    pub units: &'a dyn Units,
    /// The day whose amendments count; by default the last day of each period.
    pub as_of: Option<Day>,
    /// Whether figures are taken in: measures without an indicator may be named, and evidence is read.
    pub intake: bool,
    /// In an intake: the measures without an indicator ("số liệu nền"), in the library's order.
    pub background: Vec<Arc<Measure>>,
    books: Mutex<HashMap<(usize, Day), Arc<Book>>>,
    sets: Vec<String>,
}

impl<'a> Context<'a> {
    /// `None` where the library has no such set.
    pub fn new(library: &'a Library, set: &'a str, units: &'a dyn Units, as_of: Option<Day>) -> Option<Context<'a>> {
        let book = library.set(set)?;
        let level = |id: &str| library.set(id).map(|s| s.applies.level);
        let prerequisites: Vec<_> =
            book.prerequisites.iter().map(|p| (p.clone(), level(p) == Some(book.applies.level))).collect();
        let sets = std::iter::once(set.to_owned()).chain(prerequisites.iter().map(|(p, _)| p.clone())).collect();
        let (intake, background) = (false, Vec::new());
        Some(Context { library, set, prerequisites, units, as_of, intake, background, books: Mutex::default(), sets })
    }

    /// The same for taking figures in, which reads more than judging does: measures without an indicator, evidence.
    pub fn for_intake(mut self) -> Context<'a> {
        self.intake = true;
        self.background = self.library.measures().filter(|m| m.background).cloned().collect();
        self
    }

    /// The judged set (0) or a prerequisite (from 1) as in force for a year.
    pub fn book(&self, set: usize, year: i16) -> Arc<Book> {
        let day = self.day(year);
        let mut books = self.books.lock().unwrap_or_else(|e| e.into_inner());
        let make = || self.library.in_force(&self.sets[set], day).expect("checked: every prerequisite is a set");
        books.entry((set, day)).or_insert_with(|| Arc::new(make())).clone()
    }

    /// The day of judging a year.
    pub fn day(&self, year: i16) -> Day {
        self.as_of.unwrap_or_else(|| year_end(year))
    }

    /// Position of a set among the judged one (0) and its prerequisites.
    fn set_at(&self, id: &str) -> Option<usize> {
        self.sets.iter().position(|s| s == id)
    }
}

/// 31 December of a year of four digits.
pub fn year_end(year: i16) -> Day {
    Day::new(year.clamp(-9999, 9999), 12, 31).expect("every year of four digits has a 31 December")
}

/// A problem of a row, kept small: a table may have a million of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Physical line of a text file, row of a sheet; counted from 1.
    pub line: u32,
    /// The column that caused it, where one did.
    pub column: Option<Column>,
    pub what: Box<Phrase>,
}

/// How places are named: lines of a text, cells of sheets, items of a list in JSON.
#[derive(Clone, Debug)]
pub enum Places {
    Lines,
    /// The line of a row in the second sheet begins at [`SHEET_LINES`], and so on.
    Cells(Vec<SheetPlace>),
    /// The line is the item's place in the list `figures`, counted from 1.
    Items,
}

/// A sheet that was read.
#[derive(Clone, Debug)]
pub struct SheetPlace {
    pub name: String,
    pub columns: Columns,
}

/// Lines kept for each sheet where several are read; a sheet has at most half as many rows.
pub const SHEET_LINES: u32 = 1 << 21;

impl Places {
    /// The sheet of a line and the row in it.
    fn sheet<'a>(&self, sheets: &'a [SheetPlace], line: u32) -> (Option<&'a SheetPlace>, u32) {
        match sheets {
            [one] => (Some(one), line),
            many => (many.get((line / SHEET_LINES) as usize), line % SHEET_LINES),
        }
    }

    fn place(&self, line: u32, column: Option<Column>) -> Place {
        match self {
            Places::Lines => Place::Line(line.into()),
            Places::Cells(sheets) => {
                let (sheet, row) = self.sheet(sheets, line);
                let letters = sheet.and_then(|s| s.columns.at(column?)).map_or_else(|| "A".to_owned(), letters);
                let sheet = sheet.map_or_else(String::new, |s| s.name.clone());
                Place::Cell { sheet, cell: format!("{letters}{row}") }
            }
            Places::Items => {
                let item = format!("figures/{}", line.saturating_sub(1));
                Place::Field(column.map_or(item.clone(), |c| format!("{item}/{}", c.heading())))
            }
        }
    }

    /// A phrase that names another line, said as these places are named.
    fn said(&self, phrase: &Phrase) -> Phrase {
        let line = match (phrase.key, phrase.args.first()) {
            ("values-duplicate", Some((_, Arg::Text(line)))) => line.parse::<u32>().unwrap_or(0),
            _ => return phrase.clone(),
        };
        match self {
            Places::Cells(sheets) if sheets.len() > 1 => {
                let (sheet, row) = self.sheet(sheets, line);
                let name = sheet.map_or("", |s| s.name.as_str());
                Phrase::new("values-duplicate").with("line", format!("{row} ({name})"))
            }
            Places::Items => {
                Phrase::new("values-duplicate-item").with("item", format!("figures/{}", line.saturating_sub(1)))
            }
            _ => phrase.clone(),
        }
    }
}

impl Fault {
    pub fn new(line: u32, column: Option<Column>, mut what: Phrase) -> Fault {
        what.args.shrink_to_fit();
        Fault { line, column, what: Box::new(what) }
    }

    /// The problem as it is shown.
    pub fn problem(&self, places: &Places) -> Problem {
        Problem::input(places.said(&self.what)).at(places.place(self.line, self.column))
    }
}

/// A spreadsheet's name of a column counted from 0: A, B … Z, AA.
pub fn letters(mut at: usize) -> String {
    let mut out = Vec::new();
    loop {
        out.push(b'A' + (at % 26) as u8);
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    out.reverse();
    String::from_utf8(out).unwrap_or_default()
}

/// Files above this need `--large`.
pub const LARGE_BYTES: u64 = 50_000_000;
/// Tables of more rows need `--large`.
pub const LARGE_ROWS: usize = 1_000_000;

/// A table that was read whole and without a fault.
#[derive(Debug, Default)]
pub struct Table {
    /// Sorted by unit code, then period, both as text; then by line.
    pub rows: Vec<Row>,
    pub units: Vec<String>,
    /// Lines without content that were skipped.
    pub empty_lines: usize,
    /// Rows with a value or a fault that are not among `rows`.
    pub refused: usize,
    /// In an intake: faults that were counted only.
    pub unsaid: usize,
}

/// All of it, or every fault.
fn strict((table, faults): (Table, Vec<Fault>)) -> Result<Table, Vec<Fault>> {
    if faults.is_empty() { Ok(table) } else { Err(faults) }
}

/// Reads CSV text (see `csv::text` for bytes).
pub fn read_csv(context: &Context, text: &str, large: bool) -> Result<Table, Vec<Fault>> {
    strict(read_csv_partly(context, text, large))
}

/// Reads CSV text: the correct rows, and every fault.
pub fn read_csv_partly(context: &Context, text: &str, large: bool) -> (Table, Vec<Fault>) {
    use rayon::prelude::*;
    let refused = |faults| (Table::default(), faults);
    let fault = |key| refused(vec![Fault::new(1, None, Phrase::new(key))]);
    if text.len() as u64 > LARGE_BYTES && !large {
        return fault("values-too-large");
    }
    let separator = csv::separator(csv::first_line(text));
    let pieces = csv::pieces(text, separator, 1 << 20);
    let Some(&first) = pieces.first() else { return fault("values-no-header") };
    // What is refused for its size is counted only, never held. The header is one record.
    if !large && csv::more_than(&pieces, separator, LARGE_ROWS + 1) {
        return fault("values-too-many-rows");
    }
    let mut records = csv::Records::new(first, separator);
    let mut cells = Vec::new();
    if let Some((_, Some(broken))) = records.next(&mut cells) {
        return refused(vec![Fault::new(1, None, rows::broken(broken))]);
    }
    let columns = match Columns::find(&cells) {
        Ok(columns) => columns,
        // One heading that holds them all: the columns are separated by something else.
        Err(_) if context.intake && cells.len() == 1 && cells[0].contains("unit_code") => {
            return fault("values-separator");
        }
        Err(problems) => return refused(problems.into_iter().map(|p| Fault::new(1, None, p)).collect()),
    };
    let parts: Vec<Reader> = pieces
        .par_iter()
        .enumerate()
        .map(|(at, &piece)| {
            let mut reader = Reader::new(context, &columns);
            reader.faults.limit(if context.intake { rows::MOST_FAULTS.div_ceil(pieces.len()) } else { usize::MAX });
            let mut lines = csv::Records::new(piece, separator);
            let mut cells = Vec::new();
            if at == 0 {
                lines.next(&mut cells);
            }
            while let Some((line, broken)) = lines.next(&mut cells) {
                reader.record(line, &cells, broken);
            }
            reader
        })
        .collect();
    finish_partly(context, parts, large)
}

/// Puts pieces together; all of it, or every fault.
pub fn finish(context: &Context, parts: Vec<Reader>, large: bool) -> Result<Table, Vec<Fault>> {
    strict(finish_partly(context, parts, large))
}

/// Puts pieces together: one numbering of units, rows in order, rows that stand twice found. The correct rows, and
/// every fault: of rows that stand twice none is correct, nor any of a unit and period that names different days.
pub fn finish_partly(context: &Context, parts: Vec<Reader>, large: bool) -> (Table, Vec<Fault>) {
    use rayon::prelude::*;
    if parts.iter().map(|p| p.records).sum::<usize>() > LARGE_ROWS && !large {
        return (Table::default(), vec![Fault::new(1, None, Phrase::new("values-too-many-rows"))]);
    }
    let size: usize = parts.iter().map(|p| p.rows.len()).sum();
    let mut names = rows::Interner::default();
    let mut targets = rows::Interner::default();
    let (mut rows, mut faults) = (Vec::with_capacity(size), Vec::new());
    let (mut empty_lines, mut refused, mut count) = (0, 0, 0);
    for part in parts {
        let unit_ids: Vec<u32> = part.units.names.iter().map(|n| names.id(n)).collect();
        let target_ids: Vec<u32> = part.targets.names.iter().map(|n| targets.id(n)).collect();
        rows.extend(part.rows.into_iter().map(|mut row| {
            row.unit = unit_ids[row.unit as usize];
            row.target_text = target_ids[row.target_text as usize];
            row
        }));
        (refused, count) = (refused + part.faults.lines, count + part.faults.count);
        faults.extend(part.faults.kept);
        empty_lines += part.empty_lines;
    }
    // Units by their text, so that sorting rows needs no text.
    let mut order: Vec<usize> = (0..names.names.len()).collect();
    order.sort_by(|&a, &b| names.names[a].cmp(&names.names[b]));
    let mut rank = vec![0; order.len()];
    for (at, &old) in order.iter().enumerate() {
        rank[old] = at as u32;
    }
    let units: Vec<String> = order.iter().map(|&old| names.names[old].to_string()).collect();
    rows.par_iter_mut().for_each(|row| row.unit = rank[row.unit as usize]);
    rows.par_sort_unstable_by_key(|r| (r.unit, r.year, r.target_text, r.line));
    let mut doubtful = rows::Faults::of(context);
    for pair in rows.windows(2).filter(|w| w[0].same_place(&w[1])) {
        let first = Phrase::new("values-duplicate").with("line", pair[0].line.to_string());
        doubtful.push(Fault::new(pair[1].line, Some(Column::Indicator), first));
    }
    if context.units.dated() {
        rows::differing_days(&rows, &units, &mut doubtful);
    }
    count += doubtful.count;
    faults.extend(doubtful.kept);
    if !faults.is_empty() {
        faults.sort_by_key(|f| f.line);
        refused += rows::blank_doubtful(context.units.dated(), &mut rows);
    }
    rows.retain(|row| !row.is_blank());
    rows.par_sort_unstable_by_key(|r| (r.unit, r.year, r.line));
    let unsaid = count - faults.len();
    (Table { rows, units, empty_lines, refused, unsaid }, faults)
}
