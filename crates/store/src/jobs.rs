//! Jobs: queued in the same transaction as the write that wants them, leased by a worker, tried again with patience.
//!
//! A job may run more than once (its worker died, its lease ran out), so what it does must be repeatable; it may write
//! down how far it is and go on from there. Of jobs with one key at most one waits and one runs.

mod worker;

use crate::{Engine, Listing, Query, Result, Row, Store, StoreError, WriteTx, args, listing::paged};
use futures::future::BoxFuture;
use kernel::{Actor, Clock, Moment, PersonId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// A job that a worker has leased.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: i64,
    pub job: String,
    pub payload: serde_json::Value,
    /// How often it was tried before. Also tells two leases of one job apart.
    pub tries: i64,
    /// How far the last try came.
    pub done: i64,
    pub total: i64,
}

/// Where a job stands, for whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    pub id: i64,
    pub job: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub done: i64,
    pub total: i64,
    /// The key of a phrase that says what it is doing.
    pub phase: Option<String>,
    /// Why the last try failed, for the log.
    pub problem: Option<String>,
    pub queued_at: Moment,
    pub ended_at: Option<Moment>,
    /// How often it was tried.
    pub tries: i64,
    /// When it is due, while it waits.
    pub run_at: Moment,
    /// Who queued it, where somebody did.
    pub person: Option<PersonId>,
}

/// After so many tries a job stays failed until somebody looks.
pub const MOST_TRIES: i64 = 5;
/// So often a job may end its worker without a sign of progress: then it is what ends workers, and stays failed.
pub const MOST_STARTS: i64 = 5;
/// How long a lease lasts without a sign of life, in microseconds.
pub const LEASE: i64 = 60_000_000;
/// Ended jobs are kept so many days, for whoever asks how they went.
pub const KEPT_DAYS: i64 = 7;

const STATE: &str = "id, job, state, done, total, phase, problem, queued_at, ended_at, tries, run_at, person";

fn state(row: &Row) -> Result<JobState> {
    Ok(JobState {
        id: row.i64(0)?,
        job: row.text(1)?,
        state: row.text(2)?,
        done: row.i64(3)?,
        total: row.i64(4)?,
        phase: row.opt_text(5)?,
        problem: row.opt_text(6)?,
        queued_at: Moment(row.i64(7)?),
        ended_at: row.opt_i64(8)?.map(Moment),
        tries: row.i64(9)?,
        run_at: Moment(row.i64(10)?),
        person: row.opt_i64(11)?.map(PersonId),
    })
}

/// One job. Cost: one row.
pub async fn find(tx: &mut impl Query, id: i64) -> Result<Option<JobState>> {
    let row = tx.row(&format!("SELECT {STATE} FROM store_job WHERE id = $1"), args![id]).await?;
    row.as_ref().map(state).transpose()
}

/// The newest jobs, at most `limit`. Cost: that many rows.
pub async fn newest(tx: &mut impl Query, limit: i64) -> Result<Vec<JobState>> {
    let sql = format!("SELECT {STATE} FROM store_job ORDER BY id DESC LIMIT $1");
    tx.rows(&sql, args![limit]).await?.iter().map(state).collect()
}

/// A page of the jobs, and how many there are; searched by name and by what went wrong, ordered by `oldest` or `name`, the
/// newest first otherwise. Cost: the jobs that are kept; one page returned.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<JobState>, i64)> {
    let order = match listing.sort.as_str() {
        "oldest" => "id",
        "name" => "job, id DESC",
        _ => "id DESC",
    };
    let from = "store_job WHERE ($1 = '' OR state = $1)
                AND ($2 = '' OR job LIKE '%' || $2 || '%' OR LOWER(problem) LIKE '%' || $2 || '%')";
    paged(tx, STATE, from, order, args![listing.state.as_str(), listing.key()], listing.span(), state).await
}

/// What became of a retry by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Queued,
    /// Another job with its key waits already: that one is the next try.
    Waits,
    /// It neither failed nor was cancelled, or is not there.
    NotEnded,
}

