//! Table forms (biểu) as data, filled from verdicts and figures, every number with its trace.
//!
//! - [`model`]: a form as its file says it; [`parse`] reads it and holds it against the law.
//! - [`gather`]: what a form needs of a unit and year, in a few queries.
//! - [`fill`]: the pure part: form and reading in, cells out.
//! - [`told`]: filled forms in words, as grids and workbooks.

pub mod desk;
pub mod document;
pub mod fill;
pub mod gather;
pub mod model;
pub mod parse;
pub mod told;

pub use desk::Desk;
pub use fill::{Cell, Filled, Held, Source, fill};
pub use gather::{Reading, gather};
pub use model::{BadForm, Form, Origin};
pub use parse::Forms;

/// The forms of the program's files.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../forms"]
#[include = "*.toml"]
struct Shipped;

/// The shipped forms, unread, in the order of their names.
pub fn shipped() -> Vec<parse::Source> {
    let mut names: Vec<_> = Shipped::iter().collect();
    names.sort();
    let text = |name: &str| Shipped::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
    let source =
        |name: &str| Some(parse::Source { file: format!("forms/{name}"), text: text(name)?, origin: Origin::Shipped });
    names.iter().filter_map(|name| source(name)).collect()
}
