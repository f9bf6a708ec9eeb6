//! Logging in at a provider, and the accounts at providers that one's own account is linked with.

use super::{
    account::{own, proof_by},
    cookie, cookie_of, field, identity, is_own, label, login, said, status,
};
use crate::{
    keeper::Identity,
    linked::{self, Came},
    login::Step,
    model::Person,
    providers::Provider,
    secrets, store,
};
use ::oidc::Back;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use web::{Asking, Ctx, Failure, Form, Outcome, Path};

/// The cookie of a browser that is away at a provider, over https and not.
const AWAY: [&str; 2] = ["__Host-langso-oidc", "langso-oidc"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tiep: String,
    /// The provider whose account is to be unlinked.
    bo: String,
    /// What was done: `noi` or `bo`.
    xong: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    old: String,
    now: String,
}

/// Our page to which a provider sends people back. Without a public address only on this machine.
fn redirect(ctx: &Ctx, provider: &Provider) -> Result<String, Failure> {
    let mut origin = ctx.site.origin.clone();
    if origin.is_empty() {
        let host = ctx.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
        let name = host.split(':').next().unwrap_or("");
        if !matches!(name, "localhost" | "127.0.0.1") {
            return Err(ctx.not_found());
        }
        origin = format!("http://{host}");
    }
    Ok(format!("{origin}/dang-nhap/oidc/{}/ve", provider.name))
}

fn provider<'a>(ctx: &Ctx, identity: &'a Identity, name: &str) -> Result<&'a Provider, Failure> {
    identity.doors.providers.named(name).ok_or_else(|| ctx.not_found())
}

/// What only this browser knows while it is away: what it has already, so that two tabs do not spoil one another.
fn browser(ctx: &Ctx, identity: &Identity) -> String {
    let name = AWAY[usize::from(!identity.secure)];
    let known = web::people::cookie(&ctx.headers, name).filter(|known| known.len() == 64);
    known.map_or_else(secrets::secret, str::to_owned)
}

/// Sends a browser to a provider, with what it must bring back.
fn away(identity: &Identity, browser: &str, answer: impl IntoResponse) -> Response {
    let cookie = cookie_of(identity, AWAY, browser, 600);
    let headers = [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, answer).into_response()
}

/// `GET /dang-nhap/oidc/{provider}`: on to the provider.
pub(super) async fn start(ctx: Ctx, Path(name): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let identity = identity(&ctx);
    let provider = provider(&ctx, &identity, &name)?;
    let (redirect, browser, there) =
        (redirect(&ctx, provider)?, browser(&ctx, &identity), super::back(&ctx, &asked.tiep));
    let clock = &*ctx.site.clock;
    match identity.to_provider(provider, &redirect, &browser, &there, None, ctx.from, clock).await {
        Ok(address) => Ok(away(&identity, &browser, Redirect::to(&address))),
        Err(refused) => login::refused(&ctx, &asked.tiep, &said(refused)?).await,
    }
}

/// `GET /dang-nhap/oidc/{provider}/ve`: back from there.
pub(super) async fn back_again(ctx: Ctx, Path(name): Path<String>, Asking(back): Asking<Back>) -> Outcome {
    let identity = identity(&ctx);
    let provider = provider(&ctx, &identity, &name)?;
    let (redirect, browser) = (redirect(&ctx, provider)?, browser(&ctx, &identity));
    let me = ctx.who().filter(|who| who.only.is_none()).map(|who| who.person);
    let clock = &*ctx.site.clock;
    let came = identity.from_provider(provider, &redirect, &browser, &back, me, &label(&ctx), clock).await;
    let (there, session) = match came {
        Ok(Came::Linked) => (ctx.link("/tai-khoan/lien-ket?xong=noi"), None),
        Ok(Came::Entered(Step::In(secret), there)) => {
            (if is_own(&there) { there } else { ctx.link("/") }, Some(secret))
        }
        Ok(Came::Entered(Step::Second(secret), there)) => {
            let query: String = there.bytes().map(|b| format!("%{b:02X}")).collect();
            (ctx.link(&format!("/dang-nhap/ma?tiep={query}")), Some(secret))
        }
        Err(refused) => return login::refused(&ctx, "", &said(refused)?).await,
    };
    let mut cookies = vec![(header::SET_COOKIE, cookie_of(&identity, AWAY, "", 0))];
    cookies.extend(session.map(|secret| (header::SET_COOKIE, cookie(&identity, Some(&secret)))));
    let kept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((kept, AppendHeaders(cookies), Redirect::to(&there)).into_response())
}

