//! What actions need of the tables: versions, rivals, new ids, the tree made anew.

use super::{UNIT, from, level_name, rows_of, to, unit};
use crate::{
    model::{OPEN_FROM, OPEN_TO, Unit},
    reference::ShippedUnit,
};
use ::store::{Query, Result, Value, WriteTx, args};
use kernel::{Day, UnitId, text};
use std::collections::{BTreeSet, HashMap};

/// Ids below are those of the shipped reference data, now and later.
pub const FIRST_OWN_ID: i64 = 1_000_000;

/// How often a unit was changed, counted from 1. Cost: one row.
pub async fn version(tx: &mut impl Query, id: UnitId) -> Result<i64> {
    tx.row("SELECT version FROM units_unit WHERE id = $1", args![id]).await?.map_or(Ok(0), |row| row.i64(0))
}

/// The id of the next unit: never one that was given before, for no unit is ever deleted. Cost: one row.
pub async fn next_id(tx: &mut impl Query) -> Result<i64> {
    let row = tx.row("SELECT MAX(id) FROM units_unit", args![]).await?;
    let last = row.map_or(Ok(None), |row| row.opt_i64(0))?;
    Ok(last.map_or(FIRST_OWN_ID, |last| FIRST_OWN_ID.max(last + 1)))
}

/// The versions of these units, all at once. Cost: one query a thousand.
pub async fn versions(tx: &mut impl Query, ids: &[UnitId]) -> Result<HashMap<UnitId, i64>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let sql = format!("SELECT id, version FROM units_unit WHERE id IN ({})", ::store::places(1, chunk.len()));
        for row in tx.rows(&sql, chunk.iter().map(|&id| id.into()).collect()).await? {
            found.insert(UnitId(row.i64(0)?), row.i64(1)?);
        }
    }
    Ok(found)
}

/// Every unit that ever had one of these codes, the oldest first. Cost: those units.
pub async fn with_codes(tx: &mut impl Query, codes: &[&str]) -> Result<Vec<Unit>> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let places = ::store::places(1, codes.len());
    let sql = format!("SELECT {UNIT} FROM units_unit u WHERE u.code IN ({places}) ORDER BY u.from_day, u.id");
    tx.rows(&sql, codes.iter().map(|&code| code.into()).collect()).await?.iter().map(unit).collect()
}

/// The units that codes mean to somebody who types them: a code may have been another unit's before, the one of today is meant,
/// else the last. Cost: the units that ever had them, one query a thousand.
pub async fn meant_by(tx: &mut impl Query, codes: &[&str]) -> Result<HashMap<String, Unit>> {
    let mut found = Vec::new();
    for some in codes.chunks(1000) {
        found.extend(with_codes(tx, some).await?);
    }
    found.sort_by_key(|unit| unit.valid_to.map_or(i64::MAX, Day::epoch_days));
    Ok(found.into_iter().map(|unit| (unit.code.clone(), unit)).collect())
}

/// Units and all that ever stood under them, by the parents of today: where dates no longer meet, too. Cost: the subtrees.
pub async fn beneath(tx: &mut impl Query, tops: &[UnitId]) -> Result<Vec<UnitId>> {
    if tops.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "WITH RECURSIVE below (id) AS (
           SELECT id FROM units_unit WHERE id IN ({})
           UNION SELECT u.id FROM units_unit u JOIN below b ON u.parent = b.id)
         SELECT id FROM below ORDER BY id",
        ::store::places(1, tops.len())
    );
    let rows = tx.rows(&sql, tops.iter().map(|&id| id.into()).collect()).await?;
    rows.iter().map(|row| Ok(UnitId(row.i64(0)?))).collect()
}

/// The units directly under any of these on a day. Cost: those units.
pub async fn children(tx: &mut impl Query, parents: &[UnitId], day: Day) -> Result<Vec<Unit>> {
    if parents.is_empty() {
        return Ok(Vec::new());
    }
    let places = ::store::places(2, parents.len());
    let sql = format!(
        "SELECT {UNIT} FROM units_unit u WHERE u.from_day <= $1 AND u.to_day >= $1 AND u.parent IN ({}) ORDER BY u.ord, u.id",
        places
    );
    let args = std::iter::once(Value::from(day)).chain(parents.iter().map(|&p| Value::from(p))).collect();
    tx.rows(&sql, args).await?.iter().map(unit).collect()
}

/// A unit directly under another that goes on after a day, the first of them. Cost: the units under it.
pub async fn child_beyond(tx: &mut impl Query, parent: UnitId, last: Day) -> Result<Option<Unit>> {
    let sql = format!(
        "SELECT {UNIT} FROM units_unit u WHERE u.parent = $1 AND u.to_day > $2 ORDER BY u.from_day, u.id LIMIT 1"
    );
    tx.row(&sql, args![parent, last]).await?.as_ref().map(unit).transpose()
}

