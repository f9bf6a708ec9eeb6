//! A site of units and figures, as a program or a browser sees it.

use anyhow::{Context, Result};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use facts::Law;
use serde_json::Value;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
};
use store::Store;
use testkit::CLOCK;
use tower::ServiceExt;

pub struct Visitor {
    store: Store,
    law: Law,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}

impl Visitor {
    pub fn new(store: &Store, law: &Law) -> Visitor {
        Visitor { store: store.clone(), law: law.clone() }
    }

    async fn send(&self, request: Request<Body>, local_admin: bool) -> Result<Answer> {
        let rooms = [units::room(), facts::pages::room()];
        let routes = rooms.iter().fold(web::Routes::new(), |all, room| all.merge((room.routes)()));
        let law: Arc<dyn Any + Send + Sync> = Arc::new(self.law.clone());
        let site = web::Site(Arc::new(web::SiteParts {
            store: self.store.clone(),
            clock: Arc::new(CLOCK),
            templates: web::Templates::new(rooms.iter().flat_map(|room| (room.templates)()))?,
            local_admin,
            illustrative: false,
            permissions: routes.table.clone(),
            things: HashMap::from([(TypeId::of::<Law>(), law)]),
            openapi: facts::pages::description(),
        }));
        let answer = web::app(site, routes).oneshot(request).await?;
        let status = answer.status();
        let location = answer.headers().get("location").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let body = axum::body::to_bytes(answer.into_body(), 50_000_000).await?.to_vec();
        Ok(Answer { status, location, body })
    }

    fn request(method: &str, path: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
        Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080").extension(ConnectInfo(peer))
    }

    /// As anybody reads.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let request = headers.iter().fold(Self::request("GET", path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(Body::empty())?, false).await
    }

    /// As whoever sits at the machine writes.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Result<Answer> {
        let request = headers.iter().fold(Self::request("POST", path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(Body::from(body.into()))?, true).await
    }

    /// As somebody else tries to write.
    pub async fn post_as_reader(&self, path: &str, body: impl Into<Vec<u8>>) -> Result<Answer> {
        self.send(Self::request("POST", path).body(Body::from(body.into()))?, false).await
    }
}
