//! People and their roles, for who keeps them. Reading somebody else's data is itself a line of the trail.

use super::{account::shown, identity};
use crate::{
    model::{Held, NewGrant, Person},
    proposals::{self, Outcome as Given},
    rules::{criteria, day, is_login, role_word},
    store::{self, HOUR, ORDERS, Order},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{AgencyId, Day, PersonId, Role, UnitId};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use units::listed::take_away;
use units::{Agency, Unit};
use web::{Asking, Ctx, Failure, Form, Outcome, Path, notices::outbox::is_address};

/// People on a page.
const PER: i64 = 50;
/// People that one file takes.
const MOST: i64 = 100_000;
/// How long a code that was given stands.
pub(super) const CODE: i64 = 72 * HOUR;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    /// What the list is ordered by.
    sap: String,
    trang: String,
    /// Whether a code was just sent by letter.
    thu: String,
}

impl Asked {
    fn order(&self) -> Order {
        Order::named(&self.sap)
    }

    /// The part of an address that keeps search and order.
    fn kept(&self) -> String {
        let plain = |text: &str| -> String {
            let hex = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
            text.bytes().map(hex).collect()
        };
        format!("q={}&sap={}", plain(&self.q), self.order().name())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    pub login: String,
    pub name: String,
    pub email: String,
    pub role: String,
    pub unit: String,
    pub agency: String,
    pub criteria: String,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub disabled: String,
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

/// Whose data were shown: what was typed to find them may be a name, and a line keeps none.
pub(super) fn ids(people: &[Person]) -> Vec<PersonId> {
    people.iter().map(|person| person.id).collect()
}

fn told(person: &Person) -> Value {
    context! { id => person.id.0, login => person.login, name => person.name, email => person.email, disabled => person.disabled, second => person.totp.is_some() }
}

async fn listed(ctx: &Ctx, asked: &Asked, status: StatusCode, sent: &Sent, problem: Option<Wrong>) -> Outcome {
    let page = web::page_from_one(&asked.trang);
    let ((people, count), waits) = {
        let mut tx = ctx.read().await?;
        let waits = proposals::waiting(&mut tx, ctx.site.clock.now()).await?.len();
        (store::list(&mut tx, asked.q.trim(), asked.order(), PER, page * PER).await?, waits)
    };
    note_reading(ctx, "identity.list", None, json!({"people": ids(&people)})).await?;
    let pages: Vec<Value> = web::page_links(page, PER, count)
        .into_iter()
        .map(|p| context! { number => p + 1, current => p == page })
        .collect();
    let body = context! {
        title => locale::word(ctx.lang, "people-title"), people => people.iter().map(told).collect::<Vec<_>>(), q => asked.q,
        count => count, pages => pages, waits => waits, sap => asked.order().name(), orders => ORDERS, kept => asked.kept(), login => sent.login, name => sent.name, email => sent.email,
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "people.html", body)
}

/// `GET /quan-tri/nguoi`. Cost: the people that the search finds.
pub(super) async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    listed(&ctx, &asked, StatusCode::OK, &Sent::default(), None).await
}

/// `GET /quan-tri/nguoi.csv`: what the search finds. Cost: those people and their roles.
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/nguoi.xlsx`: the same as a spreadsheet.
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

/// Columns of the file; those of the roster's file are named as there.
const HEADINGS: [&str; 8] = [
    "person-number",
    "login-name",
    "person-name",
    "person-email",
    "account-roles",
    "second-title",
    "person-disabled-head",
    "person-made",
];

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let (people, roles) = {
        let mut tx = ctx.read().await?;
        let (people, _) = store::list(&mut tx, asked.q.trim(), asked.order(), MOST, 0).await?;
        let mut roles = HashMap::new();
        for some in people.chunks(500) {
            let ids: Vec<PersonId> = some.iter().map(|person| person.id).collect();
            roles.extend(store::held_by(&mut tx, &ids).await?);
        }
        (people, roles)
    };
    note_reading(ctx, "identity.export", None, json!({"people": people.len(), "searched": !asked.q.trim().is_empty()}))
        .await?;
    let today = ctx.site.clock.today();
    let yes = |is: bool| locale::word(ctx.lang, if is { "people-yes" } else { "people-no" });
    let row = |person: &Person| {
        let stands = |h: &&Held| !h.ended && h.to.is_none_or(|to| to >= today);
        let role = |h: &Held| {
            let place = [h.unit_name.as_str(), agency_name(ctx, h)].into_iter().filter(|name| !name.is_empty());
            let place: Vec<&str> = place.collect();
            format!("{} {}", role_word(ctx.lang, h.role), place.join(", ")).trim_end().to_owned()
        };
        let held = roles.get(&person.id).map_or(&[][..], Vec::as_slice);
        let texts = [
            person.id.to_string(),
            person.login.clone(),
            person.name.clone(),
            person.email.clone().unwrap_or_default(),
            held.iter().filter(stands).map(role).collect::<Vec<_>>().join("; "),
            yes(person.totp.is_some()),
            yes(person.disabled),
            locale::date(person.made.day()),
        ];
        texts.map(Content::Text).to_vec()
    };
    take_away(ctx, "nguoi", "people-title", &HEADINGS, people.iter().map(row).collect(), of)
}

fn agency_name<'h>(ctx: &Ctx, held: &'h Held) -> &'h str {
    held.agency_name.as_ref().map_or("", |(vi, en)| ctx.lang.pick(vi.as_str(), en.as_str()))
}

/// Adds somebody as typed; the number of their account.
pub(super) async fn added(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    sent: &Sent,
) -> Result<Result<PersonId, Wrong>, Failure> {
    let email = Some(sent.email.trim()).filter(|email| !email.is_empty());
    let wrong = match () {
        () if !is_login(&sent.login) => Some(("login", "login-bad")),
        () if sent.name.trim().is_empty() => Some(("name", "name-missing")),
        () if email.is_some_and(|email| !is_address(email)) => Some(("email", "email-bad")),
        () if store::by_login(tx, &sent.login).await?.is_some() => Some(("login", "login-taken")),
        () => None,
    };
    if let Some(wrong) = wrong {
        return Ok(Err(wrong));
    }
    match store::add(tx, &sent.login, sent.name.trim(), email, ctx.lang.tag(), false).await {
        Ok(id) => Ok(Ok(id)),
        // Somebody else took it meanwhile.
        Err(error) if error.is_duplicate() => Ok(Err(("login", "login-taken"))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /quan-tri/nguoi`: somebody new, without a password until they set one by a code.
pub(super) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let mut tx = ctx.write().await?;
    match added(&ctx, &mut tx, &sent).await? {
        Ok(id) => {
            tx.commit().await?;
            Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
        }
        Err(problem) => {
            drop(tx);
            listed(&ctx, &Asked::default(), StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem)).await
        }
    }
}

