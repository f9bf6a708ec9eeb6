//! All database access of units. Tables are prefixed `units_`; `units_tree` is the one table everybody may join.

use crate::{
    calendar,
    model::{OPEN_FROM, OPEN_TO, Succession, Unit},
    reference::Reference,
};
use kernel::{Day, UnitId, text};
use rulebook::{Level, Traits};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{AuditLine, Query, Result, Row, Value, WriteTx, args};

mod agencies;
mod edit;
mod migrations;
mod search;
mod uploads;

pub use agencies::agencies;
pub use edit::{
    FIRST_OWN_ID, Seeded, beneath, child_beyond, children, has_succession, meant_by, next_id, rebuild_tree, stored,
    version, versions, with_codes,
};
pub use migrations::MIGRATIONS;
pub use search::{Cited, Filter, attributes, history, history_of, list, own_attributes};
pub use uploads::{forget_upload, keep_upload, upload};

pub(crate) fn from(day: Option<Day>) -> i64 {
    day.map_or(OPEN_FROM, Day::epoch_days)
}

pub(crate) fn to(day: Option<Day>) -> i64 {
    day.map_or(OPEN_TO, Day::epoch_days)
}

fn open(days: i64) -> Option<Day> {
    (days != OPEN_FROM && days != OPEN_TO).then(|| Day::from_epoch_days(days))
}

pub(crate) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Province => "province",
        Level::District => "district",
        Level::Commune => "commune",
        Level::Village => "village",
    }
}

const UNIT: &str =
    "u.id, u.level, u.kind, u.code, u.name, u.parent, u.from_day, u.to_day, u.lat, u.lon, u.confidence, u.note";

fn unit(row: &Row) -> Result<Unit> {
    Ok(Unit {
        id: UnitId(row.i64(0)?),
        level: row.text(1)?,
        kind: row.text(2)?,
        code: row.text(3)?,
        name: row.text(4)?,
        parent: row.opt_i64(5)?.map(UnitId),
        valid_from: open(row.i64(6)?),
        valid_to: open(row.i64(7)?),
        lat: row.opt_f64(8)?,
        lon: row.opt_f64(9)?,
        confidence: row.text(10)?,
        note: row.text(11)?,
    })
}

/// Inserts units and their places in the tree; used by made-up provinces and by mergers.
pub async fn insert_units(tx: &mut WriteTx, units: &[Unit]) -> Result<()> {
    rows_of(tx, units).await?;
    rebuild_tree(tx).await?;
    tx.look_at(&["units_unit", "units_tree"]).await
}

async fn rows_of(tx: &mut WriteTx, units: &[Unit]) -> Result<()> {
    let rows = units.iter().map(|u| {
        let (search, order) = (text::search_key(&u.name), text::order_key(short_name(&u.name)));
        args![
            u.id,
            u.level.as_str(),
            u.kind.as_str(),
            u.code.as_str(),
            u.name.as_str(),
            search,
            order,
            u.parent,
            from(u.valid_from),
            to(u.valid_to),
            u.lat,
            u.lon,
            u.confidence.as_str(),
            u.note.as_str(),
            1i64
        ]
    });
    let columns = [
        "id",
        "level",
        "kind",
        "code",
        "name",
        "search",
        "ord",
        "parent",
        "from_day",
        "to_day",
        "lat",
        "lon",
        "confidence",
        "note",
        "version",
    ];
    tx.insert_many("units_unit", &columns, rows.collect::<Vec<_>>().into_iter()).await?;
    changed(tx).await
}

/// Notes that units or their succession changed: whoever keeps something made from all of them asks [`changes`]. Cost: a row.
pub(crate) async fn changed(tx: &mut WriteTx) -> Result<()> {
    tx.execute_one("UPDATE units_changes SET count = count + 1 WHERE id = 1", args![]).await
}

/// How often units or their succession changed. Cost: a row.
pub async fn changes(tx: &mut impl Query) -> Result<i64> {
    tx.row("SELECT count FROM units_changes WHERE id = 1", args![]).await?.map_or(Ok(0), |row| row.i64(0))
}

/// Every unit there ever was. Cost: all of them.
pub async fn all(tx: &mut impl Query) -> Result<Vec<Unit>> {
    tx.rows(&format!("SELECT {UNIT} FROM units_unit u ORDER BY u.id"), args![]).await?.iter().map(unit).collect()
}

