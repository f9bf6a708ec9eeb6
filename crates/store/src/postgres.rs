//! PostgreSQL: some connections, and transactions on them.
//!
//! A connection that ended its transaction lies on top, its statements prepared: the next transaction takes it as it is. (A
//! pool that first asks whether it lives lets a writer that comes at once find none, open another and prepare anew.)

use crate::{Result, StoreError, StoreOptions, sqlite::PATIENCE};
use sqlx::{
    ConnectOptions, Connection, Executor,
    postgres::{PgConnectOptions, PgConnection},
};
use std::{
    io::ErrorKind,
    ops::{Deref, DerefMut},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;
/// Transactions of a connection: what its process gathered is freed with it.
const LIFETIME: u32 = 50_000;
/// How long a server may take to greet, to begin a transaction or to give one up: whoever is silent for longer is not there any more,
/// though nobody said so (a cable pulled, a firewall that forgot the line). None of it waits for another's lock.
const SILENCE: Duration = Duration::from_secs(10);
/// The server's side of the same: a program that is not there any more is found after about a minute, not after hours, and what
/// it holds is free again.
const FIND_THE_DEAD: &str = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; \
     SET tcp_user_timeout = 60000";
/// How soon a server that does not take connections now is asked again, at first and at most.
const AGAIN: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];

struct Idle {
    connection: PgConnection,
    /// Transactions so far.
    used: u32,
}

type Home = Arc<Mutex<Vec<Idle>>>;

/// The connections to one database.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    most: u32,
    permits: Arc<Semaphore>,
    idle: Home,
}

/// Whether a connection turned out to be dead: the server was stopped or started anew, or the line to it was cut.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(e) => e.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08")),
        _ => false,
    }
}

/// Whether the server may take a connection a moment later: it is starting, or has too many.
fn is_not_yet(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(e) => e.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(e) => e.code().is_some_and(|code| matches!(&*code, "53300" | "57P03")),
        _ => false,
    }
}

/// Nothing came for [`SILENCE`].
fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::from(ErrorKind::TimedOut))
}

impl Postgres {
    /// The first connection is made at once: an address that leads nowhere is refused here.
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Postgres> {
        let mut connect = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Address(url.to_owned()))?
            .application_name("langso")
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        if !options.durable {
            connect = connect.options([("synchronous_commit", "off")]);
        }
        let most = options.readers + 4;
        let permits = Arc::new(Semaphore::new(most as usize));
        let made = Postgres { options: connect, most, permits, idle: Home::default() };
        made.begin("BEGIN").await?.commit().await?;
        Ok(made)
    }

    /// Begins a transaction on a connection that lives.
    pub async fn begin(&self, sql: &'static str) -> Result<PgTx> {
        let waiting = timeout(PATIENCE, self.permits.clone().acquire_owned());
        let permit = waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut tx = PgTx { taken: None, home: self.idle.clone(), permit: Some(permit) };
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let was_idle = idle.is_some();
            let idle = match idle {
                Some(idle) => Idle { used: idle.used + 1, ..idle },
                None => Idle { connection: self.connect().await?, used: 0 },
            };
            match timeout(SILENCE, tx.taken.insert(idle).connection.execute(sql)).await {
                Ok(Ok(_)) => return Ok(tx),
                // The ones beneath it may be dead as well; a new one is not.
                Ok(Err(e)) if was_idle && is_lost(&e) => drop(tx.taken.take()),
                Ok(Err(e)) => return Err(e.into()),
                Err(_) => {
                    tx.taken = None;
                    // The others lie on the same line: nobody waits for each of them in turn.
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    if !was_idle {
                        return Err(silent().into());
                    }
                }
            }
        }
    }

    async fn connect(&self) -> Result<PgConnection> {
        let patient = async {
            let mut again = AGAIN[0];
            loop {
                let Ok(made) = timeout(SILENCE, self.options.connect()).await else { return Err(silent()) };
                match made {
                    Err(e) if is_not_yet(&e) => sleep(again).await,
                    // A line that is cut in the midst of the greeting, which the driver reads as a wrong word.
                    Err(e @ sqlx::Error::Protocol(_)) => {
                        return Err(sqlx::Error::Io(std::io::Error::new(ErrorKind::ConnectionAborted, e)));
                    }
                    Err(e) => return Err(e),
                    Ok(mut connection) => {
                        connection.execute(FIND_THE_DEAD).await?;
                        return Ok(connection);
                    }
                }
                again = (again * 2).min(AGAIN[1]);
            }
        };
        Ok(timeout(PATIENCE, patient).await.map_err(|_| sqlx::Error::PoolTimedOut)??)
    }

    /// Waits for running transactions and closes.
    pub async fn close(&self) {
        let all = self.permits.acquire_many(self.most).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for one in idle {
            // The server notices by itself where it cannot be told.
            let _ = one.connection.close().await;
        }
    }
}

fn give_back(home: &Home, idle: Idle) {
    if idle.used < LIFETIME {
        home.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }
}

/// A transaction. Dropped without `commit`, it is rolled back.
pub(crate) struct PgTx {
    /// There until the transaction ends.
    taken: Option<Idle>,
    home: Home,
    permit: Option<OwnedSemaphorePermit>,
}

impl PgTx {
    pub async fn commit(mut self) -> Result<()> {
        self.execute("COMMIT").await?;
        if let Some(idle) = self.taken.take() {
            give_back(&self.home, idle);
        }
        Ok(())
    }
}

impl Drop for PgTx {
    fn drop(&mut self) {
        let Some(mut idle) = self.taken.take() else { return };
        // Without a runtime the connection is closed, and the server rolls back.
        let Ok(runtime) = Handle::try_current() else { return };
        let (home, permit) = (self.home.clone(), self.permit.take());
        runtime.spawn(async move {
            // A server that is silent rolls back by itself once it misses its client.
            if timeout(SILENCE, idle.connection.execute("ROLLBACK")).await.is_ok_and(|done| done.is_ok()) {
                give_back(&home, idle);
            }
            drop(permit);
        });
    }
}

impl Deref for PgTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.taken.as_ref().expect("a connection until the transaction ends").connection
    }
}

impl DerefMut for PgTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.taken.as_mut().expect("a connection until the transaction ends").connection
    }
}
