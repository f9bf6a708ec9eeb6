//! Witnesses: others who sign that they saw a checkpoint go on from the one they saw before (C2SP tlog-cosignature,
//! `cosignature/v1`), so that the ledger cannot show different trees to different people.

use crate::{
    LedgerError, Result, checkpoint,
    keys::{self, COSIGNATURE, parse_skey, parse_vkey, vkey_of},
    tree,
};
use ed25519_dalek::{Signature, Signer as _, Verifier as _, VerifyingKey};
use kernel::Moment;
use signed_note::Note;
use store::{Query, Row, WriteTx, args};
use tlog_tiles::{Hash, TreeProof, check_tree};

/// What a witness signs: the time and the text of the checkpoint.
fn message(seconds: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), text].concat()
}

/// Checks cosignatures of one witness.
pub struct Cosigner {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Cosigner {
    /// Of a verifier key for cosignatures; `None` for any other.
    pub fn new(vkey: &str) -> Option<Cosigner> {
        let (name, kind, public) = parse_vkey(vkey)?;
        let key = VerifyingKey::from_bytes(&public).ok().filter(|_| kind == COSIGNATURE)?;
        let id = signed_note::key_id(&name, &[&[COSIGNATURE], public.as_slice()].concat());
        Some(Cosigner { name, id, key })
    }
}

impl signed_note::Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], sig: &[u8]) -> bool {
        let Some((time, sig)) = sig.split_first_chunk::<8>() else { return false };
        let Ok(sig) = Signature::from_slice(sig) else { return false };
        self.key.verify(&message(u64::from_be_bytes(*time), text), &sig).is_ok()
    }
}

/// A new witness key: the private text and the verifier key.
pub fn new_key(name: &str) -> Result<(String, String)> {
    if !signed_note::is_key_name_valid(name) {
        return Err(LedgerError::Key(name.to_owned()));
    }
    let skey = keys::new_skey(name, COSIGNATURE);
    let vkey = vkey_of_skey(&skey)?;
    Ok((skey, vkey))
}

/// The verifier key of a witness's private text.
pub fn vkey_of_skey(skey: &str) -> Result<String> {
    let (name, kind, key) = parse_skey(skey).ok_or(LedgerError::Malformed("private key"))?;
    Ok(vkey_of(&name, kind, key.verifying_key().as_bytes()))
}

/// What a witness is shown: the size it saw last, what leads from there to the checkpoint, and the checkpoint, in the text
/// of C2SP tlog-witness. Cost: the checkpoint and as [`tree::consistency`].
pub async fn request(tx: &mut impl Query, old: u64) -> Result<Option<String>> {
    let Some(signed) = checkpoint::newest(tx).await? else { return Ok(None) };
    if old > signed.size {
        return Err(LedgerError::SetBack { size: old });
    }
    let mut text = format!("old {old}\n");
    for hash in tree::consistency(tx, signed.size, old).await? {
        text.push_str(&format!("{hash}\n"));
    }
    text.push('\n');
    text.push_str(&signed.note);
    Ok(Some(text))
}

/// What a witness knows of a ledger: the last checkpoint that it signed, as a note.
pub type Seen = Option<String>;

