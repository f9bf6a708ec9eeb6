//! Secrets at rest: the key of the data folder, which seals what must be read again, and how it is changed ([`rotate`]).

use crate::{AuditLine, Query, Result, Store, Value};
use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead, KeyInit},
};
use kernel::{Actor, Clock};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

/// Random bytes of the system; nothing is safe without them, so their absence ends the program.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A new file that its owner alone reads; refused where there is one, so that of two makers one knows.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that its owner alone reads, whole or not at all, and so that a power cut does not undo it.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // Of two processes that write the same file each has its own beside it.
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&beside);
    let mut file = private(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name too is to outlive a power cut; a file named without a folder stands in the present one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// The key that seals secrets which must be read again. While it is being changed there are two: the first seals, each opens.
#[derive(Clone)]
pub struct SecretKey {
    ring: Arc<RwLock<Vec<ChaCha20Poly1305>>>,
    /// Where it is kept; none of a key that was given.
    file: Option<PathBuf>,
}

fn cipher(key: [u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(key))
}

/// The keys of a file, one a line.
fn read(path: &Path) -> io::Result<Vec<[u8; 32]>> {
    let text = fs::read_to_string(path)?;
    let key = |line: &str| hex::decode(line.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let keys: Option<Vec<_>> = text.lines().filter(|line| !line.trim().is_empty()).map(key).collect();
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| io::Error::other(format!("{} holds no key", path.display())))
}

fn write(path: &Path, keys: &[[u8; 32]]) -> io::Result<()> {
    write_private(path, &keys.iter().map(hex::encode).collect::<Vec<_>>().join("\n"))
}

fn opened(ring: &[ChaCha20Poly1305], sealed: &str) -> Option<Vec<u8>> {
    let bytes = hex::decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(12)?;
    let nonce = Nonce::from(<[u8; 12]>::try_from(nonce).ok()?);
    ring.iter().find_map(|key| key.decrypt(&nonce, sealed).ok())
}

impl SecretKey {
    /// Of a data folder, `keys/secret.key`: made at the first start, readable by its owner only.
    pub fn of_folder(data: &Path) -> io::Result<SecretKey> {
        let folder = data.join("keys");
        let path = folder.join("secret.key");
        let keys = match read(&path) {
            Ok(keys) => keys,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                let key = random::<32>();
                let mut file = private(&path)?;
                file.write_all(hex::encode(key).as_bytes())?;
                file.sync_all()?;
                vec![key]
            }
            Err(error) => return Err(error),
        };
        let ring = Arc::new(RwLock::new(keys.into_iter().map(cipher).collect()));
        Ok(SecretKey { ring, file: Some(path) })
    }

    pub fn new(key: [u8; 32]) -> SecretKey {
        SecretKey { ring: Arc::new(RwLock::new(vec![cipher(key)])), file: None }
    }

    fn with<T>(&self, does: impl FnOnce(&[ChaCha20Poly1305]) -> T) -> T {
        does(&self.ring.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Seals bytes: a nonce and what is sealed, in hexadecimal.
    pub fn seal(&self, bytes: &[u8]) -> String {
        let nonce = random::<12>();
        let sealed = self.with(|ring| ring[0].encrypt(&Nonce::from(nonce), bytes).unwrap_or_default());
        hex::encode([&nonce[..], &sealed].concat())
    }

    /// What was sealed by this key, as it was; `None` otherwise. What does not open may have been sealed by a key that came
    /// meanwhile: then the file is read again, so that a running program goes on while [`rotate`] works beside it.
    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        if let Some(bytes) = self.with(|ring| opened(ring, sealed)) {
            return Some(bytes);
        }
        let newer: Vec<_> = read(self.file.as_ref()?).ok()?.into_iter().map(cipher).collect();
        let bytes = opened(&newer, sealed)?;
        *self.ring.write().unwrap_or_else(std::sync::PoisonError::into_inner) = newer;
        Some(bytes)
    }

    /// What was sealed by an older key than the one that seals now; `None` of what that one sealed, and of what none opens.
    fn old(&self, sealed: &str) -> Option<Vec<u8>> {
        let is_new = self.with(|ring| opened(&ring[..1], sealed).is_some());
        if is_new { None } else { self.open(sealed) }
    }
}

/// A column of sealed texts, empty or null where there is none, in a table with a column `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
}

