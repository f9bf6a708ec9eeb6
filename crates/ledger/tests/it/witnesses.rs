//! Witnesses: what they sign, what is taken of them, and what a proof says of them.

use crate::{ROOMS, newest, proof_of, publish};
use anyhow::Result;
use kernel::{Actor, Clock};
use ledger::{Keys, LedgerError, check, checkpoint, proof::Proof, witness};
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

pub const WITNESS: &str = "mttq.example.vn/nhan-chung";

pub async fn request(store: &Store, old: u64) -> Result<String> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(witness::request(&mut tx, old).await?.expect("a checkpoint"))
}

/// Makes a witness known.
pub async fn know(store: &Store, vkey: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    witness::add(&mut tx, vkey, "Mặt trận Tổ quốc tỉnh").await?;
    Ok(tx.commit().await?)
}

/// Takes a line; of whom it is, and whether it was new.
async fn take(store: &Store, line: &str, size: Option<i64>) -> Result<(String, bool), LedgerError> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let cosigned = witness::meant(&mut tx, line, size).await?;
    drop(tx);
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let new = witness::keep(&mut tx, &cosigned).await?;
    tx.commit().await?;
    Ok((cosigned.witness.holder, new))
}

#[test]
fn a_witness_signs_what_goes_on_and_nothing_else() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        publish(&store, 0..5).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let ledger = proof_of(&store, "1/set/2025").await?.keys;
        let (skey, vkey) = witness::new_key("mttq.example.vn/nhan-chung")?;
        let now = kernel::Clock::now(&CLOCK);
        let (line, seen) = witness::cosign(&skey, &None, &request(&store, 0).await?, &ledger, now)?;
        assert!(matches!(take(&store, &line, None).await, Err(LedgerError::Unsigned)), "nobody knows this witness");
        know(&store, &vkey).await?;
        assert_eq!(take(&store, &line, None).await?, ("Mặt trận Tổ quốc tỉnh".to_owned(), true));
        assert!(!take(&store, &line, None).await?.1, "twice is once");
        let proof = proof_of(&store, "1/set/2025").await?;
        assert_eq!((proof.check(&ledger)?.signed_by.len(), proof.check(&ledger)?.named.len()), (1, 1));
        // A witness does not speak for the ledger.
        let mut alone = proof.clone();
        alone.proof =
            proof.proof.lines().filter(|l| !l.starts_with("— langso.localhost")).collect::<Vec<_>>().join("\n") + "\n";
        assert!(matches!(alone.check(&ledger), Err(LedgerError::Unsigned)));
        publish(&store, 5..40).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let size = checkpoint::read(&seen)?.1.size();
        let seen = Some(seen);
        let good = request(&store, size).await?;
        assert!(witness::cosign(&skey, &seen, &good, &ledger, now).is_ok());
        // Without the way from what was seen, from another size, or of a tree that is not the same: nothing is signed.
        let without = format!("old {size}\n\n{}", good.split_once("\n\n").expect("a note").1);
        assert!(matches!(witness::cosign(&skey, &seen, &without, &ledger, now), Err(LedgerError::SetBack { .. })));
        assert!(witness::cosign(&skey, &seen, &request(&store, 0).await?, &ledger, now).is_err());
        assert!(witness::cosign(&skey, &seen, &good, &[vkey], now).is_err(), "not the ledger's signature");
        Ok(())
    });
}

/// Name and number, as a proof tells who signed.
fn short(vkey: &str) -> String {
    vkey.splitn(3, '+').take(2).collect::<Vec<_>>().join("+")
}

/// A file whose maker added a witness of their own: a key called like the real one, and its signature.
fn forged(good: &Proof, line: &str, vkey: &str) -> Proof {
    let mut file = good.clone();
    file.witnesses.push(vkey.to_owned());
    file.proof.push_str(line);
    file
}

