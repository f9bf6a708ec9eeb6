//! The worker: loops beside each other, so that what takes long keeps nothing else from its turn.

use super::{Lane, Registry, Tend};
use crate::{Result, Store};
use futures::future::join_all;
use kernel::{Actor, Clock, Day};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};

/// What the worker's loops share.
struct Worker {
    store: Store,
    clock: Arc<dyn Clock>,
    pause: Duration,
    /// A job ended.
    ended: Notify,
    /// Lines were sealed.
    sealed: Notify,
}

impl Registry {
    /// Works until `stop` says true: runs what is due, each slow job beside the others, seals the audit trail, forgets what is
    /// old, tends what is to be tended, and waits `pause` where nothing is due. Lines are sealed whatever runs.
    pub async fn work(&self, store: Store, clock: Arc<dyn Clock>, pause: Duration, stop: watch::Receiver<bool>) {
        let own = Worker { store, clock, pause, ended: Notify::new(), sealed: Notify::new() };
        let slow = self.slow.iter().map(|&name| self.run_lane(&own, Lane::Slow(name), stop.clone()));
        let tended = self.tended.iter().map(|tend| tend_lane(&own, tend, stop.clone()));
        tokio::join!(
            self.run_lane(&own, Lane::Quick, stop.clone()),
            keep(&own, stop.clone()),
            join_all(slow),
            join_all(tended)
        );
    }

    /// Runs the jobs of a lane, one after another.
    async fn run_lane(&self, own: &Worker, lane: Lane, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.run_next(&own.store, &own.clock, lane).await {
                Ok(true) => {
                    // What it wrote is sealed at once.
                    own.ended.notify_one();
                    continue;
                }
                Ok(false) => {}
                Err(e) => tracing::warn!("worker: {e}"),
            }
            tokio::select! {
                _ = tokio::time::sleep(own.pause) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// Seals, and forgets what is old, beside the jobs.
async fn keep(own: &Worker, mut stop: watch::Receiver<bool>) {
    let mut day = None;
    while !*stop.borrow() {
        match keep_once(own, &mut day).await {
            Ok(true) => {
                own.sealed.notify_waiters();
                continue;
            }
            Ok(false) => {}
            Err(e) => tracing::warn!("worker: {e}"),
        }
        tokio::select! {
            _ = tokio::time::sleep(own.pause) => {}
            _ = own.ended.notified() => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// One round; whether there was something to seal. `day`: when what is old was forgotten last.
async fn keep_once(own: &Worker, day: &mut Option<Day>) -> Result<bool> {
    let Worker { store, clock, .. } = own;
    let sealed = crate::audit::seal(store, &**clock).await?;
    let today = clock.today();
    if *day != Some(today) {
        let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
        tx.forget_old_keys().await?;
        tx.forget_old_jobs().await?;
        tx.commit().await?;
        *day = Some(today);
    }
    Ok(sealed > 0)
}

/// Tends one thing, as long as there is something to do, and again when lines were sealed.
async fn tend_lane(own: &Worker, tend: &Tend, mut stop: watch::Receiver<bool>) {
    let mut said = None;
    while !*stop.borrow() {
        let outcome = tend(own.store.clone(), own.clock.clone()).await;
        if matches!(outcome, Ok(true)) {
            continue;
        }
        // The same failure a second later is no news.
        let failed = outcome.err();
        if let Some(error) = failed.as_ref().filter(|&error| said.as_ref() != Some(error)) {
            tracing::warn!("worker: {error}");
        }
        said = failed;
        tokio::select! {
            _ = tokio::time::sleep(own.pause) => {}
            _ = own.sealed.notified() => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}
