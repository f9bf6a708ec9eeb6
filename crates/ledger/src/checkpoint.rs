//! Checkpoints: the size and root of the tree, signed. One is written in a transaction after the one that wrote its nodes,
//! so that none is published of what is not durable.

use crate::{Keys, Leaf, LedgerError, Result, keys::Pair, leaf, tree};
use kernel::{Actor, Clock, Moment};
use serde_json::Value;
use signed_note::{Note, Signer};
use store::{Query, Row, Store, WriteTx, args};
use tlog_tiles::{Checkpoint, Hash};

/// A published checkpoint.
#[derive(Clone, Debug)]
pub struct Signed {
    pub id: i64,
    /// Leaves of the tree.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
    pub at: Moment,
    /// The signed note, as it is published: text, signature, cosignatures of witnesses.
    pub note: String,
}

const COLUMNS: &str = "id, size, root, at, note";

fn signed(row: &Row) -> store::Result<Signed> {
    let (size, at) = (row.i64(1)? as u64, Moment(row.i64(3)?));
    Ok(Signed { id: row.i64(0)?, size, root: row.text(2)?, at, note: row.text(4)? })
}

/// The newest checkpoint. Cost: one row.
pub async fn newest(tx: &mut impl Query) -> store::Result<Option<Signed>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_checkpoint ORDER BY id DESC LIMIT 1");
    tx.row(&sql, args![]).await?.as_ref().map(signed).transpose()
}

/// One checkpoint. Cost: one row.
pub async fn find(tx: &mut impl Query, id: i64) -> store::Result<Option<Signed>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_checkpoint WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(signed).transpose()
}

/// Checkpoints with a size from one to another, newest first or oldest first. Cost: those passed over and those given.
pub async fn list(
    tx: &mut impl Query,
    (from_size, to_size): (i64, i64),
    oldest_first: bool,
    span: (i64, i64),
) -> store::Result<(Vec<Signed>, i64)> {
    let order = if oldest_first { "id" } else { "id DESC" };
    let from = "ledger_checkpoint WHERE size BETWEEN $1 AND $2";
    store::paged(tx, COLUMNS, from, order, args![from_size, to_size], span, signed).await
}

/// Checkpoints after one, oldest first. Cost: those rows.
pub async fn after(tx: &mut impl Query, id: i64, limit: i64) -> store::Result<Vec<Signed>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_checkpoint WHERE id > $1 ORDER BY id LIMIT $2");
    tx.rows(&sql, args![id, limit]).await?.iter().map(signed).collect()
}

/// The checkpoint by which a leaf is proved: the newest that a witness signed too and that holds the leaf, else the newest.
/// Cost: two rows by index.
pub async fn for_proof(tx: &mut impl Query, position: u64) -> store::Result<Option<Signed>> {
    let sql = "SELECT checkpoint FROM ledger_cosignature ORDER BY checkpoint DESC LIMIT 1";
    let witnessed = match tx.row(sql, args![]).await? {
        Some(row) => find(tx, row.i64(0)?).await?.filter(|signed| signed.size > position),
        None => None,
    };
    match witnessed {
        Some(signed) => Ok(Some(signed)),
        None => Ok(newest(tx).await?.filter(|signed| signed.size > position)),
    }
}

/// A verifier key of the ledger and when it signed.
#[derive(Clone, Debug)]
pub struct Key {
    pub vkey: String,
    pub since: Moment,
    pub until: Option<Moment>,
}

/// The keys of the ledger, newest first. Cost: those rows, a handful.
pub async fn keys(tx: &mut impl Query) -> store::Result<Vec<Key>> {
    let rows = tx.rows("SELECT vkey, since, until FROM ledger_key ORDER BY id DESC", args![]).await?;
    let key =
        |row: &Row| Ok(Key { vkey: row.text(0)?, since: Moment(row.i64(1)?), until: row.opt_i64(2)?.map(Moment) });
    rows.iter().map(key).collect()
}

