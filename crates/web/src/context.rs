//! The context of a request: site, language, actor, address.

use crate::{Failure, Permission, Templates};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Method, header, request::Parts},
};
use kernel::{Actor, Clock, Phrase, Problem};
use locale::Lang;
use std::{any::Any, collections::HashMap, net::SocketAddr, ops::Deref, sync::Arc};
use store::{ReadTx, Store, WriteTx};

/// What all requests share.
pub struct SiteParts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub templates: Templates,
    /// Whoever sits at this machine may write.
    pub local_admin: bool,
    /// Whether the figures are made up; every page then says so.
    pub illustrative: bool,
    /// The rows of the permission table, for the page that shows them.
    pub permissions: Vec<Permission>,
    /// Things of the rooms, by type.
    pub things: HashMap<std::any::TypeId, Arc<dyn Any + Send + Sync>>,
    /// The description of the API, as JSON.
    pub openapi: String,
}

/// The site. Cheap to clone.
#[derive(Clone)]
pub struct Site(pub Arc<SiteParts>);

impl Deref for Site {
    type Target = SiteParts;

    fn deref(&self) -> &SiteParts {
        &self.0
    }
}

impl Site {
    /// A thing that a room put in (its law, say).
    pub fn thing<T: Any + Send + Sync>(&self) -> Arc<T> {
        let found = self.things.get(&std::any::TypeId::of::<T>()).cloned();
        found.and_then(|thing| thing.downcast().ok()).expect("app puts in what its rooms ask for")
    }
}

/// The language of an address: set before routing, where `/en` is taken off.
#[derive(Clone, Copy, Debug)]
pub struct Address(pub Lang);

/// A request's context. Extracting it checks the permission row of the route.
pub struct Ctx {
    pub site: Site,
    pub lang: Lang,
    pub actor: Actor,
    /// The path without its language, with the query.
    pub path: String,
    pub headers: HeaderMap,
    /// Whether the answer is for a program.
    pub api: bool,
}

impl FromRequestParts<Site> for Ctx {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Ctx, Failure> {
        let lang = parts.extensions.get::<Address>().map_or(Lang::Vi, |a| a.0);
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let accept = parts.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
        let api = path.starts_with("/api/") || accept.starts_with("application/json");
        let failure = |problem| Failure::problem(site.clone(), lang, api, path.clone(), problem);
        let actor = actor(parts, site);
        let Some(row) = parts.extensions.get::<Permission>() else {
            return Err(failure(Problem::not_found(Phrase::new("problem-not-found"))));
        };
        if !row.roles.contains(&actor.role) {
            return Err(failure(Problem::forbidden(Phrase::new("problem-forbidden"))));
        }
        if parts.method != Method::GET && parts.method != Method::HEAD && !same_site(&parts.headers) {
            return Err(failure(Problem::forbidden(Phrase::new("problem-other-site"))));
        }
        Ok(Ctx { site: site.clone(), lang, actor, path, headers: parts.headers.clone(), api })
    }
}

/// Whoever sits at the machine may write where the server allows it; everybody else reads.
fn actor(parts: &Parts, site: &Site) -> Actor {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    let loopback = peer.is_some_and(|p| p.ip().is_loopback());
    // A name that points at 127.0.0.1 must not make a foreign page local (DNS rebinding).
    let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let host = host.rsplit_once(':').map_or(host, |(h, _)| h);
    let local = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
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

impl Ctx {
    pub async fn read(&self) -> store::Result<ReadTx> {
        self.site.store.read(&self.actor.scope()).await
    }

    pub async fn write(&self) -> store::Result<WriteTx> {
        self.site.store.write(&self.actor, &*self.site.clock).await
    }

    /// A problem, shown as this request wants its answers.
    pub fn failure(&self, problem: Problem) -> Failure {
        Failure::problem(self.site.clone(), self.lang, self.api, self.path.clone(), problem)
    }

    /// "There is no such thing."
    pub fn not_found(&self) -> Failure {
        self.failure(Problem::not_found(Phrase::new("problem-not-found")))
    }

    /// An address in this request's language.
    pub fn link(&self, path: &str) -> String {
        link(self.lang, path)
    }

    pub fn can_write(&self) -> bool {
        crate::routes::WRITERS.contains(&self.actor.role)
    }
}

/// An address in a language: Vietnamese at `/`, English under `/en`.
pub fn link(lang: Lang, path: &str) -> String {
    match lang {
        Lang::Vi => path.to_owned(),
        Lang::En if path == "/" => "/en".to_owned(),
        Lang::En => format!("/en{path}"),
    }
}