/// What a change of the key did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Texts sealed anew.
    pub anew: usize,
    /// Texts that no key opens; they stay as they are.
    pub lost: usize,
}

/// Rows of one transaction.
const PART: i64 = 200;

/// Seals a part of a column anew, of rows after this id; the last id of the part, `None` where there is none. What somebody wrote
/// meanwhile is left as they wrote it. Cost: the rows of the part, read and written.
pub async fn reseal_part(
    store: &Store,
    key: &SecretKey,
    Sealed { table, column }: Sealed,
    after: i64,
    clock: &dyn Clock,
    done: &mut Rotated,
) -> Result<Option<i64>> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, clock).await?;
    let sql = format!("SELECT id, {column} FROM {table} WHERE id > $1 AND {column} <> '' ORDER BY id LIMIT {PART}");
    let rows = tx.rows(&sql, vec![after.into()]).await?;
    let (mut when, mut ids, mut olds) = (String::new(), Vec::new(), Vec::new());
    let mut args: Vec<Value> = Vec::new();
    let mut last = None;
    for row in &rows {
        let (id, sealed) = (row.i64(0)?, row.text(1)?);
        last = Some(id);
        let Some(bytes) = key.old(&sealed) else {
            done.lost += usize::from(key.open(&sealed).is_none());
            continue;
        };
        let at = args.len();
        when += &format!(" WHEN ${} THEN ${}", at + 1, at + 2);
        ids.push(id.to_string());
        olds.push(format!("${}", at + 1));
        args.extend([sealed.into(), key.seal(&bytes).into()]);
    }
    if !ids.is_empty() {
        let (ids, olds) = (ids.join(","), olds.join(","));
        let sql = format!(
            "UPDATE {table} SET {column} = CASE {column}{when} ELSE {column} END WHERE id IN ({ids}) AND {column} IN ({olds})"
        );
        let touched = tx.execute(&sql, args).await?;
        let details = serde_json::json!({"column": column, "rows": touched});
        let subject = table.to_owned();
        tx.audit_quietly(AuditLine { action: "store.resealed", kind: "secret", subject, unit: None, details }).await?;
        tx.commit().await?;
        done.anew += usize::try_from(touched).unwrap_or_default();
    }
    Ok(last)
}

/// Changes the key of a data folder: a new one is written before the old one, everything that was sealed is sealed anew by it.
/// The old one stays behind it, for a program that runs and still seals by it, until this is done again with `finish`: then what
/// such a program sealed is sealed anew, too, and the old key is gone. Stopped at any moment, everything opens, and the same
/// again goes on from there. Cost: the rows with something sealed, 200 a transaction.
pub async fn rotate(store: &Store, data: &Path, all: &[Sealed], clock: &dyn Clock, finish: bool) -> Result<Rotated> {
    SecretKey::of_folder(data)?;
    let path = data.join("keys").join("secret.key");
    // Of two that change it at once one waits; the system lets go of the lock of one that was killed.
    let alone = fs::File::create(path.with_extension("lock"))?;
    alone.lock()?;
    let keys = read(&path)?;
    if keys.len() == 1 && !finish {
        write(&path, &[random::<32>(), keys[0]])?;
    }
    let key = SecretKey::of_folder(data)?;
    let mut done = Rotated::default();
    for &sealed in all {
        let mut after = 0;
        while let Some(last) = reseal_part(store, &key, sealed, after, clock, &mut done).await? {
            after = last;
        }
    }
    if finish {
        write(&path, &read(&path)?[..1])?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_alone() {
        let (key, other) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let sealed = key.seal(b"a secret");
        assert_eq!(key.open(&sealed).as_deref(), Some(&b"a secret"[..]));
        assert_eq!(other.open(&sealed), None);
        assert_eq!(key.open(&sealed.replace(&sealed[30..31], if &sealed[30..31] == "0" { "1" } else { "0" })), None);
        assert_ne!(key.seal(b"a secret"), sealed);
    }

    #[test]
    fn the_key_of_a_folder_stays_and_is_its_owners() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let sealed = SecretKey::of_folder(folder.path())?.seal(b"x");
        assert_eq!(SecretKey::of_folder(folder.path())?.open(&sealed).as_deref(), Some(&b"x"[..]));
        #[cfg(unix)]
        {
            let mode = fs::metadata(folder.path().join("keys/secret.key"))?;
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
        }
        Ok(())
    }
}
