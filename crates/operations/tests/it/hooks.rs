//! Webhooks: a secret changed, an address deleted; and notices' choices by program.

use crate::{CLOCK, ROOMS, key, later, read, send, text, write};
use anyhow::{Context, Result, ensure};
use kernel::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{Query, Store, args};
use testkit::each_engine;
use web::notices::hooks::{self, Due, Event};

async fn asked(store: &Store, method: &str, path: &str, body: &str) -> Result<(u16, Value)> {
    let answer = send(store, 1, method, path, body).await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&text(answer).await?).unwrap_or_default()))
}

async fn made(store: &Store) -> Result<String> {
    let body = r#"{"name": "Sở", "url": "https://hook.example/in", "events": "report.answered"}"#;
    let (status, said) = asked(store, "POST", "/api/v1/webhooks", body).await?;
    ensure!(status == 200, "{said}");
    let mut tx = write(store).await?;
    hooks::happened(&mut tx, Event::Answered, &json!({"report": 1})).await?;
    hooks::spread(&mut tx).await?;
    tx.commit().await?;
    Ok(said["secret"].as_str().context("a secret")?.to_owned())
}

/// The calls that are due so many minutes later.
async fn due(store: &Store, minutes: i64) -> Result<Vec<Due>> {
    let mut tx = read(store).await?;
    Ok(hooks::due(&mut tx, &key(), later(minutes).now(), &BTreeSet::new(), 10).await?)
}

fn said(bytes: &[u8; 32]) -> String {
    caller::Secret::new(*bytes).to_string()
}

#[test]
fn a_changed_secret_signs_beside_the_one_before_for_a_day() {
    each_engine(ROOMS, |store| async move {
        let first = made(&store).await?;
        let calls = due(&store, 0).await?;
        ensure!(calls.len() == 1 && calls[0].secrets.iter().map(said).eq([first.clone()]), "{calls:?}");
        ensure!(send(&store, 2, "POST", "/api/v1/webhooks/1/secret", "").await?.status() == 403);
        ensure!(asked(&store, "POST", "/api/v1/webhooks/9/secret", "").await?.0 == 404);
        let (status, changed) = asked(&store, "POST", "/api/v1/webhooks/1/secret", "").await?;
        let second = changed["secret"].as_str().context("a secret")?.to_owned();
        ensure!(status == 200 && second.starts_with("whsec_") && second != first, "{changed}");
        let until = hooks::get(&mut read(&store).await?, 1).await?.context("it")?.old_until.context("a day")?;
        ensure!(changed["old_until"] == until.rfc3339() && until.0 - hooks::OVERLAP == CLOCK.now().0);
        let calls = due(&store, 0).await?;
        ensure!(calls[0].secrets.iter().map(said).eq([second.clone(), first.clone()]), "{calls:?}");
        let calls = due(&store, 24 * 60 + 1).await?;
        ensure!(calls[0].secrets.iter().map(said).eq([second.clone()]), "the old one signs for ever: {calls:?}");
        // By the page, once for a form, shown once; the oldest counts no more.
        let path = "/quan-tri/webhook/1/bi-mat";
        let page = text(send(&store, 1, "POST", path, "key=k1").await?).await?;
        let third = page.split("whsec_").nth(1).and_then(|rest| rest.split('<').next()).context("a secret")?;
        let third = format!("whsec_{}", third.replace("&#x2f;", "/").replace("&#x3d;", "="));
        let again = text(send(&store, 1, "POST", path, "key=k1").await?).await?;
        ensure!(!again.contains("whsec_") && again.contains("đã hiện một lần"), "{again}");
        let calls = due(&store, 0).await?;
        ensure!(calls[0].secrets.iter().map(said).eq([third, second]), "{calls:?}");
        Ok(())
    });
}

#[test]
fn a_deleted_address_is_called_no_more_and_its_history_is_forgotten_in_time() {
    each_engine(ROOMS, |store| async move {
        made(&store).await?;
        ensure!(send(&store, 2, "POST", "/quan-tri/webhook/1/xoa", "").await?.status() == 403);
        ensure!(send(&store, 1, "POST", "/quan-tri/webhook/1/xoa", "").await?.status() == 303);
        ensure!(due(&store, 60).await?.is_empty(), "it is called");
        for path in ["deletion", "on", "trial", "secret", "calls/1/retry"] {
            let (status, said) = asked(&store, "POST", &format!("/api/v1/webhooks/1/{path}"), "").await?;
            ensure!(status == 404 || status == 409, "{path} of a deleted address: {status} {said}");
        }
        let (_, listed) = asked(&store, "GET", "/api/v1/webhooks", "").await?;
        ensure!(listed["count"] == 0, "{listed}");
        let (_, listed) = asked(&store, "GET", "/api/v1/webhooks?tt=gone", "").await?;
        ensure!(listed["webhooks"][0]["state"] == "gone", "{listed}");
        let (_, calls) = asked(&store, "GET", "/api/v1/webhooks/1/calls", "").await?;
        ensure!(calls["calls"][0]["state"] == "dead" && calls["calls"][0]["problem"] == "deleted", "{calls}");
        let page = text(send(&store, 1, "GET", "/quan-tri/webhook/1", "").await?).await?;
        ensure!(page.contains("đã xóa") && !page.contains("/quan-tri/webhook/1/bat"), "{page}");
        let mut tx = read(&store).await?;
        let row = tx.row("SELECT sealed, old_sealed FROM web_webhook", args![]).await?.context("it")?;
        ensure!(row.text(0)?.is_empty() && row.opt_text(1)?.is_none(), "its secret outlives it");
        drop(tx);
        let hooks = web::personal::Hooks { all: web::room().personal.to_vec(), retention: Default::default() };
        let days = i64::from(hooks.retention.letters);
        for (day, left) in [(days - 1, 1), (days + 1, 0)] {
            let mut tx = store.write(&kernel::Actor::SYSTEM, &*later(day * 24 * 60)).await?;
            hooks.retain(&mut tx).await?;
            tx.commit().await?;
            let (_, listed) = asked(&store, "GET", "/api/v1/webhooks?tt=gone", "").await?;
            ensure!(listed["count"] == left, "after {day} days: {listed}");
        }
        Ok(())
    });
}

#[test]
fn how_somebody_hears_of_each_kind_is_read_and_chosen_by_program() {
    each_engine(ROOMS, |store| async move {
        let path = "/api/v1/notices/choices";
        let (status, said) = asked(&store, "GET", path, "").await?;
        let way = |said: &Value, kind: &str| -> Value {
            let all = said["choices"].as_array().cloned().unwrap_or_default();
            all.into_iter().find(|one| one["kind"] == kind).map_or(Value::Null, |one| one["way"].clone())
        };
        ensure!(status == 200 && way(&said, "role") == "digest" && way(&said, "job") == "now", "{said}");
        for (body, field) in [(r#"{"role": "fax"}"#, "role"), (r#"{"mail": "now"}"#, "mail"), (r#"{"x": "now"}"#, "x")]
        {
            let (status, said) = asked(&store, "POST", path, body).await?;
            ensure!(status == 422 && said["place"]["field"] == field, "{body}: {said}");
        }
        let (status, said) = asked(&store, "POST", path, r#"{"role": "page"}"#).await?;
        ensure!(status == 200 && way(&said, "role") == "page" && way(&said, "job") == "now", "{said}");
        let (_, said) = asked(&store, "GET", path, "").await?;
        ensure!(way(&said, "role") == "page", "{said}");
        Ok(())
    });
}
