//! The fuzz corpus of workbooks, and sheets made from it, through the reader: read or refused, no panic.

use documents::sheet_in::{self, Limits};
use std::{
    fs,
    io::{Cursor, Read, Write},
    ops::ControlFlow,
    path::Path,
};

/// Reads every sheet; whether all of it was read.
fn feed(bytes: &[u8]) -> bool {
    let Ok(mut workbook) = sheet_in::open(bytes, Limits::default()) else { return false };
    workbook.sheets().iter().all(|sheet| {
        let rows = workbook.rows(sheet, |_| ControlFlow::Continue(()));
        workbook.suspicious(sheet).is_ok() && rows.is_ok()
    })
}

/// The workbook with its sheet's XML replaced.
fn with_sheet(workbook: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().to_owned(), Vec::new());
        part.read_to_end(&mut bytes).unwrap();
        out.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&if name.ends_with("sheet1.xml") { change(&bytes) } else { bytes }).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/values_xlsx");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut read = 0;
    for path in paths {
        let seed = fs::read(&path).unwrap();
        read += usize::from(feed(&seed));
        // Cut short, and one byte wrong, all along the file.
        for at in (0..seed.len()).step_by(7) {
            feed(&seed[..at]);
            let mut wrong = seed.clone();
            wrong[at] ^= 0x55;
            feed(&wrong);
        }
        if read > 0 && seed.starts_with(b"PK\x03\x04") {
            for at in (0..800).step_by(9) {
                feed(&with_sheet(&seed, |xml| xml[..at.min(xml.len())].to_vec()));
                feed(&with_sheet(&seed, |xml| {
                    let (at, mut xml) = (at % xml.len(), xml.to_vec());
                    xml[at] = b"<>\"&9Z/ \xff"[at % 9];
                    xml
                }));
            }
        }
    }
    assert!(read >= 3, "the seeds themselves are read: {read}");
}
