//! Every write can be repeated: a key gets the first answer again.

use crate::{Query, Result, WriteTx, args};

/// Keys live this many days.
pub const KEY_DAYS: i64 = 30;

/// An answer that was given once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

/// What a key means for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Not seen: do the work, then `remember` the answer in the same transaction.
    Fresh,
    /// Seen with the same request: this was the answer.
    Answered(Stored),
    /// Seen with another request: refused.
    OtherRequest,
}

impl WriteTx {
    /// Looks a key up; on PostgreSQL a second request with the same key waits here for the first to end (on SQLite it
    /// waited at `write`). `body_hash` is of the caller's making; SHA-256 of the body fits. A key belongs to its actor:
    /// another one's request is another request. Cost: one row.
    pub async fn replay(&mut self, key: &str, route: &str, body_hash: &str) -> Result<Replay> {
        self.lock(&format!("store.key.{key}")).await?;
        let sql = "SELECT route, body_hash, status, location, body, actor FROM store_idempotency WHERE key = $1";
        let Some(row) = self.row(sql, args![key]).await? else { return Ok(Replay::Fresh) };
        if row.text(0)? != route || row.text(1)? != body_hash || row.text(5)? != self.actor().named() {
            return Ok(Replay::OtherRequest);
        }
        let status = u16::try_from(row.i64(2)?).unwrap_or(500);
        Ok(Replay::Answered(Stored { status, location: row.opt_text(3)?, body: row.text(4)? }))
    }

    /// Keeps the answer of a key, in the transaction that did the work. It is no write of the person's that needs a line: a
    /// request that found nothing to change has an answer, too. Cost: one row.
    pub async fn remember(&mut self, key: &str, route: &str, body_hash: &str, answer: &Stored) -> Result<()> {
        let wrote = self.wrote;
        self.execute_one(
            "INSERT INTO store_idempotency (key, route, body_hash, status, location, body, at, actor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                key,
                route,
                body_hash,
                i64::from(answer.status),
                answer.location.as_deref(),
                &answer.body,
                self.now(),
                self.actor().named()
            ],
        )
        .await?;
        self.wrote = wrote;
        Ok(())
    }

    /// Forgets keys older than [`KEY_DAYS`]; how many.
    pub async fn forget_old_keys(&mut self) -> Result<u64> {
        let before = self.now().0 - KEY_DAYS * 86_400_000_000;
        self.execute("DELETE FROM store_idempotency WHERE at < $1", args![before]).await
    }
}
