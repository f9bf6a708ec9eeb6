//! A proof that one leaf stands in the tree of a signed checkpoint, whole in one file and checked without the site:
//! C2SP tlog-proof, and around it JSON with the text of the leaf and the verifier keys.

use crate::{LedgerError, Result, checkpoint, keys, leaf::Found, tree};
use serde::{Deserialize, Serialize};
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
    /// Verifier keys of the ledger as the site names them. Who checks holds them against keys had from elsewhere.
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
    /// Names of the keys whose signatures hold.
    pub signed_by: Vec<String>,
    /// Whether the keys were given by who checks, and not taken from the file.
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
    let Some(position) = leaf.position else { return Ok(None) };
    let Some(signed) = checkpoint::for_proof(tx, position).await? else { return Ok(None) };
    let hashes = tree::inclusion(tx, signed.size, position).await?;
    let keys = checkpoint::keys(tx).await?.into_iter().map(|key| key.vkey).collect();
    let witnesses = crate::witness::all(tx).await?.into_iter().map(|witness| witness.vkey).collect();
    let proof = text(position, &hashes, &signed.note);
    Ok(Some(Proof { v: VERSION, leaf: leaf.body.clone(), proof, keys, witnesses }))
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
    /// of the keys in the file, which proves less. No database, no network.
    pub fn check(&self, trusted: &[String]) -> Result<Holds> {
        let (position, hashes, note) = parse(&self.proof)?;
        let (note, tree) = checkpoint::read(note)?;
        if position >= tree.size() {
            return Err(LedgerError::NotInside);
        }
        let leaf = record_hash(self.leaf.as_bytes());
        check_record(&hashes, tree.size(), *tree.hash(), position, leaf).map_err(|_| LedgerError::NotInside)?;
        let own = if trusted.is_empty() { &self.keys } else { trusted };
        let known: Vec<String> = own.iter().chain(&self.witnesses).cloned().collect();
        let (good, _) = note.verify(&keys::verifiers(&known)?).map_err(|_| LedgerError::Unsigned)?;
        // A witness alone does not speak for the ledger.
        let ids = |vkeys: &[String]| -> Vec<String> {
            vkeys.iter().filter_map(|vkey| Some(vkey.split('+').nth(1)?.to_owned())).collect()
        };
        let by_ledger = |sig: &&signed_note::Signature| {
            sig.name() == tree.origin() && ids(own).contains(&format!("{:08x}", sig.id()))
        };
        if !good.iter().any(|sig| by_ledger(&sig)) {
            return Err(LedgerError::Unsigned);
        }
        Ok(Holds {
            position,
            size: tree.size(),
            origin: tree.origin().to_owned(),
            signed_by: good.iter().map(|sig| sig.name().to_owned()).collect(),
            trusted: !trusted.is_empty(),
        })
    }
}
