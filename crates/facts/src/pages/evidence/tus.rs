//! Sending part by part: tus 1.0.0 with creation, creation with a first part, expiration, termination and checksum.
//!
//! `Upload-Metadata` has `unit` (a number) and may have `filename`, `note`, `figures` (`measure:year`, commas between), and what
//! the browser read off the photograph: `taken`, `lat`, `lon`, `covered`. The answer to the last part names the piece in
//! `Langso-Evidence`; so does every later question.

use super::unit_of;
use crate::{
    evidence::{
        self, Means, Said,
        incoming::{self, Appended, Checksum, Fields, Finished, Incoming},
    },
    pages::law,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{options, patch},
};
use base64::prelude::{BASE64_STANDARD, Engine};
use kernel::{EvidenceId, Moment, Phrase, Problem, UnitId};
use std::{
    collections::HashMap,
    time::{Duration, UNIX_EPOCH},
};
use store::Query;
use web::{Ctx, Failure, Outcome, Path, Repeatable, Routes};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: HeaderValue =
    HeaderValue::from_static("creation,creation-with-upload,expiration,termination,checksum");
const PART: &str = "application/offset+octet-stream";
/// Bytes of `Upload-Metadata`.
const MOST_METADATA: usize = 8_192;
/// Figures that one upload names.
const MOST_FIGURES: usize = 50;
const ATTACH: (&str, &str) = ("attach", "evidence");

pub(super) fn routes() -> Routes {
    Routes::new()
        .offers("/api/v1/uploads", "evidence", options(offer))
        .by("POST", "/api/v1/uploads", ATTACH, true, axum::routing::post(create))
        .by("GET", "/api/v1/uploads/{upload}", ATTACH, true, axum::routing::get(stand))
        .by("PATCH", "/api/v1/uploads/{upload}", ATTACH, true, patch(append))
        .by("DELETE", "/api/v1/uploads/{upload}", ATTACH, false, axum::routing::delete(drop_it))
        // What cannot send PATCH and DELETE says so beside a POST.
        .by("POST", "/api/v1/uploads/{upload}", ATTACH, true, axum::routing::post(instead))
}

