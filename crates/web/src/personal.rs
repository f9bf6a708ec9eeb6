//! Personal data: what each room keeps of people and why, how somebody gets theirs, how it is erased, how long it is kept.
//!
//! A room whose tables have a column of people registers them ([`crate::Room::personal`]); a test holds the registered columns
//! against the schema. Whatever the law on personal data asks of one person goes through every room by these hooks.

use crate::Site;
use futures::future::BoxFuture;
use kernel::{Actor, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::{
    AuditLine, ReadTx, Result, Store, WriteTx,
    jobs::{Registry, Work},
    personal::BATCH,
};

/// A kind of personal data. In words: `personal-KEY`, why it is kept `personal-KEY-why`, how long `personal-KEY-long`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub key: &'static str,
    /// Tables with their columns that name a person or tell of one.
    pub tables: &'static [(&'static str, &'static [&'static str])],
}

/// Whose data is asked for or erased, as they were known before anything of them was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    pub person: PersonId,
    pub login: String,
    pub email: Option<String>,
}

/// What a room has of a kind: rows, each an object of plain values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    pub kind: &'static str,
    pub rows: Vec<Map<String, Value>>,
}

/// The data that a room has of somebody.
pub type Export = for<'a> fn(&'a mut ReadTx, &'a Whom) -> BoxFuture<'a, Result<Vec<Part>>>;
/// Erases it, or takes the name off it; how many rows.
pub type Erase = for<'a> fn(&'a mut WriteTx, &'a Whom, &'a str) -> BoxFuture<'a, Result<u64>>;
/// Erases what was kept long enough, all of it or at least [`BATCH`] rows; how many. After so many it is asked again.
pub type Retain = for<'a> fn(&'a mut WriteTx, &'a Retention) -> BoxFuture<'a, Result<u64>>;

/// What a room registers.
#[derive(Clone, Copy)]
pub struct Personal {
    pub room: &'static str,
    pub kinds: &'static [Kind],
    pub export: Export,
    pub erase: Erase,
    pub retain: Retain,
}

/// How long things are kept, in days; 0: as long as the account. `DATA/retention.toml` says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Codes that were used or ran out.
    pub codes: u32,
    /// Tokens that were revoked or ran out.
    pub tokens: u32,
    /// What was asked of a second administrator, after its decision.
    pub proposals: u32,
    /// Whom to reach about a mistake that was told, after the answer; without one after it was told.
    pub contacts: u32,
    /// Details of lines that tell of no change: logins, browsers, readings, exports, refusals. The lines stay.
    pub details: u32,
    /// Letters and calls of webhooks, after they were sent or given up.
    pub letters: u32,
    /// Notices, read or not.
    pub notices: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { codes: 30, tokens: 365, proposals: 365, contacts: 180, details: 730, letters: 90, notices: 365 }
    }
}

impl Retention {
    /// The names with their days, in order, for pages.
    pub fn named(&self) -> [(&'static str, u32); 7] {
        [
            ("codes", self.codes),
            ("tokens", self.tokens),
            ("proposals", self.proposals),
            ("contacts", self.contacts),
            ("details", self.details),
            ("letters", self.letters),
            ("notices", self.notices),
        ]
    }
}

/// The last moment (microseconds) of what was kept so many days; `None` where it is kept on.
pub fn before(now: kernel::Moment, days: u32) -> Option<i64> {
    (days > 0).then(|| now.0 - i64::from(days) * DAY)
}

const DAY: i64 = 86_400_000_000;

/// What the rooms registered, and how long things are kept: put into the site's things by `app`.
#[derive(Clone)]
pub struct Hooks {
    pub all: Vec<Personal>,
    pub retention: Retention,
}

impl Hooks {
    /// Everything that the house has of somebody. Cost: the rows of that person.
    pub async fn export(&self, tx: &mut ReadTx, whom: &Whom) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        // A room after the other: they are some five.
        for personal in &self.all {
            parts.extend((personal.export)(tx, whom).await?);
        }
        Ok(parts)
    }

    /// Erases what the house has of somebody, for a reason; how many rows of which room. The line of it is the caller's.
    /// Cost: the rows of that person.
    pub async fn erase(&self, tx: &mut WriteTx, whom: &Whom, reason: &str) -> Result<Value> {
        let mut told = Map::new();
        for personal in &self.all {
            let rows = (personal.erase)(tx, whom, reason).await?;
            let before = told.get(personal.room).and_then(Value::as_u64).unwrap_or(0);
            told.insert(personal.room.to_owned(), json!(before + rows));
        }
        Ok(told.into())
    }

    /// Erases what was kept long enough, with a line that says how much by which rule. Cost: the rows erased.
    pub async fn retain(&self, tx: &mut WriteTx) -> Result<Retained> {
        let (mut told, mut all) = (Map::new(), Retained { rows: 0, full: false });
        for personal in &self.all {
            let rows = (personal.retain)(tx, &self.retention).await?;
            let before = told.get(personal.room).and_then(Value::as_u64).unwrap_or(0);
            told.insert(personal.room.to_owned(), json!(before + rows));
            all.rows += rows;
            all.full |= rows >= BATCH.unsigned_abs();
        }
        // Where details of the trail went, the store makes the line tell which.
        let details = json!({"rows": told, "days": self.retention});
        let subject = "retention".to_owned();
        tx.audit_quietly(AuditLine { action: "web.retention", kind: "house", subject, unit: None, details }).await?;
        Ok(all)
    }
}

