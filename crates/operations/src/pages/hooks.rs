//! Webhooks: who elsewhere wants to hear of what, a secret shown once, and how each call went.

use super::{MOST, PER, back, conflict, done, export, word, words};
use axum::{body::Bytes, http::StatusCode};
use caller::Secret;
use documents::list_out::Kind;
use kernel::{Phrase, Problem};
use minijinja::context;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use store::secrets::{SecretKey, random};
use units::listed::{Answer, Listed};
use web::{
    Asked, Asking, Ctx, Failure, Form, Outcome, Path, Repeatable,
    notices::hooks::{self, Delivery, Event, Hook},
};

const STATES: [&str; 4] = ["on", "off", "failed", "gone"];
const CALLS: [&str; 3] = ["waiting", "sent", "dead"];
const FIELDS: &[&str] = &["id", "name", "url", "events", "state", "made_at", "failing_since", "old_until"];
const CALL: &[&str] = &["id", "number", "event", "at", "state", "tries", "problem", "due_at", "ended_at"];
const MOST_NAME: usize = 100;
const MOST_URL: usize = 500;

fn event_word(ctx: &Ctx, name: &str) -> String {
    word(ctx, &format!("hook-event-{}", name.replace('.', "-")))
}

/// What a form or a program names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    name: String,
    url: String,
    /// Names of events, with spaces or commas between.
    events: String,
    key: String,
    /// As a form's boxes send them.
    #[serde(rename = "figures.published")]
    published: String,
    #[serde(rename = "report.told")]
    told: String,
    #[serde(rename = "report.answered")]
    answered: String,
}

impl Sent {
    /// The events named; `None` where one of them is none.
    fn chosen(&self) -> Option<Vec<Event>> {
        let named = self.events.split([' ', ',']).filter(|name| !name.is_empty()).map(Event::from_name);
        let boxes =
            [(&self.published, Event::Published), (&self.told, Event::Reported), (&self.answered, Event::Answered)];
        let ticked = boxes.into_iter().filter(|(text, _)| !text.is_empty()).map(|(_, event)| Some(event));
        let all: Vec<Event> = named.chain(ticked).collect::<Option<_>>()?;
        // Each once, however often it was named.
        Some(Event::ALL.into_iter().filter(|event| all.contains(event)).collect())
    }

    /// What is wrong, at its field.
    fn wrong(&self, ctx: &Ctx) -> Option<(&'static str, &'static str)> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > MOST_NAME || name.contains(char::is_control) {
            return Some(("name", "hook-name-bad"));
        }
        if self.url.len() > MOST_URL {
            return Some(("url", "hook-url-bad"));
        }
        match caller::address(&self.url, ctx.site.thing::<caller::Caller>().reach()) {
            Err(caller::Wrong::Private) => return Some(("url", "hook-url-private")),
            Err(caller::Wrong::Login) => return Some(("url", "hook-url-login")),
            Err(_) => return Some(("url", "hook-url-bad")),
            Ok(_) => {}
        }
        match self.chosen() {
            Some(events) if !events.is_empty() => None,
            _ => Some(("events", "hook-events-bad")),
        }
    }
}

