//! The site of reporting, as a browser or a program sees it.

use anyhow::Result;
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use facts::{
    Law,
    evidence::{Means, incoming::Bounds},
};
use futures::future::BoxFuture;
use kernel::{Actor, Grant, Moment, PersonId, Places, Role};
use reporting::forms::Desk;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
};
use store::{ReadTx, Store, attachments::Attachments};
use testkit::CLOCK;
use tower::ServiceExt;
use web::{
    People, Who,
    people::{Claim, Contact},
};

/// Somebody who is logged in, with the one role that an actor says; the machine itself needs no login.
struct One(Actor);

impl One {
    fn held(&self) -> Option<Who> {
        let person = self.0.person?;
        let Places::Some(charges) = &self.0.scope.writes else { return None };
        let grant = |charge: &kernel::Charge| Grant {
            id: 1,
            role: self.0.role,
            unit: Some(charge.unit),
            agency: None,
            criteria: charge.criteria.clone(),
            past: false,
        };
        let grants = charges.iter().map(grant).collect();
        Some(Who { person, name: "Người thử".into(), grants, session: "s".into(), only: None, first: None })
    }
}

impl People for One {
    fn who<'a>(&'a self, _: &'a mut ReadTx, _: Claim<'a>, _: Moment) -> BoxFuture<'a, store::Result<Option<Who>>> {
        Box::pin(async { Ok(self.held()) })
    }

    fn person<'a>(&'a self, _: &'a mut ReadTx, _: PersonId, _: Moment) -> BoxFuture<'a, store::Result<Option<Who>>> {
        Box::pin(async { Ok(self.held()) })
    }

    fn contacts<'a>(
        &'a self,
        _: &'a mut ReadTx,
        _: &'a [PersonId],
    ) -> BoxFuture<'a, store::Result<HashMap<PersonId, Contact>>> {
        Box::pin(async { Ok(HashMap::new()) })
    }

    fn holders<'a>(&'a self, _: &'a mut ReadTx, _: Role, _: Moment) -> BoxFuture<'a, store::Result<Vec<PersonId>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

pub struct Visitor {
    pub store: Store,
    pub law: Law,
    pub files: Attachments,
}

/// The kind of a plain form's body.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A plain form as a browser sends it.
pub fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).replace("&#x2f;", "/").replace("&quot;", "\"")
    }
}

impl Visitor {
    /// Somebody before a site whose files stand in a folder.
    pub fn new(store: &Store, law: &Law, folder: &tempfile::TempDir) -> Result<Visitor> {
        let files = Attachments::open(&folder.path().display().to_string())?;
        Ok(Visitor { store: store.clone(), law: law.clone(), files })
    }

    pub fn site(&self, actor: Actor, desk: Desk) -> Result<(web::Site, web::Routes)> {
        let rooms = [web::room(), units::room(), ledger::room(), facts::pages::room(), reporting::room()];
        let routes = rooms.iter().fold(web::Routes::new(), |all, room| all.merge((room.routes)()));
        let templates = rooms.iter().flat_map(|room| (room.templates)());
        self.store.protect(&rooms.iter().map(|room| room.guards).collect::<Vec<_>>());
        let thing = |thing: Arc<dyn Any + Send + Sync>| thing;
        let site = web::Site(Arc::new(web::SiteParts {
            store: self.store.clone(),
            clock: Arc::new(CLOCK),
            templates: web::Templates::new(templates)?,
            people: if actor.person.is_some() { Arc::new(One(actor)) } else { Arc::new(web::Everybody(actor)) },
            place: "Tỉnh Tuyên Quang".into(),
            illustrative: false,
            permissions: routes.table.clone(),
            things: HashMap::from([
                (TypeId::of::<Law>(), thing(Arc::new(self.law.clone()))),
                (TypeId::of::<units::Effects>(), thing(Arc::new(units::Effects(Vec::new())))),
                (TypeId::of::<Desk>(), thing(Arc::new(desk))),
                (TypeId::of::<Attachments>(), thing(Arc::new(self.files.clone()))),
                (TypeId::of::<Means>(), thing(self.means())),
                (TypeId::of::<web::Before>(), thing(Arc::new(facts::pages::refresh()))),
            ]),
            openapi: facts::pages::description(),
            origin: "https://lang.example".into(),
            limit: None,
            search: web::search::Search::new(rooms.iter().flat_map(|room| room.search).copied()),
        }));
        Ok((site, routes))
    }

    /// What takes evidence in and looks at it; nothing here comes in parts.
    pub fn means(&self) -> Arc<Means> {
        Arc::new(Means {
            files: self.files.clone(),
            incoming: "incoming".into(),
            scanner: None,
            bounds: Bounds::default(),
        })
    }

    pub async fn send(&self, actor: Actor, request: Request<Body>) -> Result<Answer> {
        self.send_with(Desk::shipped(), actor, request).await
    }

    async fn send_with(&self, desk: Desk, actor: Actor, request: Request<Body>) -> Result<Answer> {
        let (site, routes) = self.site(actor, desk)?;
        let answer = web::app(site, routes).oneshot(request).await?;
        let status = answer.status().as_u16();
        let location = answer.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let body = axum::body::to_bytes(answer.into_body(), 50_000_000).await?.to_vec();
        Ok(Answer { status, location, body })
    }

    fn request(method: &str, path: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8080")
            .header("cookie", "langso=s")
            .extension(ConnectInfo(peer))
    }

    pub async fn get(&self, actor: Actor, path: &str) -> Result<Answer> {
        self.send(actor, Self::request("GET", path).body(Body::empty())?).await
    }

    /// The same from a site whose data folder has forms and templates of its own.
    pub async fn get_with(&self, desk: Desk, actor: Actor, path: &str) -> Result<Answer> {
        self.send_with(desk, actor, Self::request("GET", path).body(Body::empty())?).await
    }

    pub async fn post(&self, actor: Actor, path: &str, kind: &str, body: Vec<u8>) -> Result<Answer> {
        let request =
            Self::request("POST", path).header("content-type", kind).header("origin", "http://127.0.0.1:8080");
        self.send(actor, request.header("sec-fetch-site", "same-origin").body(Body::from(body))?).await
    }
}