/// An answer of the protocol: whatever it says, it names the version.
fn answer(status: StatusCode, headers: impl IntoIterator<Item = (&'static str, String)>) -> Response {
    let mut answer = status.into_response();
    answer.headers_mut().insert("tus-resumable", VERSION);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

/// A problem in words, as an answer of the protocol.
fn problem(ctx: &Ctx, problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = web::json_problem(ctx.lang, problem).to_string();
    let mut answer = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    answer.headers_mut().insert("tus-resumable", VERSION);
    answer
}

fn refused(ctx: &Ctx, key: &'static str, status: u16) -> Response {
    problem(ctx, &Problem { phrase: Phrase::new(key), place: None, status })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    // Nothing but digits: `+5` and ` 5` are no lengths.
    text(headers, name).filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Another version of the protocol is answered with the one there is.
fn other_version(ctx: &Ctx) -> Option<Response> {
    if text(&ctx.headers, "tus-resumable") == Some("1.0.0") {
        return None;
    }
    let mut answer = refused(ctx, "evidence-tus-version", 412);
    answer.headers_mut().insert("tus-version", VERSION);
    Some(answer)
}

/// When an upload is forgotten, as HTTP writes dates.
fn expires(until: Moment) -> String {
    let seconds = u64::try_from(until.0 / 1_000_000).unwrap_or(0);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// `OPTIONS /api/v1/uploads`: what this server can do.
async fn offer(ctx: Ctx) -> Outcome {
    let most = ctx.site.thing::<Means>().bounds.bytes;
    let mut answer = answer(StatusCode::NO_CONTENT, [("tus-max-size", most.to_string())]);
    answer.headers_mut().insert("tus-version", VERSION);
    answer.headers_mut().insert("tus-extension", EXTENSIONS);
    answer.headers_mut().insert("tus-checksum-algorithm", HeaderValue::from_static("sha1"));
    Ok(answer)
}

/// `Upload-Metadata`: names with values in Base64; `None` where it does not read.
fn metadata(text: &str) -> Option<HashMap<&str, String>> {
    if text.len() > MOST_METADATA {
        return None;
    }
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let bytes = BASE64_STANDARD.decode(value.trim()).ok()?;
            Some((name, String::from_utf8(bytes).ok()?))
        })
        .collect()
}

/// What the metadata say of a piece, or what is wrong with them.
async fn read(ctx: &Ctx, tx: &mut impl Query) -> Result<Result<(UnitId, String, Fields), Problem>, Failure> {
    let wrong = |key, field: &str| Ok(Err(Problem::input(Phrase::new(key)).at_field(field)));
    let Some(told) = metadata(text(&ctx.headers, "upload-metadata").unwrap_or("")) else {
        return wrong("evidence-tus-metadata", "Upload-Metadata");
    };
    let said = |name: &str| told.get(name).map_or("", String::as_str);
    let Ok(unit) = said("unit").parse().map(UnitId) else { return wrong("evidence-tus-unit", "unit") };
    let unit = unit_of(ctx, tx, unit).await?;
    let law = law(ctx);
    let mut uses = Vec::new();
    for figure in said("figures").split(',').map(str::trim).filter(|f| !f.is_empty()) {
        let named = figure.rsplit_once(':').and_then(|(code, year)| Some((code, kernel::year(year)?)));
        let Some((code, year)) = named.filter(|_| uses.len() < MOST_FIGURES) else {
            return wrong("evidence-tus-figures", "figures");
        };
        match evidence::may_prove(&law, &unit, code, year) {
            Ok(measure) => uses.push((measure, year)),
            Err(why) => return Ok(Err(Problem::input(why).at_field("figures"))),
        }
    }
    let Said { taken, place } = Said::read(said("taken"), said("lat"), said("lon"));
    let note = said("note").chars().take(evidence::MOST_NOTE).collect();
    let covered = said("covered").parse::<i64>().unwrap_or(0).clamp(0, 99);
    let name = ["filename", "name"].into_iter().map(said).find(|n| !n.is_empty()).unwrap_or("");
    Ok(Ok((unit.id, evidence::visible(name), Fields { note, uses, taken, place, covered })))
}

/// `POST /api/v1/uploads`: begins an upload, with its first part where there is one. Under an `Idempotency-Key` it is begun once:
/// asked for again it is answered with how far it came. Cost: as [`incoming::begin`].
#[utoipa::path(post, path = "/api/v1/uploads", request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 201, description = "It is under way; Location names it"), (status = 413, description = "More bytes than a piece may have"),
        (status = 429, description = "Too many are under way")),
    params(("Tus-Resumable" = String, Header), ("Upload-Length" = u64, Header), ("Upload-Metadata" = String, Header, description = "unit, filename, figures, note, taken, lat, lon, covered"),
        ("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn create(ctx: Ctx, body: Body) -> Outcome {
    if let Some(other) = other_version(&ctx) {
        return Ok(other);
    }
    let Some(size) = number(&ctx.headers, "upload-length") else {
        return Ok(refused(&ctx, "evidence-tus-length", 400));
    };
    let sent = format!("{size} {}", text(&ctx.headers, "upload-metadata").unwrap_or(""));
    let repeatable = Repeatable::new(&ctx, sent.as_bytes());
    let mut tx = ctx.write().await?;
    if let Some(first) = repeatable.seen(&mut tx).await? {
        drop(tx);
        let id = first["upload"].as_str().unwrap_or("").to_owned();
        let mut there = stand(ctx, Path(id.clone())).await?;
        if there.status() == StatusCode::OK {
            *there.status_mut() = StatusCode::CREATED;
            name_place(&mut there, &id);
        }
        return Ok(there);
    }
    let (unit, name, fields) = match read(&ctx, &mut tx).await? {
        Ok(read) => read,
        Err(wrong) => return Ok(problem(&ctx, &wrong)),
    };
    let means = ctx.site.thing::<Means>();
    let begun = match incoming::begin(&mut tx, &means.bounds, unit, (&name, size), &fields).await? {
        Ok(begun) => begun,
        Err(why) => return Ok(problem(&ctx, &why)),
    };
    // Whether the figures are in the sender's charge, and take evidence, is known before anything is sent.
    evidence::keep::allowed(&mut tx, &law(&ctx), unit, &fields.uses).await?;
    evidence::keep::open(&mut tx, &law(&ctx), unit, &fields.uses).await?;
    repeatable.keep(tx, &serde_json::json!({"upload": begun.id})).await?;
    let with_part = text(&ctx.headers, "content-type") == Some(PART);
    let mut done = match with_part || size == 0 {
        true => part(&ctx, &begun.id, 0, body).await?,
        false => answer(
            StatusCode::NO_CONTENT,
            [("upload-offset", "0".to_owned()), ("upload-expires", expires(begun.until))],
        ),
    };
    if done.status() == StatusCode::NO_CONTENT {
        *done.status_mut() = StatusCode::CREATED;
    }
    name_place(&mut done, &begun.id);
    Ok(done)
}

fn name_place(answer: &mut Response, id: &str) {
    if let Ok(there) = HeaderValue::from_str(&format!("/api/v1/uploads/{id}")) {
        answer.headers_mut().insert(header::LOCATION, there);
    }
}

async fn own(ctx: &Ctx, id: &str) -> Result<Option<Incoming>, Failure> {
    let mut tx = ctx.read().await?;
    Ok(incoming::find(&mut tx, &ctx.actor, id, ctx.site.clock.now()).await?)
}

/// `HEAD` and `GET /api/v1/uploads/{upload}`: how much is on the disk. One that came in whole and was not made a piece, because
/// the program was killed between, is made one now. Cost: one row.
#[utoipa::path(get, path = "/api/v1/uploads/{upload}", responses((status = 204, description = "How much is there (Upload-Offset), what it became (Langso-Evidence)"),
        (status = 404, description = "There is none of whoever asks"), (status = 410, description = "The file was no evidence")),
    params(("upload" = String, Path), ("Tus-Resumable" = String, Header)))]