/// The name without its kind, which would sort all communes under "Xã".
pub fn short_name(name: &str) -> &str {
    [
        "Xã ",        // input: prefixes of official names
        "Phường ",    // input: as above
        "Thị trấn ",  // input: as above
        "Huyện ",     // input: as above
        "Thành phố ", // input: as above
        "Tỉnh ",      // input: as above
    ]
    .iter()
    .find_map(|kind| name.strip_prefix(kind))
    .unwrap_or(name)
}

/// Brings the shipped facts in, as often as one likes: units as [`Seeded`] says; steps, members, attributes and agencies
/// that are not there yet. What was corrected or added here stays. Whether anything changed. Cost: the shipped rows once.
pub async fn seed(tx: &mut WriteTx, reference: &Reference) -> Result<bool> {
    let units = edit::seed_units(tx, &reference.units).await?;
    let mut added = 0;
    let rows = reference
        .succession
        .iter()
        .map(|s| args![s.from, s.to, s.day, s.whole, s.main, s.confidence.as_str()])
        .collect();
    let columns = ["from_unit", "to_unit", "day", "whole", "main", "confidence"];
    added += add_missing(tx, "units_succession", &columns, &[0, 1], rows).await?;
    let rows = reference.groups.iter().map(|m| args![m.group.as_str(), m.unit, from(m.from), to(m.to)]).collect();
    added += add_missing(tx, "units_group", &["code", "unit", "from_day", "to_day"], &[0, 1], rows).await?;
    let rows = reference
        .attributes
        .iter()
        .map(|a| {
            let (name, value) = (a.attribute.as_str(), a.value.as_str());
            args![a.unit, name, value, from(a.from), to(a.to), a.confidence.as_str(), a.source.as_str()]
        })
        .collect();
    let columns = ["unit", "attribute", "value", "from_day", "to_day", "confidence", "source"];
    // A unit that was given another value here keeps it: the attribute as a whole counts, not the line.
    added += add_missing(tx, "units_attribute", &columns, &[0, 1], rows).await?;
    let rows = reference
        .agencies
        .iter()
        .map(|a| {
            let (code, kind, vi, en) = (a.code.as_str(), a.kind.as_str(), a.name_vi.as_str(), a.name_en.as_str());
            args![a.id, code, kind, vi, en, from(a.valid_from), to(a.valid_to), a.successor, a.confidence.as_str()]
        })
        .collect();
    let columns = ["id", "code", "kind", "name_vi", "name_en", "from_day", "to_day", "successor", "confidence"];
    added += add_missing(tx, "units_agency", &columns, &[0], rows).await?;
    // What was said here of an agency counts as a whole: units that somebody took away, its last one too, stay away.
    let edited = tx.rows("SELECT id FROM units_agency WHERE version > 1", args![]).await?;
    let edited: HashSet<i64> = edited.iter().map(|row| row.i64(0)).collect::<Result<_>>()?;
    let shipped = reference.agencies.iter().filter(|a| !edited.contains(&a.id));
    let rows = shipped.flat_map(|a| a.units.iter().map(|unit| args![a.id, *unit])).collect();
    added += add_missing(tx, "units_agency_unit", &["agency", "unit"], &[0], rows).await?;
    added += calendar::seed(tx, &reference.calendar).await?;
    if units.added + units.refreshed + added == 0 {
        return Ok(false);
    }
    changed(tx).await?;
    let details = serde_json::json!({
        "added": units.added, "refreshed": units.refreshed, "kept": units.kept, "other_lines": added,
    });
    tx.look_at(&["units_unit", "units_tree", "units_attribute", "units_succession"]).await?;
    tx.audit(AuditLine { action: "units.seed", kind: "reference", subject: "reference".into(), unit: None, details })
        .await?;
    Ok(true)
}

/// Inserts the rows whose key (these columns of it, integers or texts) the table does not have; how many.
async fn add_missing(
    tx: &mut WriteTx,
    table: &str,
    columns: &[&str],
    key: &[usize],
    rows: Vec<Vec<Value>>,
) -> Result<usize> {
    let said = |value: &Value| match value {
        Value::Int(Some(v)) => v.to_string(),
        Value::Text(Some(v)) => v.clone(),
        _ => String::new(),
    };
    let names: Vec<String> = key.iter().map(|&at| format!("CAST({} AS TEXT)", columns[at])).collect();
    let sql = format!("SELECT {} FROM {table}", names.join(", "));
    let mut known: HashSet<Vec<String>> = HashSet::new();
    for row in tx.rows(&sql, args![]).await? {
        known.insert((0..key.len()).map(|at| row.text(at)).collect::<Result<_>>()?);
    }
    let new: Vec<Vec<Value>> = rows
        .into_iter()
        .filter(|row| !known.contains(&key.iter().map(|&at| said(&row[at])).collect::<Vec<_>>()))
        .collect();
    let count = new.len();
    if count > 0 {
        tx.insert_many(table, columns, new.into_iter()).await?;
    }
    Ok(count)
}

