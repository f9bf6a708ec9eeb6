//! A large snapshot taken in by the worker, not while a browser or a program waits: checked again and recorded in one transaction with its
//! answer, so that a second try finds it done.

use super::receive::{self, Claims};
use ::store::{
    AuditLine, Result, WriteTx,
    jobs::{Registry, Work},
};
use facts::{
    Law, Outcome,
    jobs::{LARGE, SHOWN},
    record, uploads,
};
use kernel::Problem;
use locale::Lang;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use web::{People, behalf};

/// The job's name.
pub const JOB: &str = "reporting.receive";

/// What the job is to record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    pub claims: Claims,
    pub publish: bool,
    /// What the preview compared with; another one now means that somebody wrote meanwhile. Empty: nobody looked.
    pub seen: String,
    /// The language of problems.
    pub lang: String,
}

/// Whether so many figures are recorded by the job.
pub fn is_large(figures: i64) -> bool {
    figures > LARGE
}

/// Queues the recording of a file that waits under its hash; the job's number. Cost: two rows.
pub async fn queue(tx: &mut WriteTx, sha256: &str, wanted: &Wanted) -> Result<i64> {
    let told = behalf::asked_by(tx, json!({"hash": sha256, "wanted": wanted}));
    // A file asked for in another way is another job: it must not change the one that waits.
    let key = format!("{JOB}/{sha256}/{}", hex::encode(Sha256::digest(told.to_string())));
    let job = tx.enqueue(JOB, Some(&key), &told).await?;
    let (subject, details) = (job.to_string(), json!({"file": sha256, "sender": wanted.claims.sender}));
    // What the job writes has its own lines.
    tx.audit_quietly(AuditLine { action: "reporting.receive-queued", kind: "job", subject, unit: None, details })
        .await?;
    Ok(job)
}

/// Adds the job's function.
pub fn register(registry: &mut Registry, law: Arc<Law>, people: Arc<dyn People>) {
    registry.add(JOB, move |work| {
        let (law, people) = (law.clone(), people.clone());
        async move { run(work, &law, &*people).await.map_err(|error| error.to_string()) }
    });
}

/// What whoever waits is told where nothing was recorded.
fn refusal(problems: Vec<String>, count: usize) -> Value {
    json!({"outcome": Outcome::default(), "published": false, "refused": true, "problems": problems, "count": count})
}

async fn run(work: Work, law: &Law, people: &dyn People) -> Result<()> {
    let hash = work.job.payload["hash"].as_str().unwrap_or_default().to_owned();
    let wanted: Wanted = serde_json::from_value(work.job.payload["wanted"].clone())?;
    let lang = Lang::from_tag(&wanted.lang).unwrap_or_default();
    work.progress(0, 0, Some("job-phase-read")).await?;
    let Some(actor) = behalf::asker(&work, people, ("import", "figures")).await? else {
        let mut tx = work.store.write(&kernel::Actor::SYSTEM, &*work.clock).await?;
        let answer = refusal(vec![locale::word(lang, "intake-role-lost")], 1);
        uploads::answer(&mut tx, work.job.id, "", &answer).await?;
        uploads::forget(&mut tx, &hash).await?;
        let details = json!({"job": work.job.job, "person": work.job.payload["by"]});
        let subject = work.job.id.to_string();
        tx.audit_quietly(AuditLine { action: "reporting.refused", kind: "job", subject, unit: None, details }).await?;
        return tx.commit().await;
    };
    let mut tx = work.store.read(&actor.scope()).await?;
    if uploads::answered(&mut tx, work.job.id).await?.is_some() {
        return Ok(());
    }
    let upload = uploads::find(&mut tx, &hash).await?;
    let law = &law.current(&mut tx).await?;
    let checked = match &upload {
        Some(upload) => Some(receive::check(&mut tx, law, &upload.bytes, &wanted.claims, work.clock.today()).await?),
        None => None,
    };
    drop(tx);
    let total = checked.iter().flatten().map(|received| received.entries.len() as i64).sum();
    work.progress(0, total, Some("job-phase-write")).await?;
    let mut tx = work.store.write(&actor, &*work.clock).await?;
    let said = |problems: &[Problem]| problems.iter().take(SHOWN).map(|one| locale::problem(lang, one)).collect();
    let answer = match checked.zip(upload.as_ref()) {
        None => json!({"forgotten": true}),
        Some((Err(problems), _)) => refusal(said(&problems), problems.len()),
        Some((Ok(received), upload)) => {
            let changed =
                !wanted.seen.is_empty() && record::preview(&mut tx, &received.entries).await?.seen != wanted.seen;
            if changed {
                refusal(vec![locale::word(lang, "intake-changed")], 1)
            } else {
                let (outcome, agreement) = received.commit(&mut tx, law, &upload.bytes, wanted.publish).await?;
                let mut answer = received.answer(outcome, &agreement)?;
                answer["published"] = wanted.publish.into();
                answer["refused"] = false.into();
                answer
            }
        }
    };
    let name = upload.map(|upload| upload.name).unwrap_or_default();
    uploads::answer(&mut tx, work.job.id, &name, &answer).await?;
    uploads::forget(&mut tx, &hash).await?;
    // Last: the line of the job is held by this transaction from here on.
    tx.progress(&work.job, total, total, Some("job-phase-done")).await?;
    tx.commit().await
}