pub(super) async fn stand(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    if let Some(other) = other_version(&ctx) {
        return Ok(other);
    }
    let Some(known) = own(&ctx, &id).await? else { return Ok(refused(&ctx, "evidence-tus-gone", 404)) };
    if known.refused.is_some() {
        return Ok(refused(&ctx, "evidence-tus-refused", 410));
    }
    let mut became = known.evidence;
    if became.is_none() && known.received == known.size {
        match finish(&ctx, &id).await? {
            Ok(piece) => became = Some(piece),
            Err(refused) => return Ok(refused),
        }
    }
    Ok(stands(&known, known.received, became, StatusCode::OK))
}

fn stands(known: &Incoming, received: u64, became: Option<EvidenceId>, status: StatusCode) -> Response {
    let piece = became.map(|piece| ("langso-evidence", piece.to_string()));
    let told = [
        ("upload-offset", received.to_string()),
        ("upload-length", known.size.to_string()),
        ("upload-expires", expires(known.until)),
    ];
    answer(status, told.into_iter().chain(piece))
}

/// `PATCH /api/v1/uploads/{upload}`: the next part. Cost: as [`incoming::append`].
#[utoipa::path(patch, path = "/api/v1/uploads/{upload}", request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "It is on the disk (Upload-Offset)"), (status = 409, description = "It begins elsewhere than where the last one ended"),
        (status = 423, description = "Another client is at it"), (status = 460, description = "It does not hash to what was said")),
    params(("upload" = String, Path), ("Tus-Resumable" = String, Header), ("Upload-Offset" = u64, Header), ("Upload-Checksum" = Option<String>, Header)))]
pub(super) async fn append(ctx: Ctx, Path(id): Path<String>, body: Body) -> Outcome {
    if let Some(other) = other_version(&ctx) {
        return Ok(other);
    }
    if text(&ctx.headers, "content-type") != Some(PART) {
        return Ok(refused(&ctx, "evidence-tus-type", 415));
    }
    let Some(offset) = number(&ctx.headers, "upload-offset") else {
        return Ok(refused(&ctx, "evidence-tus-offset", 400));
    };
    part(&ctx, &id, offset, body).await
}

