//! Personal data: what is kept and why, for everybody; one's own; somebody's, for who keeps people, with its erasure.

use super::{account, field, people::note_reading};
use crate::{
    model::Person,
    proposals,
    store::{self, note},
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{PersonId, Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use web::{
    Ctx, Failure, Form, Outcome, Path,
    personal::{Hooks, Part, Whom},
};

/// Rows of a kind that a page shows; the file has all.
const SHOWN: usize = 50;

#[derive(utoipa::OpenApi)]
#[openapi(paths(api, api_erase))]
pub struct Description;

/// A kind in words: its name, why it is kept, how long.
fn words(ctx: &Ctx, key: &str) -> Value {
    let word = |key: String| locale::say_key(ctx.lang, &key, &[]);
    context! {
        name => word(format!("personal-{key}")), why => word(format!("personal-{key}-why")),
        long => word(format!("personal-{key}-long")),
    }
}

/// `GET /du-lieu-ca-nhan`: what is kept of people, why, and how long. Cost: no row.
pub(super) async fn purposes(ctx: Ctx) -> Outcome {
    let hooks = ctx.site.thing::<Hooks>();
    let kinds = hooks.all.iter().flat_map(|personal| personal.kinds).map(|kind| words(&ctx, kind.key));
    let days = hooks.retention.named();
    let days = days.iter().map(|(name, days)| {
        context! { name => locale::say_key(ctx.lang, &format!("retention-{name}"), &[]), days => days }
    });
    let body = context! {
        title => locale::word(ctx.lang, "personal-title"), kinds => kinds.collect::<Vec<_>>(),
        days => days.collect::<Vec<_>>(), inside => ctx.who().is_some(),
    };
    ctx.page("personal.html", body)
}

fn whom(person: &Person) -> Whom {
    Whom { person: person.id, login: person.login.clone(), email: person.email.clone() }
}

/// Everything that the house has of somebody. Cost: their rows.
async fn of(ctx: &Ctx, id: PersonId) -> Result<(Person, Vec<Part>), Failure> {
    let mut tx = ctx.read().await?;
    let Some(person) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let parts = ctx.site.thing::<Hooks>().export(&mut tx, &whom(&person)).await?;
    Ok((person, parts))
}

fn file(person: &Person, parts: &[Part]) -> Json {
    let parts = parts.iter().map(|part| (part.kind.to_owned(), json!(part.rows))).collect::<serde_json::Map<_, _>>();
    json!({"person": person.id, "data": parts})
}

/// A value in a few words.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(ctx: &Ctx, part: &Part) -> Value {
    let row = |row: &serde_json::Map<String, Json>| {
        let fields = row.iter().map(|(name, value)| (name, plain(value))).filter(|(_, value)| !value.is_empty());
        fields.map(|(name, value)| context! { name => name, value => value }).collect::<Vec<_>>()
    };
    context! {
        words => words(ctx, part.kind), count => part.rows.len(), more => part.rows.len() > SHOWN,
        rows => part.rows.iter().take(SHOWN).map(row).collect::<Vec<_>>(),
    }
}

/// What stands against an erasure, and what was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    reason: String,
    /// The login of whose data it is, once more: it cannot be undone.
    login: String,
}

async fn page(ctx: &Ctx, id: PersonId, status: StatusCode, sent: &Sent, problem: Option<&Problem>) -> Outcome {
    let own = ctx.actor.person == Some(id);
    let (person, parts) = of(ctx, id).await?;
    let power = proposals::has_power(&mut ctx.read().await?, id, ctx.site.clock.today()).await?;
    let there = if own { "/tai-khoan/du-lieu".to_owned() } else { format!("/quan-tri/nguoi/{id}/du-lieu") };
    note_reading(ctx, "identity.data", Some(id), json!({"own": own})).await?;
    let body = context! {
        title => locale::word(ctx.lang, if own { "data-title" } else { "data-title-of" }), name => person.name, login => person.login, id => id.0, own => own,
        parts => parts.iter().map(|part| shown(ctx, part)).collect::<Vec<_>>(), there => there,
        may => !own && ctx.may("erase", "personal data") && !is_erased(&person), power => power, reason => sent.reason,
        typed => sent.login, field => field(problem), problem => problem.map(|p| locale::problem(ctx.lang, p)),
        erased => is_erased(&person),
    };
    ctx.page_with(status, "data.html", body)
}

