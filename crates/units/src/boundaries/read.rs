//! Reads boundaries from GeoJSON (RFC 7946) or GeoPackage, suspiciously: what is read comes from anybody.

use super::{Coordinates, from_coordinates};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use kernel::{Phrase, Problem};
use serde_json::Value;
use sqlx::{Connection, Row, sqlite::SqliteConnectOptions};

/// The format of a file, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    GeoJson,
    GeoPackage,
}

impl Format {
    pub fn of(bytes: &[u8]) -> Format {
        if bytes.starts_with(b"SQLite format 3\0") { Format::GeoPackage } else { Format::GeoJson }
    }
}

/// A feature as read: a code and its ground, or what is wrong with it.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Counted from 1.
    pub number: usize,
    pub code: Option<String>,
    /// `None`: no polygon, or one that cannot be read.
    pub ground: Option<MultiPolygon<f64>>,
}

/// A file that cannot be read at all.
pub type Bad = Box<Problem>;

fn bad<T>(phrase: Phrase) -> Result<T, Bad> {
    Err(Box::new(Problem::input(phrase)))
}

/// Names under which Vietnamese and foreign data keep the code of a unit, first match wins.
const CODE_FIELDS: [&str; 12] = [
    "code",
    "ma",
    "ma_xa",
    "maxa",
    "ma_dvhc",
    "madvhc",
    "ma_huyen",
    "mahuyen",
    "ma_tinh",
    "matinh",
    "commune_code",
    "ward_code",
];

/// The field that holds codes: the one asked for, else the first known one.
fn code_field<'a>(asked: Option<&str>, fields: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    match asked {
        Some(name) => fields.clone().find(|f| f.eq_ignore_ascii_case(name)),
        None => CODE_FIELDS.iter().find_map(|known| fields.clone().find(|f| f.eq_ignore_ascii_case(known))),
    }
}

/// Reads all features. `asked`: the field that holds the codes. Cost: the file in memory, once; not on a thread that
/// answers others.
pub async fn read(bytes: impl AsRef<[u8]> + Send + 'static, asked: Option<String>) -> Result<Vec<Feature>, Bad> {
    match Format::of(bytes.as_ref()) {
        Format::GeoJson => {
            let read = tokio::task::spawn_blocking(move || geojson(bytes.as_ref(), asked.as_deref())).await;
            read.unwrap_or_else(|_| bad(Phrase::new("boundaries-not-readable")))
        }
        Format::GeoPackage => geopackage(bytes, asked.as_deref()).await,
    }
}

fn geojson(bytes: &[u8], asked: Option<&str>) -> Result<Vec<Feature>, Bad> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(file) = serde_json::from_slice::<Value>(bytes) else {
        return bad(Phrase::new("boundaries-not-readable"));
    };
    let Some(features) = file["features"].as_array() else {
        return bad(Phrase::new("boundaries-no-features"));
    };
    // Before RFC 7946 a file could name its reference system; anything but WGS 84 would land elsewhere.
    if let Some(system) = file["crs"]["properties"]["name"].as_str()
        && !["CRS84", "EPSG::4326", "EPSG:4326"].iter().any(|known| system.ends_with(known))
    {
        return bad(Phrase::new("boundaries-other-system").with("system", system));
    }
    let known =
        features.iter().find_map(|f| code_field(asked, f["properties"].as_object()?.keys().map(String::as_str)));
    let Some(field) = known else {
        return bad(Phrase::new("boundaries-no-code-field"));
    };
    let feature = |(number, feature): (usize, &Value)| Feature {
        number,
        code: match &feature["properties"][field] {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        },
        ground: ground(&feature["geometry"]),
    };
    Ok((1..).zip(features).map(feature).collect())
}

fn ground(geometry: &Value) -> Option<MultiPolygon<f64>> {
    let coordinates: Coordinates = match geometry["type"].as_str()? {
        "Polygon" => vec![rings(&geometry["coordinates"])?],
        "MultiPolygon" => geometry["coordinates"].as_array()?.iter().map(rings).collect::<Option<_>>()?,
        _ => return None,
    };
    let whole = !coordinates.is_empty()
        && coordinates.iter().all(|rings| !rings.is_empty() && rings.iter().all(|r| r.len() >= 4));
    whole.then(|| from_coordinates(coordinates))
}

/// Rings of a polygon; heights are dropped.
fn rings(value: &Value) -> Option<Vec<Vec<[f64; 2]>>> {
    let place = |at: &Value| Some([at.get(0)?.as_f64()?, at.get(1)?.as_f64()?]);
    value.as_array()?.iter().map(|ring| ring.as_array()?.iter().map(place).collect()).collect()
}

