//! Charts as SVG text, and the table of the same numbers. No IO, no words of its own: whoever asks for a chart says its
//! title, its labels and how a number is said, in the reader's language.
//!
//! A chart is drawn 360 units wide, so that its text can be read on the narrowest phone. Nothing is told by colour alone:
//! lines have dashes and marks, parts have patterns, and every mark that matters carries its label beside it. What is
//! missing is a gap, never a zero.

mod bars;
mod heat;
mod line;
mod pen;
mod scale;
mod scatter;
mod small;
mod spread;
mod stack;

pub use bars::{Bar, Bars};
pub use heat::{Heat, LEVELS, heat};
pub use line::{Line, Series};
pub use scale::Scale;
pub use scatter::{Point, Scatter};
pub use small::{Bullet, Sparkline};
pub use spread::Spread;
pub use stack::{Kind, Part, Stack};

use kernel::Decimal;
use serde::Serialize;

/// How a chart gets its colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// By classes that the page's style paints: light, dark, print, forced colours.
    #[default]
    Page,
    /// By its own attributes: in a PDF, in a picture.
    Alone,
}

/// What every chart needs besides its numbers.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// Unique on its page.
    pub id: &'a str,
    /// What the chart shows, in one sentence.
    pub title: &'a str,
    /// What a reader who does not see it should know; may be empty.
    pub desc: &'a str,
    /// The unit of the numbers, beside the axis; may be empty.
    pub unit: &'a str,
    /// What stands in place of a number that is not there.
    pub missing: &'a str,
    /// Says a number (decimal sign, grouping).
    pub say: &'a dyn Fn(&Decimal) -> String,
    pub style: Style,
    /// Units wide: [`WIDTH`] for a page, more where paper has room. Text keeps its size.
    pub width: u16,
}

/// The width of a page's charts.
pub const WIDTH: u16 = 360;

/// A line that numbers are held against: a threshold, a mean.
#[derive(Clone, Debug)]
pub struct Reference {
    pub value: Decimal,
    pub label: String,
}

/// The numbers of a chart as a table: a page shows it with the chart, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    pub heads: Vec<String>,
    /// The first cell of each names its row.
    pub rows: Vec<Vec<String>>,
}

/// A chart that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    pub id: String,
    pub title: String,
    pub svg: String,
    pub table: Table,
}

impl Frame<'_> {
    /// A number of a table; what is missing is said.
    fn cell(&self, value: Option<&Decimal>) -> String {
        value.map_or_else(|| self.missing.to_owned(), self.say)
    }

    fn drawn(&self, svg: String, table: Table) -> Drawn {
        Drawn { id: self.id.to_owned(), title: self.title.to_owned(), svg, table }
    }
}
