//! One test binary: charts as a browser reads them.

mod charts;
mod inside;