/// Whether a unit came from others or went into others. Cost: one row.
pub async fn has_succession(tx: &mut impl Query, id: UnitId) -> Result<bool> {
    let sql = "SELECT 1 FROM units_succession WHERE from_unit = $1 OR to_unit = $1 LIMIT 1";
    Ok(tx.row(sql, args![id]).await?.is_some())
}

/// Lines of the tree: ancestor, unit, first and last day. A unit stands under itself, so that one join reaches a subtree
/// with its root; where unit and ancestor were never in force together there is no line.
pub fn tree(units: &HashMap<i64, (Option<i64>, i64, i64)>) -> Vec<Vec<Value>> {
    let mut ids: Vec<i64> = units.keys().copied().collect();
    ids.sort_unstable();
    let mut lines = Vec::new();
    for id in ids {
        let (mut at, mut begins, mut ends, mut seen) = (Some(id), OPEN_FROM, OPEN_TO, BTreeSet::new());
        while let Some(ancestor) = at.filter(|a| seen.insert(*a)) {
            let Some(&(parent, f, t)) = units.get(&ancestor) else {
                break;
            };
            (begins, ends) = (begins.max(f), ends.min(t));
            if begins <= ends {
                lines.push(args![ancestor, id, begins, ends]);
            }
            at = parent;
        }
    }
    lines
}

/// Makes the tree anew; after a change of dates or parents, which are rare. Cost: every unit.
pub async fn rebuild_tree(tx: &mut WriteTx) -> Result<()> {
    let mut units = HashMap::new();
    for row in tx.rows("SELECT id, parent, from_day, to_day FROM units_unit", args![]).await? {
        units.insert(row.i64(0)?, (row.opt_i64(1)?, row.i64(2)?, row.i64(3)?));
    }
    tx.execute("DELETE FROM units_tree", args![]).await?;
    tx.insert_many("units_tree", &["ancestor", "unit", "from_day", "to_day"], tree(&units).into_iter()).await?;
    Ok(())
}

/// What seeding did to the units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    pub added: usize,
    /// Shipped with other words than before, and never corrected here.
    pub refreshed: usize,
    /// Corrected here: left as they are, whatever is shipped.
    pub kept: usize,
}

/// A shipped unit as the store keeps it.
pub fn stored(shipped: &ShippedUnit) -> Unit {
    Unit {
        id: shipped.id,
        level: level_name(shipped.level).into(),
        kind: shipped.kind.clone(),
        code: shipped.code.clone(),
        name: shipped.name_vi.clone(),
        parent: shipped.parent,
        valid_from: shipped.valid_from,
        valid_to: shipped.valid_to,
        lat: shipped.point.map(|p| p.0),
        lon: shipped.point.map(|p| p.1),
        confidence: shipped.confidence.clone(),
        note: shipped.note.clone(),
    }
}

/// Brings the shipped units in: new ones are added, those never touched here follow what is shipped now, corrected ones
/// stay. Cost: the units once; nothing is written where nothing changed.
pub(super) async fn seed_units(tx: &mut WriteTx, shipped: &[ShippedUnit]) -> Result<Seeded> {
    let mut known: HashMap<UnitId, (Unit, bool)> = HashMap::new();
    let sql = format!("SELECT {UNIT}, u.corrected FROM units_unit u WHERE u.id < $1");
    for row in tx.rows(&sql, args![FIRST_OWN_ID]).await? {
        let unit = unit(&row)?;
        known.insert(unit.id, (unit, row.flag(12)?));
    }
    let (mut done, mut new) = (Seeded::default(), Vec::new());
    for wanted in shipped.iter().map(stored) {
        match known.get(&wanted.id) {
            None => new.push(wanted),
            Some((unit, _)) if *unit == wanted => {}
            Some((_, true)) => done.kept += 1,
            Some(_) => {
                refresh(tx, &wanted).await?;
                done.refreshed += 1;
            }
        }
    }
    done.added = new.len();
    rows_of(tx, &new).await?;
    if done.added + done.refreshed > 0 {
        rebuild_tree(tx).await?;
    }
    Ok(done)
}

async fn refresh(tx: &mut WriteTx, u: &Unit) -> Result<()> {
    tx.execute_one(
        "UPDATE units_unit SET level = $2, kind = $3, code = $4, name = $5, search = $6, ord = $7, parent = $8,
                from_day = $9, to_day = $10, lat = $11, lon = $12, confidence = $13, note = $14 WHERE id = $1",
        args![
            u.id,
            u.level.as_str(),
            u.kind.as_str(),
            u.code.as_str(),
            u.name.as_str(),
            text::search_key(&u.name),
            text::order_key(super::short_name(&u.name)),
            u.parent,
            from(u.valid_from),
            to(u.valid_to),
            u.lat,
            u.lon,
            u.confidence.as_str(),
            u.note.as_str()
        ],
    )
    .await
}