/// A note's text as a checkpoint.
pub fn read(note: &str) -> Result<(Note, Checkpoint)> {
    let note = Note::from_bytes(note.as_bytes()).map_err(|_| LedgerError::Malformed("signed note"))?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| LedgerError::Malformed("checkpoint"))?;
    Ok((note, checkpoint))
}

/// Signs the tree as it is durable now, where it grew since the last checkpoint; whether it did. Refuses a tree that does
/// not go on from the last checkpoint, of the database or of the data folder. Cost: three right edges of the tree.
pub async fn sign(store: &Store, clock: &dyn Clock, folder: &Keys) -> Result<bool> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let (size, last) = (tree::size(&mut tx).await?, newest(&mut tx).await?);
    drop(tx);
    if size == 0 || last.is_some_and(|last| last.size == size) {
        return Ok(false);
    }
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    tx.lock("ledger.sign").await?;
    let size = tree::size(&mut tx).await?;
    goes_on(&mut tx, folder, size).await?;
    let current = keys(&mut tx).await?.into_iter().find(|key| key.until.is_none());
    let pair = match folder.pair(current.as_ref().map(|key| key.vkey.as_str()))? {
        Some(pair) => pair,
        None => {
            // The folder lost the key (the database was moved, say). The ledger says so itself, and goes on by another.
            drop(tx);
            rotate(store, clock, folder).await?;
            return Ok(true);
        }
    };
    if current.is_none() {
        let sql = "INSERT INTO ledger_key (vkey, since) VALUES ($1, $2)";
        tx.execute_one(sql, args![&pair.vkey, tx.now()]).await?;
    }
    let note = publish(&mut tx, size, &[&pair]).await?;
    tx.commit().await?;
    folder.note_signed(&note)?;
    Ok(true)
}

/// Whether the tree goes on from the last checkpoint that the database knows, and from the last that this folder signed.
pub async fn goes_on(tx: &mut impl Query, folder: &Keys, size: u64) -> Result<()> {
    let noted = newest(tx).await?.map(|last| last.note);
    for note in [noted, folder.last_signed()?].into_iter().flatten() {
        let (_, before) = read(&note)?;
        if before.size() > size || tree::root(tx, before.size()).await? != *before.hash() {
            return Err(LedgerError::SetBack { size: before.size() });
        }
    }
    Ok(())
}

/// A checkpoint as a note, signed by these keys; the first gives the ledger its name.
fn signed_text(size: u64, root: Hash, pairs: &[&Pair]) -> Result<String> {
    let name = pairs.first().map_or("", |pair| pair.signer.name());
    let checkpoint = Checkpoint::new(name, size, root, "").map_err(|_| LedgerError::Malformed("checkpoint"))?;
    let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|e| LedgerError::Key(e.to_string()))?;
    let signers: Vec<&dyn Signer> = pairs.iter().map(|pair| &pair.signer as &dyn Signer).collect();
    note.add_sigs(&signers).map_err(|e| LedgerError::Key(e.to_string()))?;
    Ok(String::from_utf8_lossy(&note.to_bytes()).into_owned())
}

/// Writes a checkpoint of the first `size` leaves, signed by these keys; its note.
async fn publish(tx: &mut WriteTx, size: u64, pairs: &[&Pair]) -> Result<String> {
    let root = tree::root(tx, size).await?;
    let note = signed_text(size, root, pairs)?;
    let key = pairs.first().map_or("", |pair| pair.vkey.as_str());
    let sql = "INSERT INTO ledger_checkpoint (size, root, at, key, note) VALUES ($1, $2, $3, $4, $5)";
    tx.execute_one(sql, args![size as i64, root.to_string(), tx.now(), key, &note]).await?;
    Ok(note)
}

