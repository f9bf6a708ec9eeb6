//! Where units lie: official boundaries once they are imported, until then approximate cells around known points.

mod away;
mod check;
mod drawing;
mod import;
pub(crate) mod pages;
mod read;

pub use away::{Away, away};
pub use check::{Given, Report, Wanted, check};
pub use drawing::Drawing;
pub use import::{Import, inspect, keep};
pub use read::{Bad, Feature, Format, read};

use crate::{
    cells::{self, Bounds, Site},
    model::Unit,
    reference::Reference,
    store::{self, Filter},
};
use ::store::{Query, Result, Value, args};
use geo::{Coord, LineString, MultiPolygon, Polygon, Simplify};
use kernel::{Day, UnitId};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// A unit's ground, for drawing.
#[derive(Clone, Debug)]
pub struct Shape {
    pub unit: Unit,
    pub ground: MultiPolygon<f64>,
    /// Made from points, not measured: whoever shows it says so.
    pub approximate: bool,
}

/// Corners that all shapes of one picture may have together, so that a province stays below 150 KB.
const CORNERS: usize = 4500;

/// The boxes of the shipped communes: the ground beyond which no cell reaches.
static GROUND: LazyLock<Vec<Bounds>> = LazyLock::new(|| {
    let units = Reference::read().map(|r| r.units).unwrap_or_default();
    units.iter().filter(|u| u.level == rulebook::Level::Commune).filter_map(|u| u.bounds).collect()
});

/// Shapes of the units in force on a day, at a level, under a unit; simplified for drawing. Units without a point have
/// none. Cost: the communes under it and around it.
pub async fn shapes(tx: &mut impl Query, day: Day, level: &str, under: Option<UnitId>) -> Result<Vec<Shape>> {
    let of = |level: &str| Filter { day: Some(day), level: Some(level.into()), under, ..Filter::default() };
    let (units, _) = store::list(tx, &of(level), 0, 20_000).await?;
    let communes = if level == "commune" { units.clone() } else { store::list(tx, &of("commune"), 0, 20_000).await?.0 };
    let cells = approximate(tx, day, &communes).await?;
    let official = official(tx, &units).await?;
    // A unit above the communes: the cells of all its communes together.
    let mut together: BTreeMap<UnitId, Vec<&cells::Ring>> = BTreeMap::new();
    for (unit, ancestor) in above(tx, day, level, under).await? {
        if let Some(ring) = cells.get(&unit) {
            together.entry(ancestor).or_default().push(ring);
        }
    }
    let shape = |unit: Unit| {
        let (ground, approximate) = match (official.get(&unit.id), together.get(&unit.id)) {
            (Some(ground), _) => (ground.clone(), false),
            (None, Some(rings)) if level != "commune" => (cells::outline(rings), true),
            (None, _) => (MultiPolygon::new(cells.get(&unit.id).map(cells::polygon).into_iter().collect()), true),
        };
        (!ground.0.is_empty()).then_some(Shape { unit, ground, approximate })
    };
    Ok(simplified(units.into_iter().filter_map(shape).collect()))
}

/// For every commune its ancestor at a level.
async fn above(tx: &mut impl Query, day: Day, level: &str, under: Option<UnitId>) -> Result<Vec<(UnitId, UnitId)>> {
    if level == "commune" {
        return Ok(Vec::new());
    }
    let (mut sql, mut args) = (
        "SELECT t.unit, t.ancestor FROM units_tree t JOIN units_unit a ON a.id = t.ancestor JOIN units_unit u ON u.id = t.unit
         WHERE t.from_day <= $1 AND t.to_day >= $1 AND a.level = $2 AND u.level = 'commune'"
            .to_owned(),
        args![day, level],
    );
    if let Some(under) = under {
        sql += " AND t.unit IN (SELECT unit FROM units_tree WHERE ancestor = $3 AND from_day <= $1 AND to_day >= $1)";
        args.push(Value::from(under));
    }
    tx.rows(&sql, args).await?.iter().map(|row| Ok((UnitId(row.i64(0)?), UnitId(row.i64(1)?)))).collect()
}

/// Cells of communes, cut by their neighbours across the border too, so that a unit's cell is the same on every map.
async fn approximate(tx: &mut impl Query, day: Day, communes: &[Unit]) -> Result<HashMap<UnitId, cells::Ring>> {
    let points: Vec<(f64, f64)> = communes.iter().filter_map(|u| u.lat.zip(u.lon)).collect();
    let Some(&first) = points.first() else {
        return Ok(HashMap::new());
    };
    let around = points.iter().fold([first.0, first.0, first.1, first.1], |b, p| {
        [b[0].min(p.0), b[1].max(p.0), b[2].min(p.1), b[3].max(p.1)]
    });
    let sql =
        "SELECT u.id, u.lat, u.lon FROM units_unit u WHERE u.level = 'commune' AND u.from_day <= $1 AND u.to_day >= $1
               AND u.lat >= $2 AND u.lat <= $3 AND u.lon >= $4 AND u.lon <= $5 ORDER BY u.id";
    let margin = 0.5;
    let args = args![day, around[0] - margin, around[1] + margin, around[2] - margin, around[3] + margin];
    let mut sites = Vec::new();
    for row in tx.rows(sql, args).await? {
        sites.push(Site { unit: UnitId(row.i64(0)?), lat: row.f64(1)?, lon: row.f64(2)? });
    }
    let rings = cells::cells(&sites, &GROUND);
    Ok(sites.iter().map(|s| s.unit).zip(rings).filter(|(_, ring)| ring.len() > 2).collect())
}

