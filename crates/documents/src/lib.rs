//! The one door to spreadsheets, PDF and pictures (and, later, DOCX): in with suspicion, out with care.

mod json_in;
pub mod list_out;
pub mod sheet_in;
pub mod sheet_out;
pub mod values_in;

pub use paper;
