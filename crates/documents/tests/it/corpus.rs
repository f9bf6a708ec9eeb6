//! The fuzz corpus of workbooks, and sheets made from it, through the reader: read or refused, no panic.
//! `LANGSO_FUZZ_SECONDS` goes on with ever new bytes for so long (`cargo xtask test --deep fuzz`), from `LANGSO_SEED`.

use documents::sheet_in::{self, Limits};
use std::{
    fs,
    io::{Cursor, Read, Write},
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
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

/// A cell whose name leads far out costs neither memory nor the program.
#[test]
fn a_cell_beyond_every_sheet_is_refused() {
    let seed =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/values_xlsx/plain.xlsx")).unwrap();
    for name in ["ZZZZZZ1", "ZZZZZZZZZZ1", "A99999999999", "A4294967295", "XFE1", "A1048577"] {
        let moved = with_sheet(&seed, |xml| {
            let text = String::from_utf8(xml.to_vec()).unwrap();
            let moved = text.replacen("r=\"A2\"", &format!("r=\"{name}\""), 1);
            assert_ne!(moved, text);
            moved.into_bytes()
        });
        assert!(!feed(&moved), "{name}");
    }
}

#[test]
fn a_workbook_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/values_xlsx");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.into_iter().map(|path| fs::read(path).unwrap()).collect();
    let mut read = 0;
    for seed in seeds.clone() {
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
    deep(&seeds);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Reproducible numbers (SplitMix64).
fn below(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
}

/// A few cuts, repeats and changed bytes.
fn changed(dice: &mut u64, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=below(dice, 4) {
        let at = below(dice, bytes.len());
        let to = (at + below(dice, 40)).min(bytes.len());
        match below(dice, 3) {
            0 => drop(bytes.drain(at..to)),
            1 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
            _ => bytes[at..to].iter_mut().for_each(|b| *b = below(dice, 256) as u8),
        }
    }
    bytes
}

/// Files changed as a whole, and with their sheet changed inside, for as long as was asked. The clock only ends it.
#[allow(clippy::disallowed_methods)]
fn deep(seeds: &[Vec<u8>]) {
    let Some(seconds) = setting("LANGSO_FUZZ_SECONDS") else { return };
    let from = setting("LANGSO_SEED").unwrap_or(2);
    // The reader of workbooks may stop within itself, where that is caught; a million times over nobody needs to see it.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|at| at.file().contains("calamine")) {
            usual(panic);
        }
    }));
    let (mut dice, mut count, start) = (from, 0, Instant::now());
    while start.elapsed() < Duration::from_secs(seconds) {
        let seed = &seeds[below(&mut dice, seeds.len())];
        feed(&changed(&mut dice, seed));
        count += 1;
        if zip::ZipArchive::new(Cursor::new(seed)).is_ok() {
            let once = below(&mut dice, usize::MAX) as u64;
            feed(&with_sheet(seed, |xml| changed(&mut once.clone(), xml)));
            count += 1;
        }
    }
    println!("values_xlsx: {count} inputs in {seconds} s from seed {from}, none made it panic");
}
