//! A return of another Làng Số taken in, on a page and by program: checked, shown what it would change, then recorded by an explicit act.

use super::law;
use crate::returns::{
    receive::{self, Claims, Received},
    receive_job::{self, Wanted},
};
use ::store::WriteTx;
use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use facts::{
    Key,
    jobs::SHOWN,
    record,
    uploads::{self, Upload},
};
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use web::{Asking, Ctx, Failure, Form, Meta, Multipart, Outcome, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .by("GET", "/tong-hop/nhan", ("check", "figures"), false, get(page))
        .write("/tong-hop/nhan/kiem-tra", "check", "figures", post(check))
        .write("/tong-hop/nhan/ghi", "import", "figures", post(commit))
        .write_large("/api/v1/returns", "import", "figures", post(api))
}

/// The description of this part, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

/// The longest text of a proof, in bytes.
const LONGEST_PROOF: usize = 100_000;

/// What was sent beside the snapshot.
struct Sent {
    name: String,
    claims: Claims,
    bytes: Vec<u8>,
}

async fn sent(ctx: &Ctx, mut parts: Multipart) -> Result<Sent, Failure> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ctx.too_large(),
        _ => ctx.failure(Problem::input(Phrase::new("intake-upload-broken"))),
    };
    let mut sent = Sent { name: String::new(), claims: Claims::default(), bytes: Vec::new() };
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        let part = field.name().unwrap_or("").to_owned();
        let name = field.file_name().unwrap_or("").chars().filter(|c| !c.is_control()).take(200).collect();
        let bytes = field.bytes().await.map_err(broken)?;
        let text = || {
            let short = bytes.len() <= LONGEST_PROOF;
            short.then(|| String::from_utf8_lossy(&bytes).into_owned()).ok_or_else(|| ctx.too_large())
        };
        match part.as_str() {
            "file" => (sent.name, sent.bytes) = (name, bytes.to_vec()),
            "proof" => sent.claims.proof = text()?,
            "sha256" => sent.claims.sha256 = text()?,
            "keys" => sent.claims.keys = text()?,
            "sender" => sent.claims.sender = text()?,
            _ => {}
        }
    }
    Ok(sent)
}

/// `GET /tong-hop/nhan`. Cost: none.
async fn page(ctx: Ctx) -> Outcome {
    shown(&ctx, StatusCode::OK, &Claims::default(), Value::UNDEFINED)
}

fn shown(ctx: &Ctx, status: StatusCode, claims: &Claims, more: Value) -> Outcome {
    let base = context! {
        title => locale::word(ctx.lang, "receive-title"), meta => Meta::new(locale::word(ctx.lang, "receive-lead")), sender => claims.sender,
        sha256 => claims.sha256, keys => claims.keys, key => uuid::Uuid::new_v4().to_string(), longest => receive::LONGEST_SENDER,
    };
    let all = if more.is_undefined() {
        base
    } else {
        context! { ..more, ..base }
    };
    ctx.page_with(status, "returns_receive.html", all)
}

fn refused(ctx: &Ctx, name: &str, claims: &Claims, problems: &[Problem]) -> Outcome {
    let said: Vec<String> = problems.iter().map(|problem| locale::problem(ctx.lang, problem)).collect();
    let status = if problems.iter().any(|p| p.status == 422) { 422 } else { 409 };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    shown(ctx, status, claims, context! { problems => said, file => name })
}

/// `POST /tong-hop/nhan/kiem-tra`: nothing is written but the file itself, kept a day for the act. Cost: as [`receive::check`].
async fn check(ctx: Ctx, parts: Multipart) -> Outcome {
    let sent = sent(&ctx, parts).await?;
    let mut tx = ctx.read().await?;
    let checked = receive::check(&mut tx, &law(&ctx), &sent.bytes, &sent.claims, ctx.site.clock.today()).await?;
    let received = match checked {
        Ok(received) => received,
        Err(problems) => return refused(&ctx, &sent.name, &sent.claims, &problems),
    };
    let preview = record::preview(&mut tx, &received.entries).await?;
    drop(tx);
    let mut tx = ctx.write().await?;
    let upload = Upload { name: sent.name, bytes: sent.bytes };
    uploads::keep(&mut tx, &received.sha256, upload, received.entries.len()).await?;
    tx.commit().await?;
    previewed(&ctx, &received, &preview, &sent.claims, StatusCode::OK, false).await
}

type Change = (Key, rulebook::Value, rulebook::Value);

