//! Tests of units: one binary.

mod boundaries;
mod calendar;
mod carry;
mod cells;
mod pages;
mod reference;
mod store;
