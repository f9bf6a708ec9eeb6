use kernel::{Actor, Clock, PersonId, UnitId};
use store::{
    AuditLine, Engine, Query, Store, StoreError, args,
    audit::{Finding, Head, Report, seal, verify, verify_against},
    personal,
};
use testkit::{CLOCK, each_engine};

async fn lines(store: &Store, count: i64) -> store::Result<()> {
    for n in 0..count {
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let details = serde_json::json!({"value": n, "name": "Xã Đạo Viện"});
        let line =
            AuditLine { action: "test.write", kind: "figure", subject: n.to_string(), unit: Some(UnitId(n)), details };
        tx.audit(line).await?;
        tx.commit().await?;
    }
    Ok(())
}

const SOMEBODY: PersonId = PersonId(7);

fn about(action: &'static str) -> AuditLine {
    let details = serde_json::json!({"name": "Nông Thị Bưởi"});
    AuditLine { action, kind: PersonId::KIND, subject: SOMEBODY.to_string(), unit: None, details }
}

/// Erases what the trail says of somebody, with the line that tells of it.
async fn erase(store: &Store, reason: &str) -> store::Result<u64> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let count = personal::erase(&mut tx, SOMEBODY, reason).await?;
    tx.audit(about("identity.erased")).await?;
    tx.commit().await?;
    Ok(count)
}

async fn write(store: &Store, line: AuditLine) -> store::Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    tx.audit(line).await?;
    tx.commit().await
}

async fn by_hand(store: &Store, statements: &[&str]) -> store::Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    for sql in statements {
        tx.execute(sql, args![]).await?;
    }
    tx.commit().await
}

/// Tampers with a sealed chain of five lines and compares what verification finds.
fn check(tamper: &'static [&'static str], want: fn(&Report) -> bool) {
    each_engine(&[], move |store| async move {
        lines(&store, 5).await?;
        assert_eq!(seal(&store, &CLOCK).await?, 5);
        let clean = verify(&store).await?;
        assert!(clean.findings.is_empty() && clean.sealed == 5 && clean.unsealed == 0, "{clean:?}");
        by_hand(&store, tamper).await?;
        let report = verify(&store).await?;
        assert!(want(&report), "{tamper:?}: {report:?}");
        Ok(())
    });
}

#[test]
fn an_altered_line_is_named() {
    check(&["UPDATE store_audit SET action = 'other' WHERE seq = 3"], |r| r.findings == [Finding::Altered { seq: 3 }]);
    check(&["UPDATE store_audit_details SET details = '{}' WHERE seq = 2"], |r| {
        r.findings == [Finding::DetailsAltered { seq: 2 }]
    });
}

#[test]
fn a_removed_line_is_named() {
    check(&["DELETE FROM store_audit WHERE seq = 4"], |r| r.findings == [Finding::Removed { seq: 4 }]);
    check(&["DELETE FROM store_audit_details WHERE seq = 4"], |r| r.findings == [Finding::DetailsRemoved { seq: 4 }]);
    check(&["DELETE FROM store_audit WHERE seq = 4", "DELETE FROM store_seal WHERE seq = 4"], |r| {
        r.findings == [Finding::SealRemoved { position: 4 }]
    });
}

#[test]
fn swapped_lines_are_found() {
    let places = &[
        "UPDATE store_seal SET position = -1 WHERE seq = 2",
        "UPDATE store_seal SET position = 2 WHERE seq = 3",
        "UPDATE store_seal SET position = 3 WHERE seq = 2",
    ];
    check(places, |r| {
        r.findings.contains(&Finding::Reordered { seq: 3, position: 2 })
            && r.findings.iter().all(|f| matches!(f, Finding::Reordered { .. }))
    });
    let numbers = &[
        "UPDATE store_audit SET seq = -1 WHERE seq = 2",
        "UPDATE store_audit SET seq = 2 WHERE seq = 3",
        "UPDATE store_audit SET seq = 3 WHERE seq = -1",
    ];
    check(numbers, |r| {
        r.findings == [Finding::Reordered { seq: 3, position: 2 }, Finding::Reordered { seq: 2, position: 3 }]
    });
    // Only what is sealed changes places, the chain stays where it was.
    let lines = &[
        "UPDATE store_seal SET seq = -1, line_hash = 'x' WHERE position = 2",
        "UPDATE store_seal SET seq = 2, line_hash = (SELECT s.line_hash FROM store_seal s WHERE s.position = 4) WHERE position = 3",
        "UPDATE store_seal SET seq = 3 WHERE position = 2",
    ];
    check(lines, |r| r.findings.iter().any(|f| matches!(f, Finding::SealAltered { seq: 3, position: 2 })));
}

