//! The public ledger on both engines: places, checkpoints, proofs, keys, witnesses, and what is noticed when somebody
//! changes it by hand.

mod changeover;
mod pages;
mod witnesses;

use anyhow::Result;
use kernel::Actor;
use ledger::{
    Keys, Leaf, LedgerError,
    check::{self, Finding},
    checkpoint, keys, leaf,
    proof::{self, Proof},
    tree,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{AuditLine, Migration, Query, Store, StoreOptions, args};
use testkit::{CLOCK, each_engine};

const ROOMS: &[&[Migration]] = &[web::notices::MIGRATIONS, ledger::MIGRATIONS];

/// Publishes results of these subjects, in one transaction with its line.
async fn publish(store: &Store, subjects: std::ops::Range<i64>) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let body = |n: i64| json!({"unit": n, "status": "passed"}).as_object().cloned().unwrap_or_default();
    let leaves: Vec<Leaf> =
        subjects.map(|n| Leaf { kind: "verdict", subject: format!("{n}/set/2025"), body: body(n) }).collect();
    leaf::write(&mut tx, &leaves).await?;
    let line = AuditLine { action: "t.publish", kind: "t", subject: "t".into(), unit: None, details: json!({}) };
    tx.audit(line).await?;
    Ok(tx.commit().await?)
}

async fn change(store: &Store, sql: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    tx.execute(sql, args![]).await?;
    Ok(tx.commit().await?)
}

async fn newest(store: &Store) -> Result<checkpoint::Signed> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    checkpoint::newest(&mut tx).await?.ok_or_else(|| anyhow::anyhow!("no checkpoint"))
}

async fn proof_of(store: &Store, subject: &str) -> Result<Proof> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let found = leaf::newest(&mut tx, "verdict", subject).await?.ok_or_else(|| anyhow::anyhow!("no leaf"))?;
    proof::of(&mut tx, &found).await?.ok_or_else(|| anyhow::anyhow!("no proof"))
}

/// RFC 6962, section 2.1, word by word.
fn root(leaves: &[String]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => Sha256::new().chain_update([0]).chain_update(one).finalize().into(),
        more => {
            let half = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(half);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}

#[test]
fn a_result_gets_its_place_and_a_proof_that_holds_alone() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let folder = Keys::of_folder(folder.path(), "https://ntm.example.vn");
        let mut sizes = Vec::new();
        for part in [0..1, 1..2, 2..9, 9..300] {
            publish(&store, part).await?;
            assert!(ledger::round(&store, &CLOCK, &folder).await?);
            sizes.push(newest(&store).await?.size);
        }
        // With each round of results went the head of the audit chain.
        assert_eq!(sizes, [2, 4, 12, 304]);
        assert!(!ledger::round(&store, &CLOCK, &folder).await?, "nothing waits");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT l.body FROM ledger_entry e JOIN ledger_leaf l ON l.id = e.leaf ORDER BY e.position";
        let bodies: Vec<String> =
            tx.rows(sql, args![]).await?.iter().map(|row| row.text(0)).collect::<store::Result<_>>()?;
        for size in [1, 2, 3, 7, 128, 129, 304] {
            assert_eq!(tree::root(&mut tx, size).await?.0, root(&bodies[..size as usize]), "{size}");
        }
        drop(tx);
        let key = vec![proof_of(&store, "5/set/2025").await?.keys[0].clone()];
        for subject in [0, 1, 5, 8, 150, 299] {
            let text = serde_json::to_string(&proof_of(&store, &format!("{subject}/set/2025")).await?)?;
            let holds = Proof::from_text(&text)?.check(&key)?;
            assert_eq!((holds.size, holds.trusted, holds.origin.as_str()), (304, true, "ntm.example.vn/tlog"));
        }
        let good = proof_of(&store, "5/set/2025").await?;
        let leaf: serde_json::Value = serde_json::from_str(&good.leaf)?;
        assert_eq!((&leaf["v"], &leaf["kind"], &leaf["unit"]), (&json!(1), &json!("verdict"), &json!(5)));
        assert!(leaf["salt"].as_str().is_some_and(|salt| salt.len() == 32));
        // One word of the leaf, one hash of the path, the place, the root, another ledger's key: none passes.
        let with = |change: &dyn Fn(&mut Proof)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad.check(&key)
        };
        assert!(matches!(with(&|p| p.leaf = p.leaf.replace("passed", "failed")), Err(LedgerError::NotInside)));
        let other = |p: &mut Proof| {
            let line = p.proof.lines().nth(2).unwrap_or("").to_owned();
            p.proof = p.proof.replacen(&line, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1);
        };
        assert!(matches!(with(&other), Err(LedgerError::NotInside)));
        let place = |p: &mut Proof| p.proof = p.proof.replacen("index ", "index 1", 1);
        assert!(with(&place).is_err());
        let size = |p: &mut Proof| p.proof = p.proof.replacen("\n304\n", "\n305\n", 1);
        assert!(with(&size).is_err());
        // Another ledger of the same name.
        let foreign = tempfile::tempdir()?;
        let url = format!("sqlite:{}", foreign.path().join("other.sqlite").display());
        let other = Store::open(&url, StoreOptions::default()).await?;
        other.migrate(ROOMS, &CLOCK).await?;
        publish(&other, 0..1).await?;
        ledger::round(&other, &CLOCK, &Keys::of_folder(foreign.path(), "https://ntm.example.vn")).await?;
        let theirs = proof_of(&other, "0/set/2025").await?.keys;
        other.close().await;
        assert!(theirs.len() == 1 && matches!(good.check(&theirs), Err(LedgerError::Unsigned)));
        assert!(matches!(good.check(&["ntm.example.vn/tlog+00000000+AAAA".into()]), Err(LedgerError::Key(_))));
        let report = check::all(&store, &[], &key).await?;
        assert_eq!((report.findings.as_slice(), report.leaves, report.checkpoints), ([].as_slice(), 304, 4));
        assert_eq!(report.heads.len(), 4);
        Ok(())
    });
}