#[test]
fn a_witness_that_only_the_file_names_is_told_apart_from_one_whose_key_was_given() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        publish(&store, 0..5).await?;
        ledger::round(&store, &CLOCK, &Keys::of_folder(folder.path(), "")).await?;
        let (real, real_vkey) = witness::new_key(WITNESS)?;
        let (other, other_vkey) = witness::new_key(WITNESS)?;
        know(&store, &real_vkey).await?;
        let ledger = proof_of(&store, "1/set/2025").await?.keys;
        let asked = request(&store, 0).await?;
        let (line, _) = witness::cosign(&real, &None, &asked, &ledger, CLOCK.now())?;
        let (theirs, _) = witness::cosign(&other, &None, &asked, &ledger, CLOCK.now())?;
        // Before the real one signed: a maker of files cannot speak for it.
        let file = forged(&proof_of(&store, "1/set/2025").await?, &theirs, &other_vkey);
        let holds = file.check(&ledger)?;
        assert!(holds.trusted && holds.witnesses.is_empty(), "{holds:?}");
        assert_eq!((&holds.signed_by, &holds.named), (&vec![short(&ledger[0])], &vec![short(&other_vkey)]));
        let holds = file.check(&[])?;
        assert!(!holds.trusted && holds.witnesses.is_empty() && holds.named.len() == 1, "{holds:?}");
        take(&store, &line, None).await?;
        let proof = proof_of(&store, "1/set/2025").await?;
        let given = [ledger[0].clone(), real_vkey.clone()];
        let holds = forged(&proof, &theirs, &other_vkey).check(&given)?;
        assert_eq!((&holds.witnesses, &holds.named), (&vec![short(&real_vkey)], &vec![short(&other_vkey)]));
        // A key of the file that is none, or stands there twice, spoils no word of the ledger.
        let mut odd = proof.clone();
        odd.witnesses.extend(["nonsense".to_owned(), real_vkey.clone(), other_vkey]);
        assert_eq!(odd.check(&ledger)?.named, [short(&real_vkey)]);
        // Not even a witness that calls itself like the ledger speaks for it.
        let (alike, alike_vkey) = witness::new_key("langso.localhost/tlog")?;
        let (line, _) = witness::cosign(&alike, &None, &asked, &ledger, CLOCK.now())?;
        let file = forged(&proof, &line, &alike_vkey);
        assert!(matches!(file.check(&[alike_vkey]), Err(LedgerError::Unsigned)));
        Ok(())
    });
}

#[test]
fn a_key_that_is_given_twice_is_one_key() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        publish(&store, 0..5).await?;
        ledger::round(&store, &CLOCK, &Keys::of_folder(folder.path(), "")).await?;
        let (skey, vkey) = witness::new_key(WITNESS)?;
        know(&store, &vkey).await?;
        let ledger = proof_of(&store, "1/set/2025").await?.keys;
        let twice = [ledger[0].clone(), format!(" {}", ledger[0])];
        let (line, _) = witness::cosign(&skey, &None, &request(&store, 0).await?, &twice, CLOCK.now())?;
        take(&store, &line, None).await?;
        let proof = proof_of(&store, "1/set/2025").await?;
        assert!(proof.check(&twice)?.trusted);
        // The file lists the same witness: given as well, it is the one that was given.
        let holds = proof.check(&[ledger[0].clone(), vkey.clone(), vkey.clone()])?;
        assert_eq!((holds.signed_by.len(), holds.witnesses, holds.named.len()), (1, vec![short(&vkey)], 0));
        assert_eq!(check::all(&store, &[], &twice).await?.findings, []);
        Ok(())
    });
}

#[test]
fn a_cosignature_finds_its_checkpoint_among_the_recent_ones_and_an_older_one_by_its_size() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        let (skey, vkey) = witness::new_key(WITNESS)?;
        know(&store, &vkey).await?;
        publish(&store, 0..1).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let ledger = proof_of(&store, "0/set/2025").await?.keys;
        let first = newest(&store).await?;
        let (line, _) = witness::cosign(&skey, &None, &request(&store, 0).await?, &ledger, CLOCK.now())?;
        // A second later there is another one.
        publish(&store, 1..2).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let second = newest(&store).await?;
        assert!(matches!(take(&store, &line, Some(second.size as i64)).await, Err(LedgerError::Unsigned)));
        assert!(take(&store, &line, None).await?.1);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT checkpoint FROM ledger_cosignature";
        let rows = tx.rows(sql, args![]).await?.iter().map(|row| row.i64(0)).collect::<store::Result<Vec<_>>>()?;
        let signed = checkpoint::find(&mut tx, first.id).await?.expect("the first");
        assert!(rows == [first.id] && signed.note.ends_with(&line), "{rows:?} {}", signed.note);
        assert!(!newest(&store).await?.note.contains(&line));
        drop(tx);
        // Beyond the recent ones a line finds nothing by itself.
        let (slow, slow_vkey) = witness::new_key("cham.example.vn/nhan-chung")?;
        know(&store, &slow_vkey).await?;
        let asked = format!("old 0\n\n{}", first.note);
        let (line, _) = witness::cosign(&slow, &None, &asked, &ledger, CLOCK.now())?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let rows = (0..100).map(|_| args![second.size as i64, &second.root, 0i64, &second.key, &second.note]);
        let columns = ["size", "root", "at", "key", "note"];
        tx.insert_many("ledger_checkpoint", &columns, rows.collect::<Vec<_>>().into_iter()).await?;
        tx.commit().await?;
        assert!(matches!(take(&store, &line, None).await, Err(LedgerError::Unsigned)));
        assert!(take(&store, &line, Some(first.size as i64)).await?.1);
        Ok(())
    });
}
