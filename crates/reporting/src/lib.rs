//! A year of reporting, from entry to the closed year.

pub mod forms;
