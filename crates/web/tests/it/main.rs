//! The edge, over a room made for these tests: who may pass, how answers look, what a browser may keep.

mod guard;
mod limit;
mod pages;
mod press;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode},
    routing::{get, post},
};
use minijinja::context;
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
};
use store::{Store, StoreOptions};
use tower::ServiceExt;
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Routes, Site, SiteParts, Templates};

const PAGE: &str = "{% extends \"layout.html\" %}{% block main %}<h1>{{ title }}</h1>{% endblock %}";

async fn page(ctx: Ctx) -> Outcome {
    ctx.page("page.html", context! { title => "A < B" })
}

async fn broken(ctx: Ctx) -> Outcome {
    // A template that names what is not there is a defect of ours.
    ctx.page("page.html", context! {})
}

async fn fallen(_: Ctx) -> Outcome {
    panic!("the disk at /secret is full")
}

async fn zero(_: Ctx) -> Outcome {
    Err(store::StoreError::Nul.into())
}

async fn number(_: Ctx, Path(number): Path<i64>, Asking(asked): Asking<Numbers>) -> String {
    format!("{number} {}", asked.page)
}

async fn form(_: Ctx, Form(sent): Form<Numbers>) -> String {
    format!("{}", sent.page)
}

#[derive(serde::Deserialize)]
struct Numbers {
    page: i64,
}

async fn lost(_: Ctx) -> Outcome {
    Err(Failure::Internal("the disk at /secret is full".into()))
}

fn templates() -> Templates {
    Templates::new([("page.html".to_owned(), PAGE.to_owned())]).expect("templates")
}

fn routes() -> Routes {
    Routes::new()
        .read("/trang", "pages", get(page))
        .read("/hong", "pages", get(broken))
        .read("/api/v1/lost", "pages", get(lost))
        .read("/nga", "pages", get(fallen))
        .read("/khong-byte", "pages", get(zero))
        .read("/so/{number}", "pages", get(number))
        .read("/api/v1/number/{number}", "pages", get(number))
        .write("/so", "write", "pages", post(form))
        .write("/ghi", "write", "pages", post(|_: Ctx| async { "written" }))
        // Takes no context: the guard must stand before it all the same.
        .write("/tran", "write", "pages", post(|| async { "written" }))
        // Registered under another method than its row says: reachable by nobody.
        .read("/lac", "pages", post(|| async { "written" }))
}

async fn site(templates: Templates, local_admin: bool, limit: Option<NonZeroU32>) -> (Site, Routes) {
    let routes = routes();
    let site = Site(Arc::new(SiteParts {
        store: Store::open("sqlite::memory:", StoreOptions::default()).await.expect("a database"),
        clock: Arc::new(testkit::CLOCK),
        templates,
        people: Arc::new(web::Everybody(if local_admin { kernel::Actor::LOCAL_ADMIN } else { kernel::Actor::READER })),
        place: "Tỉnh Tuyên Quang".into(),
        illustrative: true,
        permissions: routes.table.clone(),
        things: HashMap::new(),
        openapi: "{}".into(),
        origin: "https://lang.example".into(),
        limit,
        search: web::search::Search::default(),
    }));
    (site, routes)
}

/// A request and where it comes from.
struct Asked {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    peer: Ipv4Addr,
    local_admin: bool,
    /// A folder of crates whose templates are being edited.
    templates: Option<PathBuf>,
}

fn asked(method: &'static str, path: &'static str) -> Asked {
    let headers = vec![("host", "127.0.0.1:8080".to_owned())];
    Asked { method, path, headers, peer: Ipv4Addr::LOCALHOST, local_admin: true, templates: None }
}

impl Asked {
    fn with(mut self, name: &'static str, value: &str) -> Asked {
        self.headers.retain(|(n, _)| *n != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn from(mut self, peer: Ipv4Addr) -> Asked {
        self.peer = peer;
        self
    }

    fn reading_only(mut self) -> Asked {
        self.local_admin = false;
        self
    }

    fn send(self) -> Answer {
        testkit::block_on(async {
            let templates = match &self.templates {
                Some(folder) => templates().reloaded_from(folder.clone()),
                None => templates(),
            };
            let (site, routes) = site(templates, self.local_admin, None).await;
            let mut request = Request::builder().method(self.method).uri(self.path);
            for (name, value) in &self.headers {
                request = request.header(*name, value);
            }
            let peer: SocketAddr = (self.peer, 5000).into();
            let request = request.extension(ConnectInfo(peer)).body(Body::empty()).expect("a request");
            let answer = web::app(site, routes).oneshot(request).await.expect("an answer");
            let (parts, body) = answer.into_parts();
            let body = axum::body::to_bytes(body, 10_000_000).await.expect("a body").to_vec();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