impl WriteTx {
    /// Queues a job; its id. With a key, a job that already waits under the same key is not queued twice: its id is
    /// given. (One that runs may have read what this transaction changes, so another one is queued behind it.)
    pub async fn enqueue(&mut self, job: &str, key: Option<&str>, payload: &serde_json::Value) -> Result<i64> {
        self.enqueue_at(job, key, payload, self.now()).await
    }

    /// Queues a job of which one at most waits, and which needs to know nothing, not to be run before `at`.
    pub async fn enqueue_once_at(&mut self, job: &str, at: Moment) -> Result<()> {
        self.enqueue_at(job, Some(job), &serde_json::json!({}), at).await.map(drop)
    }

    /// The same, to be run as soon as may be.
    pub async fn enqueue_once(&mut self, job: &str) -> Result<()> {
        self.enqueue_once_at(job, self.now()).await
    }

    /// As [`WriteTx::enqueue`], not to be run before `at`.
    pub async fn enqueue_at(
        &mut self,
        job: &str,
        key: Option<&str>,
        payload: &serde_json::Value,
        at: Moment,
    ) -> Result<i64> {
        // Whoever queues a failed one again sees this one, or comes first.
        if let Some(key) = key {
            self.lock_key(key).await?;
        }
        // Whoever wants it sooner gets it sooner: also where it waits for its next try.
        let sql = "INSERT INTO store_job (job, key, payload, state, tries, run_at, done, total, queued_at, person)
                   VALUES ($1, $2, $3, 'waiting', 0, $5, 0, 0, $4, $6)
                   ON CONFLICT (key) WHERE state = 'waiting' DO UPDATE SET payload = excluded.payload, run_at =
                   CASE WHEN excluded.run_at < store_job.run_at THEN excluded.run_at ELSE store_job.run_at END RETURNING id";
        let person = self.actor().person.map(|person| person.0);
        let row = self.row(sql, args![job, key, payload.to_string(), self.now(), at, person]).await?;
        row.map_or(Err(StoreError::LostJob(0)), |r| r.i64(0))
    }

    /// Jobs that ended their workers [`MOST_STARTS`] times without getting on stay failed: they would be leased for ever.
    /// Their names and numbers. Cost: the jobs that run.
    pub async fn end_deadly(&mut self) -> Result<Vec<(i64, String)>> {
        let sql = "UPDATE store_job SET state = 'failed', problem = 'worker ended', lease_until = NULL, ended_at = $1
                   WHERE state = 'running' AND lease_until < $1 AND starts >= $2 RETURNING id, job";
        let rows = self.rows(sql, args![self.now(), MOST_STARTS]).await?;
        rows.iter().map(|row| Ok((row.i64(0)?, row.text(1)?))).collect()
    }

    /// Nobody else makes a job with this key wait until the transaction ends.
    async fn lock_key(&mut self, key: &str) -> Result<()> {
        self.lock(&format!("store_job {key}")).await
    }

    /// Leases the next job that is due (or whose worker died) and whose key nobody else works on, for so many
    /// microseconds. Cost: one row by index.
    pub async fn lease(&mut self, micros: i64) -> Result<Option<Job>> {
        self.lease_of(micros, "").await
    }

    /// The same of the jobs `j` that meet one more condition.
    async fn lease_of(&mut self, micros: i64, of: &str) -> Result<Option<Job>> {
        let now = self.now().0;
        // On PostgreSQL two workers may ask at once; the second passes over what the first is taking, and still sees its old
        // lease. So none is taken behind one with its key, also where that one's lease ran out: it is due, and goes first.
        let skip = if self.engine() == Engine::Postgres { "FOR UPDATE OF j SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE store_job SET state = 'running', lease_until = $1, tries = tries + 1, starts = starts + 1
             WHERE id = (SELECT j.id FROM store_job j
                         WHERE ((j.state = 'waiting' AND j.run_at <= $2)
                                OR (j.state = 'running' AND j.lease_until < $2)){of}
                           AND NOT EXISTS (SELECT 1 FROM store_job r WHERE r.key = j.key AND r.id <> j.id
                                           AND r.state = 'running'
                                           AND (j.state = 'waiting' OR r.lease_until >= $2 OR r.id < j.id))
                         ORDER BY j.run_at, j.id LIMIT 1 {skip})
             RETURNING id, job, payload, tries, done, total"
        );
        let Some(row) = self.row(&sql, args![now + micros, now]).await? else { return Ok(None) };
        Ok(Some(Job {
            id: row.i64(0)?,
            job: row.text(1)?,
            payload: serde_json::from_str(&row.text(2)?)?,
            tries: row.i64(3)? - 1,
            done: row.i64(4)?,
            total: row.i64(5)?,
        }))
    }

