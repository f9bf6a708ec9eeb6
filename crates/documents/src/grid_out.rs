//! Grids as a workbook: a sheet each, as it is printed, with headings over several columns; then a sheet with where every number comes from.

use crate::{
    grid::{Align, Grid},
    list_out::List,
    sheet_out::{Content, exact},
};
use anyhow::{Context as _, Result};
use kernel::Day;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet,
};

/// A workbook of forms.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The day it was made.
    pub day: Option<Day>,
    /// By the name of the sheet: at most 31 characters.
    pub sheets: Vec<(String, Grid)>,
    /// What stands behind the numbers.
    pub sources: List,
    /// Beneath each printed page, before its number.
    pub footer: String,
}

/// The width of a share of a column, in characters.
const SHARE: f64 = 6.0;

impl Book {
    /// Cost: the cells.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut workbook = Workbook::new();
        if let Some(day) = self.day {
            let made = ExcelDateTime::from_ymd(u16::try_from(day.year())?, day.month() as u8, day.day() as u8)?;
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        }
        for (name, grid) in &self.sheets {
            sheet(workbook.add_worksheet(), name, grid, &self.footer).with_context(|| name.clone())?;
        }
        sources(workbook.add_worksheet(), &self.sources)?;
        Ok(workbook.save_to_buffer()?)
    }
}

fn face() -> Format {
    Format::new().set_font_name("Times New Roman").set_font_size(12)
}

fn lined(align: Align) -> Format {
    let align = match align {
        Align::Left => FormatAlign::Left,
        Align::Centre => FormatAlign::Center,
        Align::Right => FormatAlign::Right,
    };
    face().set_border(FormatBorder::Thin).set_text_wrap().set_align(align).set_align(FormatAlign::VerticalCenter)
}

fn sheet(out: &mut Worksheet, name: &str, grid: &Grid, footer: &str) -> Result<()> {
    out.set_name(name)?;
    let last = u16::try_from(grid.widths.len().max(1) - 1)?;
    for (at, &width) in (0..).zip(&grid.widths) {
        out.set_column_width(at, f64::from(width).mul_add(SHARE, 2.0))?;
    }
    let across = |out: &mut Worksheet, row: u32, text: &str, format: &Format| -> Result<()> {
        match last {
            0 => out.write_string_with_format(row, 0, text, format)?,
            _ => out.merge_range(row, 0, row, last, text, format)?,
        };
        Ok(())
    };
    let centred = face().set_align(FormatAlign::Center).set_text_wrap();
    across(out, 0, &grid.title, &centred.clone().set_bold().set_font_size(14))?;
    let mut row = 1;
    for line in &grid.under {
        across(out, row, line, &centred.clone().set_italic())?;
        row += 1;
    }
    row += 1;
    let first = row;
    let heading = lined(Align::Centre).set_bold();
    for heads in &grid.heads {
        for head in heads {
            let (left, right) = (u16::try_from(head.column)?, u16::try_from(head.column + head.across - 1)?);
            let bottom = row + u32::try_from(head.down)? - 1;
            match (left == right, row == bottom) {
                (true, true) => out.write_string_with_format(row, left, &head.text, &heading)?,
                _ => out.merge_range(row, left, bottom, right, &head.text, &heading)?,
            };
        }
        row += 1;
    }
    let body = row;
    for line in &grid.rows {
        for (column, cell) in (0..).zip(&line.cells) {
            let mut format = lined(cell.align);
            if line.strong {
                format = format.set_bold();
            }
            match &cell.content {
                Content::Empty => out.write_blank(row, column, &format)?,
                Content::Text(text) => out.write_string_with_format(row, column, text, &format)?,
                Content::Number(number) => match exact(number) {
                    Some(double) => out.write_number_with_format(row, column, double, &format)?,
                    None => out.write_string_with_format(row, column, number.to_string(), &format)?,
                },
            };
        }
        row += 1;
    }
    out.ignore_error_range(0, 0, row.max(1), last, IgnoreError::NumberStoredAsText)?;
    row += 1;
    for note in &grid.notes {
        across(out, row, note, &face().set_italic().set_text_wrap().set_align(FormatAlign::Left))?;
        row += 1;
    }
    out.set_freeze_panes(body, 0)?;
    out.set_repeat_rows(first, body.max(first + 1) - 1)?;
    let footer = footer.replace('&', "&&");
    out.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer(format!("&L{footer}&R&P/&N"));
    Ok(())
}

fn sources(out: &mut Worksheet, list: &List) -> Result<()> {
    out.set_name(&list.name)?;
    let heading = lined(Align::Left).set_bold();
    for (at, words) in (0..).zip(&list.headings) {
        out.write_string_with_format(0, at, words, &heading)?;
        out.set_column_width(at, 20)?;
    }
    let plain = face();
    for (row, cells) in (1..).zip(&list.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Content::Empty => {}
                Content::Text(text) => {
                    out.write_string_with_format(row, column, text, &plain)?;
                }
                Content::Number(number) => match exact(number) {
                    Some(double) => {
                        out.write_number_with_format(row, column, double, &plain)?;
                    }
                    None => {
                        out.write_string_with_format(row, column, number.to_string(), &plain)?;
                    }
                },
            }
        }
    }
    let (rows, columns) = (list.rows.len().max(1) as u32, list.headings.len().max(1) as u16 - 1);
    out.ignore_error_range(0, 0, rows, columns, IgnoreError::NumberStoredAsText)?;
    out.set_freeze_panes(1, 0)?;
    out.autofilter(0, 0, rows, columns)?;
    Ok(())
}
