//! When the law in use changes (a release, an overlay, a confirmation), what was judged under the old one is judged again
//! by a job that lists what changed. Figures stay as they are.

use crate::{
    Law,
    judge::{self, Judging},
    model::Edition,
    record,
};
use kernel::{Actor, Moment, UnitId};
use rulebook::Status;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use store::{AuditLine, Query, Result, Row, StoreError, WriteTx, args, jobs::Work};

/// The job's name.
pub const JOB: &str = "facts.rejudge";
/// Units judged again in one transaction.
const CHUNK: usize = 500;

/// Notes the law in use; where it is another one than before, queues the job. Whether it did. Cost: one row.
pub async fn if_changed(tx: &mut WriteTx, law: &Law) -> Result<bool> {
    tx.lock("facts.law").await?;
    let hash = law.library().fingerprint();
    let last = tx.row("SELECT sha256 FROM facts_law ORDER BY id DESC LIMIT 1", args![]).await?;
    let last = last.map(|row| row.text(0)).transpose()?;
    if last.as_ref() == Some(&hash) {
        return Ok(false);
    }
    let id = tx.reserve("facts_law", "id", 1).await?[0];
    let sql = "INSERT INTO facts_law (id, sha256, at) VALUES ($1, $2, $3)";
    tx.execute_one(sql, args![id, hash, tx.now()]).await?;
    if last.is_none() {
        return Ok(false);
    }
    tx.enqueue(JOB, Some(JOB), &serde_json::json!({"law": id})).await?;
    Ok(true)
}

/// Judges every unit again that has figures, chunk by chunk; goes on where a run before it ended. Cost: every figure once,
/// every verdict read twice and written once.
pub async fn run(work: Work, law: &Law) -> Result<()> {
    let number = work.job.payload["law"].as_i64().unwrap_or(0);
    let mut done = work.job.done;
    loop {
        let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
        let total = tx.row("SELECT COUNT(DISTINCT unit) FROM facts_figure", args![]).await?;
        let total = total.map_or(Ok(0), |r| r.i64(0))?;
        let sql = "SELECT DISTINCT unit FROM facts_figure ORDER BY unit LIMIT $1 OFFSET $2";
        let units = tx.rows(sql, args![CHUNK as i64, done]).await?;
        let units: Vec<UnitId> = units.iter().map(|r| Ok(UnitId(r.i64(0)?))).collect::<Result<_>>()?;
        if units.is_empty() {
            return Ok(());
        }
        judge_chunk(&mut tx, law, number, &units).await?;
        done += units.len() as i64;
        tx.progress(&work.job, done, total, Some("job-phase-rejudge")).await?;
        tx.commit().await?;
    }
}

/// A stored verdict: unit, set, period, edition.
type At = (i64, String, String, i64);

async fn judge_chunk(tx: &mut WriteTx, law: &Law, number: i64, units: &[UnitId]) -> Result<()> {
    record::hold(tx, units, None).await?;
    let before = verdicts(tx, units).await?;
    let places: Vec<String> = (1..=units.len()).map(|n| format!("${n}")).collect();
    let sql = format!("SELECT DISTINCT period FROM facts_figure WHERE unit IN ({})", places.join(","));
    let mut years = Vec::new();
    for row in tx.rows(&sql, units.iter().map(|&u| u.into()).collect()).await? {
        years.push(row.text(0)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?);
    }
    let known = record::load(tx, units, &years).await?;
    let verdicts_now = Judging::read(tx, law, units, &years).await?.start(Arc::new(known), record::BOTH);
    judge::write(tx, law, &verdicts_now.wait().await?, false).await?;
    let after = verdicts(tx, units).await?;
    let changed: Vec<_> = after
        .iter()
        .filter(|(at, verdict)| before.get(at) != Some(verdict))
        .map(|((unit, set, period, edition), verdict)| {
            let old = before.get(&(*unit, set.clone(), period.clone(), *edition)).cloned();
            args![number, *unit, set.as_str(), period.as_str(), *edition, old, verdict.as_str()]
        })
        .collect();
    let count = changed.len();
    let key = ["law", "unit", "set_id", "period", "edition"];
    let columns = ["law", "unit", "set_id", "period", "edition", "before", "after"];
    tx.upsert_many("facts_rejudged", &key, &columns, changed.into_iter()).await?;
    let details = serde_json::json!({"units": units.len(), "changed": count});
    tx.audit(AuditLine { action: "facts.rejudge", kind: "law", subject: number.to_string(), unit: None, details }).await
}

/// The letters of the verdicts of these units: status and confidence.
async fn verdicts(tx: &mut impl Query, units: &[UnitId]) -> Result<BTreeMap<At, String>> {
    let places: Vec<String> = (1..=units.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT unit, set_id, period, edition, verdict, confidence FROM facts_verdict WHERE unit IN ({})",
        places.join(",")
    );
    let read = |row: &Row| {
        let at = (row.i64(0)?, row.text(1)?, row.text(2)?, row.i64(3)?);
        Ok((at, row.text(4)? + &row.text(5)?))
    };
    tx.rows(&sql, units.iter().map(|&u| u.into()).collect()).await?.iter().map(read).collect()
}

/// A verdict that another law changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejudged {
    pub unit: UnitId,
    pub name: String,
    pub set: String,
    pub period: String,
    #[serde(skip)]
    pub before: Option<(Status, bool)>,
    #[serde(skip)]
    pub after: Option<(Status, bool)>,
}

/// What the last change of the law changed of published verdicts, and when: a page of it, and how many in all. Cost: the
/// list of that change.
pub async fn last(tx: &mut impl Query, skip: i64, most: i64) -> Result<(Option<Moment>, Vec<Rejudged>, i64)> {
    let Some(law) = tx.row("SELECT id, at FROM facts_law ORDER BY id DESC LIMIT 1", args![]).await? else {
        return Ok((None, Vec::new(), 0));
    };
    let (number, at) = (law.i64(0)?, Moment(law.i64(1)?));
    let public = Edition::Published.number();
    let count = "SELECT COUNT(*) FROM facts_rejudged WHERE law = $1 AND edition = $2";
    let count = tx.row(count, args![number, public]).await?.map_or(Ok(0), |r| r.i64(0))?;
    let sql = "SELECT r.unit, u.name, r.set_id, r.period, r.before, r.after FROM facts_rejudged r
               JOIN units_unit u ON u.id = r.unit WHERE r.law = $1 AND r.edition = $2
               ORDER BY r.period DESC, u.ord, r.unit, r.set_id LIMIT $3 OFFSET $4";
    let letters = |text: Option<String>| {
        let text = text?;
        Some((Status::from_letter(text.chars().next()?)?, text.ends_with('v')))
    };
    let read = |row: &Row| {
        Ok(Rejudged {
            unit: UnitId(row.i64(0)?),
            name: row.text(1)?,
            set: row.text(2)?,
            period: row.text(3)?,
            before: letters(row.opt_text(4)?),
            after: letters(row.opt_text(5)?),
        })
    };
    let rows = tx.rows(sql, args![number, public, most, skip]).await?;
    Ok((Some(at), rows.iter().map(read).collect::<Result<_>>()?, count))
}