#[test]
fn what_is_not_committed_is_not_signed_and_what_waits_has_no_proof() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let body = json!({"unit": 1}).as_object().cloned().unwrap_or_default();
        leaf::write(&mut tx, &[Leaf { kind: "verdict", subject: "1".into(), body }]).await?;
        drop(tx);
        assert!(!ledger::round(&store, &CLOCK, &keys).await?);
        publish(&store, 0..3).await?;
        // The process dies between the tree and the signature: the next round signs what is there.
        assert_eq!(ledger::append(&store, &CLOCK).await?, 4);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let found = leaf::newest(&mut tx, "verdict", "1/set/2025").await?.expect("the leaf");
        assert!(found.position.is_some() && proof::of(&mut tx, &found).await?.is_none());
        drop(tx);
        assert!(ledger::round(&store, &CLOCK, &keys).await?);
        assert_eq!(newest(&store).await?.size, 4);
        #[cfg(unix)]
        for file in ["ledger.key", "ledger.checkpoint"] {
            let mode = std::fs::metadata(folder.path().join("keys").join(file))?.permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600, "{file}");
        }
        Ok(())
    });
}

#[test]
fn what_is_changed_by_hand_is_named() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..20).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let kept = newest(&store).await?.note;
        publish(&store, 20..30).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let found = |kept: Vec<String>| {
            let store = store.clone();
            async move { anyhow::Ok(check::all(&store, &kept, &[]).await?.findings) }
        };
        assert_eq!(found(vec![kept.clone()]).await?, []);
        change(&store, "UPDATE ledger_leaf SET body = REPLACE(body, 'passed', 'failed') WHERE subject = '7/set/2025'")
            .await?;
        assert_eq!(found(vec![]).await?, [Finding::LeafAltered { position: 7, subject: "7/set/2025".into() }]);
        change(&store, "UPDATE ledger_leaf SET body = REPLACE(body, 'failed', 'passed') WHERE subject = '7/set/2025'")
            .await?;
        change(&store, "UPDATE ledger_node SET hash = (SELECT hash FROM ledger_node WHERE id = 0) WHERE id = 2")
            .await?;
        assert!(found(vec![]).await?.contains(&Finding::NodeAltered { position: 1 }));
        // On its right edge the worker sees it too, and does not sign on.
        change(&store, "UPDATE ledger_node SET hash = (SELECT hash FROM ledger_node WHERE id = 0) WHERE id = 62")
            .await?;
        publish(&store, 30..31).await?;
        let refused = ledger::round(&store, &CLOCK, &keys).await;
        assert!(matches!(refused, Err(LedgerError::SetBack { size: 32 })), "{refused:?}");
        change(&store, "DELETE FROM ledger_leaf WHERE subject = '9/set/2025'").await?;
        assert!(found(vec![]).await?.contains(&Finding::LeafRemoved { position: 9 }));
        // Cut off behind the first checkpoint, and its checkpoint with it: one kept elsewhere tells.
        let late = newest(&store).await?.note;
        assert_eq!(checkpoint::read(&late)?.1.size(), 32);
        change(&store, "DELETE FROM ledger_entry WHERE position >= 21").await?;
        change(&store, "DELETE FROM ledger_checkpoint WHERE size > 21").await?;
        assert!(found(vec![late]).await?.iter().any(|f| matches!(f, Finding::CutOff { .. })));
        // A note that somebody else signed.
        let forged = kept.replacen("langso.localhost/tlog\n21", "langso.localhost/tlog\n20", 1);
        assert!(found(vec![forged]).await?.contains(&Finding::Unsigned { size: 20 }));
        Ok(())
    });
}

