use crate::{THINGS, count};
use bytes::Bytes;
use kernel::Actor;
use std::path::Path;
use store::{
    AuditLine, Migration, Query, Store, StoreError, StoreOptions, Value, args,
    attachments::Attachments,
    audit,
    backup::{self, Beside, Manifest},
};
use testkit::{CLOCK, Database, block_on, each_engine};

async fn fill(store: &Store) -> store::Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let rows = (1..=3000i64).map(|n| {
        let bytes = Value::Blob((n % 3 == 0).then(|| vec![n as u8, 0, 255]));
        vec![Value::from(n), Value::from(format!("Xã số {n}\t\\\"")), Value::from(n as f64 / 7.0), bytes]
    });
    tx.insert_many("test_thing", &["id", "name", "weight", "bytes"], rows).await?;
    tx.insert_many("test_part", &["thing", "name"], [args![3i64, "b"], args![3i64, "a"], args![1i64, "đ"]].into_iter())
        .await?;
    for n in 0..3 {
        let details = serde_json::json!({"n": n});
        tx.audit(AuditLine { action: "test.fill", kind: "thing", subject: n.to_string(), unit: None, details }).await?;
    }
    tx.commit().await?;
    audit::seal(store, &CLOCK).await?;
    Ok(())
}

async fn empty_sqlite(folder: &Path, name: &str) -> store::Result<Store> {
    Store::open(&format!("sqlite:{}", folder.join(name).display()), StoreOptions::default()).await
}

fn overlay() -> Beside {
    Beside { name: "overlays/a.toml".into(), bytes: b"beside".to_vec() }
}

fn hashes(manifest: &Manifest) -> Vec<(&str, u64, &str)> {
    manifest.tables.iter().map(|t| (t.name.as_str(), t.rows, t.sha256.as_str())).collect()
}

#[test]
fn what_one_engine_wrote_either_restores_to_the_same_rows() {
    each_engine(THINGS, |store| async move {
        fill(&store).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().join("files").display().to_string())?;
        let blob =
            files.put(futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"a file"))]), 99).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        tx.attach(&blob, "a.txt", "text/plain", "thing", "1").await?;
        tx.commit().await?;

        let file = folder.path().join("backup.zip");
        let written = backup::write(&store, &CLOCK, Some(&files), &[overlay()], &file).await?;
        assert_eq!(backup::beside(&file)?, [overlay()]);
        assert_eq!(hashes(&backup::check(&file)?), hashes(&written));
        assert!(written.tables.iter().any(|t| t.name == "test_thing" && t.rows == 3000), "{written:?}");

        let database = Database::create();
        let other = Store::open(&database.url, StoreOptions::default()).await?;
        for target in [empty_sqlite(folder.path(), "new.sqlite").await?, other] {
            let restored =
                Attachments::open(&folder.path().join(format!("{:?}", target.engine())).display().to_string())?;
            backup::restore(&target, THINGS, &CLOCK, Some(&restored), &file).await?;
            drop(restored.get(&blob).await?);
            let again = folder.path().join("again.zip");
            let copy = backup::write(&target, &CLOCK, Some(&restored), &[], &again).await?;
            assert_eq!(hashes(&copy), hashes(&written), "into {:?}", target.engine());
            let chain = audit::verify(&target).await?;
            assert_eq!((chain.findings.len(), chain.sealed), (0, 3));
            assert_eq!(chain.head.map(|h| h.to_string()), written.audit_head);
            // New rows get numbers of their own.
            let mut tx = target.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let sql = "INSERT INTO test_thing (name) VALUES ('new') RETURNING id";
            assert_eq!(tx.row(sql, args![]).await?.expect("its id").i64(0)?, 3001);
            drop(tx);
            let twice = backup::restore(&target, THINGS, &CLOCK, None, &file).await.unwrap_err();
            assert!(matches!(twice, StoreError::BackupNotEmpty), "{twice}");
            target.close().await;
        }
        Ok(())
    });
}

const LATER: &[&[Migration]] = &[&[
    THINGS[0][0],
    Migration { room: "test", version: 2, name: "colour", sql: "ALTER TABLE test_thing ADD COLUMN colour TEXT;" },
]];

#[test]
fn an_older_programs_backup_is_brought_forward_and_a_newer_ones_refused() {
    each_engine(THINGS, |store| async move {
        fill(&store).await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("backup.zip");
        backup::write(&store, &CLOCK, None, &[], &file).await?;
        let target = empty_sqlite(folder.path(), "new.sqlite").await?;
        backup::restore(&target, LATER, &CLOCK, None, &file).await?;
        let mut tx = target.read(&Actor::SYSTEM.scope()).await?;
        assert_eq!(tx.rows("SELECT id FROM test_thing WHERE colour IS NULL", args![]).await?.len(), 3000);
        drop(tx);
        backup::write(&target, &CLOCK, None, &[], &file).await?;
        let older = empty_sqlite(folder.path(), "older.sqlite").await?;
        let refused = backup::restore(&older, THINGS, &CLOCK, None, &file).await.unwrap_err();
        assert!(matches!(refused, StoreError::Newer { version: 2, .. }), "{refused}");
        Ok(())
    });
}

#[test]
fn a_damaged_backup_is_named_and_changes_nothing() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = empty_sqlite(folder.path(), "a.sqlite").await.unwrap();
        store.migrate(THINGS, &CLOCK).await.unwrap();
        fill(&store).await.unwrap();
        let file = folder.path().join("backup.zip");
        backup::write(&store, &CLOCK, None, &[], &file).await.unwrap();
        let good = std::fs::read(&file).unwrap();
        for (at, step) in [(good.len() / 3, 1), (good.len() / 2, 1)] {
            let mut bad = good.clone();
            bad[at] = bad[at].wrapping_add(step);
            std::fs::write(&file, bad).unwrap();
            let refused = backup::check(&file).unwrap_err();
            assert!(matches!(refused, StoreError::BackupBroken(_)), "{refused}");
            let target = empty_sqlite(folder.path(), "b.sqlite").await.unwrap();
            assert!(backup::restore(&target, THINGS, &CLOCK, None, &file).await.is_err());
            let mut tx = target.read(&Actor::SYSTEM.scope()).await.unwrap();
            assert!(count(&mut tx, "test_thing").await.is_err(), "a table is left");
        }
        std::fs::write(&file, &good[..good.len() / 2]).unwrap();
        assert!(backup::check(&file).is_err());
    });
}
