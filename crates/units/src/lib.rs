//! Units and agencies: who they are, when they are valid, what came before them and after.
//!
//! [`store`] keeps them, [`actions`] changes them by [`rules`]; [`calendar`] keeps the working days; [`succession`] and [`carry`] follow them and their figures over
//! mergers, purely; [`plans`] are reorganisations prepared, approved and carried out on their day; [`cells`] and [`boundaries`] say where they lie.

pub mod about;
pub mod actions;
pub mod agencies;
pub mod api;
pub mod boundaries;
pub mod calendar;
pub mod carry;
pub mod cells;
mod found;
pub mod home;
pub mod listed;
pub mod merger;
pub mod model;
pub mod pages;
pub mod personal;
pub mod plans;
pub mod reference;
pub mod rules;
pub mod store;
pub mod succession;

pub use actions::Refused;
pub use home::home;
pub use merger::{AgencyEdit, Change as Changed, Effect, Effects, Merger};
pub use model::{Agency, Unit};
pub use pages::room;
pub use succession::{Change, Edge, Share, Succession};
