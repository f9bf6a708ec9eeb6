use kernel::{Actor, Clock, FixedClock, Moment};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{
    Engine, Store, StoreError,
    jobs::{self, Registry},
};
use testkit::{CLOCK, each_engine};

async fn enqueue(store: &Store, job: &str, key: Option<&str>) -> store::Result<i64> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let id = tx.enqueue(job, key, &serde_json::json!({"n": 1})).await?;
    tx.commit().await?;
    Ok(id)
}

async fn state(store: &Store, id: i64) -> store::Result<jobs::JobState> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(jobs::find(&mut tx, id).await?.expect("the job is kept"))
}

/// Waits until a job is in some state: ten seconds and more are never.
async fn until(store: &Store, id: i64, wanted: &str) -> store::Result<()> {
    for _ in 0..2000 {
        if state(store, id).await?.state == wanted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("job {id} is not {wanted}: {:?}", state(store, id).await?);
}

fn clock(micros_later: i64) -> Arc<dyn Clock> {
    Arc::new(FixedClock(Moment(CLOCK.now().0 + micros_later)))
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

#[test]
fn many_workers_take_each_job_once() {
    each_engine(&[], |store| async move {
        for _ in 0..30 {
            enqueue(&store, "count", None).await?;
        }
        let ran = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let (store, ran) = (store.clone(), ran.clone());
            tasks.spawn(async move {
                let mut registry = Registry::default();
                registry.add("count", move |work: jobs::Work| {
                    let ran = ran.clone();
                    async move {
                        ran.lock().expect("the list").push(work.job.id);
                        Ok(())
                    }
                });
                let clock = clock(0);
                let mut empty = 0;
                // Another worker may hold what is due: nothing to take is not yet the end.
                while empty < 3 {
                    empty = if registry.run_one(&store, &clock).await? { 0 } else { empty + 1 };
                    tokio::task::yield_now().await;
                }
                Ok::<_, StoreError>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        let mut ran = ran.lock().expect("the list").clone();
        ran.sort_unstable();
        assert_eq!(ran.len(), 30, "a job ran twice or never");
        ran.dedup();
        assert_eq!(ran.len(), 30, "a job ran twice");
        Ok(())
    });
}

#[test]
fn a_job_behind_a_running_one_with_its_key_waits_for_it() {
    each_engine(&[], |store| async move {
        let first = enqueue(&store, "rejudge", Some("set")).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let job = tx.lease(60_000_000).await?.expect("it is due");
        tx.commit().await?;
        // What the running one has read may be old by now: another one is needed, once.
        let second = enqueue(&store, "rejudge", Some("set")).await?;
        assert_ne!(first, second);
        assert_eq!(enqueue(&store, "rejudge", Some("set")).await?, second);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert!(tx.lease(60_000_000).await?.is_none(), "two of one key run at once");
        tx.finish(&job).await?;
        assert_eq!(tx.lease(60_000_000).await?.map(|j| j.id), Some(second));
        Ok(())
    });
}

#[test]
fn a_failing_or_panicking_job_is_tried_again_and_what_nobody_knows_fails() {
    each_engine(&[], |store| async move {
        let tries = Arc::new(AtomicI64::new(0));
        let mut registry = Registry::default();
        let counted = tries.clone();
        registry.add("hard", move |_| {
            let tries = counted.clone();
            async move {
                match tries.fetch_add(1, Ordering::SeqCst) {
                    0 => Err("no line".to_owned()),
                    1 => panic!("a bug"),
                    _ => Ok(()),
                }
            }
        });
        let id = enqueue(&store, "hard", None).await?;
        for (at, want) in [(0, "waiting"), (1, "waiting"), (2, "done")] {
            assert!(registry.run_one(&store, &clock(at * 3_600_000_000)).await?);
            assert_eq!(state(&store, id).await?.state, want, "after try {at}");
        }
        assert!(!registry.run_one(&store, &clock(9_000_000_000)).await?, "a done job is due again");
        let unknown = enqueue(&store, "nobody-knows", None).await?;
        assert!(registry.run_one(&store, &clock(0)).await?);
        assert!(state(&store, unknown).await?.problem.is_some());
        Ok(())
    });
}

#[test]
fn a_cancelled_job_stops_at_its_next_sign_of_progress() {
    each_engine(&[], |store| async move {
        let id = enqueue(&store, "long", None).await?;
        let stopped = Arc::new(AtomicI64::new(0));
        let mut registry = Registry::default();
        let seen = stopped.clone();
        registry.add("long", move |work: jobs::Work| {
            let seen = seen.clone();
            async move {
                work.progress(1, 9, Some("facts-import-checking")).await.map_err(|e| e.to_string())?;
                let mut tx = work.store.write(&Actor::LOCAL_ADMIN, &*work.clock).await.map_err(|e| e.to_string())?;
                tx.cancel_job(work.job.id).await.map_err(|e| e.to_string())?;
                tx.commit().await.map_err(|e| e.to_string())?;
                if let Err(StoreError::LostJob(id)) = work.progress(2, 9, None).await {
                    seen.store(id, Ordering::SeqCst);
                }
                Err("stopped".to_owned())
            }
        });
        assert!(registry.run_one(&store, &clock(0)).await?);
        assert_eq!(stopped.load(Ordering::SeqCst), id);
        let state = state(&store, id).await?;
        assert_eq!((state.state.as_str(), state.done, state.total), ("cancelled", 1, 9));
        assert_eq!(state.phase.as_deref(), Some("facts-import-checking"));
        Ok(())
    });
}

#[test]
fn the_worker_runs_seals_and_stops() {
    each_engine(&[], |store| async move {
        let id = enqueue(&store, "audited", None).await?;
        let mut registry = Registry::default();
        registry.add("audited", |work: jobs::Work| async move {
            let line = store::AuditLine {
                action: "test.job",
                kind: "job",
                subject: work.job.id.to_string(),
                unit: None,
                details: work.job.payload.clone(),
            };
            let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await.map_err(|e| e.to_string())?;
            tx.audit(line).await.map_err(|e| e.to_string())?;
            tx.commit().await.map_err(|e| e.to_string())
        });
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let worker = {
            let store = store.clone();
            tokio::spawn(async move { registry.work(store, clock(0), Duration::from_millis(5), stopped).await })
        };
        while store::audit::verify(&store).await?.sealed == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(true)?;
        worker.await?;
        assert_eq!(state(&store, id).await?.state, "done");
        let mut tx = store.write(&Actor::SYSTEM, &*clock(8 * 86_400_000_000)).await?;
        assert_eq!(tx.forget_old_jobs().await?, 1);
        Ok(())
    });
}

#[test]
fn who_wants_a_waiting_job_sooner_gets_it_sooner() {
    each_engine(&[], |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let at = |minutes: i64| Moment(CLOCK.now().0 + minutes * 60_000_000);
        let first = tx.enqueue_at("mail", Some("mail"), &serde_json::json!({}), at(60)).await?;
        assert!(tx.lease(jobs::LEASE).await?.is_none());
        assert_eq!(tx.enqueue_at("mail", Some("mail"), &serde_json::json!({}), at(90)).await?, first);
        assert_eq!(jobs::find(&mut tx, first).await?.expect("kept").run_at, at(60), "later than it was wanted first");
        assert_eq!(tx.enqueue("mail", Some("mail"), &serde_json::json!({})).await?, first);
        assert_eq!(tx.lease(jobs::LEASE).await?.expect("due now").id, first);
        Ok(())
    });
}

#[test]
fn a_job_that_ends_its_workers_stays_failed_and_one_that_gets_on_does_not() {
    each_engine(&[], |store| async move {
        let deadly = enqueue(&store, "deadly", Some("a")).await?;
        let slow = enqueue(&store, "slow", Some("b")).await?;
        for round in 0..jobs::MOST_STARTS + 2 {
            let late = FixedClock(Moment(CLOCK.now().0 + round * 2 * jobs::LEASE));
            let mut tx = store.write(&Actor::SYSTEM, &late).await?;
            tx.end_deadly().await?;
            while let Some(job) = tx.lease(jobs::LEASE).await? {
                if job.id == slow {
                    tx.progress(&job, round, 100, None).await?;
                }
            }
            tx.commit().await?;
        }
        let ended = state(&store, deadly).await?;
        assert_eq!((ended.state.as_str(), ended.tries), ("failed", jobs::MOST_STARTS), "{ended:?}");
        assert_eq!(state(&store, slow).await?.state, "running");
        Ok(())
    });
}

#[test]
fn a_failed_job_is_queued_again_by_hand_unless_its_like_waits() {
    each_engine(&[], |store| async move {
        let first = enqueue(&store, "count", Some("key")).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.retry_job(first).await?, jobs::Retry::NotEnded, "it waits");
        assert_eq!(tx.retry_job(999).await?, jobs::Retry::NotEnded);
        tx.cancel_job(first).await?;
        let second = tx.enqueue("count", Some("key"), &serde_json::json!({})).await?;
        assert_eq!(tx.retry_job(first).await?, jobs::Retry::Waits);
        let job = tx.lease(jobs::LEASE).await?.expect("the second");
        assert_eq!(job.id, second);
        tx.finish(&job).await?;
        assert_eq!(tx.retry_job(first).await?, jobs::Retry::Queued);
        assert_eq!(tx.lease(jobs::LEASE).await?.map(|job| (job.id, job.tries)), Some((first, 0)));
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn jobs_are_listed_by_state_and_words_page_by_page() {
    each_engine(&[], |store| async move {
        for n in 0..5 {
            enqueue(&store, if n % 2 == 0 { "facts.import" } else { "mail.send" }, None).await?;
        }
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let job = tx.lease(jobs::LEASE).await?.expect("due");
        tx.fail(&job, "Disk is full").await?;
        tx.cancel_job(2).await?;
        tx.commit().await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        for (search, wanted, sort, page, ids, count) in [
            ("", "", "", 0, vec![5, 4], 5),
            ("", "", "oldest", 1, vec![3, 4], 5),
            ("mail", "", "", 0, vec![4, 2], 2),
            ("disk", "", "", 0, vec![1], 1),
            ("", "cancelled", "", 0, vec![2], 1),
            ("%", "", "name", 0, vec![5, 3], 5),
            ("nothing", "", "", 0, vec![], 0),
        ] {
            let listing =
                store::Listing { search: search.into(), state: wanted.into(), sort: sort.into(), page, per: 2 };
            let (found, all) = jobs::list(&mut tx, &listing).await?;
            assert_eq!((found.iter().map(|job| job.id).collect::<Vec<_>>(), all), (ids, count), "{listing:?}");
        }
        Ok(())
    });
}

#[test]
fn of_one_key_no_two_run_where_the_lease_of_the_first_ran_out() {
    each_engine(&[], |store| async move {
        let first = enqueue(&store, "rejudge", Some("set")).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.lease(jobs::LEASE).await?.map(|job| job.id), Some(first));
        // Wanted earlier than the one that runs: by time alone it would come first.
        let earlier = Moment(CLOCK.now().0 - 1);
        let second = tx.enqueue_at("rejudge", Some("set"), &serde_json::json!({}), earlier).await?;
        tx.commit().await?;
        let late = clock(2 * jobs::LEASE);
        let mut one = store.write(&Actor::SYSTEM, &*late).await?;
        assert_eq!(one.lease(jobs::LEASE).await?.map(|job| job.id), Some(first));
        if store.engine() == Engine::Postgres {
            // Another worker, which does not see yet what the first one took.
            let mut other = store.write(&Actor::SYSTEM, &*late).await?;
            assert_eq!(other.lease(jobs::LEASE).await?, None, "two of one key run at once");
        }
        let again = one.lease(jobs::LEASE).await?;
        assert_eq!(again, None, "two of one key run at once");
        one.cancel_job(first).await?;
        assert_eq!(one.lease(jobs::LEASE).await?.map(|job| job.id), Some(second));
        Ok(())
    });
}

#[test]
fn what_is_queued_at_the_same_moment_is_the_next_try_of_what_failed() {
    each_engine(&[], |store| async move {
        // On SQLite all writers wait for each other.
        if store.engine() == Engine::Sqlite {
            return Ok(());
        }
        let cancelled = enqueue(&store, "count", Some("a")).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.cancel_job(cancelled).await?;
        tx.enqueue("count", Some("b"), &serde_json::json!({})).await?;
        let running = tx.lease(jobs::LEASE).await?.expect("it is due");
        tx.commit().await?;
        let mut other = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for key in ["a", "b"] {
            other.enqueue("count", Some(key), &serde_json::json!({})).await?;
        }
        let own = store.clone();
        let retried = tokio::spawn(async move {
            let mut tx = own.write(&Actor::SYSTEM, &CLOCK).await?;
            let retried = tx.retry_job(cancelled).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(retried)
        });
        let (own, id) = (store.clone(), running.id);
        let failed = tokio::spawn(async move {
            let mut tx = own.write(&Actor::SYSTEM, &CLOCK).await?;
            tx.fail(&running, "no line").await?;
            tx.commit().await
        });
        // They are at it by then; it holds as well where they are late.
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.commit().await?;
        assert_eq!(retried.await??, jobs::Retry::Waits);
        failed.await??;
        assert_eq!(state(&store, id).await?.state, "failed");
        Ok(())
    });
}

#[test]
fn a_job_that_takes_long_stops_neither_the_sealing_nor_a_slow_one_the_others() {
    each_engine(&[], |store| async move {
        let slow = enqueue(&store, "slow", None).await?;
        let quick = enqueue(&store, "quick", None).await?;
        let end = Arc::new(tokio::sync::Semaphore::new(0));
        let waits = |end: &Arc<tokio::sync::Semaphore>| {
            let end = end.clone();
            move |_: jobs::Work| {
                let end = end.clone();
                async move { end.acquire().await.map(|one| one.forget()).map_err(|e| e.to_string()) }
            }
        };
        let mut registry = Registry::default();
        registry.add_slow("slow", waits(&end));
        registry.add("long", waits(&end));
        registry.add("quick", |_| async { Ok(()) });
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let own = store.clone();
        let pause = Duration::from_millis(5);
        let worker = tokio::spawn(async move { registry.work(own, clock(0), pause, stopped).await });
        until(&store, quick, "done").await?;
        until(&store, slow, "running").await?;
        let long = enqueue(&store, "long", None).await?;
        until(&store, long, "running").await?;
        let line = store::AuditLine {
            action: "test.write",
            kind: "job",
            subject: long.to_string(),
            unit: None,
            details: serde_json::json!({}),
        };
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.audit(line).await?;
        tx.commit().await?;
        let mut rounds = 0;
        while store::audit::verify(&store).await?.sealed == 0 {
            rounds += 1;
            assert!(rounds < 2000, "a line is not sealed while a job runs");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for id in [slow, long] {
            assert_eq!(state(&store, id).await?.state, "running");
        }
        end.add_permits(2);
        until(&store, slow, "done").await?;
        until(&store, long, "done").await?;
        stop.send(true)?;
        worker.await?;
        Ok(())
    });
}
