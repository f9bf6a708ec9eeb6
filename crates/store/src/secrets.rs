//! Secrets at rest: the key of the data folder, which seals what must be read again.

use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead, KeyInit},
};
use std::{fs, io, io::Write, path::Path};

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
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = private(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name too is to outlive a power cut; a file named without a folder stands in the present one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// The key that seals secrets which must be read again.
#[derive(Clone)]
pub struct SecretKey(ChaCha20Poly1305);

impl SecretKey {
    /// Of a data folder, `keys/secret.key`: made at the first start, readable by its owner only.
    pub fn of_folder(data: &Path) -> io::Result<SecretKey> {
        let folder = data.join("keys");
        let path = folder.join("secret.key");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                let text = hex::encode(random::<32>());
                let mut file = private(&path)?;
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
                text
            }
            Err(error) => return Err(error),
        };
        let bytes = hex::decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(SecretKey::new).ok_or_else(|| io::Error::other(format!("{} holds no key", path.display())))
    }

    pub fn new(key: [u8; 32]) -> SecretKey {
        SecretKey(ChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Seals bytes: a nonce and what is sealed, in hexadecimal.
    pub fn seal(&self, bytes: &[u8]) -> String {
        let nonce = random::<12>();
        let sealed = self.0.encrypt(&Nonce::from(nonce), bytes).unwrap_or_default();
        hex::encode([&nonce[..], &sealed].concat())
    }

    /// What was sealed by this key, as it was; `None` otherwise.
    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(12)?;
        let nonce = <[u8; 12]>::try_from(nonce).ok()?;
        self.0.decrypt(&Nonce::from(nonce), sealed).ok()
    }
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
