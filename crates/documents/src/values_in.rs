//! The one way in for a table of values: CSV, a workbook or JSON to rows, with every problem at its place.
//!
//! Memory: the file's bytes, its rows, and what is wrong with it in small.

use crate::{
    json_in,
    sheet_in::{self, Limits, Row, Suspect, Workbook},
};
use kernel::{Phrase, Problem};
use rulebook::values::{self, Columns, Context, Fault, Places, Reader, SHEET_LINES, SheetPlace, Table, csv};
use std::{borrow::Cow, ops::ControlFlow};

/// What the bytes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// CSV or a workbook, as the first bytes say.
    #[default]
    Table,
    /// A workbook, whatever the first bytes say.
    Workbook,
    /// `{"figures": […]}`.
    Json,
    /// One object a line.
    JsonLines,
}

/// How a table is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    pub form: Form,
    /// Allow more than 50 MB or 1,000,000 rows.
    pub large: bool,
}

/// A table that was read: its correct rows, and what is wrong with the others.
#[derive(Debug)]
pub struct Reading {
    /// The rows without a fault; none where the file as a whole could not be read.
    pub table: Table,
    pub wrong: Wrong,
}

/// Everything that is wrong with a table. It may be a million rows, so each becomes a problem only as it is said.
#[derive(Debug)]
pub struct Wrong {
    places: Places,
    whole: Vec<Problem>,
    /// By sheet.
    suspects: Vec<(String, Vec<Suspect>)>,
    pub faults: Vec<Fault>,
    /// Faults that were counted only: there are too many to keep.
    unsaid: usize,
}

impl Wrong {
    fn nothing(places: Places) -> Wrong {
        Wrong { places, whole: Vec::new(), suspects: Vec::new(), faults: Vec::new(), unsaid: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.whole.len() + self.faults.len() + self.unsaid + self.suspects.iter().map(|(_, s)| s.len()).sum::<usize>()
    }

    /// How many of them [`Wrong::problems`] does not name.
    pub fn unsaid(&self) -> usize {
        self.unsaid
    }

    /// Each problem with its place, in an intake the first some ten thousand.
    pub fn problems(&self) -> impl Iterator<Item = Problem> {
        let suspects = self.suspects.iter().flat_map(|(sheet, list)| list.iter().map(|s| s.problem(sheet)));
        let faults = self.faults.iter().map(|f| f.problem(&self.places));
        self.whole.iter().cloned().chain(suspects).chain(faults)
    }
}

impl Reading {
    /// All of it, or everything that is wrong with it.
    pub fn strict(self) -> Result<Table, Wrong> {
        if self.wrong.is_empty() { Ok(self.table) } else { Err(self.wrong) }
    }

    /// Nothing can be read of the file.
    fn refused(whole: Vec<Problem>) -> Reading {
        Reading { table: Table::default(), wrong: Wrong { whole, ..Wrong::nothing(Places::Lines) } }
    }

    fn of(places: Places, (table, faults): (Table, Vec<Fault>)) -> Reading {
        let unsaid = table.unsaid;
        Reading { table, wrong: Wrong { faults, unsaid, ..Wrong::nothing(places) } }
    }
}

/// Reads a table of values. A workbook: the first sheet with the headings in its first row; in an intake every such sheet.
pub fn read(context: &Context, bytes: &[u8], how: How) -> Reading {
    match how.form {
        Form::Workbook => workbook(context, bytes, how.large),
        Form::Table if sheet_in::is_workbook(bytes) => workbook(context, bytes, how.large),
        _ if bytes.len() as u64 > values::LARGE_BYTES && !how.large => {
            Reading::refused(vec![Problem::input(Phrase::new("values-too-large"))])
        }
        form => match csv::text(bytes) {
            Ok(text) => text_of(context, text, form, how.large),
            Err(lines) => {
                let fault = |line| Fault::new(line, None, Phrase::new("values-not-utf8"));
                Reading::of(Places::Lines, (Table::default(), lines.into_iter().map(fault).collect()))
            }
        },
    }
}

fn text_of(context: &Context, text: &str, form: Form, large: bool) -> Reading {
    match form {
        Form::Json => match json_in::list(context, text, large) {
            Ok(read) => Reading::of(Places::Items, read),
            Err(whole) => Reading::refused(vec![whole]),
        },
        Form::JsonLines => Reading::of(Places::Lines, json_in::lines(context, text, large)),
        _ => Reading::of(Places::Lines, values::read_csv_partly(context, text, large)),
    }
}

fn workbook(context: &Context, bytes: &[u8], large: bool) -> Reading {
    match sheet_in::open(bytes, Limits { large }).and_then(|mut open| sheets(context, &mut open, large)) {
        Ok(reading) => reading,
        Err(problems) => Reading::refused(problems),
    }
}

fn tidy(row: &Row) -> Vec<Cow<'_, str>> {
    row.cells.iter().map(|c| csv::tidy(Cow::Borrowed(c.text.as_str()))).collect()
}

