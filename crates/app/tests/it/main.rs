//! The real binary, as people and other programs call it.

mod audit;
mod bad_input;
mod campaigns;
mod contract;
mod copies;
mod demo;
mod faults;
mod help;
mod old;
mod permissions;
mod program;
mod returns;
mod serve;
mod uploads;