/// One unit. Cost: one row.
pub async fn get(tx: &mut impl Query, id: UnitId) -> Result<Option<Unit>> {
    let row = tx.row(&format!("SELECT {UNIT} FROM units_unit u WHERE u.id = $1"), args![id]).await?;
    row.as_ref().map(unit).transpose()
}

/// The unit that a code means on a day. Cost: the units that ever had the code.
pub async fn by_code(tx: &mut impl Query, code: &str, day: Day) -> Result<Option<Unit>> {
    let sql = format!(
        "SELECT {UNIT} FROM units_unit u WHERE u.code = $1 AND u.from_day <= $2 AND u.to_day >= $2 ORDER BY u.id"
    );
    tx.row(&sql, args![code, day]).await?.as_ref().map(unit).transpose()
}

/// Units under an ancestor on a day, by level, in Vietnamese order. Cost: the subtree.
pub async fn under(tx: &mut impl Query, ancestor: UnitId, level: &str, day: Day) -> Result<Vec<Unit>> {
    let sql = format!(
        "SELECT {UNIT} FROM units_tree t JOIN units_unit u ON u.id = t.unit
         WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2 AND u.level = $3 ORDER BY u.ord, u.id"
    );
    tx.rows(&sql, args![ancestor, day, level]).await?.iter().map(unit).collect()
}

/// The ancestors of a unit, nearest first, itself left out. Cost: the levels above it.
pub async fn ancestors(tx: &mut impl Query, id: UnitId) -> Result<Vec<Unit>> {
    let sql = format!(
        "SELECT {UNIT} FROM units_tree t JOIN units_unit u ON u.id = t.ancestor WHERE t.unit = $1 AND t.ancestor <> $1
         ORDER BY CASE u.level WHEN 'village' THEN 0 WHEN 'commune' THEN 1 WHEN 'district' THEN 2 ELSE 3 END"
    );
    tx.rows(&sql, args![id]).await?.iter().map(unit).collect()
}

/// Fewer communes ended on one day are a correction of the map: their year is read at its end.
const REORGANISATION: i64 = 10;

/// The last days of the units that reorganisations ended, the latest first; under these ancestors, or anywhere without any.
/// Cost: the units that ended.
pub async fn last_days(tx: &mut impl Query, under: &[UnitId], first: Day, last: Day) -> Result<Vec<Day>> {
    let places = ::store::places(4, under.len());
    let inside = format!("AND u.id IN (SELECT unit FROM units_tree WHERE ancestor IN ({}))", places);
    let sql = format!(
        "SELECT u.to_day FROM units_unit u WHERE u.level = 'commune' AND u.to_day BETWEEN $1 AND $2 {}
         GROUP BY u.to_day HAVING COUNT(*) >= $3 ORDER BY u.to_day DESC",
        if under.is_empty() { "" } else { &inside }
    );
    let mut args = args![first, last, REORGANISATION];
    args.extend(under.iter().map(|&u| Value::from(u)));
    tx.rows(&sql, args).await?.iter().map(|r| Ok(Day::from_epoch_days(r.i64(0)?))).collect()
}

/// The days on which what the law reads of units changed; the first is before all others. Cost: the attributes.
pub async fn trait_days(tx: &mut impl Query) -> Result<Vec<Day>> {
    let sql = "SELECT from_day FROM units_attribute UNION SELECT to_day + 1 FROM units_attribute WHERE to_day < $1
               ORDER BY 1";
    tx.rows(sql, args![OPEN_TO]).await?.iter().map(|r| Ok(Day::from_epoch_days(r.i64(0)?))).collect()
}

/// Provinces valid on a day. Cost: the provinces.
pub async fn provinces(tx: &mut impl Query, day: Day) -> Result<Vec<Unit>> {
    let sql = format!(
        "SELECT {UNIT} FROM units_unit u WHERE u.level = 'province' AND u.from_day <= $1 AND u.to_day >= $1 ORDER BY u.ord"
    );
    tx.rows(&sql, args![day]).await?.iter().map(unit).collect()
}

