//! The pages of people: login, the own account, the first administrator, people and their roles.

use crate::{
    keeper::Identity,
    login::Refused,
    store::{MIGRATIONS, SESSION},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use kernel::{Phrase, Place, Problem};
use std::sync::Arc;
use web::{Ctx, Failure, Room, Routes, people::COOKIE};

mod account;
mod correct;
mod data;
mod links;
mod login;
mod passkeys;
mod people;
mod people_api;
mod people_list;
mod proposals;
mod recovery;
mod roster;
mod setup;
mod tokens;
mod trail;

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "identity",
        migrations: MIGRATIONS,
        routes,
        templates: web::embedded::<Templates>,
        jobs: |_, _| {},
        search: &[],
        guards: &[],
        personal: &[crate::personal::PERSONAL],
    }
}

/// The description of the API of people, to be merged into the site's.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut all = <tokens::Description as utoipa::OpenApi>::openapi();
    all.merge(<people_api::Description as utoipa::OpenApi>::openapi());
    all.merge(<correct::Description as utoipa::OpenApi>::openapi());
    all.merge(<data::Description as utoipa::OpenApi>::openapi());
    all.merge(<roster::Description as utoipa::OpenApi>::openapi());
    all.merge(<trail::Description as utoipa::OpenApi>::openapi());
    all
}

