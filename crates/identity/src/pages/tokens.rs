//! Tokens of programs: one's own, and those of machine clients for who keeps people.

use super::{account, field, people::note_reading, status};
use crate::{
    model::{Person, Token},
    rules::{day, rule_word},
    secrets, store,
    tokens::{self, USUAL_DAYS, Wanted},
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{Day, Moment, PersonId, Phrase, Problem, Role};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use units::listed::{Answer, Listed};
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Repeatable};

/// Tokens on a page.
const PER: i64 = 50;
const FIELDS: [&str; 7] = ["id", "name", "only", "made", "ends", "used", "revoked"];

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_list, api_add, api_revoke, api_list_of, api_add_for, api_revoke_for))]
pub struct Description;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    trang: String,
}

/// What a form sends; boxes of one name come several times.
#[derive(Debug, Default)]
struct Sent {
    name: String,
    only: Vec<String>,
    to: String,
    old: String,
    now: String,
    key: String,
}

impl Sent {
    fn of(pairs: Vec<(String, String)>) -> Sent {
        let mut sent = Sent::default();
        for (name, value) in pairs {
            match &*name {
                "name" => sent.name = value,
                "only" => sent.only.push(value),
                "to" => sent.to = value,
                "old" => sent.old = value,
                "now" => sent.now = value,
                "key" => sent.key = value,
                _ => {}
            }
        }
        sent
    }

    fn wanted(&self) -> Wanted {
        Wanted { name: self.name.clone(), only: self.only.clone(), to: day(&self.to) }
    }

    /// What makes two of them the same request; no secret stands in it.
    fn body(&self) -> String {
        format!("{:?}", self.wanted())
    }
}

/// Whose tokens a page is of.
struct Owner {
    person: Person,
    roles: Vec<Role>,
    tokens: Vec<Token>,
}

async fn owner(ctx: &Ctx, person: PersonId) -> Result<Owner, Failure> {
    let mut tx = ctx.read().await?;
    let Some(person) = store::get(&mut tx, person).await? else { return Err(ctx.not_found()) };
    let roles = tokens::standing(&store::held(&mut tx, person.id).await?, ctx.site.clock.today());
    let tokens = store::tokens(&mut tx, person.id).await?;
    Ok(Owner { person, roles, tokens })
}

impl Owner {
    fn standing(&self, now: Moment) -> usize {
        self.tokens.iter().filter(|token| !token.revoked && token.ends > now).count()
    }

    /// A program of somebody else: it has no password, and its tokens are made for it.
    fn is_machine(&self) -> bool {
        self.person.password.is_none() && self.roles.contains(&Role::Machine)
    }
}

pub(super) fn shown(ctx: &Ctx, token: &Token) -> Value {
    let now = ctx.site.clock.now();
    let words = token.only.iter().filter_map(|one| one.split_once(' '));
    // It ends with a day, which began before.
    let last = Moment(token.ends.0 - 1).day();
    context! {
        id => token.id, name => token.name, ends => locale::date(last), made => locale::moment(token.made), used => token.used.map(locale::moment),
        only => words.map(|(action, resource)| rule_word(ctx.lang, action, resource)).collect::<Vec<_>>(),
        revoked => token.revoked, over => token.ends <= now,
    }
}

/// What a page shows beside the tokens.
#[derive(Default)]
struct Shown<'a> {
    status: StatusCode,
    trang: &'a str,
    problems: &'a [Problem],
    secret: Option<&'a str>,
    /// The same form came twice: its token was shown already.
    again: bool,
}