/// The work of a witness, without network or database: holds a request against what it saw before and the ledger's keys,
/// and signs; the cosignature's line, and what it is to remember. Nothing is signed where the tree does not go on.
pub fn cosign(skey: &str, seen: &Seen, request: &str, ledger: &[String], now: Moment) -> Result<(String, String)> {
    let bad = || LedgerError::Malformed("witness request");
    let (head, note_text) = request.split_once("\n\n").ok_or_else(bad)?;
    let mut lines = head.lines();
    let old: u64 = lines.next().and_then(|line| line.strip_prefix("old ")?.parse().ok()).ok_or_else(bad)?;
    let hashes: TreeProof = lines.map(Hash::parse_hash).collect::<std::result::Result<_, _>>().map_err(|_| bad())?;
    let (note, tree) = checkpoint::read(note_text)?;
    note.verify(&keys::verifiers(ledger)?).map_err(|_| LedgerError::Unsigned)?;
    let before = seen.as_deref().map(checkpoint::read).transpose()?.map(|(_, before)| before);
    let known = before.as_ref().map_or(0, |before| before.size());
    if old != known {
        return Err(LedgerError::SetBack { size: known });
    }
    if let Some(before) = before {
        let goes_on = match before.size() == tree.size() {
            true => before.hash() == tree.hash(),
            false => {
                before.size() < tree.size()
                    && check_tree(&hashes, tree.size(), *tree.hash(), before.size(), *before.hash()).is_ok()
            }
        };
        if !goes_on || before.origin() != tree.origin() {
            return Err(LedgerError::SetBack { size: before.size() });
        }
    }
    let (name, kind, key) = parse_skey(skey).ok_or(LedgerError::Malformed("private key"))?;
    let id = signed_note::key_id(&name, &[&[kind], key.verifying_key().as_bytes().as_slice()].concat());
    let seconds = checkpoint::seconds(now);
    let signature = key.sign(&message(seconds, note.text()));
    let bytes = [seconds.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    let line = signed_note::Signature::new(name, id, bytes).map_err(|e| LedgerError::Key(e.to_string()))?;
    Ok((String::from_utf8_lossy(&line.to_bytes()).into_owned(), note_text.to_owned()))
}

/// A witness that the site knows.
#[derive(Clone, Debug)]
pub struct Witness {
    pub id: i64,
    pub vkey: String,
    /// Who it is, as people know them.
    pub holder: String,
    pub since: Moment,
    pub until: Option<Moment>,
}

/// The witnesses, first known first. Cost: those rows, a handful.
pub async fn all(tx: &mut impl Query) -> store::Result<Vec<Witness>> {
    let rows = tx.rows("SELECT id, vkey, holder, since, until FROM ledger_witness ORDER BY id", args![]).await?;
    let witness = |row: &Row| {
        let (since, until) = (Moment(row.i64(3)?), row.opt_i64(4)?.map(Moment));
        Ok(Witness { id: row.i64(0)?, vkey: row.text(1)?, holder: row.text(2)?, since, until })
    };
    rows.iter().map(witness).collect()
}

/// Makes a witness known. Cost: one row.
pub async fn add(tx: &mut WriteTx, vkey: &str, holder: &str) -> Result<()> {
    Cosigner::new(vkey).ok_or_else(|| LedgerError::Key(vkey.to_owned()))?;
    let sql = "INSERT INTO ledger_witness (vkey, holder, since) VALUES ($1, $2, $3)";
    Ok(tx.execute_one(sql, args![vkey.trim(), holder, tx.now()]).await?)
}

/// Checkpoints among which a cosignature finds its own, where nobody names the size: on a busy day a new one comes each
/// second, and a witness that signs by hand is slower.
const RECENT: i64 = 100;

/// A cosignature that holds.
pub struct Cosigned {
    pub witness: Witness,
    /// The number of the checkpoint that it is of.
    pub checkpoint: i64,
    /// Its line, as it stands with the note.
    line: String,
}

/// What a line cosigns: one of the recent checkpoints, or one of the size that is named, by a witness that the site knows.
/// Its signature is what admits it; who sent it is of no account. Cost: the witnesses, and [`RECENT`] checkpoints at most.
pub async fn meant(tx: &mut impl Query, line: &str, size: Option<i64>) -> Result<Cosigned> {
    let sig = signed_note::Signature::from_bytes(line.trim_end_matches('\n').as_bytes())
        .map_err(|_| LedgerError::Malformed("cosignature"))?;
    let by = |witness: Witness| {
        use signed_note::Verifier;
        let cosigner = Cosigner::new(&witness.vkey)?;
        let is_theirs = cosigner.name() == sig.name() && cosigner.key_id() == sig.id();
        (witness.until.is_none() && is_theirs).then_some((witness, cosigner))
    };
    let known: Vec<(Witness, Cosigner)> = all(tx).await?.into_iter().filter_map(by).collect();
    if known.is_empty() {
        // Of a stranger's line no checkpoint is read.
        return Err(LedgerError::Unsigned);
    }
    for signed in checkpoint::recent(tx, size, RECENT).await? {
        let (note, _) = checkpoint::read(&signed.note)?;
        let holds = |cosigner: &Cosigner| signed_note::Verifier::verify(cosigner, note.text(), sig.signature());
        if let Some((witness, _)) = known.iter().find(|(_, cosigner)| holds(cosigner)) {
            let line = String::from_utf8_lossy(&sig.to_bytes()).into_owned();
            return Ok(Cosigned { witness: witness.clone(), checkpoint: signed.id, line });
        }
    }
    Err(LedgerError::Unsigned)
}

/// Adds a cosignature to its checkpoint; whether it was new. Cost: the checkpoint, two rows written.
pub async fn keep(tx: &mut WriteTx, cosigned: &Cosigned) -> Result<bool> {
    tx.lock("ledger.sign").await?;
    let Cosigned { witness, checkpoint, line } = cosigned;
    // Read once more behind the lock: another witness may have signed meanwhile.
    let signed = checkpoint::find(tx, *checkpoint).await?.ok_or(LedgerError::Unsigned)?;
    let sql = "INSERT INTO ledger_cosignature (checkpoint, witness, line, at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (checkpoint, witness) DO NOTHING";
    if tx.execute(sql, args![*checkpoint, witness.id, line, tx.now()]).await? == 0 {
        return Ok(false);
    }
    let note = format!("{}{line}", signed.note);
    // Read as everybody will: no more signatures than a note may have.
    Note::from_bytes(note.as_bytes()).map_err(|_| LedgerError::Malformed("cosignature"))?;
    tx.execute_one("UPDATE ledger_checkpoint SET note = $2 WHERE id = $1", args![*checkpoint, note]).await?;
    Ok(true)
}
