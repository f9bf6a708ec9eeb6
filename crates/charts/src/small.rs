//! Pictures the size of a word or a line: sparklines, bullet bars.

use crate::{
    Drawn, Frame, Reference, Table,
    pen::{Anchor, Ink, Pen, SIZE, fit, width},
    scale::Scale,
};
use kernel::Decimal;

/// A line beside its number: no axis, no words but its title. Its table stands where the page has it.
#[derive(Clone, Copy, Debug)]
pub struct Sparkline<'a> {
    pub values: &'a [Option<Decimal>],
    pub threshold: Option<&'a Decimal>,
}

impl Sparkline<'_> {
    /// SVG as wide as the frame and 28 high.
    pub fn draw(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let (wide, high) = (pen.wide(), 28.0);
        let Some(scale) = Scale::of(self.values.iter().flatten().chain(self.threshold), 2) else {
            return pen.finish(high);
        };
        let last = self.values.len().saturating_sub(1).max(1) as f64;
        let place = |(at, value): (usize, &Option<Decimal>)| {
            let y = scale.at(value.as_ref()?, high - 5.0, 5.0)?;
            Some((5.0 + (wide - 10.0) * at as f64 / last, y))
        };
        if let Some(y) = self.threshold.and_then(|t| scale.at(t, high - 5.0, 5.0)) {
            pen.line((0.0, y), (wide, y), Ink::Reference);
        }
        let places: Vec<_> = self.values.iter().enumerate().map(place).collect();
        pen.path_of(&places, 0);
        let (end, before) = match places.iter().flatten().copied().collect::<Vec<_>>().split_last() {
            Some((end, before)) => (Some(*end), before.to_vec()),
            None => (None, Vec::new()),
        };
        before.into_iter().for_each(|at| pen.mark(0, at, 1.5));
        if let Some(end) = end {
            pen.mark(0, end, 3.5);
        }
        pen.finish(high)
    }
}

/// A value on its way to a target, and where it is expected to arrive.
#[derive(Clone, Debug)]
pub struct Bullet {
    /// The heads of the table: what is measured, value, target, forecast.
    pub heads: [String; 4],
    pub name: String,
    pub value: Option<Decimal>,
    pub target: Option<Reference>,
    pub forecast: Option<Reference>,
}

impl Bullet {
    pub fn draw(&self, frame: &Frame) -> Drawn {
        let number = |r: &Option<Reference>| frame.cell(r.as_ref().map(|r| &r.value));
        let row =
            vec![self.name.clone(), frame.cell(self.value.as_ref()), number(&self.target), number(&self.forecast)];
        frame.drawn(self.svg(frame), Table { heads: self.heads.to_vec(), rows: vec![row] })
    }

    fn svg(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let wide = pen.wide();
        let zero = Decimal::ZERO;
        let marks = self.target.iter().chain(&self.forecast).map(|r| &r.value);
        let said = frame.cell(self.value.as_ref());
        let name = fit(&self.name, (wide - width(&said) - 10.0).max(0.0));
        pen.text((0.0, SIZE), Anchor::Start, Ink::Text, &name);
        pen.text((wide, SIZE), Anchor::End, Ink::Strong, &fit(&said, wide));
        let Some(scale) = Scale::of(marks.chain(&self.value).chain([&zero]), 4) else { return pen.finish(20.0) };
        let at = |value: &Decimal| scale.at(value, 1.0, wide - 2.0);
        let (top, high) = (20.0, 18.0);
        let from = at(&zero).unwrap_or(1.0);
        if let Some(to) = self.forecast.as_ref().and_then(|f| at(&f.value)) {
            pen.rect((from.min(to), top), ((to - from).abs(), high), Ink::Pale);
        }
        if let Some(to) = self.value.as_ref().and_then(at) {
            pen.rect((from.min(to), top + 5.0), ((to - from).abs().max(1.0), high - 10.0), Ink::Chosen);
        }
        pen.line((0.0, top + high), (wide, top + high), Ink::Axis);
        let mut y = top + high + SIZE + 3.0;
        for (reference, ink) in [(&self.target, Ink::Strong), (&self.forecast, Ink::Soft)] {
            let Some((x, reference)) = reference.as_ref().and_then(|r| Some((at(&r.value)?, r))) else { continue };
            if ink == Ink::Strong {
                pen.line((x, top - 3.0), (x, top + high + 3.0), Ink::Reference);
            }
            pen.centred((x, y), ink, &reference.label);
            y += SIZE + 2.0;
        }
        pen.finish(y)
    }
}