/// A word about the ledger itself, as a leaf that gets its place at once.
async fn say(store: &Store, clock: &dyn Clock, kind: &'static str, body: &[(&str, Value)]) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    tx.lock("ledger.append").await?;
    let body = body.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let leaf = leaf::one(&mut tx, Leaf { kind, subject: kind.to_owned(), body }).await?;
    tree::append(&mut tx, &[leaf]).await?;
    Ok(tx.commit().await?)
}

/// Another key follows: a leaf says so, and the next checkpoint is signed by both where the old one is at hand; the new
/// verifier key. Stopped at any point, it is done to its end or not begun when signing goes on.
pub async fn rotate(store: &Store, clock: &dyn Clock, folder: &Keys) -> Result<String> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let current = keys(&mut tx).await?.into_iter().find(|key| key.until.is_none());
    let size = tree::size(&mut tx).await?;
    goes_on(&mut tx, folder, size).await?;
    drop(tx);
    let old = folder.pair(current.as_ref().map(|key| key.vkey.as_str()))?;
    let next = folder.next()?;
    let before = current.map(|key| key.vkey).or_else(|| old.as_ref().map(|pair| pair.vkey.clone()));
    let body =
        [("old", Value::from(before.clone())), ("new", next.vkey.as_str().into()), ("signed", old.is_some().into())];
    say(store, clock, "key", &body).await?;
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    tx.lock("ledger.sign").await?;
    if let Some(before) = &before {
        let known = "INSERT INTO ledger_key (vkey, since) VALUES ($1, $2) ON CONFLICT (vkey) DO NOTHING";
        tx.execute(known, args![before, tx.now()]).await?;
    }
    tx.execute("UPDATE ledger_key SET until = $1 WHERE until IS NULL", args![tx.now()]).await?;
    tx.execute_one("INSERT INTO ledger_key (vkey, since) VALUES ($1, $2)", args![&next.vkey, tx.now()]).await?;
    let size = tree::size(&mut tx).await?;
    let pairs: Vec<&Pair> = [Some(&next), old.as_ref()].into_iter().flatten().collect();
    let note = publish(&mut tx, size, &pairs).await?;
    tx.commit().await?;
    folder.promote()?;
    folder.note_signed(&note)?;
    Ok(next.vkey)
}

/// After a database was set back on purpose (restored from a backup): a leaf names the lost checkpoint and the reason, and
/// signing goes on from what there is. Who kept the lost checkpoint sees the break and finds it admitted.
pub async fn admit(store: &Store, clock: &dyn Clock, folder: &Keys, reason: &str) -> Result<()> {
    let Some(lost) = folder.last_signed()? else { return Ok(()) };
    let (_, before) = read(&lost)?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let size = tree::size(&mut tx).await?;
    let goes_on = before.size() <= size && tree::root(&mut tx, before.size()).await? == *before.hash();
    // What the database itself holds must agree; a changed tree is no restored one.
    if let Some(last) = newest(&mut tx).await? {
        let (_, own) = read(&last.note)?;
        if own.size() > size || tree::root(&mut tx, own.size()).await? != *own.hash() {
            return Err(LedgerError::SetBack { size: own.size() });
        }
    }
    drop(tx);
    if goes_on {
        return Ok(());
    }
    let body = [("lost", Value::from(lost)), ("size", size.into()), ("reason", reason.into())];
    say(store, clock, "set-back", &body).await?;
    // From here on the database's own checkpoints are what is gone on from; the tree holds the lost one.
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let kept = newest(&mut tx).await?.map_or_else(String::new, |last| last.note);
    drop(tx);
    match kept.is_empty() {
        true => folder.forget_signed()?,
        false => folder.note_signed(&kept)?,
    }
    sign(store, clock, folder).await.map(drop)
}

/// Seconds since 1970 of a moment, as cosignatures count.
pub(crate) fn seconds(at: Moment) -> u64 {
    u64::try_from(at.0 / 1_000_000).unwrap_or(0)
}
