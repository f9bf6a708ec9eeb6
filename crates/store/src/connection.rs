//! Connections and transactions of both engines behind one door.

use crate::{
    Engine, MIGRATIONS, Migration, Result, Row, StoreError, Value, args,
    audit::Erased,
    migrate,
    postgres::{PgTx, Postgres},
    scope::{Guarded, Guards, Reached, Views, scoped},
    sqlite::{Sqlite, SqliteTx},
    value::{self, Bind},
};
use futures::TryStreamExt;
use kernel::{Actor, Clock, Day, Moment, Scope, UnitId};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, postgres::PgArguments};
use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections that read at the same time.
    pub readers: u32,
    /// Whether an acknowledged write survives a power cut (fsync at commit: SQLite `synchronous=FULL`, PostgreSQL's
    /// own setting), not only the death of the program, which it always survives. Without it a power cut may take the
    /// last commits, never half of one.
    pub durable: bool,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions { readers: 4, durable: true }
    }
}

pub(crate) enum Pools {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pools: Arc<Pools>,
    guards: Arc<OnceLock<Guards>>,
}

pub(crate) enum Tx {
    Sqlite(SqliteTx),
    Postgres(PgTx),
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite://PATH` (made when absent), `sqlite::memory:` (a file that vanishes with the store,
    /// so that readers and the writer see one database) or `postgres://…`.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Store> {
        let pools = if url.starts_with("sqlite:") {
            Pools::Sqlite(Sqlite::open(url, &options).await?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Pools::Postgres(Postgres::open(url, &options).await?)
        } else {
            return Err(StoreError::Address(url.to_owned()));
        };
        Ok(Store { pools: Arc::new(pools), guards: Arc::default() })
    }

    /// Says which tables show a scope only a part of themselves: once, before anybody asks.
    pub fn protect(&self, tables: &[&[Guarded]]) {
        let tables = tables.iter().copied().flatten().copied().collect();
        // A second time says the same: the rooms are those of the program.
        let _ = self.guards.set(Guards::new(tables));
    }

    fn views(&self, scope: &Scope) -> Views {
        self.guards.get().map(|guards| guards.views(&scope.working)).unwrap_or_default()
    }

