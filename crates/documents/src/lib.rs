//! The one door to spreadsheets (and, later, PDF and DOCX): in with suspicion, out with care.

pub mod sheet_in;
