//! Every table is judged or refused with the places of its problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulebook::{
    Library, report,
    unitsfile::UnitsFile,
    values::{self, Context, csv},
};
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let files = [
        ("measures.toml", include_str!("../../rulebooks/measures.toml")),
        ("a/rulebook.toml", include_str!("../../rulebooks/commune-2021-2025/rulebook.toml")),
        ("b/rulebook.toml", include_str!("../../rulebooks/commune-advanced-2021-2025/rulebook.toml")),
    ];
    Library::from_files(files).expect("the shipped law is read")
});
static UNITS: LazyLock<UnitsFile> =
    LazyLock::new(|| UnitsFile::read("unit_code,region\na,TDMNPB\nb,\n").expect("two units"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = csv::text(bytes) else { return };
    let _ = UnitsFile::read(text);
    let context = Context::new(&LIBRARY, "commune-advanced-2021-2025", &*UNITS, None).expect("a shipped set");
    if let Ok(table) = values::read_csv(&context, text, false) {
        let _ = report::write_json(&context, &table, &|p| p.key.to_owned(), &mut std::io::sink());
    }
});
