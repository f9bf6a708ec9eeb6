//! The pages of those who run the site, and everybody's own notices.

mod health;
mod hooks;
mod jobs;
mod letters;
mod notices;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Phrase, Problem};
use store::AuditLine;
use web::{Asked, Ctx, Failure, Outcome, Room, Routes};

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "operations",
        migrations: &[],
        routes,
        templates: web::embedded::<Templates>,
        jobs: |registry, site| {
            crate::post::register(registry, site);
            crate::calls::register(registry, site);
        },
        search: &[],
        guards: &[],
        personal: &[],
    }
}

fn routes() -> Routes {
    Routes::new()
        .read_inside("/quan-tri/viec", "operation", get(jobs::page))
        .read_inside("/quan-tri/viec.csv", "operation", get(jobs::csv))
        .read_inside("/quan-tri/viec.xlsx", "operation", get(jobs::xlsx))
        .write("/quan-tri/viec/{job}/lai", "keep", "operation", post(jobs::retry))
        .write("/quan-tri/viec/{job}/huy", "keep", "operation", post(jobs::cancel))
        .read_inside("/api/v1/jobs", "operation", get(jobs::api))
        .write("/api/v1/jobs/{job}/retry", "keep", "operation", post(jobs::api_retry))
        .write("/api/v1/jobs/{job}/cancel", "keep", "operation", post(jobs::api_cancel))
        .read_inside("/quan-tri/thu", "operation", get(letters::page))
        .read_inside("/quan-tri/thu.csv", "operation", get(letters::csv))
        .read_inside("/quan-tri/thu.xlsx", "operation", get(letters::xlsx))
        .write("/quan-tri/thu/thu-nghiem", "keep", "operation", post(letters::trial))
        .write("/quan-tri/thu/{letter}/lai", "keep", "operation", post(letters::retry))
        .write("/quan-tri/thu/{letter}/huy", "keep", "operation", post(letters::cancel))
        .read_inside("/api/v1/mail", "operation", get(letters::api))
        .write("/api/v1/mail/{letter}/retry", "keep", "operation", post(letters::api_retry))
        .write("/api/v1/mail/{letter}/cancel", "keep", "operation", post(letters::api_cancel))
        .read_inside("/quan-tri/webhook", "webhooks", get(hooks::page))
        .read_inside("/quan-tri/webhook.csv", "webhooks", get(hooks::list_csv))
        .read_inside("/quan-tri/webhook.xlsx", "webhooks", get(hooks::list_xlsx))
        .write("/quan-tri/webhook", "keep", "webhooks", post(hooks::add))
        .read_inside("/quan-tri/webhook/{hook}", "webhooks", get(hooks::one))
        .read_inside("/quan-tri/webhook/{hook}/goi.csv", "webhooks", get(hooks::csv))
        .read_inside("/quan-tri/webhook/{hook}/goi.xlsx", "webhooks", get(hooks::xlsx))
        .write("/quan-tri/webhook/{hook}/bat", "keep", "webhooks", post(hooks::switch))
        .write("/quan-tri/webhook/{hook}/thu", "keep", "webhooks", post(hooks::trial))
        .write("/quan-tri/webhook/{hook}/bi-mat", "keep", "webhooks", post(hooks::change))
        .write("/quan-tri/webhook/{hook}/xoa", "keep", "webhooks", post(hooks::delete))
        .write("/quan-tri/webhook/{hook}/goi/{call}/lai", "keep", "webhooks", post(hooks::retry))
        .read_inside("/api/v1/webhooks", "webhooks", get(hooks::api))
        .write("/api/v1/webhooks", "keep", "webhooks", post(hooks::api_add))
        .write("/api/v1/webhooks/{hook}/on", "keep", "webhooks", post(hooks::api_on))
        .write("/api/v1/webhooks/{hook}/off", "keep", "webhooks", post(hooks::api_off))
        .write("/api/v1/webhooks/{hook}/trial", "keep", "webhooks", post(hooks::api_trial))
        .write("/api/v1/webhooks/{hook}/secret", "keep", "webhooks", post(hooks::api_secret))
        .write("/api/v1/webhooks/{hook}/deletion", "keep", "webhooks", post(hooks::api_delete))
        .read_inside("/api/v1/webhooks/{hook}/calls", "webhooks", get(hooks::api_calls))
        .write("/api/v1/webhooks/{hook}/calls/{call}/retry", "keep", "webhooks", post(hooks::api_retry))
        .read_inside("/quan-tri/tinh-trang", "operation", get(health::page))
        .read_inside("/api/v1/health", "operation", get(health::api))
        .read_inside("/thong-bao", "own notices", get(notices::page))
        .read_inside("/thong-bao.csv", "own notices", get(notices::csv))
        .read_inside("/thong-bao.xlsx", "own notices", get(notices::xlsx))
        .write("/thong-bao/da-doc", "keep", "own notices", post(notices::mark))
        .write("/thong-bao/cach-bao", "keep", "own notices", post(notices::choose))
        .read_inside("/api/v1/notices", "own notices", get(notices::api))
        .read_inside("/api/v1/notices/choices", "own notices", get(notices::api_choices))
        .write("/api/v1/notices/choices", "keep", "own notices", post(notices::api_choose))
        .write("/api/v1/notices/read", "keep", "own notices", post(notices::api_mark))
}

