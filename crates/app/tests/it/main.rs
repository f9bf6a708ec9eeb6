//! Tests of the program as users run it.

mod demo;
