//! The law as data, and the verdicts that follow from it. Pure: no IO, no clock, exact decimals; same input, same bytes.

pub mod book;
pub mod compare;
pub mod computed;
pub mod evaluate;
pub mod explain;
pub mod library;
pub mod measure;
pub mod model;
pub mod nearest;
pub mod overlay;
pub mod parse;
pub mod report;
pub mod requirement;
pub mod said_in;
pub mod unitsfile;
pub mod values;
pub mod variants;
pub mod whatif;

pub use book::{Book, Traits};
pub use evaluate::{Judged, Status, Value, Verdict, evaluate};
pub use library::Library;
pub use measure::{Aggregate, Measure, Origin};
pub use model::{Confidence, Kind, Level, Rulebook};
pub use overlay::Overlay;