fn succession(row: &Row) -> Result<Succession> {
    Ok(Succession {
        from: UnitId(row.i64(0)?),
        to: UnitId(row.i64(1)?),
        day: Day::from_epoch_days(row.i64(2)?),
        whole: row.flag(3)?,
        main: row.flag(4)?,
        confidence: row.text(5)?,
    })
}

/// What a unit went into and came from, with the units themselves. Cost: its direct neighbours in time.
pub async fn neighbours(tx: &mut impl Query, id: UnitId) -> Result<Vec<(Succession, Unit)>> {
    let sql = format!(
        "SELECT s.from_unit, s.to_unit, s.day, s.whole, s.main, s.confidence, {UNIT}
         FROM units_succession s JOIN units_unit u ON u.id = CASE WHEN s.from_unit = $1 THEN s.to_unit ELSE s.from_unit END
         WHERE s.from_unit = $1 OR s.to_unit = $1 ORDER BY s.day, u.ord"
    );
    let rows = tx.rows(&sql, args![id]).await?;
    rows.iter().map(|row| Ok((succession(row)?, neighbour(row)?))).collect()
}

/// A unit whose columns begin at the seventh.
fn neighbour(row: &Row) -> Result<Unit> {
    Ok(Unit {
        id: UnitId(row.i64(6)?),
        level: row.text(7)?,
        kind: row.text(8)?,
        code: row.text(9)?,
        name: row.text(10)?,
        parent: row.opt_i64(11)?.map(UnitId),
        valid_from: open(row.i64(12)?),
        valid_to: open(row.i64(13)?),
        lat: row.opt_f64(14)?,
        lon: row.opt_f64(15)?,
        confidence: row.text(16)?,
        note: row.text(17)?,
    })
}

/// All successions under a province that ended or began. Cost: those rows.
pub async fn successions(tx: &mut impl Query) -> Result<Vec<Succession>> {
    let sql =
        "SELECT from_unit, to_unit, day, whole, main, confidence FROM units_succession ORDER BY from_unit, to_unit";
    tx.rows(sql, args![]).await?.iter().map(succession).collect()
}

/// Codes of the named groups that have members on a day. Cost: the groups' members.
pub async fn groups(tx: &mut impl Query, day: Day) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT code FROM units_group WHERE from_day <= $1 AND to_day >= $1 ORDER BY code";
    tx.rows(sql, args![day]).await?.iter().map(|r| r.text(0)).collect()
}

/// Members of a named group on a day. Cost: the group.
pub async fn group(tx: &mut impl Query, code: &str, day: Day) -> Result<Vec<UnitId>> {
    let sql = "SELECT unit FROM units_group WHERE code = $1 AND from_day <= $2 AND to_day >= $2 ORDER BY unit";
    tx.rows(sql, args![code, day]).await?.iter().map(|r| Ok(UnitId(r.i64(0)?))).collect()
}

/// What the law reads of each of these units on a day, under the parents of that day: own attributes, else the nearest ancestor's.
/// Cost: two queries a thousand units; the units, the attributes of their trees.
pub async fn traits(tx: &mut impl Query, units: &[UnitId], day: Day) -> Result<HashMap<UnitId, Traits>> {
    let (rows, attributes) = (many(tx, units).await?, Attributes::of(tx, units).await?);
    Ok(rows.values().map(|unit| (unit.id, attributes.on(unit, day))).collect())
}

/// The attributes of units and their ancestors, of all days.
pub struct Attributes(HashMap<UnitId, Vec<Attribute>>);

struct Attribute {
    name: String,
    value: String,
    from_day: i64,
    to_day: i64,
    /// Levels up to the one who has it.
    distance: i64,
    /// From when until when that one stood above the unit.
    above: (i64, i64),
}

impl Attributes {
    /// Asked apart from the units: joined with them, PostgreSQL reads whole tables for one unit. Cost: one query a
    /// thousand units; the attributes of their trees.
    pub async fn of(tx: &mut impl Query, ids: &[UnitId]) -> Result<Attributes> {
        let mut found: HashMap<UnitId, Vec<Attribute>> = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(1000) {
            let places = ::store::places(1, chunk.len());
            let sql = format!(
                "SELECT t.unit, a.attribute, a.value, a.from_day, a.to_day,
                        CAST(CASE WHEN t.ancestor = t.unit THEN 0 WHEN p.level = 'commune' THEN 1
                             WHEN p.level = 'district' THEN 2 ELSE 3 END AS BIGINT), t.from_day, t.to_day
                 FROM units_tree t JOIN units_attribute a ON a.unit = t.ancestor JOIN units_unit p ON p.id = t.ancestor
                 WHERE t.unit IN ({})",
                places
            );
            for row in tx.rows(&sql, chunk.iter().map(|&u| Value::from(u)).collect()).await? {
                found.entry(UnitId(row.i64(0)?)).or_default().push(Attribute {
                    name: row.text(1)?,
                    value: row.text(2)?,
                    from_day: row.i64(3)?,
                    to_day: row.i64(4)?,
                    distance: row.i64(5)?,
                    above: (row.i64(6)?, row.i64(7)?),
                });
            }
        }
        Ok(Attributes(found))
    }

