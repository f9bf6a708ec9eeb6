//! Reading a table of values: every problem with its place, all of them, and rows ready to be judged.
//!
//! Cost: each row is read once, in parallel pieces of about a megabyte; then one sort finds rows that stand twice. A text
//! whose rows stand in order can be read twice instead and none of them kept: see [`Ordered`].

mod columns;
pub mod csv;
pub mod number;
mod ordered;
mod rows;

pub use columns::{Column, Columns};
pub use ordered::Ordered;
pub use rows::{Reader, Row, Target};

use crate::{Book, Library, Traits};
use kernel::{Day, Phrase, Place, Problem};
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
        Some(Context { library, set, prerequisites, units, as_of, books: Mutex::default(), sets })
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
    Day::new(year, 12, 31).expect("every year of four digits has a 31 December")
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

/// How places are named: lines of a text, or cells of a sheet.
#[derive(Clone, Debug)]
pub enum Places {
    Lines,
    Cells { sheet: String, columns: Columns },
}

impl Fault {
    pub fn new(line: u32, column: Option<Column>, mut what: Phrase) -> Fault {
        what.args.shrink_to_fit();
        Fault { line, column, what: Box::new(what) }
    }

    /// The problem as it is shown.
    pub fn problem(&self, places: &Places) -> Problem {
        let place = match places {
            Places::Lines => Place::Line(self.line.into()),
            Places::Cells { sheet, columns } => {
                let letters = self.column.and_then(|c| columns.at(c)).map_or_else(|| "A".to_owned(), letters);
                Place::Cell { sheet: sheet.clone(), cell: format!("{letters}{}", self.line) }
            }
        };
        Problem::input((*self.what).clone()).at(place)
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
}

/// Reads CSV text (see `csv::text` for bytes).
pub fn read_csv(context: &Context, text: &str, large: bool) -> Result<Table, Vec<Fault>> {
    use rayon::prelude::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let fault = |key| vec![Fault::new(1, None, Phrase::new(key))];
    if text.len() as u64 > LARGE_BYTES && !large {
        return Err(fault("values-too-large"));
    }
    let separator = csv::separator(csv::first_line(text));
    let pieces = csv::pieces(text, separator, 1 << 20);
    let Some(&first) = pieces.first() else { return Err(fault("values-no-header")) };
    let mut records = csv::Records::new(first, separator);
    let mut cells = Vec::new();
    if let Some((_, Some(broken))) = records.next(&mut cells) {
        return Err(vec![Fault::new(1, None, rows::broken(broken))]);
    }
    let columns = Columns::find(&cells)
        .map_err(|problems| problems.into_iter().map(|p| Fault::new(1, None, p)).collect::<Vec<_>>())?;
    // A table that is refused for its size is not read to its end.
    let records = AtomicUsize::new(0);
    let parts: Vec<Reader> = pieces
        .par_iter()
        .enumerate()
        .map(|(at, &piece)| {
            let mut reader = Reader::new(context, &columns);
            let mut lines = csv::Records::new(piece, separator);
            let mut cells = Vec::new();
            if at == 0 {
                lines.next(&mut cells);
            }
            while let Some((line, broken)) = lines.next(&mut cells) {
                reader.record(line, &cells, broken);
                if reader.uncounted >= 1024
                    && records.fetch_add(std::mem::take(&mut reader.uncounted), Ordering::Relaxed) > LARGE_ROWS
                    && !large
                {
                    break;
                }
            }
            reader
        })
        .collect();
    finish(context, parts, large)
}

/// Puts pieces together: one numbering of units, rows in order, rows that stand twice found.
pub fn finish(context: &Context, parts: Vec<Reader>, large: bool) -> Result<Table, Vec<Fault>> {
    use rayon::prelude::*;
    if parts.iter().map(|p| p.records).sum::<usize>() > LARGE_ROWS && !large {
        return Err(vec![Fault::new(1, None, Phrase::new("values-too-many-rows"))]);
    }
    let count: usize = parts.iter().map(|p| p.rows.len()).sum();
    let mut names = rows::Interner::default();
    let mut targets = rows::Interner::default();
    let (mut rows, mut faults, mut empty_lines) = (Vec::with_capacity(count), Vec::new(), 0);
    for part in parts {
        let unit_ids: Vec<u32> = part.units.names.iter().map(|n| names.id(n)).collect();
        let target_ids: Vec<u32> = part.targets.names.iter().map(|n| targets.id(n)).collect();
        rows.extend(part.rows.into_iter().map(|mut row| {
            row.unit = unit_ids[row.unit as usize];
            row.target_text = target_ids[row.target_text as usize];
            row
        }));
        faults.extend(part.faults);
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
    faults.extend(rows.windows(2).filter(|w| w[0].same_place(&w[1])).map(|w| {
        let first = Phrase::new("values-duplicate").with("line", w[0].line.to_string());
        Fault::new(w[1].line, Some(Column::Indicator), first)
    }));
    if context.units.dated() {
        faults.extend(rows::differing_days(&rows, &units));
    }
    if !faults.is_empty() {
        faults.sort_by_key(|f| f.line);
        return Err(faults);
    }
    rows.retain(|row| !row.is_blank());
    rows.par_sort_unstable_by_key(|r| (r.unit, r.year, r.line));
    Ok(Table { rows, units, empty_lines })
}
