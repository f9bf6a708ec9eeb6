//! Keys that follow one another, and databases set back: whole or not at all, with their line.

use crate::{ROOMS, change, newest, proof_of, publish};
use anyhow::Result;
use kernel::Actor;
use ledger::{Keys, LedgerError, checkpoint, leaf};
use std::fs;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

/// Leaves of a kind, and lines of an action.
async fn said(store: &Store, kind: &str, action: &str) -> Result<(i64, i64)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let leaves = tx.row("SELECT COUNT(*) FROM ledger_leaf WHERE kind = $1", args![kind]).await?.expect("a count");
    let lines = tx.row("SELECT COUNT(*) FROM store_audit WHERE action = $1", args![action]).await?.expect("a count");
    Ok((leaves.i64(0)?, lines.i64(0)?))
}

async fn signing(store: &Store) -> Result<Vec<String>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let known = checkpoint::keys(&mut tx).await?;
    Ok(known.into_iter().filter(|key| key.until.is_none()).map(|key| key.vkey).collect())
}

/// No second checkpoint of the same moment can be written: a rotation is stopped at its very end.
const STOPPED: &str = "CREATE UNIQUE INDEX stopped ON ledger_checkpoint (at)";

#[test]
fn a_rotation_that_is_stopped_leaves_no_word_of_it() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let first = signing(&store).await?;
        change(&store, STOPPED).await?;
        assert!(matches!(checkpoint::rotate(&store, &CLOCK, &keys).await, Err(LedgerError::Store(_))));
        assert_eq!(said(&store, "key", "ledger.rotate-key").await?, (0, 0));
        assert_eq!(signing(&store).await?, first);
        change(&store, "DROP INDEX stopped").await?;
        // The file of the key that was to follow is no harm: the present one signs on.
        assert!(folder.path().join("keys/ledger-next.key").exists());
        publish(&store, 3..4).await?;
        assert!(ledger::round(&store, &CLOCK, &keys).await?);
        assert!(proof_of(&store, "3/set/2025").await?.check(&first)?.trusted);
        let next = checkpoint::rotate(&store, &CLOCK, &keys).await?;
        assert_eq!(said(&store, "key", "ledger.rotate-key").await?, (1, 1));
        assert_eq!(signing(&store).await?, [next]);
        assert!(!folder.path().join("keys/ledger-next.key").exists());
        publish(&store, 4..5).await?;
        assert!(ledger::round(&store, &CLOCK, &keys).await?);
        Ok(())
    });
}

#[test]
fn a_key_that_was_registered_before_a_kill_takes_its_place() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let at = |name: &str| folder.path().join("keys").join(name);
        let (old, signed) = (fs::read_to_string(at("ledger.key"))?, fs::read_to_string(at("ledger.checkpoint"))?);
        let next = checkpoint::rotate(&store, &CLOCK, &keys).await?;
        // As it lies there where the program was killed right after the commit.
        fs::rename(at("ledger.key"), at("ledger-next.key"))?;
        fs::write(at("ledger.key"), old)?;
        fs::write(at("ledger.checkpoint"), signed)?;
        publish(&store, 3..4).await?;
        assert!(ledger::round(&store, &CLOCK, &keys).await?);
        assert_eq!(newest(&store).await?.key, next);
        assert!(!at("ledger-next.key").exists());
        Ok(())
    });
}

#[test]
fn an_admission_is_whole_with_its_line_or_not_there() {
    each_engine(ROOMS, |store| async move {
        let (folder, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let first = signing(&store).await?;
        let moved = Keys::of_folder(elsewhere.path(), "");
        change(&store, STOPPED).await?;
        assert!(checkpoint::admit(&store, &CLOCK, &moved, "moved").await.is_err());
        assert_eq!(said(&store, "set-back", "ledger.admit-restore").await?, (0, 0));
        assert_eq!((said(&store, "key", "").await?, signing(&store).await?), ((0, 0), first));
        change(&store, "DROP INDEX stopped").await?;
        assert!(checkpoint::admit(&store, &CLOCK, &moved, "moved").await?);
        assert_eq!(said(&store, "set-back", "ledger.admit-restore").await?, (1, 1));
        assert_eq!(said(&store, "key", "").await?, (1, 0));
        // Said once, it is said: the command again finds nothing to admit, and writes nothing.
        assert!(!checkpoint::admit(&store, &CLOCK, &moved, "moved").await?);
        assert_eq!(said(&store, "set-back", "ledger.admit-restore").await?, (1, 1));
        Ok(())
    });
}

#[test]
fn a_key_that_is_lost_where_the_last_checkpoint_is_kept_is_no_set_back() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        fs::remove_file(folder.path().join("keys/ledger.key"))?;
        publish(&store, 3..4).await?;
        assert!(matches!(ledger::round(&store, &CLOCK, &keys).await, Err(LedgerError::OtherKey { .. })));
        assert!(checkpoint::admit(&store, &CLOCK, &keys, "a broken disk").await?);
        assert_eq!(said(&store, "set-back", "ledger.admit-restore").await?, (0, 1));
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let word = leaf::newest(&mut tx, "key", "key").await?.expect("the leaf");
        assert!(word.body.contains("\"signed\":false") && word.body.contains("a broken disk"), "{}", word.body);
        Ok(())
    });
}
