//! Who may pass: every request to a room's route is held against its row of the permission table before a handler runs,
//! whatever that handler takes.

use crate::{
    Failure, Permission, Site,
    context::Address,
    limit::Limit,
    problems::{Fault, shown},
    routes::{MOST_BYTES, MOST_BYTES_LARGE, MOST_BYTES_PUBLIC, TIME, TIME_LARGE},
    taken::unread,
};
use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http_body_util::Limited;
use kernel::{Actor, Phrase, Problem, Role};
use locale::Lang;
use std::{any::Any, collections::HashMap, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// How many bytes this request may send.
#[derive(Clone, Copy)]
pub(crate) struct Most(pub usize);

/// A request that may pass: who asks, and how many bytes and how much time it may take.
struct Pass {
    actor: Actor,
    most: usize,
    time: Duration,
}

/// The permission table, asked by path and method.
#[derive(Clone)]
pub(crate) struct Guard {
    site: Site,
    rows: Arc<HashMap<(&'static str, &'static str), Permission>>,
    limit: Option<Arc<Limit>>,
}

impl Guard {
    pub fn new(site: Site, table: &[Permission]) -> Guard {
        let rows = table.iter().map(|row| ((row.path, row.method), *row)).collect();
        let limit = site.limit.map(|limit| Arc::new(Limit::new(limit, site.clock.clone())));
        Guard { site, rows: Arc::new(rows), limit }
    }

    /// What the request may do; otherwise what stands against it.
    fn check(&self, parts: &Parts) -> Result<Pass, Problem> {
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
        // A handler that was registered under another method than its row says answers nobody.
        let Some(row) = self.rows.get(&(path, method)) else {
            return Err(Problem { phrase: Phrase::new("problem-method"), place: None, status: 405 });
        };
        let actor = actor(parts, &self.site);
        if !row.roles.contains(&actor.role) {
            return Err(Problem::forbidden(Phrase::new("problem-forbidden")));
        }
        if method != "GET" && !same_site(&parts.headers) {
            return Err(Problem::forbidden(Phrase::new("problem-other-site")));
        }
        let asked = parts.uri.query().is_some_and(|q| q.split('&').any(|p| p == "large=true"));
        let large = row.large && asked && actor.role == Role::LocalAdmin;
        let public = method != "GET" && row.roles.contains(&Role::Reader);
        let most = match (large, public) {
            (true, _) => MOST_BYTES_LARGE,
            (false, true) => MOST_BYTES_PUBLIC,
            (false, false) => MOST_BYTES,
        };
        let length =
            parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        if length.is_some_and(|length: u64| length > most as u64) {
            return Err(too_large(most));
        }
        Ok(Pass { actor, most, time: if row.large { TIME_LARGE } else { TIME } })
    }
}

/// More bytes than a request may send.
pub(crate) fn too_large(most: usize) -> Problem {
    let phrase = match most / 1_000_000 {
        0 => Phrase::new("problem-too-large-kilobytes").with("kilobytes", most / 1_000),
        megabytes => Phrase::new("problem-too-large").with("megabytes", megabytes),
    };
    Problem { phrase, place: None, status: 413 }
}

/// Whether an answer is for a program, not for a person.
pub(crate) fn for_program(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    parts.uri.path().starts_with("/api/") || accept.starts_with("application/json")
}

/// Stands before every route of a room; shows what a handler could not help as a page or as JSON.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = parts.extensions.get::<Address>().map_or(Lang::Vi, |a| a.0);
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let api = for_program(&parts);
    let id = parts.headers.get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let failure = async |problem: Problem| shown(&guard.site, lang, api, &path, &problem).await;
    let limit = guard.limit.as_ref().filter(|_| parts.uri.path().starts_with("/api/"));
    let left = match limit.map(|limit| limit.take(&parts)) {
        Some(Err((problem, left, wait))) => {
            let mut answer = failure(problem).await;
            left.say_wait(&mut answer, wait);
            return answer;
        }
        Some(Ok(left)) => left,
        None => None,
    };
    let Pass { actor, most, time } = match guard.check(&parts) {
        Err(problem) => return failure(problem).await,
        Ok(pass) => pass,
    };
    parts.extensions.insert(actor);
    parts.extensions.insert(Most(most));
    let body = Body::new(Limited::new(body, most));
    let answer = run(next, Request::from_parts(parts, body), time).await;
    let mut answer = match answer.extensions().get::<Fault>() {
        Some(Fault::Own) => {
            let phrase = Phrase::new("problem-internal").with("id", id.as_str());
            failure(Problem { phrase, place: None, status: 500 }).await
        }
        Some(Fault::Said(problem)) => failure((**problem).clone()).await,
        None if is_bare(&answer) => failure(unread(answer.status(), most)).await,
        None => answer,
    };
    if let Some(left) = left {
        left.say(&mut answer);
    }
    answer
}

/// The handler's answer; a panic, and what takes too long, are failures like any other.
async fn run(next: Next, request: Request, time: Duration) -> Response {
    let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
    let failure = match tokio::time::timeout(time, handler).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(panic)) => Failure::Internal(format!("panic: {}", said(&*panic))),
        Err(_) => Problem { phrase: Phrase::new("problem-timeout"), place: None, status: 503 }.into(),
    };
    failure.into_response()
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("")
}

/// Whether a refusal is nobody's words but those of a library: a body that was cut short or too long.
fn is_bare(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    answer.status().is_client_error() && kind.starts_with("text/plain")
}

/// Headers by which a proxy says for whom it asks, beside `X-Forwarded-*`.
const FORWARDING: [&str; 3] = ["forwarded", "via", "x-real-ip"];

/// Whoever sits at the machine may write where the server allows it; everybody else reads.
fn actor(parts: &Parts, site: &Site) -> Actor {
    // What a proxy hands on comes from anywhere, however near the proxy is.
    let handed_on = |name: &str| FORWARDING.contains(&name) || name.starts_with("x-forwarded-");
    if parts.headers.keys().any(|name| handed_on(name.as_str())) {
        return Actor::READER;
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    let loopback = peer.is_some_and(|p| p.ip().is_loopback());
    // A name that points at 127.0.0.1 must not make a foreign page local (DNS rebinding).
    let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let bare = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    let local = matches!(bare, "127.0.0.1" | "localhost" | "[::1]");
    if site.local_admin && loopback && local { Actor::LOCAL_ADMIN } else { Actor::READER }
}

/// A write comes from our own page, or from a program that is no browser (which sends neither header).
fn same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, o)| o == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}
