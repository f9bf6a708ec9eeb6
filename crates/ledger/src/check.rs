//! The whole ledger checked: every leaf against its node, every node against the ones beneath, every checkpoint against the
//! tree and its signature, every noted head against the audit chain.

use crate::{
    Result, checkpoint, keys,
    tree::{self, Nodes},
};
use kernel::Actor;
use std::{collections::BTreeMap, fmt};
use store::{Query, Store, args, audit::Head};
use tlog_tiles::{record_hash, stored_hash_count, stored_hashes_for_record_hash, tree_hash};

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A leaf says something else than when it got its place.
    LeafAltered { position: u64, subject: String },
    /// A leaf, or its place, is gone.
    LeafRemoved { position: u64 },
    /// Nodes above this leaf do not follow from what is beneath.
    NodeAltered { position: u64 },
    /// A checkpoint of this size has another root than the tree: of the database, or one kept elsewhere.
    OtherTree { size: u64 },
    /// A checkpoint is of more leaves than there are: leaves were cut off, or the database was set back.
    CutOff { size: u64 },
    /// A checkpoint is signed by no key of the ledger.
    Unsigned { size: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::LeafAltered { position, .. } => write!(f, "leaf-altered {position}"),
            Finding::LeafRemoved { position } => write!(f, "leaf-removed {position}"),
            Finding::NodeAltered { position } => write!(f, "node-altered {position}"),
            Finding::OtherTree { size } => write!(f, "other-tree {size}"),
            Finding::CutOff { size } => write!(f, "cut-off {size}"),
            Finding::Unsigned { size } => write!(f, "checkpoint-unsigned {size}"),
        }
    }
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub leaves: u64,
    pub checkpoints: u64,
    /// Bytes of leaves that were hashed.
    pub bytes: u64,
    /// Heads of the audit chain that stand in leaves, for `store::audit::verify_against`.
    pub heads: Vec<Head>,
}

/// Leaves held in memory at a time.
const CHUNK: u64 = 10_000;
/// Findings that are named; a ledger with more is beyond telling.
const MOST: usize = 1_000;

/// Checks everything, and checkpoints kept elsewhere (`kept`, as notes) with it. `trusted` are verifier keys had from
/// elsewhere; without any the ledger's own list is believed. Cost: every leaf, place, node and checkpoint once, in memory a
/// chunk at a time.
pub async fn all(store: &Store, kept: &[String], trusted: &[String]) -> Result<Report> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut report = Report::default();
    let own = checkpoint::keys(&mut tx).await?.into_iter().map(|key| key.vkey).collect::<Vec<_>>();
    let verifiers = keys::verifiers(if trusted.is_empty() { &own } else { trusted })?;
    let size = tree::size(&mut tx).await?;
    // By size, what roots are claimed for it.
    let mut claims: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut claim = |note: &str, report: &mut Report| -> Result<()> {
        let (note, tree) = checkpoint::read(note)?;
        if note.verify(&verifiers).is_err() {
            report.findings.push(Finding::Unsigned { size: tree.size() });
        }
        claims.entry(tree.size()).or_default().push(tree.hash().to_string());
        Ok(())
    };
    let mut notes = Vec::new();
    tx.each("SELECT note FROM ledger_checkpoint ORDER BY id", args![], |row| {
        notes.push(row.text(0)?);
        Ok(())
    })
    .await?;
    report.checkpoints = notes.len() as u64;
    for note in notes.iter().chain(kept) {
        claim(note, &mut report)?;
    }
    let (mut at, mut nodes) = (0, Nodes::of(Default::default()));
    while at < size {
        let to = (at + CHUNK).min(size);
        let ids: Vec<u64> = (stored_hash_count(at)..stored_hash_count(to)).collect();
        let there = between(&mut tx, ids[0], ids[ids.len() - 1]).await?;
        let leaves = leaves(&mut tx, at, to, &mut report).await?;
        for position in at..to {
            let first = stored_hash_count(position);
            let own = there.get(&first).copied();
            let reckoned = leaves.get(&position).map(|(body, _)| record_hash(body.as_bytes()));
            match (&reckoned, own) {
                (None, _) => report.findings.push(Finding::LeafRemoved { position }),
                (Some(hash), Some(own)) if *hash != own => {
                    let subject = leaves.get(&position).map_or_else(String::new, |(_, subject)| subject.clone());
                    report.findings.push(Finding::LeafAltered { position, subject });
                }
                _ => {}
            }
            // What stands in the tree is gone on from, so that one altered leaf is one finding.
            let Some(hash) = own.or(reckoned) else { continue };
            let Ok(fresh) = stored_hashes_for_record_hash(position, hash, &nodes) else { continue };
            let follows = (first..).zip(&fresh).all(|(id, hash)| there.get(&id) == Some(hash));
            if !follows {
                report.findings.push(Finding::NodeAltered { position });
            }
            (first..).zip(fresh).for_each(|(id, hash)| nodes.insert(id, hash));
            if let Some(roots) = claims.remove(&(position + 1)) {
                let root = tree_hash(position + 1, &nodes)?.to_string();
                if roots.iter().any(|claimed| *claimed != root) {
                    report.findings.push(Finding::OtherTree { size: position + 1 });
                }
            }
            if report.findings.len() > MOST {
                return Ok(report);
            }
        }
        nodes.keep_edge(to);
        at = to;
    }
    report.leaves = size;
    report.findings.extend(claims.into_keys().filter(|claimed| *claimed > size).map(|size| Finding::CutOff { size }));
    Ok(report)
}

/// Nodes whose numbers are from `first` to `last`. Cost: those rows.
async fn between(
    tx: &mut impl Query,
    first: u64,
    last: u64,
) -> Result<std::collections::HashMap<u64, tlog_tiles::Hash>> {
    let mut found = std::collections::HashMap::new();
    let sql = "SELECT id, hash FROM ledger_node WHERE id BETWEEN $1 AND $2";
    tx.each(sql, args![first as i64, last as i64], |row| {
        let bytes = <[u8; 32]>::try_from(row.blob(1)?).unwrap_or_default();
        found.insert(row.i64(0)? as u64, tlog_tiles::Hash(bytes));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Text and subject of the leaves from one place to before another, by place.
async fn leaves(
    tx: &mut impl Query,
    from: u64,
    to: u64,
    report: &mut Report,
) -> Result<BTreeMap<u64, (String, String)>> {
    let sql = "SELECT e.position, l.body, l.subject, l.kind FROM ledger_entry e JOIN ledger_leaf l ON l.id = e.leaf
               WHERE e.position >= $1 AND e.position < $2";
    let mut found = BTreeMap::new();
    tx.each(sql, args![from as i64, to as i64], |row| {
        let body = row.text(1)?;
        report.bytes += body.len() as u64;
        if row.text(3)? == "audit-head" {
            let said: serde_json::Value = serde_json::from_str(&body)?;
            if let (Some(position), Some(chain)) = (said["position"].as_i64(), said["chain"].as_str()) {
                report.heads.push(Head { position, chain: chain.to_owned() });
            }
        }
        found.insert(row.i64(0)? as u64, (body, row.text(2)?));
        Ok(())
    })
    .await?;
    Ok(found)
}