    /// What the law reads of a unit on a day, under the ancestors of that day; before a unit began and after it ended, under
    /// those of its first or last day.
    pub fn on(&self, unit: &Unit, day: Day) -> Traits {
        let Some(all) = self.0.get(&unit.id) else { return Traits::default() };
        let (day, mut nearest) = (day.epoch_days(), BTreeMap::<&str, &Attribute>::new());
        let lived = day.max(from(unit.valid_from)).min(to(unit.valid_to));
        let holds = |a: &&Attribute| a.from_day <= day && a.to_day >= day && a.above.0 <= lived && a.above.1 >= lived;
        for attribute in all.iter().filter(holds) {
            let of_name = nearest.entry(&attribute.name).or_insert(attribute);
            if attribute.distance < of_name.distance {
                *of_name = attribute;
            }
        }
        let mut take = |name: &str| nearest.remove(name).map(|a| a.value.clone());
        let (region, group) = (take("region"), take("group"));
        let attributes = nearest.into_iter().map(|(name, a)| (name.to_owned(), a.value.clone())).collect();
        Traits { region, group, attributes }
    }
}

/// Gives a unit an attribute, dated and cited.
pub async fn set_attribute(tx: &mut WriteTx, unit: UnitId, attribute: &str, value: &str, source: &str) -> Result<()> {
    let sql = "INSERT INTO units_attribute (unit, attribute, value, from_day, to_day, confidence, source)
               VALUES ($1, $2, $3, $4, $5, 'recalled', $6)
               ON CONFLICT (unit, attribute, from_day) DO UPDATE SET value = excluded.value, source = excluded.source";
    tx.execute_one(sql, args![unit, attribute, value, OPEN_FROM, OPEN_TO, source]).await
}

/// The same of many units, each with its value. Cost: those rows.
pub async fn set_attributes(
    tx: &mut WriteTx,
    attribute: &str,
    source: &str,
    values: impl Iterator<Item = (UnitId, &'static str)> + Send,
) -> Result<()> {
    let columns = ["unit", "attribute", "value", "from_day", "to_day", "confidence", "source"];
    let rows = values.map(|(unit, value)| args![unit, attribute, value, OPEN_FROM, OPEN_TO, "recalled", source]);
    let rows: Vec<_> = rows.collect();
    tx.upsert_many("units_attribute", &["unit", "attribute", "from_day"], &columns, rows.into_iter()).await?;
    tx.look_at(&["units_attribute"]).await
}

/// Units by id. Cost: one query a thousand.
pub async fn many(tx: &mut impl Query, ids: &[UnitId]) -> Result<HashMap<UnitId, Unit>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let places = ::store::places(1, chunk.len());
        let sql = format!("SELECT {UNIT} FROM units_unit u WHERE u.id IN ({})", places);
        for row in tx.rows(&sql, chunk.iter().map(|&u| Value::from(u)).collect()).await? {
            let unit = unit(&row)?;
            found.insert(unit.id, unit);
        }
    }
    Ok(found)
}

/// Units whose code is one of these and who are valid on a day: code to unit. Cost: one query a thousand codes.
pub async fn by_codes(tx: &mut impl Query, codes: &[String], day: Day) -> Result<HashMap<String, Unit>> {
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(1000) {
        let places = ::store::places(2, chunk.len());
        let sql = format!(
            "SELECT {UNIT} FROM units_unit u WHERE u.from_day <= $1 AND u.to_day >= $1 AND u.code IN ({})",
            places
        );
        let args = std::iter::once(Value::from(day)).chain(chunk.iter().map(Value::from)).collect();
        for row in tx.rows(&sql, args).await? {
            let unit = unit(&row)?;
            found.insert(unit.code.clone(), unit);
        }
    }
    Ok(found)
}