async fn person(
    ctx: &Ctx,
    id: PersonId,
    status: StatusCode,
    sent: &Sent,
    problem: Option<Wrong>,
    code: Option<Code>,
) -> Outcome {
    let (found, held, waits, alone) = {
        let mut tx = ctx.read().await?;
        let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
        let held = store::held(&mut tx, id).await?;
        let waits = proposals::waiting(&mut tx, ctx.site.clock.now()).await?.iter().filter(|p| p.person == id).count();
        // Where nobody could be the second, the page says so before anybody tries.
        let by = ctx.actor.person;
        let alone = by.is_some() && proposals::seconds(&mut tx, by, id, ctx.site.clock.today()).await? == 0;
        (found, held, waits, alone)
    };
    note_reading(ctx, "identity.read", Some(id), json!({})).await?;
    let roles: Vec<Value> = Role::ALL
        .iter()
        .filter(|role| role.is_held())
        .map(|role| context! { name => role.name(), word => role_word(ctx.lang, *role), chosen => role.name() == sent.role })
        .collect();
    let body = context! {
        title => found.name, person => told(&found), held => held.iter().map(|h| shown(ctx.lang, h)).collect::<Vec<_>>(),
        roles => roles, unit => sent.unit, criteria => sent.criteria, from => sent.from, to => sent.to, agency => sent.agency,
        code => match &code { Some(Code::Whole(text) | Code::Half(text)) => Some(text), _ => None },
        half => matches!(code, Some(Code::Half(_))), mailed => matches!(code, Some(Code::Sent)), waits => waits, alone => alone,
        may_data => ctx.may("read", "personal data"),
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "person.html", body)
}

/// `GET /quan-tri/nguoi/{person}`
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let code = (asked.thu == "1").then_some(Code::Sent);
    person(&ctx, PersonId(id), StatusCode::OK, &Sent::default(), None, code).await
}

/// The unit that was meant: by its number, or by its code of today.
async fn unit(tx: &mut impl ::store::Query, text: &str, today: Day) -> ::store::Result<Option<Unit>> {
    if let Ok(id) = text.parse()
        && let Some(unit) = units::store::get(tx, UnitId(id)).await?
    {
        return Ok(Some(unit));
    }
    let meant = units::store::meant_by(tx, &[text]).await?.remove(text);
    Ok(meant.filter(|unit| unit.valid_to.is_none_or(|to| to >= today)))
}

/// The agency that was meant: by its number, or by its code of today.
async fn agency(tx: &mut impl ::store::Query, text: &str, today: Day) -> ::store::Result<Option<Agency>> {
    let all = units::store::agencies(tx).await?;
    let named = |a: &Agency| a.code.eq_ignore_ascii_case(text) || text.parse() == Ok(a.id);
    Ok(all.into_iter().find(|agency| agency.stands_on(today) && named(agency)))
}

/// What stands against something: the field and the key of a phrase.
pub(super) type Wrong = (&'static str, &'static str);

