//! The one door to spreadsheets, DOCX, PDF and pictures: in with suspicion, out with care.

pub mod docx;
mod docx_table;
pub mod grid;
pub mod grid_out;
mod json_in;
pub mod list_out;
pub mod official;
pub mod sheet_in;
pub mod sheet_out;
pub mod values_in;

pub use paper;