/// Imported boundaries. Cost: those rows.
async fn official(tx: &mut impl Query, units: &[Unit]) -> Result<HashMap<UnitId, MultiPolygon<f64>>> {
    let mut found = HashMap::new();
    for chunk in units.chunks(1000) {
        let places = ::store::places(1, chunk.len());
        let sql = format!("SELECT unit, geometry FROM units_boundary WHERE unit IN ({})", places);
        for row in tx.rows(&sql, chunk.iter().map(|u| Value::from(u.id)).collect()).await? {
            let coordinates = serde_json::from_str(&row.text(1)?)?;
            found.insert(UnitId(row.i64(0)?), from_coordinates(coordinates));
        }
    }
    Ok(found)
}

/// Fewer corners for drawing: the coarser, the more there are in the picture.
fn simplified(mut shapes: Vec<Shape>) -> Vec<Shape> {
    let corners =
        |shapes: &[Shape]| shapes.iter().flat_map(|s| &s.ground.0).map(|p| p.exterior().0.len()).sum::<usize>();
    let mut tolerance = 0.0003;
    while corners(&shapes) > CORNERS && tolerance < 0.02 {
        for shape in shapes.iter_mut().filter(|s| !s.approximate) {
            // Specks that vanish at this scale go, the largest piece stays whatever its size.
            let mut pieces = shape.ground.simplify(tolerance).0;
            pieces.retain(|p| p.exterior().0.len() > 3);
            if !pieces.is_empty() {
                shape.ground = MultiPolygon::new(pieces);
            }
        }
        tolerance *= 2.0;
    }
    shapes
}

/// Rings of polygons: what GeoJSON calls the coordinates of a MultiPolygon.
pub(crate) type Coordinates = Vec<Vec<Vec<[f64; 2]>>>;

pub(crate) fn to_coordinates(ground: &MultiPolygon<f64>, decimals: i32) -> Coordinates {
    let scale = 10f64.powi(decimals);
    let place = |c: &Coord<f64>| [(c.x * scale).round() / scale, (c.y * scale).round() / scale];
    let ring = |line: &LineString<f64>| line.0.iter().map(place).collect();
    ground.0.iter().map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect()).collect()
}

pub(crate) fn from_coordinates(coordinates: Coordinates) -> MultiPolygon<f64> {
    let line = |ring: Vec<[f64; 2]>| LineString::from(ring.into_iter().map(|[x, y]| (x, y)).collect::<Vec<_>>());
    let polygon = |rings: Vec<Vec<[f64; 2]>>| {
        let mut rings = rings.into_iter().map(line);
        Polygon::new(rings.next().unwrap_or(LineString::new(Vec::new())), rings.collect())
    };
    MultiPolygon::new(coordinates.into_iter().map(polygon).collect())
}

/// A shape as a GeoJSON geometry, four decimals (ten metres), with its west, south, east and north.
pub fn geometry(ground: &MultiPolygon<f64>) -> (serde_json::Value, [f64; 4]) {
    let coordinates = to_coordinates(ground, 4);
    let bounds =
        coordinates.iter().flatten().flatten().fold([180.0, 90.0, -180.0, -90.0f64], |b, c| {
            [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[0]), b[3].max(c[1])]
        });
    let geometry = match coordinates.as_slice() {
        [polygon] => json!({"type": "Polygon", "coordinates": polygon}),
        _ => json!({"type": "MultiPolygon", "coordinates": coordinates}),
    };
    (geometry, bounds)
}

/// Shapes as a GeoJSON FeatureCollection (RFC 7946). `href` gives a unit's page.
pub fn geojson(shapes: &[Shape], day: Day, href: impl Fn(UnitId) -> String) -> serde_json::Value {
    let feature = |shape: &Shape| {
        let unit = &shape.unit;
        json!({
            "type": "Feature", "id": unit.id, "geometry": geometry(&shape.ground).0,
            "properties": {
                "code": unit.code, "name": unit.name, "level": unit.level, "kind": unit.kind,
                "approximate": shape.approximate, "href": href(unit.id),
            },
        })
    };
    let features: Vec<_> = shapes.iter().map(feature).collect();
    json!({"type": "FeatureCollection", "as_of": day, "features": features})
}
