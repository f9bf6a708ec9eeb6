//! People and their roles, for who keeps them. Reading somebody else's data is itself a line of the trail.

use super::account::shown;
use crate::{
    model::{NewGrant, Person},
    rules::{criteria, day, is_address, is_login, role_word},
    secrets,
    store::{self, HOUR},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Arg, Day, Moment, PersonId, Phrase, Role, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use units::Unit;
use web::{
    Asking, Ctx, Failure, Form, Outcome, Path,
    notices::{
        Notice, To,
        outbox::{self, Mail},
        spread::address,
    },
    people::Contact,
};

/// People on a page.
const PER: i64 = 50;
/// People that one file takes.
const MOST: i64 = 100_000;
/// How long a code that was given stands.
const CODE: i64 = 72 * HOUR;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    trang: String,
    /// Whether a code was just sent.
    thu: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    login: String,
    name: String,
    email: String,
    role: String,
    unit: String,
    criteria: String,
    from: String,
    to: String,
    reason: String,
    disabled: String,
    /// Not of a form: whether a code was just sent.
    #[serde(skip)]
    mailed: bool,
}

/// The line of a reading of somebody's data, in a transaction of its own beside the reading.
pub(super) async fn note_reading(
    ctx: &Ctx,
    action: &'static str,
    person: Option<PersonId>,
    details: serde_json::Value,
) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    let subject = person.map_or_else(|| "list".to_owned(), |p| p.to_string());
    tx.audit_quietly(::store::AuditLine { action, kind: PersonId::KIND, subject, unit: None, details }).await?;
    Ok(tx.commit().await?)
}

fn told(person: &Person) -> Value {
    context! { id => person.id.0, login => person.login, name => person.name, email => person.email, disabled => person.disabled, second => person.totp.is_some() }
}

async fn listed(
    ctx: &Ctx,
    asked: &Asked,
    status: StatusCode,
    sent: &Sent,
    problem: Option<(&str, &'static str)>,
) -> Outcome {
    let page = web::page_from_one(&asked.trang);
    let (people, count) = {
        let mut tx = ctx.read().await?;
        store::list(&mut tx, asked.q.trim(), PER, page * PER).await?
    };
    note_reading(ctx, "identity.list", None, json!({"q": asked.q, "shown": people.len()})).await?;
    let pages: Vec<Value> = web::page_links(page, PER, count)
        .into_iter()
        .map(|p| context! { number => p + 1, current => p == page })
        .collect();
    let body = context! {
        title => locale::word(ctx.lang, "people-title"), people => people.iter().map(told).collect::<Vec<_>>(), q => asked.q,
        count => count, pages => pages, login => sent.login, name => sent.name, email => sent.email,
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "people.html", body)
}

/// `GET /quan-tri/nguoi`. Cost: the people that the search finds.
pub(super) async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    listed(&ctx, &asked, StatusCode::OK, &Sent::default(), None).await
}

/// `GET /quan-tri/nguoi.csv`
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let (people, _) = {
        let mut tx = ctx.read().await?;
        store::list(&mut tx, asked.q.trim(), MOST, 0).await?
    };
    note_reading(&ctx, "identity.export", None, json!({"q": asked.q, "people": people.len()})).await?;
    let row = |person: &Person| {
        let texts = [
            person.id.to_string(),
            person.login.clone(),
            person.name.clone(),
            person.email.clone().unwrap_or_default(),
            person.disabled.to_string(),
        ];
        texts.map(Content::Text).to_vec()
    };
    let headings = ["id", "login", "name", "email", "disabled"].map(str::to_owned).to_vec();
    let list = List { name: locale::word(ctx.lang, "people-title"), headings, rows: people.iter().map(row).collect() };
    ctx.download("nguoi.csv", Kind::Csv.media_type(), list.bytes(Kind::Csv, ctx.site.clock.today())?)
}

