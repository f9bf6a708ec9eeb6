//! Units and agencies: who they are, when they are valid, what came before them and after.

pub mod actions;
pub mod boundaries;
pub mod carry;
pub mod cells;
pub mod merger;
pub mod model;
pub mod reference;
pub mod rules;
pub mod store;
pub mod succession;

pub use model::{Agency, Unit};
pub use succession::{Change, Edge, Share, Succession};
