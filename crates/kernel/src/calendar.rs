//! Working days of State bodies: the weekly days off, and the days on which a year differs from them.
//!
//! Which days those are is data (holidays and exchanges are announced year by year); this module only counts. A day that is
//! not confirmed changes no count: a deadline over it is told as "to be confirmed" instead ([`WorkDays::is_sure`]).

use crate::Day;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A day of the week, Monday 1 to Sunday 7 (ISO 8601).
pub type Weekday = u8;

/// The weekly days off of State bodies, for whom holidays are announced: Saturday and Sunday.
pub const WEEKEND: [Weekday; 2] = [6, 7];

/// Why a day is not what its day of the week says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A holiday of the law.
    Holiday,
    /// Free in lieu of a holiday on a weekly day off, or by exchange for a day that is worked.
    DayOffInLieu,
    /// A weekly day off that is worked, by exchange.
    WorkingDayInLieu,
}

impl DayKind {
    pub const ALL: [DayKind; 3] = [DayKind::Holiday, DayKind::DayOffInLieu, DayKind::WorkingDayInLieu];

    /// Its name in data and addresses.
    pub fn name(self) -> &'static str {
        match self {
            DayKind::Holiday => "holiday",
            DayKind::DayOffInLieu => "day_off_in_lieu",
            DayKind::WorkingDayInLieu => "working_day_in_lieu",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<DayKind> {
        DayKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Day {
    /// Which day of the week it is.
    pub fn weekday(self) -> Weekday {
        // 1 January 1970 was a Thursday.
        ((self.epoch_days() + 3).rem_euclid(7) + 1) as Weekday
    }
}

/// Which days are worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkDays {
    weekend: BTreeSet<Weekday>,
    days: BTreeMap<Day, DayKind>,
    /// Days that somebody expects and nobody has announced.
    unsure: BTreeSet<Day>,
    /// Years of which any day is known.
    years: BTreeSet<i16>,
}

impl WorkDays {
    /// Of weekly days off and the days that differ; `confirmed` tells what was announced from what is expected.
    pub fn new(weekend: &[Weekday], days: impl IntoIterator<Item = (Day, DayKind, bool)>) -> WorkDays {
        let mut made = WorkDays { weekend: weekend.iter().copied().collect(), ..WorkDays::default() };
        for (day, kind, confirmed) in days {
            made.years.insert(day.year());
            if confirmed {
                made.days.insert(day, kind);
            } else {
                made.unsure.insert(day);
            }
        }
        made
    }

    /// Whether State bodies work on this day.
    pub fn is_working(&self, day: Day) -> bool {
        match self.days.get(&day) {
            Some(DayKind::Holiday | DayKind::DayOffInLieu) => false,
            Some(DayKind::WorkingDayInLieu) => true,
            None => !self.weekend.contains(&day.weekday()),
        }
    }

    /// The `n`th working day after `day`, or before it where `n` is negative; the day itself for 0. The day is never counted:
    /// a term runs from the day after. Cost: the days between. `None` where the calendar ends before.
    pub fn add_working(&self, day: Day, n: i32) -> Option<Day> {
        let step: fn(Day) -> Day = if n < 0 { Day::yesterday } else { Day::tomorrow };
        let (mut at, mut left) = (day, n.unsigned_abs());
        while left > 0 {
            let next = step(at);
            if next == at {
                return None;
            }
            at = next;
            left -= u32::from(self.is_working(at));
        }
        Some(at)
    }

    /// Working days after `from`, up to and with `to`; negative where `to` is before: the days from `to` on that are before
    /// `from`. So `add_working(from, n)` leads to a day that is `n` away. Cost: the days between.
    pub fn working_between(&self, from: Day, to: Day) -> i32 {
        let count = |first: i64, last: i64| {
            (first..=last).filter(|&n| self.is_working(Day::from_epoch_days(n))).count().try_into().unwrap_or(i32::MAX)
        };
        let (from, to) = (from.epoch_days(), to.epoch_days());
        if to >= from { count(from + 1, to) } else { -count(to, from - 1) }
    }

    /// Whether everything about the days from `first` to `last` is announced: each year has days that are known, and none
    /// between them is only expected.
    pub fn is_sure(&self, first: Day, last: Day) -> bool {
        (first.year()..=last.year()).all(|year| self.years.contains(&year))
            && (first > last || self.unsure.range(first..=last).next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn some_days() -> WorkDays {
        use DayKind::{DayOffInLieu as O, Holiday as H, WorkingDayInLieu as W};
        let days = [
            ("2026-08-22", W, true),
            ("2026-08-31", O, true),
            ("2026-09-01", H, true),
            ("2026-09-02", H, true),
            ("2027-02-06", H, true),
            ("2027-02-08", H, false),
        ];
        WorkDays::new(&WEEKEND, days.map(|(text, kind, sure)| (day(text), kind, sure)))
    }

    #[test]
    fn holidays_and_exchanged_days_are_counted_as_announced() {
        let days = some_days();
        for (text, works) in [
            ("2026-08-21", true),
            ("2026-08-22", true),
            ("2026-08-23", false),
            ("2026-08-29", false),
            ("2026-08-31", false),
            ("2026-09-02", false),
            ("2026-09-03", true),
            // Expected, not announced: it stays what its day of the week is.
            ("2027-02-08", true),
        ] {
            assert_eq!(days.is_working(day(text)), works, "{text}");
        }
        for (from, n, to) in [
            ("2026-08-21", 1, "2026-08-22"),
            ("2026-08-28", 1, "2026-09-03"),
            ("2026-08-28", 5, "2026-09-09"),
            ("2026-09-03", -1, "2026-08-28"),
            ("2026-08-30", 0, "2026-08-30"),
        ] {
            assert_eq!(days.add_working(day(from), n), Some(day(to)), "{from} {n}");
            if n != 0 {
                assert_eq!(days.working_between(day(from), day(to)), n, "{from} {to}");
            }
        }
        assert!(days.is_sure(day("2026-01-01"), day("2027-02-07")));
        assert!(!days.is_sure(day("2026-12-30"), day("2027-02-08")), "over a day that is only expected");
        assert!(!days.is_sure(day("2027-12-30"), day("2028-01-03")), "into a year nobody knows of");
        assert!(!days.is_sure(day("2025-12-31"), day("2026-01-03")));
    }

    #[test]
    fn a_calendar_without_working_days_ends() {
        let never = WorkDays::new(&[1, 2, 3, 4, 5, 6, 7], []);
        assert_eq!(never.add_working(day("9999-12-01"), 1), None);
    }

    #[test]
    fn days_of_the_week() {
        for (text, weekday) in [("1970-01-01", 4), ("2026-11-24", 2), ("2026-11-29", 7), ("1969-12-29", 1)] {
            assert_eq!(day(text).weekday(), weekday, "{text}");
        }
    }

    fn any_days() -> impl Strategy<Value = WorkDays> {
        let one = (20_000i64..20_800, 0usize..3, any::<bool>());
        proptest::collection::vec(one, 0..120).prop_map(|days| {
            let days = days.into_iter().map(|(n, kind, sure)| (Day::from_epoch_days(n), DayKind::ALL[kind], sure));
            WorkDays::new(&WEEKEND, days)
        })
    }

    proptest! {
        #[test]
        fn what_is_added_is_what_lies_between(days in any_days(), from in 20_000i64..20_800, n in -200i32..200) {
            let from = Day::from_epoch_days(from);
            let to = days.add_working(from, n).unwrap();
            prop_assert_eq!(days.working_between(from, to), n);
            prop_assert!(n == 0 || days.is_working(to));
        }

        #[test]
        fn counts_add_up(days in any_days(), a in 20_000i64..20_800, b in 0i64..300, c in 0i64..300) {
            let [a, b, c] = [a, a + b, a + b + c].map(Day::from_epoch_days);
            prop_assert_eq!(days.working_between(a, b) + days.working_between(b, c), days.working_between(a, c));
            // Going back counts the day one comes to rather than the one one left.
            let [starts, ends] = [a, c].map(|day| i32::from(days.is_working(day)));
            prop_assert_eq!(-days.working_between(c, a) + ends, days.working_between(a, c) + starts);
        }

        #[test]
        fn later_is_never_sooner(days in any_days(), from in 20_000i64..20_800, n in 0i32..200) {
            let add = |from: i64, n: i32| days.add_working(Day::from_epoch_days(from), n).unwrap();
            prop_assert!(add(from, n) < add(from, n + 1));
            prop_assert!(add(from, n.max(1)) <= add(from + 1, n.max(1)));
        }
    }
}
