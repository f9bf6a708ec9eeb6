//! Webhooks: a secret changed, an address deleted, before its calls or while they are made; and notices' choices by program.

use crate::{CLOCK, ROOMS, key, later, leased, read, send, text, write};
use anyhow::{Context, Result, ensure};
use caller::{Caller, Reach};
use kernel::Clock;
use operations::calls;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};
use store::{Query, Store, StoreError, args};
use testkit::each_engine;
use tokio::runtime::Handle;
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
    let (mut tx, now) = (read(store).await?, later(minutes).now());
    let mut found = Vec::new();
    for (id, _) in hooks::due(&mut tx, now, &BTreeSet::new(), 10).await? {
        found.push(hooks::open(&mut tx, &key(), now, id).await?.context("it is due")?);
    }
    Ok(found)
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

/// The paths at which a receiver was called.
type Came = Arc<Mutex<Vec<String>>>;

/// A program that is called: its port, and what came. Before it answers a call to a path, `meanwhile` happens, which says what it
/// answers. Until the program of the tests ends: a call has a connection of its own.
fn receiver(meanwhile: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> (u16, Came) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let came = Came::default();
    let kept = came.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that breaks off is its own matter.
            let _ = answer(stream, &kept, &meanwhile);
        }
    });
    (port, came)
}

fn answer(
    mut stream: TcpStream,
    came: &Mutex<Vec<String>>,
    meanwhile: &dyn Fn(&str) -> &'static str,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut line, mut size) = (String::new(), String::new(), 0_usize);
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            size = length.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; size])?;
    let path = first.split(' ').nth(1).unwrap_or("").to_owned();
    came.lock().expect("nobody fell over it").push(path.clone());
    let status = meanwhile(&path);
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
}

/// So many addresses of a receiver, and something that all of them want to hear of.
async fn addresses(store: &Store, port: u16, count: i64) -> Result<()> {
    let mut tx = write(store).await?;
    for n in 1..=count {
        let url = format!("http://127.0.0.1:{port}/{n}");
        ensure!(hooks::add(&mut tx, &key(), "Sở", &url, &[Event::Answered], &[7; 32]).await? == n);
    }
    hooks::happened(&mut tx, Event::Answered, &json!({"report": 1})).await?;
    Ok(tx.commit().await?)
}

/// Runs the job that makes the calls, once.
async fn made_all(store: &Store) -> Result<store::Result<()>> {
    let work = leased(store, Arc::new(CLOCK)).await?;
    Ok(calls::call(work, &Caller::new(Reach::Loopback)?, &key()).await)
}

/// How the call to each address went: its state, the tries, the problem.
async fn went(store: &Store) -> Result<Vec<(String, i64, Option<String>)>> {
    let rows = read(store).await?.rows("SELECT state, tries, problem FROM web_call ORDER BY hook", args![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.i64(1)?, row.opt_text(2)?))).collect()
}

async fn leave(store: &Store) -> Result<()> {
    let mut tx = write(store).await?;
    ensure!(hooks::delete(&mut tx, 2).await? && hooks::switch(&mut tx, 3, false).await?);
    Ok(tx.commit().await?)
}

#[test]
fn an_address_deleted_or_turned_off_while_another_is_called_is_not_called() {
    each_engine(ROOMS, |store| async move {
        let (handle, own) = (Handle::current(), store.clone());
        let (port, came) = receiver(move |path| {
            if path == "/1" {
                handle.block_on(leave(&own)).expect("they leave");
            }
            "200 OK"
        });
        addresses(&store, port, 3).await?;
        made_all(&store).await??;
        let came = came.lock().expect("nobody fell over it").clone();
        ensure!(came == ["/1"], "{came:?}");
        let deleted = Some("deleted".to_owned());
        let expected = [("sent".to_owned(), 1, None), ("dead".to_owned(), 0, deleted), ("waiting".to_owned(), 0, None)];
        ensure!(went(&store).await? == expected, "{:?}", went(&store).await?);
        Ok(())
    });
}

/// Somebody deletes an address that is being called; the last of them cancels the job, too.
async fn delete(store: &Store, hook: i64) -> Result<()> {
    let mut tx = write(store).await?;
    ensure!(hooks::delete(&mut tx, hook).await?, "it is there");
    if hook == 2 {
        let job = tx.row("SELECT id FROM store_job WHERE state = 'running'", args![]).await?.context("the job")?;
        ensure!(tx.cancel_job(job.i64(0)?).await?, "it runs");
    }
    Ok(tx.commit().await?)
}

#[test]
fn a_call_whose_address_is_deleted_while_it_is_made_is_told_as_it_went() {
    each_engine(ROOMS, |store| async move {
        let (handle, own) = (Handle::current(), store.clone());
        let (port, came) = receiver(move |path| {
            let hook = if path == "/1" { 1 } else { 2 };
            handle.block_on(delete(&own, hook)).expect("it is deleted");
            if hook == 1 { "500 Internal Server Error" } else { "200 OK" }
        });
        addresses(&store, port, 2).await?;
        let ended = made_all(&store).await?;
        ensure!(matches!(ended, Err(StoreError::LostJob(_))), "it goes on: {ended:?}");
        let came = came.lock().expect("nobody fell over it").clone();
        ensure!(came == ["/1", "/2"], "{came:?}");
        // What was refused stays given up and says nothing of the address; what got there is told so, though the job was cancelled.
        let expected = [("dead".to_owned(), 0, Some("deleted".to_owned())), ("sent".to_owned(), 1, None)];
        ensure!(went(&store).await? == expected, "{:?}", went(&store).await?);
        let hook = hooks::get(&mut read(&store).await?, 1).await?.context("it")?;
        ensure!(hook.state == "gone" && hook.failing_since.is_none(), "{hook:?}");
        Ok(())
    });
}
