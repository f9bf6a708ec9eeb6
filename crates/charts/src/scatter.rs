//! Two numbers of each: a cloud of points, some of them named.

use crate::{
    Drawn, Frame, Reference, Table,
    pen::{Anchor, Ink, Pen, SIZE, fit, n, width},
    scale::Scale,
};
use kernel::Decimal;
use std::collections::BTreeSet;

/// One of the many.
#[derive(Clone, Debug)]
pub struct Point {
    pub label: String,
    pub x: Option<Decimal>,
    pub y: Option<Decimal>,
    /// Named in the picture.
    pub chosen: bool,
}

/// A scatter chart. A point of which a number is missing stands in the table alone.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// What the points are, what lies along, what lies up: the heads of the table, the names of the axes.
    pub heads: [String; 3],
    pub points: Vec<Point>,
    pub along: Option<Reference>,
    pub up: Option<Reference>,
}

const TEXT: f64 = SIZE + 2.0;

impl Scatter {
    pub fn draw(&self, frame: &Frame) -> Drawn {
        let row = |p: &Point| vec![p.label.clone(), frame.cell(p.x.as_ref()), frame.cell(p.y.as_ref())];
        let table = Table { heads: self.heads.to_vec(), rows: self.points.iter().map(row).collect() };
        frame.drawn(self.svg(frame), table)
    }

    fn svg(&self, frame: &Frame) -> String {
        let mut pen = Pen::new(frame);
        let wide = pen.wide();
        let whole = || self.points.iter().filter_map(|p| Some((p, p.x.as_ref()?, p.y.as_ref()?)));
        let across = Scale::of(whole().map(|(_, x, _)| x).chain(self.along.as_ref().map(|r| &r.value)), 4);
        let upward = Scale::of(whole().map(|(_, _, y)| y).chain(self.up.as_ref().map(|r| &r.value)), 4);
        let (Some(across), Some(upward)) = (across, upward) else {
            pen.centred((wide / 2.0, 2.0 * TEXT), Ink::Soft, frame.missing);
            return pen.finish(3.0 * TEXT);
        };
        let said: Vec<String> = upward.ticks.iter().map(frame.say).collect();
        let left = said.iter().map(|s| width(s)).fold(0.0, f64::max).min(wide * 0.3) + 8.0;
        let (right, top) = (wide - 10.0, 2.0 * TEXT);
        let bottom = top + (wide * 0.6).min(260.0);
        pen.text((0.0, TEXT - 2.0), Anchor::Start, Ink::Soft, &fit(&self.heads[2], wide));
        for (tick, said) in upward.ticks.iter().zip(&said) {
            let Some(y) = upward.at(tick, bottom, top) else { continue };
            pen.line((left, y), (right, y), Ink::Grid);
            pen.text((left - 5.0, y + 4.0), Anchor::End, Ink::Soft, &fit(said, left - 5.0));
        }
        let names: Vec<String> = across.ticks.iter().map(frame.say).collect();
        let places: Vec<f64> = across.ticks.iter().filter_map(|t| across.at(t, left, right)).collect();
        places.iter().for_each(|&x| pen.line((x, top), (x, bottom), Ink::Grid));
        crate::line::along(&mut pen, &names, |at| places.get(at).copied().unwrap_or(left), bottom + TEXT + 2.0);
        pen.text((right, bottom + 2.0 * TEXT), Anchor::End, Ink::Soft, &fit(&self.heads[1], wide - 10.0));
        // Points that fall on one place are drawn once.
        let mut seen = BTreeSet::new();
        let mut cloud = String::new();
        for (_, x, y) in whole().filter(|(p, ..)| !p.chosen) {
            if let (Some(x), Some(y)) = (across.at(x, left, right), upward.at(y, bottom, top)) {
                let dot = format!("M{} {}h0", n(x.round()), n(y.round()));
                if seen.insert(dot.clone()) {
                    cloud += &dot;
                }
            }
        }
        if !cloud.is_empty() {
            pen.path(&cloud, Ink::Cloud);
        }
        if let Some(reference) = &self.up
            && let Some(y) = upward.at(&reference.value, bottom, top)
        {
            pen.line((left, y), (right, y), Ink::Reference);
            let above = if y - 4.0 > top { y - 4.0 } else { y + SIZE };
            pen.text((left + 4.0, above), Anchor::Start, Ink::Strong, &fit(&reference.label, right - left - 8.0));
        }
        if let Some(reference) = &self.along
            && let Some(x) = across.at(&reference.value, left, right)
        {
            pen.line((x, top), (x, bottom), Ink::Reference);
            pen.centred((x, top - 3.0), Ink::Strong, &reference.label);
        }
        for (no, (point, x, y)) in whole().filter(|(p, ..)| p.chosen).enumerate() {
            if let (Some(x), Some(y)) = (across.at(x, left, right), upward.at(y, bottom, top)) {
                pen.mark(no, (x, y), 4.5);
                let above = if y - 8.0 > SIZE { y - 8.0 } else { y + SIZE + 8.0 };
                pen.centred((x, above), Ink::Strong, &point.label);
            }
        }
        pen.finish(bottom + 2.0 * TEXT + 8.0)
    }
}
