//! The audit trail as people read it: lines by who, what, unit and time, the newest first.

use crate::{Query, Result, Value};
use kernel::{Moment, PersonId, UnitId};

/// What is asked of the trail; what is `None` or empty is not asked.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub person: Option<PersonId>,
    /// How the action begins: `facts.`.
    pub action: String,
    pub unit: Option<UnitId>,
    /// Kind or id of the subject.
    pub subject: String,
    /// From this moment on, and before that one.
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    /// Beyond the line of this number, in the order of the lines.
    pub beyond: Option<i64>,
    /// Whether the oldest come first.
    pub oldest: bool,
}

/// A line with its details, where they were not erased.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub seq: i64,
    pub at: Moment,
    pub role: String,
    pub person: Option<PersonId>,
    pub action: String,
    pub kind: String,
    pub subject: String,
    pub unit: Option<UnitId>,
    /// The salted hash of the details: stays when they are erased.
    pub hash: String,
    pub sealed: bool,
    pub details: Option<serde_json::Value>,
    /// Why the details were erased.
    pub erased: Option<String>,
}

/// Lines, the newest first where not the oldest are asked for, and whether there are more behind them. Cost: by person, unit or action the lines of that
/// index; by time alone those shown and the ones passed over.
pub async fn lines(tx: &mut impl Query, wanted: &Wanted, limit: i64, offset: i64) -> Result<(Vec<Line>, bool)> {
    let mut tests = vec!["1 = 1".to_owned()];
    let mut given: Vec<Value> = Vec::new();
    let mut test = |text: &str, value: Value| {
        given.push(value);
        tests.push(text.replace('?', &format!("${}", given.len())));
    };
    if let Some(person) = wanted.person {
        test("a.person = ?", person.0.into());
    }
    if let Some(unit) = wanted.unit {
        test("a.unit = ?", unit.0.into());
    }
    if !wanted.action.is_empty() {
        // What lies between the beginning and the next text of its length: an index reads it, whatever signs it holds.
        test("a.action >= ?", wanted.action.as_str().into());
        test("a.action < ?", format!("{}\u{10ffff}", wanted.action).into());
    }
    if !wanted.subject.is_empty() {
        test("(a.subject = ? OR a.kind = ?)", wanted.subject.as_str().into());
    }
    if let Some(from) = wanted.from {
        test("a.at >= ?", from.into());
    }
    if let Some(to) = wanted.to {
        test("a.at < ?", to.into());
    }
    let (order, beyond) = if wanted.oldest { ("ASC", "a.seq > ?") } else { ("DESC", "a.seq < ?") };
    if let Some(seq) = wanted.beyond {
        test(beyond, seq.into());
    }
    let sql = format!(
        "SELECT a.seq, a.at, a.role, a.person, a.action, a.kind, a.subject, a.unit, a.details_hash, a.sealed, d.details,
                d.erased_reason
         FROM store_audit a LEFT JOIN store_audit_details d ON d.seq = a.seq WHERE {} ORDER BY a.seq {order} LIMIT {} OFFSET {}",
        tests.join(" AND "),
        limit + 1,
        offset
    );
    let mut found = Vec::new();
    for row in tx.rows(&sql, given).await? {
        found.push(Line {
            seq: row.i64(0)?,
            at: Moment(row.i64(1)?),
            role: row.text(2)?,
            person: row.opt_i64(3)?.map(PersonId),
            action: row.text(4)?,
            kind: row.text(5)?,
            subject: row.text(6)?,
            unit: row.opt_i64(7)?.map(UnitId),
            hash: row.text(8)?,
            sealed: row.flag(9)?,
            details: row.opt_text(10)?.map(|text| serde_json::from_str(&text)).transpose()?,
            erased: row.opt_text(11)?,
        });
    }
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok((found, more))
}