async fn previewed(
    ctx: &Ctx,
    received: &Received,
    preview: &record::Preview,
    claims: &Claims,
    status: StatusCode,
    again: bool,
) -> Outcome {
    let first = &preview.changes[..preview.changes.len().min(SHOWN)];
    let mut tx = ctx.read().await?;
    let names = units::store::many(&mut tx, &first.iter().map(|change| change.0.unit).collect::<Vec<_>>()).await?;
    let law = law(ctx);
    let row = |(key, from, to): &Change| {
        let measure = law.library().measure(law.measure_code(key.measure));
        context! {
            unit => names.get(&key.unit).map(|unit| unit.name.clone()),
            measure => measure.map(|m| ctx.lang.pick(m.name_vi.clone(), m.name_en.clone())),
            from => facts::pages::exactly(ctx.lang, from, None), to => facts::pages::exactly(ctx.lang, to, None),
        }
    };
    let more = context! {
        preview => true, again, seen => preview.seen, outcome => Value::from_serialize(preview.outcome),
        changed => first.iter().map(row).collect::<Vec<_>>(), changes_left => preview.changes.len() - first.len(),
        proof => claims.proof, about => about(received),
    };
    shown(ctx, status, claims, more)
}

/// What a page says of a snapshot.
fn about(received: &Received) -> Value {
    let document = &received.document;
    context! {
        sender => received.sender, sha256 => received.sha256, province => document.province.name, year => document.year.to_string(),
        number => document.number, figures => received.entries.len(), computed => received.computed,
        proven => received.proven.as_ref().map(|p| context! { ledger => p.ledger, position => p.position, trusted => p.trusted }),
    }
}

/// What the second form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Confirmed {
    hash: String,
    seen: String,
    key: String,
    publish: String,
    sender: String,
    proof: String,
    keys: String,
}

/// `POST /tong-hop/nhan/ghi`: one transaction; the same key again gets the same answer. Cost: as [`Received::commit`].
async fn commit(ctx: Ctx, Form(form): Form<Confirmed>) -> Outcome {
    let body = format!("{} {} {} {} {}", form.hash, form.publish, form.sender, form.proof, form.keys);
    let repeatable = Repeatable::of_form(&ctx, &form.key, body.as_bytes());
    let claims = Claims { sender: form.sender, sha256: form.hash, proof: form.proof, keys: form.keys };
    let mut tx = ctx.write().await?;
    let answer = match repeatable.seen(&mut tx).await? {
        Some(answer) => answer,
        None => {
            let forgotten = || ctx.failure(Problem::not_found(Phrase::new("intake-forgotten")));
            let (_, figures) = uploads::size(&mut tx, &claims.sha256).await?.ok_or_else(forgotten)?;
            if receive_job::is_large(figures) {
                let hash = claims.sha256.clone();
                let job = queued(&ctx, &mut tx, &hash, claims, !form.publish.is_empty(), form.seen).await?;
                repeatable.keep(tx, &json!({"job": job})).await?;
                return Ok(waiting(&ctx, job));
            }
            let upload = uploads::find(&mut tx, &claims.sha256).await?.ok_or_else(forgotten)?;
            let law = law(&ctx);
            let checked = receive::check(&mut tx, &law, &upload.bytes, &claims, ctx.site.clock.today()).await?;
            let received = match checked {
                Ok(received) => received,
                Err(problems) => return refused(&ctx, &upload.name, &claims, &problems),
            };
            let now = record::preview(&mut tx, &received.entries).await?;
            if now.seen != form.seen {
                drop(tx);
                return previewed(&ctx, &received, &now, &claims, StatusCode::CONFLICT, true).await;
            }
            let (outcome, agreement) = received.commit(&mut tx, &law, &upload.bytes, !form.publish.is_empty()).await?;
            uploads::forget(&mut tx, &received.sha256).await?;
            let answer = received.answer(outcome, &agreement)?;
            repeatable.keep(tx, &answer).await?;
            answer
        }
    };
    if let Some(job) = answer["job"].as_i64() {
        return Ok(waiting(&ctx, job));
    }
    let more = context! { done => Value::from_serialize(&answer), published => !form.publish.is_empty() };
    shown(&ctx, StatusCode::OK, &Claims::default(), more)
}

/// Queues the recording of a large file that waits under its hash; the job's number.
async fn queued(
    ctx: &Ctx,
    tx: &mut WriteTx,
    hash: &str,
    claims: Claims,
    publish: bool,
    seen: String,
) -> Result<i64, Failure> {
    let wanted = Wanted { claims, publish, seen, lang: ctx.lang.tag().into() };
    Ok(receive_job::queue(tx, hash, &wanted).await?)
}

/// Where it is seen how far the job is.
fn waiting(ctx: &Ctx, job: i64) -> Response {
    Redirect::to(&ctx.link(&format!("/viec/{job}"))).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    publish: bool,
    dry_run: bool,
    sender: String,
    sha256: String,
}