/// `GET /quan-tri/webhook`. Cost: the addresses.
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, StatusCode::OK, &asked, &Sent::default(), None, None).await
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    asked: &Asked,
    sent: &Sent,
    wrong: Option<(&'static str, &'static str)>,
    made: Option<(i64, Option<String>)>,
) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, count) = hooks::list(&mut tx, &asked.listing(asked.page(), PER)).await?;
    let row = |hook: &Hook| {
        context! {
            id => hook.id, name => hook.name, url => hook.url, state => hook.state, made => locale::moment(hook.made_at),
            state_word => word(ctx, &format!("hook-state-{}", hook.state)), failing => hook.failing_since.map(locale::moment),
            events => hook.events.iter().map(|event| event_word(ctx, event)).collect::<Vec<_>>(),
        }
    };
    let chosen = sent.chosen().unwrap_or_default();
    let event = |event: &Event| {
        context! { name => event.name(), word => event_word(ctx, event.name()), chosen => chosen.contains(event) }
    };
    let body = context! {
        title => locale::word(ctx.lang, "hook-title"), rows => found.iter().map(row).collect::<Vec<_>>(), count => count,
        pages => asked.pages(PER, count), q => asked.q, tt => asked.tt, sap => asked.sap, kept => asked.kept(),
        states => words(ctx, "hook-state", &STATES), orders => ["oldest", "name"], may => ctx.may("keep", "webhooks"),
        events => Event::ALL.iter().map(event).collect::<Vec<_>>(), name => sent.name, url => sent.url,
        key => uuid::Uuid::new_v4().to_string(), field => wrong.map_or("", |(field, _)| field),
        wrong => wrong.map(|(_, key)| locale::word(ctx.lang, key)),
        made => made.map(|(id, secret)| context! { id => id, secret => secret }),
    };
    ctx.page_with(status, "ops_hooks.html", body)
}

async fn list_file(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    let (found, _) = hooks::list(&mut ctx.read().await?, &asked.listing(0, MOST)).await?;
    let row = |hook: &Hook| {
        let events: Vec<String> = hook.events.iter().map(|event| event_word(ctx, event)).collect();
        vec![
            hook.name.clone(),
            hook.url.clone(),
            events.join(", "),
            word(ctx, &format!("hook-state-{}", hook.state)),
            locale::moment(hook.made_at),
        ]
    };
    let headings = ["hook-name", "hook-url", "hook-events", "jobs-state", "hook-made"];
    export(ctx, "webhook", "hook-title", &headings, found.iter().map(row).collect(), kind)
}