/// What a transaction of the retention came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retained {
    pub rows: u64,
    /// Whether a room erased as many rows as it does at once: there may be more.
    pub full: bool,
}

/// The job that carries the retention out, once a day.
pub const JOB: &str = "web.retention";

/// Adds the function of the job. Each run queues the next, a day later.
pub fn jobs(registry: &mut Registry, site: &Site) {
    // A site without people has no hooks.
    let Some(hooks) = site.thing_if::<Hooks>() else { return };
    registry.add(JOB, move |work| carry_out(work, hooks.clone()));
}

async fn carry_out(work: Work, hooks: Arc<Hooks>) -> std::result::Result<(), String> {
    batches(&work, &hooks).await.map_err(|error| error.to_string())
}

/// A transaction and its line for each batch, until one is not full: what comes in a day may be more than one holds.
async fn batches(work: &Work, hooks: &Hooks) -> Result<()> {
    let mut rows = 0;
    loop {
        let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
        let batch = hooks.retain(&mut tx).await?;
        rows += i64::try_from(batch.rows).unwrap_or(0);
        // How much is left nobody counted: another batch, perhaps.
        let left = if batch.full { BATCH } else { 0 };
        tx.progress(&work.job, rows, rows + left, None).await?;
        if !batch.full {
            let next = kernel::Moment(tx.now().0 + DAY);
            tx.enqueue_once_at(JOB, next).await?;
            return tx.commit().await;
        }
        tx.commit().await?;
    }
}

/// Queues the first run, where none waits. Cost: one row.
pub async fn begin(store: &Store, clock: &dyn kernel::Clock) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    if tx.waits(JOB).await? {
        return Ok(());
    }
    let now = tx.now();
    tx.enqueue_once_at(JOB, now).await?;
    tx.commit().await
}

/// What the store itself keeps of people: the trail, answers to repeated requests, who brought which file.
pub const STORE: Personal = Personal {
    room: "store",
    kinds: &[
        Kind { key: "trail", tables: &[("store_audit", &["person"])] },
        Kind { key: "jobs", tables: &[("store_job", &["person"])] },
        Kind { key: "answers", tables: &[("store_idempotency", &["actor"])] },
        Kind { key: "files", tables: &[("store_attachment", &["actor"])] },
    ],
    export: |tx, whom| {
        Box::pin(async move {
            let found = store::personal::export(tx, whom.person).await?;
            let part = |(kind, rows)| Part { kind, rows };
            Ok(found.into_iter().map(part).collect())
        })
    },
    erase: |tx, whom, reason| Box::pin(store::personal::erase(tx, whom.person, reason)),
    retain: |tx, retention| {
        Box::pin(async move {
            match before(tx.now(), retention.details) {
                Some(before) => store::personal::forget_details(tx, before, "retention").await,
                None => Ok(0),
            }
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Clock;
    use store::{Query, args};
    use testkit::{CLOCK, each_engine};

    /// Quiet lines as old as the clock, more than a transaction of the retention takes.
    async fn fill(tx: &mut WriteTx, count: i64) -> Result<()> {
        let at = CLOCK.now().0;
        let line = |seq: i64| args![seq, at, "system", "t.read", "t", "1", "", 1i64, 1i64];
        let columns = ["seq", "at", "role", "action", "kind", "subject", "details_hash", "sealed", "quiet"];
        tx.insert_many("store_audit", &columns, (1..=count).map(line)).await?;
        let details = |seq: i64| args![seq, "s", "{}", at];
        tx.insert_many("store_audit_details", &["seq", "salt", "details", "quiet_at"], (1..=count).map(details))
            .await?;
        // On PostgreSQL the numbers of lines to come begin behind them.
        tx.reserve("store_audit", "seq", usize::try_from(count).unwrap_or(0)).await.map(drop)
    }

    #[test]
    fn retention_goes_on_until_nothing_is_left_that_was_kept_long_enough() {
        each_engine(&[], |store| async move {
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            fill(&mut tx, 2 * BATCH + 5).await?;
            tx.enqueue_once(JOB).await?;
            tx.commit().await?;
            let hooks = Hooks { all: vec![STORE], retention: Retention { details: 1, ..Retention::default() } };
            let hooks = Arc::new(hooks);
            let mut registry = Registry::default();
            registry.add(JOB, move |work| carry_out(work, hooks.clone()));
            let later: Arc<dyn Clock> = Arc::new(kernel::FixedClock(kernel::Moment(CLOCK.now().0 + 2 * DAY)));
            assert!(registry.run_one(&store, &later).await?);
            assert!(!registry.run_one(&store, &later).await?, "the next run is a day later");
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let sql = "SELECT (SELECT COUNT(*) FROM store_audit_details WHERE details IS NOT NULL AND salt = 's'),
                       (SELECT COUNT(*) FROM store_audit WHERE action = 'web.retention'), done FROM store_job
                       WHERE state = 'done'";
            let row = tx.row(sql, args![]).await?.expect("the job is done");
            assert_eq!((row.i64(0)?, row.i64(1)?, row.i64(2)?), (0, 3, 2 * BATCH + 5));
            drop(tx);
            let report = store::audit::verify(&store).await?;
            assert!(report.findings.is_empty(), "each batch is told by its line: {:?}", report.findings);
            assert_eq!(report.erased.into_iter().collect::<Vec<_>>(), [("retention".to_owned(), 20_005)]);
            Ok(())
        });
    }
}
