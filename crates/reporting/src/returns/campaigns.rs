//! The campaigns of a year and its closing: a year is not closed over criteria that somebody still works on or reviews; with it its campaigns
//! are closed, and opened again with it, for corrections.

use crate::{campaigns::note, model::Course};
use ::store::{Query, Result, WriteTx, args};
use kernel::{Phrase, Problem, UnitId};
use serde_json::json;

/// A campaign that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub id: i64,
    pub name: String,
    /// Its criteria, of all units.
    pub criteria: i64,
    /// Criteria that were not accepted, and of how many units.
    pub open: i64,
    pub open_units: i64,
}

/// The open campaigns of a province and year, those of its halves and quarters too. Cost: their criteria, in one query.
pub async fn running(tx: &mut impl Query, province: UnitId, year: i16) -> Result<Vec<Running>> {
    let waits = "i.state NOT IN ('accepted', 'confirmed', 'locked')";
    let sql = format!(
        "SELECT c.id, c.name, COUNT(i.unit), COUNT(CASE WHEN {waits} THEN 1 END), COUNT(DISTINCT CASE WHEN {waits} THEN i.unit END)
         FROM reporting_campaign c LEFT JOIN reporting_item i ON i.campaign = c.id
         WHERE c.province = $1 AND SUBSTR(c.period, 1, 4) = $2 AND c.state = $3 GROUP BY c.id, c.name ORDER BY c.id"
    );
    let rows = tx.rows(&sql, args![province, format!("{year:04}"), Course::Open.name()]).await?;
    let read = |row: &::store::Row| {
        let (criteria, open, open_units) = (row.i64(2)?, row.i64(3)?, row.i64(4)?);
        Ok(Running { id: row.i64(0)?, name: row.text(1)?, criteria, open, open_units })
    };
    rows.iter().map(read).collect()
}

/// Why a year cannot be closed, if it cannot: which campaigns wait, and for how many criteria.
pub fn in_the_way(running: &[Running]) -> Option<Problem> {
    let open = running.iter().filter(|one| one.open > 0);
    let list: Vec<String> = open.map(|one| format!("{} ({})", one.name, one.open)).collect();
    let why = || Problem::conflict(Phrase::new("returns-campaigns-open").with("list", list.join("; ")), 409);
    (!list.is_empty()).then(why)
}

/// Closes these with the year of a return. Cost: a row each.
pub async fn close(tx: &mut WriteTx, to: i64, running: &[Running]) -> Result<()> {
    for one in running {
        let sql = "UPDATE reporting_campaign SET state = 'closed', closed_with = $2, version = version + 1
                   WHERE id = $1 AND state = 'open'";
        tx.execute_one(sql, args![one.id, to]).await?;
        note(tx, one.id, "reporting.turn", json!({"course": Course::Closed.name(), "return": to})).await?;
    }
    Ok(())
}

/// Opens what the closings of a year closed. Cost: a row each.
pub async fn reopen(tx: &mut WriteTx, province: UnitId, year: i16, reason: &str) -> Result<()> {
    let sql = "SELECT id FROM reporting_campaign WHERE closed_with IN
               (SELECT id FROM reporting_return WHERE province = $1 AND period = $2) ORDER BY id";
    let rows = tx.rows(sql, args![province, format!("{year:04}")]).await?;
    open(tx, rows.iter().map(|row| row.i64(0)).collect::<Result<_>>()?, reason).await
}

/// Opens what a closing closed that came to nothing. Cost: a row each.
pub async fn let_go(tx: &mut WriteTx, from: i64) -> Result<()> {
    let rows = tx.rows("SELECT id FROM reporting_campaign WHERE closed_with = $1 ORDER BY id", args![from]).await?;
    open(tx, rows.iter().map(|row| row.i64(0)).collect::<Result<_>>()?, "").await
}

async fn open(tx: &mut WriteTx, ids: Vec<i64>, reason: &str) -> Result<()> {
    for id in ids {
        let sql =
            "UPDATE reporting_campaign SET state = 'open', closed_with = NULL, version = version + 1 WHERE id = $1";
        tx.execute_one(sql, args![id]).await?;
        note(tx, id, "reporting.turn", json!({"course": Course::Open.name(), "reason": reason})).await?;
    }
    Ok(())
}

/// The campaigns that a return closed: number and name. Cost: those rows.
pub async fn closed_with(tx: &mut impl Query, id: i64) -> Result<Vec<(i64, String)>> {
    let rows = tx.rows("SELECT id, name FROM reporting_campaign WHERE closed_with = $1 ORDER BY id", args![id]).await?;
    rows.iter().map(|row| Ok((row.i64(0)?, row.text(1)?))).collect()
}
