//! Approximate boundaries: cells around known points (a Voronoi diagram), for a first map until official boundaries are
//! imported. Pure; the same points give the same cells. Whoever shows them says "ranh giới gần đúng".
//!
//! Where a unit's surroundings are known (boxes of the units it was made of), cells end near them: empty places around
//! count as points of their own, whose cells are dropped. Elsewhere a cell reaches [`REACH`] at most.

use kernel::UnitId;
use std::collections::HashMap;

/// A unit's point and what is known of where its ground lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    pub unit: UnitId,
    /// Degrees (WGS 84).
    pub lon: f64,
    pub lat: f64,
}

/// South, west, north, east, in degrees.
pub type Bounds = [f64; 4];

/// A ring of longitude and latitude, counter-clockwise, its first point not repeated.
pub type Ring = Vec<(f64, f64)>;

/// Half the side of the square a cell may fill, in degrees (about 25 km).
const REACH: f64 = 0.22;
/// Side of a bucket, and of the grid that tells ground from surroundings, in degrees.
const STEP: f64 = 0.05;

/// A point of the diagram: a site, or a place outside (`None`).
struct Point {
    at: (f64, f64),
    site: Option<usize>,
}

/// Longitudes shrink with the cosine of the latitude; cells are cut where distances on the ground are equal.
fn shrink(sites: &[Site]) -> f64 {
    let mean = sites.iter().map(|s| s.lat).sum::<f64>() / sites.len().max(1) as f64;
    mean.to_radians().cos()
}

fn bucket(at: (f64, f64)) -> (i64, i64) {
    ((at.0 / STEP).floor() as i64, (at.1 / STEP).floor() as i64)
}

/// The cell of each site, in the order given; empty for a site that shares its point with an earlier one. `ground`: boxes
/// that the sites' units fill together. Cost: near-linear in the sites.
pub fn cells(sites: &[Site], ground: &[Bounds]) -> Vec<Ring> {
    let scale = shrink(sites);
    let mut points: Vec<Point> =
        sites.iter().enumerate().map(|(n, s)| Point { at: (s.lon * scale, s.lat), site: Some(n) }).collect();
    points.extend(outside(sites, ground).into_iter().map(|(lon, lat)| Point { at: (lon * scale, lat), site: None }));
    let mut buckets: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for (n, point) in points.iter().enumerate() {
        buckets.entry(bucket(point.at)).or_default().push(n);
    }
    let mut rings = vec![Ring::new(); sites.len()];
    for (n, point) in points.iter().enumerate() {
        let Some(site) = point.site else { continue };
        rings[site] =
            cell(n, point.at, &points, &buckets).into_iter().map(|(x, y)| (round(x / scale), round(y))).collect();
        rings[site].dedup();
        if rings[site].first() == rings[site].last() {
            rings[site].pop();
        }
    }
    rings
}

/// Four decimals: about ten metres, far finer than the points are known.
fn round(degrees: f64) -> f64 {
    (degrees * 10_000.0).round() / 10_000.0
}

fn cell(own: usize, at: (f64, f64), points: &[Point], buckets: &HashMap<(i64, i64), Vec<usize>>) -> Ring {
    let (x, y) = at;
    let mut ring = vec![(x - REACH, y - REACH), (x + REACH, y - REACH), (x + REACH, y + REACH), (x - REACH, y + REACH)];
    let (bx, by) = bucket(at);
    for distance in 0i64.. {
        // A point farther than twice the farthest corner cuts nothing.
        let farthest = ring.iter().map(|c| (c.0 - x).hypot(c.1 - y)).fold(0.0, f64::max);
        if ring.is_empty() || (distance - 1) as f64 * STEP > 2.0 * farthest {
            break;
        }
        for (i, j) in frame(bx, by, distance) {
            for &other in buckets.get(&(i, j)).map_or(&[][..], Vec::as_slice) {
                let there = points[other].at;
                if other == own {
                } else if there == at {
                    // Two units at one point: the first has the cell.
                    if other < own {
                        return Ring::new();
                    }
                } else {
                    ring = nearer(&ring, at, there);
                }
            }
        }
    }
    ring
}

/// The buckets at a distance, as a square frame.
fn frame(x: i64, y: i64, distance: i64) -> Vec<(i64, i64)> {
    let side = -distance..=distance;
    side.clone()
        .flat_map(|i| side.clone().map(move |j| (i, j)))
        .filter(|(i, j)| i.abs().max(j.abs()) == distance)
        .map(|(i, j)| (x + i, y + j))
        .collect()
}

