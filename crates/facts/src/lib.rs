//! Figures, their history, publication, and the verdicts that follow from them.
//!
//! - [`law`]: the law in use and the measures the store knows.
//! - [`record`]: the one way figures are written, judged in the same transaction.
//! - [`published`]: the one way the public reads figures.
//! - [`carried`]: published figures asked on the successors of the units that reported them.
//! - [`totals`]: provincial totals and lists over the narrow table of verdicts.
//! - [`story`]: a unit's verdict with everything that explains it.

pub mod carried;
pub mod intake;
mod judge;
pub mod law;
mod migrations;
pub mod model;
pub mod pages;
pub mod published;
pub mod record;
pub mod story;
pub mod totals;

pub use law::Law;
pub use migrations::MIGRATIONS;
pub use model::{Edition, Entry, Figure, Key, Outcome, Stage};
