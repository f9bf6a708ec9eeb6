//! The plumbing everybody stands on: ids, days and periods, exact decimals, money, the clock, the actor and its scope,
//! phrases (what is said, before a language is chosen) and problems (the catalogue of user-facing failures).
//!
//! No IO and no async: time and randomness come in as parameters.

pub mod actor;
pub mod calendar;
pub mod clock;
pub mod decimal;
pub mod id;
pub mod money;
pub mod period;
pub mod phrase;
pub mod problem;
pub mod text;

pub use actor::{Actor, Charge, CriterionRef, Grant, Office, Places, Role, Scope};
pub use calendar::{DayKind, WorkDays};
pub use clock::{Clock, FixedClock, Moment, SystemClock};
pub use decimal::Decimal;
pub use id::*;
pub use money::Money;
pub use period::{Day, Period, year};
pub use phrase::{Arg, Phrase};
pub use problem::{Place, Problem, Problems};
