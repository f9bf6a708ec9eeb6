//! Tests of units: one binary.

mod boundaries;
mod bounds;
mod calendar;
mod carry;
mod cells;
mod pages;
mod plans;
mod reference;
mod store;
