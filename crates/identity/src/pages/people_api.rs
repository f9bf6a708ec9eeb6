//! People, their roles and what waits for a second administrator, for programs. Reading somebody's data is a line of the
//! trail here as on the pages.

use super::{
    identity,
    people::{self, Code, Sent, note_reading},
    people_list::{self, wrong},
    proposals::note_waiting,
};
use crate::{
    listing,
    model::{Asked, Held, Person, Proposal},
    proposals::{self, Decided, Outcome as Given},
    store,
};
use axum::{body::Bytes, http::StatusCode};
use kernel::PersonId;
use serde::Deserialize;
use serde_json::{Value, json};
use units::listed::{Answer, Listed};
use web::{Asking, Ctx, Failure, Outcome, Path, Repeatable};

const FIELDS: [&str; 8] = ["id", "login", "name", "email", "disabled", "second_factor", "made", "version"];
const PROPOSALS: [&str; 7] = ["id", "kind", "person", "grant", "account", "asked_by", "at"];

#[derive(utoipa::OpenApi)]
#[openapi(paths(list, add, one, grant, end_grant, lock, log_out, code, waiting, decide))]
pub struct Description;

fn row(person: &Person) -> Value {
    json!({
        "id": person.id, "login": person.login, "name": person.name, "email": person.email, "disabled": person.disabled,
        "second_factor": person.totp.is_some(), "made": person.made.rfc3339(),
        "version": person.version,
    })
}

fn held(held: &Held) -> Value {
    json!({
        "id": held.id, "role": held.role.name(), "unit": held.unit, "agency": held.agency, "criteria": held.criteria,
        "from": held.from, "to": held.to, "ended": held.ended,
    })
}

/// `GET /api/v1/people`: whose name or login has these letters, and who hold such a role.
#[utoipa::path(get, path = "/api/v1/people",
    responses((status = 200, description = "People, the oldest account first; reading is noted"), (status = 422, description = "A unit or role that is none, with its field")),
    params(("q" = Option<String>, Query), ("don_vi" = Option<String>, Query, description = "Number or code of the unit of a role that stands"),
        ("vai_tro" = Option<String>, Query, description = "Name of a role that stands"),
        ("ket_thuc" = Option<String>, Query, description = "1: the unit of that role ended"), ("fields" = Option<String>, Query), ("cursor" = Option<String>, Query), ("per" = Option<i64>, Query)))]
pub(super) async fn list(
    ctx: Ctx,
    Asking(asked): Asking<people_list::Asked>,
    Asking(listed): Asking<Listed>,
) -> Outcome {
    let per = listed.per(100);
    let after = listed.after_number(&ctx, "people")?.unwrap_or(0);
    let mut found = {
        let mut tx = ctx.read().await?;
        let sought = asked.sought(&ctx, &mut tx).await?.map_err(|problem| wrong(&ctx, problem))?;
        listing::list_after(&mut tx, &sought, ctx.site.clock.today(), after, per + 1).await?
    };
    let more = found.len() as i64 > per;
    found.truncate(usize::try_from(per).unwrap_or(0));
    note_reading(&ctx, "identity.list", None, json!({"people": people_list::ids(&found)})).await?;
    let next = found.last().filter(|_| more).map(|person| person.id.to_string());
    let rows = found.iter().map(row).collect();
    listed.answer(&ctx, Answer { name: "people", about: json!({}), fields: &FIELDS, rows, next })
}

/// Somebody with their roles.
async fn told(ctx: &Ctx, id: PersonId) -> Result<Value, Failure> {
    let mut tx = ctx.read().await?;
    let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let mut body = row(&found);
    body["grants"] = store::held(&mut tx, id).await?.iter().map(held).collect();
    Ok(body)
}

/// `GET /api/v1/people/{person}`
#[utoipa::path(get, path = "/api/v1/people/{person}", params(("person" = i64, Path)),
    responses((status = 200, description = "Somebody and every role held or once held; reading is noted"), (status = 404, description = "Nobody")))]
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let body = told(&ctx, PersonId(id)).await?;
    note_reading(&ctx, "identity.read", Some(PersonId(id)), json!({})).await?;
    ctx.json_with(StatusCode::OK, &body)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entered {
    login: String,
    name: String,
    email: String,
}