/// `POST /api/v1/returns`: the snapshot of a return as its body, or in a form of parts with its proof. All of it or nothing.
#[utoipa::path(post, path = "/api/v1/returns",
    request_body(content((Object = "application/json"), (Object = "multipart/form-data")),
        description = "The snapshot's bytes (`ban-chot.json`); as a form of parts: `file`, and where wanted `proof` (`bang-chung.json`), `keys`, `sha256`, `sender`"),
    responses((status = 200, description = "What was recorded, and how the verdicts here stand to those of the sender"),
        (status = 202, description = "A large one: recorded by the job that is named"),
        (status = 412, description = "Somebody wrote meanwhile: look again by a dry run"),
        (status = 422, description = "Every problem with its place, nothing recorded")),
    params(("publish" = Option<bool>, Query, description = "Publish at once"),
        ("dry_run" = Option<bool>, Query, description = "Say what would be new, change or stay, write nothing"),
        ("sender" = Option<String>, Query, description = "From whom it comes"),
        ("sha256" = Option<String>, Query, description = "Refuse the file unless this is its SHA-256"),
        ("Idempotency-Key" = Option<String>, Header),
        ("If-Match" = Option<String>, Header, description = "`seen` of a dry run: refused with 412 where somebody wrote meanwhile")))]
async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, request: Request) -> Outcome {
    let kind = ctx.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let mut sent = if kind.starts_with("multipart/") {
        sent(&ctx, Multipart::from_request(request, &()).await?).await?
    } else {
        let body: Body = request.into_body();
        Sent { name: String::new(), claims: Claims::default(), bytes: ctx.whole(body).await? }
    };
    for (own, asked) in [(&mut sent.claims.sender, asked.sender), (&mut sent.claims.sha256, asked.sha256)] {
        if !asked.is_empty() {
            *own = asked;
        }
    }
    // A form of parts has another boundary each time: what it says is what counts.
    let said = format!("{} {} {:?}", hex::encode(Sha256::digest(&sent.bytes)), asked.publish, sent.claims);
    let repeatable = Repeatable::new(&ctx, said.as_bytes());
    if !asked.dry_run
        && let Some(answer) = repeatable.seen(&mut ctx.write().await?).await?
    {
        return told(&ctx, &answer);
    }
    let mut tx = ctx.read().await?;
    let law = law(&ctx);
    let received = match receive::check(&mut tx, &law, &sent.bytes, &sent.claims, ctx.site.clock.today()).await? {
        Ok(received) => received,
        Err(problems) => return refused_api(&ctx, &problems),
    };
    if asked.dry_run {
        let preview = record::preview(&mut tx, &received.entries).await?;
        let mut would = received.told();
        would["outcome"] = serde_json::to_value(preview.outcome)?;
        would["seen"] = preview.seen.into();
        return ctx.json_with(StatusCode::OK, &would);
    }
    drop(tx);
    let mut tx = ctx.write().await?;
    // The same request may have come twice at once.
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return told(&ctx, &answer);
    }
    if let Some(seen) = ctx.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok())
        && record::preview(&mut tx, &received.entries).await?.seen != seen.trim_matches('"')
    {
        return Err(ctx.failure(Problem::conflict(Phrase::new("intake-changed"), 412)));
    }
    if receive_job::is_large(received.entries.len() as i64) {
        let (upload, seen) = (Upload { name: sent.name, bytes: sent.bytes }, String::new());
        uploads::keep(&mut tx, &received.sha256, upload, received.entries.len()).await?;
        let job = queued(&ctx, &mut tx, &received.sha256, sent.claims, asked.publish, seen).await?;
        let answer = json!({"job": job, "href": format!("/api/v1/jobs/{job}")});
        repeatable.keep(tx, &answer).await?;
        return told(&ctx, &answer);
    }
    let (outcome, agreement) = received.commit(&mut tx, &law, &sent.bytes, asked.publish).await?;
    repeatable.done(tx, received.answer(outcome, &agreement)?).await
}

/// What was recorded, or that a job records it.
fn told(ctx: &Ctx, answer: &serde_json::Value) -> Outcome {
    let status = if answer["job"].is_null() { StatusCode::OK } else { StatusCode::ACCEPTED };
    ctx.json_with(status, answer)
}

fn refused_api(ctx: &Ctx, problems: &[Problem]) -> Outcome {
    let listed: Vec<_> = problems.iter().map(|problem| web::json_problem(ctx.lang, problem)).collect();
    let body = json!({
        "type": "/api/problems#returns", "title": locale::word(ctx.lang, "returns-refused"), "status": 422, "count": problems.len(),
        "problems": listed,
    });
    ctx.json_with(StatusCode::UNPROCESSABLE_ENTITY, &body)
}
