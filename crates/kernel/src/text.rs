//! Keys of names: search without diacritics, Vietnamese order. Written by the program so that both engines agree.

use unicode_normalization::UnicodeNormalization;

/// The search key of a text: lower case, no diacritics, đ as d, white space folded.
pub fn search_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase) {
        if c.is_whitespace() {
            gap = !key.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            key.push(' ');
        }
        key.push(if c == 'đ' { 'd' } else { c });
    }
    key
}

/// Vietnamese letters in dictionary order; each base letter's place, then the tones ngang huyền hỏi ngã sắc nặng.
const LETTERS: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
const TONES: [char; 5] = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'];

/// The sorting key of a text: letters in Vietnamese order, tones as the tie-breaker, so that bytes compare as a
/// Vietnamese dictionary does (TCVN 5712 letter order; tones ngang, huyền, hỏi, ngã, sắc, nặng).
pub fn order_key(text: &str) -> String {
    let (mut letters, mut tones) = (String::new(), String::new());
    for c in text.trim().nfc().flat_map(char::to_lowercase) {
        let mut base = String::new();
        let mut tone = 0;
        for d in c.nfd() {
            match TONES.iter().position(|&t| t == d) {
                Some(at) => tone = at + 1,
                None => base.push(d),
            }
        }
        let base = base.nfc().next().unwrap_or(c);
        match LETTERS.chars().position(|l| l == base) {
            // 'A' upwards leaves room below for digits and spaces, which keep their ASCII place.
            Some(at) => letters.push(char::from(b'A' + at as u8)),
            None => letters.push(base),
        }
        tones.push(char::from(b'0' + tone as u8));
    }
    format!("{letters}\u{1}{tones}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ignores_marks_and_case() {
        for (text, key) in [("Xã Đạo Đức", "xa dao duc"), ("  TÂN\u{a0}TRÀO ", "tan trao"), ("Ỷ La", "y la"), ("", "")]
        {
            assert_eq!(search_key(text), key);
        }
    }

    #[test]
    fn names_sort_as_in_a_vietnamese_dictionary() {
        let want = [
            "An Khang",
            "An Tường",
            "Ấm Thượng",
            "Bằng Cốc",
            "Dân",
            "Đà Vị",
            "Đạo",
            "Ê Đê",
            "Lam",
            "Làm",
            "Lảm",
            "Lãm",
            "Lám",
            "Lạm",
        ];
        let mut got = want;
        got.reverse();
        got.sort_by_key(|name| order_key(name));
        assert_eq!(got, want);
    }
}
