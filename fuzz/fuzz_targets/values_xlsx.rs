//! Every workbook is read or refused: no panic, no unbounded memory.
#![no_main]

use documents::sheet_in::{self, Limits};
use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut workbook) = sheet_in::open(bytes, Limits::default()) else { return };
    for sheet in workbook.sheets() {
        let _ = workbook.rows(&sheet, |_| ControlFlow::Continue(()));
        let _ = workbook.suspicious(&sheet);
    }
});