/// The description of this room's API, to be merged into the site's.
pub fn description() -> utoipa::openapi::OpenApi {
    <Description as utoipa::OpenApi>::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    jobs::api,
    jobs::api_retry,
    jobs::api_cancel,
    letters::api,
    letters::api_retry,
    letters::api_cancel,
    health::api,
    hooks::api,
    hooks::api_add,
    hooks::api_on,
    hooks::api_off,
    hooks::api_trial,
    hooks::api_secret,
    hooks::api_delete,
    hooks::api_calls,
    hooks::api_retry,
    notices::api,
    notices::api_mark,
    notices::api_choices,
    notices::api_choose
))]
struct Description;

/// Lines on a page, and of one file.
const PER: i64 = 50;
const MOST: i64 = 20_000;

/// A key that is put together at run time, without values.
fn word(ctx: &Ctx, key: &str) -> String {
    locale::say_key(ctx.lang, key, &[])
}

/// Names with their words, for a choice: `KIND-NAME`.
fn words(ctx: &Ctx, kind: &str, names: &[&str]) -> Vec<minijinja::Value> {
    let said = |name: &&str| minijinja::context! { name => name, word => word(ctx, &format!("{kind}-{name}")) };
    names.iter().map(said).collect()
}

/// A list of texts, to be taken away.
fn export(
    ctx: &Ctx,
    file: &str,
    title: &'static str,
    headings: &[&'static str],
    rows: Vec<Vec<String>>,
    kind: Kind,
) -> Outcome {
    let rows = rows.into_iter().map(|row| row.into_iter().map(Content::Text).collect()).collect();
    units::listed::take_away(ctx, file, title, headings, rows, kind)
}

/// A thing was not in the state that was thought.
fn conflict(key: &'static str) -> Failure {
    Problem::conflict(Phrase::new(key), 409).into()
}

/// Back to a page, with the word of what was done.
fn back(ctx: &Ctx, path: &str) -> Outcome {
    Ok(Redirect::to(&ctx.link(path)).into_response())
}

/// Notes that addresses of people were read, or taken away: what was typed to find them may be an address, and a line keeps none.
async fn note_reading(ctx: &Ctx, action: &'static str, asked: &Asked) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    let details = serde_json::json!({"searched": !asked.q.trim().is_empty(), "narrowed": !asked.tt.is_empty()});
    let line = AuditLine { action, kind: "mail", subject: "list".to_owned(), unit: None, details };
    tx.audit_quietly(line).await?;
    Ok(tx.commit().await?)
}

/// What an API write answers.
fn done(ctx: &Ctx, id: i64, state: &str) -> Outcome {
    ctx.json_with(StatusCode::OK, &serde_json::json!({"id": id, "state": state}))
}
