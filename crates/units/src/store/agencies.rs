//! Agencies as the store has them.

use super::open;
use crate::model::Agency;
use ::store::{Query, Result, Row, args};
use kernel::UnitId;
use std::collections::HashMap;

/// All agencies. Cost: the table, some dozen rows.
pub async fn agencies(tx: &mut impl Query) -> Result<Vec<Agency>> {
    let mut units: HashMap<i64, Vec<UnitId>> = HashMap::new();
    for row in tx.rows("SELECT agency, unit FROM units_agency_unit ORDER BY agency, unit", args![]).await? {
        units.entry(row.i64(0)?).or_default().push(UnitId(row.i64(1)?));
    }
    let sql = "SELECT id, code, kind, name_vi, name_en, from_day, to_day, successor, confidence FROM units_agency ORDER BY id";
    let read = |row: &Row| {
        Ok(Agency {
            id: row.i64(0)?,
            code: row.text(1)?,
            kind: row.text(2)?,
            name_vi: row.text(3)?,
            name_en: row.text(4)?,
            valid_from: open(row.i64(5)?),
            valid_to: open(row.i64(6)?),
            successor: row.opt_i64(7)?,
            confidence: row.text(8)?,
            units: units.remove(&row.i64(0)?).unwrap_or_default(),
        })
    };
    tx.rows(sql, args![]).await?.iter().map(read).collect()
}