    pub fn engine(&self) -> Engine {
        match &*self.pools {
            Pools::Sqlite(_) => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the database to the program's state: the store's own tables, then the rooms' in the order given. Under a
    /// lock, so that two programs starting together do it once.
    pub async fn migrate(&self, rooms: &[&[Migration]], clock: &dyn Clock) -> Result<()> {
        let all = all_migrations(rooms);
        let mut tx = self.write(&Actor::SYSTEM, clock).await?;
        migrate::run(&mut tx, &all).await?;
        tx.commit().await
    }

    /// A snapshot to read from: everything it reads is of one moment.
    pub async fn read(&self, scope: &Scope) -> Result<ReadTx> {
        let tx = match &*self.pools {
            Pools::Sqlite(file) => Tx::Sqlite(file.read().await?),
            Pools::Postgres(server) => {
                Tx::Postgres(server.begin("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        };
        Ok(ReadTx { tx, scope: scope.clone(), views: self.views(scope) })
    }

    /// A transaction that writes, for this actor; dropped without `commit`, it never was.
    pub async fn write(&self, actor: &Actor, clock: &dyn Clock) -> Result<WriteTx> {
        let tx = match &*self.pools {
            Pools::Sqlite(file) => Tx::Sqlite(file.write().await?),
            Pools::Postgres(server) => Tx::Postgres(server.begin("BEGIN").await?),
        };
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let (actor, scope) = (actor.clone(), actor.scope());
        let views = self.views(&scope);
        let now = clock.now();
        Ok(WriteTx {
            tx,
            failed: false,
            actor,
            scope,
            views,
            now,
            number,
            covered: None,
            wrote: false,
            audited: false,
            erased: None,
        })
    }

    /// Waits for running transactions and closes.
    pub async fn close(&self) {
        match &*self.pools {
            Pools::Sqlite(file) => file.close().await,
            Pools::Postgres(server) => server.close().await,
        }
    }
}

/// The store's own migrations and the rooms', in the order they run.
pub(crate) fn all_migrations<'a>(rooms: &[&'a [Migration]]) -> Vec<&'a Migration> {
    MIGRATIONS.iter().chain(rooms.iter().copied().flatten()).collect()
}

/// A snapshot of the database within a scope.
pub struct ReadTx {
    tx: Tx,
    scope: Scope,
    views: Views,
}

/// Writing transactions so far.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// A transaction of an actor.
pub struct WriteTx {
    pub(crate) tx: Tx,
    /// A statement failed.
    failed: bool,
    actor: Actor,
    scope: Scope,
    views: Views,
    now: Moment,
    number: u64,
    /// What [`WriteTx::reach`] was asked last and found within the actor's reach: nothing is written without it.
    pub(crate) covered: Option<(Vec<(UnitId, Day)>, Reached)>,
    pub(crate) wrote: bool,
    pub(crate) audited: bool,
    /// Details erased that no line has told of yet.
    pub(crate) erased: Option<Erased>,
}

/// What reading and writing transactions share: asking.
#[allow(async_fn_in_trait)]
pub trait Query: Send {
    /// What may be reached through this transaction.
    fn scope(&self) -> &Scope;

    fn engine(&self) -> Engine;

    /// All rows.
    fn rows(&mut self, sql: &str, args: Vec<Value>) -> impl Future<Output = Result<Vec<Row>>> + Send;

    /// The first row, if there is one.
    fn row(&mut self, sql: &str, args: Vec<Value>) -> impl Future<Output = Result<Option<Row>>> + Send;

    /// Each row in turn, none kept: for exports, whose memory must not grow with the rows. How many there were.
    fn each<F>(&mut self, sql: &str, args: Vec<Value>, take: F) -> impl Future<Output = Result<u64>> + Send
    where
        F: FnMut(Row) -> Result<()> + Send;
}

fn postgres_args(args: Vec<Value>) -> Result<PgArguments> {
    use sqlx::Arguments;
    let mut out = PgArguments::default();
    for value in args {
        value::no_nul(value.borrowed())?;
        match value {
            Value::Int(v) => out.add(v),
            Value::Text(v) => out.add(v),
            Value::Real(v) => out.add(v),
            Value::Blob(v) => out.add(v),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(out)
}

// The statements are the rooms' own text: what users send comes in as parameters only.
impl Tx {
    async fn rows(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        match self {
            Tx::Sqlite(tx) => tx.rows(sql, args).await,
            Tx::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?);
                Ok(query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    async fn row(&mut self, sql: &str, args: Vec<Value>) -> Result<Option<Row>> {
        match self {
            Tx::Sqlite(tx) => tx.row(sql, args).await,
            Tx::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?);
                Ok(query.fetch_optional(&mut **tx).await?.map(Row::Postgres))
            }
        }
    }

    async fn each<F>(&mut self, sql: &str, args: Vec<Value>, mut take: F) -> Result<u64>
    where
        F: FnMut(Row) -> Result<()> + Send,
    {
        let tx = match self {
            Tx::Sqlite(tx) => return tx.each(sql, args, take).await,
            Tx::Postgres(tx) => tx,
        };
        let mut rows = sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?).fetch(&mut **tx);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            take(Row::Postgres(row))?;
            count += 1;
        }
        Ok(count)
    }

    /// `keep`: whether the prepared statement is worth keeping for the next time.
    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>, keep: bool) -> Result<u64> {
        match self {
            Tx::Sqlite(tx) => tx.execute(sql, args, keep).await,
            Tx::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?).persistent(keep);
                Ok(query.execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    /// Several statements without parameters (migrations).
    pub(crate) async fn script(&mut self, sql: &str) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => tx.script(sql).await,
            Tx::Postgres(tx) => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await?;
                Ok(())
            }
        }
    }

    fn engine(&self) -> Engine {
        match self {
            Tx::Sqlite(_) => Engine::Sqlite,
            Tx::Postgres(_) => Engine::Postgres,
        }
    }
}

/// Locks that stand for all things of a kind: a bulk import takes no more of them.
const BUCKETS: i64 = 64;
const NUMBERS: &str =
    "SELECT nextval(pg_get_serial_sequence($2, $3)) FROM locks, generate_series(1, $4) WHERE locks.held > 0";

/// The number of a named advisory lock.
fn lock_number(name: &str) -> i64 {
    let hash = Sha256::digest(name);
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// What a snapshot holds, by name, and when that was last changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    name: String,
    /// When its last audit line was written; `None` where nothing was.
    pub changed: Option<Moment>,
}

impl Deref for Version {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl ReadTx {
    /// Names what this snapshot holds: where two snapshots have one name, what pages show of them is the same. On SQLite the
    /// last audit line of a change, since what pages show is written with one; on PostgreSQL, where lines commit in any order, the
    /// transactions it sees. Cost: one audit line.
    pub async fn version(&mut self) -> Result<Version> {
        const LAST: &str = "(SELECT at FROM store_audit WHERE quiet = 0 ORDER BY seq DESC LIMIT 1)";
        let name = match self.engine() {
            Engine::Sqlite => "(SELECT CAST(COALESCE(MAX(seq), 0) AS TEXT) FROM store_audit WHERE quiet = 0)",
            Engine::Postgres => "pg_current_snapshot()::text",
        };
        let row = self.row(&format!("SELECT {name}, {LAST}"), args![]).await?;
        let Some(row) = row else { return Ok(Version::default()) };
        Ok(Version { name: row.text(0)?, changed: row.opt_i64(1)?.map(Moment) })
    }

