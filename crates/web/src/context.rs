//! The context of a request: site, language, actor, address.

use crate::{
    Failure, Permission, Templates,
    criteria::{Criteria, NamedLaw},
    guard::{Most, for_program, too_large},
    people::{People, Reader, Who},
    proxies::Proxies,
    search::Search,
};
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use futures::StreamExt;
use http_body_util::LengthLimitError;
use kernel::{Actor, Clock, Phrase, Problem};
use locale::Lang;
use std::{any::Any, collections::HashMap, net::IpAddr, num::NonZeroU32, ops::Deref, sync::Arc};
use store::{ReadTx, Store, WriteTx};

/// What all requests share.
pub struct SiteParts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub templates: Templates,
    /// Who may ask.
    pub people: Arc<dyn People>,
    /// The province whose programme this is, by name; empty where the store has none.
    pub place: String,
    /// Whether the figures are made up; every page then says so.
    pub illustrative: bool,
    /// The rows of the permission table, for the page that shows them.
    pub permissions: Vec<Permission>,
    /// Things of the rooms, by type.
    pub things: HashMap<std::any::TypeId, Arc<dyn Any + Send + Sync>>,
    /// The description of the API, as JSON.
    pub openapi: String,
    /// Where everybody reaches this site, without a slash at the end; empty where nobody said.
    pub origin: String,
    /// How often a minute one address may ask the API; as often as it likes without.
    pub limit: Option<NonZeroU32>,
    /// What can be found, from every room.
    pub search: Search,
}

type Hook = dyn Fn(Site) -> futures::future::BoxFuture<'static, store::Result<String>> + Send + Sync;

/// What a room brings up to date before each request, and the name of the state it found: finished pages are kept by it
/// beside the store's version, so that none made from an older state is shown. Put into the site's things by `app`.
#[derive(Clone)]
pub struct Before(Arc<Hook>);

impl Before {
    pub fn new(
        hook: impl Fn(Site) -> futures::future::BoxFuture<'static, store::Result<String>> + Send + Sync + 'static,
    ) -> Before {
        Before(Arc::new(hook))
    }

    pub(crate) async fn run(&self, site: &Site) -> store::Result<String> {
        (self.0)(site.clone()).await
    }
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
        self.thing_if().expect("app puts in what its rooms ask for")
    }

    /// A thing that is not everywhere: a site of a test, or without people, does without.
    pub fn thing_if<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.things.get(&std::any::TypeId::of::<T>()).cloned().and_then(|thing| thing.downcast().ok())
    }

    /// The criteria that roles may be bounded by; none where no law was put in.
    pub fn criteria(&self) -> Criteria {
        self.thing_if().map_or_else(Criteria::default, |law: Arc<NamedLaw>| (law.0)())
    }

    /// The proxies elsewhere that are believed; none where nobody named one.
    pub(crate) fn proxies(&self) -> Arc<Proxies> {
        self.thing_if().unwrap_or_default()
    }
}

/// The language of an address: set before routing, where `/en` is taken off.
#[derive(Clone, Copy, Debug)]
pub struct Address(pub Lang);

/// A request's context, as the guard let it in.
pub struct Ctx {
    pub site: Site,
    pub lang: Lang,
    pub actor: Actor,
    /// Who asks, with what they may do besides.
    pub reader: Reader,
    /// The path without its language, with the query.
    pub path: String,
    pub headers: HeaderMap,
    /// The address it comes from; behind a proxy that is believed ([`crate::Proxies`]) the one that the proxy names.
    pub from: IpAddr,
    /// Whether the answer is for a program.
    pub api: bool,
    most: usize,
    /// What [`Before`] found.
    pub(crate) state: String,
}

/// The state that [`Before`] found for a request.
#[derive(Clone)]
pub(crate) struct Found(pub String);

impl FromRequestParts<Site> for Ctx {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Ctx, Failure> {
        let lang = parts.extensions.get::<Address>().map_or(Lang::Vi, |a| a.0);
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let api = for_program(parts);
        // The guard has let this request in and says who asks; a route that it does not watch has no context.
        let Some(actor) = parts.extensions.get::<Actor>().cloned() else {
            return Err(Problem::not_found(Phrase::new("problem-not-found")).into());
        };
        let reader = parts.extensions.get::<Reader>().cloned().unwrap_or_else(|| Reader::stranger(site));
        let from = site.proxies().from(parts);
        let most = parts.extensions.get::<Most>().map_or(0, |most| most.0);
        let state = parts.extensions.get::<Found>().map_or_else(String::new, |found| found.0.clone());
        Ok(Ctx {
            state,
            site: site.clone(),
            lang,
            actor,
            reader,
            path,
            headers: parts.headers.clone(),
            from,
            api,
            most,
        })
    }
}

impl Ctx {
    pub async fn read(&self) -> store::Result<ReadTx> {
        self.site.store.read(&self.actor.scope()).await
    }

    pub async fn write(&self) -> store::Result<WriteTx> {
        self.site.store.write(&self.actor, &*self.site.clock).await
    }

    /// The same by another role of whoever asks: one of [`crate::people::Reader::actors`].
    pub async fn write_as(&self, actor: &Actor) -> store::Result<WriteTx> {
        self.site.store.write(actor, &*self.site.clock).await
    }

    /// A problem, shown as this request wants its answers.
    pub fn failure(&self, problem: Problem) -> Failure {
        problem.into()
    }

    /// "There is no such thing."
    pub fn not_found(&self) -> Failure {
        self.failure(Problem::not_found(Phrase::new("problem-not-found")))
    }

    /// An address in this request's language.
    pub fn link(&self, path: &str) -> String {
        link(self.lang, path)
    }

    /// A body as it comes in, to its end: no more bytes than the guard allows are ever held.
    pub async fn whole(&self, body: Body) -> Result<Vec<u8>, Failure> {
        let (mut bytes, mut pieces) = (Vec::new(), body.into_data_stream());
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(error) => {
                    let too_large = error.into_inner().is::<LengthLimitError>();
                    let broken_off = || self.failure(Problem::input(Phrase::new("problem-broken-off")));
                    return Err(if too_large { self.too_large() } else { broken_off() });
                }
            }
        }
        Ok(bytes)
    }

    /// "That is more than a request may send."
    pub fn too_large(&self) -> Failure {
        self.failure(too_large(self.most))
    }

    /// Who is logged in.
    pub fn who(&self) -> Option<&Arc<Who>> {
        self.reader.who.as_ref()
    }

    /// Whether whoever asks may do this somewhere.
    pub fn may(&self, action: &str, resource: &str) -> bool {
        self.reader.may(action, resource)
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
