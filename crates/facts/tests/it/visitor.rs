//! The pages and the API of figures as a browser or a program sees them.

use anyhow::{Context, Result};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use facts::{
    Law,
    evidence::{Means, incoming::Bounds},
};
use serde_json::Value;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
};
use store::{Query, Store, args, attachments::Attachments};
use testkit::CLOCK;
use tower::ServiceExt;

/// A site of units and figures.
pub struct Visitor {
    pub store: Store,
    pub law: Law,
    pub means: Arc<Means>,
    /// Where files lie; goes with the visitor.
    pub folder: Arc<tempfile::TempDir>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// As a page's text, what templates escape put back.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).replace("&#x2f;", "/").replace("&quot;", "\"")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    pub fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Where it leads, if anywhere.
    pub fn leads_to(&self) -> Option<&str> {
        Some(self.location.as_str()).filter(|l| !l.is_empty())
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}

impl Visitor {
    pub async fn new(store: Store) -> Result<Visitor> {
        let law = crate::figures::prepared(&store, true).await?;
        Ok(Visitor::of(&store, &law))
    }

    /// Over a store that is prepared already.
    pub fn of(store: &Store, law: &Law) -> Visitor {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Attachments::open(&folder.path().display().to_string()).expect("a folder of files");
        let incoming = folder.path().join("incoming-evidence");
        let means = Means { files, incoming, scanner: None, bounds: Bounds::default() };
        Visitor { store: store.clone(), law: law.clone(), means: Arc::new(means), folder: Arc::new(folder) }
    }

    /// The same with other means: a scanner, narrower bounds.
    pub fn with(mut self, change: impl FnOnce(&mut Means)) -> Visitor {
        let files = self.means.files.clone();
        let incoming = self.folder.path().join("incoming-evidence");
        let mut means = Means { files, incoming, scanner: None, bounds: Bounds::default() };
        change(&mut means);
        self.means = Arc::new(means);
        self
    }

    pub fn site(&self, local_admin: bool) -> Result<(web::Site, web::Routes)> {
        let rooms = [web::room(), units::room(), ledger::room(), facts::pages::room()];
        let routes = rooms.iter().fold(web::Routes::new(), |all, room| all.merge((room.routes)()));
        let templates = rooms.iter().flat_map(|room| (room.templates)());
        let law: Arc<dyn Any + Send + Sync> = Arc::new(self.law.clone());
        let effects = units::Effects(vec![facts::rejudge::effect(self.law.clone())]);
        self.store.protect(&rooms.iter().map(|room| room.guards).collect::<Vec<_>>());
        let site = web::Site(Arc::new(web::SiteParts {
            store: self.store.clone(),
            clock: Arc::new(CLOCK),
            templates: web::Templates::new(templates)?,
            people: Arc::new(web::Everybody(if local_admin {
                kernel::Actor::LOCAL_ADMIN
            } else {
                kernel::Actor::READER
            })),
            place: "Tỉnh Tuyên Quang".into(),
            illustrative: false,
            permissions: routes.table.clone(),
            things: HashMap::from([
                (TypeId::of::<Law>(), law),
                (TypeId::of::<units::Effects>(), Arc::new(effects) as Arc<dyn Any + Send + Sync>),
                (TypeId::of::<Means>(), self.means.clone() as Arc<dyn Any + Send + Sync>),
                (TypeId::of::<Attachments>(), Arc::new(self.means.files.clone()) as Arc<dyn Any + Send + Sync>),
                (TypeId::of::<web::Before>(), Arc::new(facts::pages::refresh()) as Arc<dyn Any + Send + Sync>),
            ]),
            openapi: facts::pages::description(),
            origin: "https://lang.example".into(),
            limit: None,
            search: web::search::Search::new(rooms.iter().flat_map(|room| room.search).copied()),
        }));
        Ok((site, routes))
    }

    pub async fn send(&self, request: Request<Body>, local_admin: bool) -> Result<Answer> {
        let (site, routes) = self.site(local_admin)?;
        let answer = web::app(site, routes).oneshot(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let location = headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let body = axum::body::to_bytes(answer.into_body(), 10_000_000).await?.to_vec();
        Ok(Answer { status, location, headers, body })
    }

    fn request(method: &str, path: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
        Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080").extension(ConnectInfo(peer))
    }

    pub async fn get(&self, path: &str, local_admin: bool) -> Result<Answer> {
        self.send(Self::request("GET", path).body(Body::empty())?, local_admin).await
    }

    /// Sends a form as anybody may.
    pub async fn tell(&self, path: &str, form: &str) -> Result<Answer> {
        let request = Self::request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned()))?, false).await
    }

    /// Posts as whoever sits at the machine.
    pub async fn post(&self, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Result<Answer> {
        let body: Vec<u8> = body.into();
        let request = Self::request("POST", path).header("content-type", kind).header("content-length", body.len());
        self.send(request.body(Body::from(body))?, true).await
    }

    /// Asks as anybody may.
    pub async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let request = headers.iter().fold(Self::request("GET", path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(Body::empty())?, false).await
    }

    /// Writes as whoever sits at the machine.
    pub async fn give(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Result<Answer> {
        let request = headers.iter().fold(Self::request("POST", path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(Body::from(body.into()))?, true).await
    }

    /// Tries to write as anybody.
    pub async fn give_as_reader(&self, path: &str, body: impl Into<Vec<u8>>) -> Result<Answer> {
        self.send(Self::request("POST", path).body(Body::from(body.into()))?, false).await
    }

    /// Sends a request of any method as whoever sits at the machine.
    pub async fn ask_by(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Result<Answer> {
        let request = headers.iter().fold(Self::request(method, path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(body.into())?, true).await
    }

    /// The same as anybody.
    pub async fn ask_as_reader(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Result<Answer> {
        let request = headers.iter().fold(Self::request(method, path), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(body.into())?, false).await
    }

    /// Sends a form with files: names with texts, then names of files with their bytes.
    pub async fn send_files(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Result<Answer> {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        for (name, bytes) in files {
            let head = format!("--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
            body.extend(head.bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--x--\r\n");
        self.post(path, "multipart/form-data; boundary=x", body).await
    }

    /// Runs every job that is due; how many.
    pub async fn work(&self) -> Result<usize> {
        let mut registry = store::jobs::Registry::default();
        facts::jobs::register_evidence(&mut registry, self.means.clone());
        let clock: Arc<dyn kernel::Clock> = Arc::new(CLOCK);
        let mut ran = 0;
        while registry.run_one(&self.store, &clock).await? {
            ran += 1;
        }
        Ok(ran)
    }

    /// Sends a file on the page.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Answer> {
        let mut body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"set\"\r\n\r\ncommune-2021-2025\r\n--x\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        self.post("/nhap-so-lieu/kiem-tra", "multipart/form-data; boundary=x", body).await
    }

    /// Lines of history: nothing is written where it stays the same.
    pub async fn written(&self) -> Result<i64> {
        let mut tx = self.store.read(&kernel::Actor::SYSTEM.scope()).await?;
        let row = tx.row("SELECT COUNT(*) FROM facts_history", args![]).await?.context("a count")?;
        Ok(row.i64(0)?)
    }
}

/// The value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let from = format!("name=\"{name}\" value=\"");
    page.split_once(&from).and_then(|(_, rest)| rest.split_once('"')).map_or_else(String::new, |(v, _)| v.to_owned())
}

pub const OK: u16 = StatusCode::OK.as_u16();
