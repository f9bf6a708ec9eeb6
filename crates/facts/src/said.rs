//! What was typed where a value was said in another unit than its measure's: kept behind the note of its line, in brackets,
//! as `[nhập 3.500 m²]`, so that the history says it.

use locale::Lang;
use rulebook::said_in::Said;

const KEY: &str = "said-in-unit";

fn remark(typed: &str) -> String {
    locale::say_key(Lang::Vi, KEY, &[("typed", typed.into())])
}

/// A number as it was said, in words: `3.500 m²`.
pub fn words(lang: Lang, said: &Said) -> String {
    format!("{} {}", locale::exact(lang, &said.number), said.unit)
}

/// A note with what was said behind it.
pub fn with(note: &str, said: &Said) -> String {
    let remark = remark(&words(Lang::Vi, said));
    let note = note.trim();
    if note.is_empty() { remark } else { format!("{note} {remark}") }
}

/// A note as its line has it: with what was said behind it, where the value was said in another unit.
pub fn noted(note: &str, said: Option<&Said>) -> String {
    said.map_or_else(|| note.to_owned(), |said| with(note, said))
}

/// A note without what was said behind it: that belongs to the value it was said of.
pub fn without(note: &str) -> &str {
    let note = note.trim();
    let whole = remark("\u{1}");
    let Some((before, after)) = whole.split_once('\u{1}') else { return note };
    match note.strip_suffix(after).and_then(|rest| rest.rfind(before)) {
        Some(at) => note[..at].trim_end(),
        None => note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stands_behind_a_note_and_comes_off_again() {
        let number = "3500.5".parse().expect("a number");
        let said = Said { number, unit: "m²".into(), times: "0.0001".parse().expect("a number") };
        for (note, kept) in [("", "[nhập 3.500,5 m²]"), ("theo biên bản", "theo biên bản [nhập 3.500,5 m²]")]
        {
            assert_eq!(with(note, &said), kept);
            assert_eq!(without(kept), note);
            assert_eq!(without(note), note);
        }
    }
}