async fn page(ctx: &Ctx, owner: &Owner, action: &str, sent: &Sent, shown_with: &Shown<'_>) -> Outcome {
    // Who makes a token shows that it is still they: their password and code are asked for, not those of the owner.
    let me = match ctx.actor.person {
        Some(person) => store::get(&mut ctx.read().await?, person).await?,
        None => None,
    };
    let today = ctx.site.clock.today();
    let (some, pages) = web::page_of(&owner.tokens, shown_with.trang, PER);
    let rights = tokens::rules(&owner.roles).into_iter().map(|rule| {
        let value = format!("{} {}", rule.action, rule.resource);
        let chosen = sent.only.contains(&value);
        context! { word => rule_word(ctx.lang, rule.action, rule.resource), value => value, chosen => chosen }
    });
    let later = |days: i64| Day::from_epoch_days(today.epoch_days() + days).to_string();
    let own = ctx.actor.person == Some(owner.person.id);
    let body = context! {
        title => locale::word(ctx.lang, "tokens-title"), name => owner.person.name, own => own, action => action,
        tokens => some.iter().map(|token| shown(ctx, token)).collect::<Vec<_>>(), pages => pages,
        rights => rights.collect::<Vec<_>>(), typed => sent.name, secret => shown_with.secret, again => shown_with.again,
        to => if sent.to.is_empty() { later(USUAL_DAYS) } else { sent.to.clone() }, last => later(tokens::MOST_DAYS),
        key => secrets::secret(), may => !owner.person.demo && (own || owner.is_machine()),
        field => field(shown_with.problems.first()),
        problems => shown_with.problems.iter().map(|p| locale::problem(ctx.lang, p)).collect::<Vec<_>>(),
        person => owner.person.id.0, has_password => me.as_ref().is_some_and(|me| me.password.is_some()),
        has_second => me.as_ref().is_some_and(|me| me.totp.is_some()),
    };
    ctx.page_with(shown_with.status, "tokens.html", body)
}

const OWN: &str = "/tai-khoan/khoa";

/// `GET /tai-khoan/khoa`
pub(super) async fn own(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let owner = owner(&ctx, account::me(&ctx)?.person).await?;
    page(&ctx, &owner, OWN, &Sent::default(), &Shown { trang: &asked.trang, ..Shown::default() }).await
}

/// Makes a token once for a request: its number and secret, or what stands against it.
enum Made {
    New(i64, String),
    Again(serde_json::Value),
    Refused(Vec<Problem>),
}

async fn make(ctx: &Ctx, owner: &Owner, sent: &Sent, repeatable: Repeatable<'_>) -> Result<Made, Failure> {
    let me = account::me(ctx)?;
    // A token is no way round the second factor that its maker must set first.
    if me.first.is_some() {
        return Ok(Made::Refused(vec![Problem::forbidden(Phrase::new("token-second-first"))]));
    }
    let (now, today) = (ctx.site.clock.now(), ctx.site.clock.today());
    if let Some(answer) = repeatable.seen(&mut ctx.write().await?).await? {
        return Ok(Made::Again(answer));
    }
    let wanted = sent.wanted();
    let mut problems = tokens::check(&wanted, &owner.roles, owner.standing(now), today);
    if problems.is_empty() {
        problems.extend(account::proof_by(ctx, &me, &sent.old, &sent.now).await?);
    }
    if !problems.is_empty() {
        return Ok(Made::Refused(problems));
    }
    let mut tx = ctx.write().await?;
    let (id, secret) = tokens::make(&mut tx, owner.person.id, &wanted).await?;
    repeatable.keep(tx, &json!({"id": id})).await?;
    Ok(Made::New(id, secret))
}

async fn made_page(ctx: &Ctx, owner: Owner, action: &str, sent: &Sent) -> Outcome {
    let body = sent.body();
    match make(ctx, &owner, sent, Repeatable::of_form(ctx, &sent.key, body.as_bytes())).await? {
        Made::Refused(problems) => {
            let status = problems.first().map_or(StatusCode::UNPROCESSABLE_ENTITY, status);
            page(ctx, &owner, action, sent, &Shown { status, problems: &problems, ..Shown::default() }).await
        }
        Made::Again(_) => page(ctx, &owner, action, &Sent::default(), &Shown { again: true, ..Shown::default() }).await,
        Made::New(_, secret) => {
            let owner = self::owner(ctx, owner.person.id).await?;
            page(ctx, &owner, action, &Sent::default(), &Shown { secret: Some(&secret), ..Shown::default() }).await
        }
    }
}