async fn geopackage(bytes: impl AsRef<[u8]> + Send + 'static, asked: Option<&str>) -> Result<Vec<Feature>, Bad> {
    let unreadable = || Box::new(Problem::input(Phrase::new("boundaries-not-readable")));
    let file = tempfile::NamedTempFile::new().map_err(|_| unreadable())?;
    tokio::fs::write(file.path(), bytes).await.map_err(|_| unreadable())?;
    // Somebody else's database: only read, its own functions and triggers not trusted.
    let options = SqliteConnectOptions::new()
        .filename(file.path())
        .read_only(true)
        .immutable(true)
        .pragma("trusted_schema", "OFF");
    let mut database = sqlx::SqliteConnection::connect_with(&options).await.map_err(|_| unreadable())?;
    let layers = "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c
                  JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features'";
    let layers = sqlx::query(layers).fetch_all(&mut database).await.map_err(|_| unreadable())?;
    let [layer] = layers.as_slice() else {
        return bad(Phrase::new("boundaries-layers").with("count", layers.len()));
    };
    let table: String = layer.try_get(0).map_err(|_| unreadable())?;
    let column: String = layer.try_get(1).map_err(|_| unreadable())?;
    let system: i64 = layer.try_get(2).map_err(|_| unreadable())?;
    if system != 4326 {
        return bad(Phrase::new("boundaries-other-system").with("system", format!("EPSG:{system}")));
    }
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let fields = sqlx::query("SELECT name FROM pragma_table_info($1)").bind(&table);
    let fields = fields.fetch_all(&mut database).await.map_err(|_| unreadable())?;
    let fields: Vec<String> = fields.iter().filter_map(|row| row.try_get(0).ok()).collect();
    let Some(field) = code_field(asked, fields.iter().map(String::as_str)) else {
        return bad(Phrase::new("boundaries-no-code-field"));
    };
    let sql = format!("SELECT CAST({} AS TEXT), {} FROM {}", quoted(field), quoted(&column), quoted(&table));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut database).await.map_err(|_| unreadable())?;
    let feature = |(number, row): (usize, &sqlx::sqlite::SqliteRow)| Feature {
        number,
        code: row.try_get::<Option<String>, _>(0).ok().flatten().map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()),
        ground: row.try_get::<Option<Vec<u8>>, _>(1).ok().flatten().and_then(|blob| blob_ground(&blob)),
    };
    Ok((1..).zip(&rows).map(feature).collect())
}

/// A GeoPackage geometry: its header (OGC 12-128r18, clause 2.1.3), then well-known binary.
fn blob_ground(blob: &[u8]) -> Option<MultiPolygon<f64>> {
    let (magic, flags) = (blob.get(..2)?, *blob.get(3)?);
    let envelope = [0, 32, 48, 48, 64].get(usize::from(flags >> 1 & 7))?;
    if magic != b"GP" || flags & 0x10 != 0 {
        return None;
    }
    let mut binary = Binary { rest: blob.get(8 + envelope..)? };
    let polygons = binary.geometry(0)?;
    (!polygons.is_empty()).then(|| MultiPolygon::new(polygons))
}

/// Well-known binary, read to its end and never beyond it.
struct Binary<'a> {
    rest: &'a [u8],
}

impl Binary<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.rest.split_first_chunk::<N>()?;
        self.rest = tail;
        Some(*head)
    }

    fn count(&mut self, little: bool) -> Option<usize> {
        let bytes = self.take::<4>()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    }

    fn geometry(&mut self, depth: u8) -> Option<Vec<Polygon<f64>>> {
        let little = self.take::<1>()?[0] == 1;
        let kind = u32::try_from(self.count(little)?).ok()?;
        // ISO writes dimensions as thousands, EWKB as high bits.
        let plain = (kind & 0x1fff_ffff) % 1000;
        let iso = (kind & 0x1fff_ffff) / 1000;
        let more = usize::from(iso == 1 || iso == 2)
            + 2 * usize::from(iso == 3)
            + usize::from(kind & 0x8000_0000 != 0)
            + usize::from(kind & 0x4000_0000 != 0);
        match plain {
            3 => Some(vec![self.polygon(little, 2 + more)?]),
            6 if depth == 0 => {
                let mut all = Vec::new();
                for _ in 0..self.count(little)? {
                    all.extend(self.geometry(1)?);
                }
                Some(all)
            }
            _ => None,
        }
    }

    fn polygon(&mut self, little: bool, dimensions: usize) -> Option<Polygon<f64>> {
        let mut lines = Vec::new();
        for _ in 0..self.count(little)? {
            let count = self.count(little)?;
            // A count that the bytes cannot hold is refused before anything is set aside for it.
            if count.checked_mul(dimensions * 8)? > self.rest.len() || count < 4 {
                return None;
            }
            let mut line = Vec::with_capacity(count);
            for _ in 0..count {
                let (x, y) = (self.number(little)?, self.number(little)?);
                for _ in 2..dimensions {
                    self.number(little)?;
                }
                line.push(Coord { x, y });
            }
            lines.push(LineString::new(line));
        }
        let mut lines = lines.into_iter();
        Some(Polygon::new(lines.next()?, lines.collect()))
    }

    fn number(&mut self, little: bool) -> Option<f64> {
        let bytes = self.take::<8>()?;
        Some(if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }
}
