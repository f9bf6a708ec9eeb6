//! The public ledger: what was published stands in a Merkle tree whose heads are signed, so that anybody can show later that
//! a result is the one that was published, and that nothing was taken out or changed since.
//!
//! A room writes a [`Leaf`] in the transaction that publishes a result. A moment later [`round`] gives committed leaves
//! their places in the tree, and in a transaction of its own signs a checkpoint of what is durable. Format and checks are
//! those of C2SP (tlog-checkpoint, signed-note, tlog-tiles, tlog-proof, tlog-cosignature) over RFC 6962; `docs/proof.md`
//! describes the leaves.

pub mod check;
pub mod checkpoint;
pub mod keys;
pub mod leaf;
mod pages;
pub mod proof;
pub mod standing;
pub mod tree;
pub mod witness;

pub use keys::Keys;
pub use leaf::Leaf;
pub use pages::{description, problem, room};
pub use standing::Standing;

use kernel::{Actor, Clock};
use store::{Query, Store, StoreError, args};

/// What stands in the way of a checkpoint or a proof.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("files: {0}")]
    Files(#[from] std::io::Error),
    #[error("tree: {0}")]
    Tree(#[from] tlog_tiles::Error),
    #[error("key: {0}")]
    Key(String),
    /// A text that should be a signed note, a checkpoint or a proof is none.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The tree does not go on from a checkpoint that was signed before: it was set back, or made anew.
    #[error(
        "the tree does not go on from the checkpoint of {size} leaves; a database restored on purpose is admitted by \
         `langso audit admit-restore --reason TEXT`"
    )]
    SetBack { size: u64 },
    /// The database knows the ledger by a key that this folder does not hold: it was moved or restored without its folder.
    #[error(
        "the data folder does not hold the ledger's key {key}: bring the old keys folder back, or say why by \
         `langso audit admit-restore --reason TEXT`"
    )]
    OtherKey { key: String },
    /// A signature that should hold does not, or none is by a known key.
    #[error("no signature by a known key")]
    Unsigned,
    /// The leaf does not lead to the head of the tree.
    #[error("the leaf is not in the tree of the checkpoint")]
    NotInside,
}

pub type Result<T> = std::result::Result<T, LedgerError>;

/// The ledger's own tables. `ledger_node` holds the tree in the numbering of stored hashes that tlog uses; a leaf's place
/// is counted from 0.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration {
    room: "ledger",
    version: 1,
    name: "leaves, tree, checkpoints, keys, cosignatures",
    sql: "
CREATE TABLE ledger_leaf (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
    appended INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX ledger_leaf_subject ON ledger_leaf (kind, subject, id);
CREATE INDEX ledger_leaf_kind ON ledger_leaf (kind, id);
CREATE INDEX ledger_leaf_waiting ON ledger_leaf (id) WHERE appended = 0;
CREATE TABLE ledger_entry (position INTEGER PRIMARY KEY, leaf INTEGER NOT NULL UNIQUE) STRICT;
CREATE TABLE ledger_node (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE ledger_checkpoint (
    id INTEGER PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_checkpoint_size ON ledger_checkpoint (size);
CREATE TABLE ledger_key (
    id INTEGER PRIMARY KEY, vkey TEXT NOT NULL UNIQUE, since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE TABLE ledger_witness (
    id INTEGER PRIMARY KEY, vkey TEXT NOT NULL UNIQUE, holder TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE TABLE ledger_cosignature (
    id INTEGER PRIMARY KEY, checkpoint INTEGER NOT NULL, witness INTEGER NOT NULL, line TEXT NOT NULL,
    at INTEGER NOT NULL, UNIQUE (checkpoint, witness)
) STRICT;
",
}];

/// One round of the worker: committed leaves get their places, their tree a signed checkpoint. Whether anything was done.
/// Cost where nothing waits: five statements, four rows by index.
pub async fn round(store: &Store, clock: &dyn Clock, keys: &Keys) -> Result<bool> {
    let appended = append(store, clock).await?;
    let signed = checkpoint::sign(store, clock, keys).await?;
    Ok(appended > 0 || signed)
}

/// Leaves that get their places in one transaction, at most.
const BATCH: i64 = 10_000;
/// The chain of the audit trail is noted in the tree whenever a result is, and after so many microseconds without one.
const HEAD_EVERY: i64 = 3_600_000_000;

/// Gives committed leaves their places; how many. Before it takes them it seals the audit trail: of a leaf it saw, the line
/// was committed in the same transaction and is sealed now. With results goes the head of the chain, so that the trail
/// cannot be changed without the tree telling. Cost: five rows a leaf, and the right edge of the tree.
pub async fn append(store: &Store, clock: &dyn Clock) -> Result<u64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT id FROM ledger_leaf WHERE appended = 0 ORDER BY id LIMIT $1";
    let mut seen: Vec<i64> = Vec::new();
    for row in tx.rows(sql, args![BATCH]).await? {
        seen.push(row.i64(0)?);
    }
    let sql = "SELECT at, subject FROM ledger_leaf WHERE kind = 'audit-head' ORDER BY id DESC LIMIT 1";
    let noted = tx.row(sql, args![]).await?.map(|row| Ok::<_, StoreError>((row.i64(0)?, row.text(1)?))).transpose()?;
    let chain = store::audit::head(&mut tx).await?;
    drop(tx);
    let late = noted.as_ref().is_none_or(|(at, _)| clock.now().0 - at >= HEAD_EVERY);
    let moved = |head: &store::audit::Head| noted.as_ref().is_none_or(|(_, at)| *at != head.position.to_string());
    if seen.is_empty() && !(late && chain.as_ref().is_some_and(moved)) {
        return Ok(0);
    }
    store::audit::seal(store, clock).await?;
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    tx.lock("ledger.append").await?;
    let sql = "SELECT id, body FROM ledger_leaf WHERE appended = 0 AND id <= $1 ORDER BY id";
    let mut leaves = Vec::new();
    for row in tx.rows(sql, args![seen.last().copied().unwrap_or(0)]).await? {
        // One with a lower number that was committed meanwhile waits for the next round, when its line is sealed.
        if seen.binary_search(&row.i64(0)?).is_ok() {
            leaves.push((row.i64(0)?, row.text(1)?));
        }
    }
    if let Some(head) = store::audit::head(&mut tx).await?.filter(moved) {
        leaves.push(leaf::audit_head(&mut tx, &head).await?);
    }
    let count = leaves.len() as u64;
    tree::append(&mut tx, &leaves).await?;
    tx.commit().await?;
    Ok(count)
}