/// The sheets that hold values, with their headers.
fn with_headings(context: &Context, workbook: &mut Workbook) -> Result<Vec<(String, Row)>, Vec<Problem>> {
    let mut found = Vec::new();
    for sheet in workbook.sheets() {
        let mut first = None;
        workbook.rows(&sheet, |row| {
            first = Some(row);
            ControlFlow::Break(())
        })?;
        let Some(first) = first.filter(|row| row.number == 1) else { continue };
        if Columns::looks_like_header(&tidy(&first)) {
            found.push((sheet, first));
            if !context.intake {
                break;
            }
        }
    }
    Ok(found)
}

fn sheets(context: &Context, workbook: &mut Workbook, large: bool) -> Result<Reading, Vec<Problem>> {
    let mut places = Vec::new();
    for (name, header) in with_headings(context, workbook)? {
        let columns = Columns::find(&tidy(&header)).map_err(|problems| {
            let places = Places::Cells(vec![SheetPlace { name: name.clone(), columns: Columns::default() }]);
            problems.into_iter().map(|p| Fault::new(1, None, p).problem(&places)).collect::<Vec<_>>()
        })?;
        places.push(SheetPlace { name, columns });
    }
    if places.is_empty() {
        return Err(vec![Problem::input(Phrase::new("evaluate-no-sheet"))]);
    }
    let (mut readers, mut suspects) = (Vec::new(), Vec::new());
    for (at, place) in places.iter().enumerate() {
        suspects.push((place.name.clone(), workbook.suspicious(&place.name)?));
        let mut reader = Reader::new(context, &place.columns);
        let before = if places.len() > 1 { at as u32 * SHEET_LINES } else { 0 };
        rows(workbook, &place.name, before, &mut reader)?;
        readers.push(reader);
    }
    let (mut table, faults) = values::finish_partly(context, readers, large);
    leave_out(&mut table, &suspects);
    let unsaid = table.unsaid;
    Ok(Reading { table, wrong: Wrong { suspects, faults, unsaid, ..Wrong::nothing(Places::Cells(places)) } })
}

/// Reads a sheet's rows beneath the header; `before` is added to their numbers.
fn rows(workbook: &mut Workbook, sheet: &str, before: u32, reader: &mut Reader) -> Result<(), Vec<Problem>> {
    let mut beyond = false;
    workbook.rows(sheet, |row| {
        beyond = row.number >= SHEET_LINES;
        if row.number > 1 && !beyond {
            let typed: Vec<bool> = row.cells.iter().map(|c| c.number).collect();
            reader.typed_record(before + row.number, &tidy(&row), &typed);
        }
        if beyond { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if beyond { Err(vec![Problem::input(Phrase::new("sheet-too-many-rows"))]) } else { Ok(()) }
}

/// Leaves out rows that a formula or a merged area touches: what they show is not what they hold.
fn leave_out(table: &mut Table, suspects: &[(String, Vec<Suspect>)]) {
    let lines = |(at, (_, list)): (usize, &(String, Vec<Suspect>))| {
        let before = if suspects.len() > 1 { at as u32 * SHEET_LINES } else { 0 };
        let areas: Vec<(u32, u32)> = list.iter().map(|s| s.rows()).map(|(a, b)| (before + a, before + b)).collect();
        areas
    };
    let mut areas: Vec<(u32, u32)> = suspects.iter().enumerate().flat_map(lines).collect();
    if areas.is_empty() {
        return;
    }
    areas.sort_unstable();
    // The furthest end of all areas up to each: an area that begins earlier may reach further.
    let mut reach = 0;
    for area in &mut areas {
        reach = reach.max(area.1);
        area.1 = reach;
    }
    let before = table.rows.len();
    table.rows.retain(|row| {
        let begun = areas.partition_point(|a| a.0 <= row.line);
        begun == 0 || areas[begun - 1].1 < row.line
    });
    table.refused += before - table.rows.len();
}
