//! One test binary: a year of reporting.

mod forms;
mod prepared;
