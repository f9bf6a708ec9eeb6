//! How far a point lies from a unit's ground: for photographs that say where they were taken.

use super::{approximate, official};
use crate::{model::Unit, store};
use ::store::{Query, Result};
use geo::{Coord, LineString, MultiPolygon};
use kernel::{Day, UnitId};

/// Metres of a degree of latitude.
const DEGREE: f64 = 111_320.0;

/// How a point lies to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// To the boundary from outside; 0 inside. Of a few kilometres right to some metres, farther off to a few hundredths.
    pub metres: i64,
    /// The boundary is a guess around a known point.
    pub approximate: bool,
}

/// How a point (latitude, longitude) lies to a unit as it was on a day; `None` where its ground is not known. Cost: the
/// unit, its boundary, else the communes around it.
pub async fn away(tx: &mut impl Query, unit: UnitId, day: Day, point: (f64, f64)) -> Result<Option<Away>> {
    let Some(unit) = store::get(tx, unit).await? else { return Ok(None) };
    let known = official(tx, std::slice::from_ref(&unit)).await?;
    if let Some(ground) = known.get(&unit.id) {
        return Ok(Some(Away { metres: metres(ground, point), approximate: false }));
    }
    if unit.level != "commune" {
        return Ok(None);
    }
    let day = within(&unit, day);
    let cells = approximate(tx, day, std::slice::from_ref(&unit)).await?;
    let ring = cells.get(&unit.id).map(crate::cells::polygon);
    Ok(ring.map(|ring| Away { metres: metres(&MultiPolygon::new(vec![ring]), point), approximate: true }))
}

/// The day, or the unit's first or last where it was not there.
fn within(unit: &Unit, day: Day) -> Day {
    let day = unit.valid_from.map_or(day, |from| day.max(from));
    unit.valid_to.map_or(day, |to| day.min(to))
}

/// On a plane laid on the ground at the point: right near it, where it matters.
fn metres(ground: &MultiPolygon<f64>, (lat, lon): (f64, f64)) -> i64 {
    let east = DEGREE * lat.to_radians().cos();
    let place = |c: &Coord<f64>| ((c.x - lon) * east, (c.y - lat) * DEGREE);
    let mut nearest = f64::INFINITY;
    let mut inside = false;
    let rings = ground.0.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    for LineString(corners) in rings {
        for pair in corners.windows(2) {
            let ((ax, ay), (bx, by)) = (place(&pair[0]), place(&pair[1]));
            // A ray to the east crosses the boundary an odd number of times from inside, holes counted with it.
            if (ay > 0.0) != (by > 0.0) && ax + (bx - ax) * (-ay) / (by - ay) > 0.0 {
                inside = !inside;
            }
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx * dx + dy * dy;
            let along = if length > 0.0 { ((-ax * dx - ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            nearest = nearest.min((ax + along * dx).hypot(ay + along * dy));
        }
    }
    if inside { 0 } else { nearest.min(1e9).round() as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    #[test]
    fn a_point_is_inside_or_so_many_metres_off() {
        let outer = polygon!(
            exterior: [(x: 105.0, y: 22.0), (x: 105.1, y: 22.0), (x: 105.1, y: 22.1), (x: 105.0, y: 22.1)],
            interiors: [[(x: 105.04, y: 22.04), (x: 105.06, y: 22.04), (x: 105.06, y: 22.06), (x: 105.04, y: 22.06)]],
        );
        let island = polygon!((x: 105.2, y: 22.0), (x: 105.21, y: 22.0), (x: 105.21, y: 22.01), (x: 105.2, y: 22.01));
        let ground = MultiPolygon::new(vec![outer, island]);
        let check = |point, low: i64, high: i64| {
            let found = metres(&ground, point);
            assert!((low..=high).contains(&found), "{point:?}: {found}");
        };
        check((22.02, 105.02), 0, 0);
        check((22.005, 105.205), 0, 0);
        // In the hole, a hundredth of a degree from its sides: the nearer are those of the east and west.
        check((22.05, 105.05), 1_000, 1_060);
        check((22.11, 105.05), 1_100, 1_125);
        check((21.0, 105.05), 111_000, 112_000);
        assert_eq!(metres(&MultiPolygon::new(Vec::new()), (22.0, 105.0)), 1_000_000_000);
    }
}
