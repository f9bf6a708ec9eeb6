//! Letters: which wait, which were taken, which were given up; sent again by hand. What they say is shown to nobody.

use super::{MOST, PER, back, conflict, done, export, note_reading, word, words};
use crate::post::Post;
use axum::http::StatusCode;
use documents::list_out::Kind;
use minijinja::context;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use store::{AuditLine, secrets::SecretKey};
use units::listed::{Answer, Listed};
use web::{
    Asked, Asking, Ctx, Failure, Form, Outcome, Path,
    notices::outbox::{self, Kept},
    people::Contact,
};

const STATES: [&str; 5] = ["waiting", "dead", "sent", "expired", "cancelled"];
const ORDERS: [&str; 2] = ["oldest", "address"];
const FIELDS: &[&str] = &[
    "id", "template", "person", "address", "name", "lang", "subject", "state", "tries", "problem", "at", "due_at",
    "ended_at",
];

fn state(ctx: &Ctx, name: &str) -> String {
    word(ctx, &format!("mail-state-{name}"))
}

/// `GET /quan-tri/thu`. Cost: the letters of the state.
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, StatusCode::OK, &asked, &Trial::default(), None).await
}

async fn show(ctx: &Ctx, status: StatusCode, asked: &Asked, typed: &Trial, wrong: Option<&'static str>) -> Outcome {
    note_reading(ctx, "web.mail-read", asked).await?;
    let mut tx = ctx.read().await?;
    let (found, count) = outbox::list(&mut tx, &asked.listing(asked.page(), PER)).await?;
    let row = |letter: &Kept| {
        context! {
            id => letter.id, name => letter.name, address => letter.address, subject => letter.subject, state => letter.state,
            state_word => state(ctx, &letter.state), tries => letter.tries, problem => letter.problem, at => locale::moment(letter.at),
            due => (letter.state == "waiting").then(|| locale::moment(letter.due_at)), ended => letter.ended_at.map(locale::moment),
            person => letter.person.map(|person| person.0),
        }
    };
    let body = context! {
        title => locale::word(ctx.lang, "mail-title"), rows => found.iter().map(row).collect::<Vec<_>>(), count => count,
        pages => asked.pages(PER, count), q => asked.q, tt => asked.tt, sap => asked.sap, kept => asked.kept(), states => words(ctx, "mail-state", &STATES),
        orders => ORDERS, may => ctx.may("keep", "operation"), server => server(ctx), address => typed.address,
        key => uuid::Uuid::new_v4().to_string(), wrong => wrong.map(|key| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "ops_letters.html", body)
}

/// Where letters go, if anywhere.
pub(super) fn server(ctx: &Ctx) -> Option<String> {
    ctx.site.thing::<Post>().0.as_ref().map(mail::Mailer::server)
}

const HEADINGS: [&str; 8] =
    ["mail-number", "mail-name", "mail-address", "mail-subject", "jobs-state", "jobs-tries", "jobs-problem", "mail-at"];

async fn file(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    note_reading(ctx, "web.mail-export", asked).await?;
    let mut tx = ctx.read().await?;
    let (found, _) = outbox::list(&mut tx, &asked.listing(0, MOST)).await?;
    let row = |letter: &Kept| {
        vec![
            letter.id.to_string(),
            letter.name.clone(),
            letter.address.clone(),
            letter.subject.clone(),
            state(ctx, &letter.state),
            letter.tries.to_string(),
            letter.problem.clone().unwrap_or_default(),
            locale::moment(letter.at),
        ]
    };
    export(ctx, "thu", "mail-title", &HEADINGS, found.iter().map(row).collect(), kind)
}

/// `GET /quan-tri/thu.csv`
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/thu.xlsx`
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Xlsx).await
}

/// A letter on trial, as its form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Trial {
    address: String,
    key: String,
}

/// `POST /quan-tri/thu/thu-nghiem`: a letter that shows whether letters get through. Cost: four rows.
pub(super) async fn trial(ctx: Ctx, Form(sent): Form<Trial>) -> Outcome {
    let address = sent.address.trim();
    if !outbox::is_address(address) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&ctx, status, &Asked::default(), &sent, Some("mail-address-bad")).await;
    }
    let mut tx = ctx.write().await?;
    let to = Contact { name: String::new(), email: Some(address.to_owned()), lang: ctx.lang.tag().to_owned() };
    let key = if sent.key.is_empty() { uuid::Uuid::new_v4().to_string() } else { sent.key.clone() };
    let letter = outbox::Mail {
        key: format!("trial/{key}"),
        person: None,
        to: &to,
        template: "trial",
        values: vec![],
        ends: None,
    };
    // The same form again is the same letter.
    outbox::mail(&mut tx, &ctx.site.thing::<SecretKey>(), &letter).await?;
    // The address stands in the letter alone, so that it goes with it.
    let (action, subject) = ("web.mail-trial", "trial".to_owned());
    tx.audit(AuditLine { action, kind: "mail", subject, unit: None, details: json!({}) }).await?;
    tx.commit().await?;
    back(&ctx, "/quan-tri/thu")
}

async fn again(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match outbox::retry(&mut tx, id).await? {
        true => Ok(tx.commit().await?),
        false => Err(conflict("mail-not-dead")),
    }
}

async fn stop(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match outbox::cancel(&mut tx, id).await? {
        true => Ok(tx.commit().await?),
        false => Err(conflict("mail-not-waiting")),
    }
}

/// `POST /quan-tri/thu/{letter}/lai`
pub(super) async fn retry(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    again(&ctx, id).await?;
    back(&ctx, "/quan-tri/thu")
}

/// `POST /quan-tri/thu/{letter}/huy`
pub(super) async fn cancel(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    stop(&ctx, id).await?;
    back(&ctx, "/quan-tri/thu")
}

fn told(letter: &Kept) -> Json {
    json!({
        "id": letter.id, "template": letter.template, "person": letter.person.map(|person| person.0),
        "address": letter.address, "name": letter.name, "lang": letter.lang, "subject": letter.subject, "state": letter.state,
        "tries": letter.tries, "problem": letter.problem, "at": letter.at.rfc3339(), "due_at": letter.due_at.rfc3339(),
        "ended_at": letter.ended_at.map(|at| at.rfc3339()),
    })
}

/// `GET /api/v1/mail`: the letters, the newest first, without what they say.
#[utoipa::path(get, path = "/api/v1/mail", responses((status = 200, description = "A page of the letters")),
    params(("q" = Option<String>, Query, description = "Part of a name, an address, a subject"),
        ("tt" = Option<String>, Query, description = "waiting, dead, sent, expired, cancelled"),
        ("sap" = Option<String>, Query, description = "oldest, address"), ("page" = Option<i64>, Query, description = "From 0"),
        ("per" = Option<i64>, Query, description = "At most 500"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
pub(super) async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    note_reading(&ctx, "web.mail-read", &asked).await?;
    let mut tx = ctx.read().await?;
    let (found, count) = outbox::list(&mut tx, &asked.listing(listed.page(), listed.per(PER))).await?;
    let rows = found.iter().map(told).collect();
    listed.answer(&ctx, Answer { name: "mail", about: json!({"count": count}), fields: FIELDS, rows, next: None })
}

/// `POST /api/v1/mail/{letter}/retry`: sends a letter again that was given up.
#[utoipa::path(post, path = "/api/v1/mail/{letter}/retry", params(("letter" = i64, Path, description = "Number of the letter")),
    responses((status = 200, description = "It waits"), (status = 409, description = "It was not given up")))]
pub(super) async fn api_retry(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    again(&ctx, id).await?;
    done(&ctx, id, "waiting")
}

/// `POST /api/v1/mail/{letter}/cancel`: gives up a letter that waits.
#[utoipa::path(post, path = "/api/v1/mail/{letter}/cancel", params(("letter" = i64, Path, description = "Number of the letter")),
    responses((status = 200, description = "It is cancelled"), (status = 409, description = "It does not wait")))]
pub(super) async fn api_cancel(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    stop(&ctx, id).await?;
    done(&ctx, id, "cancelled")
}
