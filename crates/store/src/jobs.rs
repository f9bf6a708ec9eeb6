//! Jobs: queued in the same transaction as the write that wants them, leased by a worker, tried again with patience.

use crate::{Query, Result, WriteTx, args};
use kernel::Moment;

/// A job that a worker has leased.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: i64,
    pub job: String,
    pub payload: serde_json::Value,
    /// How often it was tried before.
    pub tries: i64,
    pub done: i64,
    pub total: i64,
}

/// After so many tries a job stays failed until somebody looks.
pub const MOST_TRIES: i64 = 5;

impl WriteTx {
    /// Queues a job. With a key, a job that waits or runs under the same key is not queued twice.
    pub async fn enqueue(&mut self, job: &str, key: Option<&str>, payload: &serde_json::Value) -> Result<()> {
        let sql = "INSERT INTO store_job (job, key, payload, state, tries, run_at, done, total, queued_at)
                   VALUES ($1, $2, $3, 'waiting', 0, $4, 0, 0, $4) ON CONFLICT (key) DO NOTHING";
        self.execute(sql, args![job, key, payload.to_string(), self.now()]).await?;
        Ok(())
    }

    /// Leases the next job that is due (or whose worker died). Cost: one row by index.
    pub async fn lease(&mut self, micros: i64) -> Result<Option<Job>> {
        let now = self.now().0;
        let sql = "UPDATE store_job SET state = 'running', lease_until = $1, tries = tries + 1
             WHERE id = (SELECT id FROM store_job
                         WHERE (state = 'waiting' AND run_at <= $2) OR (state = 'running' AND lease_until < $2)
                         ORDER BY run_at, id LIMIT 1)
             RETURNING id, job, payload, tries, done, total";
        let Some(row) = self.row(sql, args![now + micros, now]).await? else { return Ok(None) };
        Ok(Some(Job {
            id: row.i64(0)?,
            job: row.text(1)?,
            payload: serde_json::from_str(&row.text(2)?)?,
            tries: row.i64(3)? - 1,
            done: row.i64(4)?,
            total: row.i64(5)?,
        }))
    }

    /// Says how far a job is; it resumes from there after a crash.
    pub async fn progress(&mut self, job: i64, done: i64, total: i64) -> Result<()> {
        self.execute_one("UPDATE store_job SET done = $2, total = $3 WHERE id = $1", args![job, done, total]).await
    }

    /// A job is done; it and its key are forgotten.
    pub async fn finish(&mut self, job: i64) -> Result<()> {
        self.execute_one("DELETE FROM store_job WHERE id = $1", args![job]).await
    }

    /// A try failed: again after 1, 4, 9 … minutes, or for good after [`MOST_TRIES`].
    pub async fn fail(&mut self, job: &Job, problem: &str) -> Result<()> {
        let tries = job.tries + 1;
        let state = if tries >= MOST_TRIES { "failed" } else { "waiting" };
        let again = Moment(self.now().0 + tries * tries * 60_000_000);
        let sql = "UPDATE store_job SET state = $2, run_at = $3, problem = $4, lease_until = NULL WHERE id = $1";
        self.execute_one(sql, args![job.id, state, again, problem]).await
    }
}