/// The part of a convex ring that is nearer to `own` than to `other`.
fn nearer(ring: &Ring, own: (f64, f64), other: (f64, f64)) -> Ring {
    let (mx, my) = ((own.0 + other.0) / 2.0, (own.1 + other.1) / 2.0);
    let (dx, dy) = (other.0 - own.0, other.1 - own.1);
    let side = |p: &(f64, f64)| (p.0 - mx) * dx + (p.1 - my) * dy;
    let mut kept = Ring::with_capacity(ring.len() + 1);
    for (n, here) in ring.iter().enumerate() {
        let next = &ring[(n + 1) % ring.len()];
        let (a, b) = (side(here), side(next));
        if a <= 0.0 {
            kept.push(*here);
        }
        if a < 0.0 && b > 0.0 || a > 0.0 && b < 0.0 {
            let t = a / (a - b);
            kept.push((here.0 + (next.0 - here.0) * t, here.1 + (next.1 - here.1) * t));
        }
    }
    kept
}

/// Places around the ground that belong to no unit: a grid over its surroundings, less the boxes and what is near a site.
/// Gaps between boxes and lakes among them are ground: only what the outside reaches is outside.
fn outside(sites: &[Site], ground: &[Bounds]) -> Vec<(f64, f64)> {
    if ground.is_empty() || sites.is_empty() {
        return Vec::new();
    }
    let fold = |at: usize, pick: fn(f64, f64) -> f64| ground.iter().map(|b| b[at]).reduce(pick).unwrap_or_default();
    let margin = 2.0 * REACH;
    let (south, west) = (fold(0, f64::min) - margin, fold(1, f64::min) - margin);
    let count = |from: f64, to: f64| ((to + margin - from) / STEP) as usize + 1;
    let (rows, columns) = (count(south, fold(2, f64::max)), count(west, fold(3, f64::max)));
    let mut near: HashMap<(i64, i64), Vec<&Site>> = HashMap::new();
    for site in sites {
        near.entry(bucket((site.lon, site.lat))).or_default().push(site);
    }
    let place = |at: usize| (west + (at % columns) as f64 * STEP, south + (at / columns) as f64 * STEP);
    let taken = |at: usize| {
        let (lon, lat) = place(at);
        let (x, y) = bucket((lon, lat));
        let close = |b: (i64, i64)| {
            near.get(&b).is_some_and(|l| l.iter().any(|s| (s.lon - lon).hypot(s.lat - lat) < 0.7 * STEP))
        };
        ground.iter().any(|b| b[0] <= lat && lat <= b[2] && b[1] <= lon && lon <= b[3])
            || (-1..=1).any(|i| (-1..=1).any(|j| close((x + i, y + j))))
    };
    let ground: Vec<bool> = (0..rows * columns).map(taken).collect();
    // Grown by a step and shrunk again: what is narrower than two steps closes.
    let grown = spread(&ground, columns, true);
    let closed = spread(&grown, columns, false);
    // What the edge of the grid reaches is outside; the rest are lakes.
    let mut reached = vec![false; closed.len()];
    let mut next = vec![0];
    while let Some(at) = next.pop() {
        if !closed[at] && !std::mem::replace(&mut reached[at], true) {
            next.extend(neighbours(at, rows, columns));
        }
    }
    (0..closed.len()).filter(|&at| reached[at]).map(place).collect()
}

/// The four neighbours of a place in the grid.
fn neighbours(at: usize, rows: usize, columns: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (at / columns, at % columns);
    let up = (row + 1 < rows).then(|| at + columns);
    let down = (row > 0).then(|| at - columns);
    let right = (column + 1 < columns).then(|| at + 1);
    let left = (column > 0).then(|| at - 1);
    [up, down, right, left].into_iter().flatten()
}

/// Grows (or shrinks) what is set by one step.
fn spread(set: &[bool], columns: usize, grow: bool) -> Vec<bool> {
    let rows = set.len() / columns;
    let wins = |at: usize| set[at] == grow || neighbours(at, rows, columns).any(|n| set[n] == grow);
    (0..set.len()).map(|at| wins(at) == grow).collect()
}

/// The outline of several cells together: every edge that only one of them has, joined into rings. Cells of one diagram
/// share their corners, up to rounding.
pub fn outline(rings: &[&Ring]) -> geo::MultiPolygon<f64> {
    let polygons: Vec<geo::Polygon<f64>> = rings.iter().filter(|r| r.len() > 2).map(|r| polygon(r)).collect();
    geo::algorithm::bool_ops::unary_union(&polygons)
}

/// A ring as a polygon, closed.
pub fn polygon(ring: &Ring) -> geo::Polygon<f64> {
    geo::Polygon::new(geo::LineString::from(ring.clone()), Vec::new())
}
