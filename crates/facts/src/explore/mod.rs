//! Any measure over units and years, as a table: rows, columns, filter, a way to gather. Published figures only.
//!
//! A figure stands where it was reported: units of before and after a reorganisation have rows of their own, and are never
//! gathered together. What a measure does not allow (adding shares, say) is not offered.

mod draw;
mod gather;

pub use draw::{MOST_BARS, MOST_LINES, Picture, Words, decimals, draw};
pub use gather::{Statistic, Taken};

use crate::{law::Law, model::Key, published};
use kernel::{Decimal, UnitId, text};
use rulebook::{Aggregate, Measure, Value, values::year_end};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{Query, Result, args};
use units::model::OPEN_TO;

/// Years of one view.
pub const MOST_YEARS: i16 = 10;

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Communes,
    Districts,
    Years,
}

/// What the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    Years,
    /// Every statistic the measure allows.
    Statistics,
    Districts,
    /// Two measures beside each other, in one year.
    Measures,
}

/// Which units a view with rows of communes shows, where a reorganisation falls within its years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Those of before, where both are there.
    #[default]
    Either,
    Old,
    New,
    /// Both, each for itself: over several years only, where no picture counts them together.
    Both,
}

/// A view that holds together.
#[derive(Clone, Debug)]
pub struct View {
    /// The province, and what it was before under the same code.
    pub provinces: Vec<UnitId>,
    pub measure: Arc<Measure>,
    pub second: Option<Arc<Measure>>,
    pub rows: Rows,
    pub columns: Columns,
    pub from: i16,
    pub to: i16,
    pub statistic: Statistic,
    pub side: Side,
    /// Only communes of this district.
    pub district: Option<UnitId>,
    /// Only communes of this group.
    pub group: String,
    /// Only communes whose name or code has this; diacritics do not matter.
    pub search: String,
}

/// A commune that the view reaches.
#[derive(Clone, Debug)]
struct Place {
    unit: UnitId,
    code: String,
    name: String,
    district: Option<(UnitId, String)>,
    from: i64,
    to: i64,
}

impl Place {
    /// Whether it was in force on some day of a year.
    fn in_force(&self, year: i16) -> bool {
        self.from <= year_end(year).epoch_days() && self.to > year_end(year - 1).epoch_days()
    }

    fn ended(&self) -> bool {
        self.to != OPEN_TO
    }
}

/// What a row or a column is.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    Commune {
        unit: UnitId,
        code: String,
        name: String,
        district: Option<String>,
    },
    /// `None`: communes without a district above them.
    District(Option<String>),
    /// `Some(old)` where units of both sides of a reorganisation are shown.
    Year(i16, Option<bool>),
    Statistic(Statistic),
    Measure(Arc<Measure>),
}

/// A cell: a value, and how many figures it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub value: Option<Value>,
    pub of: usize,
    /// Whether any unit was there that could have a figure; one that was not misses none.
    pub there: bool,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: Name,
    pub cells: Vec<Cell>,
    /// Whether its units had ended by a reorganisation.
    pub old: bool,
}

/// The table of a view.
#[derive(Clone, Debug)]
pub struct Explored {
    pub columns: Vec<Name>,
    pub rows: Vec<Row>,
    /// Communes that the view reaches, and those of them that have a figure.
    pub communes: usize,
    pub with: usize,
    /// Whether a reorganisation falls within its years.
    pub reorganised: bool,
    /// Whether units of both sides of it are shown.
    pub both_sides: bool,
}

