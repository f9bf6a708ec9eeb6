//! The job that closes a year. Each piece is one transaction with the progress that it brought, so that whoever takes the job over after a
//! crash goes on behind it.

use super::{Return, State, get, snapshot};
use crate::returns::snapshot::Frame;
use ::store::{
    AuditLine, Query, Result, StoreError, WriteTx, args,
    attachments::Attachments,
    jobs::{Registry, Work},
};
use bytes::Bytes;
use facts::{Law, Stage, closed, record};
use futures::stream;
use kernel::{Actor, UnitId};
use ledger::Leaf;
use serde_json::{Value, json};
use std::sync::Arc;
use web::{People, behalf};

/// The job's name.
pub const JOB: &str = "reporting.close";
/// Units of one piece, and of one transaction.
pub const PIECE: usize = 250;
/// The largest snapshot, in bytes.
const MOST: u64 = 2_000_000_000;
/// What a snapshot's file is attached as.
pub const KIND: &str = "return";

/// Adds the job's function.
pub fn register(registry: &mut Registry, law: Arc<Law>, people: Arc<dyn People>, files: Arc<Attachments>) {
    registry.add(JOB, move |work| {
        let (law, people, files) = (law.clone(), people.clone(), files.clone());
        async move { run(work, &law, &*people, &files).await.map_err(|e| e.to_string()) }
    });
}

/// Closes the year of a return, from wherever it stands. Cost: every figure and verdict of the year once, in pieces of [`PIECE`] units.
pub async fn run(work: Work, law: &Law, people: &dyn People, files: &Attachments) -> Result<()> {
    let id = work.job.payload["return"].as_i64().unwrap_or(0);
    let Some(actor) = behalf::asker(&work, people, ("close", "years")).await? else {
        return give_up(&work, id).await;
    };
    loop {
        let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
        let Some(one) = get(&mut tx, id).await? else { return Ok(()) };
        drop(tx);
        match one.state {
            State::Publishing => publish(&work, law, &actor, &one).await?,
            State::Gathering if one.number == 0 => freeze(&work, &actor, &one).await?,
            State::Gathering if one.done < one.total => gather(&work, law, &one).await?,
            State::Gathering => finish(&work, &one, files).await?,
            State::Done => return Ok(()),
        }
    }
}

/// Whoever asked lost their role before anything was closed: the return goes, and the trail says so.
async fn give_up(work: &Work, id: i64) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    super::campaigns::let_go(&mut tx, id).await?;
    tx.execute("DELETE FROM reporting_return WHERE id = $1 AND number = 0", args![id]).await?;
    let details = json!({"return": id, "person": work.job.payload["by"]});
    tx.audit(AuditLine {
        action: "reporting.close-refused",
        kind: "job",
        subject: work.job.id.to_string(),
        unit: None,
        details,
    })
    .await?;
    tx.commit().await
}

/// The units of a return, by their numbers: all that ever stood under the province, and it. Those without anything in the year are in no piece.
async fn units_of(tx: &mut impl Query, one: &Return, skip: i64) -> Result<(Vec<UnitId>, i64)> {
    let period = format!("{:04}", one.year);
    let day = rulebook::values::year_end(one.year);
    let of = "FROM units_unit u WHERE u.id IN (SELECT unit FROM units_tree WHERE ancestor = $1)
              AND ((u.from_day <= $3 AND u.to_day >= $3 AND u.level <> 'village')
                   OR EXISTS (SELECT 1 FROM facts_figure f WHERE f.unit = u.id AND f.period = $2))";
    let count = tx.row(&format!("SELECT COUNT(*) {of}"), args![one.province, period.as_str(), day]).await?;
    let count = count.map_or(Ok(0), |row| row.i64(0))?;
    let sql = format!("SELECT u.id {of} ORDER BY u.id LIMIT $4 OFFSET $5");
    let rows = tx.rows(&sql, args![one.province, period, day, PIECE as i64, skip]).await?;
    Ok((rows.iter().map(|row| Ok(UnitId(row.i64(0)?))).collect::<Result<_>>()?, count))
}

async fn moved(tx: &mut WriteTx, one: &Return, state: State, done: i64, total: i64) -> Result<()> {
    let sql =
        "UPDATE reporting_return SET state = $2, done = $3, total = $4 WHERE id = $1 AND state = $5 AND done = $6";
    tx.execute_one(sql, args![one.id, state.name(), done, total, one.state.name(), one.done]).await
}

async fn publish(work: &Work, law: &Law, actor: &Actor, one: &Return) -> Result<()> {
    let mut tx = work.store.write(actor, &*work.clock).await?;
    let law = law.current(&mut tx).await?;
    let (units, total) = units_of(&mut tx, one, one.done).await?;
    if !units.is_empty() {
        record::publish_of(&mut tx, &law, &units, one.year, &[Stage::Accepted, Stage::Locked]).await?;
    }
    let done = one.done + units.len() as i64;
    match done < total && !units.is_empty() {
        true => moved(&mut tx, one, State::Publishing, done, total).await?,
        false => moved(&mut tx, one, State::Gathering, 0, total).await?,
    }
    tx.progress(&work.job, done, total, Some("job-phase-publish")).await?;
    audited(&mut tx, one, "published", done).await?;
    tx.commit().await
}

/// Every write of a person names a unit in the trail, whatever it found to do.
async fn audited(tx: &mut WriteTx, one: &Return, what: &'static str, done: i64) -> Result<()> {
    let details = json!({"return": one.id, "step": what, "units": done});
    let (subject, unit) = (one.province.to_string(), Some(one.province));
    tx.audit(AuditLine { action: "reporting.close-step", kind: "year", subject, unit, details }).await
}

