//! Name, login and address of somebody, corrected by whoever keeps people: the form and its twin for programs.

use super::{
    data::is_erased,
    people::{Said, Sent, person},
    people_list::wrong,
};
use crate::{
    corrections::{self, Done, Refused},
    model::{Account, Person},
    store,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{PersonId, Phrase, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Ctx, Failure, Form, Outcome, Path, Repeatable};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

/// Somebody of whom more is left than the number.
async fn there(ctx: &Ctx, tx: &mut impl ::store::Query, id: PersonId) -> Result<Person, Failure> {
    store::get(tx, id).await?.filter(|person| !is_erased(person)).ok_or_else(|| ctx.not_found())
}

/// What an answer says of it: no name and no address, since answers are kept.
fn answer(id: PersonId, done: &Done) -> Value {
    json!({"person": id, "changed": done.changed, "proposal": done.waits, "version": done.version})
}

/// Field by field in words: what stands now, and what was sent.
fn both(ctx: &Ctx, now: &Account, yours: &Account) -> Vec<String> {
    let line = |field: &str| {
        let name = locale::say_key(ctx.lang, &format!("account-field-{field}"), &[]);
        let value = |account: &Account| account.value(field).unwrap_or_default().to_owned();
        let phrase = Phrase::new("units-both").with("field", name).with("now", value(now));
        locale::say(ctx.lang, &phrase.with("yours", value(yours)))
    };
    yours.differs(now).into_iter().map(line).collect()
}

/// `POST /quan-tri/nguoi/{person}`. Cost: as [`corrections::correct`].
pub(super) async fn form(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    let done = Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}?sua=1"))).into_response();
    let body = serde_json::to_vec(&sent)?;
    let repeatable = Repeatable::of_form(&ctx, &sent.key, &body);
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(done);
    }
    there(&ctx, &mut tx, id).await?;
    let wanted = Account::typed(&sent.login, &sent.name, &sent.email);
    let seen = sent.version.parse().unwrap_or(0);
    // Shown as it was typed, even where no version came with it.
    let sent = Sent { version: seen.to_string(), ..sent };
    match corrections::correct(&mut tx, id, seen, &wanted).await? {
        None => Err(ctx.not_found()),
        Some(Ok(made)) => {
            repeatable.keep(tx, &answer(id, &made)).await?;
            Ok(done)
        }
        Some(Err(Refused::Wrong(problem))) => {
            drop(tx);
            person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem), None).await
        }
        Some(Err(Refused::Overtaken(now))) => {
            drop(tx);
            let lines = both(&ctx, &Account::of(&now), &wanted);
            let problem = Some(("version", "account-overtaken"));
            person(&ctx, id, StatusCode::PRECONDITION_FAILED, &sent, problem, Some(Said::Overtaken(lines))).await
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Corrected {
    login: Option<String>,
    name: Option<String>,
    /// Empty: none any more.
    email: Option<String>,
}

/// `POST /api/v1/people/{person}`: name, login, address; what is not named stays. Cost: as [`corrections::correct`].
#[utoipa::path(post, path = "/api/v1/people/{person}",
    params(("person" = i64, Path), ("If-Match" = String, Header, description = "The version seen"), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, content_type = "application/json", description = "name, login, email (empty: none any more); what is not named stays"),
    responses((status = 200, description = "changed: the fields that are others now; proposal: what waits for a second administrator, of somebody with power login and email; version: the new one"),
        (status = 404, description = "Nobody"), (status = 412, description = "It was changed meanwhile: `now` and `yours`, in words in `fields`"),
        (status = 422, description = "What is wrong, with its field"), (status = 428, description = "If-Match is missing")))]
pub(super) async fn api(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let id = PersonId(id);
    let Corrected { login, name, email } = units::api::parsed(&ctx, &body)?;
    let seen = units::api::seen(&ctx)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let now = Account::of(&there(&ctx, &mut tx, id).await?);
    let wanted = Account::typed(
        login.as_ref().unwrap_or(&now.login),
        name.as_ref().unwrap_or(&now.name),
        email.as_deref().unwrap_or(now.email.as_deref().unwrap_or_default()),
    );
    match corrections::correct(&mut tx, id, seen, &wanted).await? {
        None => Err(ctx.not_found()),
        Some(Ok(done)) => repeatable.done(tx, answer(id, &done)).await,
        Some(Err(Refused::Wrong(problem))) => Err(wrong(&ctx, problem)),
        Some(Err(Refused::Overtaken(person))) => {
            let problem = Problem::conflict(Phrase::new("account-overtaken"), 412);
            let mut body = web::json_problem(ctx.lang, &problem);
            let said =
                |account: &Account| json!({"login": account.login, "name": account.name, "email": account.email});
            body["version"] = person.version.into();
            body["fields"] = both(&ctx, &now, &wanted).into();
            (body["now"], body["yours"]) = (said(&now), said(&wanted));
            ctx.json_with(StatusCode::PRECONDITION_FAILED, &body)
        }
    }
}
