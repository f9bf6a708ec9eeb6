//! The key that signs checkpoints, in the data folder; and beside it the last checkpoint it signed, so that a database
//! that was set back to an earlier day is not signed on as if nothing had happened.

use crate::{LedgerError, Result, standing::Refusal};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use kernel::Moment;
use signed_note::{Signer, StandardSigner, StandardVerifier, VerifierList, new_ed25519_verifier_key};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use store::secrets::{random, write_private};

/// What a note of the ledger is signed by.
pub(crate) const ED25519: u8 = 1;
/// What a witness signs by: an Ed25519 key whose signatures carry a time (C2SP tlog-cosignature).
pub(crate) const COSIGNATURE: u8 = 4;

/// The folder of the key, and what the ledger is called where a key has still to be made.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
    name: String,
    /// Why this process does not sign, where it does not: the worker says it, pages show it.
    refused: Arc<Mutex<Option<Refusal>>>,
    /// Since when the key that the database knows is lacking here.
    lacking: Arc<Mutex<Option<Moment>>>,
}

/// So long a key that is not here is left to a program that has it and signs beside this one, in microseconds.
const PATIENCE: i64 = 5_000_000;

/// A private key with its public one.
pub struct Pair {
    pub signer: StandardSigner,
    /// The verifier key: `name+id+base64`, C2SP signed-note.
    pub vkey: String,
    /// The private text, as the file holds it.
    skey: String,
}

/// The number that stands with a signature: the first four bytes of a hash over name, kind and key.
pub(crate) fn vkey_of(name: &str, kind: u8, public: &[u8]) -> String {
    let key = [&[kind], public].concat();
    format!("{name}+{:08x}+{}", signed_note::key_id(name, &key), BASE64_STANDARD.encode(&key))
}

/// Name, kind and public key of a verifier key; `None` where its parts do not belong together.
pub(crate) fn parse_vkey(vkey: &str) -> Option<(String, u8, [u8; 32])> {
    let mut parts = vkey.trim().splitn(3, '+');
    let (name, _, key) = (parts.next()?, parts.next()?, parts.next()?);
    let key = BASE64_STANDARD.decode(key).ok()?;
    let (&kind, public) = key.split_first()?;
    let public = <[u8; 32]>::try_from(public).ok()?;
    (signed_note::is_key_name_valid(name) && vkey_of(name, kind, &public) == vkey.trim())
        .then(|| (name.to_owned(), kind, public))
}

/// Seed and name of a private key's text, `PRIVATE+KEY+name+id+base64`.
pub(crate) fn parse_skey(skey: &str) -> Option<(String, u8, SigningKey)> {
    let mut parts = skey.trim().strip_prefix("PRIVATE+KEY+")?.splitn(3, '+');
    let (name, _, key) = (parts.next()?, parts.next()?, parts.next()?);
    let key = BASE64_STANDARD.decode(key).ok()?;
    let (&kind, seed) = key.split_first()?;
    Some((name.to_owned(), kind, SigningKey::from_bytes(&<[u8; 32]>::try_from(seed).ok()?)))
}

/// A new private key's text.
pub(crate) fn new_skey(name: &str, kind: u8) -> String {
    let seed = random::<32>();
    let public = SigningKey::from_bytes(&seed).verifying_key();
    let id = signed_note::key_id(name, &[&[kind], public.as_bytes().as_slice()].concat());
    format!("PRIVATE+KEY+{name}+{id:08x}+{}", BASE64_STANDARD.encode([&[kind], seed.as_slice()].concat()))
}