/// From here on nothing of the year changes.
async fn freeze(work: &Work, actor: &Actor, one: &Return) -> Result<()> {
    let mut tx = work.store.write(actor, &*work.clock).await?;
    let number = closed::close_year(&mut tx, one.province, one.year, "").await?;
    let (_, total) = units_of(&mut tx, one, 0).await?;
    let sql = "UPDATE reporting_return SET number = $2, done = 0, total = $3 WHERE id = $1 AND number = 0";
    tx.execute_one(sql, args![one.id, number, total]).await?;
    tx.progress(&work.job, 0, total, Some("job-phase-gather")).await?;
    tx.commit().await
}

async fn gather(work: &Work, law: &Law, one: &Return) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    let law = law.current(&mut tx).await?;
    let (ids, total) = units_of(&mut tx, one, one.done).await?;
    let mut units: Vec<_> = units::store::many(&mut tx, &ids).await?.into_values().collect();
    units.sort_by_key(|unit| unit.id);
    let piece = snapshot::piece(&mut tx, &law, &units, one.year).await?;
    let part = one.done / PIECE as i64;
    let rows = [("units", &piece.units), ("figures", &piece.figures), ("verdicts", &piece.verdicts)];
    let rows = rows.map(|(kind, items)| args![one.id, kind, part, items.join(","), items.len() as i64]);
    tx.insert_many("reporting_return_part", &["return_id", "kind", "part", "body", "items"], rows.into_iter()).await?;
    let done = one.done + ids.len() as i64;
    // A count that shrank meanwhile would wait for ever.
    let total = if ids.is_empty() { one.done } else { total.max(done) };
    moved(&mut tx, one, State::Gathering, done, total).await?;
    tx.progress(&work.job, done, total, Some("job-phase-gather")).await?;
    tx.commit().await
}

/// The parts of a list in their order, with commas between those that hold anything.
async fn list(tx: &mut impl Query, id: i64, kind: &str) -> Result<(Vec<Bytes>, i64)> {
    let sql = "SELECT body, items FROM reporting_return_part WHERE return_id = $1 AND kind = $2 ORDER BY part";
    let (mut parts, mut items) = (Vec::new(), 0);
    for row in tx.rows(sql, args![id, kind]).await? {
        let count = row.i64(1)?;
        if count > 0 {
            if items > 0 {
                parts.push(Bytes::from_static(b","));
            }
            parts.push(Bytes::from(row.text(0)?));
        }
        items += count;
    }
    Ok((parts, items))
}

/// Puts the document together, keeps it, gives it its leaf in the public ledger.
async fn finish(work: &Work, one: &Return, files: &Attachments) -> Result<()> {
    let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
    let closing = closed::closings(&mut tx, one.province, Some(one.year)).await?;
    let closing =
        closing.into_iter().find(|c| c.number == one.number).ok_or_else(|| StoreError::Corrupt("a closing".into()))?;
    let province =
        units::store::get(&mut tx, one.province).await?.ok_or_else(|| StoreError::Corrupt("a province".into()))?;
    let (figures, count_figures) = list(&mut tx, one.id, "figures").await?;
    let (units, count_units) = list(&mut tx, one.id, "units").await?;
    let (verdicts, count_verdicts) = list(&mut tx, one.id, "verdicts").await?;
    drop(tx);
    let frame =
        Frame { province: province.clone(), year: one.year, number: one.number, closed_at: closing.at.rfc3339() };
    let [first, second, third, last] = frame.parts()?.map(Bytes::from);
    let all = [vec![first], figures, vec![second], units, vec![third], verdicts, vec![last]].concat();
    let blob = files.put(stream::iter(all.into_iter().map(Ok::<_, std::io::Error>)), MOST).await?;

    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    let name = format!("langso-return-{}-{}-{}.json", province.code, one.year, one.number);
    let attachment = tx.attach(&blob, &name, "application/json", KIND, &one.id.to_string()).await?;
    let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
    let sql = "UPDATE reporting_return SET state = 'done', done_at = $2, sha256 = $3, size = $4, attachment = $5, units = $6, figures = $7,
               verdicts = $8 WHERE id = $1 AND state = 'gathering'";
    let counts = (count_units, count_figures, count_verdicts);
    tx.execute_one(sql, args![one.id, tx.now(), &blob.sha256, size, attachment, counts.0, counts.1, counts.2]).await?;
    closed::fix(&mut tx, one.province, one.year, one.number, &blob.sha256).await?;
    let body = json!({"province": one.province.0, "province_name": province.name, "period": format!("{:04}", one.year), "number": one.number,
                      "sha256": blob.sha256, "size": size, "units": counts.0, "figures": counts.1, "verdicts": counts.2,
                      "format": snapshot::FORMAT});
    let Value::Object(body) = body else { unreachable!("an object") };
    ledger::leaf::write(&mut tx, &[Leaf { kind: "return", subject: subject(one), body }]).await?;
    tx.execute("DELETE FROM reporting_return_part WHERE return_id = $1", args![one.id]).await?;
    let details = json!({"return": one.id, "year": one.year, "number": one.number, "sha256": blob.sha256});
    let line = AuditLine {
        action: "reporting.closed",
        kind: "year",
        subject: one.province.to_string(),
        unit: Some(one.province),
        details,
    };
    tx.audit(line).await?;
    tx.commit().await
}

/// What names a return in the public ledger.
pub fn subject(one: &Return) -> String {
    format!("{}/{:04}/{}", one.province, one.year, one.number)
}
