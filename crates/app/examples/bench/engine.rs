//! The engines that benches write to, and the rows that the product wrote there.

use crate::{
    raw::{self, Rows, Sqlite},
    raw_postgres::Postgres,
    timed,
};
use anyhow::Result;
use kernel::Actor;
use std::{fs, sync::Arc, time::Duration};
use store::{Store, StoreOptions};
use testkit::PrivateServer;

/// Writers of the raw engine at the same time.
pub const CONNECTIONS: usize = 4;

/// An engine with databases that can be copied.
pub enum Engine {
    Sqlite(std::path::PathBuf),
    Postgres(PrivateServer),
}

impl Engine {
    pub fn name(&self) -> &'static str {
        match self {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    fn url(&self, database: &str) -> String {
        match self {
            Engine::Sqlite(folder) => format!("sqlite:{}", folder.join(format!("{database}.sqlite")).display()),
            Engine::Postgres(server) => server.url().replace("/postgres", &format!("/{database}")),
        }
    }

    /// A database with the content of another one, to which nobody is connected; empty where none is named.
    pub async fn make(&self, database: &str, from: Option<&str>) -> Result<()> {
        match self {
            Engine::Sqlite(folder) => {
                for ending in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(folder.join(format!("{database}.sqlite{ending}")));
                }
                if let Some(from) = from {
                    let (from, to) = (folder.join(format!("{from}.sqlite")), folder.join(format!("{database}.sqlite")));
                    fs::copy(from, &to)?;
                    fs::File::open(to)?.sync_all()?;
                }
            }
            Engine::Postgres(server) => {
                use sqlx::{AssertSqlSafe, Connection};
                let mut connection = sqlx::PgConnection::connect(&server.url()).await?;
                let template = from.unwrap_or("template0");
                for sql in [
                    format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
                    format!("CREATE DATABASE {database} TEMPLATE {template}"),
                    "CHECKPOINT".to_owned(),
                ] {
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
                }
            }
        }
        Ok(())
    }

    pub async fn open(&self, database: &str) -> Result<Store> {
        Ok(Store::open(&self.url(database), StoreOptions::default()).await?)
    }

    /// Opens a raw connection and writes transactions one after another; how long the writing took.
    pub async fn write_raw(&self, database: &str, transactions: &[Rows], copy: bool) -> Result<Duration> {
        match self {
            Engine::Sqlite(folder) => {
                let mut raw = Sqlite::open(&folder.join(format!("{database}.sqlite")))?;
                let (took, ()) = timed(async { transactions.iter().try_for_each(|rows| raw.write(rows)) }).await?;
                Ok(took)
            }
            Engine::Postgres(_) => {
                let mut raw = Postgres::open(&self.url(database)).await?;
                let (took, ()) = timed(async {
                    for rows in transactions {
                        if copy { raw.copy(rows).await? } else { raw.write(rows).await? }
                    }
                    Ok(())
                })
                .await?;
                Ok(took)
            }
        }
    }

    /// The same on several connections at once, from transactions dealt out to them.
    pub async fn write_raw_at_once(self: &Arc<Engine>, database: &str, transactions: Vec<Rows>) -> Result<Duration> {
        let mut hands: Vec<Vec<Rows>> = vec![Vec::new(); CONNECTIONS];
        for (at, rows) in transactions.into_iter().enumerate() {
            hands[at % CONNECTIONS].push(rows);
        }
        let database = database.to_owned();
        let (took, ()) = timed(async {
            let mut running = Vec::new();
            for hand in hands {
                let (engine, database) = (self.clone(), database.clone());
                let run = async move { engine.write_raw(&database, &hand, false).await };
                running.push(tokio::task::spawn_blocking(|| tokio::runtime::Handle::current().block_on(run)));
            }
            for one in running {
                one.await??;
            }
            Ok(())
        })
        .await?;
        Ok(took)
    }
}

/// Where each table stood before, and whose rows are meant: conditions for [`raw::rows`].
pub async fn marks(store: &Store) -> Result<[i64; 4]> {
    use store::Query;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut marks = [0; 4];
    let tables =
        [("revision", "facts_history"), ("id", "facts_ruletext"), ("id", "facts_import"), ("seq", "store_audit")];
    for (mark, (column, table)) in marks.iter_mut().zip(tables) {
        let row = tx.row(&format!("SELECT COALESCE(MAX({column}), 0) FROM {table}"), store::args![]).await?;
        *mark = row.map_or(Ok(0), |r| r.i64(0))?;
    }
    Ok(marks)
}

/// The rows written since; `more`: conditions of further tables, of which nothing is read where there is none.
pub async fn written(store: &Store, [revision, ruletext, import, seq]: [i64; 4], more: &[String]) -> Result<Rows> {
    let mut conditions = vec![
        format!("revision > {revision}"),
        format!("working > {revision}"),
        format!("id > {ruletext}"),
        format!("revision > {revision}"),
        format!("id > {import}"),
        format!("seq > {seq}"),
        format!("seq > {seq}"),
    ];
    conditions.extend_from_slice(more);
    raw::rows(store, &conditions).await
}
