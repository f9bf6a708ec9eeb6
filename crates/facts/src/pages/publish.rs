//! What is not published yet, and its publication: a unit's figures of a year become the public's, by whoever saw them.

use super::{law, say};
use crate::record;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use kernel::{Phrase, Problem, UnitId};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use web::{Asking, Ctx, Form, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read_inside("/xa/{id}/cong-bo", "figures", get(page))
        .write("/xa/{id}/cong-bo/{year}", "publish", "figures", post(publish))
        .write("/api/v1/units/{id}/publications/{year}", "publish", "figures", post(api))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    nam: String,
}

/// `GET /xa/{id}/cong-bo?nam=`. Cost: the unit's figures of the year.
async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let year = asked.nam.parse().unwrap_or_else(|_| ctx.site.clock.today().year());
    show(&ctx, UnitId(id), year, StatusCode::OK, false).await
}

async fn show(ctx: &Ctx, id: UnitId, year: i16, status: StatusCode, again: bool) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let (open, seen) = record::unpublished(&mut tx, id, year).await?;
    let rows: Vec<Value> = open
        .iter()
        .map(|(key, public, working)| {
            let code = law.measure_code(key.measure);
            let measure = law.library().measure(code);
            let word = measure.and_then(|m| m.unit.as_deref());
            context! {
                name => measure.map(|m| ctx.lang.pick(m.name_vi.clone(), m.name_en.clone())), origin => say::origin(ctx.lang, key.origin),
                public => public.as_ref().map(|v| say::exactly(ctx.lang, v, word)), working => say::exactly(ctx.lang, working, word),
                href => ctx.link(&format!("/so-lieu/{id}/{code}/{year}?nguon={}", key.origin.name())),
            }
        })
        .collect();
    let body = context! {
        title => locale::say_key(ctx.lang, "publish-title", &[("unit", unit.name.as_str().into()), ("year", year.to_string().into())]),
        rows => rows, seen => seen, again => again, may => ctx.may("publish", "figures"), year => year.to_string(), key => uuid::Uuid::new_v4().to_string(),
        action => ctx.link(&format!("/xa/{id}/cong-bo/{year}")), back => ctx.link(&format!("/xa/{id}?nam={year}")),
    };
    ctx.page_with(status, "publish.html", body)
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct Sent {
    seen: String,
    key: String,
}

/// `POST /xa/{id}/cong-bo/{year}`: publishes what was seen; where somebody wrote meanwhile, shows it again.
async fn publish(ctx: Ctx, Path((id, year)): Path<(i64, i16)>, Form(sent): Form<Sent>) -> Outcome {
    let repeatable = Repeatable::of_form(&ctx, &sent.key, sent.seen.as_bytes());
    let there = ctx.link(&format!("/xa/{id}?nam={year}"));
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let (_, seen) = record::unpublished(&mut tx, UnitId(id), year).await?;
    if seen != sent.seen {
        drop(tx);
        return show(&ctx, UnitId(id), year, StatusCode::CONFLICT, true).await;
    }
    let count = record::publish(&mut tx, &law(&ctx), UnitId(id), year).await?;
    repeatable.keep(tx, &json!({"published": count})).await?;
    Ok(Redirect::to(&there).into_response())
}

/// `POST /api/v1/units/{id}/publications/{year}`: publishes the working figures of a unit and year.
#[utoipa::path(post, path = "/api/v1/units/{id}/publications/{year}",
    responses((status = 200, description = "How many figures became public"), (status = 404, description = "There is no such unit"),
        (status = 412, description = "Somebody wrote meanwhile")),
    params(("id" = i64, Path, description = "Permanent id"), ("year" = i16, Path),
        ("If-Match" = Option<String>, Header, description = "`seen` of an earlier answer"), ("Idempotency-Key" = Option<String>, Header)))]
async fn api(ctx: Ctx, Path((id, year)): Path<(i64, i16)>) -> Outcome {
    let repeatable = Repeatable::new(&ctx, b"");
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    if units::store::get(&mut tx, UnitId(id)).await?.is_none() {
        return Err(ctx.not_found());
    }
    let (_, now) = record::unpublished(&mut tx, UnitId(id), year).await?;
    let named = ctx.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).map(|v| v.trim_matches('"'));
    if named.is_some_and(|seen| seen != now) {
        return Err(ctx.failure(Problem::conflict(Phrase::new("publish-changed"), 412)));
    }
    let count = record::publish(&mut tx, &law(&ctx), UnitId(id), year).await?;
    repeatable.done(tx, json!({"published": count, "seen": now})).await
}
