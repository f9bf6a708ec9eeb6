//! Time is a parameter. Instants are UTC microseconds; days of law and calendar are days in Asia/Ho_Chi_Minh (UTC+7, no summer time).

use crate::Day;
use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

/// Viet Nam's offset from UTC, in microseconds.
const OFFSET: i64 = 7 * 3600 * 1_000_000;

impl Day {
    /// When it begins where the programme is.
    pub fn begins(self) -> Moment {
        Moment(self.epoch_days() * 86_400_000_000 - OFFSET)
    }
}

impl Moment {
    /// The day it is in Viet Nam at this instant.
    pub fn day(self) -> Day {
        Day::from_epoch_days((self.0 + OFFSET).div_euclid(86_400_000_000))
    }

    /// Hour and minute on the wall in Viet Nam.
    pub fn wall_clock(self) -> (u8, u8) {
        let minutes = (self.0 + OFFSET).rem_euclid(86_400_000_000) / 60_000_000;
        ((minutes / 60) as u8, (minutes % 60) as u8)
    }

    /// RFC 3339 in UTC with microseconds, for machines.
    pub fn rfc3339(self) -> String {
        let day = Day::from_epoch_days(self.0.div_euclid(86_400_000_000));
        let rest = self.0.rem_euclid(86_400_000_000);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        format!("{day}T{:02}:{:02}:{:02}.{micros:06}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Moment;

    fn today(&self) -> Day {
        self.now().day()
    }
}

/// The machine's clock: the one place that asks it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still, for tests and for the demo.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Moment);

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        self.0
    }
}
