use kernel::{Actor, UnitId};
use store::{
    AuditLine, Engine, Store, args,
    audit::{Finding, Report, seal, verify, verify_against},
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

/// Tampers with a sealed chain of five lines and compares what verification finds.
fn check(tamper: &'static [&'static str], want: fn(&Report) -> bool) {
    each_engine(&[], move |store| async move {
        lines(&store, 5).await?;
        assert_eq!(seal(&store, &CLOCK).await?, 5);
        let clean = verify(&store).await?;
        assert!(clean.findings.is_empty() && clean.sealed == 5 && clean.unsealed == 0, "{clean:?}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for sql in tamper {
            tx.execute(sql, args![]).await?;
        }
        tx.commit().await?;
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
        lines(&store, 3).await?;
        seal(&store, &CLOCK).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.erase_details(2, "the person asked").await?;
        tx.commit().await?;
        lines(&store, 2).await?;
        let report = verify(&store).await?;
        assert!(report.findings.is_empty(), "{report:?}");
        assert_eq!((report.sealed, report.unsealed), (3, 2));
        assert_eq!(report.erased, [(2, "the person asked".to_owned())]);
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert_eq!((report.sealed, report.unsealed), (5, 0));
        Ok(())
    });
}