/// Cost: one row a commune that the province ever had; the figures of the measures (their weights, what they are computed
/// from) there in the years asked for. One query each, whatever is asked.
pub async fn explore(tx: &mut impl Query, law: &Law, view: &View) -> Result<Explored> {
    let places = places(tx, view).await?;
    let measures = view.second.iter().chain([&view.measure]);
    let mut needed: Vec<i64> = measures.flat_map(|m| law.needed(&m.id)).collect();
    let weight = match &view.measure.aggregate {
        Aggregate::Weighted(by) if view.columns != Columns::Measures => {
            needed.extend(law.needed(by));
            law.measure_id(by)
        }
        _ => None,
    };
    needed.sort_unstable();
    needed.dedup();
    let figures = published::of_measures(tx, &view.provinces, &needed, view.from..=view.to).await?;
    let figures: HashMap<Key, Value> = figures.into_iter().map(|f| (f.key, f.value)).collect();
    let read = |place: &Place, year: i16, measure: &Measure| {
        let found = law.read(&figures, place.unit, year, law.measure_id(&measure.id)?)?.1.into_owned();
        (found != Value::NotApplicable).then_some(found)
    };
    let taken = |place: &Place, year: i16| {
        let value = read(place, year, &view.measure)?;
        let weight = weight.and_then(|id| law.read(&figures, place.unit, year, id)?.1.shown());
        Some(Taken { value, weight })
    };
    let years: Vec<i16> = (view.from..=view.to).collect();
    let mut reached: Vec<&Place> = places.iter().filter(|p| years.iter().any(|&y| p.in_force(y))).collect();
    let both = |reached: &[&Place]| reached.iter().any(|p| p.ended()) && reached.iter().any(|p| !p.ended());
    let reorganised = both(&reached);
    match view.side {
        Side::Old => reached.retain(|p| p.ended()),
        Side::New => reached.retain(|p| !p.ended()),
        Side::Either if reorganised && view.rows == Rows::Communes => reached.retain(|p| p.ended()),
        Side::Either | Side::Both => {}
    }
    let both_sides = both(&reached);
    let with = reached.iter().filter(|p| years.iter().any(|&y| read(p, y, &view.measure).is_some())).count();
    let (columns, rows) = match view.rows {
        Rows::Communes => communes(view, &years, &reached, &read),
        Rows::Districts | Rows::Years => gathered(view, &years, &reached, both_sides, &taken),
    };
    Ok(Explored { columns, rows, communes: reached.len(), with, reorganised, both_sides })
}

/// The communes that the view's provinces ever had, as it filters them, in Vietnamese order.
async fn places(tx: &mut impl Query, view: &View) -> Result<Vec<Place>> {
    let provinces: Vec<String> = view.provinces.iter().map(UnitId::to_string).collect();
    if provinces.is_empty() {
        return Ok(Vec::new());
    }
    // Numbers of our own, never text of a reader.
    let sql = format!(
        "SELECT u.id, u.code, u.name, d.id, d.name, u.from_day, u.to_day FROM units_unit u
         LEFT JOIN units_unit d ON d.id = u.parent AND d.level = 'district'
         WHERE u.kind = 'commune' AND u.id IN (SELECT unit FROM units_tree WHERE ancestor IN ({}))
           AND ($1 = '' OR u.search LIKE '%' || $1 || '%' OR u.code LIKE $1 || '%') AND ($2 = 0 OR u.parent = $2)
           AND ($3 = '' OR EXISTS (SELECT 1 FROM units_group g WHERE g.code = $3 AND g.unit = u.id))
         ORDER BY u.ord, u.id",
        provinces.join(",")
    );
    let key = text::search_key(&view.search).replace(['%', '_'], "");
    let rows = tx.rows(&sql, args![key, view.district.unwrap_or(UnitId(0)), view.group.as_str()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Place {
                unit: UnitId(row.i64(0)?),
                code: row.text(1)?,
                name: row.text(2)?,
                district: row.opt_i64(3)?.map(UnitId).zip(row.opt_text(4)?),
                from: row.i64(5)?,
                to: row.i64(6)?,
            })
        })
        .collect()
}

type Table = (Vec<Name>, Vec<Row>);

