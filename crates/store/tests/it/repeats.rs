use kernel::{Actor, Clock, PersonId, Role, Scope};
use store::{Replay, StoreError, Stored, args};
use testkit::{CLOCK, each_engine};

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
fn a_key_is_its_actors_own() {
    each_engine(&[], |store| async move {
        let answer = Stored { status: 200, location: None, body: "first".into() };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        tx.remember("k", "POST /a", "h", &answer).await?;
        tx.commit().await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(tx.replay("k", "POST /a", "h").await?, Replay::OtherRequest);
        Ok(())
    });
}

/// A request of a person that changed nothing has an answer under its key; one that changed something still needs its line.
#[test]
fn an_answer_that_is_kept_needs_no_line_of_its_own() {
    each_engine(&[], |store| async move {
        let officer = Actor { role: Role::CommuneOfficer, person: Some(PersonId(7)), scope: Scope::PUBLIC };
        let answer = Stored { status: 200, location: None, body: "nothing new".into() };
        let mut tx = store.write(&officer, &CLOCK).await?;
        tx.remember("k", "POST /a", "h", &answer).await?;
        tx.commit().await?;
        let mut tx = store.write(&officer, &CLOCK).await?;
        assert_eq!(tx.replay("k", "POST /a", "h").await?, Replay::Answered(answer.clone()));
        drop(tx);
        let mut tx = store.write(&officer, &CLOCK).await?;
        tx.execute("DELETE FROM store_idempotency WHERE key = $1", args!["k"]).await?;
        tx.remember("l", "POST /a", "h", &answer).await?;
        assert!(matches!(tx.commit().await, Err(StoreError::Unaudited)));
        Ok(())
    });
}

#[test]
fn of_requests_with_one_key_at_once_one_does_the_work() {
    each_engine(&[], |store| async move {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let store = store.clone();
            tasks.spawn(async move {
                let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
                if let Replay::Answered(answer) = tx.replay("k", "POST /a", "h").await? {
                    return Ok(answer.body);
                }
                tokio::task::yield_now().await;
                let answer = Stored { status: 200, location: None, body: n.to_string() };
                tx.remember("k", "POST /a", "h", &answer).await?;
                tx.commit().await?;
                Ok::<_, store::StoreError>(answer.body)
            });
        }
        let mut answers = std::collections::HashSet::new();
        while let Some(done) = tasks.join_next().await {
            answers.insert(done??);
        }
        assert_eq!(answers.len(), 1, "the work was done more than once: {answers:?}");
        Ok(())
    });
}
