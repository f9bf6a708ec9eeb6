//! The key that signs checkpoints, in the data folder; and beside it the last checkpoint it signed, so that a database
//! that was set back to an earlier day is not signed on as if nothing had happened.

use crate::{LedgerError, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use signed_note::{Signer, StandardSigner, StandardVerifier, VerifierList, new_ed25519_verifier_key};
use std::{
    fs, io,
    path::{Path, PathBuf},
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
}

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
        Keys { folder: data.join("keys"), name: format!("{host}/tlog") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The key that signs: the one registered as `vkey`, where a file holds it; with none registered the one in the folder,
    /// made where there is none. A key that was to follow and is registered takes its place.
    pub(crate) fn pair(&self, vkey: Option<&str>) -> Result<Option<Pair>> {
        for name in ["ledger.key", "ledger-next.key"] {
            let Some(text) = read(&self.path(name))? else { continue };
            let pair = Pair::of(&text)?;
            if vkey.is_none_or(|wanted| wanted == pair.vkey) {
                if name == "ledger-next.key" {
                    self.promote()?;
                }
                return Ok(Some(pair));
            }
        }
        if vkey.is_some() {
            return Ok(None);
        }
        fs::create_dir_all(&self.folder)?;
        let pair = Pair::of(&new_skey(&self.name, ED25519))?;
        write_private(&self.path("ledger.key"), &pair.skey)?;
        Ok(Some(pair))
    }

    /// A key that is to follow, in a file beside the present one.
    pub(crate) fn next(&self) -> Result<Pair> {
        fs::create_dir_all(&self.folder)?;
        let name = match read(&self.path("ledger.key"))? {
            Some(text) => Pair::of(&text)?.signer.name().to_owned(),
            None => self.name.clone(),
        };
        let pair = Pair::of(&new_skey(&name, ED25519))?;
        write_private(&self.path("ledger-next.key"), &pair.skey)?;
        Ok(pair)
    }

    /// The key that was to follow is the present one; the one before is gone.
    pub(crate) fn promote(&self) -> Result<()> {
        Ok(fs::rename(self.path("ledger-next.key"), self.path("ledger.key"))?)
    }

    /// The last checkpoint that was signed here, as it was published.
    pub fn last_signed(&self) -> Result<Option<String>> {
        Ok(read(&self.path("ledger.checkpoint"))?)
    }

    pub(crate) fn forget_signed(&self) -> Result<()> {
        match fs::remove_file(self.path("ledger.checkpoint")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn note_signed(&self, note: &str) -> Result<()> {
        Ok(write_private(&self.path("ledger.checkpoint"), note)?)
    }
}

/// Verifier keys of the ledger, to check notes by.
pub fn verifiers(vkeys: &[String]) -> Result<VerifierList> {
    let one = |vkey: &String| -> Result<Box<dyn signed_note::Verifier>> {
        let bad = || LedgerError::Key(vkey.clone());
        let (_, kind, _) = parse_vkey(vkey).ok_or_else(bad)?;
        match kind {
            ED25519 => Ok(Box::new(StandardVerifier::new(vkey.trim()).map_err(|_| bad())?)),
            COSIGNATURE => Ok(Box::new(crate::witness::Cosigner::new(vkey).ok_or_else(bad)?)),
            _ => Err(bad()),
        }
    };
    Ok(VerifierList::new(vkeys.iter().map(one).collect::<Result<_>>()?))
}
