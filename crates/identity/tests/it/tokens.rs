//! Tokens made on pages and by API, by whoever shows once more who they are.

use crate::{
    CLOCK, PASSWORD, ROOMS, identity,
    pages::{plain, send, site, text},
    proposals::{administrator, post},
    somebody,
};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use identity::{secrets, store as people};
use kernel::{Actor, Clock, Moment, PersonId, Role};
use serde_json::{Value, json};
use store::{Query, Store, args};
use testkit::each_engine;
use tower::ServiceExt;

/// A request of a program; the status and what came.
pub async fn by_program(
    store: &Store,
    method: &str,
    path: &str,
    (name, secret): (&str, &str),
    body: &str,
) -> Result<(u16, Value)> {
    let (site, routes) = site(store, false, false)?;
    let request = Request::builder().method(method).uri(path).header("host", "lang.example").header(name, secret);
    let request = request.header("content-type", "application/json").header("sec-fetch-site", "same-origin");
    let answer = web::app(site, routes).oneshot(request.body(Body::from(body.to_owned()))?).await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&text(answer).await?).unwrap_or_default()))
}

async fn session(store: &Store, person: PersonId, secret: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    people::begin(&mut tx, &secrets::hash(secret), person, people::Begun::Full, "").await?;
    Ok(tx.commit().await?)
}

const TO: &str = "2027-06-30";

#[test]
fn a_token_is_shown_once_and_does_what_was_chosen() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "lanhdao", Role::MinistryReader).await?;
        session(&store, person, "s1").await?;
        let page = text(send(&store, false, "GET", "/tai-khoan/khoa", "langso=s1", "").await?).await?;
        ensure!(page.contains("value=\"read working figures\"") && !page.contains("value=\"read audit\""), "{page}");
        let form = |old: &str, only: &str, key: &str| {
            format!("name=May+tinh&only={}&to={TO}&old={}&key={key}", plain(only), plain(old))
        };
        let only = "read working figures";
        for (form, wanted) in [
            (form("sai", only, "k1"), 422),
            (form(PASSWORD, "read audit", "k1"), 422),
            (format!("name=&to={TO}&old={}", plain(PASSWORD)), 422),
            (form(PASSWORD, only, "k2").replace(TO, "2099-01-01"), 422),
        ] {
            let (status, page) = post(&store, "s1", "/tai-khoan/khoa", &form).await?;
            ensure!(status == wanted && !page.contains("langso_"), "{form}: {status}");
        }
        let (status, page) = post(&store, "s1", "/tai-khoan/khoa", &form(PASSWORD, only, "k3")).await?;
        let (_, rest) = page.split_once("langso_").context("a token")?;
        let secret = format!("langso_{}", &rest[..64]);
        ensure!(status == 200, "{page}");
        // The same form again makes no second one, and shows the first no more.
        let (status, page) = post(&store, "s1", "/tai-khoan/khoa", &form(PASSWORD, only, "k3")).await?;
        ensure!(status == 200 && !page.contains(&secret), "shown twice");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let tokens = people::tokens(&mut tx, person).await?;
        ensure!(tokens.len() == 1 && tokens[0].only == [only] && tokens[0].used.is_none(), "{tokens:?}");
        let sql = "SELECT COUNT(*) FROM store_idempotency WHERE body LIKE '%langso_%'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 0, "a secret is kept");
        drop(tx);
        let bearer = format!("Bearer {secret}");
        let me = ("authorization", &*bearer);
        ensure!(by_program(&store, "GET", "/api/v1/tokens", me, "").await?.0 == 403, "more than was chosen");
        // That it was seen is noted beside the request, a moment later.
        let mut used = None;
        for _ in 0..400 {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            used = people::tokens(&mut tx, person).await?[0].used;
            if used.is_some() {
                break;
            }
            drop(tx);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        ensure!(used == Some(CLOCK.now()), "the last use is not shown");
        ensure!(post(&store, "s1", &format!("/tai-khoan/khoa/{}", tokens[0].id), "").await?.0 == 303);
        ensure!(by_program(&store, "GET", "/api/v1/tokens", me, "").await?.0 == 401, "a revoked token goes on");
        ensure!(post(&store, "s1", &format!("/tai-khoan/khoa/{}", tokens[0].id), "").await?.0 == 404);
        Ok(())
    });
}

