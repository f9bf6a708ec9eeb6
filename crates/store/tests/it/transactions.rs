use kernel::{Actor, Clock};
use store::{Migration, Query, Replay, Stored, Value, args};
use testkit::{CLOCK, each_engine};

const THINGS: &[&[Migration]] = &[&[Migration {
    room: "test",
    version: 1,
    name: "things",
    sql: "CREATE TABLE test_thing (id INTEGER PRIMARY KEY, name TEXT, weight REAL, bytes BLOB) STRICT;",
}]];

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
fn a_key_gets_the_first_answer_again() {
    each_engine(&[], |store| async move {
        let answer = Stored { status: 303, location: Some("/xa/1".into()), body: String::new() };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        assert_eq!(tx.replay("k", "POST /a", "h").await?, Replay::Fresh);
        tx.remember("k", "POST /a", "h", &answer).await?;
        tx.commit().await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        assert_eq!(tx.replay("k", "POST /a", "h").await?, Replay::Answered(answer));
        assert_eq!(tx.replay("k", "POST /a", "other").await?, Replay::OtherRequest);
        assert_eq!(tx.replay("k", "POST /b", "h").await?, Replay::OtherRequest);
        assert_eq!(tx.forget_old_keys().await?, 0);
        drop(tx);
        let later = kernel::FixedClock(kernel::Moment(CLOCK.now().0 + 31 * 86_400_000_000));
        let mut tx = store.write(&Actor::SYSTEM, &later).await?;
        assert_eq!(tx.forget_old_keys().await?, 1);
        Ok(())
    });
}

#[test]
fn a_job_is_leased_once_resumes_and_gives_up() {
    each_engine(&[], |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.enqueue("rejudge", Some("set-2025"), &serde_json::json!({"set": "x"})).await?;
        tx.enqueue("rejudge", Some("set-2025"), &serde_json::json!({"set": "x"})).await?;
        let job = tx.lease(60_000_000).await?.expect("a job is due");
        assert!(tx.lease(60_000_000).await?.is_none(), "queued twice or leased twice");
        tx.progress(&job, 3, 10, None).await?;
        tx.commit().await?;
        // The worker died: after its lease another one goes on from where it was.
        let later = kernel::FixedClock(kernel::Moment(CLOCK.now().0 + 61_000_000));
        let mut tx = store.write(&Actor::SYSTEM, &later).await?;
        let again = tx.lease(60_000_000).await?.expect("its lease ran out");
        assert_eq!((again.id, again.tries, again.done, again.total), (job.id, 1, 3, 10));
        assert!(
            matches!(tx.finish(&job).await, Err(store::StoreError::LostJob(_))),
            "the dead worker's lease still counts"
        );
        tx.fail(&again, "no line").await?;
        tx.commit().await?;
        for tries in 2..store::jobs::MOST_TRIES {
            let later = kernel::FixedClock(kernel::Moment(CLOCK.now().0 + tries * 3_600_000_000));
            let mut tx = store.write(&Actor::SYSTEM, &later).await?;
            let again = tx.lease(60_000_000).await?.expect("it is due again");
            assert_eq!(again.tries, tries);
            tx.fail(&again, "no line").await?;
            tx.commit().await?;
        }
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let state = store::jobs::find(&mut tx, job.id).await?.expect("kept");
        assert_eq!((state.state.as_str(), state.problem.as_deref()), ("failed", Some("no line")));
        Ok(())
    });
}
