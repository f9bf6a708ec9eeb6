//! How a database is doing, for `/healthz`, `/metrics` and `langso doctor`.

use crate::{Engine, Query, Result, Store, args};
use kernel::Actor;

/// How a database is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub engine: Engine,
    /// The engine's own version, `3.51.0`.
    pub version: String,
    /// The newest migration of each room.
    pub rooms: Vec<(String, i64)>,
    /// Bytes of the database on disk.
    pub bytes: i64,
    /// Jobs by state, states without any left out.
    pub jobs: Vec<(String, i64)>,
    /// Committed audit lines that wait for the sealer.
    pub unsealed: i64,
}

impl Store {
    /// Whether the database answers. Cost: no row.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.read(&Actor::SYSTEM.scope()).await?;
        tx.row("SELECT 1", args![]).await.map(drop)
    }

    /// How the database is doing. Cost: the rows of the migrations, of waiting, running and failed jobs, and of the
    /// unsealed lines.
    pub async fn health(&self) -> Result<Health> {
        let mut tx = self.read(&Actor::SYSTEM.scope()).await?;
        let (version, bytes) = match self.engine() {
            Engine::Sqlite => (
                "SELECT sqlite_version()",
                "SELECT p.page_count * s.page_size FROM pragma_page_count p, pragma_page_size s",
            ),
            Engine::Postgres => {
                ("SELECT current_setting('server_version')", "SELECT pg_database_size(current_database())")
            }
        };
        let version = tx.row(version, args![]).await?.map_or(Ok(String::new()), |r| r.text(0))?;
        let bytes = tx.row(bytes, args![]).await?.map_or(Ok(0), |r| r.i64(0))?;
        let rooms =
            tx.rows("SELECT room, MAX(version) FROM store_migration GROUP BY room ORDER BY room", args![]).await?;
        let rooms = rooms.iter().map(|r| Ok((r.text(0)?, r.i64(1)?))).collect::<Result<_>>()?;
        let jobs =
            "SELECT state, COUNT(*) FROM store_job WHERE state IN ('waiting', 'running', 'failed') GROUP BY state
                    ORDER BY state";
        let jobs = tx.rows(jobs, args![]).await?.iter().map(|r| Ok((r.text(0)?, r.i64(1)?))).collect::<Result<_>>()?;
        let unsealed = tx.row("SELECT COUNT(*) FROM store_audit WHERE sealed = 0", args![]).await?;
        let unsealed = unsealed.map_or(Ok(0), |r| r.i64(0))?;
        Ok(Health { engine: self.engine(), version, rooms, bytes, jobs, unsealed })
    }

    /// Lets the engine learn how its tables are filled, so that it plans well; after much was written.
    pub async fn analyse(&self, clock: &dyn kernel::Clock) -> Result<()> {
        let mut tx = self.write(&Actor::SYSTEM, clock).await?;
        tx.execute("ANALYZE", args![]).await?;
        tx.commit().await
    }
}