fn routes() -> Routes {
    Routes::new()
        .read("/dang-nhap", "login", get(login::page))
        .write_public("/dang-nhap", "log in", "login", post(login::enter))
        .read("/dang-nhap/ma", "login", get(login::second_page))
        .write_public("/dang-nhap/ma", "log in", "login", post(login::second))
        .write_public("/dang-nhap/demo", "log in", "login", post(login::demo))
        .write_public("/dang-xuat", "log out", "login", post(login::leave))
        .write_public("/dang-nhap/passkey/hoi", "log in", "login", post(passkeys::question))
        .write_public("/dang-nhap/passkey", "log in", "login", post(passkeys::enter))
        .read("/dang-nhap/oidc/{provider}", "login", get(links::start))
        .read("/dang-nhap/oidc/{provider}/ve", "login", get(links::back_again))
        .read("/thiet-lap", "login", get(setup::page))
        .write_public("/thiet-lap", "set up", "login", post(setup::make))
        .read("/dat-mat-khau", "login", get(setup::code_page))
        .write_public("/dat-mat-khau", "set password", "login", post(setup::by_code))
        .read_inside("/tai-khoan", "own account", get(account::page))
        .write("/tai-khoan/mat-khau", "keep", "own account", post(account::password))
        .write("/tai-khoan/phien", "keep", "own account", post(account::end_session))
        .read_inside("/tai-khoan/xac-thuc", "own account", get(account::second_page))
        .write("/tai-khoan/xac-thuc", "keep", "own account", post(account::second))
        .read_inside("/tai-khoan/ma-du-phong", "own account", get(recovery::show))
        .write("/tai-khoan/ma-du-phong", "keep", "own account", post(recovery::make))
        .read_inside("/tai-khoan/lien-ket", "own account", get(links::page))
        .write("/tai-khoan/lien-ket/{provider}", "keep", "own account", post(links::connect))
        .write("/tai-khoan/lien-ket/{provider}/bo", "keep", "own account", post(links::remove))
        .read_inside("/tai-khoan/passkey", "own account", get(passkeys::page))
        .write("/tai-khoan/passkey", "keep", "own account", post(passkeys::add))
        .write("/tai-khoan/passkey/moi", "keep", "own account", post(passkeys::ask))
        .write("/tai-khoan/passkey/bo", "keep", "own account", post(passkeys::remove))
        .read_inside("/tai-khoan/khoa", "own account", get(tokens::own))
        .write("/tai-khoan/khoa", "keep", "own account", post(tokens::add))
        .write("/tai-khoan/khoa/{token}", "keep", "own account", post(tokens::revoke))
        .read_inside("/api/v1/tokens", "own account", get(tokens::api_list))
        .write("/api/v1/tokens", "keep", "own account", post(tokens::api_add))
        .write("/api/v1/tokens/{token}/revocation", "keep", "own account", post(tokens::api_revoke))
        .read_inside("/quan-tri/nguoi/{person}/khoa-chuong-trinh", "people", get(tokens::list))
        .write("/quan-tri/nguoi/{person}/khoa-chuong-trinh", "keep", "people", post(tokens::add_for))
        .write("/quan-tri/nguoi/{person}/khoa-chuong-trinh/{token}", "keep", "people", post(tokens::revoke_for))
        .read_inside("/quan-tri/nguoi", "people", get(people_list::list))
        .read_inside("/quan-tri/nguoi.csv", "people", get(people_list::csv))
        .read("/du-lieu-ca-nhan", "purposes", get(data::purposes))
        .read_inside("/tai-khoan/du-lieu", "own account", get(data::own))
        .read_inside("/tai-khoan/du-lieu.json", "own account", get(data::own_file))
        .read_inside("/quan-tri/nguoi/{person}/du-lieu", "personal data", get(data::one))
        .read_inside("/quan-tri/nguoi/{person}/du-lieu.json", "personal data", get(data::one_file))
        .write("/quan-tri/nguoi/{person}/xoa", "erase", "personal data", post(data::erase))
        .read_inside("/api/v1/people/{person}/data", "personal data", get(data::api))
        .write("/api/v1/people/{person}/erasure", "erase", "personal data", post(data::api_erase))
        .read_inside("/quan-tri/nguoi.xlsx", "people", get(people_list::xlsx))
        .read_inside("/api/v1/people", "people", get(people_api::list))
        .write("/api/v1/people", "keep", "people", post(people_api::add))
        .read_inside("/api/v1/people/{person}", "people", get(people_api::one))
        .write("/api/v1/people/{person}", "keep", "people", post(correct::api))
        .write("/api/v1/people/{person}/lock", "keep", "people", post(people_api::lock))
        .write("/api/v1/people/{person}/logout", "keep", "people", post(people_api::log_out))
        .write("/api/v1/people/{person}/grants", "keep", "people", post(people_api::grant))
        .write("/api/v1/people/{person}/grants/{grant}/end", "keep", "people", post(people_api::end_grant))
        .write("/api/v1/people/{person}/code", "keep", "people", post(people_api::code))
        .read_inside("/api/v1/people/{person}/tokens", "people", get(tokens::api_list_of))
        .write("/api/v1/people/{person}/tokens", "keep", "people", post(tokens::api_add_for))
        .write("/api/v1/people/{person}/tokens/{token}/revocation", "keep", "people", post(tokens::api_revoke_for))
        .write("/api/v1/people-roster", "import", "people", post(roster::api))
        .read_inside("/api/v1/people-proposals", "people", get(people_api::waiting))
        .write("/api/v1/people-proposals/{proposal}/decision", "approve", "people", post(people_api::decide))
        .read_inside("/nhat-ky.xlsx", "audit", get(trail::xlsx))
        .read_inside("/api/v1/audit", "audit", get(trail::api))
        .read_inside("/nhat-ky", "audit", get(trail::page))
        .read_inside("/nhat-ky.csv", "audit", get(trail::csv))
        .read_inside("/quan-tri/nguoi/nhap", "people", get(roster::page))
        .read_inside("/quan-tri/nguoi/mau.xlsx", "people", get(roster::template))
        .write("/quan-tri/nguoi/kiem-tra", "import", "people", post(roster::check))
        .write("/quan-tri/nguoi/ghi", "import", "people", post(roster::commit))
        .write("/quan-tri/nguoi", "keep", "people", post(people_list::add))
        .read_inside("/quan-tri/nguoi/{person}", "people", get(people::one))
        .write("/quan-tri/nguoi/{person}", "keep", "people", post(correct::form))
        .read_inside("/quan-tri/cho-duyet", "people", get(proposals::list))
        .read_inside("/quan-tri/cho-duyet.csv", "people", get(proposals::csv))
        .read_inside("/quan-tri/cho-duyet.xlsx", "people", get(proposals::xlsx))
        .write("/quan-tri/cho-duyet/{proposal}", "approve", "people", post(proposals::decide))
        .write("/quan-tri/nguoi/{person}/vai-tro", "keep", "people", post(people::grant))
        .write("/quan-tri/nguoi/{person}/vai-tro/{grant}", "keep", "people", post(people::end_grant))
        .write("/quan-tri/nguoi/{person}/khoa", "keep", "people", post(people::disable))
        .write("/quan-tri/nguoi/{person}/dang-xuat", "keep", "people", post(people::log_out))
        .write("/quan-tri/nguoi/{person}/ma", "keep", "people", post(people::code))
        .write("/quan-tri/nguoi/{person}/thu-ma", "keep", "people", post(people::code_by_mail))
}

