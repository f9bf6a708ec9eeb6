use crate::{THINGS, count};
use kernel::Actor;
use store::{Migration, Query, Store, StoreOptions, Value, WriteTx, args};
use testkit::{CLOCK, each_engine};

#[test]
fn values_of_every_sort_come_back() {
    each_engine(THINGS, |store| async move {
        let odd = "a\tb\\c\nd\r'\"đạt ạ ";
        let rows = vec![
            vec![Value::from(1i64), Value::from(odd), Value::from(0.1), Value::Blob(Some(vec![0, 255, 92]))],
            vec![Value::from(i64::MAX), Value::Text(None), Value::Real(None), Value::Blob(None)],
        ];
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.insert_many("test_thing", &["id", "name", "weight", "bytes"], rows.into_iter()).await?, 2);
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let rows = tx.rows("SELECT id, name, weight, bytes FROM test_thing ORDER BY id", args![]).await?;
        assert_eq!(
            (rows[0].i64(0)?, rows[0].text(1)?.as_str(), rows[0].f64(2)?, rows[0].blob(3)?),
            (1, odd, 0.1, vec![0, 255, 92])
        );
        assert_eq!((rows[1].i64(0)?, rows[1].opt_text(1)?, rows[1].opt_f64(2)?), (i64::MAX, None, None));
        Ok(())
    });
}

#[test]
fn what_is_not_committed_never_was() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute_one("INSERT INTO test_thing (id, name) VALUES ($1, $2)", args![1i64, "a"]).await?;
        assert!(tx.execute_one("UPDATE test_thing SET name = $1 WHERE id = $2", args!["b", 2i64]).await.is_err());
        drop(tx);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        assert!(tx.row("SELECT id FROM test_thing", args![]).await?.is_none());
        Ok(())
    });
}

#[test]
fn many_write_and_read_at_once_and_nobody_finds_it_locked() {
    each_engine(THINGS, |store| async move {
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..24i64 {
            let store = store.clone();
            tasks.spawn(async move {
                for n in 0..5 {
                    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
                    let seen = tx.row("SELECT COUNT(*) FROM test_thing", args![]).await?.map_or(Ok(0), |r| r.i64(0))?;
                    tx.execute_one(
                        "INSERT INTO test_thing (id, name) VALUES ($1, $2)",
                        args![at * 10 + n, seen.to_string()],
                    )
                    .await?;
                    tx.commit().await?;
                    let mut tx = store.read(&Actor::READER.scope()).await?;
                    let now = tx.row("SELECT COUNT(*) FROM test_thing", args![]).await?.map_or(Ok(0), |r| r.i64(0))?;
                    assert!(now > 0);
                }
                Ok::<_, store::StoreError>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let count = tx.row("SELECT COUNT(*) FROM test_thing", args![]).await?.map_or(Ok(0), |r| r.i64(0))?;
        assert_eq!(count, 120);
        Ok(())
    });
}

#[test]
fn migrations_run_once_and_refuse_what_changed_or_is_newer() {
    each_engine(THINGS, |store| async move {
        store.migrate(THINGS, &CLOCK).await?;
        const CHANGED: &[&[Migration]] = &[&[Migration { room: "test", version: 1, name: "things", sql: "SELECT 1;" }]];
        let changed = store.migrate(CHANGED, &CLOCK).await.unwrap_err();
        assert!(matches!(changed, store::StoreError::MigrationChanged { version: 1, .. }), "{changed}");
        let newer = store.migrate(&[], &CLOCK).await.unwrap_err();
        assert!(matches!(newer, store::StoreError::Newer { version: 1, .. }), "{newer}");
        Ok(())
    });
}

#[test]
fn a_snapshot_does_not_see_what_is_committed_later() {
    each_engine(THINGS, |store| async move {
        let mut before = store.read(&Actor::READER.scope()).await?;
        assert_eq!(count(&mut before, "test_thing").await?, 0);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute_one("INSERT INTO test_thing (id) VALUES (1)", args![]).await?;
        tx.commit().await?;
        assert_eq!(count(&mut before, "test_thing").await?, 0, "the snapshot moved");
        let mut after = store.read(&Actor::READER.scope()).await?;
        assert_eq!(count(&mut after, "test_thing").await?, 1);
        Ok(())
    });
}

#[test]
fn reading_transactions_write_nothing() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.read(&Actor::READER.scope()).await?;
        assert!(tx.rows("INSERT INTO test_thing (id) VALUES (1) RETURNING id", args![]).await.is_err());
        Ok(())
    });
}

#[test]
fn a_duplicate_is_told_from_other_failures() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "INSERT INTO test_thing (id) VALUES ($1)";
        tx.execute_one(sql, args![1i64]).await?;
        let again = tx.execute_one(sql, args![1i64]).await.unwrap_err();
        assert!(again.is_duplicate() && !again.is_busy(), "{again}");
        assert_eq!((again.problem().phrase.key, again.problem().status), ("store-duplicate", 409));
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let wrong = tx.execute("INSERT INTO nowhere (id) VALUES (1)", args![]).await.unwrap_err();
        assert!(!wrong.is_duplicate() && !wrong.is_busy(), "{wrong}");
        Ok(())
    });
}

