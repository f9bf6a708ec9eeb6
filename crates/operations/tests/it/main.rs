//! Those who run the site, and everybody's own notices, on both engines.

mod hooks;
mod letters;
mod notices;
mod pages;

use anyhow::{Context, Result};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, Response, header},
};
use futures::future::BoxFuture;
use kernel::{Actor, Clock, FixedClock, Grant, Moment, PersonId, Role};
use operations::Post;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
};
use store::{
    Migration, ReadTx, Store,
    jobs::{LEASE, Registry, Work},
    secrets::SecretKey,
};
use testkit::CLOCK;
use tower::ServiceExt;
use web::{
    People, Who,
    people::{Claim, Contact},
};

pub const ROOMS: &[&[Migration]] = &[web::notices::MIGRATIONS];
pub const HOA: PersonId = PersonId(1);
pub const ANH: PersonId = PersonId(2);

/// Three people: an administrator, one of the coordination office, and one of it without a mail address.
pub struct Few;

fn few() -> [(PersonId, Role, Contact); 3] {
    let contact = |name: &str, email: Option<&str>, lang: &str| Contact {
        name: name.into(),
        email: email.map(str::to_owned),
        lang: lang.into(),
    };
    [
        (HOA, Role::Administrator, contact("Lý Thị Hoa", Some("hoa@tinh.example"), "vi")),
        (ANH, Role::Coordination, contact("Trần Anh", Some("anh@tinh.example"), "en")),
        (PersonId(3), Role::Coordination, contact("Ma Văn Bình", None, "vi")),
    ]
}

fn who(person: PersonId) -> Option<Who> {
    few().into_iter().find(|(id, ..)| *id == person).map(|(person, role, contact)| {
        let grants = vec![Grant { id: person.0, role, unit: None, agency: None, criteria: None, past: false }];
        Who { person, name: contact.name, grants, session: String::new(), only: None, first: None }
    })
}

impl People for Few {
    /// The cookie is the person's number.
    fn who<'a>(&'a self, _: &'a mut ReadTx, claim: Claim<'a>, _: Moment) -> BoxFuture<'a, store::Result<Option<Who>>> {
        Box::pin(async move {
            let (Claim::Cookie(text) | Claim::Bearer(text)) = claim;
            Ok(text.parse().ok().and_then(|id| who(PersonId(id))))
        })
    }

    fn person<'a>(&'a self, _: &'a mut ReadTx, id: PersonId, _: Moment) -> BoxFuture<'a, store::Result<Option<Who>>> {
        Box::pin(async move { Ok(who(id)) })
    }

    fn contacts<'a>(
        &'a self,
        _: &'a mut ReadTx,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, store::Result<HashMap<PersonId, Contact>>> {
        Box::pin(async move {
            Ok(few().into_iter().filter(|(id, ..)| people.contains(id)).map(|(id, _, contact)| (id, contact)).collect())
        })
    }

    fn holders<'a>(&'a self, _: &'a mut ReadTx, role: Role, _: Moment) -> BoxFuture<'a, store::Result<Vec<PersonId>>> {
        Box::pin(async move { Ok(few().into_iter().filter(|(_, held, _)| *held == role).map(|(id, ..)| id).collect()) })
    }
}

pub fn key() -> SecretKey {
    SecretKey::new([7; 32])
}

pub fn site(store: &Store, clock: Arc<dyn Clock>, post: Post) -> Result<(web::Site, web::Routes)> {
    let rooms = [web::room(), operations::room()];
    let routes = rooms.iter().fold(web::Routes::new(), |all, room| all.merge((room.routes)()));
    let templates = rooms.iter().flat_map(|room| (room.templates)());
    let thing = |thing: Arc<dyn Any + Send + Sync>| thing;
    let site = web::Site(Arc::new(web::SiteParts {
        store: store.clone(),
        clock,
        templates: web::Templates::new(templates)?,
        people: Arc::new(Few),
        place: "Tỉnh Tuyên Quang".into(),
        illustrative: false,
        permissions: routes.table.clone(),
        things: HashMap::from([
            (TypeId::of::<Post>(), thing(Arc::new(post))),
            (TypeId::of::<caller::Caller>(), thing(Arc::new(caller::Caller::new(caller::Reach::World)?))),
            (TypeId::of::<SecretKey>(), thing(Arc::new(key()))),
        ]),
        openapi: "{}".into(),
        origin: "https://lang.example".into(),
        limit: None,
        search: web::search::Search::default(),
    }));
    Ok((site, routes))
}

/// A request of a browser of this person on our own page.
pub async fn send(store: &Store, person: i64, method: &str, path: &str, form: &str) -> Result<Response<Body>> {
    let (site, routes) = site(store, Arc::new(CLOCK), Post(None))?;
    let peer: SocketAddr = ([203, 0, 113, 7], 5000).into();
    let request =
        Request::builder().method(method).uri(path).header("host", "lang.example").extension(ConnectInfo(peer));
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    let request = request.header("cookie", format!("langso={person}"));
    Ok(web::app(site, routes).oneshot(request.body(Body::from(form.to_owned()))?).await?)
}

pub async fn text(answer: Response<Body>) -> Result<String> {
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub fn said(answer: &Response<Body>, name: header::HeaderName) -> &str {
    answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
}

/// A clock that stands so many minutes later.
pub fn later(minutes: i64) -> Arc<dyn Clock> {
    Arc::new(FixedClock(Moment(CLOCK.now().0 + minutes * 60_000_000)))
}

/// Runs the jobs that are due, all of them.
pub async fn work(store: &Store, clock: Arc<dyn Clock>, post: Post) -> Result<usize> {
    let (site, _) = site(store, clock.clone(), post)?;
    let mut registry = Registry::default();
    (operations::room().jobs)(&mut registry, &site);
    let mut ran = 0;
    while registry.run_one(store, &clock).await? {
        ran += 1;
        anyhow::ensure!(ran < 100, "jobs queue themselves without end");
    }
    Ok(ran)
}

/// Leases the job that is due, for a test that runs it by itself.
pub async fn leased(store: &Store, clock: Arc<dyn Clock>) -> Result<Work> {
    let mut tx = store.write(&Actor::SYSTEM, &*clock).await?;
    let job = tx.lease(LEASE).await?.context("a job is due")?;
    tx.commit().await?;
    Ok(Work { store: store.clone(), clock, job })
}

pub async fn write(store: &Store) -> store::Result<store::WriteTx> {
    store.write(&Actor::SYSTEM, &CLOCK).await
}

pub async fn read(store: &Store) -> store::Result<ReadTx> {
    store.read(&Actor::SYSTEM.scope()).await
}
