//! Asks over HTTP: no redirects, no more than a provider has to say, not for ever.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::{future::Future, pin::Pin, time::Duration};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes it may have.
const MOST: usize = 1_000_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failed(String);

pub(crate) struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Whether an address may be asked: over https, or on this machine.
pub(crate) fn allowed(address: &str) -> Result<(), String> {
    let rest = match address.split_once("://") {
        Some(("https", _)) => return Ok(()),
        Some(("http", rest)) => rest,
        _ => return Err(format!("{address} is no address")),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") { Ok(()) } else { Err(format!("{address} is not https")) }
}

impl Http {
    pub fn new() -> std::io::Result<Http> {
        let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        Ok(Http(Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(30)).build(tls)))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            // A provider names further addresses itself: they are held to the same.
            allowed(&request.uri().to_string()).map_err(Failed)?;
            let asked = async {
                let answer = self.0.request(request.map(|body| Full::new(Bytes::from(body)))).await;
                let (head, body) = answer.map_err(|e| Failed(crate::told(&e)))?.into_parts();
                let body = Limited::new(body, MOST).collect().await.map_err(|e| Failed(e.to_string()))?;
                Ok(HttpResponse::from_parts(head, body.to_bytes().to_vec()))
            };
            tokio::time::timeout(PATIENCE, asked)
                .await
                .unwrap_or_else(|_| Err(Failed("no answer in ten seconds".into())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_asked_over_https_or_on_this_machine() {
        for good in ["https://login.example/realm", "http://127.0.0.1:4000", "http://localhost/x"] {
            assert!(allowed(good).is_ok(), "{good}");
        }
        for bad in [
            "http://login.example",
            "ftp://x",
            "login.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example/",
        ] {
            assert!(allowed(bad).is_err(), "{bad}");
        }
    }
}