/// A row a commune: its own values, nothing gathered.
fn communes(
    view: &View,
    years: &[i16],
    places: &[&Place],
    read: &impl Fn(&Place, i16, &Measure) -> Option<Value>,
) -> Table {
    let measures: Vec<&Arc<Measure>> = std::iter::once(&view.measure).chain(&view.second).collect();
    let columns = match view.columns {
        Columns::Measures => measures.iter().map(|m| Name::Measure(Arc::clone(m))).collect(),
        _ => years.iter().map(|&y| Name::Year(y, None)).collect(),
    };
    let cell = |value: Option<Value>, there: bool| Cell { of: usize::from(value.is_some()), value, there };
    let row = |place: &&Place| Row {
        name: Name::Commune {
            unit: place.unit,
            code: place.code.clone(),
            name: place.name.clone(),
            district: place.district.as_ref().map(|d| d.1.clone()),
        },
        cells: match view.columns {
            Columns::Measures => measures.iter().map(|m| cell(read(place, view.to, m), true)).collect(),
            _ => {
                let of = |&y: &i16| {
                    let there = place.in_force(y);
                    cell(read(place, y, &view.measure).filter(|_| there), there)
                };
                years.iter().map(of).collect()
            }
        },
        old: place.ended(),
    };
    (columns, places.iter().map(row).collect())
}

/// What figures are gathered under: district, year, side of a reorganisation.
type Group = (Option<(UnitId, String)>, i16, bool);

/// Rows of many communes each.
fn gathered(
    view: &View,
    years: &[i16],
    places: &[&Place],
    both_sides: bool,
    taken: &impl Fn(&Place, i16) -> Option<Taken>,
) -> Table {
    let mut groups: BTreeMap<Group, Vec<Taken>> = BTreeMap::new();
    // In the order in which districts come first: that of their communes.
    let mut districts: Vec<Option<(UnitId, String)>> = Vec::new();
    for place in places {
        if !districts.contains(&place.district) {
            districts.push(place.district.clone());
        }
        for &year in years.iter().filter(|&&y| place.in_force(y)) {
            let figures = groups.entry((place.district.clone(), year, place.ended())).or_default();
            figures.extend(taken(place, year));
        }
    }
    // Communes without a district are the last.
    districts.sort_by_key(|d| (d.is_none(), d.as_ref().map(|d| text::search_key(&d.1))));
    // `None` where no commune was there.
    let of = |wanted: &dyn Fn(&Group) -> bool| -> Option<Vec<Taken>> {
        let mut found = groups.iter().filter(|(group, _)| wanted(group)).peekable();
        found.peek().is_some().then(|| found.flat_map(|(_, taken)| taken.iter().cloned()).collect())
    };
    let cell = |statistic: Statistic, taken: &Option<Vec<Taken>>| {
        let there = taken.is_some();
        let taken = taken.as_deref().unwrap_or_default();
        let number: Option<Decimal> = statistic.gather(taken, view.measure.decimals).filter(|_| !taken.is_empty());
        Cell { value: number.map(Value::Number), of: taken.len(), there }
    };
    let statistics = Statistic::of_measure(&view.measure);
    let district = |d: &Option<(UnitId, String)>| Name::District(d.as_ref().map(|d| d.1.clone()));
    let columns = match view.columns {
        Columns::Statistics => statistics.iter().copied().map(Name::Statistic).collect(),
        Columns::Districts => districts.iter().map(district).collect(),
        Columns::Years | Columns::Measures => years.iter().map(|&y| Name::Year(y, None)).collect(),
    };
    let each = |taken: &Option<Vec<Taken>>| statistics.iter().map(|&s| cell(s, taken)).collect::<Vec<_>>();
    let mut rows = Vec::new();
    if view.rows == Rows::Districts {
        for own in &districts {
            let cells = match view.columns {
                Columns::Statistics => each(&of(&|(d, year, _)| d == own && *year == view.to)),
                _ => years.iter().map(|y| cell(view.statistic, &of(&|(d, year, _)| d == own && year == y))).collect(),
            };
            let old = !groups.keys().any(|(d, _, ended)| d == own && !ended);
            rows.push(Row { name: district(own), cells, old });
        }
        return (columns, rows);
    }
    for &year in years {
        for old in [true, false] {
            if !groups.keys().any(|(_, y, ended)| *y == year && *ended == old) {
                continue;
            }
            let side = |(_, y, ended): &Group| *y == year && *ended == old;
            let cells = match view.columns {
                Columns::Districts => districts
                    .iter()
                    .map(|own| cell(view.statistic, &of(&|group| side(group) && group.0 == *own)))
                    .collect(),
                _ => each(&of(&side)),
            };
            rows.push(Row { name: Name::Year(year, both_sides.then_some(old)), cells, old });
        }
    }
    (columns, rows)
}