/// `GET /quan-tri/webhook.csv`. Cost: the addresses.
pub(super) async fn list_csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    list_file(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/webhook.xlsx`
pub(super) async fn list_xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    list_file(&ctx, &asked, Kind::Xlsx).await
}

/// Keeps a new address; its number, and its secret the first time.
async fn make(ctx: &Ctx, sent: &Sent, repeatable: &Repeatable<'_>) -> Result<(i64, Option<String>), Failure> {
    let mut tx = ctx.write().await?;
    if let Some(before) = repeatable.seen(&mut tx).await? {
        return Ok((before["id"].as_i64().unwrap_or_default(), None));
    }
    let bytes = random::<32>();
    let events = sent.chosen().unwrap_or_default();
    let key = ctx.site.thing::<SecretKey>();
    let id = hooks::add(&mut tx, &key, sent.name.trim(), sent.url.trim(), &events, &bytes).await?;
    // What is kept for a repeat is not the secret.
    repeatable.keep(tx, &json!({"id": id})).await?;
    Ok((id, Some(Secret::new(bytes).to_string())))
}

/// `POST /quan-tri/webhook`: a new address, and its secret, this once. Cost: some six rows.
pub(super) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    if let Some(wrong) = sent.wrong(&ctx) {
        return show(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &Asked::default(), &sent, Some(wrong), None).await;
    }
    let body = format!("{:?}", (&sent.name, &sent.url, sent.chosen()));
    let made = make(&ctx, &sent, &Repeatable::of_form(&ctx, &sent.key, body.as_bytes())).await?;
    show(&ctx, StatusCode::OK, &Asked::default(), &Sent::default(), None, Some(made)).await
}

/// `GET /quan-tri/webhook/{hook}`: how the calls to an address went. Cost: its calls.
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    show_one(&ctx, id, &asked, None).await
}

/// `changed`: what became of a change of the secret just now; its text the first time.
async fn show_one(ctx: &Ctx, id: i64, asked: &Asked, changed: Option<&Changed>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(hook) = hooks::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let (found, count) = hooks::deliveries(&mut tx, id, &asked.listing(asked.page(), PER)).await?;
    let row = |call: &Delivery| {
        context! {
            id => call.id, number => call.number, event => event_word(ctx, &call.event), at => locale::moment(call.at), state => call.state,
            state_word => word(ctx, &format!("hook-call-{}", call.state)), tries => call.tries, problem => call.problem,
            due => (call.state == "waiting").then(|| locale::moment(call.due_at)), ended => call.ended_at.map(locale::moment),
        }
    };
    ctx.page(
        "ops_hook.html",
        context! {
            title => hook.name, url => hook.url, id => id, state => hook.state, failing => hook.failing_since.map(locale::moment),
            state_word => word(ctx, &format!("hook-state-{}", hook.state)),
            events => hook.events.iter().map(|event| event_word(ctx, event)).collect::<Vec<_>>(),
            rows => found.iter().map(row).collect::<Vec<_>>(), count => count, pages => asked.pages(PER, count), q => asked.q,
            tt => asked.tt, sap => asked.sap, kept => asked.kept(), states => words(ctx, "hook-call", &CALLS),
            orders => ["oldest"], may => hook.state != "gone" && ctx.may("keep", "webhooks"), gone => hook.state == "gone",
            old_until => hook.old_until.filter(|&at| at > ctx.site.clock.now()).map(locale::moment),
            changed => changed.map(|changed| context! { secret => changed.secret }), key => uuid::Uuid::new_v4().to_string(),
        },
    )
}

async fn file(ctx: &Ctx, id: i64, asked: &Asked, kind: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    if hooks::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    let (found, _) = hooks::deliveries(&mut tx, id, &asked.listing(0, MOST)).await?;
    let row = |call: &Delivery| {
        vec![
            call.number.clone(),
            event_word(ctx, &call.event),
            locale::moment(call.at),
            word(ctx, &format!("hook-call-{}", call.state)),
            call.tries.to_string(),
            call.problem.clone().unwrap_or_default(),
        ]
    };
    let headings = ["hook-number", "hook-event", "hook-at", "jobs-state", "jobs-tries", "jobs-problem"];
    export(ctx, "webhook", "hook-title", &headings, found.iter().map(row).collect(), kind)
}

/// `GET /quan-tri/webhook/{hook}/goi.csv`
pub(super) async fn csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Csv).await
}

/// `GET /quan-tri/webhook/{hook}/goi.xlsx`
pub(super) async fn xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Xlsx).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Switch {
    on: String,
}

async fn turn(ctx: &Ctx, id: i64, on: bool) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match hooks::switch(&mut tx, id, on).await? {
        true => Ok(tx.commit().await?),
        false => Err(ctx.not_found()),
    }
}

/// `POST /quan-tri/webhook/{hook}/bat`: on or off.
pub(super) async fn switch(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Switch>) -> Outcome {
    turn(&ctx, id, sent.on == "1").await?;
    back(&ctx, &format!("/quan-tri/webhook/{id}"))
}

/// What became of a change of a secret.
struct Changed {
    old_until: String,
    /// Its text, this once; nothing where the same request came before.
    secret: Option<String>,
}

async fn changed(ctx: &Ctx, id: i64, repeatable: &Repeatable<'_>) -> Result<Changed, Failure> {
    let mut tx = ctx.write().await?;
    if let Some(before) = repeatable.seen(&mut tx).await? {
        let old_until = before["old_until"].as_str().unwrap_or_default().to_owned();
        return Ok(Changed { old_until, secret: None });
    }
    let bytes = random::<32>();
    let key = ctx.site.thing::<SecretKey>();
    let Some(until) = hooks::change_secret(&mut tx, &key, id, &bytes).await? else { return Err(ctx.not_found()) };
    let old_until = until.rfc3339();
    // What is kept for a repeat is not the secret.
    repeatable.keep(tx, &json!({"old_until": old_until})).await?;
    Ok(Changed { old_until, secret: Some(Secret::new(bytes).to_string()) })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Anew {
    key: String,
}

/// `POST /quan-tri/webhook/{hook}/bi-mat`: a new secret, shown this once; the old one counts a day longer.
pub(super) async fn change(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Anew>) -> Outcome {
    let changed = changed(&ctx, id, &Repeatable::of_form(&ctx, &sent.key, b"")).await?;
    show_one(&ctx, id, &Asked::default(), Some(&changed)).await
}

async fn gone(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match hooks::delete(&mut tx, id).await? {
        true => Ok(tx.commit().await?),
        false => Err(ctx.not_found()),
    }
}

/// `POST /quan-tri/webhook/{hook}/xoa`
pub(super) async fn delete(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    gone(&ctx, id).await?;
    back(&ctx, "/quan-tri/webhook")
}

async fn on_trial(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    if hooks::trial(&mut tx, id).await? {
        return Ok(tx.commit().await?);
    }
    match hooks::get(&mut tx, id).await? {
        Some(_) => Err(conflict("hook-is-off")),
        None => Err(ctx.not_found()),
    }
}

/// `POST /quan-tri/webhook/{hook}/thu`: a call on trial.
pub(super) async fn trial(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    on_trial(&ctx, id).await?;
    back(&ctx, &format!("/quan-tri/webhook/{id}"))
}

async fn again(ctx: &Ctx, id: i64, call: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match hooks::retry(&mut tx, id, call).await? {
        true => Ok(tx.commit().await?),
        false => Err(conflict("hook-not-dead")),
    }
}

/// `POST /quan-tri/webhook/{hook}/goi/{call}/lai`
pub(super) async fn retry(ctx: Ctx, Path((id, call)): Path<(i64, i64)>) -> Outcome {
    again(&ctx, id, call).await?;
    back(&ctx, &format!("/quan-tri/webhook/{id}"))
}

fn told(hook: &Hook) -> Json {
    json!({
        "id": hook.id, "name": hook.name, "url": hook.url, "events": hook.events, "state": hook.state,
        "made_at": hook.made_at.rfc3339(), "failing_since": hook.failing_since.map(|at| at.rfc3339()),
        "old_until": hook.old_until.map(|at| at.rfc3339()),
    })
}

/// `GET /api/v1/webhooks`: the addresses, the newest first.
#[utoipa::path(get, path = "/api/v1/webhooks", responses((status = 200, description = "A page of the addresses")),
    params(("q" = Option<String>, Query, description = "Part of a name or address"),
        ("tt" = Option<String>, Query, description = "on, off, failed; gone: deleted ones, which stand nowhere else"), ("page" = Option<i64>, Query, description = "From 0"),
        ("per" = Option<i64>, Query, description = "At most 500"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
pub(super) async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, count) = hooks::list(&mut tx, &asked.listing(listed.page(), listed.per(PER))).await?;
    let rows = found.iter().map(told).collect();
    listed.answer(&ctx, Answer { name: "webhooks", about: json!({"count": count}), fields: FIELDS, rows, next: None })
}

/// `POST /api/v1/webhooks`: a new address; its secret is in this answer alone.
#[utoipa::path(post, path = "/api/v1/webhooks", request_body(content = String, content_type = "application/json",
    description = "{\"name\", \"url\", \"events\": \"figures.published report.told\"}"),
    responses((status = 200, description = "Its number, and its secret the first time"), (status = 422, description = "What is wrong, at its field")))]
pub(super) async fn api_add(ctx: Ctx, body: Bytes) -> Outcome {
    let unread = |_| Failure::from(Problem::input(Phrase::new("hook-json-bad")));
    let sent: Sent = serde_json::from_slice(&body).map_err(unread)?;
    if let Some((field, key)) = sent.wrong(&ctx) {
        return Err(Problem::input(Phrase::new(key)).at_field(field).into());
    }
    let (id, secret) = make(&ctx, &sent, &Repeatable::new(&ctx, &body)).await?;
    ctx.json_with(StatusCode::OK, &json!({"id": id, "secret": secret}))
}

/// `POST /api/v1/webhooks/{hook}/on`
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/on", params(("hook" = i64, Path, description = "Number of the address")),
    responses((status = 200, description = "It is called"), (status = 404, description = "No such address")))]
pub(super) async fn api_on(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    turn(&ctx, id, true).await?;
    done(&ctx, id, "on")
}

/// `POST /api/v1/webhooks/{hook}/off`
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/off", params(("hook" = i64, Path, description = "Number of the address")),
    responses((status = 200, description = "It is not called"), (status = 404, description = "No such address")))]
pub(super) async fn api_off(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    turn(&ctx, id, false).await?;
    done(&ctx, id, "off")
}

/// `POST /api/v1/webhooks/{hook}/trial`
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/trial", params(("hook" = i64, Path, description = "Number of the address")),
    responses((status = 200, description = "A call on trial waits"), (status = 404, description = "No such address"),
        (status = 409, description = "It is off")))]
pub(super) async fn api_trial(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    on_trial(&ctx, id).await?;
    done(&ctx, id, "waiting")
}

/// `POST /api/v1/webhooks/{hook}/secret`: a new secret, in this answer alone.
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/secret",
    params(("hook" = i64, Path, description = "Number of the address"), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The new secret, this once; until `old_until` calls carry a signature by each"), (status = 404, description = "No such address")))]
pub(super) async fn api_secret(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let Changed { old_until, secret } = changed(&ctx, id, &Repeatable::new(&ctx, b"")).await?;
    ctx.json_with(StatusCode::OK, &json!({"id": id, "secret": secret, "old_until": old_until}))
}

/// `POST /api/v1/webhooks/{hook}/deletion`: it is called no more; how its calls went stays as long as calls are kept.
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/deletion", params(("hook" = i64, Path, description = "Number of the address")),
    responses((status = 200, description = "It is gone"), (status = 404, description = "No such address")))]
pub(super) async fn api_delete(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    gone(&ctx, id).await?;
    done(&ctx, id, "gone")
}

/// `GET /api/v1/webhooks/{hook}/calls`: how the calls to an address went, the newest first.
#[utoipa::path(get, path = "/api/v1/webhooks/{hook}/calls", responses((status = 200, description = "A page of the calls"),
    (status = 404, description = "No such address")),
    params(("hook" = i64, Path, description = "Number of the address"), ("q" = Option<String>, Query, description = "Part of an event, or a number"),
        ("tt" = Option<String>, Query, description = "waiting, sent, dead"), ("page" = Option<i64>, Query, description = "From 0"),
        ("per" = Option<i64>, Query, description = "At most 500"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
pub(super) async fn api_calls(
    ctx: Ctx,
    Path(id): Path<i64>,
    Asking(asked): Asking<Asked>,
    Asking(listed): Asking<Listed>,
) -> Outcome {
    let mut tx = ctx.read().await?;
    if hooks::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    let (found, count) = hooks::deliveries(&mut tx, id, &asked.listing(listed.page(), listed.per(PER))).await?;
    let told = |call: &Delivery| {
        json!({
            "id": call.id, "number": call.number, "event": call.event, "at": call.at.rfc3339(), "state": call.state,
            "tries": call.tries, "problem": call.problem, "due_at": call.due_at.rfc3339(),
            "ended_at": call.ended_at.map(|at| at.rfc3339()),
        })
    };
    let rows = found.iter().map(told).collect();
    listed.answer(&ctx, Answer { name: "calls", about: json!({"count": count}), fields: CALL, rows, next: None })
}

/// `POST /api/v1/webhooks/{hook}/calls/{call}/retry`
#[utoipa::path(post, path = "/api/v1/webhooks/{hook}/calls/{call}/retry",
    params(("hook" = i64, Path, description = "Number of the address"), ("call" = i64, Path, description = "Number of the call")),
    responses((status = 200, description = "It waits"), (status = 409, description = "It was not given up")))]
pub(super) async fn api_retry(ctx: Ctx, Path((id, call)): Path<(i64, i64)>) -> Outcome {
    again(&ctx, id, call).await?;
    done(&ctx, call, "waiting")
}