#[test]
fn two_programs_that_start_together_migrate_once() {
    testkit::each_url(|url| async move {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            tasks.spawn(async move {
                let store = Store::open(&url, StoreOptions::default()).await?;
                store.migrate(THINGS, &CLOCK).await?;
                let health = store.health().await?;
                assert_eq!(
                    health.rooms,
                    [("store".to_owned(), store::MIGRATIONS.last().map_or(0, |m| m.version)), ("test".to_owned(), 1)]
                );
                store.close().await;
                Ok::<_, store::StoreError>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    });
}

#[test]
fn a_store_in_memory_is_one_database_for_readers_and_writer() {
    testkit::block_on(async {
        let store = Store::open("sqlite::memory:", StoreOptions::default()).await.expect("it opens");
        store.migrate(THINGS, &CLOCK).await.expect("it migrates");
        let mut tx = store.read(&Actor::READER.scope()).await.expect("a reader");
        assert_eq!(count(&mut tx, "test_thing").await.expect("the table is there"), 0);
    });
}

#[test]
fn health_counts_what_waits() {
    each_engine(&[], |store| async move {
        store.ping().await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.enqueue("rejudge", None, &serde_json::json!({})).await?;
        tx.commit().await?;
        let health = store.health().await?;
        assert_eq!((health.engine, health.unsealed), (store.engine(), 0));
        assert_eq!(health.jobs, [("waiting".to_owned(), 1)]);
        assert!(health.bytes > 0 && health.version.contains('.'), "{health:?}");
        store.analyse(&CLOCK).await?;
        Ok(())
    });
}

#[test]
fn acknowledged_writes_survive_the_death_of_postgresql_and_the_store_finds_it_again() {
    testkit::block_on(async {
        let mut server = testkit::PrivateServer::start();
        let store = Store::open(&server.url(), StoreOptions::default()).await.expect("it opens");
        store.migrate(THINGS, &CLOCK).await.expect("it migrates");
        let insert = async |id: i64| -> store::Result<WriteTx> {
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            tx.execute_one("INSERT INTO test_thing (id) VALUES ($1)", args![id]).await?;
            Ok(tx)
        };
        let mut acknowledged = Vec::new();
        for round in 0..2 {
            insert(round * 2).await.expect("a row").commit().await.expect("acknowledged");
            acknowledged.push(round * 2);
            let half = insert(round * 2 + 1).await.expect("a row");
            server.kill();
            // The connection's own process may outlive the postmaster by a moment.
            if half.commit().await.is_ok() {
                acknowledged.push(round * 2 + 1);
            }
            server.restart();
            let mut tx = store.read(&Actor::SYSTEM.scope()).await.expect("a new connection");
            let rows = tx.rows("SELECT id FROM test_thing ORDER BY id", args![]).await.expect("rows");
            let ids: Vec<i64> = rows.iter().map(|r| r.i64(0).expect("an id")).collect();
            assert!(acknowledged.iter().all(|id| ids.contains(id)), "acknowledged {acknowledged:?}, there {ids:?}");
        }
    });
}

#[test]
fn after_a_failure_nothing_is_written_by_halves() {
    each_engine(THINGS, |store| async move {
        for first in ["INSERT INTO nowhere (id) VALUES (1)", "SELECT no_such_column FROM test_thing"] {
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            assert!(tx.execute(first, args![]).await.is_err());
            // As if nobody had looked at the error.
            assert!(tx.execute("INSERT INTO test_thing (id) VALUES (1)", args![]).await.is_err(), "after {first}");
            assert!(tx.insert_many("test_thing", &["id"], [args![2i64]].into_iter()).await.is_err());
            let _ = tx.commit().await;
            let mut tx = store.read(&Actor::READER.scope()).await?;
            assert_eq!(count(&mut tx, "test_thing").await?, 0, "after {first}");
        }
        Ok(())
    });
}

#[test]
fn whoever_stops_waiting_leaves_the_writer_free_and_nothing_behind() {
    each_engine(THINGS, |store| async move {
        for n in 0..40i64 {
            let store = store.clone();
            let work = tokio::spawn(async move {
                let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
                tx.execute("INSERT INTO test_thing (id, name) VALUES (1, 'half')", args![]).await?;
                tx.execute("INSERT INTO test_thing (id, name) VALUES (2, 'half')", args![]).await?;
                std::future::pending::<()>().await;
                tx.commit().await
            });
            for _ in 0..n {
                tokio::task::yield_now().await;
            }
            work.abort();
            let _ = work.await;
        }
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(count(&mut tx, "test_thing").await?, 0);
        assert_eq!(tx.execute("INSERT INTO test_thing (id) VALUES (1), (2), (3)", args![]).await?, 3);
        tx.commit().await?;
        // The count is the statement's own, also where BEGIN travels with it.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.execute("UPDATE test_thing SET name = 'x' WHERE id = 2", args![]).await?, 1);
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.execute("UPDATE test_thing SET name = 'x' WHERE id = 99", args![]).await?, 0);
        Ok(())
    });
}