    fn ready(&self) -> Result<()> {
        Ok(())
    }

    fn touch(&mut self, _: &str) {}

    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        result
    }
}

impl WriteTx {
    /// PostgreSQL takes nothing more in a transaction in which a statement failed, and answers COMMIT by rolling back
    /// without a word. Here both engines refuse, and say so.
    pub(crate) fn ready(&self) -> Result<()> {
        if self.failed { Err(StoreError::Aborted) } else { Ok(()) }
    }

    /// A statement that gives rows may write them, too.
    fn touch(&mut self, sql: &str) {
        self.wrote |= ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.trim_start().starts_with(word));
    }

    pub(crate) fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        self.failed |= matches!(result, Err(StoreError::Database(_) | StoreError::Sqlite { .. }));
        result
    }
}

macro_rules! query {
    ($name:ident) => {
        impl Query for $name {
            fn scope(&self) -> &Scope {
                &self.scope
            }

            fn engine(&self) -> Engine {
                self.tx.engine()
            }

            async fn rows(&mut self, sql: &str, mut args: Vec<Value>) -> Result<Vec<Row>> {
                self.ready()?;
                self.touch(sql);
                let sql = scoped(sql, &self.views, &mut args);
                let result = self.tx.rows(&sql, args).await;
                self.note(result)
            }

            async fn row(&mut self, sql: &str, mut args: Vec<Value>) -> Result<Option<Row>> {
                self.ready()?;
                self.touch(sql);
                let sql = scoped(sql, &self.views, &mut args);
                let result = self.tx.row(&sql, args).await;
                self.note(result)
            }

            async fn each<F>(&mut self, sql: &str, mut args: Vec<Value>, take: F) -> Result<u64>
            where
                F: FnMut(Row) -> Result<()> + Send,
            {
                self.ready()?;
                let sql = scoped(sql, &self.views, &mut args);
                let result = self.tx.each(&sql, args, take).await;
                self.note(result)
            }
        }
    };
}

query!(ReadTx);
query!(WriteTx);