    /// Touches a leased job, if it still is this worker's.
    async fn of_worker(&mut self, job: &Job, set: &str, mut args: Vec<crate::Value>) -> Result<()> {
        let at = args.len();
        let sql =
            format!("UPDATE store_job SET {set} WHERE id = ${} AND tries = ${} AND state = 'running'", at + 1, at + 2);
        args.extend(args![job.id, job.tries + 1]);
        match self.execute(&sql, args).await? {
            1 => Ok(()),
            _ => Err(StoreError::LostJob(job.id)),
        }
    }

    /// Says how far a job is, in the transaction that brought it there, and holds the lease for another while; it
    /// resumes from there after a crash. `LostJob` where it was cancelled or taken over: then stop.
    pub async fn progress(&mut self, job: &Job, done: i64, total: i64, phase: Option<&str>) -> Result<()> {
        let until = self.now().0 + LEASE;
        let set = "done = $1, total = $2, phase = COALESCE($3, phase), lease_until = $4, starts = 0";
        self.of_worker(job, set, args![done, total, phase, until]).await
    }

    /// A job is done.
    pub async fn finish(&mut self, job: &Job) -> Result<()> {
        let now = self.now();
        self.of_worker(job, "state = 'done', lease_until = NULL, problem = NULL, ended_at = $1", args![now]).await
    }

    /// A try failed: again after 1, 4, 9 … minutes, or for good after [`MOST_TRIES`]. Where another job with its key
    /// waits already, that one is the next try.
    ///
    /// Whether it is for good.
    pub async fn fail(&mut self, job: &Job, problem: &str) -> Result<bool> {
        let tries = job.tries + 1;
        let now = self.now();
        let again = Moment(now.0 + tries * tries * 60_000_000);
        let row = self.row("SELECT key FROM store_job WHERE id = $1", args![job.id]).await?;
        let key = row.map_or(Ok(None), |row| row.opt_text(0))?;
        // Nobody queues one with the key between this look and the change.
        // At the last try it does not matter, and the lock would stand before those of the notice that follows.
        let waits = match key.as_ref().filter(|_| tries < MOST_TRIES) {
            Some(key) => {
                self.lock_key(key).await?;
                self.waits(key).await?
            }
            None => false,
        };
        if tries >= MOST_TRIES || waits {
            let set = "state = 'failed', problem = $1, lease_until = NULL, ended_at = $2";
            self.of_worker(job, set, args![problem, now]).await?;
            return Ok(tries >= MOST_TRIES);
        }
        let set = "state = 'waiting', run_at = $1, problem = $2, lease_until = NULL, starts = 0";
        self.of_worker(job, set, args![again, problem]).await?;
        Ok(false)
    }

    /// Queues a job that failed or was cancelled again, by hand: as if it had never been tried, from where it was.
    pub async fn retry_job(&mut self, id: i64) -> Result<Retry> {
        let Some(row) = self.row("SELECT state, key FROM store_job WHERE id = $1", args![id]).await? else {
            return Ok(Retry::NotEnded);
        };
        let key = row.opt_text(1)?;
        // Nobody else queues one with the key between this look and the change.
        if let Some(key) = &key {
            self.lock_key(key).await?;
        }
        let sql = "UPDATE store_job SET state = 'waiting', tries = 0, starts = 0, run_at = $2, problem = NULL, ended_at = NULL
                   WHERE id = $1 AND state IN ('failed', 'cancelled')
                     AND NOT EXISTS (SELECT 1 FROM store_job w WHERE w.key = $3 AND w.state = 'waiting')";
        if self.execute(sql, args![id, self.now(), key.as_deref()]).await? == 1 {
            return Ok(Retry::Queued);
        }
        let ended = matches!(row.text(0)?.as_str(), "failed" | "cancelled");
        Ok(if ended { Retry::Waits } else { Retry::NotEnded })
    }

