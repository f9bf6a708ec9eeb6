//! Shapes as a small picture: paths of whole numbers, for pages without a script and for print.

use super::Shape;
use geo::{BoundingRect, Coord, LineString, Simplify};
use kernel::UnitId;
use std::fmt::Write;

/// Shapes laid out on paper: north above, a degree of longitude as long as it is in the middle of the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    pub width: i64,
    pub height: i64,
    /// By unit, in the order of the shapes: the `d` of an SVG path.
    pub paths: Vec<(UnitId, String)>,
}

impl Drawing {
    /// Fits shapes into a width, in units of the picture; nothing smaller than one of them is drawn.
    pub fn new(shapes: &[Shape], width: i64) -> Drawing {
        let boxes = shapes.iter().filter_map(|s| s.ground.bounding_rect());
        let Some(all) = boxes.reduce(|a, b| {
            let min = Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) };
            let max = Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) };
            geo::Rect::new(min, max)
        }) else {
            return Drawing::default();
        };
        let squeeze = all.center().y.to_radians().cos();
        let scale = width as f64 / (all.width() * squeeze).max(1e-9);
        let place = |c: &Coord<f64>| {
            let (x, y) = ((c.x - all.min().x) * squeeze * scale, (all.max().y - c.y) * scale);
            (x.round() as i64, y.round() as i64)
        };
        let path = |shape: &Shape| {
            let mut d = String::new();
            for polygon in shape.ground.simplify(0.7 / scale).0 {
                std::iter::once(polygon.exterior()).chain(polygon.interiors()).for_each(|r| ring(&mut d, r, place));
            }
            (shape.unit.id, d)
        };
        let height = (all.height() * scale).ceil() as i64;
        Drawing { width, height, paths: shapes.iter().map(path).filter(|(_, d)| !d.is_empty()).collect() }
    }
}

/// A closed ring in steps from corner to corner, which are shorter than places.
fn ring(d: &mut String, ring: &LineString<f64>, place: impl Fn(&Coord<f64>) -> (i64, i64)) {
    let mut corners: Vec<(i64, i64)> = ring.0.iter().map(place).collect();
    corners.dedup();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    if corners.len() < 3 {
        return;
    }
    let mut last = corners[0];
    // Writing to a text does not fail.
    let _ = write!(d, "M{} {}l", last.0, last.1);
    for (n, &corner) in corners.iter().enumerate().skip(1) {
        let (dx, dy) = (corner.0 - last.0, corner.1 - last.1);
        let gap = if n > 1 && dx >= 0 { " " } else { "" };
        let _ = write!(d, "{gap}{dx}{}{dy}", if dy < 0 { "" } else { " " });
        last = corner;
    }
    d.push('z');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use geo::{MultiPolygon, polygon};

    fn shape(id: i64, ground: geo::Polygon<f64>) -> Shape {
        let unit = Unit {
            id: UnitId(id),
            level: "commune".into(),
            kind: "commune".into(),
            code: String::new(),
            name: String::new(),
            parent: None,
            valid_from: None,
            valid_to: None,
            lat: None,
            lon: None,
            confidence: String::new(),
            note: String::new(),
        };
        Shape { unit, ground: MultiPolygon::new(vec![ground]), approximate: true }
    }

    #[test]
    fn shapes_fill_the_picture_and_stay_inside() {
        let low = polygon![(x: 105.0, y: 0.0), (x: 106.0, y: 0.0), (x: 106.0, y: 0.5), (x: 105.0, y: 0.5)];
        let high = polygon![(x: 105.0, y: 0.5), (x: 106.0, y: 0.5), (x: 105.5, y: 1.0)];
        let drawing = Drawing::new(&[shape(1, low), shape(2, high)], 100);
        assert_eq!((drawing.width, drawing.height), (100, 101));
        assert_eq!(drawing.paths[0], (UnitId(1), "M0 100l100 0 0-50-100 0z".to_owned()));
        assert_eq!(drawing.paths[1], (UnitId(2), "M0 50l100 0-50-50z".to_owned()));
    }

    #[test]
    fn what_is_smaller_than_a_step_is_not_drawn() {
        let large = polygon![(x: 105.0, y: 20.0), (x: 106.0, y: 20.0), (x: 106.0, y: 21.0)];
        let speck = polygon![(x: 105.0, y: 20.0), (x: 105.0001, y: 20.0), (x: 105.0, y: 20.0001)];
        let drawing = Drawing::new(&[shape(1, large), shape(2, speck)], 100);
        assert_eq!(drawing.paths.iter().map(|p| p.0).collect::<Vec<_>>(), [UnitId(1)]);
        assert_eq!(Drawing::new(&[], 100), Drawing::default());
    }
}
