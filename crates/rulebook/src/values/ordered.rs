//! A text whose rows stand in the order of the verdicts, unit by unit and period by period, as programs write them: checked
//! in one pass, judged piece by piece in another, no row kept. Memory does not grow with the rows.

use super::{Columns, Context, LARGE_BYTES, LARGE_ROWS, Reader, Row, Table, csv};
use kernel::Day;
use std::collections::HashSet;

/// Bytes of a piece: some hundred units, so that the pieces at work stay small.
const PIECE: usize = 1 << 17;

/// A text without a fault whose units, and of each its periods, stand together and in order.
pub struct Ordered<'t> {
    columns: Columns,
    separator: u8,
    /// Each of whole units and periods; the first begins with the header.
    pieces: Vec<csv::Piece<'t>>,
}

/// Rows of one unit and period, as far as checking wants to know them.
#[derive(Debug)]
struct Group {
    unit: String,
    year: i16,
    /// What the rows are about; each once.
    targets: HashSet<String>,
    /// At which days the unit's code is read, by rows with a value.
    days: Vec<Day>,
}

/// What checking a piece found.
struct Checked {
    first: Group,
    last: Group,
    /// Where the second group begins: offset and line; `None` where there is one group only.
    second: Option<(usize, u32)>,
    records: usize,
}

/// Takes the rows of a piece one by one, keeping only the group at hand.
struct Checker {
    first: Option<Group>,
    at_hand: Vec<Row>,
    /// By number of target: the group that named it last.
    named: Vec<u32>,
    groups: u32,
}

impl Checker {
    fn group(&self, reader: &Reader) -> Option<Group> {
        let row = self.at_hand.first()?;
        let mut days: Vec<Day> = self.at_hand.iter().filter(|r| !r.is_blank()).map(Row::unit_day).collect();
        days.dedup();
        Some(Group {
            unit: reader.units.names[row.unit as usize].to_string(),
            year: row.year,
            targets: self.at_hand.iter().map(|r| reader.targets.names[r.target_text as usize].to_string()).collect(),
            days,
        })
    }

    /// Whether a row fits behind those before it. `dated`: whether a unit's rows must be of one day.
    fn take(&mut self, reader: &Reader, row: Row, dated: bool) -> bool {
        if let Some(before) = self.at_hand.first() {
            if (before.unit, before.year) == (row.unit, row.year) {
                // Blank rows have the last day of the period; they say nothing of the unit.
                let other_day = |r: &Row| !r.is_blank() && r.unit_day() != row.unit_day();
                if dated && !row.is_blank() && self.at_hand.iter().any(other_day) {
                    return false;
                }
            } else {
                let name = |r: &Row| &reader.units.names[r.unit as usize];
                if (name(before), before.year) >= (name(&row), row.year) {
                    return false;
                }
                if self.first.is_none() {
                    self.first = self.group(reader);
                }
                self.at_hand.clear();
                self.groups += 1;
            }
        }
        let target = row.target_text as usize;
        if self.named.len() <= target {
            self.named.resize(target + 1, 0);
        }
        let twice = std::mem::replace(&mut self.named[target], self.groups) == self.groups;
        self.at_hand.push(row);
        !twice
    }
}

/// `None` where the piece has a fault, or rows out of order.
fn check(context: &Context, columns: &Columns, separator: u8, piece: csv::Piece, header: bool) -> Option<Checked> {
    let dated = context.units.dated();
    let mut reader = Reader::new(context, columns);
    let mut checker = Checker { first: None, at_hand: Vec::new(), named: Vec::new(), groups: 1 };
    let mut lines = csv::Records::new(piece, separator);
    let (mut cells, mut second) = (Vec::new(), None);
    if header {
        lines.next(&mut cells);
    }
    loop {
        let at = lines.at();
        let Some((line, broken)) = lines.next(&mut cells) else { break };
        reader.record(line, &cells, broken);
        if let Some(row) = reader.rows.pop()
            && !checker.take(&reader, row, dated)
        {
            return None;
        }
        if reader.faults.count > 0 {
            return None;
        }
        if checker.groups == 2 && second.is_none() {
            second = Some((at, line));
        }
    }
    let last = checker.group(&reader)?;
    let first = match checker.first.take() {
        Some(first) => first,
        None => checker.group(&reader)?,
    };
    Some(Checked { first, last, second, records: reader.records })
}

/// Whether two pieces hold the rows of one group and these fit together, or those of groups in order; `None` where not.
fn joined(before: &Group, after: &Group, dated: bool) -> Option<bool> {
    if (&before.unit, before.year) != (&after.unit, after.year) {
        return ((&before.unit, before.year) < (&after.unit, after.year)).then_some(false);
    }
    let one_day = before.days.iter().chain(&after.days).all(|d| Some(d) == before.days.first().or(after.days.first()));
    (before.targets.is_disjoint(&after.targets) && (one_day || !dated)).then_some(true)
}

impl<'t> Ordered<'t> {
    /// Checks a text. `None` where anything is wrong with it or out of order: then `read_csv` says what, or sorts it.
    pub fn check(context: &Context, text: &'t str, large: bool) -> Option<Ordered<'t>> {
        use rayon::prelude::*;
        if text.len() as u64 > LARGE_BYTES && !large {
            return None;
        }
        let separator = csv::separator(csv::first_line(text));
        let mut pieces = csv::pieces(text, separator, PIECE);
        let mut cells = Vec::new();
        if let (_, Some(_)) = csv::Records::new(*pieces.first()?, separator).next(&mut cells)? {
            return None;
        }
        let columns = Columns::find(&cells).ok()?;
        let of = |(at, piece): (usize, &csv::Piece)| check(context, &columns, separator, *piece, at == 0);
        let checked: Vec<Checked> = pieces.par_iter().enumerate().map(of).collect::<Option<_>>()?;
        if checked.iter().map(|c| c.records).sum::<usize>() > LARGE_ROWS && !large {
            return None;
        }
        let dated = context.units.dated();
        // A group that a cut divided goes to the piece it begins in.
        for at in 1..checked.len() {
            if joined(&checked[at - 1].last, &checked[at].first, dated)? {
                // One of hundreds of kilobytes would have to be held against more than its neighbours.
                let (offset, line) = checked[at].second?;
                let begin = pieces[at].text.as_ptr() as usize - text.as_ptr() as usize;
                let before = pieces[at - 1].text.as_ptr() as usize - text.as_ptr() as usize;
                pieces[at - 1].text = &text[before..begin + offset];
                pieces[at] = csv::Piece { text: &pieces[at].text[offset..], line };
            }
        }
        Some(Ordered { columns, separator, pieces })
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// The rows of a piece, in order.
    pub fn piece(&self, context: &Context, at: usize) -> Table {
        let mut reader = Reader::new(context, &self.columns);
        reader.rows.reserve(self.pieces[at].text.len() / 20);
        let mut lines = csv::Records::new(self.pieces[at], self.separator);
        let mut cells = Vec::new();
        if at == 0 {
            lines.next(&mut cells);
        }
        while let Some((line, broken)) = lines.next(&mut cells) {
            reader.record(line, &cells, broken);
        }
        reader.rows.retain(|row| !row.is_blank());
        let units = reader.units.names.iter().map(|n| n.to_string()).collect();
        Table { rows: reader.rows, units, empty_lines: reader.empty_lines, ..Table::default() }
    }
}