#[test]
fn a_chain_made_anew_or_cut_is_found_by_a_noted_head() {
    each_engine(&[], |store| async move {
        lines(&store, 3).await?;
        seal(&store, &CLOCK).await?;
        let head = verify(&store).await?.head.expect("a head");
        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        lines(&store, 2).await?;
        seal(&store, &CLOCK).await?;
        assert!(verify_against(&store, std::slice::from_ref(&head)).await?.findings.is_empty());
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for table in ["store_seal", "store_audit", "store_audit_details"] {
            tx.execute(&format!("DELETE FROM {table} WHERE seq >= 3"), args![]).await?;
        }
        tx.commit().await?;
        assert!(verify(&store).await?.findings.is_empty(), "a cut end is not seen from inside");
        assert_eq!(verify_against(&store, &[head]).await?.findings, [Finding::HeadMissing { position: 3 }]);
        // A new line with the number of a removed one is sealed like any other; one whose seal is left is named.
        lines(&store, 1).await?;
        seal(&store, &CLOCK).await?;
        assert_eq!(verify(&store).await?.sealed, 3);
        Ok(())
    });
}

#[test]
fn writers_and_sealers_at_once_leave_no_line_out() {
    each_engine(&[], |store| async move {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let store = store.clone();
            tasks.spawn(async move { lines(&store, 10).await });
        }
        for _ in 0..2 {
            let store = store.clone();
            tasks.spawn(async move {
                for _ in 0..10 {
                    seal(&store, &CLOCK).await?;
                }
                Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert_eq!((report.findings.len(), report.sealed, report.unsealed), (0, 60, 0), "{report:?}");
        Ok(())
    });
}

#[test]
fn a_line_that_commits_late_is_sealed_after_those_it_came_before() {
    each_engine(&[], |store| async move {
        // SQLite has one writer: nothing commits late there.
        if store.engine() == Engine::Sqlite {
            return Ok(());
        }
        let mut late = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let line = |n: i64| AuditLine {
            action: "test.write",
            kind: "figure",
            subject: n.to_string(),
            unit: None,
            details: serde_json::json!({}),
        };
        late.audit(line(100)).await?;
        lines(&store, 2).await?;
        assert_eq!(seal(&store, &CLOCK).await?, 2);
        late.commit().await?;
        assert_eq!(seal(&store, &CLOCK).await?, 1);
        let report = verify(&store).await?;
        assert_eq!((report.findings.len(), report.sealed, report.unsealed), (0, 3, 0));
        Ok(())
    });
}

#[test]
fn erased_details_are_allowed_with_a_reason_and_late_lines_are_unsealed() {
    each_engine(&[], |store| async move {
        lines(&store, 2).await?;
        write(&store, about("test.write")).await?;
        seal(&store, &CLOCK).await?;
        assert_eq!(erase(&store, "the person asked").await?, 1);
        lines(&store, 1).await?;
        let report = verify(&store).await?;
        assert!(report.findings.is_empty(), "{report:?}");
        assert_eq!((report.sealed, report.unsealed), (3, 2));
        assert_eq!(report.erased.into_iter().collect::<Vec<_>>(), [("the person asked".to_owned(), 1)]);
        assert_eq!(report.erased_before, 0);
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert_eq!((report.sealed, report.unsealed), (5, 0));
        Ok(())
    });
}

#[test]
fn details_wiped_as_if_they_had_been_erased_are_named() {
    check(
        &["UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = 'retention' WHERE seq = 3"],
        |r| r.findings == [Finding::ErasureUntold { seq: 3 }] && r.erased.is_empty(),
    );
    // A line is named, but it is none that tells of erasures.
    check(
        &[
            "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = 'retention', teller = 4 WHERE seq = 3",
        ],
        |r| r.findings == [Finding::ErasureUntold { seq: 3 }],
    );
}

#[test]
fn what_a_line_tells_is_held_against_the_lines_that_are_erased() {
    each_engine(&[], |store| async move {
        write(&store, about("test.write")).await?;
        write(&store, about("test.write")).await?;
        lines(&store, 1).await?;
        assert_eq!(erase(&store, "asked").await?, 2);
        seal(&store, &CLOCK).await?;
        let clean = verify(&store).await?;
        assert!(clean.findings.is_empty(), "{clean:?}");
        let untold = |seq| Finding::ErasureUntold { seq };
        let altered = Finding::ErasureAltered { seq: 4 };
        let wiped = "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = 'asked', teller = 4
                     WHERE seq = 3";
        for (sql, wanted) in [
            (wiped, vec![altered.clone()]),
            ("UPDATE store_audit_details SET teller = NULL WHERE seq = 3", vec![untold(3)]),
            (
                "UPDATE store_audit_details SET teller = NULL WHERE seq < 3",
                vec![untold(1), untold(2), untold(3), altered.clone()],
            ),
        ] {
            by_hand(&store, &[sql]).await?;
            assert_eq!(verify(&store).await?.findings, wanted, "{sql}");
        }
        Ok(())
    });
}

#[test]
fn a_transaction_that_erases_and_does_not_tell_of_it_is_refused() {
    each_engine(&[], |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(personal::erase(&mut tx, SOMEBODY, "asked").await?, 0);
        tx.commit().await?;
        write(&store, about("test.write")).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        personal::erase(&mut tx, SOMEBODY, "asked").await?;
        let other = tx.audit(about("test.write")).await;
        assert!(matches!(other, Err(StoreError::Untold)), "{other:?}");
        let silent = tx.commit().await;
        assert!(matches!(silent, Err(StoreError::Untold)), "{silent:?}");
        assert!(verify(&store).await?.erased.is_empty());
        Ok(())
    });
}

#[test]
fn what_tells_of_an_erasure_is_never_quiet_and_outlives_the_next_one() {
    each_engine(&[], |store| async move {
        for _ in 0..2 {
            write(&store, about("test.write")).await?;
            assert_eq!(erase(&store, "asked").await?, 1, "the line that tells went too");
        }
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.audit_quietly(about("test.read")).await?;
        tx.commit().await?;
        // The first run erases nothing: its line is quiet, and goes with the next.
        for (after, wanted) in [(0, 0), (1, 2), (1, 0)] {
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            assert_eq!(personal::forget_details(&mut tx, CLOCK.now().0 + after, "retention").await?, wanted);
            tx.audit_quietly(about("web.retention")).await?;
            tx.commit().await?;
        }
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT quiet FROM store_audit WHERE action = 'web.retention' ORDER BY seq";
        let quiet = tx.rows(sql, args![]).await?.iter().map(|row| row.i64(0)).collect::<store::Result<Vec<_>>>()?;
        assert_eq!(quiet, [1, 0, 1], "of those that erased something");
        drop(tx);
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert!(report.findings.is_empty(), "{report:?}");
        let erased = [("asked".to_owned(), 2), ("retention".to_owned(), 2)];
        assert_eq!(report.erased.into_iter().collect::<Vec<_>>(), erased);
        Ok(())
    });
}

/// Takes a database back to where the program stood that kept no account of what it erased.
const BACK: &[&str] = &[
    "DROP INDEX store_audit_details_quiet",
    "ALTER TABLE store_audit_details DROP COLUMN teller",
    "ALTER TABLE store_audit_details DROP COLUMN quiet_at",
    "DELETE FROM store_migration WHERE room = 'store' AND version = 5",
];

#[test]
fn what_earlier_programs_erased_is_counted_apart_and_nothing_is_added_to_it() {
    each_engine(&[], |store| async move {
        lines(&store, 3).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.audit_quietly(about("test.read")).await?;
        tx.commit().await?;
        seal(&store, &CLOCK).await?;
        by_hand(&store, BACK).await?;
        let old = "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = 'old' WHERE seq = 2";
        by_hand(&store, &[old]).await?;
        store.migrate(&[], &CLOCK).await?;
        store.migrate(&[], &CLOCK).await?;
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert!(report.findings.is_empty(), "{report:?}");
        assert_eq!((report.erased_before, report.erased.len(), report.sealed), (1, 0, 5), "one line tells of it");
        // Quiet lines of before are found by the retention.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        assert_eq!(personal::forget_details(&mut tx, CLOCK.now().0 + 1, "retention").await?, 1);
        tx.audit_quietly(about("web.retention")).await?;
        tx.commit().await?;
        let late = "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = 'old', teller = 5
                    WHERE seq = 1";
        by_hand(&store, &[late]).await?;
        assert_eq!(verify(&store).await?.findings, [Finding::ErasureAltered { seq: 5 }]);
        Ok(())
    });
}

#[test]
fn of_many_noted_heads_those_that_are_not_in_the_chain_are_named() {
    each_engine(&[], |store| async move {
        let mut heads = Vec::new();
        for _ in 0..4 {
            lines(&store, 1).await?;
            seal(&store, &CLOCK).await?;
            heads.extend(verify(&store).await?.head);
        }
        assert_eq!(heads.len(), 4);
        assert!(verify_against(&store, &heads).await?.findings.is_empty());
        let wrong = |position: i64| Head { position, chain: format!("wrong {position}") };
        heads.extend([wrong(9), wrong(2), wrong(3)]);
        let missing = |position: i64| Finding::HeadMissing { position };
        assert_eq!(verify_against(&store, &heads).await?.findings, [missing(2), missing(3), missing(9)]);
        Ok(())
    });
}
