//! The own account: roles, password, second factor, sessions.

use super::{busy, field, identity, passkeys, said, status};
use crate::{
    fresh,
    model::{Held, Person},
    password, recovery,
    rules::role_word,
    second, store,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{Phrase, Problem};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use std::sync::Arc;
use web::{Ctx, Failure, Form, Outcome, Who};

pub(super) fn me(ctx: &Ctx) -> Result<Arc<Who>, Failure> {
    ctx.who().cloned().ok_or_else(|| ctx.not_found())
}

/// A role held, as pages show it.
pub(super) fn shown(lang: Lang, law: &web::Criteria, held: &Held) -> Value {
    let day = |day: kernel::Day| locale::date(day);
    context! {
        id => held.id, role => role_word(lang, held.role), unit => held.unit_name, agency => held.agency_name.as_ref().map(|(vi, en)| lang.pick(vi, en)), unit_id => held.unit.map(|u| u.0),
        criteria => held.criteria.as_ref().map(|all| law.said(lang, all)), from => day(held.from), to => held.to.map(day), ended => held.ended, source => held.source,
    }
}

async fn account(ctx: &Ctx, status: StatusCode, problem: Option<&Problem>, done: &str) -> Outcome {
    let who = me(ctx)?;
    let mut tx = ctx.read().await?;
    let Some(person) = store::get(&mut tx, who.person).await? else { return Err(ctx.not_found()) };
    let held = store::held(&mut tx, who.person).await?;
    let sessions = store::sessions(&mut tx, who.person, ctx.site.clock.now()).await?;
    let now = ctx.site.clock.now();
    let tokens = store::tokens(&mut tx, who.person).await?.iter().filter(|t| !t.revoked && t.ends > now).count();
    let recovery = recovery::left(&mut tx, who.person, now).await?;
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|s| context! { hash => s.hash, made => locale::moment(s.made), seen => locale::moment(s.seen), label => s.label, this => s.hash == who.session })
        .collect();
    let law = ctx.site.criteria();
    let page = context! {
        title => locale::word(ctx.lang, "account-title"), name => person.name, login => person.login,
        has_second => person.totp.is_some(), demo => person.demo, providers => !identity(ctx).doors.providers.all().is_empty(), sessions => sessions, passkey => passkeys::offered(ctx),
        roles => held.iter().map(|h| shown(ctx.lang, &law, h)).collect::<Vec<_>>(),
        problem => problem.map(|p| locale::problem(ctx.lang, p)), field => field(problem), done => done,
        tokens => tokens, recovery => recovery, has_password => person.password.is_some(),
    };
    ctx.page_with(status, "account.html", page)
}

/// `GET /tai-khoan`
pub(super) async fn page(ctx: Ctx) -> Outcome {
    account(&ctx, StatusCode::OK, None, "").await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    old: String,
    new: String,
    hash: String,
    sealed: String,
    code: String,
    /// A code of the second factor that stands.
    now: String,
    /// Whether tokens of programs outlive the old password.
    keep_tokens: String,
}

/// Whoever is logged in, with a session of their own and an account of their own.
pub(super) async fn own_person(ctx: &Ctx, who: &Who) -> Result<Person, Failure> {
    let mut tx = ctx.read().await?;
    let person = store::get(&mut tx, who.person).await?.filter(|person| !person.demo && who.only.is_none());
    person.ok_or_else(|| ctx.not_found())
}

/// The same, with who it is.
pub(super) async fn own(ctx: &Ctx) -> Result<(Arc<Who>, Person), Failure> {
    let who = me(ctx)?;
    let person = own_person(ctx, &who).await?;
    Ok((who, person))
}

/// What stands against it that this is still whoever logged in; a session that ended by it is a failure.
pub(super) async fn proof(ctx: &Ctx, who: &Who, sent: &Sent) -> Result<Option<Problem>, Failure> {
    proof_by(ctx, who, &sent.old, &sent.now).await
}

/// The same by a password and a code of the second factor.
pub(super) async fn proof_by(ctx: &Ctx, who: &Who, old: &str, now: &str) -> Result<Option<Problem>, Failure> {
    match identity(ctx).prove(who, old, now, &*ctx.site.clock).await {
        Ok(_) => Ok(None),
        Err(refused) => match said(refused)? {
            problem if problem.status == 401 => Err(ctx.failure(problem)),
            problem => Ok(Some(problem)),
        },
    }
}

