//! The ledger as a reader, a witness and whoever runs the site meet it over HTTP.

use crate::{
    ROOMS, newest, proof_of, publish,
    witnesses::{WITNESS, know, request},
};
use anyhow::{Result, ensure};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use kernel::{Actor, Clock};
use ledger::{Keys, checkpoint, witness};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
};
use store::{Query, Store, args, jobs::Registry};
use testkit::{CLOCK, each_engine};
use tower::ServiceExt;

/// A site of the ledger alone, whose worker signs by these keys.
fn site(store: &Store, keys: &Keys) -> Result<web::Site> {
    let rooms = [web::room(), ledger::room()];
    let thing: Arc<dyn Any + Send + Sync> = Arc::new(keys.clone());
    Ok(web::Site(Arc::new(web::SiteParts {
        store: store.clone(),
        clock: Arc::new(CLOCK),
        templates: web::Templates::new(rooms.iter().flat_map(|room| (room.templates)()))?,
        people: Arc::new(web::Everybody(Actor::READER)),
        place: "Tỉnh Tuyên Quang".into(),
        illustrative: false,
        permissions: Vec::new(),
        things: HashMap::from([(TypeId::of::<Keys>(), thing)]),
        openapi: "{}".into(),
        origin: "https://lang.example".into(),
        limit: None,
        search: web::search::Search::default(),
    })))
}

/// Status and text of an answer, what templates escape put back.
async fn send(site: &web::Site, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
    let routes = (web::room().routes)().merge((ledger::room().routes)());
    let peer: SocketAddr = ([203, 0, 113, 7], 5000).into();
    let asked = Request::builder().method(method).uri(path).header(header::HOST, "lang.example");
    let asked = asked.header(header::CONTENT_TYPE, "text/plain").header(header::CONTENT_LENGTH, body.len());
    let asked = asked.extension(ConnectInfo(peer)).body(Body::from(body.to_owned()))?;
    let answer = web::app(site.clone(), routes).oneshot(asked).await?;
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await?;
    let text = String::from_utf8_lossy(&bytes).replace("&#x2f;", "/").replace("&quot;", "\"");
    Ok((status, text))
}

async fn count(store: &Store, sql: &str) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.row(sql, args![]).await?.expect("a count").i64(0)?)
}

const COSIGNED: &str = "SELECT COUNT(*) FROM store_audit WHERE action = 'ledger.cosign'";

#[test]
fn a_cosignature_that_is_sent_again_changes_nothing_and_leaves_no_line() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        let site = site(&store, &keys)?;
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let (skey, vkey) = witness::new_key(WITNESS)?;
        know(&store, &vkey).await?;
        let signing = proof_of(&store, "1/set/2025").await?.keys;
        let (line, _) = witness::cosign(&skey, &None, &request(&store, 0).await?, &signing, CLOCK.now())?;
        let path = "/api/v1/cosignatures";
        for bad in ["", "nonsense", "— x AAAAAAAA\n"] {
            let (status, text) = send(&site, "POST", path, bad).await?;
            ensure!(status == 422, "{bad}: {status} {text}");
        }
        let (status, text) = send(&site, "POST", path, &line).await?;
        ensure!(status == 201 && text.contains("Mặt trận Tổ quốc tỉnh"), "{status} {text}");
        let signed = newest(&store).await?;
        for path in [path.to_owned(), format!("{path}?size={}", signed.size)] {
            let (status, text) = send(&site, "POST", &path, &line).await?;
            ensure!(status == 200, "{path}: {status} {text}");
        }
        ensure!(send(&site, "POST", &format!("{path}?size=1"), &line).await?.0 == 422);
        ensure!(count(&store, COSIGNED).await? == 1, "a line without a change");
        ensure!(newest(&store).await?.note == signed.note);
        Ok(())
    });
}

