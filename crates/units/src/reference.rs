//! The units shipped with the product (`reference/`), read without a database.

mod check;

use kernel::{Day, DayKind, UnitId};
use rulebook::{
    Level, Traits,
    values::{Found, Units},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../reference"]
#[include = "*.csv"]
struct Files;

/// A line of a reference file that does not fit; read by those who edit the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct BadLine {
    pub file: &'static str,
    pub line: u64,
    pub message: String,
}

/// A shipped unit. Days are inclusive; an open side is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct ShippedUnit {
    pub id: UnitId,
    pub level: Level,
    /// `province`, `provincial_city`, `rural_district`, `township`, `ward`, `commune`.
    pub kind: String,
    pub code: String,
    pub name_vi: String,
    pub parent: Option<UnitId>,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    /// Latitude and longitude of a point inside, in degrees (WGS 84), from geocoding.
    pub point: Option<(f64, f64)>,
    /// South, west, north, east, in degrees.
    pub bounds: Option<[f64; 4]>,
    pub area_km2: Option<f64>,
    pub confidence: String,
    pub note: String,
}

impl ShippedUnit {
    pub fn valid_on(&self, day: Day) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// A shipped succession: from a unit that ended to one that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedSuccession {
    pub from: UnitId,
    pub to: UnitId,
    pub day: Day,
    /// Whether the whole unit went over, or a part of it.
    pub whole: bool,
    /// Whether this is the larger share.
    pub main: bool,
    pub confidence: String,
}

/// An attribute the law reads, of a unit and all under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedAttribute {
    pub unit: UnitId,
    pub attribute: String,
    pub value: String,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub confidence: String,
    pub source: String,
}

/// A member of a named group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedMember {
    pub group: String,
    pub unit: UnitId,
    pub from: Option<Day>,
    pub to: Option<Day>,
}

/// A shipped agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedAgency {
    pub id: i64,
    pub code: String,
    pub kind: String,
    pub name_vi: String,
    pub name_en: String,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    pub successor: Option<i64>,
    pub confidence: String,
    /// The units whose agency it is: of one that outlives a merger the one before and the one after.
    pub units: Vec<UnitId>,
}

/// A day on which State bodies work, or do not, other than its day of the week says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedDay {
    pub day: Day,
    pub kind: DayKind,
    pub name_vi: String,
    pub name_en: String,
    /// The law or the announcement that says so.
    pub source: String,
    /// What is not `verified` is expected, and counts in no deadline.
    pub confidence: String,
    pub note: String,
}

/// Everything in `reference/`.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub units: Vec<ShippedUnit>,
    pub succession: Vec<ShippedSuccession>,
    pub groups: Vec<ShippedMember>,
    pub attributes: Vec<ShippedAttribute>,
    pub agencies: Vec<ShippedAgency>,
    pub calendar: Vec<ShippedDay>,
}

struct Line<'a> {
    file: &'static str,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn text(&self, at: usize) -> String {
        self.record.get(at).unwrap_or("").to_owned()
    }

    fn optional<T: std::str::FromStr>(&self, at: usize) -> Result<Option<T>, BadLine> {
        match self.record.get(at).unwrap_or("") {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| self.bad(format!("column {}: {text:?} does not fit", at + 1))),
        }
    }

    fn required<T: std::str::FromStr>(&self, at: usize) -> Result<T, BadLine> {
        self.optional(at)?.ok_or_else(|| self.bad(format!("column {} is empty", at + 1)))
    }

    /// Several, with blanks between.
    fn many<T: std::str::FromStr>(&self, at: usize) -> Result<Vec<T>, BadLine> {
        let text = self.record.get(at).unwrap_or("");
        let one = |part: &str| part.parse().map_err(|_| self.bad(format!("column {}: {part:?} does not fit", at + 1)));
        text.split_whitespace().map(one).collect()
    }

    fn bad(&self, message: String) -> BadLine {
        BadLine { file: self.file, line: self.record.position().map_or(0, |p| p.line()), message }
    }
}

