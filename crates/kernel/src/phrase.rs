//! Phrases: what is said, before a language is chosen. `rulebook` and the rooms build them, `locale` says them.

use crate::{Day, Decimal};

/// A key of `locales/*.ftl` with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub key: &'static str,
    pub args: Vec<(&'static str, Arg)>,
}

/// An argument of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Said as it stands: a name, a code, what the user typed.
    Text(String),
    /// A text of the law or of reference data, kept in both languages as data.
    Both { vi: String, en: String },
    /// An exact decimal, said with the language's decimal sign and all its digits.
    Number(Decimal),
    /// A count; also selects plural forms.
    Int(i64),
    /// A day, said dd/mm/yyyy.
    Day(Day),
    /// A phrase inside a phrase.
    Phrase(Box<Phrase>),
    /// Several phrases, joined by the language's list separator.
    List(Vec<Phrase>),
}

impl Phrase {
    /// A phrase without arguments.
    pub const fn new(key: &'static str) -> Phrase {
        Phrase { key, args: Vec::new() }
    }

    /// Adds an argument.
    pub fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Phrase {
        self.args.push((name, arg.into()));
        self
    }

    /// Adds a law text that the data keeps in both languages.
    pub fn both(self, name: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Phrase {
        self.with(name, Arg::Both { vi: vi.into(), en: en.into() })
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}
impl From<Decimal> for Arg {
    fn from(number: Decimal) -> Arg {
        Arg::Number(number)
    }
}
impl From<i64> for Arg {
    fn from(count: i64) -> Arg {
        Arg::Int(count)
    }
}
impl From<usize> for Arg {
    fn from(count: usize) -> Arg {
        Arg::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
impl From<Day> for Arg {
    fn from(day: Day) -> Arg {
        Arg::Day(day)
    }
}
impl From<Phrase> for Arg {
    fn from(phrase: Phrase) -> Arg {
        Arg::Phrase(Box::new(phrase))
    }
}
impl From<Vec<Phrase>> for Arg {
    fn from(phrases: Vec<Phrase>) -> Arg {
        Arg::List(phrases)
    }
}