/// `POST /tai-khoan/khoa`: a new token of one's own, by password and code. Cost: one hash.
pub(super) async fn add(ctx: Ctx, Form(pairs): Form<Vec<(String, String)>>) -> Outcome {
    account::own_person(&ctx, &*account::me(&ctx)?).await?;
    let owner = owner(&ctx, account::me(&ctx)?.person).await?;
    made_page(&ctx, owner, OWN, &Sent::of(pairs)).await
}

/// `POST /tai-khoan/khoa/{token}`: revokes one's own.
pub(super) async fn revoke(ctx: Ctx, Path(token): Path<i64>) -> Outcome {
    revoked(&ctx, account::me(&ctx)?.person, token).await?;
    Ok(Redirect::to(&ctx.link(OWN)).into_response())
}

async fn revoked(ctx: &Ctx, person: PersonId, token: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    if !store::revoke(&mut tx, person, token).await? {
        return Err(ctx.not_found());
    }
    Ok(tx.commit().await?)
}

fn of_person(id: i64) -> String {
    format!("/quan-tri/nguoi/{id}/khoa-chuong-trinh")
}

/// `GET /quan-tri/nguoi/{person}/khoa-chuong-trinh`
pub(super) async fn list(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let owner = owner(&ctx, PersonId(id)).await?;
    note_reading(&ctx, "identity.read", Some(PersonId(id)), json!({"tokens": owner.tokens.len()})).await?;
    page(&ctx, &owner, &of_person(id), &Sent::default(), &Shown { trang: &asked.trang, ..Shown::default() }).await
}

/// `POST /quan-tri/nguoi/{person}/khoa-chuong-trinh`: a token of a machine client, which has no password of its own; by
/// password and code of whoever keeps people.
pub(super) async fn add_for(ctx: Ctx, Path(id): Path<i64>, Form(pairs): Form<Vec<(String, String)>>) -> Outcome {
    account::own_person(&ctx, &*account::me(&ctx)?).await?;
    let owner = owner(&ctx, PersonId(id)).await?;
    let sent = Sent::of(pairs);
    if !owner.is_machine() {
        let problems = [Problem::input(Phrase::new("token-no-machine")).at_field("name")];
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return page(&ctx, &owner, &of_person(id), &sent, &Shown { status, problems: &problems, ..Shown::default() })
            .await;
    }
    made_page(&ctx, owner, &of_person(id), &sent).await
}

/// `POST /quan-tri/nguoi/{person}/khoa-chuong-trinh/{token}`
pub(super) async fn revoke_for(ctx: Ctx, Path((id, token)): Path<(i64, i64)>) -> Outcome {
    revoked(&ctx, PersonId(id), token).await?;
    Ok(Redirect::to(&ctx.link(&of_person(id))).into_response())
}

fn row(token: &Token) -> serde_json::Value {
    json!({
        "id": token.id, "name": token.name, "only": token.only, "made": token.made.rfc3339(), "ends": token.ends.rfc3339(),
        "used": token.used.map(Moment::rfc3339), "revoked": token.revoked,
    })
}

/// `GET /api/v1/tokens`: one's own, the newest first.
#[utoipa::path(get, path = "/api/v1/tokens", responses((status = 200, description = "One's own tokens, without their secrets")),
    params(("fields" = Option<String>, Query), ("cursor" = Option<String>, Query), ("per" = Option<i64>, Query)))]
pub(super) async fn api_list(ctx: Ctx, Asking(listed): Asking<Listed>) -> Outcome {
    let owner = owner(&ctx, account::me(&ctx)?.person).await?;
    answer(&ctx, &listed, &owner)
}