impl Pair {
    fn of(skey: &str) -> Result<Pair> {
        let skey = skey.trim().to_owned();
        let signer = StandardSigner::new(&skey).map_err(|e| LedgerError::Key(e.to_string()))?;
        let (_, _, key) = parse_skey(&skey).ok_or(LedgerError::Malformed("private key"))?;
        let vkey = new_ed25519_verifier_key(signer.name(), &key.verifying_key());
        Ok(Pair { signer, vkey, skey })
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Keys {
    /// Of a data folder. `origin` is where everybody reaches the site; it gives a new ledger its name.
    pub fn of_folder(data: &Path, origin: &str) -> Keys {
        let host = origin.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        let host = if host.is_empty() { "langso.localhost" } else { host };
        Keys {
            folder: data.join("keys"),
            name: format!("{host}/tlog"),
            refused: Arc::default(),
            lacking: Arc::default(),
        }
    }

    /// Why the worker of this process did not sign when it last tried; nothing where it did.
    pub fn refused(&self) -> Option<Refusal> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn refuse(&self, refusal: Option<Refusal>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    /// Whether a key that is not here is left to a program that has it: so long as it was not lacking for [`PATIENCE`].
    pub(crate) fn leaves_it(&self, lacks: bool, now: Moment) -> bool {
        let mut since = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        *since = lacks.then(|| since.unwrap_or(now));
        since.is_some_and(|since| now.0 - since.0 < PATIENCE)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The key registered as `vkey`, where a file here holds it. One that was to follow and is registered takes its place:
    /// whoever rotated was stopped before that.
    pub(crate) fn held(&self, vkey: &str) -> Result<Option<Pair>> {
        // The first once more at the end: another process may put the second in its place between two looks.
        for name in ["ledger.key", "ledger-next.key", "ledger.key"] {
            let Some(text) = read(&self.path(name))? else { continue };
            let pair = Pair::of(&text)?;
            if pair.vkey != vkey {
                continue;
            }
            if name == "ledger-next.key" {
                fs::rename(self.path(name), self.path("ledger.key"))?;
            }
            return Ok(Some(pair));
        }
        Ok(None)
    }

    /// The first key of a ledger that has none: the one in the folder, made where there is none.
    pub(crate) fn first(&self) -> Result<Pair> {
        if let Some(text) = read(&self.path("ledger.key"))? {
            return Pair::of(&text);
        }
        fs::create_dir_all(&self.folder)?;
        let pair = Pair::of(&new_skey(&self.name, ED25519))?;
        write_private(&self.path("ledger.key"), &pair.skey)?;
        Ok(pair)
    }

    /// A key that is to follow the one registered as `before`, in a file beside the present one; it takes over its name, by
    /// which witnesses know the ledger. One that lay there and was never registered signed nothing, and gives way.
    pub(crate) fn next(&self, before: Option<&str>) -> Result<Pair> {
        fs::create_dir_all(&self.folder)?;
        let name = before.and_then(parse_vkey).map_or_else(|| self.name.clone(), |(name, ..)| name);
        let pair = Pair::of(&new_skey(&name, ED25519))?;
        write_private(&self.path("ledger-next.key"), &pair.skey)?;
        Ok(pair)
    }

    /// The last checkpoint that was signed here, as it was published.
    pub fn last_signed(&self) -> Result<Option<String>> {
        Ok(read(&self.path("ledger.checkpoint"))?)
    }

    /// Notes a checkpoint that was signed. `back`: also behind the last one; else a process that was slower than another leaves
    /// what that one noted.
    pub(crate) fn note_signed(&self, note: &str, back: bool) -> Result<()> {
        let size = |note: &str| crate::checkpoint::read(note).map(|(_, tree)| tree.size());
        if !back
            && let Some(last) = self.last_signed()?
            && size(&last)? > size(note)?
        {
            return Ok(());
        }
        Ok(write_private(&self.path("ledger.checkpoint"), note)?)
    }
}

/// Verifier keys of the ledger, to check notes by. One that is named twice is one: the library holds two of one name and
/// number to be ambiguous, and then believes neither.
pub fn verifiers(vkeys: &[String]) -> Result<VerifierList> {
    let one = |vkey: &str| -> Result<Box<dyn signed_note::Verifier>> {
        let bad = || LedgerError::Key(vkey.to_owned());
        let (_, kind, _) = parse_vkey(vkey).ok_or_else(bad)?;
        match kind {
            ED25519 => Ok(Box::new(StandardVerifier::new(vkey).map_err(|_| bad())?)),
            COSIGNATURE => Ok(Box::new(crate::witness::Cosigner::new(vkey).ok_or_else(bad)?)),
            _ => Err(bad()),
        }
    };
    let distinct: BTreeSet<&str> = vkeys.iter().map(|vkey| vkey.trim()).collect();
    Ok(VerifierList::new(distinct.into_iter().map(one).collect::<Result<_>>()?))
}
