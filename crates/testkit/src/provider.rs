//! A provider of accounts (OpenID Connect) that says what a test tells it to say, right or wrong. Real ones are met by the
//! walks; this one lies.

use crate::authenticator::base64url;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// What it says; as it should, unless a test says otherwise.
#[derive(Clone, Debug)]
pub struct Says {
    /// The claims of the token, as they are when it is asked; `nonce` is put in where it is not there.
    pub claims: Value,
    /// The head of the token.
    pub alg: &'static str,
    /// Whether it signs with a key that nobody knows.
    pub foreign_key: bool,
    /// Whether it says that its answers name it (RFC 9207).
    pub names_itself: bool,
    /// What it says for an access token, beside the token.
    pub userinfo: Value,
    /// Whose its description says it is.
    pub described: String,
}

#[derive(Default)]
struct State {
    says: Option<Says>,
    /// By code: the challenge of PKCE and the nonce it was asked with.
    codes: HashMap<String, (String, String)>,
}

/// A provider that runs until it is dropped with the test.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
}

fn key(foreign: bool) -> SigningKey {
    let seed = if foreign { "foreign" } else { "own" };
    SigningKey::from_slice(&Sha256::digest(seed)).expect("a number below the order of the curve")
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()) << 4 | hex(rest.next()),
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The fields of a form or a query.
pub fn fields(text: &str) -> HashMap<String, String> {
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (decoded(k), decoded(v))).collect()
}

impl Provider {
    pub fn start() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let provider = Provider { issuer, state: Arc::default() };
        let own = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        });
        provider
    }

    /// What a good provider says of `subject` to `client` at `seconds` since 1970.
    pub fn good(&self, client: &str, subject: &str, seconds: i64) -> Says {
        let claims = json!({
            "iss": self.issuer, "aud": client, "sub": subject, "iat": seconds, "exp": seconds + 300,
        });
        let (userinfo, described) = (json!({"sub": subject}), self.issuer.clone());
        Says { claims, alg: "ES256", foreign_key: false, names_itself: true, userinfo, described }
    }

    pub fn says(&self, says: Says) {
        self.state.lock().expect("nobody fell over").says = Some(says);
    }

    /// What a browser brings back that was sent to this address: a code.
    pub fn visit(&self, address: &str) -> HashMap<String, String> {
        let asked = fields(address.split_once('?').expect("a query").1);
        assert_eq!(asked.get("code_challenge_method").map(String::as_str), Some("S256"), "{address}");
        let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let mut state = self.state.lock().expect("nobody fell over");
        let code = format!("code-{}", state.codes.len());
        state.codes.insert(code.clone(), (get("code_challenge"), get("nonce")));
        HashMap::from([("code".into(), code), ("state".into(), get("state")), ("iss".into(), self.issuer.clone())])
    }

    fn token(&self, says: &Says, nonce: &str) -> String {
        let head = json!({"alg": says.alg, "kid": "1"}).to_string();
        let mut claims = says.claims.clone();
        if claims.get("nonce").is_none() {
            claims["nonce"] = nonce.into();
        }
        let text = format!("{}.{}", base64url(head.as_bytes()), base64url(claims.to_string().as_bytes()));
        if says.alg == "none" {
            return format!("{text}.");
        }
        let signed: Signature = key(says.foreign_key).sign(text.as_bytes());
        format!("{text}.{}", base64url(&signed.to_bytes()))
    }

    fn answer(&self, path: &str, body: &str) -> Option<Value> {
        let issuer = &self.issuer;
        let mut state = self.state.lock().ok()?;
        let says = state.says.clone()?;
        match path {
            "/.well-known/openid-configuration" => Some(json!({
                "issuer": says.described, "authorization_endpoint": format!("{issuer}/auth"), "token_endpoint": format!("{issuer}/token"),
                "userinfo_endpoint": format!("{issuer}/me"), "jwks_uri": format!("{issuer}/jwks"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256", "none", "HS256"],
                "authorization_response_iss_parameter_supported": says.names_itself,
            })),
            "/jwks" => {
                let point = key(false).verifying_key().to_encoded_point(false);
                let (x, y) = (base64url(point.x()?), base64url(point.y()?));
                Some(
                    json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": x, "y": y}]}),
                )
            }
            "/token" => {
                let sent = fields(body);
                // A code is taken once, for the verifier of whoever asked for it.
                let (challenge, nonce) = state.codes.remove(sent.get("code")?)?;
                let verifier = base64url(&Sha256::digest(sent.get("code_verifier")?));
                (verifier == challenge).then(|| {
                    json!({"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": self.token(&says, &nonce)})
                })
            }
            "/me" => Some(says.userinfo),
            _ => None,
        }
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).ok()?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let path = first.split(' ').nth(1)?;
        let said = self.answer(path, &String::from_utf8_lossy(&body));
        let (status, text) = match said {
            Some(said) => ("200 OK", said.to_string()),
            None => ("400 Bad Request", json!({"error": "invalid_grant"}).to_string()),
        };
        let head = "content-type: application/json\r\nconnection: close";
        write!(stream, "HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{text}", text.len()).ok()
    }
}