/// `POST /api/v1/people`: somebody new, without a password.
#[utoipa::path(post, path = "/api/v1/people", request_body(content = Object, content_type = "application/json", description = "login, name, email"),
    responses((status = 200, description = "Their number"), (status = 422, description = "What is wrong, with its field")),
    params(("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn add(ctx: Ctx, body: Bytes) -> Outcome {
    let Entered { login, name, email } = units::api::parsed(&ctx, &body)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match people_list::added(&ctx, &mut tx, &Sent { login, name, email, ..Sent::default() }).await? {
        Ok(id) => repeatable.done(tx, json!({"id": id})).await,
        Err(problem) => Err(wrong(&ctx, problem)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Granted {
    role: String,
    /// Number or code.
    unit: String,
    agency: String,
    /// `set/number`, separated by commas; empty: all.
    criteria: String,
    from: String,
    to: String,
}

/// `POST /api/v1/people/{person}/grants`: gives a role; of one that is power a second administrator is asked.
#[utoipa::path(post, path = "/api/v1/people/{person}/grants", params(("person" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, content_type = "application/json", description = "role, unit, agency, criteria, from, to"),
    responses((status = 200, description = "grant: its number, or proposal: what waits for a second administrator"), (status = 422, description = "What is wrong, with its field")))]
pub(super) async fn grant(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let Granted { role, unit, agency, criteria, from, to } = units::api::parsed(&ctx, &body)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let sent = Sent { role, unit, agency, criteria, from, to, ..Sent::default() };
    match people::give(&ctx, &mut tx, PersonId(id), &sent).await? {
        Ok(Given::Done(grant)) => repeatable.done(tx, json!({"grant": grant})).await,
        Ok(Given::Waits(proposal)) => repeatable.done(tx, json!({"proposal": proposal})).await,
        Ok(Given::Nobody) => Err(wrong(&ctx, ("role", "proposal-nobody"))),
        Err(problem) => Err(wrong(&ctx, problem)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Because {
    reason: String,
}

/// `POST /api/v1/people/{person}/grants/{grant}/end`
#[utoipa::path(post, path = "/api/v1/people/{person}/grants/{grant}/end", params(("person" = i64, Path), ("grant" = i64, Path)),
    request_body(content = Object, content_type = "application/json", description = "reason"),
    responses((status = 200, description = "It is held no more"), (status = 404, description = "No such role that stands"), (status = 422, description = "No reason")))]
pub(super) async fn end_grant(ctx: Ctx, Path((id, grant)): Path<(i64, i64)>, body: Bytes) -> Outcome {
    let Because { reason } = units::api::parsed(&ctx, &body)?;
    if reason.trim().is_empty() {
        return Err(wrong(&ctx, ("reason", "reason-missing")));
    }
    let mut tx = ctx.write().await?;
    if store::end_grant(&mut tx, grant, reason.trim()).await? != Some(PersonId(id)) {
        return Err(ctx.not_found());
    }
    tx.commit().await?;
    ctx.json_with(StatusCode::OK, &json!({"grant": grant, "ended": true}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    locked: bool,
    #[serde(default)]
    reason: String,
}

/// `POST /api/v1/people/{person}/lock`: lets somebody in no more, or again; sessions and tokens stop at once.
#[utoipa::path(post, path = "/api/v1/people/{person}/lock", params(("person" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, content_type = "application/json", description = "locked: true or false; reason"),
    responses((status = 200, description = "Whether the account is locked now"), (status = 404, description = "Nobody"), (status = 422, description = "No reason")))]
pub(super) async fn lock(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let Locked { locked, reason } = units::api::parsed(&ctx, &body)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match people::locked(&ctx, &mut tx, PersonId(id), locked, &reason).await? {
        Ok(()) => repeatable.done(tx, json!({"person": id, "locked": locked})).await,
        Err(problem) => Err(wrong(&ctx, problem)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Why {
    reason: String,
}

/// `POST /api/v1/people/{person}/logout`: ends all sessions of somebody, whose telephone was lost; their account stays open.
#[utoipa::path(post, path = "/api/v1/people/{person}/logout", params(("person" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, content_type = "application/json", description = "reason"),
    responses((status = 200, description = "How many sessions ended"), (status = 404, description = "Nobody"), (status = 422, description = "No reason")))]
pub(super) async fn log_out(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let Why { reason } = units::api::parsed(&ctx, &body)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match people::logged_out(&ctx, &mut tx, PersonId(id), &reason).await? {
        Ok(ended) => repeatable.done(tx, json!({"person": id, "sessions": ended})).await,
        Err(problem) => Err(wrong(&ctx, problem)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Handed {
    /// `slip` or `letter`.
    by: String,
}

/// `POST /api/v1/people/{person}/code`: a code by which somebody sets their password, once: an invitation, or a reset.
#[utoipa::path(post, path = "/api/v1/people/{person}/code", params(("person" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, content_type = "application/json", description = "by: slip (the code is in the answer) or letter (to the person's own address)"),
    responses((status = 200, description = "code: its text, this once; half: for somebody with power the half of whoever asks; or by: letter"),
        (status = 404, description = "Nobody"), (status = 422, description = "No address, or power: what stands against it")))]
pub(super) async fn code(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let Handed { by } = units::api::parsed(&ctx, &body)?;
    if !["slip", "letter"].contains(&by.as_str()) {
        return Err(wrong(&ctx, ("by", "code-by-unknown")));
    }
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let given = match people::new_code(&ctx, &mut tx, PersonId(id), by == "letter").await? {
        Ok(given) => given,
        Err(problem) => return Err(wrong(&ctx, problem)),
    };
    let mut told = json!({"person": id, "by": by});
    // The code is kept nowhere, with the first answer neither.
    repeatable.keep(tx, &told).await?;
    match given {
        Code::Whole(code) => told["code"] = code.into(),
        Code::Half(half) => told["half"] = half.into(),
        Code::Sent => {}
    }
    ctx.json_with(StatusCode::OK, &told)
}

fn proposal(one: &Proposal) -> Value {
    let (kind, grant, account) = match &one.asked {
        Asked::Grant(new) => ("grant", proposals::written(new), Value::Null),
        Asked::Account { login, email } => ("account", Value::Null, json!({"login": login, "email": email})),
        Asked::Code => ("code", Value::Null, Value::Null),
    };
    json!({
        "id": one.id, "kind": kind, "person": one.person, "grant": grant, "account": account, "asked_by": one.by, "at": one.at.rfc3339(),
    })
}

/// `GET /api/v1/people-proposals`: what waits for a second administrator, the oldest first.
#[utoipa::path(get, path = "/api/v1/people-proposals", responses((status = 200, description = "What waits")),
    params(("fields" = Option<String>, Query), ("cursor" = Option<String>, Query), ("per" = Option<i64>, Query)))]
pub(super) async fn waiting(ctx: Ctx, Asking(listed): Asking<Listed>) -> Outcome {
    let found = {
        let mut tx = ctx.read().await?;
        proposals::waiting(&mut tx, ctx.site.clock.now()).await?
    };
    note_waiting(&ctx, &found).await?;
    let (some, next) = listed.cut(&ctx, "proposals", &found, |one| one.id.to_string())?;
    let rows = some.iter().map(proposal).collect();
    listed.answer(&ctx, Answer { name: "proposals", about: json!({}), fields: &PROPOSALS, rows, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Decision {
    approve: bool,
    reason: String,
}

/// `POST /api/v1/people-proposals/{proposal}/decision`: by whoever is logged in and did not ask; no token decides.
#[utoipa::path(post, path = "/api/v1/people-proposals/{proposal}/decision", params(("proposal" = i64, Path)),
    request_body(content = Object, content_type = "application/json", description = "approve: true or false; reason"),
    responses((status = 200, description = "grant: its number, corrected: the account, or code: the second half, this once"), (status = 403, description = "By whoever asked, or for oneself"), (status = 404, description = "Nothing of this number waits")))]
pub(super) async fn decide(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let Decision { approve, reason } = units::api::parsed(&ctx, &body)?;
    let identity = identity(&ctx);
    let mut tx = ctx.write().await?;
    let decided = proposals::decide(&mut tx, &identity.key, id, approve, reason.trim(), people::CODE).await?;
    let Some(decided) = decided else { return Err(ctx.not_found()) };
    tx.commit().await?;
    let body = match decided {
        Decided::Given(grant) => json!({"grant": grant}),
        Decided::Corrected => json!({"corrected": true}),
        Decided::Code(half) => json!({"code": half}),
        Decided::Declined => json!({"declined": true}),
    };
    ctx.json_with(StatusCode::OK, &body)
}
