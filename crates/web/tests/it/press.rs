//! Papers: one is made at a time, a few wait, the rest come again.

use crate::templates;
use anyhow::{Result, ensure};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, header},
    response::Response,
};
use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};
use store::{Store, StoreOptions};
use tower::ServiceExt;
use web::{Ctx, Outcome, Routes, Site, SiteParts};

/// The press of a test: work waits for a word, and counts itself.
struct Work {
    words: Mutex<mpsc::Receiver<()>>,
    running: AtomicUsize,
    most: AtomicUsize,
    made: AtomicUsize,
}

async fn paper(ctx: Ctx) -> Outcome {
    let version = ctx.read().await?.version().await?;
    if let Some(kept) = ctx.paper_kept(&version) {
        return Ok(kept);
    }
    let work = ctx.site.thing::<Work>();
    let make = move || {
        work.most.fetch_max(work.running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let word = work.words.lock().expect("one at a time").recv_timeout(Duration::from_secs(60));
        work.running.fetch_sub(1, Ordering::SeqCst);
        work.made.fetch_add(1, Ordering::SeqCst);
        word.map_err(anyhow::Error::from)?;
        Ok(b"%PDF-1.7 paper".to_vec())
    };
    ctx.paper(&version, "application/pdf", make).await
}

async fn site(work: Arc<Work>) -> Result<(Site, Routes)> {
    let routes = Routes::new().read("/phieu/{n}", "pages", axum::routing::get(paper));
    let store = Store::open("sqlite::memory:", StoreOptions::default()).await?;
    store.migrate(&[], &testkit::CLOCK).await?;
    let site = Site(Arc::new(SiteParts {
        store,
        clock: Arc::new(testkit::CLOCK),
        templates: templates(),
        people: Arc::new(web::Everybody(kernel::Actor::READER)),
        place: String::new(),
        illustrative: false,
        permissions: routes.table.clone(),
        things: HashMap::from([(std::any::TypeId::of::<Work>(), work as Arc<dyn std::any::Any + Send + Sync>)]),
        openapi: "{}".into(),
        origin: String::new(),
        limit: None,
        search: web::search::Search::default(),
    }));
    Ok((site, routes))
}

async fn ask<S>(app: S, path: String) -> Result<(String, u16, HeaderMap)>
where
    S: tower::Service<Request<Body>, Response = Response, Error = Infallible>,
{
    ask_at(app, "127.0.0.1", path).await
}

async fn ask_at<S>(app: S, host: &str, path: String) -> Result<(String, u16, HeaderMap)>
where
    S: tower::Service<Request<Body>, Response = Response, Error = Infallible>,
{
    let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
    let request = Request::get(&path).header("host", host).extension(ConnectInfo(peer));
    let answer = app.oneshot(request.body(Body::empty())?).await?;
    ensure!(!answer.headers().contains_key("strict-transport-security"), "a site without https promises none");
    Ok((path, answer.status().as_u16(), answer.headers().clone()))
}

#[test]
fn one_paper_is_made_at_a_time_and_who_comes_to_a_full_house_is_asked_to_come_again() -> Result<()> {
    testkit::block_on(async {
        let (word, words) = mpsc::channel();
        let counts = || AtomicUsize::new(0);
        let work = Arc::new(Work { words: Mutex::new(words), running: counts(), most: counts(), made: counts() });
        let (site, routes) = site(work.clone()).await?;
        let app = web::app(site, routes);
        let asked: Vec<_> = (0..9).map(|n| Box::pin(ask(app.clone(), format!("/phieu/{n}")))).collect();
        // Nothing is made before the word: those that find no place are answered at once.
        let mut refused = Vec::new();
        let mut waiting = asked;
        while refused.len() < 4 {
            let (done, _, rest) = futures::future::select_all(waiting).await;
            refused.push(done?);
            waiting = rest;
        }
        for (_, status, headers) in &refused {
            assert_eq!(*status, 503);
            assert_eq!(headers[header::RETRY_AFTER], "3");
        }
        for _ in 0..waiting.len() {
            word.send(())?;
        }
        let mut made = Vec::new();
        for answer in futures::future::join_all(waiting).await {
            let (path, status, headers) = answer?;
            assert_eq!((status, headers[header::CONTENT_TYPE].to_str()?), (200, "application/pdf"));
            made.push(path);
        }
        assert_eq!((work.most.load(Ordering::SeqCst), work.made.load(Ordering::SeqCst)), (1, 5));
        // What was made is kept: it waits for no word.
        for path in &made {
            assert_eq!(ask(app.clone(), path.clone()).await?.1, 200);
        }
        assert_eq!(work.made.load(Ordering::SeqCst), 5);
        // A paper says where it was asked for: nobody gets one that names another's address.
        word.send(())?;
        assert_eq!(ask_at(app.clone(), "other.example", made.remove(0)).await?.1, 200);
        assert_eq!(work.made.load(Ordering::SeqCst), 6);
        Ok(())
    })
}