#[test]
fn the_page_of_a_result_shows_the_checkpoint_and_the_key_of_its_proof() {
    each_engine(ROOMS, |store| async move {
        let folder = tempfile::tempdir()?;
        let keys = Keys::of_folder(folder.path(), "");
        let site = site(&store, &keys)?;
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        let old = newest(&store).await?;
        let (skey, vkey) = witness::new_key(WITNESS)?;
        know(&store, &vkey).await?;
        let asked = request(&store, 0).await?;
        let (line, _) = witness::cosign(&skey, &None, &asked, std::slice::from_ref(&old.key), CLOCK.now())?;
        ensure!(send(&site, "POST", "/api/v1/cosignatures", &line).await?.0 == 201);
        let next = checkpoint::rotate(&store, &CLOCK, &keys).await?;
        publish(&store, 3..4).await?;
        ledger::round(&store, &CLOCK, &keys).await?;
        // The witness saw the old one only: by it the result is proved, and the key of the page is the one that signed it.
        let (status, page) = send(&site, "GET", "/minh-chung/ket-qua/1/set/2025", "").await?;
        ensure!(status == 200 && page.contains(&format!("--key '{}'", old.key)), "{status} {page}");
        ensure!(page.contains(&format!("/minh-chung/{}\"", old.id)), "{page}");
        ensure!(page.contains(&format!("trong {} mục", old.size)), "{page}");
        ensure!(!page.contains(&format!("--key '{next}'")), "{page}");
        let proof = proof_of(&store, "1/set/2025").await?;
        ensure!(proof.keys == [old.key.clone(), next.clone()], "{:?}", proof.keys);
        ensure!(proof.check(&proof.keys[..1])?.size == old.size);
        // What came after is proved by the newest, which the new key signed.
        let (_, page) = send(&site, "GET", "/minh-chung/ket-qua/3/set/2025", "").await?;
        ensure!(page.contains(&format!("--key '{next}'")), "{page}");
        Ok(())
    });
}

#[test]
fn a_ledger_that_signs_no_more_says_so_on_its_page_and_is_told_once() {
    each_engine(ROOMS, |store| async move {
        let (folder, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
        publish(&store, 0..3).await?;
        ledger::round(&store, &CLOCK, &Keys::of_folder(folder.path(), "")).await?;
        publish(&store, 3..5).await?;
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        let later: Arc<dyn Clock> = Arc::new(kernel::FixedClock(kernel::Moment(CLOCK.now().0 + 6_000_000)));
        let mut sites = Vec::new();
        // The program starts twice over a folder that does not hold the key.
        for _ in 0..2 {
            let site = site(&store, &Keys::of_folder(elsewhere.path(), ""))?;
            let mut registry = Registry::default();
            (ledger::room().jobs)(&mut registry, &site);
            let mut said = Vec::new();
            // Another program that has the key may sign a moment later: nobody is told before that.
            ensure!(!registry.tend_once(&store, &clock, &mut said).await, "a refusal is nothing done");
            let (_, page) = send(&site, "GET", "/minh-chung", "").await?;
            ensure!(!page.contains("Sổ đang ngừng ký"), "{page}");
            ensure!(!registry.tend_once(&store, &later, &mut said).await, "a refusal is nothing done");
            ensure!(said.len() == 1 && said[0].contains("admit-restore"), "{said:?}");
            sites.push((site, registry));
        }
        for role in ["administrator", "auditor"] {
            let to = "/quan-tri/tinh-trang";
            let sql = format!("SELECT COUNT(*) FROM web_matter WHERE role = '{role}' AND link = '{to}'");
            ensure!(count(&store, &sql).await? == 1, "{role}");
        }
        ensure!(count(&store, "SELECT COUNT(*) FROM store_audit WHERE action = 'ledger.refuse'").await? == 1);
        let (site, registry) = &sites[1];
        let (status, page) = send(site, "GET", "/minh-chung", "").await?;
        ensure!(status == 200 && page.contains("Sổ đang ngừng ký") && page.contains("3 mục đang chờ"), "{page}");
        let (_, page) = send(site, "GET", "/en/minh-chung", "").await?;
        ensure!(page.contains("The ledger is not being signed"), "{page}");
        checkpoint::admit(&store, &CLOCK, &Keys::of_folder(elsewhere.path(), ""), "moved").await?;
        registry.tend_once(&store, &clock, &mut Vec::new()).await;
        let (_, page) = send(site, "GET", "/minh-chung", "").await?;
        ensure!(!page.contains("ngừng ký") && !page.contains("mục đang chờ"), "{page}");
        Ok(())
    });
}
