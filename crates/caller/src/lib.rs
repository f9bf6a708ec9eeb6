//! Calls addresses that somebody else named: webhooks, signed as Standard Webhooks asks ([`Caller::call`]), and what another
//! installation is to take ([`Caller::deliver`]). Only by https, never into the networks this machine stands in, never on to where an
//! answer points.

mod reach;

use axum::http::{Method, Request, StatusCode, Uri, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::TokioExecutor,
};
use sha2::Sha256;
use std::{fmt, future::Future, net::SocketAddr, pin::Pin, time::Duration};

pub use reach::is_public;

/// How long a call may take as a whole.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a delivery may: a nation's year over a weak line.
const PATIENCE_FOR_PARCELS: Duration = Duration::from_secs(1_800);
/// Bytes of an answer that are read.
const MOST_OF_AN_ANSWER: usize = 16_384;

/// How far calls reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `https` to public addresses.
    World,
    /// `http` to this machine too: for whoever develops.
    Loopback,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("not an address")]
    Unread,
    #[error("not https")]
    Plain,
    /// Names and passwords in addresses end up in logs.
    #[error("an address with a name or password")]
    Login,
    #[error("an address of a private network")]
    Private,
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("{0}")]
    Wrong(#[from] Wrong),
    /// It answered, with something else than 2xx.
    #[error("answered {0}")]
    Status(u16),
    #[error("no answer in time")]
    Late,
    #[error("{0}")]
    Broken(String),
}

/// Reads an address that may be called; what its name leads to is looked at when it is called.
pub fn address(text: &str, reach: Reach) -> Result<Uri, Wrong> {
    let uri: Uri = text.trim().parse().map_err(|_| Wrong::Unread)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(Wrong::Unread) };
    if authority.as_str().contains('@') {
        return Err(Wrong::Login);
    }
    let host = authority.host();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let here = literal.is_some_and(|ip: std::net::IpAddr| ip.is_loopback());
    match scheme {
        // Connected to as they stand, so they are looked at here.
        "https" => match literal {
            Some(_) if here && reach == Reach::Loopback => Ok(uri),
            Some(ip) if !is_public(ip) => Err(Wrong::Private),
            _ if host.is_empty() => Err(Wrong::Unread),
            _ => Ok(uri),
        },
        "http" if reach == Reach::Loopback && here => Ok(uri),
        "http" => Err(Wrong::Plain),
        _ => Err(Wrong::Unread),
    }
}

/// The addresses of a name that may be called: all that are public. Connected to are these and no others, so that a name which
/// says something else a moment later gets nowhere.
fn resolve(name: Name) -> Pin<Box<dyn Future<Output = std::io::Result<std::vec::IntoIter<SocketAddr>>> + Send>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
        match public.is_empty() {
            true => Err(std::io::Error::other(Wrong::Private)),
            false => Ok(public.into_iter()),
        }
    })
}

type Resolver = tower::util::ServiceFn<
    fn(Name) -> Pin<Box<dyn Future<Output = std::io::Result<std::vec::IntoIter<SocketAddr>>> + Send>>,
>;

/// A secret of an endpoint: 32 bytes, written `whsec_` and Base64.
pub struct Secret([u8; 32]);

impl Secret {
    pub fn new(bytes: [u8; 32]) -> Secret {
        Secret(bytes)
    }

    /// The signature of a call: HMAC-SHA256 over its number, its second and its body.
    pub fn sign(&self, id: &str, second: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(format!("{id}.{second}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Display for Secret {
    /// As its owner enters it elsewhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "whsec_{}", STANDARD.encode(self.0))
    }
}

/// A call to be made.
pub struct Call<'a> {
    pub url: &'a str,
    /// The same each time the same event is sent: by it whoever receives it tells a repeat.
    pub id: &'a str,
    /// Seconds since 1970.
    pub second: i64,
    pub body: &'a str,
}

/// What is sent, piece by piece.
type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// Something that a program elsewhere is to take.
pub struct Parcel {
    pub url: String,
    /// As whom it is let in there: the value of `Authorization`, which no log sees.
    pub authorization: String,
    pub media_type: String,
    /// The same each time the same thing is sent, for whoever knows `Idempotency-Key`.
    pub key: String,
    /// Bytes that come, in all.
    pub size: u64,
    pub bytes: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
}

/// What was answered, whatever it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    /// Its first bytes, as text.
    pub text: String,
}

/// The signatures of a call, with blanks between: whoever receives it holds it true where one of them is right.
fn signatures(call: &Call<'_>, secrets: &[Secret]) -> String {
    let signed = secrets.iter().map(|secret| secret.sign(call.id, call.second, call.body));
    signed.collect::<Vec<_>>().join(" ")
}

/// Makes calls.
pub struct Caller {
    reach: Reach,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
}

