//! Spreadsheets in, read with suspicion: bounded before anything is unpacked, streamed row by row, formulas and merged
//! cells reported, never trusted. Only .xlsx; everything else is refused with what to do instead.
//!
//! Memory: the file's bytes, its shared strings, and one row.

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use kernel::{Phrase, Problem, Problems};
use std::{
    io::{Cursor, Read},
    ops::ControlFlow,
};

/// Files above this need `large`.
pub const LARGE_BYTES: usize = 50_000_000;
/// Rows of a sheet above this need `large`.
pub const LARGE_ROWS: u32 = 1_000_000;
/// What a workbook may unpack to, in bytes, and how many times its packed size.
const UNPACKED: u64 = 600_000_000;
const UNPACKED_LARGE: u64 = 4_000_000_000;
const RATIO: u64 = 150;
/// What of it may be held in memory as a whole.
const WHOLE: u64 = 24_000_000;
const WHOLE_LARGE: u64 = 1_000_000_000;
/// The longest text or tag of a sheet: a cell has at most 32,767 characters.
const PIECE: u64 = 1_000_000;
/// Ratios are only looked at beyond this; small files of repeated rows pack very well.
const RATIO_FROM: u64 = 64_000_000;

/// How much is allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Allow more than 50 MB or 1,000,000 rows.
    pub large: bool,
}

/// A cell's content.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Text as typed; a number as its shortest exact decimal, never with an exponent; a date as YYYY-MM-DD.
    pub text: String,
    /// Whether the sheet holds it as a number, so that `1.234` has one reading.
    pub number: bool,
}

/// A row: its number as the sheet shows it, and its cells from column A on.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub number: u32,
    pub cells: Vec<Cell>,
}

/// An open workbook.
pub struct Workbook<'a> {
    xlsx: Xlsx<Cursor<&'a [u8]>>,
    limits: Limits,
}

/// Whether these bytes begin like a workbook: a zip, or the container of old or encrypted workbooks.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") || bytes.starts_with(OLE)
}

/// What a sheet has at most, by its format.
const MOST_ROWS: u32 = 1 << 20;
const MOST_COLUMNS: u32 = 1 << 14;

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

fn refused(key: &'static str) -> Problems {
    vec![Problem::input(Phrase::new(key))]
}

/// Opens a workbook after counting what it unpacks to: declared sizes lie, so the bytes themselves are counted.
pub fn open(bytes: &[u8], limits: Limits) -> Result<Workbook<'_>, Problems> {
    if bytes.len() > LARGE_BYTES && !limits.large {
        return Err(refused("sheet-too-large"));
    }
    if bytes.starts_with(OLE) {
        // Old .xls and password-protected .xlsx share this container; the latter names its stream in UTF-16.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|w| w == name);
        return Err(refused(if encrypted { "sheet-encrypted" } else { "sheet-old-format" }));
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| refused("sheet-broken"))?;
    if zip.index_for_name("xl/workbook.xml").is_none() {
        return Err(refused(if zip.index_for_name("content.xml").is_some() {
            "sheet-ods"
        } else {
            "sheet-not-a-workbook"
        }));
    }
    count(&mut zip, bytes.len() as u64, limits)?;
    let xlsx = guarded(|| Xlsx::new(Cursor::new(bytes)))?;
    Ok(Workbook { xlsx, limits })
}

/// Unpacks every part into nothing. Sheets are read row by row later, so they may be long, in short pieces; what is held
/// whole (shared texts, styles) may not.
fn count(zip: &mut zip::ZipArchive<Cursor<&[u8]>>, packed: u64, limits: Limits) -> Result<(), Problems> {
    let (most, most_whole) = if limits.large { (UNPACKED_LARGE, WHOLE_LARGE) } else { (UNPACKED, WHOLE) };
    let (mut unpacked, mut whole, mut buffer) = (0u64, 0u64, vec![0; 1 << 16]);
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(|_| refused("sheet-broken"))?;
        let streamed = entry.name().starts_with("xl/worksheets/");
        let held = !streamed && !entry.name().starts_with("xl/media/");
        let mut piece = 0u64;
        loop {
            let read = entry.read(&mut buffer).map_err(|_| refused("sheet-broken"))?;
            if read == 0 {
                break;
            }
            unpacked += read as u64;
            whole += if held { read as u64 } else { 0 };
            piece = match buffer[..read].iter().rposition(|&b| b == b'<') {
                Some(last) => (read - last) as u64,
                None => piece + read as u64,
            };
            let packs_too_well = unpacked > RATIO_FROM && unpacked > RATIO * packed;
            let one_piece = streamed && piece > PIECE;
            if unpacked > most || whole > most_whole || packs_too_well || one_piece {
                return Err(refused("sheet-bomb"));
            }
        }
    }
    Ok(())
}

/// Calls the reader of workbooks, which overflows at names of cells that no spreadsheet writes: broken, like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Problems> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    done.map_err(|_| refused("sheet-broken"))?.map_err(|e| refused(broken(&e)))
}

