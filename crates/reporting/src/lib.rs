//! Reporting: campaigns in which units enter their figures, others review them, and the year is closed.
//!
//! - [`campaigns`]: prepared, opened, closed; who reviews what.
//! - [`form`]: what a unit is asked for, with what it has said so far.
//! - [`entry`]: values saved one by one, against the one that was seen; a reviewer's value beside them.
//! - [`actions`]: sent, given back, accepted, confirmed, locked, opened again; [`rules`] says which and what it leads to.
//! - [`comments`]: to and fro on a figure.
//! - [`doubts`]: what quality checks doubt, and what is said to it.
//! - [`forms`]: table forms as data, filled from verdicts and figures.
//! - [`returns`]: the close of a year: publication, snapshot, exchange.
//! - [`remind`]: reminders by rule, never twice for one matter.

pub mod actions;
pub mod campaigns;
pub mod comments;
pub mod doubts;
pub mod entry;
pub mod form;
pub mod forms;
mod migrations;
pub mod model;
pub mod pages;
pub mod personal;
pub mod remind;
pub mod returns;
pub mod rules;
pub mod store;
mod told;

pub use migrations::MIGRATIONS;
pub use pages::room;
