//! Jobs of this room: a large file is committed by the worker, not while a browser waits.

use crate::{
    evidence::{incoming, look, look::Means},
    intake::{self, Intake},
    law::Law,
    model::Outcome,
    record, rejudge, uploads,
};
use documents::values_in::How;
use kernel::{Actor, PersonId};
use locale::Lang;
use rulebook::Origin;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use store::{
    AuditLine,
    jobs::{Registry, Work},
};
use web::{People, behalf};

/// The job that commits a file.
pub const IMPORT: &str = "facts.import";
/// Files of more figures are committed by a job.
pub const LARGE: i64 = 20_000;
/// Problems that an answer lists; all of them are counted.
pub const SHOWN: usize = 200;

/// How often old uploads and files are looked for, in microseconds.
const TENDED: i64 = 3_600_000_000;

/// What a job is to commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Import {
    /// The waiting file.
    pub hash: String,
    pub set: String,
    pub origin: Origin,
    pub publish: bool,
    /// The correct rows only.
    pub partly: bool,
    /// The language of problems.
    pub lang: String,
    /// What the preview compared with; another one now means that somebody wrote meanwhile.
    #[serde(default)]
    pub seen: String,
    /// Who asked for it: they must still be allowed to when it is done.
    #[serde(default)]
    pub by: Option<PersonId>,
    /// Whether whoever works at the machine asked for it.
    pub local_admin: bool,
}

/// Adds this room's functions.
pub fn register(registry: &mut Registry, law: Arc<Law>, people: Arc<dyn People>) {
    let own = law.clone();
    registry.add(rejudge::JOB, move |work| {
        let law = own.clone();
        async move { rejudge::run(work, &law).await.map_err(|e| e.to_string()) }
    });
    registry.add(IMPORT, move |work| {
        let (law, people) = (law.clone(), people.clone());
        async move { import(work, &law, &*people).await.map_err(|e| e.to_string()) }
    });
}

/// Adds what evidence wants done: pieces looked at, uploads forgotten whose time is over, files that nothing names swept away.
pub fn register_evidence(registry: &mut Registry, means: Arc<Means>) {
    let own = means.clone();
    registry.add(look::JOB, move |work| {
        let means = own.clone();
        async move { look::run(work, means).await.map_err(|e| e.to_string()) }
    });
    let last = Arc::new(AtomicI64::new(0));
    registry.tend(move |store, clock| {
        let (means, last) = (means.clone(), last.clone());
        Box::pin(async move {
            let now = clock.now().0;
            if now - last.load(Ordering::Relaxed) < TENDED {
                return Ok(false);
            }
            last.store(now, Ordering::Relaxed);
            let gone = incoming::expire(&means, &store, &*clock).await.map_err(|e| e.to_string())?;
            let swept = means.files.sweep(&store, &*clock).await.map_err(|e| e.to_string())?;
            Ok(gone + swept > 0)
        })
    });
}

/// Reads, checks and commits a file: all in one transaction, with its answer, so that a second try finds it done.
async fn import(work: Work, law: &Law, people: &dyn People) -> store::Result<()> {
    let asked: Import = serde_json::from_value(work.job.payload.clone())?;
    work.progress(0, 0, Some("job-phase-read")).await?;
    let lang = Lang::from_tag(&asked.lang).unwrap_or_default();
    let Some(actor) = behalf::asker(&work, people, ("import", "figures")).await? else {
        let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
        let problems = [locale::word(lang, "intake-role-lost")];
        let answer = json!({"outcome": Outcome::default(), "published": false, "refused": true, "problems": problems, "count": 1});
        uploads::answer(&mut tx, work.job.id, "", &answer).await?;
        uploads::forget(&mut tx, &asked.hash).await?;
        let (subject, details) = (work.job.id.to_string(), json!({"job": work.job.job, "person": asked.by}));
        tx.audit_quietly(AuditLine { action: "facts.refused", kind: "job", subject, unit: None, details }).await?;
        return tx.commit().await;
    };
    let mut tx = work.store.read(&actor.scope()).await?;
    if uploads::answered(&mut tx, work.job.id).await?.is_some() {
        return Ok(());
    }
    let Some(upload) = uploads::find(&mut tx, &asked.hash).await? else {
        drop(tx);
        let mut tx = work.store.write(&actor, &*work.clock).await?;
        uploads::answer(&mut tx, work.job.id, "", &json!({"forgotten": true})).await?;
        return tx.commit().await;
    };
    let law = &law.current(&mut tx).await?;
    let (set, origin, publish) = (asked.set, asked.origin, asked.publish);
    let intake = Intake { set, origin, publish, source: upload.name.clone() };
    let Some(checked) = intake::check(&mut tx, law, &upload.bytes, How::default(), &intake).await? else {
        return Err(store::StoreError::Corrupt(format!("no criteria set {}", intake.set)));
    };
    let all = behalf::askers(&work, people, ("import", "figures")).await?;
    let actor = record::recorder(&mut tx, law, (&actor, all), &checked.entries, publish).await?;
    drop(tx);
    let total = checked.entries.len() as i64;
    work.progress(0, total, Some("job-phase-write")).await?;
    let mut tx = work.store.write(&actor, &*work.clock).await?;
    let changed = !asked.seen.is_empty() && record::preview(&mut tx, &checked.entries).await?.seen != asked.seen;
    let mut problems: Vec<String> = checked.wrong.problems().take(SHOWN).map(|p| locale::problem(lang, &p)).collect();
    if changed {
        problems.insert(0, locale::word(lang, "intake-changed"));
    }
    let good = checked.is_good(asked.partly) && !changed;
    let outcome = match good {
        true => intake::commit(&mut tx, law, &checked.entries, &intake, &upload.bytes).await?,
        false => Outcome::default(),
    };
    let answer = json!({
        "outcome": outcome, "published": publish, "refused": !good, "problems": problems, "count": checked.wrong.len() + usize::from(changed),
    });
    uploads::answer(&mut tx, work.job.id, &upload.name, &answer).await?;
    uploads::forget(&mut tx, &asked.hash).await?;
    // Last: the line of the job is held by this transaction from here on.
    tx.progress(&work.job, total, total, Some("job-phase-done")).await?;
    tx.commit().await
}