impl Caller {
    /// With the certificates of the system. Errors: where it has none.
    pub fn new(reach: Reach) -> std::io::Result<Caller> {
        let resolver: fn(Name) -> _ = resolve;
        let mut tcp = HttpConnector::new_with_resolver(tower::service_fn(resolver));
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(PATIENCE));
        let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().wrap_connector(tcp);
        // No connection outlives its call: the next one looks the name up again.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(tls);
        Ok(Caller { reach, client })
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Posts a body with its signature, one by each of the secrets that count, as the standard has it; what is answered is not read. A redirection is an answer like any other that is not
    /// 2xx: nobody is sent anywhere.
    pub async fn call(&self, call: &Call<'_>, secrets: &[Secret]) -> Result<StatusCode, Failed> {
        let uri = address(call.url, self.reach)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "langso-webhook")
            .header("webhook-id", call.id)
            .header("webhook-timestamp", call.second.to_string())
            .header("webhook-signature", signatures(call, secrets))
            .body(
                Full::new(Bytes::copy_from_slice(call.body.as_bytes())).map_err(|never| match never {}).boxed_unsync(),
            )
            .map_err(|error| Failed::Broken(error.to_string()))?;
        let (status, _) = in_time(PATIENCE, self.sent(request)).await?;
        if status.is_success() { Ok(status) } else { Err(Failed::Status(status.as_u16())) }
    }

    /// Posts a parcel, and reads the beginning of what is answered. Memory does not grow with it. Errors: where nothing was answered;
    /// whoever sends it again under the same key does it no harm.
    pub async fn deliver(&self, parcel: Parcel) -> Result<Answered, Failed> {
        let uri = address(&parcel.url, self.reach)?;
        let frames = parcel.bytes.map(|part| part.map(hyper::body::Frame::data));
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, parcel.media_type)
            .header(header::CONTENT_LENGTH, parcel.size)
            .header(header::AUTHORIZATION, parcel.authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "langso")
            .header("idempotency-key", parcel.key)
            .body(BodyExt::boxed_unsync(StreamBody::new(frames)))
            .map_err(|error| Failed::Broken(error.to_string()))?;
        let answered = async {
            let (status, mut body) = self.sent(request).await?;
            let mut text = BytesMut::new();
            while text.len() < MOST_OF_AN_ANSWER
                && let Some(frame) = body.frame().await
            {
                let frame = frame.map_err(|error| Failed::Broken(root(&error).to_string()))?;
                text.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..]));
            }
            text.truncate(MOST_OF_AN_ANSWER);
            Ok(Answered { status: status.as_u16(), text: String::from_utf8_lossy(&text).into_owned() })
        };
        in_time(PATIENCE_FOR_PARCELS, answered).await
    }

    async fn sent(&self, request: Request<Body>) -> Result<(StatusCode, hyper::body::Incoming), Failed> {
        let answer = self.client.request(request).await.map_err(|error| Failed::Broken(root(&error).to_string()))?;
        Ok((answer.status(), answer.into_body()))
    }
}

async fn in_time<T>(patience: Duration, what: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::time::timeout(patience, what).await.unwrap_or(Err(Failed::Late))
}

/// What lies beneath an error: "no such name", not "client error".
fn root<'e>(error: &'e (dyn std::error::Error + 'static)) -> &'e (dyn std::error::Error + 'static) {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_public() {
        for (text, reach, expected) in [
            ("https://hook.example/in?a=1", Reach::World, Ok(())),
            ("https://203.0.113.7/", Reach::World, Err(Wrong::Private)),
            ("https://8.8.8.8/", Reach::World, Ok(())),
            ("https://[::1]/", Reach::World, Err(Wrong::Private)),
            ("https://[::ffff:10.0.0.1]/", Reach::World, Err(Wrong::Private)),
            ("https://169.254.169.254/latest", Reach::World, Err(Wrong::Private)),
            ("https://user:word@hook.example/", Reach::World, Err(Wrong::Login)),
            ("http://hook.example/", Reach::World, Err(Wrong::Plain)),
            ("http://127.0.0.1:9/", Reach::World, Err(Wrong::Plain)),
            ("http://127.0.0.1:9/", Reach::Loopback, Ok(())),
            ("http://10.0.0.1/", Reach::Loopback, Err(Wrong::Plain)),
            ("https://10.0.0.1/", Reach::Loopback, Err(Wrong::Private)),
            ("ftp://hook.example/", Reach::World, Err(Wrong::Unread)),
            ("/in", Reach::World, Err(Wrong::Unread)),
            ("", Reach::World, Err(Wrong::Unread)),
        ] {
            assert_eq!(address(text, reach).map(drop), expected, "{text} {reach:?}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_this_machine_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let caller = Caller::new(Reach::World).expect("a caller");
        let url = format!("https://localhost:{port}/");
        let call = Call { url: &url, id: "msg_1", second: 1, body: "{}" };
        let failed = caller.call(&call, &[Secret::new([1; 32])]).await;
        assert_eq!(failed, Err(Failed::Broken(Wrong::Private.to_string())));
        let came = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(came.is_err(), "it was called");
    }

    #[test]
    fn a_signature_is_as_the_standard_says() {
        // The example of the specification's own libraries.
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("Base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).expect("a key");
        let (id, second, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        mac.update(format!("{id}.{second}.{body}").as_bytes());
        let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), expected);
        let secret = Secret::new([7; 32]);
        assert!(secret.to_string().starts_with("whsec_BwcH") && secret.sign("a", 1, "b").starts_with("v1,"));
        assert_ne!(secret.sign("a", 1, "b"), secret.sign("a", 2, "b"));
    }
}
