//! What the store's own tables keep of a person: lines of the trail, answers to repeated requests, who brought which file.

use crate::{Query, ReadTx, Result, Row, WriteTx, args, audit};
use kernel::{Moment, PersonId, Role};
use serde_json::{Map, Value, json};

/// Lines of one person that an export has, the newest; the page of the trail has all.
pub const MOST: i64 = 10_000;
/// Lines whose details one transaction of the retention erases, at most; one that erased so many may have left some.
pub const BATCH: i64 = 10_000;

/// Rows of a kind, each an object of plain values.
pub type Rows = Vec<Map<String, Value>>;

/// Rows as objects of plain values, each by these names.
pub fn all_named(rows: &[Row], names: &[(&str, Column)]) -> Result<Rows> {
    rows.iter().map(|row| named(row, names)).collect()
}

/// A row with its columns' names; columns after the last name are passed over.
pub fn named(row: &Row, names: &[(&str, Column)]) -> Result<Map<String, Value>> {
    let value = |(at, (name, column)): (usize, &(&str, Column))| {
        let value = match column {
            Column::Text => row.opt_text(at)?.into(),
            Column::Number => row.opt_i64(at)?.into(),
            Column::Real => row.opt_f64(at)?.into(),
            Column::At => row.opt_i64(at)?.map(|at| Moment(at).rfc3339()).into(),
            Column::Day => row.opt_i64(at)?.map(kernel::Day::from_epoch_days).map_or(Value::Null, |day| json!(day)),
            Column::Json => row.opt_text(at)?.map_or(Ok(Value::Null), |text| serde_json::from_str(&text))?,
        };
        Ok(((*name).to_owned(), value))
    };
    names.iter().enumerate().map(value).collect()
}

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Text,
    Number,
    Real,
    /// Microseconds.
    At,
    /// Days since 1970.
    Day,
    Json,
}

/// An actor of each role as it stands in a column `actor`, as a list for a statement: nobody else's.
pub fn actors(person: PersonId) -> String {
    let names: Vec<String> = Role::ALL.iter().map(|role| format!("'{}:{}'", role.name(), person.0)).collect();
    names.join(",")
}

/// What is kept of somebody. Cost: their lines, at most twice [`MOST`]; the answers of [`crate::KEY_DAYS`] days.
pub async fn export(tx: &mut ReadTx, person: PersonId) -> Result<Vec<(&'static str, Rows)>> {
    use Column::{At, Json, Number, Text};
    let line = [
        ("seq", Number),
        ("at", At),
        ("role", Text),
        ("action", Text),
        ("kind", Text),
        ("subject", Text),
        ("unit", Number),
        ("details", Json),
        ("erased", Text),
    ];
    let sql = "SELECT a.seq, a.at, a.role, a.action, a.kind, a.subject, a.unit, d.details, d.erased_reason
               FROM store_audit a LEFT JOIN store_audit_details d ON d.seq = a.seq
               WHERE a.person = $1 OR (a.kind = $2 AND a.subject = $3) ORDER BY a.seq DESC LIMIT $4";
    let found = tx.rows(sql, args![person.0, PersonId::KIND, person.to_string(), MOST]).await?;
    let trail = all_named(&found, &line)?;
    let list = actors(person);
    let sql = format!("SELECT route, at FROM store_idempotency WHERE actor IN ({list}) ORDER BY at DESC");
    let answer = [("route", Text), ("at", At)];
    let found = tx.rows(&sql, args![]).await?;
    let answers = all_named(&found, &answer)?;
    let sql = format!("SELECT name, size, at FROM store_attachment WHERE actor IN ({list}) ORDER BY at DESC");
    let file = [("name", Text), ("size", Number), ("at", At)];
    let found = tx.rows(&sql, args![]).await?;
    let files = all_named(&found, &file)?;
    let sql = "SELECT job, state, queued_at FROM store_job WHERE person = $1 ORDER BY id DESC";
    let job = [("job", Text), ("state", Text), ("queued_at", At)];
    let found = tx.rows(sql, args![person.0]).await?;
    let jobs = all_named(&found, &job)?;
    Ok(vec![("trail", trail), ("jobs", jobs), ("answers", answers), ("files", files)])
}

/// Erases the details of the lines about somebody, and their answers; the lines stay with their hashes and the reason, and
/// what they did in office stays under their number. The line that tells of it must come next. How many rows. Cost: those
/// rows.
pub async fn erase(tx: &mut WriteTx, person: PersonId, reason: &str) -> Result<u64> {
    // Whatever told of an erasure before goes on telling.
    let which = format!(
        "SELECT seq FROM store_audit WHERE kind = $3 AND subject = $4 AND action NOT IN ({})",
        audit::tellers()
    );
    let details = tx.erase_details(&which, args![PersonId::KIND, person.to_string()], reason).await?;
    let jobs = tx.execute("UPDATE store_job SET person = NULL WHERE person = $1", args![person.0]).await?;
    let sql = format!("DELETE FROM store_idempotency WHERE actor IN ({})", actors(person));
    Ok(details + jobs + tx.execute(&sql, args![]).await?)
}

/// Erases the details of the lines about other things of theirs: of a kind, by their subjects. The line that tells of it must
/// come next. How many. Cost: those rows, a statement three hundred subjects.
pub async fn erase_lines(tx: &mut WriteTx, kind: &str, subjects: &[String], reason: &str) -> Result<u64> {
    let mut erased = 0;
    for some in subjects.chunks(300) {
        let which =
            format!("SELECT seq FROM store_audit WHERE kind = $3 AND subject IN ({})", crate::places(4, some.len()));
        let given = std::iter::once(kind.into()).chain(some.iter().map(|subject| subject.as_str().into()));
        erased += tx.erase_details(&which, given.collect(), reason).await?;
    }
    Ok(erased)
}

/// Erases the details of quiet lines older than a moment, at most [`BATCH`]; how many. The line that tells of it must come
/// next. Cost: those rows, by index.
pub async fn forget_details(tx: &mut WriteTx, before: i64, reason: &str) -> Result<u64> {
    let which = "SELECT q.seq FROM store_audit_details q WHERE q.quiet_at < $3 ORDER BY q.quiet_at LIMIT $4";
    tx.erase_details(which, args![before, BATCH], reason).await
}

impl WriteTx {
    /// Whether a job of this key waits. Cost: one row.
    pub async fn waits(&mut self, key: &str) -> Result<bool> {
        let sql = "SELECT id FROM store_job WHERE key = $1 AND state = 'waiting'";
        Ok(self.row(sql, args![key]).await?.is_some())
    }
}
