//! People and their roles, for who keeps them. Reading somebody else's data is itself a line of the trail.

use super::{account::shown, data::is_erased, identity};
pub(super) use crate::corrections::Wrong;
use crate::{
    corrections::takes_two,
    model::{NewGrant, Person},
    proposals::{self, Outcome as Given},
    rules::{criteria, day, misplaced, role_word, unbounded},
    secrets::secret,
    store::{self, HOUR},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{AgencyId, Day, PersonId, Role, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use units::{Agency, Unit};
use web::{Asking, Ctx, Failure, Form, Outcome, Path};

/// How long a code that was given stands.
pub(super) const CODE: i64 = 72 * HOUR;

/// What the page of somebody is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    /// Whether a code was just sent by letter.
    thu: String,
    /// Whether the account was just corrected.
    sua: String,
    /// Whether they were just logged out everywhere.
    ra: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Sent {
    pub login: String,
    pub name: String,
    pub email: String,
    /// The version that a correction saw; empty in every other form.
    pub version: String,
    pub key: String,
    pub role: String,
    pub unit: String,
    pub agency: String,
    pub criteria: String,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub disabled: String,
}

impl Sent {
    /// What the form of a role sends; a box for each criterion.
    fn role(pairs: Vec<(String, String)>) -> Sent {
        let mut sent = Sent::default();
        for (name, value) in pairs {
            match &*name {
                "role" => sent.role = value,
                "unit" => sent.unit = value,
                "agency" => sent.agency = value,
                "criteria" if sent.criteria.is_empty() => sent.criteria = value,
                "criteria" => sent.criteria = format!("{}, {value}", sent.criteria),
                "from" => sent.from = value,
                "to" => sent.to = value,
                _ => {}
            }
        }
        sent
    }
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

/// The criteria that a role may be given for, by set, with those that were chosen.
fn offered(lang: Lang, law: &web::Criteria, sent: &str) -> Vec<Value> {
    let chosen = criteria(sent).flatten().unwrap_or_default();
    let sets = law.0.iter().map(|set| {
        let rows: Vec<Value> = set
            .criteria
            .iter()
            .map(|(no, (vi, en))| {
                let is = chosen.iter().any(|one| one.set == set.id && one.no == *no);
                context! { value => format!("{}/{no}", set.id), no => no, name => lang.pick(vi, en), chosen => is }
            })
            .collect();
        let (vi, en) = &set.name;
        let open = chosen.iter().any(|one| one.set == set.id);
        context! { name => lang.pick(vi, en), open => open, rows => rows }
    });
    sets.collect()
}

pub(super) async fn person(
    ctx: &Ctx,
    id: PersonId,
    status: StatusCode,
    sent: &Sent,
    problem: Option<Wrong>,
    said: Option<Said>,
) -> Outcome {
    let (found, held, waits, alone, two) = {
        let mut tx = ctx.read().await?;
        let Some(found) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
        let held = store::held(&mut tx, id).await?;
        let waits = proposals::waiting(&mut tx, ctx.site.clock.now()).await?.iter().filter(|p| p.person == id).count();
        // Where nobody could be the second, the page says so before anybody tries.
        let by = ctx.actor.person;
        let alone = by.is_some() && proposals::seconds(&mut tx, by, id, ctx.site.clock.today()).await? == 0;
        let two = takes_two(&mut tx, id, ctx.site.clock.now()).await?;
        (found, held, waits, alone, two)
    };
    note_reading(ctx, "identity.read", Some(id), json!({})).await?;
    let roles: Vec<Value> = Role::ALL
        .iter()
        .filter(|role| role.is_held())
        .map(|role| context! { name => role.name(), word => role_word(ctx.lang, *role), chosen => role.name() == sent.role })
        .collect();
    let typed = match sent.version.is_empty() {
        true => context! { login => found.login, name => found.name, email => found.email },
        false => context! { login => sent.login, name => sent.name, email => sent.email },
    };
    let law = ctx.site.criteria();
    let code = match &said {
        Some(Said::Code(code)) => Some(code),
        _ => None,
    };
    let body = context! {
        title => found.name, person => told(&found), held => held.iter().map(|h| shown(ctx.lang, &law, h)).collect::<Vec<_>>(),
        roles => roles, unit => sent.unit, sets => offered(ctx.lang, &law, &sent.criteria), from => sent.from, to => sent.to, agency => sent.agency,
        code => match code { Some(Code::Whole(text) | Code::Half(text)) => Some(text), _ => None },
        half => matches!(code, Some(Code::Half(_))), mailed => matches!(code, Some(Code::Sent)), waits => waits, alone => alone,
        may_data => ctx.may("read", "personal data"), typed => typed, version => found.version, two => two,
        may_correct => ctx.may("keep", "people") && !is_erased(&found), key => secret(),
        corrected => matches!(said, Some(Said::Corrected)), out => matches!(said, Some(Said::LoggedOut)),
        overtaken => match &said { Some(Said::Overtaken(lines)) => Some(lines), _ => None },
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "person.html", body)
}

/// `GET /quan-tri/nguoi/{person}`
pub(super) async fn one(ctx: Ctx, Path(id): Path<i64>, Asking(shown): Asking<Shown>) -> Outcome {
    let said = match (&*shown.thu, &*shown.sua, &*shown.ra) {
        ("1", _, _) => Some(Said::Code(Code::Sent)),
        (_, "1", _) => Some(Said::Corrected),
        (_, _, "1") => Some(Said::LoggedOut),
        _ => None,
    };
    person(&ctx, PersonId(id), StatusCode::OK, &Sent::default(), None, said).await
}

/// The unit that was meant: by its number, or by its code of today.
pub(super) async fn unit(tx: &mut impl ::store::Query, text: &str, today: Day) -> ::store::Result<Option<Unit>> {
    // `024` is a code, whatever unit has the number 24.
    let number = text.parse::<i64>().ok().filter(|id| id.to_string() == text);
    if let Some(id) = number
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

/// A role as it was typed, in a place where it may be held. Cost: the unit's rows; the agencies and the units of the one that
/// is named.
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
            Some(unit) => Some(unit),
            None => return Ok(Err(("unit", "unit-unknown"))),
        },
    };
    let office = match &agency {
        Some(agency) if unit.is_none() => units::store::many(tx, &agency.units).await?,
        _ => HashMap::new(),
    };
    if let Some(wrong) = misplaced(role, unit.as_ref(), &office.values().collect::<Vec<_>>(), (from, to)) {
        return Ok(Err(wrong));
    }
    if let Some(wrong) = unbounded(role, criteria.as_deref(), &ctx.site.criteria()) {
        return Ok(Err(wrong));
    }
    let unit = unit.map(|unit| unit.id);
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
pub(super) async fn grant(ctx: Ctx, Path(id): Path<i64>, Form(pairs): Form<Vec<(String, String)>>) -> Outcome {
    let (id, sent) = (PersonId(id), Sent::role(pairs));
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

/// What stands against doing something to an account with such a reason. Cost: one row.
async fn reasoned(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    reason: &str,
) -> Result<Result<(), Wrong>, Failure> {
    if reason.trim().is_empty() {
        return Ok(Err(("reason", "reason-missing")));
    }
    if store::get(tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    Ok(Ok(()))
}

/// Locks an account or lets it in again, or says what stands against it. Cost: their sessions.
pub(super) async fn locked(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    locked: bool,
    reason: &str,
) -> Result<Result<(), Wrong>, Failure> {
    if let Err(wrong) = reasoned(ctx, tx, id, reason).await? {
        return Ok(Err(wrong));
    }
    store::disable(tx, id, locked, reason.trim()).await?;
    Ok(Ok(()))
}

/// `POST /quan-tri/nguoi/{person}/khoa`
pub(super) async fn disable(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    let mut tx = ctx.write().await?;
    if let Err(problem) = locked(&ctx, &mut tx, id, sent.disabled == "1", &sent.reason).await? {
        drop(tx);
        return person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem), None).await;
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
}

/// Ends all sessions of somebody, how many, or says what stands against it. Cost: those.
pub(super) async fn logged_out(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    id: PersonId,
    reason: &str,
) -> Result<Result<u64, Wrong>, Failure> {
    if let Err(wrong) = reasoned(ctx, tx, id, reason).await? {
        return Ok(Err(wrong));
    }
    Ok(Ok(store::end_all(tx, id, reason.trim()).await?))
}

/// `POST /quan-tri/nguoi/{person}/dang-xuat`
pub(super) async fn log_out(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let id = PersonId(id);
    let mut tx = ctx.write().await?;
    if let Err(problem) = logged_out(&ctx, &mut tx, id, &sent.reason).await? {
        drop(tx);
        return person(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem), None).await;
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}?ra=1"))).into_response())
}

/// What a page of somebody says beside who they are.
pub(super) enum Said {
    Code(Code),
    Corrected,
    LoggedOut,
    /// Field by field: what stands now, and what was sent.
    Overtaken(Vec<String>),
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
    person(ctx, id, status, &Sent::default(), problem, code.map(Said::Code)).await
}

/// `POST /quan-tri/nguoi/{person}/ma`: a code to be handed over on paper.
pub(super) async fn code(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    coded(&ctx, PersonId(id), false).await
}

/// `POST /quan-tri/nguoi/{person}/thu-ma`: the same by a letter to the person's own address.
pub(super) async fn code_by_mail(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    coded(&ctx, PersonId(id), true).await
}
