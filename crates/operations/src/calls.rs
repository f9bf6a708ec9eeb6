//! The job that calls programs elsewhere: no network within a transaction, each call noted before the next.

use caller::{Call, Caller, Secret};
use kernel::{Actor, Phrase, Role};
use std::{collections::BTreeSet, sync::Arc};
use store::{Result, jobs::Work, secrets::SecretKey};
use web::notices::{
    self, CALL, Kind, Notice, To,
    hooks::{self, Due},
};

/// Calls of one look.
const SOME: i64 = 20;

/// The job [`CALL`]. An address that fails is left alone for the rest of this run, so that others need not wait for it. Cost: the
/// events that wait, the calls that are due, each with three transactions of its own.
pub async fn call(work: Work, caller: &Caller, key: &SecretKey) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    hooks::spread(&mut tx).await?;
    tx.commit().await?;
    let (mut done, mut failing) = (0, BTreeSet::new());
    loop {
        let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
        let due = hooks::due(&mut tx, work.clock.now(), &failing, SOME).await?;
        drop(tx);
        if due.is_empty() {
            break;
        }
        for (id, hook) in due {
            if failing.contains(&hook) {
                continue;
            }
            // Looked at again: its address may have been deleted or turned off while the calls before it were made.
            let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
            let due = hooks::open(&mut tx, key, work.clock.now(), id).await?;
            drop(tx);
            let Some(due) = due else { continue };
            let outcome = make(&work, caller, &due).await;
            if outcome.is_err() {
                failing.insert(hook);
            }
            done += 1;
            note(&work, &due, outcome).await?;
            // Apart from the note: where the job was cancelled meanwhile it stops here, but what was told stays told.
            work.progress(done, done, None).await?;
        }
    }
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    // What waited behind a failing address is tried again in a minute.
    let next = hooks::next_due(&mut tx).await?;
    crate::again(tx, CALL, next).await
}

async fn make(work: &Work, caller: &Caller, due: &Due) -> std::result::Result<(), String> {
    if due.secrets.is_empty() {
        return Err("sealed by another key".to_owned());
    }
    let secrets: Vec<Secret> = due.secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let second = work.clock.now().0.div_euclid(1_000_000);
    let call = Call { url: &due.url, id: &due.number, second, body: &due.body };
    caller.call(&call, &secrets).await.map(drop).map_err(|failed| failed.to_string())
}

/// Notes how a call went. Where the program ends before, it is made again, under the same number.
async fn note(work: &Work, due: &Due, outcome: std::result::Result<(), String>) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    match outcome {
        Ok(()) => hooks::sent(&mut tx, due).await?,
        Err(problem) => {
            if hooks::failed(&mut tx, due, &problem).await? {
                let phrase = Phrase::new("notice-hook-failed").with("name", due.name.as_str());
                let (key, link) =
                    (format!("hook/{}/{}", due.hook, tx.now().0), format!("/quan-tri/webhook/{}", due.hook));
                let to = To::Role(Role::Administrator);
                notices::tell(&mut tx, &Notice { to, kind: Kind::Job, key, phrase, link, unit: None }).await?;
            }
        }
    }
    tx.commit().await
}

/// Adds the job.
pub(crate) fn register(registry: &mut store::jobs::Registry, site: &web::Site) {
    let (caller, key): (Arc<Caller>, Arc<SecretKey>) = (site.thing(), site.thing());
    registry.add_slow(CALL, move |work| {
        let (caller, key) = (caller.clone(), key.clone());
        async move { call(work, &caller, &key).await.map_err(|e| e.to_string()) }
    });
}
