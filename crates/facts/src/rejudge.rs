//! When the law in use changes (a release, an overlay, a confirmation), what was judged under the old one is judged again
//! by a job that lists what changed. When a unit changes (its kind, dates, parent, or what the law reads of it), it is judged
//! again with the change. Figures stay as they are.

use crate::{
    Law, closed,
    judge::{self, Judging, Written},
    model::Edition,
    record,
};
use kernel::{Actor, Moment, Phrase, UnitId};
use rulebook::Status;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{AuditLine, Query, Result, Row, StoreError, WriteTx, args, jobs::Work};
use units::{Changed as Change, Effect};

/// The job's name.
pub const JOB: &str = "facts.rejudge";
/// Units judged again in one transaction.
pub(crate) const CHUNK: usize = 500;

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
    let under: Option<Vec<UnitId>> = serde_json::from_value(work.job.payload["under"].clone())?;
    let mut done = work.job.done;
    loop {
        let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
        let law = &law.current(&mut tx).await?;
        let (units, total) = match &under {
            Some(tops) => {
                let all = with_figures(&mut tx, tops).await?;
                (all.iter().skip(done as usize).take(CHUNK).copied().collect(), all.len() as i64)
            }
            None => next(&mut tx, done).await?,
        };
        if units.is_empty() {
            return Ok(());
        }
        match &under {
            Some(tops) => judge_changed(&mut tx, law, tops, &units).await.map(|_| ())?,
            None => judge_chunk(&mut tx, law, number, &units).await?,
        }
        done += units.len() as i64;
        tx.progress(&work.job, done, total, Some("job-phase-rejudge")).await?;
        tx.commit().await?;
    }
}

/// The next units that have figures, and how many have in all.
pub(crate) async fn next(tx: &mut impl Query, done: i64) -> Result<(Vec<UnitId>, i64)> {
    let total = tx.row("SELECT COUNT(DISTINCT unit) FROM facts_figure", args![]).await?;
    let total = total.map_or(Ok(0), |r| r.i64(0))?;
    let sql = "SELECT DISTINCT unit FROM facts_figure ORDER BY unit LIMIT $1 OFFSET $2";
    let units = tx.rows(sql, args![CHUNK as i64, done]).await?;
    Ok((units.iter().map(|r| Ok(UnitId(r.i64(0)?))).collect::<Result<_>>()?, total))
}

/// A stored verdict: unit, set, period, edition.
pub(crate) type At = (i64, String, String, i64);

/// Judges units again that have figures, and takes away verdicts that no set of today gives (of a commune that turned out to
/// be a ward). What stood before and what stands now.
async fn judge_again(tx: &mut WriteTx, law: &Law, units: &[UnitId]) -> Result<Again> {
    record::hold(tx, units, None).await?;
    let before = verdicts(tx, units).await?;
    let places = store::places(1, units.len());
    let sql = format!("SELECT DISTINCT period FROM facts_figure WHERE unit IN ({})", places);
    let mut years = Vec::new();
    for row in tx.rows(&sql, units.iter().map(|&u| u.into()).collect()).await? {
        years.push(row.text(0)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?);
    }
    let known = record::load(tx, units, &years).await?;
    let verdicts_now = Judging::read(tx, law, units, &years).await?.start(Arc::new(known), record::BOTH);
    let written = verdicts_now.wait().await?;
    judge::write(tx, law, &written, false).await?;
    let given: BTreeSet<At> = written.iter().map(Written::place).collect();
    let closed = closed::of(tx, units, &years).await?;
    let stays = |at: &At| at.2.parse().is_ok_and(|year| closed.contains(&(UnitId(at.0), year)));
    let gone: Vec<At> = before.keys().filter(|at| !given.contains(*at) && !stays(at)).cloned().collect();
    remove(tx, &gone).await?;
    let after = verdicts(tx, units).await?;
    Ok(Again { before, after, gone: gone.len() })
}

/// Verdicts before and after, by their place.
struct Again {
    before: BTreeMap<At, String>,
    after: BTreeMap<At, String>,
    /// Verdicts that were taken away.
    gone: usize,
}

impl Again {
    fn changed(&self) -> impl Iterator<Item = (&At, &String)> {
        self.after.iter().filter(|(at, verdict)| self.before.get(at) != Some(verdict))
    }
}

/// Takes verdicts away that no set gives any more; the audit line names each. Cost: one statement for two hundred.
async fn remove(tx: &mut WriteTx, gone: &[At]) -> Result<()> {
    for chunk in gone.chunks(200) {
        let line = |n: usize| {
            format!("(unit = ${} AND set_id = ${} AND period = ${} AND edition = ${})", n + 1, n + 2, n + 3, n + 4)
        };
        let tests: Vec<String> = (0..chunk.len()).map(|at| line(at * 4)).collect();
        let values = chunk.iter().flat_map(|(unit, set, period, edition)| args![*unit, set, period, *edition]);
        let sql = format!("DELETE FROM facts_verdict WHERE {}", tests.join(" OR "));
        tx.execute(&sql, values.collect()).await?;
        let subject = chunk.first().map_or_else(String::new, |at| UnitId(at.0).to_string());
        let unit = chunk.iter().all(|at| at.0 == chunk[0].0).then(|| UnitId(chunk[0].0));
        let details = serde_json::json!({"verdicts": chunk});
        tx.audit(AuditLine { action: "facts.verdicts-removed", kind: "verdict", subject, unit, details }).await?;
    }
    Ok(())
}

