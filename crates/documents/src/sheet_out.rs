//! Spreadsheets out: forms to be filled in. What is given is locked, what is asked for is open, coloured and checked by the
//! spreadsheet itself; numbers are numbers. The same form gives the same bytes.
//!
//! Memory: the cells and the packed file.

use anyhow::{Context as _, Result};
use kernel::{Day, Decimal};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationRule, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Formula, IgnoreError, ProtectionOptions, Workbook, Worksheet,
};

/// A workbook to be filled in.
pub struct Form {
    /// The day it was made.
    pub day: Day,
    pub sheets: Vec<Sheet>,
    pub help: Help,
}

/// A sheet that explains the others: a title, then paragraphs.
pub struct Help {
    pub name: String,
    pub title: String,
    pub lines: Vec<String>,
}

/// A table: headings in the first row, then rows as wide.
pub struct Sheet {
    pub name: String,
    pub columns: Vec<Column>,
    /// What open cells take; cells name a rule by its place here.
    pub rules: Vec<Rule>,
    pub rows: Vec<Vec<Cell>>,
}

pub struct Column {
    /// What the heading's cell holds, for programs.
    pub heading: &'static str,
    /// What it shows, for people.
    pub shown: String,
    /// In characters.
    pub width: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub content: Content,
    pub open: Open,
}

#[derive(Clone, Debug, Default)]
pub enum Content {
    #[default]
    Empty,
    Text(String),
    Number(Decimal),
}

/// Whether a cell may be filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    #[default]
    Locked,
    /// With anything.
    Free,
    /// With what this rule takes.
    Checked(usize),
}

/// What an open cell takes.
pub struct Rule {
    pub takes: Takes,
    /// A word that is taken beside.
    pub also: Option<&'static str>,
    /// At most 32 characters.
    pub title: String,
    /// What the spreadsheet says to anything else; at most 255 characters.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One of these.
    Words(Vec<String>),
    /// 0 to 100.
    Percent,
    /// A whole number from 0.
    Whole,
    Number,
    /// From 0.
    NotNegative,
}

/// Beyond what any figure is.
const HUGE: f64 = 1e15;

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { content: Content::Text(text.into()), open: Open::Locked }
    }

    pub fn number(number: impl Into<Decimal>) -> Cell {
        Cell { content: Content::Number(number.into()), open: Open::Locked }
    }

    pub fn open(self, open: Open) -> Cell {
        Cell { open, ..self }
    }
}

/// The bytes of a form. Cost: its cells.
pub fn write(form: &Form) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let (year, month, day) = (form.day.year(), form.day.month(), form.day.day());
    let made = ExcelDateTime::from_ymd(u16::try_from(year)?, month as u8, day as u8)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for sheet in &form.sheets {
        table(workbook.add_worksheet(), sheet).with_context(|| sheet.name.clone())?;
    }
    help(workbook.add_worksheet(), &form.help)?;
    Ok(workbook.save_to_buffer()?)
}

/// The bytes of a list: headings that stay in sight, cells that anybody may sort and change.
pub(crate) fn write_list(list: &crate::list_out::List, day: Day) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(u16::try_from(day.year())?, day.month() as u8, day.day() as u8)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let (out, formats) = (workbook.add_worksheet(), formats());
    out.set_name(&list.name)?;
    for (at, words) in (0..).zip(&list.headings) {
        out.write_string_with_format(0, at, words, &heading(words))?;
        out.set_column_width(at, 24)?;
    }
    for (row, cells) in (1..).zip(&list.rows) {
        for (column, cell) in (0..).zip(cells) {
            content(out, row, column, cell, &formats.locked)?;
        }
    }
    let (last_row, last_column) = (list.rows.len().max(1) as u32, list.headings.len().saturating_sub(1) as u16);
    out.ignore_error_range(0, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
    out.set_freeze_panes(1, 0)?;
    out.autofilter(0, 0, last_row, last_column)?;
    Ok(workbook.save_to_buffer()?)
}

/// The formats of a table's cells.
struct Formats {
    locked: Format,
    open: Format,
}

fn formats() -> Formats {
    let lined = Format::new().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0xB8_C4_BC));
    let lined = lined.set_text_wrap().set_align(FormatAlign::Top);
    Formats { open: lined.clone().set_unlocked().set_background_color(Color::RGB(0xFF_F6_D6)), locked: lined }
}

/// A heading shows its words through its number format, whatever it holds.
fn heading(shown: &str) -> Format {
    let quoted = format!("\"{}\"", shown.replace(['"', ';'], " "));
    Format::new()
        .set_num_format([quoted.as_str(); 4].join(";"))
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x1F_5A_41))
}

