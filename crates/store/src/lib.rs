//! The one door to the database: SQLite (embedded) or PostgreSQL (by URL), the same SQL text on both.
//!
//! A room writes portable SQL with `$1` placeholders and reads rows by position. Reads happen in a snapshot, writes in one
//! transaction that carries its audit line. Nothing is read without a [`kernel::Scope`], nothing written without a
//! [`kernel::Actor`]: there is no other way to get at a connection.

pub mod attachments;
pub mod audit;
pub mod backup;
mod bulk;
mod connection;
mod health;
mod idempotency;
pub mod jobs;
mod listing;
mod migrate;
pub mod personal;
mod postgres;
mod s3;
mod scope;
pub mod secrets;
mod sqlite;
pub mod trail;
mod value;

use kernel::{Phrase, Problem};

pub use audit::AuditLine;
pub use connection::{Query, ReadTx, Store, StoreOptions, Version, WriteTx};
pub use health::Health;
pub use idempotency::{KEY_DAYS, Replay, Stored};
pub use listing::{Listing, few, paged, places};
pub use migrate::Migration;
pub use scope::{Guarded, Reached, Within, last_day_of_year, reached};
pub use value::{Bind, Borrowed, Cells, Given, Row, Value};

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// What can go wrong beneath a room. None of it is the user's fault but `Changed`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// What SQLite said; extended result code.
    #[error("database: {message} ({code})")]
    Sqlite { code: i32, message: String },
    #[error("the address {0:?} is neither sqlite: nor postgres:")]
    Address(String),
    #[error("{statement} touched {touched} rows instead of one")]
    NotOne { statement: String, touched: u64 },
    #[error("row has no column {0} of this type: {1}")]
    Column(usize, sqlx::Error),
    #[error("migration {room} {version} was changed after it ran")]
    MigrationChanged { room: String, version: i64 },
    #[error("the database was written by a newer program: {room} is at {version}")]
    Newer { room: String, version: i64 },
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A transaction in which a statement failed takes no other, and cannot be committed.
    #[error("the transaction has failed already")]
    Aborted,
    /// PostgreSQL keeps no NUL in a text, so neither engine does.
    #[error("a text holds a NUL character")]
    Nul,
    /// A job was cancelled, or another worker took it over.
    #[error("job {0} is no longer this worker's")]
    LostJob(i64),
    /// A person wrote of a unit that their role does not reach.
    #[error("unit {unit} is out of reach")]
    OutOfReach { unit: kernel::UnitId },
    /// A room's own rule is against it.
    #[error("refused: {0:?}")]
    Refused(Box<Problem>),
    /// A person's transaction names nothing that their role reaches.
    #[error("a line of no unit, by a role that reaches some")]
    OutOfScope,
    #[error("a person wrote without a line of the audit trail")]
    Unaudited,
    #[error("details were erased, and the line that came next does not tell of it")]
    Untold,
    #[error("{0}")]
    Corrupt(String),
    #[error("files: {0}")]
    Files(#[from] std::io::Error),
    #[error("a file of more than {most} bytes")]
    TooLarge { most: u64 },
    /// The folder or bucket of the attachments.
    #[error("attachments: {0}")]
    Objects(#[from] object_store::Error),
    /// A backup that cannot be read, or whose part is not what was written.
    #[error("broken backup: {0}")]
    BackupBroken(String),
    #[error("a backup is restored into an empty database only")]
    BackupNotEmpty,
}

/// Whether a file could not be made longer, by whatever library that was said.
fn is_without_room(error: &StoreError) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind.is_some_and(|kind| matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl StoreError {
    /// Whether the same statement may work a moment later: no connection was free, or another writer stood in the way.
    pub fn is_busy(&self) -> bool {
        match self {
            StoreError::Database(sqlx::Error::PoolTimedOut) => true,
            StoreError::Sqlite { code, .. } => matches!(code & 0xff, 5 | 6),
            // SQLite's BUSY and LOCKED (with their extended codes in the high bits); PostgreSQL's serialization failure,
            // deadlock and lock not available.
            StoreError::Database(sqlx::Error::Database(e)) => e.code().is_some_and(|code| {
                matches!(&*code, "40001" | "40P01" | "55P03")
                    || code.parse().is_ok_and(|n: i32| matches!(n & 0xff, 5 | 6))
            }),
            _ => false,
        }
    }

    /// Whether the line to the server was lost: nobody knows whether what was under way was written.
    pub fn is_lost(&self) -> bool {
        matches!(self, StoreError::Database(e) if postgres::is_lost(e))
    }

    /// Whether there is no room left to write to.
    pub fn is_full(&self) -> bool {
        match self {
            // SQLITE_FULL; SQLITE_IOERR_WRITE, where the system refuses to make a file longer.
            StoreError::Sqlite { code, .. } => matches!(code, 13 | 778),
            // SQLite's the same by way of the other driver; PostgreSQL's disk_full.
            StoreError::Database(sqlx::Error::Database(e)) => {
                e.code().is_some_and(|code| matches!(&*code, "13" | "778" | "53100"))
            }
            StoreError::Files(_) | StoreError::Objects(_) => is_without_room(self),
            _ => false,
        }
    }

    /// Whether a row with the same key is already there.
    pub fn is_duplicate(&self) -> bool {
        match self {
            // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE and _ROWID.
            StoreError::Sqlite { code, .. } => matches!(code, 1555 | 2067 | 2579),
            StoreError::Database(sqlx::Error::Database(e)) => e.is_unique_violation(),
            _ => false,
        }
    }

    /// What a user is told; the details are for the log.
    pub fn problem(&self) -> Problem {
        let status = |key, status| Problem { phrase: Phrase::new(key), place: None, status };
        match self {
            _ if self.is_busy() => status("store-busy", 503),
            _ if self.is_full() => status("store-full", 507),
            _ if self.is_lost() => status("store-lost", 503),
            _ if self.is_duplicate() => status("store-duplicate", 409),
            StoreError::OutOfReach { .. } | StoreError::OutOfScope => status("store-out-of-reach", 403),
            StoreError::Refused(problem) => (**problem).clone(),
            StoreError::Nul => status("store-nul", 422),
            StoreError::TooLarge { most } => {
                let megabytes = i64::try_from(most >> 20).unwrap_or(i64::MAX);
                let phrase = Phrase::new("store-too-large").with("megabytes", megabytes);
                Problem { phrase, place: None, status: 413 }
            }
            StoreError::Address(address) => Problem {
                phrase: Phrase::new("store-address").with("address", address.as_str()),
                place: None,
                status: 500,
            },
            StoreError::Newer { room, version } => {
                let phrase = Phrase::new("store-newer").with("room", room.as_str()).with("version", *version);
                Problem { phrase, place: None, status: 500 }
            }
            StoreError::MigrationChanged { room, version } => {
                let phrase =
                    Phrase::new("store-migration-changed").with("room", room.as_str()).with("version", *version);
                Problem { phrase, place: None, status: 500 }
            }
            StoreError::BackupBroken(part) => Problem {
                phrase: Phrase::new("store-backup-broken").with("part", part.as_str()),
                place: None,
                status: 422,
            },
            StoreError::BackupNotEmpty => status("store-backup-not-empty", 409),
            _ => status("store-failed", 500),
        }
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// The store's own tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        room: "store",
        version: 1,
        name: "audit, jobs, keys, attachments",
        sql: "
CREATE TABLE store_audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, role TEXT NOT NULL, person INTEGER, action TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, unit INTEGER, details_hash TEXT NOT NULL, sealed INTEGER NOT NULL
) STRICT;
CREATE INDEX store_audit_subject ON store_audit (kind, subject);
CREATE INDEX store_audit_unsealed ON store_audit (seq) WHERE sealed = 0;
CREATE TABLE store_audit_details (
    seq INTEGER PRIMARY KEY, salt TEXT NOT NULL, details TEXT, erased_reason TEXT
) STRICT;
CREATE TABLE store_seal (
    position INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, line_hash TEXT NOT NULL, chain TEXT NOT NULL
) STRICT;
CREATE TABLE store_job (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, key TEXT, payload TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL, run_at INTEGER NOT NULL, lease_until INTEGER, done INTEGER NOT NULL, total INTEGER NOT NULL,
    phase TEXT, problem TEXT, queued_at INTEGER NOT NULL, ended_at INTEGER
) STRICT;
CREATE INDEX store_job_next ON store_job (state, run_at);
CREATE UNIQUE INDEX store_job_key ON store_job (key) WHERE state = 'waiting';
CREATE TABLE store_idempotency (
    key TEXT PRIMARY KEY, actor TEXT NOT NULL, route TEXT NOT NULL, body_hash TEXT NOT NULL, status INTEGER NOT NULL,
    location TEXT, body TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX store_idempotency_at ON store_idempotency (at);
CREATE TABLE store_attachment (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL, media_type TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL
) STRICT;
CREATE INDEX store_attachment_subject ON store_attachment (kind, subject);
CREATE INDEX store_attachment_sha256 ON store_attachment (sha256);
",
    },
    Migration {
        room: "store",
        version: 2,
        name: "lines that tell of no change; the trail by person, unit and action",
        sql: "
ALTER TABLE store_audit ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
CREATE INDEX store_audit_loud ON store_audit (seq) WHERE quiet = 0;
CREATE INDEX store_audit_person ON store_audit (person, seq);
CREATE INDEX store_audit_unit ON store_audit (unit, seq);
CREATE INDEX store_audit_action ON store_audit (action, seq);
CREATE INDEX store_audit_at ON store_audit (at);
",
    },
    Migration {
        room: "store",
        version: 4,
        name: "who queued a job, how often it was begun without progress",
        sql: "
ALTER TABLE store_job ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store_job ADD COLUMN person INTEGER;
",
    },
    // What was erased before it is told by a line: `audit::erasure`.
    Migration {
        room: "store",
        version: 5,
        name: "which line tells of erased details; quiet lines by time",
        sql: "
ALTER TABLE store_audit_details ADD COLUMN teller INTEGER;
ALTER TABLE store_audit_details ADD COLUMN quiet_at INTEGER;
UPDATE store_audit_details SET quiet_at = (SELECT a.at FROM store_audit a WHERE a.seq = store_audit_details.seq)
WHERE details IS NOT NULL AND seq IN (SELECT q.seq FROM store_audit q WHERE q.quiet = 1);
CREATE INDEX store_audit_details_quiet ON store_audit_details (quiet_at) WHERE quiet_at IS NOT NULL;
",
    },
];
