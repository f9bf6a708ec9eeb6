//! How many have which value: a distribution, where the threshold lies in it and where one of them stands.

use crate::{
    Drawn, Frame, Reference, Table,
    pen::{Anchor, Ink, Pen, SIZE, fit, width},
    scale::Scale,
};
use kernel::Decimal;

/// A distribution over classes of equal width.
#[derive(Clone, Debug)]
pub struct Spread {
    /// What the classes are, what is counted: the heads of the table.
    pub heads: [String; 2],
    pub values: Vec<Decimal>,
    pub threshold: Option<Reference>,
    /// The one the page is about.
    pub chosen: Option<Reference>,
}

const TEXT: f64 = SIZE + 2.0;
/// About so many classes.
const CLASSES: u32 = 12;

impl Spread {
    pub fn draw(&self, frame: &Frame) -> Drawn {
        let Some((scale, counts)) = self.classes() else {
            let mut pen = Pen::new(frame);
            pen.centred((pen.wide() / 2.0, 2.0 * TEXT), Ink::Soft, frame.missing);
            return frame.drawn(pen.finish(3.0 * TEXT), Table { heads: self.heads.to_vec(), rows: Vec::new() });
        };
        let row = |(edges, &count): (&[Decimal], &i64)| {
            vec![format!("{} – {}", (frame.say)(&edges[0]), (frame.say)(&edges[1])), (frame.say)(&count.into())]
        };
        let rows = scale.ticks.windows(2).zip(&counts).map(row).collect();
        frame.drawn(self.svg(frame, &scale, &counts), Table { heads: self.heads.to_vec(), rows })
    }

    /// The edges of the classes and how many values lie in each: from its lower edge to below its upper one, the last
    /// with its upper edge too.
    fn classes(&self) -> Option<(Scale, Vec<i64>)> {
        let marks = self.threshold.iter().chain(&self.chosen).map(|r| &r.value);
        let scale = Scale::of(self.values.iter().chain(marks), CLASSES)?;
        let mut counts = vec![0; scale.ticks.len() - 1];
        let last = counts.len() - 1;
        for value in self.values.iter().filter(|v| crate::scale::place(v).is_some()) {
            counts[scale.ticks.partition_point(|edge| edge <= value).saturating_sub(1).min(last)] += 1;
        }
        Some((scale, counts))
    }

    fn svg(&self, frame: &Frame, scale: &Scale, counts: &[i64]) -> String {
        let mut pen = Pen::new(frame);
        let wide = pen.wide();
        let most = Decimal::from(counts.iter().copied().max().unwrap_or(0).max(1));
        let zero = Decimal::ZERO;
        // Never empty: nought and the most are there.
        let Some(upward) = Scale::of([&zero, &most], 3) else { return pen.finish(TEXT) };
        let ticks: Vec<_> = upward.ticks.iter().filter(|t| t.is_integer()).collect();
        let said: Vec<String> = ticks.iter().map(|t| (frame.say)(t)).collect();
        let left = said.iter().map(|s| width(s)).fold(0.0, f64::max).min(wide * 0.3) + 8.0;
        let right = wide - 8.0;
        let top = TEXT * (2.0 + f64::from(u8::from(self.chosen.is_some())));
        let bottom = top + (wide * 0.38).min(180.0);
        pen.text((0.0, TEXT - 2.0), Anchor::Start, Ink::Soft, &fit(&self.heads[1], wide));
        for (tick, said) in ticks.iter().zip(&said) {
            let Some(y) = upward.at(tick, bottom, top) else { continue };
            pen.line((left, y), (right, y), if tick.is_zero() { Ink::Axis } else { Ink::Grid });
            pen.text((left - 5.0, y + 4.0), Anchor::End, Ink::Soft, &fit(said, left - 5.0));
        }
        let edge = |at: usize| scale.at(&scale.ticks[at], left, right).unwrap_or(left);
        for (at, &count) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let Some(y) = upward.at(&count.into(), bottom, top) else { continue };
            pen.rect((edge(at) + 0.5, y), (edge(at + 1) - edge(at) - 1.0, bottom - y), Ink::Fill);
        }
        let names: Vec<String> = scale.ticks.iter().map(frame.say).collect();
        crate::line::along(&mut pen, &names, edge, bottom + TEXT + 2.0);
        let mut foot = bottom + TEXT + 9.0;
        if !frame.unit.is_empty() {
            foot += TEXT;
            pen.text((right, foot - 8.0), Anchor::End, Ink::Soft, &fit(frame.unit, right));
        }
        if let Some(threshold) = &self.threshold
            && let Some(x) = scale.at(&threshold.value, left, right)
        {
            pen.line((x, top - 4.0), (x, bottom), Ink::Reference);
            pen.centred((x, top - 6.0), Ink::Text, &threshold.label);
        }
        if let Some(chosen) = &self.chosen
            && let Some(x) = scale.at(&chosen.value, left, right)
        {
            pen.line((x, top - TEXT - 3.0), (x, bottom), Ink::Axis);
            pen.mark(3, (x, bottom - 5.0), 4.0);
            pen.centred((x, top - TEXT - 6.0), Ink::Strong, &chosen.label);
        }
        pen.finish(foot)
    }
}