/// The columns of each file, in their order.
const HEADINGS: [(&str, &str); 6] = [
    (
        "units.csv",
        "id,level,kind,code,name_vi,parent,valid_from,valid_to,lat,lon,south,west,north,east,area_km2,confidence,note",
    ),
    ("succession.csv", "from,to,day,share,main,confidence"),
    ("groups.csv", "group,unit,from,to"),
    ("attributes.csv", "unit,attribute,value,from,to,confidence,source"),
    ("agencies.csv", "id,code,kind,name_vi,name_en,valid_from,valid_to,successor,confidence,units"),
    ("calendar.csv", "date,kind,name_vi,name_en,source,confidence,note"),
];

/// Where a file's bytes come from.
type Source<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

fn lines<T>(source: Source, file: &'static str, read: impl Fn(&Line) -> Result<T, BadLine>) -> Result<Vec<T>, BadLine> {
    let bad = |line, message: String| BadLine { file, line, message };
    let data = source(file).ok_or_else(|| bad(0, "the file is missing".into()))?;
    let mut reader = csv::Reader::from_reader(&*data);
    let wanted = HEADINGS.iter().find(|(name, _)| *name == file).map_or("", |(_, headings)| headings);
    let headings = reader.headers().map_err(|e| bad(1, e.to_string()))?;
    if headings.iter().collect::<Vec<_>>().join(",") != wanted {
        return Err(bad(1, format!("the columns must be {wanted}")));
    }
    let records = reader.records().map(|r| {
        let record = r.map_err(|e| bad(e.position().map_or(0, |p| p.line()), e.to_string()))?;
        read(&Line { file, record: &record })
    });
    records.collect()
}

/// The embedded files as they were shipped: name and bytes.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let bytes = |name: &str| Files::get(name).map(|f| f.data.into_owned());
    Files::iter().filter_map(|name| Some((name.to_string(), bytes(&name)?))).collect()
}

impl Reference {
    /// Reads the embedded files.
    pub fn read() -> Result<Reference, BadLine> {
        Reference::from_files(&|file| Files::get(file).map(|f| f.data.into_owned()))
    }

    /// Reads files from anywhere; the first line that does not fit.
    pub fn from_files(source: Source) -> Result<Reference, BadLine> {
        Ok(Reference {
            units: lines(source, "units.csv", |l| {
                let level = match l.text(1).as_str() {
                    "province" => Level::Province,
                    "district" => Level::District,
                    "commune" => Level::Commune,
                    "village" => Level::Village,
                    other => return Err(l.bad(format!("level {other:?} is unknown"))),
                };
                let pair = |a, b| -> Result<_, BadLine> { Ok(l.optional::<f64>(a)?.zip(l.optional::<f64>(b)?)) };
                Ok(ShippedUnit {
                    id: UnitId(l.required(0)?),
                    level,
                    kind: l.text(2),
                    code: l.text(3),
                    name_vi: l.text(4),
                    parent: l.optional(5)?.map(UnitId),
                    valid_from: l.optional(6)?,
                    valid_to: l.optional(7)?,
                    point: pair(8, 9)?,
                    bounds: pair(10, 11)?.zip(pair(12, 13)?).map(|((s, w), (n, e))| [s, w, n, e]),
                    area_km2: l.optional(14)?,
                    confidence: l.text(15),
                    note: l.text(16),
                })
            })?,
            succession: lines(source, "succession.csv", |l| {
                Ok(ShippedSuccession {
                    from: UnitId(l.required(0)?),
                    to: UnitId(l.required(1)?),
                    day: l.required(2)?,
                    whole: match l.text(3).as_str() {
                        "whole" => true,
                        "part" => false,
                        other => return Err(l.bad(format!("share {other:?} is neither whole nor part"))),
                    },
                    main: l.required(4)?,
                    confidence: l.text(5),
                })
            })?,
            groups: lines(source, "groups.csv", |l| {
                Ok(ShippedMember {
                    group: l.text(0),
                    unit: UnitId(l.required(1)?),
                    from: l.optional(2)?,
                    to: l.optional(3)?,
                })
            })?,
            attributes: lines(source, "attributes.csv", |l| {
                Ok(ShippedAttribute {
                    unit: UnitId(l.required(0)?),
                    attribute: l.text(1),
                    value: l.text(2),
                    from: l.optional(3)?,
                    to: l.optional(4)?,
                    confidence: l.text(5),
                    source: l.text(6),
                })
            })?,
            agencies: lines(source, "agencies.csv", |l| {
                Ok(ShippedAgency {
                    id: l.required(0)?,
                    code: l.text(1),
                    kind: l.text(2),
                    name_vi: l.text(3),
                    name_en: l.text(4),
                    valid_from: l.optional(5)?,
                    valid_to: l.optional(6)?,
                    successor: l.optional(7)?,
                    confidence: l.text(8),
                    units: l.many(9)?.into_iter().map(UnitId).collect(),
                })
            })?,
            calendar: lines(source, "calendar.csv", |l| {
                let kind = l.text(1);
                Ok(ShippedDay {
                    day: l.required(0)?,
                    kind: DayKind::named(&kind).ok_or_else(|| l.bad(format!("kind {kind:?} is unknown")))?,
                    name_vi: l.text(2),
                    name_en: l.text(3),
                    source: l.text(4),
                    confidence: l.text(5),
                    note: l.text(6),
                })
            })?,
        })
    }
}