/// A role as it was typed. Cost: the unit's rows, and the agencies where one is named.
async fn typed_grant(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    sent: &Sent,
) -> Result<Result<NewGrant, Wrong>, Failure> {
    if ctx.actor.person == Some(id) {
        return Ok(Err(("role", "role-to-oneself")));
    }
    let Some(role) = Role::from_name(&sent.role).filter(|role| role.is_held()) else {
        return Ok(Err(("role", "role-unknown")));
    };
    let today = ctx.site.clock.today();
    let from = if sent.from.trim().is_empty() { Some(today) } else { day(&sent.from) };
    let Some(from) = from else { return Ok(Err(("from", "day-bad"))) };
    let to = day(&sent.to);
    if (!sent.to.trim().is_empty() && to.is_none()) || to.is_some_and(|to| to < from) {
        return Ok(Err(("to", "day-bad")));
    }
    let Some(criteria) = criteria(&sent.criteria) else { return Ok(Err(("criteria", "criteria-bad"))) };
    let agency = match sent.agency.trim() {
        "" => None,
        text => match agency(tx, text, today).await? {
            Some(agency) => Some(agency),
            None => return Ok(Err(("agency", "agency-unknown"))),
        },
    };
    let unit = match sent.unit.trim() {
        // A role in an agency reaches where the agency does.
        "" if agency.as_ref().is_some_and(|agency| agency.units.is_empty()) => {
            return Ok(Err(("unit", "agency-of-no-unit")));
        }
        "" if agency.is_some() || role.is_of_house() => None,
        text => match unit(tx, text, today).await? {
            Some(unit) => Some(unit.id),
            None => return Ok(Err(("unit", "unit-unknown"))),
        },
    };
    let agency = agency.map(|agency| AgencyId(agency.id));
    Ok(Ok(NewGrant { person: id, role, unit, agency, criteria, from, to }))
}

/// Gives a role as it was typed, or asks a second administrator for it.
pub(super) async fn give(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    sent: &Sent,
) -> Result<Result<Given, Wrong>, Failure> {
    if store::get(tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    let new = match typed_grant(ctx, tx, id, sent).await? {
        Ok(new) => new,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(match proposals::give(tx, &new).await? {
        Given::Nobody => Err(("role", "proposal-nobody")),
        given => Ok(given),
    })
}

/// `POST /quan-tri/nguoi/{person}/vai-tro`; of a role that is power a second administrator is asked.
pub(super) async fn grant(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    let mut tx = ctx.write().await?;
    if let Err(problem) = give(&ctx, &mut tx, id, &sent).await? {
        drop(tx);
        return person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem), None).await;
    }
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
    if store::end_grant(&mut tx, grant, sent.reason.trim()).await? != Some(PersonId(id)) {
        return Err(ctx.not_found());
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

/// What became of a code that was asked for.
pub(super) enum Code {
    /// Its text, shown once.
    Whole(String),
    /// The half of whoever asked, shown once; the other one is a second administrator's.
    Half(String),
    /// It went by letter: nobody else sees it.
    Sent,
}

/// Gives somebody a code to set a password by: on paper, for somebody with power in two halves; or by a letter to their own
/// address, never for somebody with power, of whose code two administrators hand over a half each. Cost: some ten rows.
pub(super) async fn new_code(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    by_letter: bool,
) -> Result<Result<Code, Wrong>, Failure> {
    let Some(found) = store::get(tx, id).await? else { return Err(ctx.not_found()) };
    let power = !proposals::is_alone(&ctx.actor) && proposals::has_power(tx, id, ctx.site.clock.today()).await?;
    let identity = identity(ctx);
    Ok(match (by_letter, power) {
        (true, true) => Err(("code", "person-code-power")),
        (true, false) => {
            let sent = crate::told::code_by_mail(tx, &identity.key, &ctx.site.origin, &found, CODE).await?;
            if sent { Ok(Code::Sent) } else { Err(("email", "person-no-email")) }
        }
        (false, true) => {
            let half = proposals::ask_code(tx, &identity.key, id).await?;
            half.map(Code::Half).ok_or(("code", "proposal-nobody"))
        }
        (false, false) => Ok(Code::Whole(store::new_code(tx, &found, CODE).await?)),
    })
}

async fn coded(ctx: &Ctx, id: PersonId, by_letter: bool) -> Outcome {
    let mut tx = ctx.write().await?;
    let done = new_code(ctx, &mut tx, id, by_letter).await?;
    let (status, problem, code) = match done {
        Ok(code) => {
            tx.commit().await?;
            (StatusCode::OK, None, Some(code))
        }
        Err(problem) => {
            drop(tx);
            (StatusCode::UNPROCESSABLE_ENTITY, Some(problem), None)
        }
    };
    if matches!(code, Some(Code::Sent)) {
        return Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}?thu=1"))).into_response());
    }
    person(ctx, id, status, &Sent::default(), problem, code).await
}

/// `POST /quan-tri/nguoi/{person}/ma`: a code to be handed over on paper.
pub(super) async fn code(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    coded(&ctx, PersonId(id), false).await
}

/// `POST /quan-tri/nguoi/{person}/thu-ma`: the same by a letter to the person's own address.
pub(super) async fn code_by_mail(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    coded(&ctx, PersonId(id), true).await
}
