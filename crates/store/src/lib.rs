//! The one door to the database: SQLite (embedded) or PostgreSQL (by URL), the same SQL text on both.
//!
//! A room writes portable SQL with `$1` placeholders and reads rows by position. Reads happen in a snapshot, writes in one
//! transaction that carries its audit line. Nothing is read without a [`kernel::Scope`], nothing written without a
//! [`kernel::Actor`]: there is no other way to get at a connection.

pub mod audit;
mod bulk;
mod connection;
mod idempotency;
pub mod jobs;
mod migrate;
mod value;

pub use audit::AuditLine;
pub use connection::{Query, ReadTx, Store, StoreOptions, WriteTx};
pub use idempotency::{KEY_DAYS, Replay, Stored};
pub use migrate::Migration;
pub use value::{Row, Value};

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
    #[error("{0}")]
    Corrupt(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// The store's own tables.
pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "store",
    version: 1,
    name: "audit, jobs, keys",
    sql: "
CREATE TABLE store_audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, role TEXT NOT NULL, person INTEGER, action TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, unit INTEGER, details_hash TEXT NOT NULL
) STRICT;
CREATE INDEX store_audit_subject ON store_audit (kind, subject);
CREATE TABLE store_audit_details (
    seq INTEGER PRIMARY KEY, salt TEXT NOT NULL, details TEXT, erased_reason TEXT
) STRICT;
CREATE TABLE store_seal (
    position INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, line_hash TEXT NOT NULL, chain TEXT NOT NULL
) STRICT;
CREATE TABLE store_job (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, key TEXT UNIQUE, payload TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL, run_at INTEGER NOT NULL, lease_until INTEGER, done INTEGER NOT NULL, total INTEGER NOT NULL,
    problem TEXT, queued_at INTEGER NOT NULL
) STRICT;
CREATE INDEX store_job_next ON store_job (state, run_at);
CREATE TABLE store_idempotency (
    key TEXT PRIMARY KEY, route TEXT NOT NULL, body_hash TEXT NOT NULL, status INTEGER NOT NULL,
    location TEXT, body TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX store_idempotency_at ON store_idempotency (at);
",
}];