/// `POST /quan-tri/nguoi`: somebody new, without a password until they set one by a code.
pub(super) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let wrong = match () {
        () if !is_login(&sent.login) => Some(("login", "login-bad")),
        () if sent.name.trim().is_empty() => Some(("name", "name-missing")),
        () if !sent.email.trim().is_empty() && !is_address(sent.email.trim()) => Some(("email", "email-bad")),
        () => None,
    };
    let refuse =
        async |problem| listed(&ctx, &Asked::default(), StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem)).await;
    if let Some(problem) = wrong {
        return refuse(problem).await;
    }
    let mut tx = ctx.write().await?;
    let email = Some(sent.email.trim()).filter(|email| !email.is_empty());
    let id = match store::add(&mut tx, &sent.login, sent.name.trim(), email, "vi", false).await {
        Ok(id) => id,
        Err(error) if error.is_duplicate() => {
            drop(tx);
            return refuse(("login", "login-taken")).await;
        }
        Err(error) => return Err(error.into()),
    };
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
}

async fn person(
    ctx: &Ctx,
    id: PersonId,
    status: StatusCode,
    sent: &Sent,
    problem: Option<(&str, &'static str)>,
    code: Option<&str>,
) -> Outcome {
    let (found, held) = {
        let mut tx = ctx.read().await?;
        let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
        (found, store::held(&mut tx, id).await?)
    };
    note_reading(ctx, "identity.read", Some(id), json!({})).await?;
    let roles: Vec<Value> = Role::ALL
        .iter()
        .filter(|role| role.is_held())
        .map(|role| context! { name => role.name(), word => role_word(ctx.lang, *role), chosen => role.name() == sent.role })
        .collect();
    let body = context! {
        title => found.name, person => told(&found), held => held.iter().map(|h| shown(ctx.lang, h)).collect::<Vec<_>>(),
        roles => roles, unit => sent.unit, criteria => sent.criteria, from => sent.from, to => sent.to, code => code, mailed => sent.mailed,
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "person.html", body)
}

/// `GET /quan-tri/nguoi/{person}`
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let sent = Sent { mailed: asked.thu == "1", ..Sent::default() };
    person(&ctx, PersonId(id), StatusCode::OK, &sent, None, None).await
}

/// The unit that was meant: by its number, or by its code of today.
async fn unit(tx: &mut impl ::store::Query, text: &str, today: Day) -> ::store::Result<Option<Unit>> {
    if let Ok(id) = text.parse()
        && let Some(unit) = units::store::get(tx, UnitId(id)).await?
    {
        return Ok(Some(unit));
    }
    let found = units::store::with_codes(tx, &[text]).await?;
    Ok(found.into_iter().find(|unit| unit.valid_to.is_none_or(|to| to >= today)))
}

/// Whose role it is hears of it.
async fn tell_role(
    tx: &mut ::store::WriteTx,
    person: PersonId,
    role: Role,
    grant: i64,
    key: &'static str,
) -> ::store::Result<()> {
    let phrase = Phrase::new(key).both("role", role_word(Lang::Vi, role), role_word(Lang::En, role));
    let (to, link) = (To::Person(person), "/tai-khoan".to_owned());
    let notice = Notice { to, kind: web::notices::Kind::Role, key: format!("{key}/{grant}"), phrase, link, unit: None };
    web::notices::tell(tx, &notice).await.map(drop)
}

/// `POST /quan-tri/nguoi/{person}/vai-tro`
pub(super) async fn grant(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    let refuse = async |problem| person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem), None).await;
    if ctx.actor.person == Some(id) {
        return refuse(("role", "role-to-oneself")).await;
    }
    let Some(role) = Role::from_name(&sent.role).filter(|role| role.is_held()) else {
        return refuse(("role", "role-unknown")).await;
    };
    let today = ctx.site.clock.today();
    let from = if sent.from.trim().is_empty() { Some(today) } else { day(&sent.from) };
    let Some(from) = from else { return refuse(("from", "day-bad")).await };
    let to = day(&sent.to);
    if (!sent.to.trim().is_empty() && to.is_none()) || to.is_some_and(|to| to < from) {
        return refuse(("to", "day-bad")).await;
    }
    let Some(criteria) = criteria(&sent.criteria) else { return refuse(("criteria", "criteria-bad")).await };
    let mut tx = ctx.write().await?;
    let unit = match sent.unit.trim() {
        "" if role.is_of_house() => None,
        text => match unit(&mut tx, text, today).await? {
            Some(unit) => Some(unit.id),
            None => {
                drop(tx);
                return refuse(("unit", "unit-unknown")).await;
            }
        },
    };
    if store::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    let given = store::grant(&mut tx, &NewGrant { person: id, role, unit, agency: None, criteria, from, to }).await?;
    tell_role(&mut tx, id, role, given, "notice-role-given").await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
}

