//! Checkpoints: the size and root of the tree, signed. One is written in a transaction after the one that wrote its nodes,
//! so that none is published of what is not durable. Where the ledger speaks of itself (another key, a database set back),
//! the leaf, the key, the checkpoint and the line of the audit trail are one transaction: all of it happened, or nothing.

use crate::{Keys, Leaf, LedgerError, Result, keys::Pair, leaf, tree};
use kernel::{Actor, Clock, Moment};
use serde_json::{Value, json};
use signed_note::{Note, Signer};
use store::{AuditLine, Query, Row, Store, WriteTx, args};
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
    /// The verifier key of the ledger that it is signed by.
    pub key: String,
}

const COLUMNS: &str = "id, size, root, at, note, key";

fn signed(row: &Row) -> store::Result<Signed> {
    let (size, at) = (row.i64(1)? as u64, Moment(row.i64(3)?));
    Ok(Signed { id: row.i64(0)?, size, root: row.text(2)?, at, note: row.text(4)?, key: row.text(5)? })
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

/// Checkpoints that a witness may still cosign, newest first: those of a size, or of any. Cost: those rows, `limit` at most.
pub(crate) async fn recent(tx: &mut impl Query, size: Option<i64>, limit: i64) -> store::Result<Vec<Signed>> {
    let (narrowed, given) = match size {
        Some(size) => ("WHERE size = $2", args![limit, size]),
        None => ("", args![limit]),
    };
    let sql = format!("SELECT {COLUMNS} FROM ledger_checkpoint {narrowed} ORDER BY id DESC LIMIT $1");
    tx.rows(&sql, given).await?.iter().map(signed).collect()
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

/// The verifier key that signs now, as the database knows it. Cost: the keys, a handful.
async fn current(tx: &mut impl Query) -> store::Result<Option<String>> {
    Ok(keys(tx).await?.into_iter().find(|key| key.until.is_none()).map(|key| key.vkey))
}

/// The key to sign by: the one that the database knows, and for a ledger that never signed a first one. Where this folder
/// does not hold it, the database was moved or restored, and whether it was set back on the way is not to be seen from
/// here: nothing takes its place until somebody says why. Cost: one row.
async fn signing(tx: &mut impl Query, folder: &Keys, known: Option<&str>) -> Result<Pair> {
    let key = match (known, newest(tx).await?) {
        (Some(vkey), _) => vkey.to_owned(),
        (None, Some(last)) => last.key,
        (None, None) => return folder.first(),
    };
    folder.held(&key)?.ok_or(LedgerError::OtherKey { key })
}

/// Makes the first key known. Cost: one row.
async fn register(tx: &mut WriteTx, vkey: &str) -> store::Result<()> {
    let sql = "INSERT INTO ledger_key (vkey, since) VALUES ($1, $2) ON CONFLICT (vkey) DO NOTHING";
    tx.execute(sql, args![vkey, tx.now()]).await.map(drop)
}

/// Signs the tree as it is durable now, where it grew since the last checkpoint; whether it did. Refuses a tree that does
/// not go on from the last checkpoint, of the database or of the data folder, and a database that knows another key than
/// this folder's. Cost: three right edges of the tree.
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
    let known = current(&mut tx).await?;
    let pair = signing(&mut tx, folder, known.as_deref()).await?;
    if known.is_none() {
        register(&mut tx, &pair.vkey).await?;
    }
    let note = publish(&mut tx, size, &[&pair]).await?;
    tx.commit().await?;
    folder.note_signed(&note, false)?;
    Ok(true)
}

/// Whether a tree of this size goes on from a checkpoint; the leaves of that one. Cost: a right edge of the tree.
async fn continues(tx: &mut impl Query, note: &str, size: u64) -> Result<(bool, u64)> {
    let (_, before) = read(note)?;
    let goes_on = before.size() <= size && tree::root(tx, before.size()).await? == *before.hash();
    Ok((goes_on, before.size()))
}

/// Whether the tree goes on from the last checkpoint that the database knows, and from the last that this folder signed.
pub async fn goes_on(tx: &mut impl Query, folder: &Keys, size: u64) -> Result<()> {
    let noted = newest(tx).await?.map(|last| last.note);
    for note in [noted, folder.last_signed()?].into_iter().flatten() {
        if let (false, size) = continues(tx, &note, size).await? {
            return Err(LedgerError::SetBack { size });
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

/// A transaction in which the ledger speaks of itself, by whoever sits at the machine: meanwhile nobody else gives places or
/// signs, and of two who change the key at once the second sees what the first did.
async fn speaking(store: &Store, clock: &dyn Clock) -> store::Result<WriteTx> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, clock).await?;
    tx.lock("ledger.append").await?;
    tx.lock("ledger.sign").await?;
    Ok(tx)
}

/// A word of the ledger about itself, as a leaf that gets its place at once.
async fn say(tx: &mut WriteTx, kind: &'static str, body: &[(&str, Value)]) -> Result<()> {
    let body = body.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let leaf = leaf::one(tx, Leaf { kind, subject: kind.to_owned(), body }).await?;
    tree::append(tx, &[leaf]).await
}

/// Another key follows the one registered as `before`: a leaf says so, with the reason where the old one does not sign. Its
/// file is there before anybody can know of the key; where the transaction comes to nothing, it is a file that signed nothing.
async fn follow(tx: &mut WriteTx, folder: &Keys, before: &str, unsigned: Option<&str>) -> Result<Pair> {
    let next = folder.next(Some(before))?;
    let (old, new) = (Value::from(before), Value::from(next.vkey.as_str()));
    let mut body = vec![("old", old), ("new", new), ("signed", Value::from(unsigned.is_none()))];
    body.extend(unsigned.map(|reason| ("reason", Value::from(reason))));
    say(tx, "key", &body).await?;
    register(tx, before).await?;
    tx.execute("UPDATE ledger_key SET until = $1 WHERE until IS NULL", args![tx.now()]).await?;
    tx.execute_one("INSERT INTO ledger_key (vkey, since) VALUES ($1, $2)", args![&next.vkey, tx.now()]).await?;
    Ok(next)
}

/// Ends a transaction in which the ledger spoke of itself: a checkpoint of what it said, the line, and after the commit the
/// files. Whoever is stopped between commit and files finds the key by its file beside the present one. `back`: the tree may be
/// behind what this folder signed last.
async fn ended(mut tx: WriteTx, folder: &Keys, pairs: &[&Pair], line: (&'static str, Value), back: bool) -> Result<()> {
    let size = tree::size(&mut tx).await?;
    let note = publish(&mut tx, size, pairs).await?;
    let (action, details) = line;
    tx.audit(AuditLine { action, kind: "ledger", subject: "ledger".into(), unit: None, details }).await?;
    tx.commit().await?;
    if let Some(pair) = pairs.first() {
        folder.held(&pair.vkey)?;
    }
    folder.note_signed(&note, back)
}

/// Another key follows: a leaf says so, and the checkpoint of it is signed by both; the new verifier key. Refused where the
/// old one is not at hand: then [`admit`] says why. Stopped at any point, it is done whole or not begun.
pub async fn rotate(store: &Store, clock: &dyn Clock, folder: &Keys) -> Result<String> {
    let mut tx = speaking(store, clock).await?;
    let size = tree::size(&mut tx).await?;
    goes_on(&mut tx, folder, size).await?;
    let known = current(&mut tx).await?;
    let old = signing(&mut tx, folder, known.as_deref()).await?;
    let next = follow(&mut tx, folder, &old.vkey, None).await?;
    let line = ("ledger.rotate-key", json!({"key": &next.vkey}));
    ended(tx, folder, &[&next, &old], line, false).await?;
    Ok(next.vkey)
}

/// After a database was set back on purpose (restored from a backup), or came to a folder without its key: a leaf names the
/// lost checkpoint, where this folder knows one, and the reason; where the key is not here, another follows, and a leaf says
/// that the old one did not sign. Signing goes on from what there is. Who kept the lost checkpoint sees the break and finds
/// it admitted. Whether there was anything to admit.
pub async fn admit(store: &Store, clock: &dyn Clock, folder: &Keys, reason: &str) -> Result<bool> {
    let mut tx = speaking(store, clock).await?;
    let size = tree::size(&mut tx).await?;
    // What the database itself holds must agree; a changed tree is no restored one.
    if let Some(last) = newest(&mut tx).await?
        && let (false, size) = continues(&mut tx, &last.note, size).await?
    {
        return Err(LedgerError::SetBack { size });
    }
    let lost = folder.last_signed()?;
    let agrees = match &lost {
        Some(note) => continues(&mut tx, note, size).await?.0,
        None => true,
    };
    let known = current(&mut tx).await?;
    let held = match signing(&mut tx, folder, known.as_deref()).await {
        Ok(pair) => Ok(pair),
        Err(LedgerError::OtherKey { key }) => Err(key),
        Err(other) => return Err(other),
    };
    if agrees && held.is_ok() {
        return Ok(false);
    }
    // A folder that never signed cannot tell whether the database was set back: that, too, is said.
    if !agrees || lost.is_none() {
        let body = [("lost", Value::from(lost)), ("size", size.into()), ("reason", reason.into())];
        say(&mut tx, "set-back", &body).await?;
    }
    let pair = match held {
        Ok(pair) => pair,
        Err(before) => follow(&mut tx, folder, &before, Some(reason)).await?,
    };
    register(&mut tx, &pair.vkey).await?;
    let line = ("ledger.admit-restore", json!({"reason": reason, "key": &pair.vkey}));
    ended(tx, folder, &[&pair], line, true).await?;
    Ok(true)
}

/// Seconds since 1970 of a moment, as cosignatures count.
pub(crate) fn seconds(at: Moment) -> u64 {
    u64::try_from(at.0 / 1_000_000).unwrap_or(0)
}
