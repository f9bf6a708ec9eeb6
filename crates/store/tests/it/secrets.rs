//! The key of the data folder is changed: stopped at any moment, everything opens, and the same again goes on from there.

use crate::THINGS;
use anyhow::{Context, Result, ensure};
use kernel::Actor;
use std::path::Path;
use store::{
    AuditLine, Query, Store, args,
    secrets::{Rotated, Sealed, SecretKey, reseal_part, rotate},
};
use testkit::{CLOCK, each_engine};

const NAMES: Sealed = Sealed { table: "test_thing", column: "name" };
const ROWS: i64 = 450;

fn of_row(id: i64) -> Vec<u8> {
    format!("bí mật {id}").into_bytes()
}

/// A table of sealed texts, beside a row without one and a row that no key opens.
async fn fill(store: &Store, key: &SecretKey) -> Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let rows = (1..=ROWS).map(|id| args![id, key.seal(&of_row(id))]);
    tx.insert_many("test_thing", &["id", "name"], rows).await?;
    tx.execute("INSERT INTO test_thing (id, name) VALUES ($1, NULL), ($2, ''), ($3, 'abc')", args![1001, 1002, 1003])
        .await?;
    let (subject, details) = (String::new(), serde_json::Value::Null);
    tx.audit(AuditLine { action: "test", kind: "test", subject, unit: None, details }).await?;
    Ok(tx.commit().await?)
}

/// How many rows a key opens as they were.
async fn opened(store: &Store, key: &SecretKey) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let rows = tx.rows("SELECT id, name FROM test_thing WHERE id <= 1000", args![]).await?;
    let mut count = 0;
    for row in rows {
        count += i64::from(key.open(&row.text(1)?) == Some(of_row(row.i64(0)?)));
    }
    Ok(count)
}

/// The key of the file's line, as whoever copied it would have it.
fn line(folder: &Path, at: usize) -> Result<SecretKey> {
    let text = std::fs::read_to_string(folder.join("keys/secret.key"))?;
    let bytes = hex::decode(text.lines().nth(at).context("a line")?)?;
    Ok(SecretKey::new(bytes.try_into().ok().context("32 bytes")?))
}

#[test]
fn a_key_is_changed_and_whoever_is_stopped_on_the_way_loses_nothing() {
    each_engine(THINGS, |store| async move {
        let folder = tempfile::tempdir()?;
        let data = folder.path();
        let running = SecretKey::of_folder(data)?;
        let old = line(data, 0)?;
        fill(&store, &running).await?;

        // Killed after the file, before any row: nothing was lost.
        ensure!(rotate(&store, data, &[], &CLOCK, false).await? == Rotated::default());
        let new = line(data, 0)?;
        ensure!(opened(&store, &old).await? == ROWS && opened(&store, &new).await? == 0);
        ensure!(opened(&store, &SecretKey::of_folder(data)?).await? == ROWS);

        // Killed after a part of the rows.
        let mut done = Rotated::default();
        let last = reseal_part(&store, &SecretKey::of_folder(data)?, NAMES, 0, &CLOCK, &mut done).await?;
        ensure!(last == Some(200) && done == Rotated { anew: 200, lost: 0 }, "{last:?} {done:?}");
        ensure!(opened(&store, &new).await? == 200 && opened(&store, &old).await? == ROWS - 200);
        ensure!(opened(&store, &running).await? == ROWS, "a running program goes on");
        ensure!(opened(&store, &SecretKey::of_folder(data)?).await? == ROWS);

        // The same again goes on by the same new key.
        ensure!(rotate(&store, data, &[NAMES], &CLOCK, false).await? == Rotated { anew: 250, lost: 1 });
        ensure!(line(data, 0)?.open(&new.seal(b"x")).is_some(), "a third key");
        ensure!(opened(&store, &new).await? == ROWS && opened(&store, &old).await? == 0);

        // What a program that still runs by the old key seals is sealed anew at the end; then the old key is gone.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute("UPDATE test_thing SET name = $1 WHERE id = 7", args![old.seal(&of_row(7))]).await?;
        tx.commit().await?;
        ensure!(rotate(&store, data, &[NAMES], &CLOCK, true).await? == Rotated { anew: 1, lost: 1 });
        ensure!(line(data, 1).is_err() && opened(&store, &line(data, 0)?).await? == ROWS);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let left = tx.row("SELECT name FROM test_thing WHERE id = 1003", args![]).await?.context("a row")?;
        ensure!(left.text(0)? == "abc", "what no key opens stays");
        let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'store.resealed'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 4, "a line a transaction");
        Ok(())
    });
}
