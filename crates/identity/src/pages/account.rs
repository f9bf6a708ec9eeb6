//! The own account: roles, password, second factor, sessions.

use super::{busy, identity, passkeys};
use crate::{model::Held, password, rules::role_word, second, store};
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

fn me(ctx: &Ctx) -> Result<Arc<Who>, Failure> {
    ctx.who().cloned().ok_or_else(|| ctx.not_found())
}

/// A role held, as pages show it.
pub(super) fn shown(lang: Lang, held: &Held) -> Value {
    let day = |day: kernel::Day| locale::date(day);
    let criteria =
        held.criteria.as_ref().map(|all| all.iter().map(|c| format!("{} {}", c.set, c.no)).collect::<Vec<_>>());
    context! {
        id => held.id, role => role_word(lang, held.role), unit => held.unit_name, unit_id => held.unit.map(|u| u.0),
        criteria => criteria.map(|all| all.join(", ")), from => day(held.from), to => held.to.map(day), ended => held.ended,
    }
}

async fn account(ctx: &Ctx, status: StatusCode, problem: Option<Phrase>, done: &str) -> Outcome {
    let who = me(ctx)?;
    let mut tx = ctx.read().await?;
    let Some(person) = store::get(&mut tx, who.person).await? else { return Err(ctx.not_found()) };
    let held = store::held(&mut tx, who.person).await?;
    let sessions = store::sessions(&mut tx, who.person, ctx.site.clock.now()).await?;
    let at = |at: kernel::Moment| format!("{} {}", locale::date(at.day()), locale::clock(at));
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|s| context! { hash => s.hash, made => at(s.made), seen => at(s.seen), label => s.label, this => s.hash == who.session })
        .collect();
    let page = context! {
        title => locale::word(ctx.lang, "account-title"), name => person.name, login => person.login,
        has_second => person.totp.is_some(), demo => person.demo, sessions => sessions, passkey => passkeys::offered(ctx),
        roles => held.iter().map(|h| shown(ctx.lang, h)).collect::<Vec<_>>(),
        problem => problem.map(|p| locale::say(ctx.lang, &p)), done => done,
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
}

/// `POST /tai-khoan/mat-khau`: a new password for the old one; other sessions end. Cost: two hashes.
pub(super) async fn password(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let who = me(&ctx)?;
    let person = {
        let mut tx = ctx.read().await?;
        store::get(&mut tx, who.person).await?.filter(|person| !person.demo && who.only.is_none())
    };
    let Some(person) = person else { return Err(ctx.not_found()) };
    let problem = match password::wrong(&sent.new, &person.login, &person.name) {
        Some(key) => Some(key),
        None if !password::is(&sent.old, person.password.as_deref()).await.map_err(busy)? => Some("account-old-wrong"),
        None => None,
    };
    if let Some(key) = problem {
        return account(&ctx, StatusCode::UNPROCESSABLE_ENTITY, Some(Phrase::new(key)), "").await;
    }
    let hash = password::hashed(&sent.new).await.map_err(busy)?;
    let mut tx = ctx.write().await?;
    store::set_password(&mut tx, who.person, &hash, Some(&who.session)).await?;
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

fn second_form(ctx: &Ctx, status: StatusCode, who: &Who, secret: &[u8], problem: Option<&Problem>) -> Outcome {
    let identity = identity(ctx);
    // Whose it is goes under the seal with it.
    let sealed = identity.key.seal(&[&who.person.0.to_be_bytes()[..], secret].concat());
    let issuer = locale::say_key(ctx.lang, "second-issuer", &[("place", ctx.site.place.as_str().into())]);
    let address = second::address(secret, &who.name, &issuer);
    let page = context! {
        title => locale::word(ctx.lang, "second-title"), picture => second::picture(&address), sealed => sealed,
        typed => second::base32(secret).as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" "),
        must => who.first.is_some(), problem => problem.map(|p| locale::problem(ctx.lang, p)),
    };
    ctx.page_with(status, "second.html", page)
}

/// `GET /tai-khoan/xac-thuc`: a new secret to be photographed.
pub(super) async fn second_page(ctx: Ctx) -> Outcome {
    let who = me(&ctx)?;
    second_form(&ctx, StatusCode::OK, &who, &second::secret(), None)
}

/// `POST /tai-khoan/xac-thuc`: the first code of it; from then on each login asks for one.
pub(super) async fn second(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let who = me(&ctx)?;
    let identity = identity(&ctx);
    let opened = identity.key.open(&sent.sealed).unwrap_or_default();
    let secret = match opened.split_at_checked(8) {
        Some((whose, secret)) if whose == who.person.0.to_be_bytes() && who.only.is_none() => secret.to_vec(),
        _ => return Err(ctx.not_found()),
    };
    let Some(step) = second::step(&secret, &sent.code, ctx.site.clock.now(), 0) else {
        let problem = Problem::input(Phrase::new("login-code-wrong")).at_field("code");
        return second_form(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &who, &secret, Some(&problem));
    };
    let mut tx = ctx.write().await?;
    let sealed = identity.key.seal(&secret);
    store::set_totp(&mut tx, who.person, Some(&sealed), step, Some(&who.session)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tai-khoan")).into_response())
}