/// The people of this site.
fn identity(ctx: &Ctx) -> Arc<Identity> {
    ctx.site.thing::<Identity>()
}

/// The browser in a few words, for its owner's list of sessions: what it says of itself, cut short.
fn label(ctx: &Ctx) -> String {
    let agent = ctx.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let known = |names: &[&'static str]| names.iter().find(|name| agent.contains(**name)).copied().unwrap_or("");
    let browser = known(&["Edg", "OPR", "coc_coc_browser", "SamsungBrowser", "Firefox", "Chrome", "Safari"]);
    let system = known(&["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]);
    [browser, system].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A cookie for every page and no script, gone after so many seconds; `names`: where the site is reached by https, and where
/// it is not.
fn cookie_of(identity: &Identity, names: [&str; 2], value: &str, seconds: i64) -> HeaderValue {
    let (name, secure) = if identity.secure { (names[0], "; Secure") } else { (names[1], "") };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// The cookie of a session, gone with it. Without a secret: gone now.
fn cookie(identity: &Identity, secret: Option<&str>) -> HeaderValue {
    cookie_of(identity, COOKIE, secret.unwrap_or(""), secret.map_or(0, |_| SESSION / 1_000_000))
}

/// What a browser keeps of a login: [`Identity::familiar`]; half a year.
const FAMILIAR: [&str; 2] = ["__Host-langso-quen", "langso-quen"];
const FAMILIAR_SECONDS: i64 = 183 * 86_400;

/// Leads on from a right password: with the cookie of the session, and one by which this browser is known again.
fn lead_familiar(identity: &Identity, login: &str, to: &str, secret: &str) -> Response {
    let mut answer = lead(to, cookie(identity, Some(secret)));
    let kept = cookie_of(identity, FAMILIAR, &identity.familiar(login), FAMILIAR_SECONDS);
    answer.headers_mut().append(header::SET_COOKIE, kept);
    answer
}

/// What the browser keeps of a login.
fn kept<'c>(ctx: &'c Ctx, identity: &Identity) -> &'c str {
    web::people::cookie(&ctx.headers, if identity.secure { FAMILIAR[0] } else { FAMILIAR[1] }).unwrap_or("")
}

/// Leads on, with a cookie to go on with.
fn lead(to: &str, cookie: HeaderValue) -> Response {
    ([(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Redirect::to(to))
        .into_response()
}

/// Whether this is an address of this site, and nothing that a browser might read as another one.
fn is_own(asked: &str) -> bool {
    asked.starts_with('/') && !asked.starts_with("//") && !asked.contains(|c: char| c == '\\' || c.is_control())
}

/// Where somebody wanted to go: an address of this site, else home.
fn back(ctx: &Ctx, asked: &str) -> String {
    ctx.link(if is_own(asked) && !asked.starts_with("/dang-nhap") { asked } else { "/" })
}

/// A refusal as a problem to be shown on the form, or our own fault.
fn said(refused: Refused) -> Result<Problem, Failure> {
    match refused {
        Refused::Said(problem) => Ok(problem),
        Refused::Store(error) => Err(error.into()),
    }
}

fn busy(_: crate::password::Busy) -> Failure {
    Problem { phrase: Phrase::new("login-busy"), place: None, status: 503 }.into()
}

/// The status of an answer that shows a problem.
fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
}

/// Where on a form a problem stands.
fn field(problem: Option<&Problem>) -> &str {
    match problem.and_then(|problem| problem.place.as_ref()) {
        Some(Place::Field(field)) => field,
        _ => "",
    }
}
