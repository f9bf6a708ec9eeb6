//! In and out.

use super::{back, cookie, identity, is_own, kept, label, lead, lead_familiar, passkeys, said, status};
use crate::{keeper::Identity, login::Step, rules::role_word, store};
use axum::{
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Redirect},
};
use kernel::{PersonId, Problem, Scope};
use minijinja::{Value, context};
use serde::Deserialize;
use std::collections::HashMap;
use web::{Asking, Ctx, Form, Outcome};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tiep: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    login: String,
    password: String,
    code: String,
    person: i64,
    tiep: String,
}

/// The people of the demo with their roles, where the site is one. Cost: those rows.
async fn demo_people(ctx: &Ctx, identity: &Identity) -> Result<Vec<Value>, web::Failure> {
    if !identity.demo {
        return Ok(Vec::new());
    }
    let mut tx = ctx.site.store.read(&Scope::PUBLIC).await?;
    let people = store::demo(&mut tx).await?;
    let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
    let all = if ids.is_empty() { HashMap::new() } else { store::held_by(&mut tx, &ids).await? };
    let mut shown = Vec::new();
    for person in people {
        let held = all.get(&person.id).map_or(&[][..], Vec::as_slice);
        let mut roles: Vec<String> = held
            .iter()
            .map(|h| {
                format!("{} · {}", role_word(ctx.lang, h.role), h.unit_name).trim_end_matches([' ', '·']).to_owned()
            })
            .collect();
        // A unit and the one that it became bear one name.
        roles.dedup();
        shown.push(context! { id => person.id.0, name => person.name, roles => roles.join("; ") });
    }
    Ok(shown)
}

async fn form(ctx: &Ctx, status: StatusCode, sent: &Sent, problem: Option<&Problem>) -> Outcome {
    let identity = identity(ctx);
    let page = context! {
        title => locale::word(ctx.lang, "login-title"), login => sent.login, tiep => sent.tiep,
        problem => problem.map(|p| locale::problem(ctx.lang, p)), people => demo_people(ctx, &identity).await?,
        passkey => passkeys::offered(ctx), doors => doors(&identity),
    };
    ctx.page_with(status, "login.html", page)
}

/// Buttons that lead to providers.
fn doors(identity: &Identity) -> Vec<Value> {
    let all = identity.doors.providers.all().iter();
    all.map(|provider| context! { name => provider.name, title => provider.title }).collect()
}

/// The form again, with what was wrong at another door than the password's.
pub(super) async fn refused(ctx: &Ctx, tiep: &str, problem: &Problem) -> Outcome {
    form(ctx, status(problem), &Sent { tiep: tiep.to_owned(), ..Sent::default() }, Some(problem)).await
}

/// `GET /dang-nhap`
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    if ctx.who().is_some() {
        return Ok(Redirect::to(&back(&ctx, &asked.tiep)).into_response());
    }
    form(&ctx, StatusCode::OK, &Sent { tiep: asked.tiep, ..Sent::default() }, None).await
}

/// `POST /dang-nhap`. Cost: one hash, whoever it is.
pub(super) async fn enter(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let identity = identity(&ctx);
    let clock = &*ctx.site.clock;
    let browser = (&*label(&ctx), kept(&ctx, &identity));
    match identity.by_password(&sent.login, &sent.password, ctx.from, browser, clock).await {
        Ok(Step::In(secret)) => Ok(lead_familiar(&identity, &sent.login, &back(&ctx, &sent.tiep), &secret)),
        Ok(Step::Second(secret)) => {
            let tiep = back(&ctx, &sent.tiep);
            let query: String = tiep.bytes().map(|b| format!("%{b:02X}")).collect();
            Ok(lead_familiar(&identity, &sent.login, &ctx.link(&format!("/dang-nhap/ma?tiep={query}")), &secret))
        }
        Err(refused) => {
            let problem = said(refused)?;
            form(&ctx, status(&problem), &sent, Some(&problem)).await
        }
    }
}

fn second_form(ctx: &Ctx, status: StatusCode, tiep: &str, problem: Option<&Problem>) -> Outcome {
    let page = context! {
        title => locale::word(ctx.lang, "login-second-title"), tiep => tiep,
        problem => problem.map(|p| locale::problem(ctx.lang, p)),
    };
    ctx.page_with(status, "login_second.html", page)
}

/// `GET /dang-nhap/ma`
pub(super) async fn second_page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    second_form(&ctx, StatusCode::OK, &asked.tiep, None)
}

/// `POST /dang-nhap/ma`
pub(super) async fn second(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let identity = identity(&ctx);
    let waiting = web::people::cookie(&ctx.headers, ctx.site.people.cookie()).unwrap_or("").to_owned();
    let entered = identity.by_code(&waiting, &sent.code, ctx.from, &label(&ctx), &*ctx.site.clock).await;
    match entered {
        // The address is in its language already.
        Ok(secret) => {
            let there = if is_own(&sent.tiep) { sent.tiep.clone() } else { ctx.link("/") };
            Ok(lead(&there, cookie(&identity, Some(&secret))))
        }
        Err(refused) => {
            let problem = said(refused)?;
            second_form(&ctx, status(&problem), &sent.tiep, Some(&problem))
        }
    }
}

/// `POST /dang-nhap/demo`
pub(super) async fn demo(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let identity = identity(&ctx);
    match identity.as_demo(PersonId(sent.person), &label(&ctx), &*ctx.site.clock).await {
        Ok(Step::In(secret) | Step::Second(secret)) => {
            Ok(lead(&back(&ctx, &sent.tiep), cookie(&identity, Some(&secret))))
        }
        Err(refused) => {
            let problem = said(refused)?;
            form(&ctx, status(&problem), &sent, Some(&problem)).await
        }
    }
}

/// `POST /dang-xuat`
pub(super) async fn leave(ctx: Ctx) -> Outcome {
    let identity = identity(&ctx);
    if let Some(who) = ctx.who().filter(|who| who.only.is_none()) {
        let mut tx = ctx.write().await?;
        store::end(&mut tx, who.person, &who.session).await?;
        tx.commit().await?;
    }
    let mut answer = lead(&ctx.link("/"), cookie(&identity, None));
    // What the browser kept of pages goes, too. Not its cookies: those of other sites of the domain are not ours to clear.
    answer.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
