//! Numbers along time: lines with dashes and marks, their names at their ends.

use crate::{
    Drawn, Frame, Reference, Table,
    pen::{Anchor, Ink, Pen, SIZE, fit, n, width},
    scale::Scale,
};
use kernel::Decimal;

/// A line: one value for each place along the axis, or a gap.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<Decimal>>,
}

/// A line chart.
#[derive(Clone, Debug)]
pub struct Line {
    /// What the axis counts ("Year"): the head of the table's first column.
    pub axis: String,
    pub along: Vec<String>,
    pub series: Vec<Series>,
    pub references: Vec<Reference>,
    /// Whether the axis begins at nought, however far the numbers lie from it.
    pub from_zero: bool,
}

const TEXT: f64 = SIZE + 2.0;
/// Beyond so many places along the axis marks would touch.
const MARKED: usize = 24;

impl Line {
    /// Draws it. Series without any number stay in the table.
    pub fn draw(&self, frame: &Frame) -> Drawn {
        frame.drawn(self.svg(frame), self.table(frame))
    }

    fn table(&self, frame: &Frame) -> Table {
        let heads = std::iter::once(self.axis.clone()).chain(self.series.iter().map(|s| s.name.clone())).collect();
        let row = |(at, name): (usize, &String)| {
            let cells = self.series.iter().map(|s| frame.cell(s.values.get(at).and_then(Option::as_ref)));
            std::iter::once(name.clone()).chain(cells).collect()
        };
        Table { heads, rows: self.along.iter().enumerate().map(row).collect() }
    }

    fn svg(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let zero = Decimal::ZERO;
        let values = self.series.iter().flat_map(|s| s.values.iter().take(self.along.len()).flatten());
        let numbers = values.chain(self.references.iter().map(|r| &r.value)).chain(self.from_zero.then_some(&zero));
        let Some(scale) = Scale::of(numbers, 4).filter(|_| !self.along.is_empty()) else {
            pen.centred((pen.wide() / 2.0, 2.0 * TEXT), Ink::Soft, frame.missing);
            return pen.finish(3.0 * TEXT);
        };
        let said: Vec<String> = scale.ticks.iter().map(frame.say).collect();
        let wide = pen.wide();
        let left = said.iter().map(|s| width(s)).fold(0.0, f64::max).min(wide * 0.35) + 8.0;
        let several = self.series.len() > 1;
        let names = self.series.iter().map(|s| width(&s.name)).fold(0.0, f64::max).min(wide * 0.34);
        let right = wide - if several { names + 14.0 } else { 14.0 };
        let top = if frame.unit.is_empty() { 12.0 } else { 2.0 * TEXT };
        // As high as the names at the ends need.
        let bottom = top + (wide * 0.42).min(200.0).max(self.series.len() as f64 * TEXT);
        pen.text((0.0, TEXT - 2.0), Anchor::Start, Ink::Soft, &fit(frame.unit, wide));
        for (tick, said) in scale.ticks.iter().zip(&said) {
            let Some(y) = scale.at(tick, bottom, top) else { continue };
            pen.line((left, y), (right, y), if tick.is_zero() { Ink::Axis } else { Ink::Grid });
            pen.text((left - 5.0, y + 4.0), Anchor::End, Ink::Soft, &fit(said, left - 5.0));
        }
        let last = self.along.len() - 1;
        let x = |at: usize| {
            if last == 0 { (left + right) / 2.0 } else { left + 6.0 + (right - left - 12.0) * at as f64 / last as f64 }
        };
        along(&mut pen, &self.along, x, bottom + TEXT + 2.0);
        for reference in &self.references {
            let Some(y) = scale.at(&reference.value, bottom, top) else { continue };
            pen.line((left, y), (right, y), Ink::Reference);
            let above = if y - 4.0 > SIZE { y - 4.0 } else { y + SIZE };
            pen.text((left + 4.0, above), Anchor::Start, Ink::Strong, &fit(&reference.label, right - left - 8.0));
        }
        let place = |s: &Series, at: usize| {
            let value = s.values.get(at)?.as_ref()?;
            Some((x(at), scale.at(value, bottom, top)?))
        };
        let mut ends = Vec::new();
        for (no, series) in self.series.iter().enumerate() {
            let places: Vec<_> = (0..=last).map(|at| place(series, at)).collect();
            pen.path_of(&places, no);
            if last < MARKED {
                places.iter().flatten().for_each(|&at| pen.mark(no, at, 3.0));
            }
            if let Some((at, &(_, y))) =
                places.iter().enumerate().filter_map(|(at, p)| Some((at, p.as_ref()?))).next_back()
            {
                ends.push((y, no, at));
            }
        }
        if several {
            for (y, (_, no, _)) in apart(&ends, top, bottom).into_iter().zip(&ends) {
                pen.mark(*no, (right + 5.0, y), 3.0);
                pen.text((right + 12.0, y + 4.0), Anchor::Start, Ink::Text, &fit(&self.series[*no].name, names + 1.0));
            }
        } else if let Some(&(y, no, at)) = ends.first()
            && let Some(value) = &self.series[no].values[at]
        {
            let above = if y - 8.0 > SIZE { y - 8.0 } else { y + SIZE + 6.0 };
            pen.centred((x(at), above), Ink::Strong, &(frame.say)(value));
        }
        pen.finish(bottom + TEXT + 9.0)
    }
}

/// The names along an axis: every one, every second, … as many as do not touch; the first always.
pub(crate) fn along(pen: &mut Pen, names: &[String], x: impl Fn(usize) -> f64, y: f64) {
    let widest = names.iter().map(|s| width(s)).fold(0.0, f64::max) + 6.0;
    let apart = if names.len() > 1 { x(1) - x(0) } else { pen.wide() };
    let every = (widest / apart.max(0.1)).ceil().max(1.0) as usize;
    for (at, name) in names.iter().enumerate().step_by(every) {
        pen.centred((x(at), y), Ink::Soft, &fit(name, pen.wide() / 2.0));
    }
}

/// Names at the ends of lines, moved apart until none covers another, in the order of `ends`.
fn apart(ends: &[(f64, usize, usize)], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|&a, &b| ends[a].0.total_cmp(&ends[b].0));
    let mut ys = vec![0.0; ends.len()];
    let mut next = top;
    for &at in &order {
        ys[at] = ends[at].0.max(next);
        next = ys[at] + TEXT;
    }
    let mut limit = bottom;
    for &at in order.iter().rev() {
        ys[at] = ys[at].min(limit);
        limit = ys[at] - TEXT;
    }
    ys
}

impl Pen<'_> {
    /// A line through places, broken where one is missing.
    pub(crate) fn path_of(&mut self, places: &[Option<(f64, f64)>], series: usize) {
        let mut commands = String::new();
        let mut begun = false;
        for (at, place) in places.iter().enumerate() {
            let Some((x, y)) = place else {
                begun = false;
                continue;
            };
            // A number alone between two gaps has no line.
            let alone = !begun && places.get(at + 1).is_none_or(Option::is_none);
            if !alone {
                commands += &format!("{}{} {}", if begun { 'L' } else { 'M' }, n(*x), n(*y));
            }
            begun = true;
        }
        if !commands.is_empty() {
            self.path(&commands, Ink::Line(series));
        }
    }
}
