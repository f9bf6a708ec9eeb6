//! Figures in by program: CSV, a workbook, JSON or JSON lines; all of it, or the correct rows when asked.

use super::{
    api,
    intake::{origin, plain, read},
    law,
};
use crate::{
    Key, Law,
    intake::{self, Checked, Intake},
    record,
};
use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
};
use documents::values_in::{Form, How, Wrong};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Asking, Ctx, Outcome, Repeatable, permissions::takes_much};

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    set: String,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    large: bool,
    #[serde(default)]
    source: String,
    #[serde(default)]
    origin: String,
}

/// Problems, and changes, that an answer lists; all of them are counted.
const LISTED: usize = 10_000;

/// What the body is: JSON as its header says, a table as its first bytes say.
fn form(ctx: &Ctx) -> Form {
    let kind = ctx.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    match kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/json" => Form::Json,
        "application/x-ndjson" | "application/jsonl" => Form::JsonLines,
        _ => Form::Table,
    }
}

fn listed(ctx: &Ctx, wrong: &Wrong) -> Vec<Value> {
    wrong.problems().take(LISTED).map(|p| web::json_problem(ctx.lang, &p)).collect()
}

/// `POST /api/v1/figures?set=…`: figures as CSV, .xlsx, JSON or JSON lines; all of it or nothing, unless asked otherwise.
#[utoipa::path(post, path = "/api/v1/figures",
    request_body(content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Object = "application/json"), (String = "application/x-ndjson")),
        description = "A table with the columns unit_code, period, indicator, value (or numerator, denominator), unit_as_of, evidence; as JSON {\"figures\": [{…}]} or one object a line"),
    responses((status = 200, description = "What was recorded; with partial=true also every problem of the other rows"),
        (status = 412, description = "Somebody wrote meanwhile: what would change now"),
        (status = 413, description = "More than may be sent"), (status = 422, description = "Every problem with its place, nothing recorded")),
    params(("set" = String, Query, description = "Criteria set"), ("publish" = Option<bool>, Query, description = "Publish at once"),
        ("dry_run" = Option<bool>, Query, description = "Say what would be new, change (from, to) or stay, write nothing"),
        ("partial" = Option<bool>, Query, description = "Record the correct rows only"),
        ("origin" = Option<String>, Query, description = "declared (default), verified, survey, imported"),
        ("large" = Option<bool>, Query, description = "Allow more than 50 MB or 1,000,000 rows, on the server itself"),
        ("source" = Option<String>, Query, description = "Where the figures come from"), ("Idempotency-Key" = Option<String>, Header),
        ("If-Match" = Option<String>, Header, description = "`seen` of a dry run: refused with 412 where somebody wrote meanwhile")))]
pub(super) async fn figures(ctx: Ctx, Asking(asked): Asking<Asked>, request: Request) -> Outcome {
    let source = if asked.source.is_empty() { "api".to_owned() } else { plain(&asked.source) };
    let origin = origin(&ctx, &asked.origin)?;
    let intake = Intake { set: asked.set.clone(), origin, publish: asked.publish, source };
    let body: Body = request.into_body();
    let bytes = ctx.whole(body).await?;
    let how = How { form: form(&ctx), large: asked.large && takes_much(ctx.actor.role) };
    let repeatable = Repeatable::new(&ctx, &bytes);
    if !asked.dry_run
        && let Some(answer) = repeatable.seen(&mut ctx.write().await?).await?
    {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    // A large table is read in a snapshot, in no writer's way.
    let mut tx = ctx.read().await?;
    let checked = read(&ctx, &mut tx, &bytes, how, &intake).await?;
    if !checked.is_good(asked.partial) {
        return refused(&ctx, &checked);
    }
    if asked.dry_run {
        let record::Preview { outcome, changes, seen } = record::preview(&mut tx, &checked.entries).await?;
        let mut would = answer(&ctx, &asked, &checked, serde_json::to_value(outcome)?);
        would["seen"] = seen.into();
        would["changes"] = changes.iter().take(LISTED).map(|change| told(&law(&ctx), change)).collect();
        return ctx.json_with(StatusCode::OK, &would);
    }
    let actors = (&ctx.actor, ctx.reader.actors("import", "figures"));
    let actor = record::recorder(&mut tx, &law(&ctx), actors, &checked.entries, asked.publish).await?;
    drop(tx);
    let mut tx = ctx.write_as(&actor).await?;
    // The same request may have come twice at once.
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    // Whoever names what a dry run saw is told when somebody wrote meanwhile.
    if let Some(seen) = ctx.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()) {
        let now = record::preview(&mut tx, &checked.entries).await?;
        if now.seen != seen.trim_matches('"') {
            let changes: Vec<Value> = now.changes.iter().take(LISTED).map(|change| told(&law(&ctx), change)).collect();
            let body = json!({
                "type": "/api/problems#intake-changed", "title": locale::word(ctx.lang, "intake-changed"), "status": 412,
                "seen": now.seen, "changes": changes,
            });
            return ctx.json_with(StatusCode::PRECONDITION_FAILED, &body);
        }
    }
    let outcome = intake::commit(&mut tx, &law(&ctx), &checked.entries, &intake, &bytes).await?;
    repeatable.done(tx, answer(&ctx, &asked, &checked, serde_json::to_value(outcome)?)).await
}

/// What would change, from and to.
fn told(law: &Law, (key, from, to): &(Key, rulebook::Value, rulebook::Value)) -> Value {
    json!({
        "unit": key.unit, "period": format!("{:04}", key.year), "measure": law.measure_code(key.measure),
        "origin": key.origin, "from": api::value(from), "to": api::value(to),
    })
}

/// The outcome, and where only the correct rows were asked for, what is wrong with the others.
fn answer(ctx: &Ctx, asked: &Asked, checked: &Checked, mut outcome: Value) -> Value {
    if asked.partial {
        outcome["refused"] = json!(checked.refused);
        outcome["count"] = json!(checked.wrong.len());
        outcome["problems"] = json!(listed(ctx, &checked.wrong));
    }
    outcome
}

fn refused(ctx: &Ctx, checked: &Checked) -> Outcome {
    let body = json!({
        "type": "/api/problems#intake", "title": locale::word(ctx.lang, "intake-problems"), "status": 422,
        "count": checked.wrong.len(), "problems": listed(ctx, &checked.wrong),
    });
    ctx.json_with(StatusCode::UNPROCESSABLE_ENTITY, &body)
}
