//! Tests of units: one binary.

mod carry;
mod cells;
mod store;