    /// Cancels a job that waits or runs; whether there was one. A running one stops at its next sign of progress.
    pub async fn cancel_job(&mut self, id: i64) -> Result<bool> {
        let sql = "UPDATE store_job SET state = 'cancelled', lease_until = NULL, ended_at = $2
                   WHERE id = $1 AND state IN ('waiting', 'running')";
        Ok(self.execute(sql, args![id, self.now()]).await? == 1)
    }

    /// Forgets jobs that ended well or were cancelled more than [`KEPT_DAYS`] ago; how many. Failed ones stay.
    pub async fn forget_old_jobs(&mut self) -> Result<u64> {
        let before = self.now().0 - KEPT_DAYS * 86_400_000_000;
        self.execute("DELETE FROM store_job WHERE state IN ('done', 'cancelled') AND ended_at < $1", args![before])
            .await
    }
}

/// What a job's function gets.
#[derive(Clone)]
pub struct Work {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub job: Job,
}

impl Work {
    /// Says how far the job is in a transaction of its own; see [`WriteTx::progress`].
    pub async fn progress(&self, done: i64, total: i64, phase: Option<&str>) -> Result<()> {
        let mut tx = self.store.write(&Actor::SYSTEM, &*self.clock).await?;
        tx.progress(&self.job, done, total, phase).await?;
        tx.commit().await
    }
}

/// The function of a job. What it returns as an error is written down, and the job is tried again.
pub type Run = Box<dyn Fn(Work) -> BoxFuture<'static, std::result::Result<(), String>> + Send + Sync>;

/// What is done, in the same transaction, where a job failed for good; it gets the job's number and name.
pub type Failed = Box<dyn for<'a> Fn(&'a mut WriteTx, i64, &'a str) -> BoxFuture<'a, Result<()>> + Send + Sync>;

/// What the worker tends beside its jobs; whether there was something to do.
pub type Tend =
    Box<dyn Fn(Store, Arc<dyn Clock>) -> BoxFuture<'static, std::result::Result<bool, String>> + Send + Sync>;

/// Which function does which job.
#[derive(Default)]
pub struct Registry {
    runs: BTreeMap<&'static str, Run>,
    slow: BTreeSet<&'static str>,
    failed: Option<Failed>,
    tended: Vec<Tend>,
}

impl Registry {
    /// Adds a job's function.
    pub fn add<F, Fut>(&mut self, job: &'static str, run: F)
    where
        F: Fn(Work) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), String>> + Send + 'static,
    {
        self.runs.insert(job, Box::new(move |work| Box::pin(run(work))));
    }

    /// Adds the function of a job that waits long for others, at the other end of a line: it has a loop of its own, and the
    /// rest does not wait for it.
    pub fn add_slow<F, Fut>(&mut self, job: &'static str, run: F)
    where
        F: Fn(Work) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), String>> + Send + 'static,
    {
        self.slow.insert(job);
        self.add(job, run);
    }

    /// The condition by which a lane takes jobs `j`. The names are the program's own.
    fn of(&self, lane: Lane) -> String {
        let names: Vec<String> = self.slow.iter().map(|name| format!("'{name}'")).collect();
        match lane {
            Lane::Slow(name) => format!(" AND j.job = '{name}'"),
            Lane::Quick if !names.is_empty() => format!(" AND j.job NOT IN ({})", names.join(",")),
            Lane::Quick | Lane::All => String::new(),
        }
    }

    /// Says what is done where a job failed for good.
    pub fn on_failed(&mut self, failed: Failed) {
        self.failed = Some(failed);
    }

    async fn tell_failed(&self, tx: &mut WriteTx, id: i64, job: &str) -> Result<()> {
        match &self.failed {
            Some(failed) => failed(tx, id, job).await,
            None => Ok(()),
        }
    }

    /// Adds what is tended after the audit trail was sealed, in a loop of its own: jobs and sealing do not wait for it.
    pub fn tend(
        &mut self,
        tend: impl Fn(Store, Arc<dyn Clock>) -> BoxFuture<'static, std::result::Result<bool, String>>
        + Send
        + Sync
        + 'static,
    ) {
        self.tended.push(Box::new(tend));
    }

