//! The tree over the leaves, RFC 6962, its nodes kept one row each in tlog's numbering of stored hashes.

use crate::{LedgerError, Result};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};
use store::{Query, StoreError, Value, WriteTx, args};
use tlog_tiles::{
    Error as TreeError, Hash, HashReader, RecordProof, TreeProof, prove_record, prove_tree, stored_hash_count,
    stored_hashes, sub_tree_index, tree_hash,
};

/// Nodes of the tree by number. The library asks for what it needs in the middle of its reckoning; so it reckons twice,
/// first over a reader that only writes down what it is asked for, then over what was read at once.
pub(crate) struct Nodes {
    known: HashMap<u64, Hash>,
    asked: Option<RefCell<Vec<u64>>>,
}

impl Nodes {
    pub(crate) fn of(known: HashMap<u64, Hash>) -> Nodes {
        Nodes { known, asked: None }
    }

    pub(crate) fn insert(&mut self, id: u64, hash: Hash) {
        self.known.insert(id, hash);
    }

    /// Forgets all but the complete subtrees of the first `size` leaves, which is all that what follows can ask for.
    pub(crate) fn keep_edge(&mut self, size: u64) {
        let edge: BTreeSet<u64> = sub_tree_index(0, size, Vec::new()).into_iter().collect();
        self.known.retain(|id, _| edge.contains(id));
    }
}

impl HashReader for Nodes {
    fn read_hashes(&self, indexes: &[u64]) -> std::result::Result<Vec<Hash>, TreeError> {
        match &self.asked {
            Some(asked) => {
                asked.borrow_mut().extend(indexes);
                Ok(vec![tlog_tiles::EMPTY_HASH; indexes.len()])
            }
            None => {
                let found = indexes.iter().map(|id| self.known.get(id).copied());
                found.collect::<Option<_>>().ok_or(TreeError::IndexesNotInTree)
            }
        }
    }
}

/// Reckons over nodes of the store. Cost: the nodes it asks for, at once.
async fn over<T>(
    tx: &mut impl Query,
    reckon: impl Fn(&Nodes) -> std::result::Result<T, TreeError> + Send + Sync,
) -> Result<T> {
    let ids = {
        let asking = Nodes { known: HashMap::new(), asked: Some(RefCell::default()) };
        reckon(&asking)?;
        asking.asked.map(RefCell::into_inner).unwrap_or_default()
    };
    let known = read(tx, &ids).await?;
    Ok(reckon(&Nodes::of(known))?)
}

fn hash(bytes: Vec<u8>) -> store::Result<Hash> {
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::Corrupt("a node of another length".into()))?;
    Ok(Hash(bytes))
}

/// These nodes, where they are. Cost: one row a node.
pub(crate) async fn read(tx: &mut impl Query, ids: &[u64]) -> store::Result<HashMap<u64, Hash>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    // Numbers of our own, never text of a reader.
    let list: Vec<String> = ids.iter().map(u64::to_string).collect();
    let sql = format!("SELECT id, hash FROM ledger_node WHERE id IN ({})", list.join(","));
    tx.rows(&sql, args![]).await?.iter().map(|row| Ok((row.i64(0)? as u64, hash(row.blob(1)?)?))).collect()
}

/// Leaves that have a place. Cost: one row.
pub async fn size(tx: &mut impl Query) -> store::Result<u64> {
    let row = tx.row("SELECT position FROM ledger_entry ORDER BY position DESC LIMIT 1", args![]).await?;
    row.map_or(Ok(0), |row| Ok(row.i64(0)? as u64 + 1))
}

/// The root of the tree over the first `size` leaves. Cost: one row a bit of the size that is set, at most 24 for ten
/// million leaves.
pub async fn root(tx: &mut impl Query, size: u64) -> Result<Hash> {
    over(tx, |nodes| tree_hash(size, nodes)).await
}

/// What leads from a leaf to the root of the first `size`. Cost: at most the logarithm of the size and the bits of its
/// right edge, some 24 to 40 rows for ten million leaves.
pub async fn inclusion(tx: &mut impl Query, size: u64, position: u64) -> Result<RecordProof> {
    over(tx, |nodes| prove_record(size, position, nodes)).await
}

/// Rows that [`inclusion`] reads.
pub fn asked(size: u64, position: u64) -> Result<usize> {
    let asking = Nodes { known: HashMap::new(), asked: Some(RefCell::default()) };
    prove_record(size, position, &asking)?;
    Ok(asking.asked.map_or(0, |asked| asked.into_inner().len()))
}

/// What shows that the tree of `size` leaves begins with that of `old`. Cost: as [`inclusion`].
pub async fn consistency(tx: &mut impl Query, size: u64, old: u64) -> Result<TreeProof> {
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    over(tx, |nodes| prove_tree(size, old, nodes)).await
}

/// Gives leaves the next places. The caller holds the lock of the tree. Cost: the right edge read once; a row for the place
/// and on average two for nodes, and the mark, written a leaf.
pub(crate) async fn append(tx: &mut WriteTx, leaves: &[(i64, String)]) -> Result<()> {
    let first = size(tx).await?;
    let edge = sub_tree_index(0, first, Vec::new());
    let known = read(tx, &edge).await?;
    if known.len() != edge.len() {
        return Err(LedgerError::Tree(TreeError::IndexesNotInTree));
    }
    let mut nodes = Nodes::of(known);
    let (mut entries, mut fresh) = (Vec::with_capacity(leaves.len()), Vec::with_capacity(2 * leaves.len()));
    for (position, (id, body)) in (first..).zip(leaves) {
        entries.push(args![position as i64, *id]);
        for (at, hash) in (stored_hash_count(position)..).zip(stored_hashes(position, body.as_bytes(), &nodes)?) {
            nodes.insert(at, hash);
            fresh.push(args![at as i64, hash.0.to_vec()]);
        }
    }
    tx.insert_many("ledger_entry", &["position", "leaf"], entries.into_iter()).await?;
    tx.insert_many("ledger_node", &["id", "hash"], fresh.into_iter()).await?;
    for some in leaves.chunks(500) {
        let places = store::places(1, some.len());
        let sql = format!("UPDATE ledger_leaf SET appended = 1 WHERE id IN ({})", places);
        tx.execute(&sql, some.iter().map(|(id, _)| Value::from(*id)).collect()).await?;
    }
    Ok(())
}