/// After another law: what changed is listed under its number.
async fn judge_chunk(tx: &mut WriteTx, law: &Law, number: i64, units: &[UnitId]) -> Result<()> {
    let again = judge_again(tx, law, units).await?;
    let changed: Vec<_> = again
        .changed()
        .map(|(at, verdict)| {
            let (unit, set, period, edition) = at;
            args![number, *unit, set, period, *edition, again.before.get(at).cloned(), verdict]
        })
        .collect();
    let count = changed.len();
    let key = ["law", "unit", "set_id", "period", "edition"];
    let columns = ["law", "unit", "set_id", "period", "edition", "before", "after"];
    tx.upsert_many("facts_rejudged", &key, &columns, changed.into_iter()).await?;
    let details = serde_json::json!({"units": units.len(), "changed": count, "removed": again.gone});
    tx.audit(AuditLine { action: "facts.rejudge", kind: "law", subject: number.to_string(), unit: None, details }).await
}

/// Judges again what a change of units may have changed; see [`effect`].
async fn judge_changed(tx: &mut WriteTx, law: &Law, tops: &[UnitId], units: &[UnitId]) -> Result<(usize, usize)> {
    let again = judge_again(tx, law, units).await?;
    let (changed, gone) = (again.changed().count(), again.gone);
    let unit = (tops.len() == 1).then(|| tops[0]);
    let details = serde_json::json!({"under": tops, "units": units.len(), "changed": changed, "removed": gone});
    let subject = tops.first().map_or_else(String::new, UnitId::to_string);
    tx.audit(AuditLine { action: "facts.rejudge", kind: "unit", subject, unit, details }).await?;
    Ok((changed, gone))
}

/// What judging does about a change of units: those it touches, and all under them, are judged again in the same
/// transaction; where more than [`CHUNK`] of them have figures, by the job. Cost: the figures of those units.
pub fn effect(law: Law) -> Effect {
    Effect::new("facts", move |tx, change| {
        let law = law.clone();
        Box::pin(async move { follow(tx, &law, change).await })
    })
}

async fn follow(tx: &mut WriteTx, law: &Law, change: &Change) -> Result<Vec<Phrase>> {
    let tops = change.judged_otherwise();
    let units = with_figures(tx, &tops).await?;
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let mut said = Vec::new();
    if matches!(change, Change::Merged(_)) {
        let figures = figures_of(tx, &units).await?;
        said.push(Phrase::new("merger-figures-stay").with("units", units.len()).with("figures", figures));
    }
    if units.len() > CHUNK {
        let key = format!("{JOB} {}", tops.iter().map(UnitId::to_string).collect::<Vec<_>>().join(" "));
        tx.enqueue(JOB, Some(&key), &serde_json::json!({"under": tops})).await?;
        said.push(Phrase::new("rejudged-units-later").with("count", units.len()));
        return Ok(said);
    }
    let law = law.current(tx).await?;
    let (changed, gone) = judge_changed(tx, &law, &tops, &units).await?;
    said.push(Phrase::new("rejudged-units").with("count", units.len()).with("changed", changed).with("gone", gone));
    Ok(said)
}

/// How many figures units have. Cost: one query a thousand units.
async fn figures_of(tx: &mut impl Query, units: &[UnitId]) -> Result<i64> {
    let mut count = 0;
    for chunk in units.chunks(1000) {
        let places = store::places(1, chunk.len());
        let sql = format!("SELECT COUNT(*) FROM facts_figure WHERE unit IN ({})", places);
        let row = tx.row(&sql, chunk.iter().map(|&u| u.into()).collect()).await?;
        count += row.map_or(Ok(0), |row| row.i64(0))?;
    }
    Ok(count)
}

/// Those of units and all that ever stood under them that have figures. Cost: one query a thousand units.
async fn with_figures(tx: &mut impl Query, tops: &[UnitId]) -> Result<Vec<UnitId>> {
    let mut found = Vec::new();
    for chunk in units::store::beneath(tx, tops).await?.chunks(1000) {
        let places = store::places(1, chunk.len());
        let sql = format!("SELECT DISTINCT unit FROM facts_figure WHERE unit IN ({}) ORDER BY unit", places);
        for row in tx.rows(&sql, chunk.iter().map(|&u| u.into()).collect()).await? {
            found.push(UnitId(row.i64(0)?));
        }
    }
    Ok(found)
}

/// The letters of the verdicts of these units: status and confidence.
pub(crate) async fn verdicts(tx: &mut impl Query, units: &[UnitId]) -> Result<BTreeMap<At, String>> {
    let places = store::places(1, units.len());
    let sql = format!(
        "SELECT unit, set_id, period, edition, verdict, confidence FROM facts_verdict WHERE unit IN ({})",
        places
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