    /// Tends everything once, one after another, for whoever waits for it; the worker has a loop for each. Whether something was
    /// done; what failed stands in `said`, and does not keep the rest from its turn.
    pub async fn tend_once(&self, store: &Store, clock: &Arc<dyn Clock>, said: &mut Vec<String>) -> bool {
        let mut done = false;
        said.clear();
        for tend in &self.tended {
            match tend(store.clone(), clock.clone()).await {
                Ok(did) => done |= did,
                Err(error) => said.push(error),
            }
        }
        done
    }

    /// The names of all jobs.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.runs.keys().copied()
    }

    /// Leases one job and runs it; whether there was one.
    pub async fn run_one(&self, store: &Store, clock: &Arc<dyn Clock>) -> Result<bool> {
        self.run_next(store, clock, Lane::All).await
    }

    async fn run_next(&self, store: &Store, clock: &Arc<dyn Clock>, lane: Lane) -> Result<bool> {
        let Some(job) = self.next(store, clock, &self.of(lane)).await? else { return Ok(false) };
        let Some(outcome) = self.outcome(store, clock, &job).await? else { return Ok(true) };
        let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
        let written = match &outcome {
            Ok(()) => tx.finish(&job).await,
            Err(problem) => {
                tracing::warn!(job = job.job, id = job.id, problem, "job failed");
                match tx.fail(&job, problem).await {
                    Ok(true) => self.tell_failed(&mut tx, job.id, &job.job).await,
                    other => other.map(drop),
                }
            }
        };
        match written {
            // Cancelled meanwhile, or taken over: nothing to say.
            Err(StoreError::LostJob(_)) => Ok(true),
            Err(e) => Err(e),
            Ok(()) => tx.commit().await.map(|()| true),
        }
    }

    /// Leases the next job that is due and meets a condition.
    async fn next(&self, store: &Store, clock: &Arc<dyn Clock>, of: &str) -> Result<Option<Job>> {
        // Looking does not stand in writers' way.
        let due = format!(
            "SELECT 1 FROM store_job j
             WHERE ((j.state = 'waiting' AND j.run_at <= $1) OR (j.state = 'running' AND j.lease_until < $1)){of} LIMIT 1"
        );
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        if tx.row(&due, args![clock.now()]).await?.is_none() {
            return Ok(None);
        }
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
        for (id, job) in tx.end_deadly().await? {
            self.tell_failed(&mut tx, id, &job).await?;
        }
        let leased = tx.lease_of(LEASE, of).await?;
        tx.commit().await?;
        Ok(leased)
    }

    /// Runs a leased job; how it went, nothing where it is no longer ours.
    async fn outcome(
        &self,
        store: &Store,
        clock: &Arc<dyn Clock>,
        job: &Job,
    ) -> Result<Option<std::result::Result<(), String>>> {
        let Some(run) = self.runs.get(job.job.as_str()) else {
            return Ok(Some(Err(format!("no function for {}", job.job))));
        };
        let work = Work { store: store.clone(), clock: clock.clone(), job: job.clone() };
        // A panic is one more way to fail; it must not end the worker.
        let mut running = tokio::spawn(run(work));
        loop {
            match tokio::time::timeout(Duration::from_micros(LEASE as u64 / 3), &mut running).await {
                Ok(ended) => return Ok(Some(ended.unwrap_or_else(|e| Err(e.to_string())))),
                Err(_) if self.alive(store, clock, job).await? => {}
                Err(_) => {
                    running.abort();
                    return Ok(None);
                }
            }
        }
    }

    /// Holds the lease of a job that runs long; false where it is no longer ours.
    async fn alive(&self, store: &Store, clock: &Arc<dyn Clock>, job: &Job) -> Result<bool> {
        let held = async {
            let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
            let until = clock.now().0 + LEASE;
            tx.of_worker(job, "lease_until = $1", args![until]).await?;
            tx.commit().await
        };
        match held.await {
            Err(StoreError::LostJob(_)) => Ok(false),
            // A job of the other lane writes: it runs on, and this is tried again.
            Err(e) if e.is_busy() => Ok(true),
            other => other.map(|()| true),
        }
    }
}

/// Which jobs a loop of the worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    All,
    /// All but the slow ones.
    Quick,
    /// One of the slow ones.
    Slow(&'static str),
}
