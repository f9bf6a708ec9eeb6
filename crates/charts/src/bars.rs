//! Numbers side by side: bars from nought, with their names and values beside them.

use crate::{
    Drawn, Frame, Reference, Table,
    pen::{Anchor, Ink, Pen, SIZE, fit, width},
    scale::Scale,
};
use kernel::Decimal;

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub value: Option<Decimal>,
    /// The one the page is about.
    pub chosen: bool,
}

/// A bar chart: a bar a line, so that names of any length can be read.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What the names are, what the numbers are: the heads of the table.
    pub heads: [String; 2],
    pub bars: Vec<Bar>,
    pub reference: Option<Reference>,
}

const TEXT: f64 = SIZE + 2.0;

impl Bars {
    pub fn draw(&self, frame: &Frame) -> Drawn {
        let rows = self.bars.iter().map(|b| vec![b.label.clone(), frame.cell(b.value.as_ref())]).collect();
        frame.drawn(self.svg(frame), Table { heads: self.heads.to_vec(), rows })
    }

    fn svg(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let wide = pen.wide();
        let zero = Decimal::ZERO;
        let numbers = self.bars.iter().filter_map(|b| b.value.as_ref());
        let scale = Scale::of(numbers.chain(self.reference.as_ref().map(|r| &r.value)).chain([&zero]), 3);
        // The names stand before their bars where all are short, else above them.
        let names = self.bars.iter().map(|b| width(&b.label)).fold(0.0, f64::max);
        let (left, above) = if names <= wide * 0.36 { (names + 8.0, 0.0) } else { (0.0, TEXT) };
        let said: Vec<String> = self.bars.iter().map(|b| frame.cell(b.value.as_ref())).collect();
        let room = said.iter().map(|s| width(s)).fold(0.0, f64::max).min(wide * 0.4) + 8.0;
        let right = (wide - room).max(left + 20.0).min(wide);
        let mut y = 2.0;
        if !frame.unit.is_empty() {
            pen.text((0.0, TEXT - 2.0), Anchor::Start, Ink::Soft, &fit(frame.unit, wide));
            y += TEXT + 2.0;
        }
        if self.reference.is_some() {
            y += TEXT;
        }
        let first = y;
        let limit = self.reference.as_ref().and_then(|r| scale.as_ref()?.at(&r.value, left, right));
        for (bar, said) in self.bars.iter().zip(&said) {
            let (ink, text) = if bar.chosen { (Ink::Chosen, Ink::Strong) } else { (Ink::Fill, Ink::Text) };
            if above > 0.0 {
                pen.text((0.0, y + SIZE - 1.0), Anchor::Start, text, &fit(&bar.label, wide));
            } else {
                pen.text((left - 8.0, y + SIZE), Anchor::End, text, &fit(&bar.label, left - 8.0));
            }
            let at = y + above;
            let ends =
                scale.as_ref().and_then(|s| Some((s.at(&zero, left, right)?, s.at(bar.value.as_ref()?, left, right)?)));
            let beside = match ends {
                Some((from, to)) => {
                    pen.rect(
                        (from.min(to), at + 1.0),
                        ((to - from).abs().max(1.0).min(wide - from.min(to)), 12.0),
                        ink,
                    );
                    to.max(from)
                }
                None => left,
            };
            // Across the bars, never across their names.
            if let Some(x) = limit {
                pen.line((x, at - 1.0), (x, at + 16.0), Ink::Reference);
            }
            let x = (beside + 4.0).min(wide);
            let ink = if ends.is_some() { text } else { Ink::Soft };
            pen.text((x, at + SIZE), Anchor::Start, ink, &fit(said, wide - x));
            y += above + 18.0;
        }
        if let (Some(reference), Some(x)) = (&self.reference, limit) {
            pen.centred((x, first - 3.0), Ink::Strong, &reference.label);
        }
        pen.finish(y + 4.0)
    }
}