#[test]
fn a_database_set_back_is_not_signed_on_until_it_is_admitted() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..5).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let earlier = newest(&store).await?;
        publish(&store, 5..9).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let lost = newest(&store).await?;
        // As a backup of before would have it.
        for sql in [
            "DELETE FROM ledger_entry WHERE position >= 6",
            "DELETE FROM ledger_node WHERE id >= 10",
            "DELETE FROM ledger_leaf WHERE id > 6",
            "DELETE FROM ledger_checkpoint WHERE size > 6",
        ] {
            change(&store, sql).await?;
        }
        publish(&store, 100..110).await?;
        let refused = ledger::round(&store, &CLOCK, &keys).await;
        assert!(matches!(refused, Err(LedgerError::SetBack { size }) if size == lost.size), "{refused:?}");
        assert_eq!(newest(&store).await?.size, earlier.size);
        assert!(checkpoint::admit(&store, &CLOCK, &keys, "restored after a fire").await?);
        assert!(newest(&store).await?.size > earlier.size);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let said = leaf::newest(&mut tx, "set-back", "set-back").await?.expect("the leaf");
        assert!(said.body.contains("restored after a fire") && said.position.is_some());
        drop(tx);
        // Who kept the lost one sees the break; what was kept before it still holds.
        let findings = check::all(&store, &[lost.note, earlier.note], &[]).await?.findings;
        assert_eq!(findings, [Finding::OtherTree { size: lost.size }]);
        publish(&store, 110..111).await?;
        assert!(ledger::round(&store, &CLOCK, &keys).await?);
        assert!(!checkpoint::admit(&store, &CLOCK, &keys, "once more").await?, "there is nothing to admit");
        Ok(())
    });
}

#[test]
fn keys_rotate_and_a_lost_one_is_replaced_in_the_open() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let old = proof_of(&store, "1/set/2025").await?;
        let next = checkpoint::rotate(&store, &CLOCK, &keys).await?;
        assert_ne!(old.keys, std::slice::from_ref(&next));
        // Both sign where the one gives way to the other.
        let over = newest(&store).await?;
        for key in [&old.keys[0], &next] {
            let (note, _) = checkpoint::read(&over.note)?;
            note.verify(&keys::verifiers(std::slice::from_ref(key))?)?;
        }
        publish(&store, 3..4).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let fresh = proof_of(&store, "3/set/2025").await?;
        assert!(fresh.check(std::slice::from_ref(&next)).is_ok() && fresh.check(&old.keys).is_err());
        assert!(old.check(&old.keys).is_ok(), "what was proved stays proved");
        // Another folder: the key is gone. Nothing is signed until somebody says why; then the ledger says so and goes on.
        let elsewhere = tempfile::tempdir()?;
        let moved = Keys::of_folder(elsewhere.path(), "https://another.example");
        publish(&store, 4..5).await?;
        let refused = ledger::round(&store, &CLOCK, &moved).await;
        assert!(matches!(&refused, Err(LedgerError::OtherKey { key }) if *key == next), "{refused:?}");
        let refused = checkpoint::rotate(&store, &CLOCK, &moved).await;
        assert!(matches!(&refused, Err(LedgerError::OtherKey { key }) if *key == next), "{refused:?}");
        assert!(!elsewhere.path().join("keys").exists(), "no key was put in the place of the lost one");
        assert!(checkpoint::admit(&store, &CLOCK, &moved, "moved to another machine").await?);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let known = checkpoint::keys(&mut tx).await?;
        assert_eq!(known.iter().filter(|key| key.until.is_none()).count(), 1);
        assert_eq!(known.len(), 3);
        let said = leaf::newest(&mut tx, "key", "key").await?.expect("the leaf");
        assert!(said.body.contains("\"signed\":false") && said.body.contains(&next));
        assert!(said.body.contains("moved to another machine"), "{}", said.body);
        // Whether the database was set back on the way is not to be seen from there: that is said, too.
        let said = leaf::newest(&mut tx, "set-back", "set-back").await?.expect("the leaf");
        assert!(said.body.contains("\"lost\":null") && said.body.contains("moved to another"), "{}", said.body);
        drop(tx);
        let origin = |note: &str| anyhow::Ok(checkpoint::read(note)?.1.origin().to_owned());
        assert_eq!(origin(&newest(&store).await?.note)?, origin(&over.note)?, "witnesses know the ledger by its name");
        publish(&store, 5..6).await?;
        assert!(ledger::round(&store, &CLOCK, &moved).await?);
        // The folder of before signs no more: the database knows another key now.
        publish(&store, 6..7).await?;
        assert!(matches!(ledger::round(&store, &CLOCK, &keys).await, Err(LedgerError::OtherKey { .. })));
        assert_eq!(check::all(&store, &[], &[]).await?.findings, []);
        Ok(())
    });
}
