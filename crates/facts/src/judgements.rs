//! Verdicts as a return needs them: of all units under one, with what each was judged by.

use crate::model::Edition;
use kernel::{Day, Revision, UnitId};
use rulebook::Status;
use std::collections::BTreeSet;
use store::{Query, Result, Row, StoreError, Value, args};

/// A verdict as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub unit: UnitId,
    pub set: String,
    pub year: i16,
    pub status: Status,
    /// Whether the law beneath it is `verified`.
    pub confirmed: bool,
    /// Two letters a criterion, in the set's order: status, confidence.
    pub criteria: String,
    pub passed: i64,
    pub total: i64,
    /// The last line of history it read.
    pub revision: Revision,
    /// The SHA-256 of the text that judged it.
    pub ruletext: String,
    pub version: String,
}

impl Judgement {
    /// The verdict of the criterion at this place of the set, and whether it stands on verified law.
    pub fn criterion(&self, at: usize) -> Option<(Status, bool)> {
        let letters = self.criteria.get(at * 2..at * 2 + 2)?;
        Some((Status::from_letter(letters.chars().next()?)?, letters.ends_with('v')))
    }
}

fn judgement(row: &Row) -> Result<Judgement> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    let status = row.text(3)?.chars().next().and_then(Status::from_letter);
    Ok(Judgement {
        unit: UnitId(row.i64(0)?),
        set: row.text(1)?,
        year: row.text(2)?.parse().map_err(|_| corrupt("a period"))?,
        status: status.ok_or_else(|| corrupt("a verdict"))?,
        confirmed: row.text(4)? == "v",
        criteria: row.text(5)?,
        passed: row.i64(6)?,
        total: row.i64(7)?,
        revision: Revision(row.i64(8)?),
        ruletext: row.text(9)?,
        version: row.text(10)?,
    })
}

/// The verdicts under these sets, or under all without any, that the units under one had in a year: that one itself, and those
/// beneath it on a day. Cost: one query, those verdicts.
pub async fn under(
    tx: &mut impl Query,
    ancestor: UnitId,
    day: Day,
    year: i16,
    sets: &BTreeSet<&str>,
    wanted: Edition,
) -> Result<Vec<Judgement>> {
    let only = match sets.len() {
        0 => String::new(),
        many => format!("AND v.set_id IN ({})", store::places(5, many)),
    };
    let sql = format!(
        "SELECT v.unit, v.set_id, v.period, v.verdict, v.confidence, v.criteria, v.passed, v.total, v.revision, r.sha256, v.version
         FROM units_tree t JOIN facts_verdict v ON v.unit = t.unit AND v.period = $3 AND v.edition = $4
         JOIN facts_ruletext r ON r.id = v.ruletext
         WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2 {only} ORDER BY v.unit, v.set_id"
    );
    let mut args = args![ancestor, day, format!("{year:04}"), wanted.number()];
    args.extend(sets.iter().map(|&set| Value::from(set)));
    tx.rows(&sql, args).await?.iter().map(judgement).collect()
}

/// The same of these units. Cost: one query a thousand units, their verdicts.
pub async fn of_units(
    tx: &mut impl Query,
    units: &[UnitId],
    year: i16,
    sets: &BTreeSet<&str>,
    wanted: Edition,
) -> Result<Vec<Judgement>> {
    let mut found = Vec::new();
    for chunk in units.chunks(1000) {
        let only = match sets.len() {
            0 => String::new(),
            many => format!("AND v.set_id IN ({})", store::places(chunk.len() + 3, many)),
        };
        let sql = format!(
            "SELECT v.unit, v.set_id, v.period, v.verdict, v.confidence, v.criteria, v.passed, v.total, v.revision, r.sha256, v.version
             FROM facts_verdict v JOIN facts_ruletext r ON r.id = v.ruletext
             WHERE v.period = $1 AND v.edition = $2 AND v.unit IN ({}) {only} ORDER BY v.unit, v.set_id",
            store::places(3, chunk.len())
        );
        let mut args = args![format!("{year:04}"), wanted.number()];
        args.extend(chunk.iter().map(|&unit| Value::from(unit)));
        args.extend(sets.iter().map(|&set| Value::from(set)));
        for row in tx.rows(&sql, args).await? {
            found.push(judgement(&row)?);
        }
    }
    Ok(found)
}