impl WriteTx {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When this transaction began: the time of everything written in it.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// A number that no other transaction of this program has: what is remembered outside the store, of rows written in
    /// it, holds for others only once they find those rows.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Runs a statement; the number of rows it touched.
    pub async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64> {
        self.run(sql, args, true).await
    }

    pub(crate) async fn run(&mut self, sql: &str, mut args: Vec<Value>, keep: bool) -> Result<u64> {
        self.ready()?;
        self.wrote = true;
        let sql = scoped(sql, &self.views, &mut args);
        let result = self.tx.execute(&sql, args, keep).await;
        self.note(result)
    }

    /// Waits until no other transaction holds the lock of this name, and holds it until this one ends. For the few
    /// writes that must come one after another; on SQLite all do.
    pub async fn lock(&mut self, name: &str) -> Result<()> {
        if self.engine() == Engine::Postgres {
            self.row("SELECT pg_advisory_xact_lock($1)::text", args![lock_number(name)]).await?;
        }
        Ok(())
    }

    /// Locks of many things of a kind, so that whoever else locks one of them waits: in [`BUCKETS`] at most, in the order
    /// of their numbers, by one statement. With `(table, column, count)` it reserves as many numbers behind the locks, as
    /// [`WriteTx::reserve`] does, without another journey. On SQLite all writers wait for each other anyway.
    pub async fn lock_each(
        &mut self,
        kind: &str,
        ids: impl Iterator<Item = i64>,
        numbers: Option<(&str, &str, usize)>,
    ) -> Result<Vec<i64>> {
        let (table, column, count) = numbers.unwrap_or(("", "", 0));
        if self.engine() == Engine::Sqlite {
            return self.reserve(table, column, count).await;
        }
        let buckets: BTreeSet<i64> = ids.map(|id| id.rem_euclid(BUCKETS)).collect();
        let locks: Vec<String> =
            buckets.iter().map(|bucket| lock_number(&format!("{kind} {bucket}")).to_string()).collect();
        let mut args = args![locks.join(",")];
        let then = if count == 0 { "SELECT held FROM locks" } else { NUMBERS };
        if count > 0 {
            args.extend(args![table, column, count as i64]);
        }
        // Sorted beneath, since locks taken in one order never wait for each other in a circle.
        let sql = format!(
            "WITH locks AS MATERIALIZED (SELECT COUNT(pg_advisory_xact_lock(n)::text) AS held FROM
             (SELECT unnest(string_to_array($1, ',')::bigint[]) AS n ORDER BY 1) sorted) {then}"
        );
        let rows = self.rows(&sql, args).await?;
        if count == 0 { Ok(Vec::new()) } else { rows.iter().map(|row| row.i64(0)).collect() }
    }

    /// Runs a statement that must touch exactly one row.
    pub async fn execute_one(&mut self, sql: &str, args: Vec<Value>) -> Result<()> {
        match self.execute(sql, args).await? {
            1 => Ok(()),
            touched => Err(StoreError::NotOne { statement: sql.to_owned(), touched }),
        }
    }

    /// Lets PostgreSQL look at tables that were just filled: until it has looked, by itself a minute later, it plans for
    /// tables it knows nothing of and reads them whole for one row. Cost: a sample of each, some 30,000 rows. SQLite plans by
    /// the indexes that are there.
    pub async fn look_at(&mut self, tables: &[&str]) -> Result<()> {
        if self.engine() == Engine::Postgres {
            self.run(&format!("ANALYZE {}", tables.join(", ")), args![], false).await?;
        }
        Ok(())
    }

    /// Makes everything written in this transaction so. What a person wrote without a line of the audit trail is refused,
    /// and so are erased details that no line tells of.
    pub async fn commit(self) -> Result<()> {
        self.ready()?;
        if self.wrote && !self.audited && self.actor.person.is_some() {
            return Err(StoreError::Unaudited);
        }
        if self.erased.is_some() {
            return Err(StoreError::Untold);
        }
        match self.tx {
            Tx::Sqlite(tx) => tx.commit().await,
            Tx::Postgres(tx) => tx.commit().await,
        }
    }
}
