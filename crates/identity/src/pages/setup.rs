//! The first administrator, by the code on the console; and a password by a code that somebody was given.

use super::{busy, cookie, identity, label, lead, said};
use crate::{
    linked,
    model::{NewGrant, Person},
    passkey, password,
    rules::is_login,
    secrets,
    store::{self, Kept},
};
use axum::http::StatusCode;
use kernel::{Actor, PersonId, Phrase, Role, Scope};
use minijinja::context;
use serde::Deserialize;
use serde_json::json;
use web::{Asking, Ctx, Failure, Form, Outcome};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    code: String,
    login: String,
    name: String,
    password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    ma: String,
}

/// A code as people type it: case and blanks do not matter.
fn code_hash(code: &str) -> String {
    secrets::hash(&code.trim().to_uppercase())
}

fn form(ctx: &Ctx, template: &str, status: StatusCode, sent: &Sent, problem: Option<(&str, &'static str)>) -> Outcome {
    let key = if template == "setup.html" { "setup-title" } else { "code-title" };
    let page = context! {
        title => locale::word(ctx.lang, key), code => sent.code, login => sent.login, name => sent.name,
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, template, page)
}

fn refuse(ctx: &Ctx, template: &str, sent: &Sent, field: &str, key: &'static str) -> Outcome {
    form(ctx, template, StatusCode::UNPROCESSABLE_ENTITY, sent, Some((field, key)))
}

/// Whether a code from here may be tried: its network waits where too much went wrong there. Cost: one row.
async fn may_try(ctx: &Ctx) -> Result<(), Failure> {
    let tried = identity(ctx).network_may_try(ctx.from, ctx.site.clock.now()).await;
    tried.or_else(|refused| Err(ctx.failure(said(refused)?)))
}

/// The form again, where a code is none; the try counts against its network. Cost: one row.
async fn wrong_code(ctx: &Ctx, template: &str, sent: &Sent) -> Outcome {
    let noted = identity(ctx).note_failure(None, ctx.from, &*ctx.site.clock).await;
    noted.or_else(|refused| Err(ctx.failure(said(refused)?)))?;
    refuse(ctx, template, sent, "code", "code-wrong")
}

/// `GET /thiet-lap`: there is such a page only while there is nobody.
pub(super) async fn page(ctx: Ctx) -> Outcome {
    let mut tx = ctx.site.store.read(&Scope::PUBLIC).await?;
    if !store::is_empty(&mut tx).await? {
        return Err(ctx.not_found());
    }
    form(&ctx, "setup.html", StatusCode::OK, &Sent::default(), None)
}

/// `POST /thiet-lap`: the first administrator. Cost: one hash.
pub(super) async fn make(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let template = "setup.html";
    let hash = code_hash(&sent.code);
    may_try(&ctx).await?;
    {
        let mut tx = ctx.site.store.read(&Scope::PUBLIC).await?;
        if !store::is_empty(&mut tx).await? {
            return Err(ctx.not_found());
        }
        let code = store::code(&mut tx, &hash, ctx.site.clock.now()).await?;
        if code.is_none_or(|(kind, _)| kind != "setup") {
            drop(tx);
            return wrong_code(&ctx, template, &sent).await;
        }
    }
    if !is_login(&sent.login) {
        return refuse(&ctx, template, &sent, "login", "login-bad");
    }
    if sent.name.trim().is_empty() {
        return refuse(&ctx, template, &sent, "name", "name-missing");
    }
    if let Some(key) = password::wrong(&sent.password, &sent.login, &sent.name) {
        return refuse(&ctx, template, &sent, "password", key);
    }
    let password = password::hashed(&sent.password).await.map_err(busy)?;
    let identity = identity(&ctx);
    let secret = secrets::secret();
    let mut tx = ctx.site.store.write(&Actor::SYSTEM, &*ctx.site.clock).await?;
    // Of two that come at once one is first.
    tx.lock("identity.first").await?;
    if !store::is_empty(&mut tx).await? || !store::use_code(&mut tx, &hash).await? {
        return refuse(&ctx, template, &sent, "code", "code-wrong");
    }
    let person = store::add(&mut tx, &sent.login, sent.name.trim(), None, ctx.lang.tag(), false).await?;
    store::set_password(&mut tx, person, &password, Kept::default()).await?;
    let from = ctx.site.clock.today();
    let role = NewGrant { person, role: Role::Administrator, unit: None, agency: None, criteria: None, from, to: None };
    store::grant(&mut tx, &role).await?;
    store::begin(&mut tx, &secrets::hash(&secret), person, store::Begun::Full, &label(&ctx)).await?;
    tx.commit().await?;
    Ok(lead(&ctx.link("/tai-khoan"), cookie(&identity, Some(&secret))))
}

/// `GET /dat-mat-khau`
pub(super) async fn code_page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    form(&ctx, "set_password.html", StatusCode::OK, &Sent { code: asked.ma, ..Sent::default() }, None)
}

/// Whose code it is, while it stands.
async fn owner(ctx: &Ctx, hash: &str) -> Result<Option<(Person, bool)>, Failure> {
    let mut tx = ctx.site.store.read(&Scope::PUBLIC).await?;
    let Some((kind, Some(id))) = store::code(&mut tx, hash, ctx.site.clock.now()).await? else { return Ok(None) };
    let person: Option<Person> = store::get(&mut tx, id).await?;
    Ok(person.filter(|person| !person.disabled).map(|person| (person, kind == "reset")))
}

/// `POST /dat-mat-khau`: a password by a code that was given; a reset takes the second factor away, too. Cost: one hash.
pub(super) async fn by_code(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let template = "set_password.html";
    let hash = code_hash(&sent.code);
    may_try(&ctx).await?;
    let Some((person, reset)) = owner(&ctx, &hash).await? else {
        return wrong_code(&ctx, template, &sent).await;
    };
    if let Some(key) = password::wrong(&sent.password, &person.login, &person.name) {
        return refuse(&ctx, template, &sent, "password", key);
    }
    let password = password::hashed(&sent.password).await.map_err(busy)?;
    let id: PersonId = person.id;
    let mut tx = ctx.site.store.write(&Actor::SYSTEM, &*ctx.site.clock).await?;
    if !store::use_code(&mut tx, &hash).await? {
        return refuse(&ctx, template, &sent, "code", "code-wrong");
    }
    store::set_password(&mut tx, id, &password, Kept::default()).await?;
    if reset && person.totp.is_some() {
        store::set_totp(&mut tx, id, None, 0, None).await?;
    }
    if reset {
        passkey::remove_all(&mut tx, id).await?;
        linked::weaken(&mut tx, id).await?;
    }
    store::note_own(&mut tx, "identity.code-used", id, json!({"reset": reset})).await?;
    tx.commit().await?;
    let page = context! { title => locale::say(ctx.lang, &Phrase::new("code-done")), login => person.login };
    ctx.page_with(StatusCode::OK, "set_password_done.html", page)
}
