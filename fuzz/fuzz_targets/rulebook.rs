//! Every text of the law is read or refused; what was read can be put in force and hashed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = rulebook::parse::measures("measures.toml", text);
    let _ = rulebook::parse::overlay("overlay.toml", text);
    if let Ok(set) = rulebook::parse::rulebook("rulebook.toml", text) {
        let _ = rulebook::Book::new(set, "2025-12-31".parse().expect("a day"));
    }
});
