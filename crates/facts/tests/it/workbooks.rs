//! Workbooks for tests: hostile ones made, templates filled in.

use rust_xlsxwriter::{Formula, Workbook, Worksheet};
use std::io::{Cursor, Read, Write};

const HEADINGS: [&str; 5] = ["unit_code", "period", "indicator", "value", "unit_as_of"];

/// A workbook of one sheet with the headings, and whatever `fill` puts beneath them.
pub fn workbook(fill: impl Fn(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Nhập").unwrap();
    for (at, heading) in (0..).zip(HEADINGS) {
        sheet.write(0, at, heading).unwrap();
    }
    fill(sheet);
    workbook.save_to_buffer().unwrap()
}

/// A row of texts beneath the headings.
pub fn row(sheet: &mut Worksheet, row: u32, cells: [&str; 4]) {
    for (at, cell) in (0..).zip(cells) {
        sheet.write(row, at, cell).unwrap();
    }
}

pub fn formula(sheet: &mut Worksheet, row: u32) {
    sheet.write_formula(row, 3, Formula::new("=1+1").set_result("2")).unwrap();
}

/// The parts of a workbook, by name.
pub fn parts(workbook: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut parts = Vec::new();
    for at in 0..zip.len() {
        let mut part = zip.by_index(at).unwrap();
        let (name, mut text) = (part.name().to_owned(), String::new());
        part.read_to_string(&mut text).unwrap();
        parts.push((name, text));
    }
    parts
}

pub fn part(workbook: &[u8], name: &str) -> String {
    parts(workbook).into_iter().find(|(n, _)| n == name).map(|(_, text)| text).unwrap_or_default()
}

/// Fills in blank cells of a sheet's XML, by name.
pub fn filled(workbook: &[u8], sheet: &str, cells: &[(&str, &str)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mut text) in parts(workbook) {
        for (cell, value) in cells.iter().filter(|_| name == sheet) {
            let at = text.find(&format!("<c r=\"{cell}\" ")).unwrap_or_else(|| panic!("no cell {cell}"));
            let end = at + text[at..].find("/>").unwrap();
            let open = format!("{} t=\"str\"><v>{value}</v></c>", &text[at..end]);
            text.replace_range(at..end + 2, &open);
        }
        out.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}