fn answer(ctx: &Ctx, listed: &Listed, owner: &Owner) -> Outcome {
    let (some, next) = listed.cut(ctx, "tokens", &owner.tokens, |token| token.id.to_string())?;
    let rows = some.iter().map(row).collect();
    listed.answer(ctx, Answer { name: "tokens", about: json!({}), fields: &FIELDS, rows, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entered {
    name: String,
    only: Vec<String>,
    to: String,
    password: String,
    code: String,
}

/// `POST /api/v1/tokens`: by whoever is logged in, with password and code; a token makes none.
#[utoipa::path(post, path = "/api/v1/tokens", request_body(content = Object, content_type = "application/json",
        description = "name; only: a list of \"action resource\"; to: its last day; password; code, where there is a second factor"),
    responses((status = 200, description = "Its number and, this once, its secret"), (status = 422, description = "What is wrong, with its field")),
    params(("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api_add(ctx: Ctx, body: Bytes) -> Outcome {
    account::own_person(&ctx, &*account::me(&ctx)?).await?;
    made(&ctx, owner(&ctx, account::me(&ctx)?.person).await?, &body).await
}

async fn made(ctx: &Ctx, owner: Owner, body: &[u8]) -> Outcome {
    let Entered { name, only, to, password, code } = units::api::parsed(ctx, body)?;
    let sent = Sent { name, only, to, old: password, now: code, key: String::new() };
    // The secrets of the body make no two requests the same.
    let repeatable = Repeatable::new(ctx, sent.body().as_bytes());
    match make(ctx, &owner, &sent, repeatable).await? {
        Made::New(id, secret) => ctx.json_with(StatusCode::OK, &json!({"id": id, "secret": secret})),
        Made::Again(answer) => ctx.json_with(StatusCode::OK, &answer),
        Made::Refused(mut problems) => Err(ctx.failure(problems.remove(0))),
    }
}

/// `POST /api/v1/tokens/{token}/revocation`
#[utoipa::path(post, path = "/api/v1/tokens/{token}/revocation", params(("token" = i64, Path)),
    responses((status = 200, description = "It stands no more"), (status = 404, description = "No token of one's own that stands")))]
pub(super) async fn api_revoke(ctx: Ctx, Path(token): Path<i64>) -> Outcome {
    revoked(&ctx, account::me(&ctx)?.person, token).await?;
    ctx.json_with(StatusCode::OK, &json!({"id": token, "revoked": true}))
}

/// `GET /api/v1/people/{person}/tokens`: those of somebody, the newest first.
#[utoipa::path(get, path = "/api/v1/people/{person}/tokens", responses((status = 200, description = "Tokens without their secrets; reading is noted"), (status = 404, description = "Nobody")),
    params(("person" = i64, Path), ("fields" = Option<String>, Query), ("cursor" = Option<String>, Query), ("per" = Option<i64>, Query)))]
pub(super) async fn api_list_of(ctx: Ctx, Path(id): Path<i64>, Asking(listed): Asking<Listed>) -> Outcome {
    let owner = owner(&ctx, PersonId(id)).await?;
    note_reading(&ctx, "identity.read", Some(PersonId(id)), json!({"tokens": owner.tokens.len()})).await?;
    answer(&ctx, &listed, &owner)
}

/// `POST /api/v1/people/{person}/tokens`: for a machine client, by whoever keeps people, with their own password and code.
#[utoipa::path(post, path = "/api/v1/people/{person}/tokens", request_body(content = Object, content_type = "application/json",
        description = "name; only: a list of \"action resource\"; to: its last day; password and code of whoever asks"),
    responses((status = 200, description = "Its number and, this once, its secret"), (status = 404, description = "Nobody"),
        (status = 422, description = "What is wrong, with its field; only a machine client gets tokens by somebody else")),
    params(("person" = i64, Path), ("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api_add_for(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    account::own_person(&ctx, &*account::me(&ctx)?).await?;
    let owner = owner(&ctx, PersonId(id)).await?;
    if !owner.is_machine() {
        return Err(ctx.failure(Problem::input(Phrase::new("token-no-machine")).at_field("name")));
    }
    made(&ctx, owner, &body).await
}

/// `POST /api/v1/people/{person}/tokens/{token}/revocation`
#[utoipa::path(post, path = "/api/v1/people/{person}/tokens/{token}/revocation", params(("person" = i64, Path), ("token" = i64, Path)),
    responses((status = 200, description = "It stands no more"), (status = 404, description = "No token of theirs that stands")))]
pub(super) async fn api_revoke_for(ctx: Ctx, Path((id, token)): Path<(i64, i64)>) -> Outcome {
    revoked(&ctx, PersonId(id), token).await?;
    ctx.json_with(StatusCode::OK, &json!({"id": token, "revoked": true}))
}
