//! A proof that one leaf stands in the tree of a signed checkpoint, whole in one file and checked without the site:
//! C2SP tlog-proof, and around it JSON with the text of the leaf and the verifier keys.

use crate::{
    LedgerError, Result,
    checkpoint::{self, Signed},
    keys::{self, ED25519, parse_vkey},
    leaf::Found,
    tree,
};
use serde::{Deserialize, Serialize};
use signed_note::{Note, NoteError};
use std::collections::BTreeSet;
use store::Query;
use tlog_tiles::{Hash, RecordProof, check_record, record_hash};

/// The version of the JSON around a proof.
pub const VERSION: u32 = 1;
/// What a tlog-proof begins with.
const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// More hashes than any tree needs.
const MOST_HASHES: usize = 63;

/// A proof in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof {
    pub v: u32,
    /// The leaf as it was hashed, byte for byte.
    pub leaf: String,
    /// C2SP tlog-proof: place, hashes that lead to the root, and the signed checkpoint.
    pub proof: String,
    /// Verifier keys of the ledger as the site names them, first the one that signed this checkpoint. Who checks holds them
    /// against keys had from elsewhere.
    pub keys: Vec<String>,
    /// Verifier keys of the witnesses as the site names them.
    #[serde(default)]
    pub witnesses: Vec<String>,
}

/// What a proof says, when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// The place of the leaf, from 0.
    pub position: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// What the ledger is called.
    pub origin: String,
    /// Keys of the ledger whose signatures hold: name and number of each.
    pub signed_by: Vec<String>,
    /// Witnesses whose signatures hold by a key that who checks gave.
    pub witnesses: Vec<String>,
    /// Witnesses whose signatures hold by a key that only the file names. Anybody who makes a file may make such a key, and
    /// call it as they like.
    pub named: Vec<String>,
    /// Whether the ledger's keys were given by who checks, and not taken from the file.
    pub trusted: bool,
}

/// The text of a tlog-proof.
pub fn text(position: u64, hashes: &[Hash], note: &str) -> String {
    let mut text = format!("{FIRST}\nindex {position}\n");
    hashes.iter().for_each(|hash| text.push_str(&format!("{hash}\n")));
    text.push('\n');
    text.push_str(note);
    text
}

/// Place, hashes and note of a tlog-proof.
fn parse(text: &str) -> Result<(u64, RecordProof, &str)> {
    let bad = || LedgerError::Malformed("tlog-proof");
    let (head, note) = text.split_once("\n\n").ok_or_else(bad)?;
    let mut lines = head.lines();
    if lines.next() != Some(FIRST) {
        return Err(bad());
    }
    // What is extra is nobody's word.
    let mut lines = lines.skip_while(|line| line.starts_with("extra "));
    let position = lines.next().and_then(|line| line.strip_prefix("index ")?.parse().ok()).ok_or_else(bad)?;
    let hashes = lines.map(Hash::parse_hash).collect::<std::result::Result<Vec<_>, _>>().map_err(|_| bad())?;
    if hashes.len() > MOST_HASHES {
        return Err(bad());
    }
    Ok((position, hashes, note))
}

/// The proof of a leaf; `None` while it waits for its place or for the signature. Cost: the
/// checkpoint, the keys, and as [`tree::inclusion`].
pub async fn of(tx: &mut impl Query, leaf: &Found) -> Result<Option<Proof>> {
    Ok(with_checkpoint(tx, leaf).await?.map(|(proof, _)| proof))
}

/// The same with the checkpoint by which it is proved: what is said beside a proof is of that one, and of the key that
/// signed it, not of the newest. Cost: as [`of`].
pub async fn with_checkpoint(tx: &mut impl Query, leaf: &Found) -> Result<Option<(Proof, Signed)>> {
    let Some(position) = leaf.position else { return Ok(None) };
    let Some(signed) = checkpoint::for_proof(tx, position).await? else { return Ok(None) };
    let hashes = tree::inclusion(tx, signed.size, position).await?;
    let others = checkpoint::keys(tx).await?.into_iter().map(|key| key.vkey).filter(|vkey| *vkey != signed.key);
    let keys = std::iter::once(signed.key.clone()).chain(others).collect();
    let witnesses = crate::witness::all(tx).await?.into_iter().map(|witness| witness.vkey).collect();
    let proof = text(position, &hashes, &signed.note);
    Ok(Some((Proof { v: VERSION, leaf: leaf.body.clone(), proof, keys, witnesses }, signed)))
}

/// Whether this key signed the note. Each key is asked alone, so that none makes another ambiguous. Fails where the note
/// bears its name and number over a signature that does not hold.
fn is_signed(note: &Note, vkey: &str) -> Result<bool> {
    match note.verify(&keys::verifiers(&[vkey.to_owned()])?) {
        Ok(_) => Ok(true),
        Err(NoteError::UnverifiedNote) => Ok(false),
        Err(_) => Err(LedgerError::Unsigned),
    }
}

/// These keys, each once.
fn distinct(vkeys: &[String]) -> BTreeSet<&str> {
    vkeys.iter().map(|vkey| vkey.trim()).collect()
}

/// Name and number of a verifier key, by which people tell keys of one name apart.
fn short(vkey: &str) -> String {
    vkey.splitn(3, '+').take(2).collect::<Vec<_>>().join("+")
}

impl Proof {
    /// Reads a proof's file.
    pub fn from_text(text: &str) -> Result<Proof> {
        let proof: Proof = serde_json::from_str(text).map_err(|_| LedgerError::Malformed("proof"))?;
        if proof.v != VERSION {
            return Err(LedgerError::Malformed("proof of this version"));
        }
        Ok(proof)
    }

    /// Checks it: the leaf leads to the root, and the root is signed by one of `trusted`, or where none are given, by one
    /// of the keys in the file, which proves less. What the file says of witnesses is told apart from what is known by a key
    /// of `trusted`. No database, no network.
    pub fn check(&self, trusted: &[String]) -> Result<Holds> {
        let (position, hashes, note) = parse(&self.proof)?;
        let (note, tree) = checkpoint::read(note)?;
        if position >= tree.size() {
            return Err(LedgerError::NotInside);
        }
        let leaf = record_hash(self.leaf.as_bytes());
        check_record(&hashes, tree.size(), *tree.hash(), position, leaf).map_err(|_| LedgerError::NotInside)?;
        let own = distinct(if trusted.is_empty() { &self.keys } else { trusted });
        let (mut signed_by, mut witnesses) = (Vec::new(), Vec::new());
        for vkey in own.iter().copied() {
            if !is_signed(&note, vkey)? {
                continue;
            }
            // A witness alone does not speak for the ledger, whatever it is called.
            match parse_vkey(vkey) {
                Some((name, ED25519, _)) if name == tree.origin() => signed_by.push(short(vkey)),
                _ => witnesses.push(short(vkey)),
            }
        }
        if signed_by.is_empty() {
            return Err(LedgerError::Unsigned);
        }
        // A key of the file that is none, or that signed nothing that holds, is nobody's word, and spoils no other's.
        let others = distinct(&self.witnesses).into_iter().filter(|vkey| !own.contains(vkey));
        let holds = |vkey: &&str| matches!(is_signed(&note, vkey), Ok(true));
        let mut named: Vec<String> = others.filter(holds).map(short).collect();
        if trusted.is_empty() {
            named.append(&mut witnesses);
        }
        Ok(Holds {
            position,
            size: tree.size(),
            origin: tree.origin().to_owned(),
            signed_by,
            witnesses,
            named,
            trusted: !trusted.is_empty(),
        })
    }
}