fn table(out: &mut Worksheet, sheet: &Sheet) -> Result<()> {
    out.set_name(&sheet.name)?;
    for (at, column) in sheet.columns.iter().enumerate() {
        out.write_string_with_format(0, at as u16, column.heading, &heading(&column.shown))?;
        out.set_column_width(at as u16, column.width)?;
    }
    let formats = formats();
    for (row, cells) in (1..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(cells) {
            let format = if cell.open == Open::Locked { &formats.locked } else { &formats.open };
            content(out, row, column, &cell.content, format)?;
        }
    }
    let (last_row, last_column) = (sheet.rows.len() as u32, sheet.columns.len().saturating_sub(1) as u16);
    for column in 0..sheet.columns.len() {
        checks(out, sheet, column)?;
    }
    // Codes and numbers of indicators are texts that look like numbers.
    out.ignore_error_range(0, 0, last_row.max(1), last_column, IgnoreError::NumberStoredAsText)?;
    out.set_freeze_panes(1, 0)?;
    out.autofilter(0, 0, last_row.max(1), last_column)?;
    out.protect_with_options(&ProtectionOptions {
        use_autofilter: true,
        format_columns: true,
        format_rows: true,
        ..ProtectionOptions::default()
    });
    out.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&C&P/&N");
    out.set_repeat_rows(0, 0)?;
    Ok(())
}

fn content(out: &mut Worksheet, row: u32, column: u16, content: &Content, format: &Format) -> Result<()> {
    match content {
        Content::Empty => out.write_blank(row, column, format)?,
        Content::Text(text) => out.write_string_with_format(row, column, text, format)?,
        Content::Number(number) => match exact(number) {
            Some(double) => out.write_number_with_format(row, column, double, format)?,
            None => out.write_string_with_format(row, column, number.to_string(), format)?,
        },
    };
    Ok(())
}

/// The double that reads back as this very decimal, where there is one.
pub(crate) fn exact(number: &Decimal) -> Option<f64> {
    let double = number.to_f64();
    (double.is_finite() && format!("{double}") == number.to_string()).then_some(double)
}

/// One validation for each run of rows under one rule.
fn checks(out: &mut Worksheet, sheet: &Sheet, column: usize) -> Result<()> {
    let rule = |row: &Vec<Cell>| match row.get(column).map(|c| c.open) {
        Some(Open::Checked(rule)) => Some(rule),
        _ => None,
    };
    let mut first = 1;
    for run in sheet.rows.chunk_by(|a, b| rule(a) == rule(b)) {
        let last = first + run.len() as u32 - 1;
        if let Some(rule) = rule(&run[0]).and_then(|at| sheet.rules.get(at)) {
            let cell = format!("{}{}", crate::sheet_in::column_name(column as u32), first + 1);
            out.add_data_validation(first, column as u16, last, column as u16, &validation(rule, &cell)?)?;
        }
        first = last + 1;
    }
    Ok(())
}

/// The spreadsheet's own check; `cell` is the first it stands on.
fn validation(rule: &Rule, cell: &str) -> Result<DataValidation> {
    let new = DataValidation::new().set_error_title(&rule.title)?.set_error_message(&rule.message)?;
    let number = match &rule.takes {
        Takes::Words(words) => {
            let words: Vec<&str> = words.iter().map(String::as_str).chain(rule.also).collect();
            return Ok(new.allow_list_strings(&words)?);
        }
        Takes::Percent => format!("AND(ISNUMBER({cell}),{cell}>=0,{cell}<=100)"),
        Takes::Whole => format!("AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))"),
        Takes::Number => format!("ISNUMBER({cell})"),
        Takes::NotNegative => format!("AND(ISNUMBER({cell}),{cell}>=0)"),
    };
    Ok(match (&rule.takes, rule.also) {
        (_, Some(word)) => new.allow_custom(Formula::new(format!("=OR({number},{cell}=\"{word}\")"))),
        (Takes::Percent, None) => new.allow_decimal_number(DataValidationRule::Between(0.0, 100.0)),
        (Takes::Whole, None) => new.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)),
        (Takes::NotNegative, None) => new.allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)),
        _ => new.allow_decimal_number(DataValidationRule::Between(-HUGE, HUGE)),
    })
}

fn help(out: &mut Worksheet, help: &Help) -> Result<()> {
    out.set_name(&help.name)?;
    out.set_column_width(0, 96)?;
    out.write_string_with_format(0, 0, &help.title, &Format::new().set_bold().set_font_size(14))?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, line) in (2..).zip(&help.lines) {
        out.write_string_with_format(row, 0, line, &wrapped)?;
    }
    Ok(())
}
