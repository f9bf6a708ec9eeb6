//! SQLite: one writer, some readers, and transactions that begin with their first statement.
//!
//! Each statement is a journey to the connection's thread and back, and that journey, not SQLite, is what a short
//! transaction takes. So BEGIN travels with the first statement, and a connection that is given back is not asked
//! whether it lives.

use crate::{Result, Row, StoreError, StoreOptions, Value, sqlite_bulk};
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Either, Executor, SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a writer waits for the ones before it; a bulk import may hold the one writer for a while.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The connections to one file.
pub(crate) struct Sqlite {
    /// One, and it begins IMMEDIATE: a transaction which reads and then writes never finds the database locked.
    writer: Connections,
    readers: Connections,
    /// Holds the file of `sqlite::memory:`, gone with the store.
    _folder: Option<TempDir>,
}

impl Sqlite {
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Sqlite> {
        let memory = url.contains(":memory:");
        let folder = if memory { Some(tempfile::tempdir()?) } else { None };
        let connect = match &folder {
            Some(folder) => SqliteConnectOptions::new().filename(folder.path().join("memory.sqlite")),
            None => SqliteConnectOptions::from_str(url)?,
        };
        let durable = options.durable && !memory;
        let connect = connect
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Normal })
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("cache_size", "-16000")
            // A bulk import leaves a large log behind; afterwards it is cut to this.
            .pragma("journal_size_limit", "67108864")
            .statement_cache_capacity(256)
            .disable_statement_logging();
        // The writer makes the file that readers open.
        let writer = Connections::open(connect.clone(), 1).await?;
        let readers = Connections::open(connect.read_only(true).create_if_missing(false), options.readers).await?;
        Ok(Sqlite { writer, readers, _folder: folder })
    }

    pub async fn read(&self) -> Result<SqliteTx> {
        Ok(SqliteTx::new(self.readers.take().await?, "BEGIN"))
    }

    pub async fn write(&self) -> Result<SqliteTx> {
        Ok(SqliteTx::new(self.writer.take().await?, "BEGIN IMMEDIATE"))
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Some connections, opened when wanted and kept.
struct Connections {
    options: SqliteConnectOptions,
    most: u32,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
}

impl Connections {
    async fn open(options: SqliteConnectOptions, most: u32) -> Result<Connections> {
        let first = options.connect().await?;
        let most = most.max(1);
        let permits = Arc::new(Semaphore::new(most as usize));
        Ok(Connections { options, most, permits, idle: Arc::new(Mutex::new(vec![first])) })
    }

    async fn take(&self) -> Result<Taken> {
        let waiting = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned());
        let permit = waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Taken { connection, home: self.idle.clone(), permit })
    }

    /// Waits for all that are taken.
    async fn close(&self) {
        let all = self.permits.acquire_many(self.most).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            let _ = connection.close().await;
        }
    }
}

/// A connection in use.
struct Taken {
    connection: SqliteConnection,
    home: Arc<Mutex<Vec<SqliteConnection>>>,
    permit: OwnedSemaphorePermit,
}

impl Taken {
    fn give_back(self) {
        self.home.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
        drop(self.permit);
    }
}

/// Where a transaction is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing was asked yet.
    Fresh,
    Begun,
    /// Its first statement failed, and nobody knows whether BEGIN did: it takes no other.
    Failed,
}

/// A transaction. Dropped without `commit`, it is rolled back.
pub(crate) struct SqliteTx {
    /// There until it is dropped.
    taken: Option<Taken>,
    begin: &'static str,
    state: State,
}

