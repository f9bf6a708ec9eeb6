//! The .xlsx way into `langso evaluate`: the first sheet with the headings in its first row.

use documents::sheet_in::{self, Limits, Row};
use kernel::{Phrase, Problem};
use rulebook::values::{self, Columns, Context, Fault, Places, Reader, Table};
use std::{borrow::Cow, ops::ControlFlow};

fn tidy(row: &Row) -> Vec<Cow<'_, str>> {
    row.cells.iter().map(|c| values::csv::tidy(Cow::Borrowed(c.text.as_str()))).collect()
}

/// Reads a workbook; problems name sheet and cell.
pub fn read(context: &Context, bytes: &[u8], large: bool) -> Result<Table, Vec<Problem>> {
    let mut workbook = sheet_in::open(bytes, Limits { large })?;
    for sheet in workbook.sheets() {
        let mut first = None;
        workbook.rows(&sheet, |row| {
            first = Some(row);
            ControlFlow::Break(())
        })?;
        let Some(first) = first.filter(|row| row.number == 1) else { continue };
        let header = tidy(&first);
        if Columns::looks_like_header(&header) {
            return read_sheet(context, &mut workbook, sheet, &header, large);
        }
    }
    Err(vec![Problem::input(Phrase::new("evaluate-no-sheet"))])
}

fn read_sheet(
    context: &Context,
    workbook: &mut sheet_in::Workbook,
    sheet: String,
    header: &[Cow<'_, str>],
    large: bool,
) -> Result<Table, Vec<Problem>> {
    let columns = Columns::find(header).map_err(|problems| {
        let places = Places::Cells { sheet: sheet.clone(), columns: Columns::default() };
        problems.into_iter().map(|p| Fault::new(1, None, p).problem(&places)).collect::<Vec<_>>()
    })?;
    let mut problems = workbook.suspicious(&sheet)?;
    let mut reader = Reader::new(context, &columns);
    workbook.rows(&sheet, |row| {
        if row.number > 1 {
            let typed: Vec<bool> = row.cells.iter().map(|c| c.number).collect();
            reader.typed_record(row.number, &tidy(&row), &typed);
        }
        ControlFlow::Continue(())
    })?;
    let table = values::finish(context, vec![reader], large);
    if let Err(faults) = &table {
        let places = Places::Cells { sheet, columns: columns.clone() };
        problems.extend(faults.iter().map(|f| f.problem(&places)));
    }
    match table {
        Ok(table) if problems.is_empty() => Ok(table),
        _ => Err(problems),
    }
}