#[test]
fn a_token_by_api_takes_password_and_code_and_no_token() {
    each_engine(ROOMS, |store| async move {
        let person = administrator(&store, "mot").await?;
        let other = administrator(&store, "hai").await?;
        let me = ("cookie", "langso=mot");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sealed = people::get(&mut tx, person).await?.context("a person")?.totp.context("a second factor")?;
        drop(tx);
        let secret = identity(&store).key.open(&sealed).context("a secret")?;
        let code = identity::second::code(&secret, CLOCK.now());
        let body = |only: &str, code: &str| {
            json!({"name": "Kho", "only": [only], "to": TO, "password": PASSWORD, "code": code}).to_string()
        };
        let (status, said) = by_program(&store, "POST", "/api/v1/tokens", me, &body("read audit", "")).await?;
        ensure!(status == 422 && said.to_string().contains("now"), "{said}");
        ensure!(by_program(&store, "POST", "/api/v1/tokens", me, &body("keep people", &code)).await?.0 == 422);
        let (status, made) = by_program(&store, "POST", "/api/v1/tokens", me, &body("read audit", &code)).await?;
        let secret = made["secret"].as_str().context("a secret")?.to_owned();
        ensure!(status == 200, "{made}");
        let (_, listed) = by_program(&store, "GET", "/api/v1/tokens", me, "").await?;
        ensure!(listed["tokens"][0]["name"] == "Kho" && !listed.to_string().contains(&secret), "{listed}");
        let bearer = format!("Bearer {secret}");
        let token = ("authorization", &*bearer);
        ensure!(by_program(&store, "GET", "/nhat-ky", token, "").await?.0 == 200);
        ensure!(by_program(&store, "GET", "/quan-tri/nguoi", token, "").await?.0 == 403);
        ensure!(by_program(&store, "POST", "/api/v1/tokens", token, &body("read audit", &code)).await?.0 == 403);
        // Somebody else's is nobody's.
        let path = format!("/api/v1/tokens/{}/revocation", made["id"]);
        ensure!(by_program(&store, "POST", &path, ("cookie", "langso=hai"), "").await?.0 == 404, "{other}");
        ensure!(by_program(&store, "POST", &path, me, "").await?.0 == 200);
        ensure!(by_program(&store, "GET", "/nhat-ky", token, "").await?.0 == 401);
        Ok(())
    });
}

#[test]
fn an_administrator_makes_tokens_of_programs_alone() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        let officer = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let machine = people::add(&mut tx, "kho", "Kho dữ liệu", None, "vi", false).await?;
        let from = CLOCK.today();
        let new = identity::model::NewGrant {
            person: machine,
            role: Role::Machine,
            unit: None,
            agency: None,
            criteria: None,
            from,
            to: None,
        };
        people::grant(&mut tx, &new).await?;
        let first = people::get(&mut tx, machine).await?.context("it")?;
        ensure!(first.password.is_none());
        let me = people::by_login(&mut tx, "mot").await?.context("me")?;
        tx.commit().await?;
        let key = identity(&store).key.open(&me.totp.context("a second factor")?).context("a secret")?;
        let now = identity::second::code(&key, CLOCK.now());
        let form = format!("name=Kho&only=import+figures&to={TO}&old={}&now={now}&key=k1", plain(PASSWORD));
        let path = |person: PersonId| format!("/quan-tri/nguoi/{person}/khoa-chuong-trinh");
        let (status, page) = post(&store, "mot", &path(officer), &form).await?;
        ensure!(status == 422 && !page.contains("langso_"), "a token in somebody else's name: {page}");
        let (status, page) = post(&store, "mot", &path(machine), &form).await?;
        ensure!(status == 200 && page.contains("langso_"), "{page}");
        let tokens = people::tokens(&mut store.read(&Actor::SYSTEM.scope()).await?, machine).await?;
        ensure!(tokens.len() == 1 && tokens[0].ends > Moment(CLOCK.now().0), "{tokens:?}");
        ensure!(post(&store, "mot", &format!("{}/{}", path(machine), tokens[0].id), "").await?.0 == 303);
        // A program's role is power: it takes two administrators.
        administrator(&store, "hai").await?;
        let grant = format!("/quan-tri/nguoi/{officer}/vai-tro");
        ensure!(post(&store, "mot", &grant, "role=machine").await?.0 == 303);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        ensure!(identity::proposals::waiting(&mut tx, CLOCK.now()).await?.len() == 1, "power by one");
        drop(tx);
        Ok(())
    });
}
