//! Secrets: made at random, shown once, kept as a hash. What must be read again is sealed by the key of the data folder
//! ([`SecretKey`]).

use sha2::{Digest, Sha256};

pub use store::secrets::{SecretKey, random};

/// A secret of 256 bits, as 64 hexadecimal digits.
pub fn secret() -> String {
    hex::encode(random::<32>())
}

/// What is kept of a secret. Its own randomness makes salt and stretching needless.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// A code that people type from paper: 20 letters and digits without those that look alike, 5 a group; 96 bits.
pub fn code() -> String {
    const LETTERS: &[u8; 28] = b"23456789ABCDEFGHJKMNPQRSTVWX";
    let mut text = String::new();
    while text.len() < 23 {
        for byte in random::<32>() {
            // Of the 256 bytes those that would favour some letters are passed over.
            if usize::from(byte) < 252 && text.len() < 23 {
                if matches!(text.len(), 5 | 11 | 17) {
                    text.push('-');
                }
                text.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_four_groups_of_five() {
        let code = code();
        assert!(code.split('-').count() == 4 && code.split('-').all(|group| group.len() == 5), "{code}");
    }
}
