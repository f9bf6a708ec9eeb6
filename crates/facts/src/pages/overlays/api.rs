//! The same for programs.

use super::{Asked, End, PER_API, law};
use crate::{
    overlays::{self, Kept, Proposal},
    trial::{self, Trial, Would},
};
use axum::{body::Bytes, http::StatusCode};
use kernel::{Phrase, Problem};
use rulebook::Overlay;
use serde_json::{Value, json};
use store::attachments::Attachment;
use web::{Asking, Ctx, Outcome, Path, Repeatable};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_list, api_done, api_preview, api_end))]
pub struct Description;

/// `GET /api/v1/overlays`: the documents that were laid on the law here.
#[utoipa::path(get, path = "/api/v1/overlays", responses((status = 200, description = "A page of 500 documents, the last first")),
    params(("kind" = Option<String>, Query, description = "`thresholds` (also where left out) or `confirmation`"), ("q" = Option<String>, Query),
        ("sap" = Option<String>, Query, description = "`number`, `signed` or `from`; else the last first"),
        ("page" = Option<i64>, Query, description = "From 0")))]
pub(super) async fn api_list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let page = web::page(asked.page);
    let (found, count) = overlays::list(&mut tx, asked.kind, &asked.wanted(), page * PER_API, PER_API).await?;
    let files = overlays::files(&mut tx, found.iter().map(|kept| kept.id)).await?;
    let row = |kept: &Kept| -> Result<Value, serde_json::Error> {
        let mut row = serde_json::to_value(kept)?;
        let file = |file: &Attachment| {
            let (id, sha256) = (file.id, &file.blob.sha256);
            json!({"id": id, "name": file.name, "address": format!("/tep/{id}"), "sha256": sha256, "bytes": file.blob.size})
        };
        row["files"] = files.get(&kept.id.to_string()).into_iter().flatten().map(file).collect();
        Ok(row)
    };
    let rows = found.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    ctx.json(&json!({"count": count, "page": page, "overlays": rows}))
}

/// Everything that does not fit, as a program reads it.
pub fn refused(ctx: &Ctx, problems: &[Problem]) -> Outcome {
    let title = problems.first().map(|p| locale::say(ctx.lang, &p.phrase)).unwrap_or_default();
    let list: Vec<_> = problems.iter().map(|p| web::json_problem(ctx.lang, p)).collect();
    let body = json!({"type": "/api/problems#law", "title": title, "status": 422, "problems": list});
    ctx.json_with(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

fn read_proposal(ctx: &Ctx, bytes: &[u8]) -> Result<(Proposal, Overlay), Vec<Problem>> {
    let wrong = |error: serde_json::Error| {
        vec![Problem::input(Phrase::new("overlay-unread").with("reason", error.to_string()))]
    };
    let asked: Proposal = serde_json::from_slice(bytes).map_err(wrong)?;
    let overlay = asked.check(law(ctx).library(), ctx.site.clock.today())?;
    Ok((asked, overlay))
}

/// `POST /api/v1/overlays/preview`: which verdicts it would change; nothing is written.
#[utoipa::path(post, path = "/api/v1/overlays/preview", request_body = serde_json::Value,
    responses((status = 200, description = "Counts, and the first 500 changes"), (status = 422, description = "What does not fit, each at its field")))]
pub(super) async fn api_preview(ctx: Ctx, bytes: Bytes) -> Outcome {
    let overlay = match read_proposal(&ctx, &bytes) {
        Ok((_, overlay)) => overlay,
        Err(problems) => return refused(&ctx, &problems),
    };
    let mut tx = ctx.read().await?;
    let trial = trial::of_overlay(&mut tx, &law(&ctx), &overlay).await?;
    ctx.json(&preview_json(&trial))
}

pub fn preview_json(trial: &Trial) -> serde_json::Value {
    let verdict = |text: &Option<String>| {
        text.as_deref().and_then(trial::letters).map(|(s, sure)| json!({"verdict": s.name(), "law_confirmed": sure}))
    };
    let row = |one: &Would| {
        json!({"unit": one.unit, "set": one.set, "period": one.period, "published": one.published,
            "before": verdict(&one.before), "after": verdict(&one.after)})
    };
    let rows: Vec<_> = trial.changes.iter().take(PER_API as usize).map(row).collect();
    json!({"judged": trial.judged, "changed": trial.changes.len(), "verdicts": rows})
}

/// `POST /api/v1/overlays`: lays thresholds on, or confirms numbers, by a document.
#[utoipa::path(post, path = "/api/v1/overlays", request_body = serde_json::Value,
    responses((status = 200, description = "Its number"), (status = 409, description = "The law changed meanwhile"),
        (status = 422, description = "What does not fit, each at its field")),
    params(("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api_done(ctx: Ctx, bytes: Bytes) -> Outcome {
    let repeatable = Repeatable::new(&ctx, &bytes);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let (asked, overlay) = match read_proposal(&ctx, &bytes) {
        Ok(read) => read,
        Err(problems) => return refused(&ctx, &problems),
    };
    let id = overlays::carry_out(&mut tx, &law(&ctx), &asked, &overlay).await?;
    repeatable.done(tx, json!({"id": id})).await
}

/// `POST /api/v1/overlays/{id}/end`: ends one, from a day on or as if it had never been.
#[utoipa::path(post, path = "/api/v1/overlays/{id}/end", request_body = serde_json::Value,
    responses((status = 200, description = "Its number"), (status = 404, description = "There is no such document"),
        (status = 422, description = "What does not fit, each at its field")),
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api_end(ctx: Ctx, Path(id): Path<i64>, bytes: Bytes) -> Outcome {
    let wrong = |error: serde_json::Error| {
        ctx.failure(Problem::input(Phrase::new("overlay-unread").with("reason", error.to_string())))
    };
    let sent: End = serde_json::from_slice(&bytes).map_err(wrong)?;
    let repeatable = Repeatable::new(&ctx, &bytes);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let Some(kept) = overlays::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let last = sent.last().map_err(|p| ctx.failure(p))?;
    if let Err(problems) = overlays::end(&mut tx, &law(&ctx), &kept, last, &sent.why).await? {
        return refused(&ctx, &problems);
    }
    repeatable.done(tx, json!({"id": id})).await
}
