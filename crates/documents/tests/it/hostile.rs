//! Workbooks made to fill the memory: refused while their bytes are counted, before anything is held.

use documents::sheet_in::{self, Limits};
use std::io::{Cursor, Write};

/// A workbook's container with one part of so many bytes.
fn with_part(name: &str, size: usize, piece: &[u8]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    out.start_file("xl/workbook.xml", options).unwrap();
    out.write_all(b"<workbook/>").unwrap();
    out.start_file(name, options).unwrap();
    for _ in 0..size / piece.len() {
        out.write_all(piece).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn refused(bytes: &[u8]) -> &'static str {
    sheet_in::open(bytes, Limits::default()).err().map_or("", |problems| problems[0].phrase.key)
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_held() {
    let piece = [b"<si><t>", [b'a'; 4000].as_slice(), b"</t></si>"].concat();
    let letters = [b'a'; 1 << 16];
    for (name, size, piece, key) in [
        // Shared texts are held as a whole.
        ("xl/sharedStrings.xml", 30_000_000, piece.as_slice(), "sheet-bomb"),
        // A sheet may be long, but not in one piece, and not packed a thousand times.
        ("xl/worksheets/sheet1.xml", 2_000_000, &letters, "sheet-bomb"),
        ("xl/worksheets/sheet1.xml", 70_000_000, piece.as_slice(), "sheet-bomb"),
        // Small enough to be looked at: it is no sheet.
        ("xl/worksheets/sheet1.xml", 100_000, piece.as_slice(), "sheet-broken"),
    ] {
        assert_eq!(refused(&with_part(name, size, piece)), key, "{name} {size}");
    }
    let mut large = b"PK\x03\x04".to_vec();
    large.resize(60_000_000, 0);
    assert_eq!(refused(&large), "sheet-too-large");
}
