//! SQLite: one writer, some readers, and transactions on them.

mod driver;

use crate::{Result, Row, StoreError, StoreOptions, Value, value};
pub(crate) use driver::Cell;
pub use driver::Cells;
use driver::Connection;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

/// How long a writer waits for the ones before it; a bulk import may hold the one writer for a while.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often a writer asks again while another program writes.
const AGAIN: Duration = Duration::from_millis(5);
/// Milliseconds SQLite itself waits for the short locks of another program's checkpoint.
const SHORT: i32 = 2000;
/// Rows of a bulk write between two moments for others.
const AT_A_TIME: usize = 2000;

/// The connections to one file.
pub(crate) struct Sqlite {
    /// One, and it begins IMMEDIATE: a transaction which reads and then writes never finds the database locked.
    writer: Connections,
    readers: Connections,
    /// Holds the file of `sqlite::memory:`, gone with the store.
    _folder: Option<TempDir>,
}

/// `sqlite:PATH` or `sqlite://PATH`, with `?…` left out.
fn path(url: &str) -> PathBuf {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    path.split('?').next().unwrap_or_default().into()
}

impl Sqlite {
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Sqlite> {
        let memory = url.contains(":memory:");
        let folder = if memory { Some(tempfile::tempdir()?) } else { None };
        let path = folder.as_ref().map_or_else(|| path(url), |folder| folder.path().join("memory.sqlite"));
        let synchronous = if options.durable && !memory { "FULL" } else { "NORMAL" };
        let settings = format!(
            // A bulk import leaves a large log behind; afterwards it is cut to the limit.
            "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;
             PRAGMA journal_size_limit = 67108864;"
        );
        // The writer makes the file that readers open. Turning to WAL needs it alone for a moment: another program that
        // starts now may be doing the same.
        let writing = format!("PRAGMA journal_mode = WAL; {settings}");
        let writer = Connections::new(path.clone(), false, 1, writing);
        writer.take().await?.give_back();
        let readers = Connections::new(path, true, options.readers, settings);
        readers.take().await?.give_back();
        Ok(Sqlite { writer, readers, _folder: folder })
    }

    pub async fn read(&self) -> Result<SqliteTx> {
        SqliteTx::begin(self.readers.take().await?, "BEGIN").await
    }

    pub async fn write(&self) -> Result<SqliteTx> {
        SqliteTx::begin(self.writer.take().await?, "BEGIN IMMEDIATE").await
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Asks again as long as another program stands in the way.
async fn patiently<T>(mut ask: impl FnMut() -> Result<T>) -> Result<T> {
    let mut waited = Duration::ZERO;
    loop {
        match ask() {
            Err(e) if e.is_busy() && waited < PATIENCE => {
                tokio::time::sleep(AGAIN).await;
                waited += AGAIN;
            }
            other => return other,
        }
    }
}

/// Does what may take long without holding up the other tasks of this thread.
fn apart<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => task::block_in_place(work),
        _ => work(),
    }
}

/// Some connections, opened when wanted and kept.
struct Connections {
    path: PathBuf,
    read_only: bool,
    most: u32,
    settings: String,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Connections {
    fn new(path: PathBuf, read_only: bool, most: u32, settings: String) -> Connections {
        let most = most.max(1);
        let permits = Arc::new(Semaphore::new(most as usize));
        Connections { path, read_only, most, settings, permits, idle: Arc::default() }
    }

    async fn take(&self) -> Result<Taken> {
        let waiting = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned());
        let permit = waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                patiently(|| {
                    let mut connection = Connection::open(&self.path, self.read_only, SHORT)?;
                    connection.script(&self.settings)?;
                    Ok(connection)
                })
                .await?
            }
        };
        Ok(Taken { connection, home: self.idle.clone(), permit })
    }

    /// Waits for all that are taken.
    async fn close(&self) {
        let all = self.permits.acquire_many(self.most).await;
        self.permits.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection in use.
struct Taken {
    connection: Connection,
    home: Arc<Mutex<Vec<Connection>>>,
    permit: OwnedSemaphorePermit,
}

impl Taken {
    fn give_back(self) {
        self.home.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
        drop(self.permit);
    }
}

/// A transaction. Dropped without `commit`, it is rolled back.
pub(crate) struct SqliteTx {
    /// There until it is dropped.
    taken: Option<Taken>,
}

impl SqliteTx {
    async fn begin(mut taken: Taken, sql: &str) -> Result<SqliteTx> {
        patiently(|| taken.connection.run(sql, &[], true, |_| Ok(true))).await?;
        Ok(SqliteTx { taken: Some(taken) })
    }

    /// The connection, a moment for others every so often, and never without the transaction: some failures (a full
    /// disk) end it.
    async fn connection(&mut self) -> Result<&mut Connection> {
        task::consume_budget().await;
        match &mut self.taken {
            Some(taken) if taken.connection.in_transaction() => Ok(&mut taken.connection),
            _ => Err(StoreError::Aborted),
        }
    }

    pub async fn rows(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.connection().await?.run(sql, &args, true, |row| {
            rows.push(Row::Sqlite(row));
            Ok(true)
        })?;
        Ok(rows)
    }

    pub async fn row(&mut self, sql: &str, args: Vec<Value>) -> Result<Option<Row>> {
        let mut first = None;
        self.connection().await?.run(sql, &args, true, |row| {
            first = Some(Row::Sqlite(row));
            Ok(false)
        })?;
        Ok(first)
    }

    pub async fn each<F>(&mut self, sql: &str, args: Vec<Value>, mut take: F) -> Result<u64>
    where
        F: FnMut(Row) -> Result<()> + Send,
    {
        let connection = self.connection().await?;
        let mut count = 0;
        apart(|| {
            connection.run(sql, &args, true, |row| {
                count += 1;
                take(Row::Sqlite(row)).map(|()| true)
            })
        })?;
        Ok(count)
    }

    /// `keep`: whether the prepared statement is worth keeping for the next time.
    pub async fn execute(&mut self, sql: &str, args: Vec<Value>, keep: bool) -> Result<u64> {
        self.connection().await?.run(sql, &args, keep, |_| Ok(true))
    }

    /// Several statements without parameters.
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        let connection = self.connection().await?;
        apart(|| connection.script(sql))
    }

    /// Runs a statement once for each row.
    pub async fn bulk<R: value::Cells>(&mut self, sql: &str, rows: impl Iterator<Item = R> + Send) -> Result<u64> {
        let mut rows = rows.peekable();
        let mut total = 0;
        while rows.peek().is_some() {
            let some: Vec<R> = rows.by_ref().take(AT_A_TIME).collect();
            total += self.connection().await?.bulk(sql, &some)?;
            if rows.peek().is_some() {
                task::yield_now().await;
            }
        }
        Ok(total)
    }

    pub async fn commit(mut self) -> Result<()> {
        self.connection().await?.run("COMMIT", &[], true, |_| Ok(true)).map(drop)
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Some(mut taken) = self.taken.take() else { return };
        if taken.connection.in_transaction() && taken.connection.run("ROLLBACK", &[], true, |_| Ok(true)).is_err() {
            // It is closed instead, which rolls back too; another one is opened when wanted.
            return;
        }
        taken.give_back();
    }
}
