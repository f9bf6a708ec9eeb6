//! The nouns.

use kernel::{AgencyId, Day, Moment, Period, PersonId, UnitId};
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($(#[$one:meta])* $case:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind { $($(#[$one])* $case,)* }

        impl $kind {
            pub const ALL: &'static [$kind] = &[$($kind::$case,)*];

            /// The stable word in the store, in addresses and in keys of texts.
            pub fn name(self) -> &'static str {
                match self { $($kind::$case => $name,)* }
            }

            pub fn from_name(name: &str) -> Option<$kind> {
                match name { $($name => Some($kind::$case),)* _ => None }
            }
        }
    };
}

names! {
    /// How far a campaign has come.
    Course {
        /// Being prepared: nobody enters yet.
        Draft = "draft",
        Open = "open",
        /// Nothing is entered or reviewed any more; what it took in is locked.
        Closed = "closed",
    }
}

names! {
    /// How far a criterion of a unit has come in a campaign; also the state of the unit as a whole.
    State {
        /// Nothing is entered.
        Empty = "empty",
        Draft = "draft",
        /// Sent by the unit's leader: waits for its reviewer.
        Sent = "sent",
        /// Given back with a reason: waits for the unit.
        Returned = "returned",
        /// Accepted by its reviewer: waits for the coordination office's second look.
        Accepted = "accepted",
        /// Looked at by the office.
        Confirmed = "confirmed",
        Locked = "locked",
    }
}

names! {
    /// What is done to a criterion of a unit.
    Action {
        Send = "send",
        Accept = "accept",
        Return = "return",
        Confirm = "confirm",
        Lock = "lock",
        /// Opens what was accepted, confirmed or locked again, with a reason.
        Reopen = "reopen",
    }
}

impl State {
    /// The key of its word.
    pub fn key(self) -> &'static str {
        match self {
            State::Empty => "reporting-state-empty",
            State::Draft => "reporting-state-draft",
            State::Sent => "reporting-state-sent",
            State::Returned => "reporting-state-returned",
            State::Accepted => "reporting-state-accepted",
            State::Confirmed => "reporting-state-confirmed",
            State::Locked => "reporting-state-locked",
        }
    }
}

names! {
    /// From which day of a campaign a term of working days runs; that day is not counted.
    After {
        /// The day on which entry begins.
        Opens = "opens",
        /// The last day of the period.
        PeriodEnd = "period_end",
        /// The last day on which units send.
        Due = "due",
    }
}

/// A deadline laid down as so many working days after a day of the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub days: i32,
    pub after: After,
}

/// A term as the store and programs write it.
#[derive(Serialize, Deserialize)]
struct Written {
    days: i32,
    after: String,
}

impl Serialize for Term {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { days: self.days, after: self.after.name().to_owned() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Term, D::Error> {
        let Written { days, after } = Written::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("`{after}` is no day of a campaign"));
        Ok(Term { days, after: After::from_name(&after).ok_or_else(unknown)? })
    }
}

/// The deadlines of a campaign that are laid down in working days; the days they lead to stand in the campaign itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Term>,
    /// The days that stood there before the calendar changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
}

impl Terms {
    pub fn is_empty(&self) -> bool {
        self.due.is_none() && self.review.is_none()
    }
}

/// Deadlines that moved because the calendar did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The day on which they did.
    pub on: Day,
    pub due: Day,
    pub review_due: Day,
}

/// A round of reporting: what is asked, of which units, until when.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    pub id: i64,
    pub name: String,
    /// A year, half-year or quarter.
    pub period: Period,
    pub province: UnitId,
    /// The criteria sets that are reported, the main one first.
    pub sets: Vec<String>,
    /// The day whose units report: their codes, their place in the tree.
    pub as_of: Day,
    pub opens: Day,
    /// The last day on which units send.
    pub due: Day,
    /// The last day on which reviewers answer.
    pub review_due: Day,
    pub terms: Terms,
    /// Whether an open comment keeps a unit from sending.
    pub comments_stop: bool,
    /// Whether a doubt of the quality checks that nobody answered keeps a unit from sending.
    pub doubts_stop: bool,
    pub course: Course,
    pub version: i64,
    pub at: Moment,
    /// The return whose closing of the year closed it, too.
    pub closed_with: Option<i64>,
}

impl Campaign {
    /// The period as the store names it.
    pub fn period_name(&self) -> String {
        self.period.to_string()
    }

    pub fn year(&self) -> i16 {
        self.period.year()
    }

    /// Whether its values are the year's own figures.
    pub fn is_yearly(&self) -> bool {
        matches!(self.period, Period::Year(_))
    }

    /// Whether units may enter on a day.
    pub fn takes_entries(&self, today: Day) -> bool {
        self.course == Course::Open && self.opens <= today
    }
}

/// A unit in a campaign, summed up over its criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct Reporting {
    pub unit: UnitId,
    pub name: String,
    pub parent: Option<UnitId>,
    pub state: State,
    /// When it came into this state.
    pub since: Moment,
    pub due: Day,
    /// How many values are asked for, how many there are.
    pub asked: i64,
    pub filled: i64,
    /// Criteria that wait for a reviewer, were given back, were accepted.
    pub waiting: i64,
    pub returned: i64,
    pub accepted: i64,
    /// Comments that are open.
    pub comments: i64,
}

/// A criterion of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Criterion {
    pub set: String,
    pub no: String,
}

/// A criterion of a unit in a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub criterion: Criterion,
    /// Its place among the criteria of all sets.
    pub place: i64,
    pub state: State,
    pub since: Moment,
    pub asked: i64,
    pub filled: i64,
    /// Who reviews it; anybody who may, where nobody was named.
    pub agency: Option<AgencyId>,
    /// Who answers for it in the unit.
    pub officer: Option<PersonId>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    pub criterion: Criterion,
    pub action: Action,
    /// The state it led to.
    pub state: State,
    pub reason: String,
    pub at: Moment,
    pub actor: String,
    pub person: Option<PersonId>,
}