async fn download(ctx: &Ctx, id: PersonId) -> Outcome {
    let (person, parts) = of(ctx, id).await?;
    let own = ctx.actor.person == Some(id);
    note_reading(ctx, "identity.data-exported", Some(id), json!({"own": own})).await?;
    let bytes = serde_json::to_vec_pretty(&file(&person, &parts))?;
    ctx.download(&format!("du-lieu-{id}.json"), "application/json", bytes)
}

/// `GET /tai-khoan/du-lieu`: everything that is kept of whoever asks.
pub(super) async fn own(ctx: Ctx) -> Outcome {
    page(&ctx, account::me(&ctx)?.person, StatusCode::OK, &Sent::default(), None).await
}

/// `GET /tai-khoan/du-lieu.json`: the same, whole, as a file.
pub(super) async fn own_file(ctx: Ctx) -> Outcome {
    download(&ctx, account::me(&ctx)?.person).await
}

/// `GET /quan-tri/nguoi/{person}/du-lieu`
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    page(&ctx, PersonId(id), StatusCode::OK, &Sent::default(), None).await
}

/// `GET /quan-tri/nguoi/{person}/du-lieu.json`
pub(super) async fn one_file(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    download(&ctx, PersonId(id)).await
}

/// Whether nothing but the number is left of somebody.
pub(super) fn is_erased(person: &Person) -> bool {
    person.name == format!("#{}", person.id) && person.login == person.name
}

/// Erases the data of somebody, or says what stands against it. Cost: their rows.
async fn erased(ctx: &Ctx, id: PersonId, sent: &Sent) -> Result<Option<Problem>, Failure> {
    let wrong = |field: &str, key: &'static str| Ok(Some(Problem::input(Phrase::new(key)).at_field(field)));
    let mut tx = ctx.write().await?;
    let Some(person) = store::get(&mut tx, id).await?.filter(|person| !is_erased(person)) else {
        return Err(ctx.not_found());
    };
    if sent.reason.trim().is_empty() {
        return wrong("reason", "reason-missing");
    }
    if store::login_key(&sent.login) != person.login {
        return wrong("login", "erase-login-other");
    }
    if ctx.actor.person == Some(id) {
        return wrong("login", "erase-own");
    }
    // Who has power loses it first, by a line of its own.
    if proposals::has_power(&mut tx, id, ctx.site.clock.today()).await? {
        return wrong("login", "erase-power");
    }
    let rows = ctx.site.thing::<Hooks>().erase(&mut tx, &whom(&person), sent.reason.trim()).await?;
    note(&mut tx, "identity.erased", id, json!({"reason": sent.reason.trim(), "rows": rows})).await?;
    tx.commit().await?;
    Ok(None)
}

/// `POST /quan-tri/nguoi/{person}/xoa`: name, login, address and what tells of the person go; the number stays in the trail
/// and at the figures.
pub(super) async fn erase(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    match erased(&ctx, id, &sent).await? {
        Some(problem) => page(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(&problem)).await,
        None => Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}/du-lieu"))).into_response()),
    }
}

/// `GET /api/v1/people/{person}/data`: everything that is kept of somebody.
#[utoipa::path(get, path = "/api/v1/people/{person}/data", params(("person" = i64, Path)),
    responses((status = 200, description = "By kind, rows; the reading is noted"), (status = 404, description = "Nobody")))]
pub(super) async fn api(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let (person, parts) = of(&ctx, PersonId(id)).await?;
    note_reading(&ctx, "identity.data-exported", Some(PersonId(id)), json!({"own": false})).await?;
    ctx.json_with(StatusCode::OK, &file(&person, &parts))
}

/// `POST /api/v1/people/{person}/erasure`: by whoever is logged in; it cannot be undone.
#[utoipa::path(post, path = "/api/v1/people/{person}/erasure", params(("person" = i64, Path)),
    request_body(content = Object, content_type = "application/json", description = "reason; login: whose it is, once more"),
    responses((status = 200, description = "Only the number is left"), (status = 404, description = "Nobody, or erased already"), (status = 422, description = "What stands against it")))]
pub(super) async fn api_erase(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let sent: Sent = units::api::parsed(&ctx, &body)?;
    match erased(&ctx, PersonId(id), &sent).await? {
        Some(problem) => Err(ctx.failure(problem)),
        None => ctx.json_with(StatusCode::OK, &json!({"person": id, "erased": true})),
    }
}
