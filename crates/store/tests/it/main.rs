mod attachments;
mod audit;
mod backup;
mod bulk;
mod jobs;
mod repeats;
mod secrets;
mod transactions;
mod values;

use store::{Migration, Query};

/// A table with a column of every sort, and one that refers to it.
pub const THINGS: &[&[Migration]] = &[&[Migration {
    room: "test",
    version: 1,
    name: "things",
    sql: "CREATE TABLE test_thing (id INTEGER PRIMARY KEY, name TEXT, weight REAL, bytes BLOB) STRICT;
          CREATE TABLE test_part (thing INTEGER NOT NULL REFERENCES test_thing (id), name TEXT NOT NULL,
              PRIMARY KEY (thing, name)) STRICT, WITHOUT ROWID;",
}]];

/// How many rows a table has.
pub async fn count(tx: &mut impl Query, table: &str) -> store::Result<i64> {
    tx.row(&format!("SELECT COUNT(*) FROM {table}"), vec![]).await?.map_or(Ok(0), |r| r.i64(0))
}
