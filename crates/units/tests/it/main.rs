//! Tests of units: one binary.

mod carry;
mod store;
