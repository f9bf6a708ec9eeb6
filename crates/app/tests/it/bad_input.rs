//! Bad input through one `check`: refused with a clear error each, within 256 MiB of memory.

use crate::program::{SET, langso, text};
use std::{
    fmt::Write as _,
    io::{Cursor, Read, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// The most memory a refusal may take at any moment, in KiB.
const MOST: u64 = 256 * 1024;

/// The most memory that a running program ever had, in KiB, as long as the system tells.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

struct Refused {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
    peak: u64,
}

fn evaluate(values: &Path, units: &Path, more: &[&str]) -> Refused {
    let args = ["evaluate", "--rulebook", SET, "--lang", "en", "--values", text(values), "--units", text(units)];
    let mut child = langso(&[&args, more].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let reading = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut all = Vec::new();
            from.read_to_end(&mut all).map(|_| all).unwrap_or_default()
        })
    };
    let out = reading(Box::new(child.stdout.take().unwrap()));
    let err = reading(Box::new(child.stderr.take().unwrap()));
    let mut most = 0;
    let code = loop {
        most = peak(child.id()).unwrap_or(0).max(most);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code();
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let err = String::from_utf8(err.join().unwrap()).unwrap();
    Refused { code, out: out.join().unwrap(), err, peak: most }
}

/// The file is refused: exit code 2, nothing on standard output, exactly these problems.
#[track_caller]
fn check(folder: &TempDir, name: &str, bytes: &[u8], problems: &[&str]) {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let units = folder.path().join("units.csv");
    std::fs::write(&units, "unit_code,region\na,TDMNPB\nb,TDMNPB\n").unwrap();
    let refused = evaluate(&path, &units, &[]);
    let said: Vec<&str> = refused.err.lines().take(20).collect();
    assert_eq!(refused.code, Some(2), "{name}: {said:?}");
    assert!(refused.out.is_empty(), "{name}: nothing on standard output");
    assert_eq!(said, problems, "{name}");
    assert!(refused.peak > 0 && refused.peak < MOST, "{name}: {} KiB", refused.peak);
}

fn table(rows: &str) -> Vec<u8> {
    format!("unit_code,period,indicator,value\n{rows}").into_bytes()
}

#[test]
fn bad_tables_are_refused_with_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, bytes: &[u8], problems: &[&str]| check(&folder, name, bytes, problems);
    check(
        "utf8.csv",
        b"unit_code,period,indicator,value\na,2024,8.4,\xc4\x91\xe1t\nb,2024,8.4,\xff\n",
        &[
            "line 2: has characters that are not UTF-8; save the file as UTF-8",
            "line 3: has characters that are not UTF-8; save the file as UTF-8",
        ],
    );
    check(
        "delimiter.csv",
        b"unit_code|period|indicator|value\na|2024|8.4|true\n",
        &[
            "line 1: column \"unit_code\" is missing in the header",
            "line 1: column \"period\" is missing in the header",
            "line 1: column \"indicator\" is missing in the header",
            "line 1: column \"value\" is missing (or both \"numerator\" and \"denominator\")",
        ],
    );
    check(
        "codes.csv",
        &table("x,2024,8.4,true\na,2024,77.7,true\na,2024,other-set/8.4,true\n"),
        &[
            "line 2: no unit has the code \"x\" in the units file",
            "line 3: this set has no indicator \"77.7\"",
            "line 4: this set has no indicator \"other-set/8.4\"",
        ],
    );
    check(
        "twice.csv",
        &table("a,2024,8.4,true\nb,2024,8.4,true\na,2024,8.4,false\n"),
        &["line 4: repeats line 2: same unit, period and indicator"],
    );
    check(
        "percent.csv",
        &table("a,2024,3.1,100.1\na,2024,15.1,-1\n"),
        &["line 2: 100.1 is outside 0 to 100%", "line 3: -1 is outside 0 to 100%"],
    );
    check(
        "counts.csv",
        &table("a,2024,9.1,-1\nb,2024,9.1,1.5\nb,2023,9.1,\"1.000\"\n"),
        &[
            "line 2: -1 is negative",
            "line 3: 1.5 is not a whole number",
            "line 4: \"1.000\" can be read in two ways: 1 or 1000; write it plainly",
        ],
    );
    check("quote.csv", &table("a,2024,8.4,\"true\n"), &["line 2: a double quote is opened and never closed"]);
    check("empty.csv", b"", &["line 1: the file is empty, it has no header line"]);
}

#[test]
fn bad_workbooks_are_refused_with_sheet_and_cell() {
    use rust_xlsxwriter::{Format, Workbook};
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, bytes: &[u8], problems: &[&str]| check(&folder, name, bytes, problems);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, heading) in ["unit_code", "period", "indicator", "value"].into_iter().enumerate() {
        sheet.write(0, at as u16, heading).unwrap();
    }
    sheet.write(1, 0, "a").unwrap().write(1, 1, 2024).unwrap().write(1, 2, "3.1").unwrap();
    // A percent that the spreadsheet took for a day.
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_with_format(1, 3, 45000, &day).unwrap();
    sheet.write(2, 0, "x").unwrap().write(2, 1, 2024).unwrap().write(2, 2, "8.4").unwrap().write(2, 3, true).unwrap();
    check(
        "dates.xlsx",
        &book.save_to_buffer().unwrap(),
        &[
            "sheet \"Sheet1\", cell D2: \"2023-03-15\" is not a number",
            "sheet \"Sheet1\", cell A3: no unit has the code \"x\" in the units file",
        ],
    );
    check("bomb.xlsx", &bomb(), &["the file unpacks to far more than its size and was not read"]);
    check("text.xlsx", b"unit_code,period\n", &["the workbook is broken and cannot be read; open and save it again"]);
}

/// A workbook of under a hundred kilobytes whose sheet unpacks to 80 MB.
fn bomb() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(9));
    zip.start_file("xl/workbook.xml", options).unwrap();
    zip.write_all(b"<workbook/>").unwrap();
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..80 {
        zip.write_all(&spaces).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn too_much_is_refused_unless_it_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let big = folder.path().join("big.csv");
    std::fs::File::create(&big).unwrap().set_len(50_000_001).unwrap();
    let units = folder.path().join("u.csv");
    let mut codes = "unit_code,region\n".to_owned();
    (0..1000).for_each(|n| writeln!(codes, "u{n},TDMNPB").unwrap());
    std::fs::write(&units, codes).unwrap();
    let refused = evaluate(&big, &units, &[]);
    assert_eq!((refused.code, refused.out.len()), (Some(2), 0));
    assert_eq!(
        refused.err,
        "option --values: the file is larger than 50 MB; split it or ask the administrator, or add --large\n"
    );
    assert!(refused.peak < MOST, "{} KiB", refused.peak);

    let rows = folder.path().join("rows.csv");
    let mut text = "unit_code,period,indicator,value\n".to_owned();
    for year in 1000..2001 {
        (0..1000).for_each(|unit| writeln!(text, "u{unit},{year},8.4,true").unwrap());
    }
    std::fs::write(&rows, text).unwrap();
    let refused = evaluate(&rows, &units, &[]);
    assert_eq!((refused.code, refused.out.len()), (Some(2), 0), "{}", refused.err);
    assert_eq!(
        refused.err,
        "line 1: the file has more than 1,000,000 rows; split it or ask the administrator, or add --large\n"
    );
    assert!(refused.peak < MOST, "{} KiB", refused.peak);
}
