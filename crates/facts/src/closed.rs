//! Years that a province has closed: no verdict of theirs is ever written again, no figure recorded or published, until the year is
//! opened again, with a reason. What the closing fixed stays in its snapshot either way.

use kernel::{Moment, Phrase, Problem, UnitId};
use std::collections::{BTreeSet, HashSet};
use store::{AuditLine, Query, Result, Row, StoreError, WriteTx, args};

/// A closing of a province's year: the first has number 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub province: UnitId,
    pub year: i16,
    pub number: i64,
    pub at: Moment,
    pub by: String,
    /// The SHA-256 of the snapshot it fixed.
    pub snapshot: String,
    pub reopened: Option<Reopened>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopened {
    pub at: Moment,
    pub by: String,
    pub reason: String,
}

/// The shortest reason for opening a year again, in characters.
pub const LEAST_REASON: usize = 10;

fn closing(row: &Row) -> Result<Closing> {
    let reopened = match row.opt_i64(6)? {
        Some(at) => Some(Reopened {
            at: Moment(at),
            by: row.opt_text(7)?.unwrap_or_default(),
            reason: row.opt_text(8)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Closing {
        province: UnitId(row.i64(0)?),
        year: row.text(1)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?,
        number: row.i64(2)?,
        at: Moment(row.i64(3)?),
        by: row.text(4)?,
        snapshot: row.text(5)?,
        reopened,
    })
}

const COLUMNS: &str = "province, period, number, closed_at, closed_by, snapshot, reopened_at, reopened_by, reason";

/// The closings of a province, of one year or of all, the last first. Cost: those closings.
pub async fn closings(tx: &mut impl Query, province: UnitId, year: Option<i16>) -> Result<Vec<Closing>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM facts_closed WHERE province = $1 AND ($2 = '' OR period = $2) ORDER BY period DESC, number DESC"
    );
    let period = year.map_or_else(String::new, |year| format!("{year:04}"));
    tx.rows(&sql, args![province, period]).await?.iter().map(closing).collect()
}

/// Whether a province's year is closed now. Cost: its closings.
pub async fn is_closed(tx: &mut impl Query, province: UnitId, year: i16) -> Result<bool> {
    Ok(closings(tx, province, Some(year)).await?.first().is_some_and(|closing| closing.reopened.is_none()))
}

/// Which of these units and years are closed: every unit that ever stood under the province. Cost: one query where no year is closed,
/// else one more a thousand units.
pub async fn of(tx: &mut impl Query, units: &[UnitId], years: &[i16]) -> Result<HashSet<(UnitId, i16)>> {
    let sql = "SELECT DISTINCT period FROM facts_closed WHERE reopened_at IS NULL";
    let closed: BTreeSet<String> = tx.rows(sql, args![]).await?.iter().map(|row| row.text(0)).collect::<Result<_>>()?;
    let mut found = HashSet::new();
    if !years.iter().any(|year| closed.contains(&format!("{year:04}"))) {
        return Ok(found);
    }
    for chunk in units.chunks(1000) {
        let sql = format!(
            "SELECT DISTINCT t.unit, c.period FROM facts_closed c JOIN units_tree t ON t.ancestor = c.province
             WHERE c.reopened_at IS NULL AND t.unit IN ({})",
            store::places(1, chunk.len())
        );
        for row in tx.rows(&sql, chunk.iter().map(|&unit| unit.into()).collect()).await? {
            let year = row.text(1)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?;
            found.insert((UnitId(row.i64(0)?), year));
        }
    }
    Ok(found)
}

/// Refuses what would change a closed year. Cost: see [`of`].
pub(crate) async fn check(tx: &mut impl Query, units: &[UnitId], years: &[i16]) -> Result<()> {
    let closed = of(tx, units, years).await?;
    let hit = closed.iter().filter(|(_, year)| years.contains(year)).map(|(_, year)| *year).min();
    match hit {
        Some(year) => refused(Phrase::new("year-closed").with("year", year.to_string())),
        None => Ok(()),
    }
}

fn refused<T>(phrase: Phrase) -> Result<T> {
    Err(StoreError::Refused(Box::new(Problem::conflict(phrase, 409))))
}

/// Closes a province's year over the snapshot of this SHA-256; its number. Whoever writes figures of the year meanwhile comes before, or is
/// refused. Cost: a row; the communes' locks.
pub async fn close_year(tx: &mut WriteTx, province: UnitId, year: i16, snapshot: &str) -> Result<i64> {
    tx.reach(&[(province, rulebook::values::year_end(year))]).await?;
    hold(tx, province).await?;
    let last = closings(tx, province, Some(year)).await?;
    if last.first().is_some_and(|closing| closing.reopened.is_none()) {
        return refused(Phrase::new("year-closed-already").with("year", year.to_string()));
    }
    let number = last.first().map_or(1, |closing| closing.number + 1);
    let sql = "INSERT INTO facts_closed (province, period, number, closed_at, closed_by, snapshot) VALUES ($1, $2, $3, $4, $5, $6)";
    let by = tx.actor().role.name();
    let at = tx.now();
    tx.execute_one(sql, args![province, format!("{year:04}"), number, at, by, snapshot]).await?;
    let details = serde_json::json!({"year": year, "number": number, "snapshot": snapshot});
    line(tx, "facts.close-year", province, details).await?;
    Ok(number)
}

/// Names the snapshot of a closing whose snapshot was made after it; once.
pub async fn fix(tx: &mut WriteTx, province: UnitId, year: i16, number: i64, snapshot: &str) -> Result<()> {
    let sql =
        "UPDATE facts_closed SET snapshot = $4 WHERE province = $1 AND period = $2 AND number = $3 AND snapshot = ''";
    tx.execute_one(sql, args![province, format!("{year:04}"), number, snapshot]).await
}

/// Opens a closed year again. Its snapshot stays. Cost: a row.
pub async fn reopen_year(tx: &mut WriteTx, province: UnitId, year: i16, reason: &str) -> Result<()> {
    tx.reach(&[(province, rulebook::values::year_end(year))]).await?;
    let reason = reason.trim();
    if reason.chars().count() < LEAST_REASON {
        let why = Phrase::new("year-reopen-reason").with("least", LEAST_REASON);
        return Err(StoreError::Refused(Box::new(Problem::input(why).at_field("reason"))));
    }
    hold(tx, province).await?;
    let (by, at) = (tx.actor().role.name(), tx.now());
    let sql = "UPDATE facts_closed SET reopened_at = $3, reopened_by = $4, reason = $5
               WHERE province = $1 AND period = $2 AND reopened_at IS NULL";
    if tx.execute(sql, args![province, format!("{year:04}"), at, by, reason]).await? == 0 {
        return refused(Phrase::new("year-not-closed").with("year", year.to_string()));
    }
    line(tx, "facts.reopen-year", province, serde_json::json!({"year": year, "reason": reason})).await
}

async fn line(tx: &mut WriteTx, action: &'static str, province: UnitId, details: serde_json::Value) -> Result<()> {
    let line = AuditLine { action, kind: "year", subject: province.to_string(), unit: Some(province), details };
    tx.audit(line).await
}

/// The locks of every unit that ever stood under a province: writes of figures take them, too.
async fn hold(tx: &mut WriteTx, province: UnitId) -> Result<()> {
    let units = units::store::beneath(tx, &[province]).await?;
    crate::record::hold(tx, &units, None).await.map(|_| ())
}
