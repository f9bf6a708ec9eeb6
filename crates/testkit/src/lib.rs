//! What tests share: a fresh database on each engine, a clock that stands still.
//!
//! PostgreSQL is real: one server a user and machine, started by the first test that needs it and stopped by itself a
//! few minutes after the last; a template a set of migrations, a database a test, dropped after it.

pub mod authenticator;
pub mod photo;
mod postgres;
pub mod provider;

use kernel::{FixedClock, Moment};
pub use postgres::{Database, PrivateServer, SmallDisk};
use std::future::Future;
use store::{Migration, Store, StoreOptions};

/// 24 November 2026, 10:42 in Viet Nam.
pub const CLOCK: FixedClock = FixedClock(Moment(1_795_491_720_000_000));

/// Runs a test on both engines, each time on a fresh, migrated database. Panics where PostgreSQL is missing, saying what
/// to install: a test that passes on one engine only has not passed.
pub fn each_engine<F, Fut>(migrations: &'static [&'static [Migration]], test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sqlite = open(&format!("sqlite:{}", folder.path().join("test.sqlite").display())).await;
        sqlite.migrate(migrations, &CLOCK).await.expect("SQLite migrates");
        test(sqlite.clone()).await.unwrap_or_else(|e| panic!("on SQLite: {e:?}"));
        sqlite.close().await;

        let database = Database::migrated(migrations).await;
        let postgres = open(&database.url).await;
        test(postgres.clone()).await.unwrap_or_else(|e| panic!("on PostgreSQL: {e:?}"));
        postgres.close().await;
    });
}

/// Runs a test on both engines by address: each time of an empty database, for programs that open it themselves.
pub fn each_url<F, Fut>(test: F)
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        test(url).await.unwrap_or_else(|e| panic!("on SQLite: {e:?}"));

        let database = Database::create();
        test(database.url.clone()).await.unwrap_or_else(|e| panic!("on PostgreSQL: {e:?}"));
    });
}

/// Runs a future to its end on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// A store for tests: no fsync.
async fn open(url: &str) -> Store {
    let options = StoreOptions { durable: false, ..StoreOptions::default() };
    Store::open(url, options).await.unwrap_or_else(|e| panic!("{url} does not open: {e}"))
}

/// A port nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
