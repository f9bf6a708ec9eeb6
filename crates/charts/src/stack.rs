//! Shares of a whole: one bar a row, its parts told apart by patterns, named and counted beneath.

use crate::{
    Drawn, Frame, Style, Table,
    pen::{Anchor, Ink, Pen, SIZE, escaped, fit, n, width},
};
use kernel::Decimal;

/// What a part stands for, which says its pattern: the states of a verdict, or the n-th of other parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Passed,
    /// Passed on a number that is to be confirmed.
    Unconfirmed,
    Failed,
    Incomplete,
    ToBeConfirmed,
    NotApplicable,
    /// Nothing is known.
    Without,
    Other(u8),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Passed => "passed",
            Kind::Unconfirmed => "unconfirmed",
            Kind::Failed => "failed",
            Kind::Incomplete => "incomplete",
            Kind::ToBeConfirmed => "confirm",
            Kind::NotApplicable => "na",
            Kind::Without => "without",
            Kind::Other(n) => ["o0", "o1", "o2", "o3", "o4", "o5"][usize::from(n % 6)],
        }
    }

    /// Colour of the pattern when it stands alone, and its strokes on a tile of 8 by 8; none: filled.
    fn look(self) -> (&'static str, &'static str) {
        const SLANT: &str = "M-2 2l4-4M0 8l8-8M6 10l4-4";
        const BACK: &str = "M-2 6l4 4M0 0l8 8M6-2l4 4";
        const FLAT: &str = "M0 2h8M0 6h8";
        const UP: &str = "M2 0v8M6 0v8";
        const DOTS: &str = "M2 1v2M6 5v2";
        match self {
            Kind::Passed => ("#1b6b3a", ""),
            Kind::Unconfirmed => ("#1b6b3a", SLANT),
            Kind::Failed => ("#a3301c", FLAT),
            Kind::Incomplete => ("#7d5700", UP),
            Kind::ToBeConfirmed => ("#1f4f94", BACK),
            Kind::NotApplicable => ("#566070", DOTS),
            Kind::Without => ("#56615a", "M0 0"),
            Kind::Other(n) => [
                ("#14532d", ""),
                ("#a86b00", SLANT),
                ("#1f4f94", DOTS),
                ("#a3301c", FLAT),
                ("#6b2f7a", UP),
                ("#3f4a43", BACK),
            ][usize::from(n % 6)],
        }
    }
}

/// A kind of part, named once for all rows.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub kind: Kind,
}

/// A stacked bar chart.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What the rows are: the head of the table's first column.
    pub axis: String,
    pub parts: Vec<Part>,
    /// Rows by name, with a number for each part. Negative numbers are not drawn.
    pub rows: Vec<(String, Vec<Decimal>)>,
}

const TEXT: f64 = SIZE + 4.0;

impl Stack {
    pub fn draw(&self, frame: &Frame) -> Drawn {
        let heads = std::iter::once(self.axis.clone()).chain(self.parts.iter().map(|p| p.name.clone())).collect();
        let row = |(name, numbers): &(String, Vec<Decimal>)| {
            let cells = (0..self.parts.len()).map(|at| frame.cell(numbers.get(at)));
            std::iter::once(name.clone()).chain(cells).collect()
        };
        let table = Table { heads, rows: self.rows.iter().map(row).collect() };
        frame.drawn(self.svg(frame), table)
    }

    fn svg(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let wide = pen.wide();
        self.patterns(&mut pen, frame);
        let shares = |numbers: &[Decimal]| -> Vec<f64> {
            let of = |d: &Decimal| crate::scale::place(d).unwrap_or(0.0).max(0.0);
            (0..self.parts.len()).map(|at| numbers.get(at).map_or(0.0, of)).collect()
        };
        let largest = self.rows.iter().map(|(_, r)| shares(r).iter().sum()).fold(0.0, f64::max);
        let mut y = 2.0;
        let one = self.rows.len() == 1;
        for (name, numbers) in &self.rows {
            if !one {
                pen.text((0.0, y + SIZE), Anchor::Start, Ink::Text, &fit(name, wide));
                y += TEXT + 1.0;
            }
            let high = if one { 32.0 } else { 18.0 };
            let mut x = 0.5;
            if largest <= 0.0 {
                pen.text((0.0, y + SIZE), Anchor::Start, Ink::Soft, &fit(frame.missing, wide));
            }
            for (part, share) in self.parts.iter().zip(shares(numbers)) {
                let size = if largest > 0.0 { share / largest * (wide - 1.0) } else { 0.0 };
                if size > 0.0 {
                    swatch(&mut pen, frame, part.kind, (x, y), (size.min(wide - x), high));
                }
                x = (x + size).min(wide);
            }
            y += high + 6.0;
        }
        self.names(pen, frame, y + 4.0)
    }

    /// The names of the parts under the bars, in their order; a single bar's with its numbers.
    fn names(&self, mut pen: Pen, frame: &Frame, mut y: f64) -> String {
        let wide = pen.wide();
        let mut x = 0.0;
        for (at, part) in self.parts.iter().enumerate() {
            let number = match self.rows.as_slice() {
                [(_, numbers)] => numbers.get(at).map(|n| format!(" {}", (frame.say)(n))),
                _ => None,
            };
            let number = number.unwrap_or_default();
            let name = fit(&part.name, wide - 20.0 - width(&number)) + &number;
            let size = 20.0 + width(&name);
            if x > 0.0 && x + size > wide {
                x = 0.0;
                y += TEXT + 2.0;
            }
            swatch(&mut pen, frame, part.kind, (x + 0.5, y), (13.0, 12.0));
            pen.text((x + 18.0, y + SIZE - 1.5), Anchor::Start, Ink::Text, &name);
            x += size + 12.0;
        }
        pen.finish(y + TEXT + 2.0)
    }

    fn patterns(&self, pen: &mut Pen, frame: &Frame) {
        let id = escaped(frame.id);
        let mut done: Vec<&str> = Vec::new();
        for kind in self.parts.iter().map(|p| p.kind) {
            let (colour, strokes) = kind.look();
            let name = kind.name();
            if strokes.is_empty() || done.contains(&name) {
                continue;
            }
            done.push(name);
            let look = match frame.style {
                Style::Page => format!(" class=\"k-stroke k-{name}\""),
                Style::Alone => format!(" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\""),
            };
            pen.raw(format_args!(
                "<pattern id=\"{id}-{name}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                 <path d=\"{strokes}\"{look}/></pattern>"
            ));
        }
    }
}

/// A part's piece, outlined, in its pattern.
fn swatch(pen: &mut Pen, frame: &Frame, kind: Kind, (x, y): (f64, f64), (w, h): (f64, f64)) {
    let (colour, strokes) = kind.look();
    let name = kind.name();
    let id = escaped(frame.id);
    let fill = if strokes.is_empty() { String::new() } else { format!(" fill=\"url(#{id}-{name})\"") };
    let look = match frame.style {
        Style::Page if fill.is_empty() => format!(" class=\"k-part k-full k-{name}\""),
        Style::Page => format!(" class=\"k-part k-{name}\""),
        Style::Alone if fill.is_empty() => format!(" fill=\"{colour}\" stroke=\"{colour}\""),
        Style::Alone => format!(" stroke=\"{colour}\""),
    };
    pen.raw(format_args!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{fill}{look}/>",
        n(x),
        n(y),
        n(w.max(0.0)),
        n(h)
    ));
}