/// `POST /quan-tri/nguoi/{person}/vai-tro/{grant}`: ends a role; from the next request on it is not held.
pub(super) async fn end_grant(ctx: Ctx, Path((id, grant)): Path<(i64, i64)>, Form(sent): Form<Sent>) -> Outcome {
    if sent.reason.trim().is_empty() {
        let problem = Some(("reason", "reason-missing"));
        return person(&ctx, PersonId(id), StatusCode::UNPROCESSABLE_ENTITY, &sent, problem, None).await;
    }
    let mut tx = ctx.write().await?;
    let role = store::held(&mut tx, PersonId(id)).await?.iter().find(|held| held.id == grant).map(|held| held.role);
    if store::end_grant(&mut tx, grant, sent.reason.trim()).await? != Some(PersonId(id)) {
        return Err(ctx.not_found());
    }
    if let Some(role) = role {
        tell_role(&mut tx, PersonId(id), role, grant, "notice-role-ended").await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
}

/// `POST /quan-tri/nguoi/{person}/khoa`
pub(super) async fn disable(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    if sent.reason.trim().is_empty() {
        let problem = Some(("reason", "reason-missing"));
        return person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, problem, None).await;
    }
    let mut tx = ctx.write().await?;
    if store::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    store::disable(&mut tx, id, sent.disabled == "1", sent.reason.trim()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
}

/// `POST /quan-tri/nguoi/{person}/thu-ma`: the same by a letter to the person's own address: nobody else sees the code. It is
/// written in the transaction of the code, and sent a moment later. Cost: some six rows.
pub(super) async fn code_by_mail(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let id = PersonId(id);
    let code = secrets::code();
    let mut tx = ctx.write().await?;
    let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let to = Contact { name: found.name.clone(), email: found.email.clone(), lang: found.lang.clone() };
    let (kind, template) = if found.password.is_some() { ("reset", "reset") } else { ("invite", "invite") };
    store::add_code(&mut tx, kind, Some(id), &secrets::hash(&code), CODE).await?;
    let lang = Lang::from_tag(&found.lang).unwrap_or_default();
    let link = address(&ctx.site.origin, lang, &format!("/dat-mat-khau?ma={code}"));
    let values = vec![
        ("name", Arg::from(found.name)),
        ("login", Arg::from(found.login)),
        ("hours", Arg::from(CODE / HOUR)),
        ("link", Arg::from(link)),
        ("code", Arg::from(code)),
    ];
    let ends = Some(Moment(tx.now().0 + CODE));
    let key = format!("code/{id}/{}", secrets::secret());
    let letter = Mail { key, person: Some(id), to: &to, template, values, ends };
    if !outbox::mail(&mut tx, &super::identity(&ctx).key, &letter).await? {
        drop(tx);
        let problem = Some(("email", "person-no-email"));
        return person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &Sent::default(), problem, None).await;
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}?thu=1"))).into_response())
}

/// `POST /quan-tri/nguoi/{person}/ma`: a code to set a password by, shown once, to be handed over on paper.
pub(super) async fn code(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let id = PersonId(id);
    let code = secrets::code();
    let mut tx = ctx.write().await?;
    let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let kind = if found.password.is_some() { "reset" } else { "invite" };
    store::add_code(&mut tx, kind, Some(id), &secrets::hash(&code), CODE).await?;
    tx.commit().await?;
    person(&ctx, id, StatusCode::OK, &Sent::default(), None, Some(&code)).await
}
