//! Passkeys: those of the own account, and the login by one. Without JavaScript a list with a way to remove; the login is
//! then by password and code.

use super::{
    account::{self, proof_by},
    back, cookie, field, identity, label, lead, login, said, status,
};
use crate::{login::Step, model::Person, passkey, store};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Redirect},
};
use kernel::Problem;
use minijinja::{Value, context};
use passkeys::Party;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::sync::Arc;
use web::{Asking, Ctx, Failure, Form, Outcome, Who};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The passkey that is to be removed.
    bo: i64,
    /// What was done: `moi` or `bo`.
    xong: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    old: String,
    now: String,
    id: i64,
    name: String,
    answer: String,
    tiep: String,
}

/// The site as authenticators know it: by its public address; where that is none but of this machine, by what a browser on
/// it calls it, since browsers make no passkeys for numbers.
pub(super) fn party(ctx: &Ctx) -> Option<Party> {
    let origin = &ctx.site.origin;
    let here = origin.is_empty() || origin.starts_with("http://127.0.0.1:") || origin.starts_with("http://[::1]:");
    if !here {
        return Party::at(origin);
    }
    let host = ctx.headers.get(header::HOST).and_then(|v| v.to_str().ok())?;
    // Over http no other name is taken than `localhost`.
    Party::at(&format!("http://{host}"))
}

/// Whoever is logged in with a session and an account of their own, where passkeys can be made.
async fn own(ctx: &Ctx) -> Result<(Arc<Who>, Person, Party), Failure> {
    let (who, person) = account::own(ctx).await?;
    Ok((who, person, party(ctx).ok_or_else(|| ctx.not_found())?))
}

async fn list(ctx: &Ctx, person: &Person, asked: &Asked, problem: Option<&Problem>) -> Outcome {
    let mut tx = ctx.read().await?;
    let all = passkey::of(&mut tx, person.id).await?;
    let shown = |one: &passkey::Listed| context! { id => one.id, name => one.name, made => locale::moment(one.made), used => one.used.map(locale::moment) };
    let page = context! {
        title => locale::word(ctx.lang, "passkey-title"), passkeys => all.iter().map(shown).collect::<Vec<Value>>(),
        removing => all.iter().find(|one| one.id == asked.bo).map(shown), done => asked.xong,
        problem => problem.map(|p| locale::problem(ctx.lang, p)), field => field(problem),
        has_password => person.password.is_some(), has_second => person.totp.is_some(),
    };
    ctx.page_with(problem.map_or(StatusCode::OK, status), "passkeys.html", page)
}

/// `GET /tai-khoan/passkey`
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let (_, person, _) = own(&ctx).await?;
    list(&ctx, &person, &asked, None).await
}

/// `POST /tai-khoan/passkey/moi`: who shows that it is still them is asked for a passkey. Cost: one hash.
pub(super) async fn ask(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let (who, person, party) = own(&ctx).await?;
    if let Some(problem) = proof_by(&ctx, &who, &sent.old, &sent.now).await? {
        return list(&ctx, &person, &Asked::default(), Some(&problem)).await;
    }
    match identity(&ctx).ask_passkey(&party, &person, &*ctx.site.clock).await {
        Ok(asked) => {
            let title = locale::word(ctx.lang, "passkey-new-title");
            let page = context! { title => title, options => asked.options, most => passkey::NAME };
            ctx.page_with(StatusCode::OK, "passkey_new.html", page)
        }
        Err(refused) => list(&ctx, &person, &Asked::default(), Some(&said(refused)?)).await,
    }
}

/// `POST /tai-khoan/passkey`: the passkey that the browser made.
pub(super) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let (who, person, party) = own(&ctx).await?;
    match identity(&ctx).add_passkey(&party, &who, &sent.name, &sent.answer, &*ctx.site.clock).await {
        Ok(()) => Ok(Redirect::to(&ctx.link("/tai-khoan/passkey?xong=moi")).into_response()),
        Err(refused) => list(&ctx, &person, &Asked::default(), Some(&said(refused)?)).await,
    }
}

/// `POST /tai-khoan/passkey/bo`: takes one away, for whom it is still; other sessions end. Cost: one hash.
pub(super) async fn remove(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let (who, person, _) = own(&ctx).await?;
    if let Some(problem) = proof_by(&ctx, &who, &sent.old, &sent.now).await? {
        return list(&ctx, &person, &Asked { bo: sent.id, ..Asked::default() }, Some(&problem)).await;
    }
    let mut tx = ctx.write().await?;
    if !passkey::remove(&mut tx, person.id, sent.id).await? {
        return Err(ctx.not_found());
    }
    store::end_others(&mut tx, person.id, &who.session).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tai-khoan/passkey?xong=bo")).into_response())
}

/// `POST /dang-nhap/passkey/hoi`: what a browser is asked for, as JSON. Cost: one row.
pub(super) async fn question(ctx: Ctx) -> Outcome {
    let party = party(&ctx).ok_or_else(|| ctx.not_found())?;
    let asked = identity(&ctx).ask_any_passkey(&party, ctx.from, &*ctx.site.clock).await;
    let asked = asked.or_else(|refused| Err(Failure::from(said(refused)?)))?;
    let options = RawValue::from_string(asked.options)?;
    ctx.json_with(StatusCode::OK, &json!({ "options": options }))
}

/// `POST /dang-nhap/passkey`: a login by a passkey.
pub(super) async fn enter(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let party = party(&ctx).ok_or_else(|| ctx.not_found())?;
    let identity = identity(&ctx);
    match identity.by_passkey(&party, &sent.answer, &label(&ctx), &*ctx.site.clock).await {
        Ok(Step::In(secret) | Step::Second(secret)) => {
            Ok(lead(&back(&ctx, &sent.tiep), cookie(&identity, Some(&secret))))
        }
        Err(refused) => login::refused(&ctx, &sent.tiep, &said(refused)?).await,
    }
}

/// Whether whoever looks at the own account is shown the way to passkeys.
pub(super) fn offered(ctx: &Ctx) -> bool {
    party(ctx).is_some()
}