fn broken(error: &XlsxError) -> &'static str {
    match error {
        XlsxError::Password => "sheet-encrypted",
        _ => "sheet-broken",
    }
}

impl Workbook<'_> {
    /// Names of the sheets, in order.
    pub fn sheets(&self) -> Vec<String> {
        self.xlsx.sheet_names()
    }

    /// Reads a sheet row by row until `each` breaks; rows without content are left out.
    pub fn rows(&mut self, sheet: &str, mut each: impl FnMut(Row) -> ControlFlow<()>) -> Result<(), Problems> {
        let large = self.limits.large;
        let mut cells = guarded(|| self.xlsx.worksheet_cells_reader(sheet))?;
        let mut row: Option<Row> = None;
        let mut count = 0;
        while let Some(cell) = guarded(|| cells.next_cell())? {
            let (at, column) = cell.get_position();
            if at >= MOST_ROWS || column >= MOST_COLUMNS {
                return Err(refused("sheet-broken"));
            }
            let Some(content) = content(cell.get_value()) else { continue };
            if row.as_ref().is_none_or(|r| r.number != at + 1) {
                count += 1;
                if count > LARGE_ROWS && !large {
                    return Err(refused("sheet-too-many-rows"));
                }
                if let Some(full) = row.replace(Row { number: at + 1, cells: Vec::new() })
                    && each(full).is_break()
                {
                    return Ok(());
                }
            }
            if let Some(row) = &mut row {
                let empty = || Cell { text: String::new(), number: false };
                row.cells.resize_with((column as usize).max(row.cells.len()), empty);
                row.cells.push(content);
            }
        }
        if let Some(last) = row {
            let _ = each(last);
        }
        Ok(())
    }

    /// What must not stand in a sheet of values: formulas (their shown result may be old) and merged cells.
    pub fn suspicious(&mut self, sheet: &str) -> Result<Vec<Suspect>, Problems> {
        let mut suspects = Vec::new();
        let mut cells = guarded(|| self.xlsx.worksheet_cells_reader(sheet))?;
        while let Some(formula) = guarded(|| cells.next_formula())? {
            if !formula.get_value().is_empty() {
                let (row, column) = formula.get_position();
                suspects.push(Suspect { rows: (row, row), column, what: "sheet-formula" });
            }
        }
        drop(cells);
        if let Ok(merged) = self.xlsx.merge_cells_by_sheet_name(sheet) {
            suspects.extend(merged.iter().map(|area| {
                let (rows, column) = ((area.start.0, area.end.0), area.start.1);
                Suspect { rows, column, what: "sheet-merged" }
            }));
        }
        Ok(suspects)
    }
}

/// A formula or a merged area, kept small: a sheet may have a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// First and last row, counted from 0.
    rows: (u32, u32),
    column: u32,
    what: &'static str,
}

impl Suspect {
    /// First and last row, as the sheet numbers them.
    pub fn rows(&self) -> (u32, u32) {
        (self.rows.0 + 1, self.rows.1 + 1)
    }

    /// As it is shown.
    pub fn problem(&self, sheet: &str) -> Problem {
        let cell = format!("{}{}", column_name(self.column), self.rows.0 + 1);
        Problem::input(Phrase::new(self.what)).at_cell(sheet, cell)
    }
}

/// A spreadsheet's name of a column counted from 0: A, B … Z, AA.
pub fn column_name(mut at: u32) -> String {
    let mut name = Vec::new();
    loop {
        name.insert(0, b'A' + (at % 26) as u8);
        if at < 26 {
            return String::from_utf8_lossy(&name).into_owned();
        }
        at = at / 26 - 1;
    }
}

/// A double as the shortest decimal that reads back as the same double, without an exponent.
fn decimal(number: f64) -> String {
    // Rust writes floats so: shortest, never with an exponent.
    format!("{number}")
}

fn content(data: &DataRef<'_>) -> Option<Cell> {
    let text = |text: &str| Cell { text: text.to_owned(), number: false };
    let cell = match data {
        DataRef::Empty => return None,
        DataRef::String(t) => text(t),
        DataRef::SharedString(t) => text(t),
        DataRef::Float(n) => Cell { text: decimal(*n), number: true },
        DataRef::Int(n) => Cell { text: n.to_string(), number: true },
        DataRef::Bool(b) => text(if *b { "true" } else { "false" }),
        DataRef::DateTime(d) => Cell { text: day_text(d.as_f64()), number: false },
        DataRef::DateTimeIso(t) | DataRef::DurationIso(t) => text(t.get(..10).unwrap_or(t)),
        // An error cell keeps its name (#REF!), so that the problem can show it.
        DataRef::Error(e) => text(&e.to_string()),
    };
    (!cell.text.is_empty()).then_some(cell)
}

/// A spreadsheet's day number as YYYY-MM-DD (day 25569 is 1970-01-01 in the 1900 system).
fn day_text(serial: f64) -> String {
    kernel::Day::from_epoch_days(serial.floor() as i64 - 25_569).to_string()
}