/// `POST /tai-khoan/mat-khau`: a new password for the old one, and a code where there is a second factor; other sessions
/// end, and tokens, unless they are to go on. Cost: two hashes.
pub(super) async fn password(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let who = me(&ctx)?;
    let person = own_person(&ctx, &who).await?;
    let problem = match password::wrong(&sent.new, &person.login, &person.name) {
        Some(key) => Some(Problem::input(Phrase::new(key)).at_field("new")),
        None => proof(&ctx, &who, &sent).await?,
    };
    if let Some(problem) = problem {
        return account(&ctx, status(&problem), Some(&problem), "").await;
    }
    let hash = password::hashed(&sent.new).await.map_err(busy)?;
    let mut tx = ctx.write().await?;
    let keep = store::Kept { session: Some(&who.session), tokens: sent.keep_tokens == "1" };
    store::set_password(&mut tx, who.person, &hash, keep).await?;
    tx.commit().await?;
    account(&ctx, StatusCode::OK, None, "password").await
}

/// `POST /tai-khoan/phien`: ends a session of one's own.
pub(super) async fn end_session(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let who = me(&ctx)?;
    let mut tx = ctx.write().await?;
    if !store::end(&mut tx, who.person, &sent.hash).await? {
        return Err(ctx.not_found());
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tai-khoan")).into_response())
}

fn second_form(ctx: &Ctx, status: StatusCode, person: &Person, secret: &[u8], problem: Option<&Problem>) -> Outcome {
    let who = me(ctx)?;
    let identity = identity(ctx);
    // Whose it is goes under the seal with it.
    let sealed = identity.key.seal(&[&who.person.0.to_be_bytes()[..], secret].concat());
    let issuer = locale::say_key(ctx.lang, "second-issuer", &[("place", ctx.site.place.as_str().into())]);
    let address = second::address(secret, &who.name, &issuer);
    let page = context! {
        title => locale::word(ctx.lang, "second-title"), picture => second::picture(&address), sealed => sealed,
        typed => second::base32(secret).as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" "),
        must => who.first.is_some(), problem => problem.map(|p| locale::problem(ctx.lang, p)), field => field(problem),
        has_password => person.password.is_some(), has_second => person.totp.is_some(),
    };
    ctx.page_with(status, "second.html", page)
}

/// `GET /tai-khoan/xac-thuc`: a new secret to be photographed, with what stands against setting it.
pub(super) async fn second_page(ctx: Ctx) -> Outcome {
    let (who, person) = own(&ctx).await?;
    let lacks = {
        let mut tx = ctx.read().await?;
        let strong = store::session_begun(&mut tx, &who.session).await?.is_some_and(|(_, strong)| strong);
        fresh::lacks(&mut tx, &person, strong).await?
    };
    second_form(&ctx, StatusCode::OK, &person, &second::secret(), lacks.as_ref())
}

/// `POST /tai-khoan/xac-thuc`: the first code of it, and what shows that it is still whoever logged in: who took over a
/// session must not set a second factor of theirs. From then on each login asks for one. Cost: one hash.
pub(super) async fn second(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let who = me(&ctx)?;
    let identity = identity(&ctx);
    let opened = identity.key.open(&sent.sealed).unwrap_or_default();
    let secret = match opened.split_at_checked(8) {
        Some((whose, secret)) if whose == who.person.0.to_be_bytes() && who.only.is_none() => secret.to_vec(),
        _ => return Err(ctx.not_found()),
    };
    let person = own_person(&ctx, &who).await?;
    let step = second::step(&secret, &sent.code, ctx.site.clock.now(), 0);
    let problem = match step {
        None => Some(Problem::input(Phrase::new("login-code-wrong")).at_field("code")),
        Some(_) => proof(&ctx, &who, &sent).await?,
    };
    if let Some(problem) = problem {
        return second_form(&ctx, status(&problem), &person, &secret, Some(&problem));
    }
    let step = step.unwrap_or_default();
    let mut tx = ctx.write().await?;
    let sealed = identity.key.seal(&secret);
    store::set_totp(&mut tx, who.person, Some(&sealed), step, Some(&who.session)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tai-khoan")).into_response())
}