fn arguments(args: Vec<Value>) -> Result<SqliteArguments> {
    use sqlx::Arguments;
    let mut out = SqliteArguments::default();
    for value in args {
        crate::value::no_nul(&value)?;
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

impl SqliteTx {
    fn new(taken: Taken, begin: &'static str) -> SqliteTx {
        SqliteTx { taken: Some(taken), begin, state: State::Fresh }
    }

    /// The connection, and the statement with the BEGIN that goes before the first.
    fn prepare(&mut self, sql: &str) -> Result<(&mut SqliteConnection, String)> {
        let sql = match self.state {
            State::Failed => return Err(StoreError::Aborted),
            State::Begun => sql.to_owned(),
            // Failed until it has succeeded: whoever stops waiting in the middle must not go on without BEGIN either.
            State::Fresh => format!("{}; {sql}", self.begin),
        };
        if self.state == State::Fresh {
            self.state = State::Failed;
        }
        match &mut self.taken {
            Some(taken) => Ok((&mut taken.connection, sql)),
            None => Err(StoreError::Aborted),
        }
    }

    /// The connection after BEGIN.
    async fn begun(&mut self) -> Result<&mut SqliteConnection> {
        if self.state == State::Fresh {
            self.execute("SELECT 1", Vec::new(), true).await?;
        }
        self.prepare("").map(|(connection, _)| connection)
    }

    pub async fn rows(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        let args = arguments(args)?;
        let (connection, sql) = self.prepare(sql)?;
        let rows = sqlx::query_with(AssertSqlSafe(sql), args).fetch_all(connection).await?;
        self.state = State::Begun;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    pub async fn row(&mut self, sql: &str, args: Vec<Value>) -> Result<Option<Row>> {
        let args = arguments(args)?;
        let (connection, sql) = self.prepare(sql)?;
        let row = sqlx::query_with(AssertSqlSafe(sql), args).fetch_optional(connection).await?;
        self.state = State::Begun;
        Ok(row.map(Row::Sqlite))
    }

    pub async fn each<F>(&mut self, sql: &str, args: Vec<Value>, mut take: F) -> Result<u64>
    where
        F: FnMut(Row) -> Result<()> + Send,
    {
        let args = arguments(args)?;
        let connection = self.begun().await?;
        let mut rows = sqlx::query_with(AssertSqlSafe(sql), args).fetch(connection);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            take(Row::Sqlite(row))?;
            count += 1;
        }
        Ok(count)
    }

    /// `keep`: whether the prepared statement is worth keeping for the next time.
    pub async fn execute(&mut self, sql: &str, args: Vec<Value>, keep: bool) -> Result<u64> {
        let args = arguments(args)?;
        let (connection, sql) = self.prepare(sql)?;
        let mut results = connection.fetch_many(sqlx::query_with(AssertSqlSafe(sql), args).persistent(keep));
        let mut touched = 0;
        while let Some(result) = results.try_next().await? {
            // The statement's own count is the last; BEGIN repeats one of earlier days.
            if let Either::Left(done) = result {
                touched = done.rows_affected();
            }
        }
        drop(results);
        self.state = State::Begun;
        Ok(touched)
    }

    /// Several statements without parameters.
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        let connection = self.begun().await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
        Ok(())
    }

    /// Runs a statement, whose parameters are `?` only, once for each row.
    pub async fn bulk(&mut self, sql: &str, rows: impl Iterator<Item = Vec<Value>> + Send) -> Result<u64> {
        let connection = self.begun().await?;
        sqlite_bulk::run(connection, sql, rows).await
    }

    pub async fn commit(mut self) -> Result<()> {
        if self.state == State::Fresh {
            return Ok(());
        }
        let (connection, _) = self.prepare("")?;
        sqlx::query("COMMIT").execute(connection).await?;
        self.state = State::Fresh;
        Ok(())
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Some(mut taken) = self.taken.take() else { return };
        if self.state == State::Fresh {
            return taken.give_back();
        }
        // Without a runtime the connection is closed instead, which rolls back too; another one is opened when wanted.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // It fails where BEGIN had failed, or where SQLite has rolled back by itself (a full disk).
                let _ = sqlx::query("ROLLBACK").execute(&mut taken.connection).await;
                taken.give_back();
            });
        }
    }
}
