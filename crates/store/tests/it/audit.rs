use kernel::{Actor, UnitId};
use store::{
    AuditLine, Store, args,
    audit::{Finding, Report, seal, verify},
};
use testkit::{CLOCK, each_engine};

async fn lines(store: &Store, count: i64) -> store::Result<()> {
    for n in 0..count {
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let details = serde_json::json!({"value": n, "name": "Xã Đạo Viện"});
        let line = AuditLine { action: "test.write", kind: "figure", subject: n.to_string(), unit: Some(UnitId(n)), details };
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
        r.findings.contains(&Finding::Removed { seq: 4 })
    });
}

#[test]
fn swapped_lines_are_found() {
    let swap = &[
        "UPDATE store_seal SET position = -1 WHERE seq = 2",
        "UPDATE store_seal SET position = 2 WHERE seq = 3",
        "UPDATE store_seal SET position = 3 WHERE seq = 2",
        "UPDATE store_seal SET chain = (SELECT s.chain FROM store_seal s WHERE s.position = 3) || '' WHERE position = -9",
    ];
    check(swap, |r| r.findings.iter().any(|f| matches!(f, Finding::Reordered { .. } | Finding::Altered { .. })));
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
        assert_eq!((report.sealed, report.erased, report.unsealed), (3, 1, 2));
        seal(&store, &CLOCK).await?;
        let report = verify(&store).await?;
        assert_eq!((report.sealed, report.unsealed), (5, 0));
        Ok(())
    });
}
