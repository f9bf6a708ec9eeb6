//! Words as they are compared: without diacritics, đ as d, y as i, whatever stands between them.

use kernel::text::search_key;

/// What of a question is read.
const MOST_LETTERS: usize = 100;
const MOST_WORDS: usize = 12;

/// The words of a text. `y` and `i` are one letter: tỷ lệ, tỉ lệ.
pub fn words(text: &str) -> Vec<String> {
    let key = search_key(text);
    let words = key.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(|w| w.replace('y', "i")).collect()
}

/// The words of what somebody asks: no more of them than a question has.
pub fn asked(text: &str) -> Vec<String> {
    let text: String = text.chars().take(MOST_LETTERS).collect();
    let mut words = words(&text);
    words.truncate(MOST_WORDS);
    words
}

/// How many edits a word or name of so many letters may be away.
pub fn edits(letters: usize) -> usize {
    match letters {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// How many edits (a letter more, less, other, two changed about) lie between two words, where no more than are allowed.
pub fn distance(asked: &str, word: &str, most: usize) -> Option<usize> {
    if most == 0 || asked.len().abs_diff(word.len()) > most {
        return None;
    }
    Some(strsim::osa_distance(asked, word)).filter(|d| *d <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_marks() {
        for (text, wanted) in [
            ("Xã Tân Trào", "xa tan trao"),
            ("318/QĐ-TTg", "318 qd ttg"),
            ("  Tỷ\u{a0}lệ, (17.1) ", "ti le 17 1"),
            ("Ỷ La", "i la"),
            ("%_\\'\"<>\0", ""),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_question_is_never_longer_than_one() {
        assert_eq!(asked(&"a ".repeat(10_000)).len(), MOST_WORDS);
        assert_eq!(asked(&"a".repeat(10_000)).concat().len(), MOST_LETTERS);
    }

    #[test]
    fn edits_are_counted_as_people_make_them() {
        for (a, b, wanted) in [
            ("trao", "trao", Some(0)),
            ("trap", "trao", Some(1)),
            ("tra", "trao", Some(1)),
            ("traoo", "trao", Some(1)),
            // Two letters changed about.
            ("taro", "trao", Some(1)),
            ("chao", "trao", None),
            ("la", "lo", None),
            ("tuienquagn", "tuienquang", Some(1)),
        ] {
            assert_eq!(distance(a, b, edits(a.len())), wanted, "{a} {b}");
        }
    }
}
