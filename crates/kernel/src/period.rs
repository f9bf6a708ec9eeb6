//! Days of law and calendar, and the periods figures belong to.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A calendar day in Asia/Ho_Chi_Minh. Text form: ISO 8601 (`2025-07-01`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day, or `None` where the calendar has none such.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        Date::new(year, month, day).ok().map(Day)
    }

    /// The day so many days after 1970-01-01; the calendar's ends where the number is beyond them.
    pub fn from_epoch_days(days: i64) -> Day {
        let days = days.clamp(-4_371_587, 2_932_896);
        Day(Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days)))
    }

    /// Days since 1970-01-01; what the store keeps.
    pub fn epoch_days(self) -> i64 {
        (self.0.duration_since(Date::constant(1970, 1, 1))).as_hours() / 24
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }
    pub fn month(self) -> i8 {
        self.0.month()
    }
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The next day; the calendar's last day is its own next.
    pub fn tomorrow(self) -> Day {
        Day::from_epoch_days(self.epoch_days() + 1)
    }

    /// The day before; the calendar's first day is its own.
    pub fn yesterday(self) -> Day {
        Day::from_epoch_days(self.epoch_days() - 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no day or no period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAPeriod(pub String);

impl fmt::Display for NotAPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a day or period: {:?}", self.0)
    }
}

impl std::error::Error for NotAPeriod {}

/// Years that an address may name.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// A year as an address names it; `None` where no figure can be of it.
pub fn year(text: &str) -> Option<i16> {
    text.parse().ok().filter(|year| YEARS.contains(year))
}

/// `N` ASCII digits as a number.
fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

impl FromStr for Day {
    type Err = NotAPeriod;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Day, NotAPeriod> {
        let read = || {
            let mut parts = text.split('-');
            let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            Day::new(digits(y, 4)?, digits(m, 2)? as i8, digits(d, 2)? as i8)
        };
        read().ok_or_else(|| NotAPeriod(text.to_owned()))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The span of time a figure is about. Text form: `2025`, `2025S1`, `2025Q3`, `202507`, `20250701` (as DHIS2 writes them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Year(i16),
    /// Year and half, 1 or 2.
    Half(i16, i8),
    /// Year and quarter, 1 to 4.
    Quarter(i16, i8),
    /// Year and month, 1 to 12.
    Month(i16, i8),
    Day(Day),
}

impl Period {
    pub fn year(self) -> i16 {
        match self {
            Period::Year(y) | Period::Half(y, _) | Period::Quarter(y, _) | Period::Month(y, _) => y,
            Period::Day(day) => day.year(),
        }
    }

    /// First month and number of months; `None` for a day.
    fn months(self) -> Option<(i8, i8)> {
        match self {
            Period::Year(_) => Some((1, 12)),
            Period::Half(_, h) => Some((h * 6 - 5, 6)),
            Period::Quarter(_, q) => Some((q * 3 - 2, 3)),
            Period::Month(_, m) => Some((m, 1)),
            Period::Day(_) => None,
        }
    }

    pub fn first_day(self) -> Day {
        match (self, self.months()) {
            (Period::Day(day), _) => day,
            (_, Some((month, _))) => Day(Date::new(self.year(), month, 1).unwrap_or(Date::MIN)),
            (_, None) => Day(Date::MIN),
        }
    }

    pub fn last_day(self) -> Day {
        match (self, self.months()) {
            (Period::Day(day), _) => day,
            (_, Some((month, count))) => {
                Day(Date::new(self.year(), month + count - 1, 1).unwrap_or(Date::MIN).last_of_month())
            }
            (_, None) => Day(Date::MIN),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Year(y) => write!(f, "{y:04}"),
            Period::Half(y, h) => write!(f, "{y:04}S{h}"),
            Period::Quarter(y, q) => write!(f, "{y:04}Q{q}"),
            Period::Month(y, m) => write!(f, "{y:04}{m:02}"),
            Period::Day(d) => write!(f, "{:04}{:02}{:02}", d.year(), d.month(), d.day()),
        }
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Period, NotAPeriod> {
        let read = || {
            if !text.is_ascii() || text.len() < 4 {
                return None;
            }
            let (year, rest) = (digits(&text[..4], 4)?, &text[4..]);
            if year == 0 {
                return None;
            }
            let within = |n: i16, max: i16| (1..=max).contains(&n).then_some(n as i8);
            match (rest.len(), rest.as_bytes().first()) {
                (0, _) => Some(Period::Year(year)),
                (2, Some(b'S')) => Some(Period::Half(year, within(digits(&rest[1..], 1)?, 2)?)),
                (2, Some(b'Q')) => Some(Period::Quarter(year, within(digits(&rest[1..], 1)?, 4)?)),
                (2, _) => Some(Period::Month(year, within(digits(rest, 2)?, 12)?)),
                (4, _) => Day::new(year, digits(&rest[..2], 2)? as i8, digits(&rest[2..], 2)? as i8).map(Period::Day),
                _ => None,
            }
        };
        read().ok_or_else(|| NotAPeriod(text.to_owned()))
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_back_and_know_their_days() {
        for (text, first, last) in [
            ("2025", "2025-01-01", "2025-12-31"),
            ("2024S1", "2024-01-01", "2024-06-30"),
            ("2025S2", "2025-07-01", "2025-12-31"),
            ("2025Q3", "2025-07-01", "2025-09-30"),
            ("202402", "2024-02-01", "2024-02-29"),
            ("20250701", "2025-07-01", "2025-07-01"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), text);
            assert_eq!(period.first_day().to_string(), first, "{text}");
            assert_eq!(period.last_day().to_string(), last, "{text}");
        }
        for text in ["", "25", "0000", "2025S3", "2025Q0", "202513", "20250230", "2025-01", "２０２５", "2025Q33"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_count_from_1970() {
        for (text, days) in [("1970-01-01", 0), ("2025-07-01", 20270), ("1969-12-31", -1)] {
            let day: Day = text.parse().unwrap();
            assert_eq!(day.epoch_days(), days);
            assert_eq!(Day::from_epoch_days(days), day);
        }
        assert!("2025-02-29".parse::<Day>().is_err());
        assert!("2025-2-01".parse::<Day>().is_err());
    }
}
