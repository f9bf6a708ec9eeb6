//! An authenticator made of software, for tests of passkeys: a key (P-256), a counter, and what it is told to do wrong.

use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use sha2::{Digest, Sha256};

/// Text without padding, as the web writes bytes (RFC 4648, section 5).
pub fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(char::from(LETTERS[(number >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

fn bytes_of(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let bits: Vec<u8> = text.bytes().flat_map(|c| (0..6).rev().map(move |bit| value(c) >> bit & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |n, bit| n << 1 | bit)).collect()
}

/// What it does; as it should, unless a test says otherwise.
pub struct Authenticator {
    key: SigningKey,
    /// Its id of the credential.
    pub id: Vec<u8>,
    /// The counter of its next signature.
    pub counter: u32,
    /// Whether the user showed that they are its owner.
    pub verified: bool,
    /// The page that the browser says it is on.
    pub origin: String,
    /// The domain it signs for.
    pub domain: String,
    /// The handle it was given.
    pub handle: Vec<u8>,
}

impl Authenticator {
    pub fn new(origin: &str, domain: &str) -> Authenticator {
        // Tests want the same key each time, not a secret one.
        let key = SigningKey::from_slice(&Sha256::digest(origin)).expect("a number below the order of the curve");
        let (origin, domain) = (origin.to_owned(), domain.to_owned());
        Authenticator { key, id: vec![7; 16], counter: 1, verified: true, origin, domain, handle: Vec::new() }
    }

    fn client(&self, kind: &str, challenge: &str) -> String {
        let origin = &self.origin;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let flags = 1 | u8::from(self.verified) << 2 | u8::from(attested) << 6;
        [&Sha256::digest(&self.domain)[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn challenge(options: &str) -> String {
        let options: serde_json::Value = serde_json::from_str(options).expect("options are JSON");
        options["challenge"].as_str().expect("a challenge").to_owned()
    }

    /// The answer to options for a new passkey, as `toJSON` writes it.
    pub fn make(&mut self, options: &str) -> String {
        let asked: serde_json::Value = serde_json::from_str(options).expect("options are JSON");
        self.handle = bytes_of(asked["user"]["id"].as_str().expect("a handle"));
        let point = self.key.verifying_key().to_encoded_point(false);
        let (x, y) = (point.x().expect("a point"), point.y().expect("a point"));
        // A map of five: kty EC2, alg ES256, crv P-256, x, y (RFC 9053, section 7.1).
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat();
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        let data = [&self.data(true)[..], &[0; 16], &length, &self.id, &key].concat();
        let size = u8::try_from(data.len()).expect("fewer than 256 bytes");
        let object = [
            &[0xa3, 0x63][..],
            b"fmt",
            &[0x64],
            b"none",
            &[0x67],
            b"attStmt",
            &[0xa0, 0x68],
            b"authData",
            &[0x58, size],
            &data,
        ]
        .concat();
        let client = self.client("webauthn.create", &Self::challenge(options));
        self.counter += 1;
        let id = base64url(&self.id);
        serde_json::json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client.as_bytes()), "attestationObject": base64url(&object), "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// The answer to options that ask for a passkey, as `toJSON` writes it; the counter goes on.
    pub fn show(&mut self, options: &str) -> String {
        let client = self.client("webauthn.get", &Self::challenge(options));
        let data = self.data(false);
        let signed: Signature = self.key.sign(&[&data[..], &Sha256::digest(&client)[..]].concat());
        self.counter += 1;
        let id = base64url(&self.id);
        serde_json::json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client.as_bytes()), "authenticatorData": base64url(&data),
                "signature": base64url(signed.to_der().as_bytes()), "userHandle": base64url(&self.handle),
            },
        })
        .to_string()
    }
}