/// The shipped units as `evaluate` looks them up: a code means the unit in force on a day.
pub struct Shipped {
    level: Level,
    by_code: HashMap<String, Vec<usize>>,
    reference: Reference,
    parents: HashMap<UnitId, UnitId>,
}

impl Shipped {
    /// For a set that judges units of `level`.
    pub fn new(reference: Reference, level: Level) -> Shipped {
        let mut by_code: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, unit) in reference.units.iter().enumerate() {
            by_code.entry(unit.code.clone()).or_default().push(at);
        }
        let parents = reference.units.iter().filter_map(|u| Some((u.id, u.parent?))).collect();
        Shipped { level, by_code, reference, parents }
    }

    /// What the law reads of a unit on a day: its own attributes, else its nearest ancestor's.
    pub fn traits(&self, unit: UnitId, day: Day) -> Traits {
        let mut attributes: BTreeMap<String, String> = BTreeMap::new();
        let mut at = Some(unit);
        while let Some(unit) = at {
            let in_force = |a: &&ShippedAttribute| {
                a.unit == unit && a.from.is_none_or(|f| f <= day) && a.to.is_none_or(|t| day <= t)
            };
            for a in self.reference.attributes.iter().filter(in_force) {
                attributes.entry(a.attribute.clone()).or_insert_with(|| a.value.clone());
            }
            at = self.parents.get(&unit).copied();
        }
        let (region, group) = (attributes.remove("region"), attributes.remove("group"));
        Traits { region, group, attributes }
    }
}

impl Units for Shipped {
    fn find(&self, code: &str, day: Day) -> Found {
        let candidates = self.by_code.get(code).map_or(&[][..], Vec::as_slice);
        let mut units = candidates.iter().map(|&at| &self.reference.units[at]).filter(|u| u.valid_on(day));
        match units.next() {
            // Townships and wards stand at the commune's level and are shown, but no commune set judges them.
            Some(unit) if unit.level == self.level && !matches!(unit.kind.as_str(), "township" | "ward") => {
                Found::Unit(Arc::new(self.traits(unit.id, day)))
            }
            Some(_) => Found::OtherLevel,
            None => Found::Nothing,
        }
    }

    fn dated(&self) -> bool {
        true
    }
}
