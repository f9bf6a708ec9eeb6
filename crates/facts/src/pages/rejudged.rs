//! What the last change of the law changed of published verdicts.

use super::{law, say};
use crate::rejudge::{self, Rejudged};
use axum::routing::get;
use kernel::Phrase;
use locale::Lang;
use minijinja::{Value, context};
use rulebook::Status;
use serde::Deserialize;
use serde_json::json;
use web::{Asking, Ctx, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new().read("/cham-lai", "verdicts", get(page)).read("/api/v1/rejudgements", "verdicts", get(api))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

const PER: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// From 1.
    trang: String,
    /// From 0.
    page: i64,
}

fn said(lang: Lang, verdict: Option<(Status, bool)>) -> Value {
    match verdict {
        Some((status, sure)) => context! {
            word => locale::say(lang, &Phrase::new(say::key(status, sure))), class => say::class(status, sure),
        },
        None => context! { word => locale::word(lang, "status-without"), class => "incomplete" },
    }
}

/// `GET /cham-lai`. Cost: as [`rejudge::last`].
async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let page = web::page_from_one(&asked.trang);
    let (at, list, count) = rejudge::last(&mut tx, page * PER, PER).await?;
    let row = |r: &Rejudged| {
        let title = law.library().set(&r.set).map(|s| ctx.lang.pick(s.title_vi.clone(), s.title_en.clone()));
        context! {
            name => r.name, year => r.period, set => title, before => said(ctx.lang, r.before), after => said(ctx.lang, r.after),
            href => ctx.link(&format!("/xa/{}?nam={}&bo={}", r.unit, r.period, r.set)),
        }
    };
    let pages = web::page_links(page, PER, count);
    ctx.page(
        "rejudged.html",
        context! {
            title => locale::word(ctx.lang, "rejudged-title"), at => at.map(|at| locale::date(at.day())), count => count,
            rows => list.iter().map(row).collect::<Vec<_>>(), pages => pages,
        },
    )
}

/// `GET /api/v1/rejudgements`: published verdicts that the last change of the law changed.
#[utoipa::path(get, path = "/api/v1/rejudgements", responses((status = 200, description = "A page of 500 changed verdicts, and when the law changed")),
    params(("page" = Option<i64>, Query, description = "From 0")))]
async fn api(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let page = web::page(asked.page);
    let (at, list, count) = rejudge::last(&mut tx, page * 500, 500).await?;
    let verdict = |v: Option<(Status, bool)>| v.map(|(s, sure)| json!({"verdict": s.name(), "law_confirmed": sure}));
    let rows: Vec<_> = list
        .iter()
        .map(|r| json!({"unit": r.unit, "name": r.name, "set": r.set, "period": r.period, "before": verdict(r.before), "after": verdict(r.after)}))
        .collect();
    ctx.json(&json!({"law_changed": at.map(|a| a.rfc3339()), "count": count, "page": page, "verdicts": rows}))
}
