//! Tests of units: one binary.

mod boundaries;
mod carry;
mod cells;
mod pages;
mod reference;
mod store;
