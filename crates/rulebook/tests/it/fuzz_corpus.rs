//! The fuzz corpus, and bytes made from it, through the same functions as the fuzz targets: read or refused, no panic.
//! `LANGSO_FUZZ_SECONDS` goes on with ever new bytes for so long (`cargo xtask test --deep fuzz`), from `LANGSO_SEED`.

use crate::shipped;
use rulebook::{
    Book, Library, parse, report,
    unitsfile::UnitsFile,
    values::{self, Context, csv},
};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Reproducible bytes (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    /// A few cuts, repeats and changed bytes.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let to = (at + self.below(12)).min(bytes.len());
            match self.below(4) {
                0 => drop(bytes.drain(at..to)),
                1 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
                2 => bytes.insert(at, b"\",;\t\r\n-.0/:=[]{}\xcc\xff"[self.below(18)]),
                _ => bytes[at..to].iter_mut().for_each(|b| *b = self.below(256) as u8),
            }
        }
        bytes
    }
}

/// Every seed of a corpus, then `rounds` changed ones of each.
fn replay(corpus: &str, rounds: usize, mut feed: impl FnMut(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(corpus);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 3, "{corpus} has seeds");
    let seeds: Vec<Vec<u8>> = paths.into_iter().map(|path| fs::read(path).unwrap()).collect();
    let mut dice = Dice(1);
    for seed in &seeds {
        feed(seed);
        for _ in 0..rounds {
            feed(&dice.change(seed));
        }
    }
    deep(corpus, seeds, feed);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Bytes made of seeds and of what was made of them, for as long as was asked. The clock only ends it.
#[allow(clippy::disallowed_methods)]
fn deep(corpus: &str, mut seeds: Vec<Vec<u8>>, mut feed: impl FnMut(&[u8])) {
    let Some(seconds) = setting("LANGSO_FUZZ_SECONDS") else { return };
    let from = setting("LANGSO_SEED").unwrap_or(2);
    let (mut dice, mut count) = (Dice(from), 0);
    let (start, originals) = (Instant::now(), seeds.len());
    while start.elapsed() < Duration::from_secs(seconds) {
        let seed = dice.below(seeds.len());
        let bytes = dice.change(&seeds[seed]);
        feed(&bytes);
        count += 1;
        // Some changed ones are changed further, in place of older changed ones.
        if bytes.len() < 1 << 16 && dice.below(8) == 0 {
            let at = originals + dice.below(64);
            if at < seeds.len() { seeds[at] = bytes } else { seeds.push(bytes) }
        }
    }
    println!("{corpus}: {count} inputs in {seconds} s from seed {from}, none made it panic");
}

#[test]
fn the_law_is_read_or_refused() {
    let mut read = 0;
    replay("rulebook", 300, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        read += usize::from(parse::measures("m", text).is_ok()) + usize::from(parse::overlay("o", text).is_ok());
        if let Ok(set) = parse::rulebook("r", text) {
            let book = Book::new(set, "2025-12-31".parse().unwrap());
            assert_eq!(book.hash.len(), 64);
            read += 1;
        }
    });
    assert!(read >= 3, "the seeds themselves are read: {read}");
}

#[test]
fn a_table_is_judged_or_refused() {
    let library: Library = shipped::library();
    let units = UnitsFile::read("unit_code,region\na,TDMNPB\nb,\n").unwrap();
    let context = Context::new(&library, "commune-advanced-2021-2025", &units, None).unwrap();
    let mut judged = 0;
    replay("values_csv", 150, |bytes| {
        let Ok(text) = csv::text(bytes) else { return };
        let _ = UnitsFile::read(text);
        match values::read_csv(&context, text, false) {
            Ok(table) => {
                let mut out = Vec::new();
                report::write_json(&context, &table, &|p| p.key.to_owned(), &mut out).unwrap();
                serde_json::from_slice::<serde_json::Value>(&out).expect("JSON");
                judged += 1;
            }
            Err(faults) => {
                assert!(!faults.is_empty() && faults.is_sorted_by_key(|f| f.line));
                let lines = text.split(['\n', '\r']).count() as u32;
                assert!(faults.iter().all(|f| (1..=lines).contains(&f.line)), "{text:?}");
            }
        }
    });
    assert!(judged > 0);
}