async fn part(ctx: &Ctx, id: &str, offset: u64, body: Body) -> Outcome {
    let Some(known) = own(ctx, id).await? else { return Ok(refused(ctx, "evidence-tus-gone", 404)) };
    if known.refused.is_some() {
        return Ok(refused(ctx, "evidence-tus-refused", 410));
    }
    let checksum = match text(&ctx.headers, "upload-checksum") {
        None => None,
        Some(said) => match Checksum::read(said) {
            Some(checksum) => Some(checksum),
            None => return Ok(refused(ctx, "evidence-tus-checksum", 400)),
        },
    };
    let length = number(&ctx.headers, "content-length").unwrap_or(0);
    if offset.saturating_add(length) > known.size {
        return Ok(refused(ctx, "evidence-tus-too-long", 413));
    }
    let (means, site, own_id) = (ctx.site.thing::<Means>(), ctx.site.clone(), id.to_owned());
    // Whatever becomes of the line, what came is written to its end: this answer may be dropped at any moment.
    let appended = tokio::spawn(async move {
        let body = body.into_data_stream();
        incoming::append(&means, &site.store, &*site.clock, (&own_id, offset), body, checksum).await
    });
    let appended = appended.await.map_err(|error| Failure::Internal(error.to_string()))??;
    let received = match appended {
        Appended::Done { received, cut: false } => received,
        Appended::Done { cut: true, .. } => return Ok(refused(ctx, "problem-broken-off", 400)),
        Appended::Conflict { received } => {
            let mut answer = refused(ctx, "evidence-tus-conflict", 409);
            answer.headers_mut().insert("upload-offset", received.into());
            return Ok(answer);
        }
        Appended::Locked => return Ok(refused(ctx, "evidence-tus-locked", 423)),
        Appended::Mismatch => return Ok(refused(ctx, "evidence-tus-mismatch", 460)),
        Appended::TooLong => return Ok(refused(ctx, "evidence-tus-too-long", 413)),
        Appended::TooManyParts => return Ok(refused(ctx, "evidence-tus-parts", 413)),
        Appended::Gone => return Ok(refused(ctx, "evidence-tus-gone", 404)),
    };
    let mut became = known.evidence;
    if became.is_none() && received == known.size {
        match finish(ctx, id).await? {
            Ok(piece) => became = Some(piece),
            Err(refused) => return Ok(refused),
        }
    }
    Ok(stands(&known, received, became, StatusCode::NO_CONTENT))
}

/// Makes a piece of what came in whole, to the end whatever becomes of the line.
async fn finish(ctx: &Ctx, id: &str) -> Result<Result<EvidenceId, Response>, Failure> {
    let (means, site, law) = (ctx.site.thing::<Means>(), ctx.site.clone(), law(ctx));
    let (actor, own_id) = (ctx.actor.clone(), id.to_owned());
    let finished =
        tokio::spawn(async move { incoming::finish(&means, &site.store, &*site.clock, &actor, &law, &own_id).await });
    let finished = finished.await.map_err(|error| Failure::Internal(error.to_string()))??;
    Ok(match finished {
        Finished::Kept(piece) => Ok(piece),
        Finished::Refused(why) => Err(problem(ctx, &why)),
        Finished::Locked => Err(refused(ctx, "evidence-tus-locked", 423)),
    })
}

/// `DELETE /api/v1/uploads/{upload}`: ends an upload; the piece that it became stays. Cost: two rows.
#[utoipa::path(delete, path = "/api/v1/uploads/{upload}", responses((status = 204, description = "It is gone"), (status = 423, description = "Another client is at it")),
    params(("upload" = String, Path), ("Tus-Resumable" = String, Header)))]
pub(super) async fn drop_it(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    if let Some(other) = other_version(&ctx) {
        return Ok(other);
    }
    let Some(known) = own(&ctx, &id).await? else { return Ok(refused(&ctx, "evidence-tus-gone", 404)) };
    let mut tx = ctx.write().await?;
    if !incoming::terminate(&ctx.site.thing::<Means>(), &mut tx, &known).await? {
        return Ok(refused(&ctx, "evidence-tus-locked", 423));
    }
    tx.commit().await?;
    Ok(answer(StatusCode::NO_CONTENT, []))
}

/// `POST /api/v1/uploads/{upload}` with `X-HTTP-Method-Override`.
async fn instead(ctx: Ctx, Path(id): Path<String>, body: Body) -> Outcome {
    match text(&ctx.headers, "x-http-method-override") {
        Some("PATCH") => append(ctx, Path(id), body).await,
        Some("DELETE") => drop_it(ctx, Path(id)).await,
        Some("HEAD") => stand(ctx, Path(id)).await,
        _ => Ok(refused(&ctx, "problem-method", 405)),
    }
}