async fn list(ctx: &Ctx, person: &Person, asked: &Asked, problem: Option<&Problem>) -> Outcome {
    let identity = identity(ctx);
    let mut tx = ctx.read().await?;
    let links = linked::of(&mut tx, person.id).await?;
    let shown: Vec<Value> = identity
        .doors
        .providers
        .all()
        .iter()
        .map(|provider| {
            let link = links.iter().find(|link| link.provider == provider.name);
            context! {
                name => provider.name, title => provider.title, made => link.map(|link| locale::moment(link.made)),
                used => link.and_then(|link| link.used).map(locale::moment), removing => link.is_some() && asked.bo == provider.name,
            }
        })
        .collect();
    let page = context! {
        title => locale::word(ctx.lang, "links-title"), links => shown, done => asked.xong, bo => asked.bo,
        problem => problem.map(|p| locale::problem(ctx.lang, p)), field => field(problem),
        has_password => person.password.is_some(), has_second => person.totp.is_some(),
    };
    ctx.page_with(problem.map_or(StatusCode::OK, status), "links.html", page)
}

/// `GET /tai-khoan/lien-ket`
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let (_, person) = own(&ctx).await?;
    list(&ctx, &person, &asked, None).await
}

/// `POST /tai-khoan/lien-ket/{provider}`: who shows that it is still them gets the way to the provider. A link, since a form
/// leads to this site alone (`form-action` of the policy).
pub(super) async fn connect(ctx: Ctx, Path(name): Path<String>, Form(sent): Form<Sent>) -> Outcome {
    let (who, person) = own(&ctx).await?;
    let identity = identity(&ctx);
    let provider = provider(&ctx, &identity, &name)?;
    if let Some(problem) = proof_by(&ctx, &who, &sent.old, &sent.now).await? {
        return list(&ctx, &person, &Asked::default(), Some(&problem)).await;
    }
    let (redirect, browser) = (redirect(&ctx, provider)?, browser(&ctx, &identity));
    let clock = &*ctx.site.clock;
    let asked = identity.to_provider(provider, &redirect, &browser, "", Some(person.id), ctx.from, clock).await;
    match asked {
        Ok(address) => {
            let title = locale::say(ctx.lang, &Phrase::new("links-go-title").with("provider", provider.title.as_str()));
            let page = context! { title => title, address => address, provider => provider.title };
            Ok(away(&identity, &browser, ctx.page_with(StatusCode::OK, "link_go.html", page)?))
        }
        Err(refused) => list(&ctx, &person, &Asked::default(), Some(&said(refused)?)).await,
    }
}

/// `POST /tai-khoan/lien-ket/{provider}/bo`: unlinks it, for whom it is still; roles by its word end, and other sessions.
pub(super) async fn remove(ctx: Ctx, Path(name): Path<String>, Form(sent): Form<Sent>) -> Outcome {
    let (who, person) = own(&ctx).await?;
    if let Some(problem) = proof_by(&ctx, &who, &sent.old, &sent.now).await? {
        return list(&ctx, &person, &Asked { bo: name, ..Asked::default() }, Some(&problem)).await;
    }
    let mut tx = ctx.write().await?;
    if !linked::unlink(&mut tx, person.id, &name).await? {
        return Err(ctx.not_found());
    }
    store::end_others(&mut tx, person.id, &who.session).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tai-khoan/lien-ket?xong=bo")).into_response())
}
