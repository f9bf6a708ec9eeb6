//! The API of units: succession, agencies, boundaries; and the administrator's writes.

use crate::{
    Refused, Unit,
    actions::{self, Overtaken},
    boundaries::{self, Import},
    listed::{Answer, Listed},
    merger::{Effect, Effects},
    pages::day,
    rules::{Attribute, Correction},
    store::{self, Filter},
    succession::Share,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use kernel::{Day, Phrase, Problem, UnitId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use web::{Asking, Ctx, Failure, Outcome, Path, Repeatable, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .read("/api/v1/units/search", "units", get(search))
        .read("/api/v1/units/{id}/successors", "units", get(successors))
        .read("/api/v1/units/{id}/predecessors", "units", get(predecessors))
        .read("/api/v1/agencies", "agencies", get(agencies))
        .read("/api/v1/boundaries.geojson", "units", get(shapes))
        .write("/api/v1/units/{id}/corrections", "correct", "units", post(correct))
        .write("/api/v1/units/{id}/attributes", "correct", "units", post(attribute))
        .write("/api/v1/boundaries", "import", "units", post(import))
}

/// The description of these routes, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(search, successors, predecessors, agencies, shapes, correct, attribute, import))]
pub struct Description;

/// The fields of a unit.
pub const FIELDS: &[&str] =
    &["id", "level", "kind", "code", "name", "parent", "valid_from", "valid_to", "lat", "lon", "confidence", "note"];
const AGENCY: &[&str] =
    &["id", "code", "kind", "name_vi", "name_en", "valid_from", "valid_to", "successor", "confidence", "units"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    as_of: String,
    level: String,
    kind: String,
    under: Option<i64>,
    parent: Option<i64>,
    group: String,
    q: String,
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `GET /api/v1/units/search`: units in force on a day, filtered, searched without diacritics, paged.
#[utoipa::path(get, path = "/api/v1/units/search", responses((status = 200, description = "A page of units in Vietnamese order")),
    params(("as_of" = Option<String>, Query, description = "YYYY-MM-DD, today by default"),
        ("level" = Option<String>, Query, description = "province, district, commune, village"),
        ("kind" = Option<String>, Query, description = "commune, ward, township, rural_district, provincial_city, …"),
        ("under" = Option<i64>, Query, description = "Anywhere under this unit, itself included"),
        ("parent" = Option<i64>, Query, description = "Directly under this unit"),
        ("group" = Option<String>, Query, description = "A named group: plan-2022"),
        ("q" = Option<String>, Query, description = "Part of a name, without diacritics, or the beginning of a code"),
        ("page" = Option<i64>, Query, description = "From 0"), ("per" = Option<i64>, Query, description = "At most 500"),
        ("cursor" = Option<String>, Query, description = "From `next` of the answer before"), ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn search(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    let on = day(&ctx, &asked.as_of, "as_of")?;
    let (per, page) = (listed.per(100), listed.page());
    let filter = Filter {
        day: Some(on),
        level: given(&asked.level),
        kind: given(&asked.kind),
        under: asked.under.map(UnitId),
        parent: asked.parent.map(UnitId),
        group: given(&asked.group),
        q: given(&asked.q),
        after: listed.after_number(&ctx, "units")?.map(UnitId),
    };
    let mut tx = ctx.read().await?;
    let skip = u32::try_from(page * per).unwrap_or(u32::MAX);
    let (units, count) = store::list(&mut tx, &filter, skip, per as u32 + 1).await?;
    send(&ctx, &listed, json!({"as_of": on, "count": count, "page": page, "per": per}), &units, per)
}

/// Units of which one more was read than is sent, to know whether any follow.
pub fn send(ctx: &Ctx, listed: &Listed, about: Value, units: &[Unit], per: i64) -> Outcome {
    let shown = &units[..units.len().min(per as usize)];
    let next = shown.last().filter(|_| units.len() > shown.len()).map(|unit| unit.id.to_string());
    let rows = shown.iter().map(|unit| json!(unit)).collect();
    listed.answer(ctx, Answer { name: "units", about, fields: FIELDS, rows, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OnDay {
    as_of: String,
}

fn related(named: &HashMap<UnitId, Unit>, list: &[(UnitId, Share)]) -> Vec<Value> {
    list.iter().map(|(id, share)| json!({"unit": named.get(id), "share": share.name(), "main": share.main()})).collect()
}

/// `GET /api/v1/units/{id}/successors`: what the unit is on a day, over all steps between.
#[utoipa::path(get, path = "/api/v1/units/{id}/successors", responses((status = 200, description = "The units in force on the day, each with its share")),
    params(("id" = i64, Path, description = "Permanent id"), ("as_of" = Option<String>, Query, description = "YYYY-MM-DD, today by default")))]
async fn successors(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<OnDay>) -> Outcome {
    let on = day(&ctx, &asked.as_of, "as_of")?;
    let mut tx = ctx.read().await?;
    let Some(unit) = store::get(&mut tx, UnitId(id)).await? else {
        return Err(ctx.not_found());
    };
    let history = store::history_of(&mut tx, unit.id).await?;
    let list = history.successors(unit.id, on);
    let named = store::many(&mut tx, &list.iter().map(|(u, _)| *u).collect::<Vec<_>>()).await?;
    ctx.json(&json!({"unit": unit, "as_of": on, "successors": related(&named, &list)}))
}

/// `GET /api/v1/units/{id}/predecessors`: which units in force on an earlier day went into it.
#[utoipa::path(get, path = "/api/v1/units/{id}/predecessors", responses((status = 200, description = "The units in force on the day, each with its share")),
    params(("id" = i64, Path, description = "Permanent id"),
        ("as_of" = Option<String>, Query, description = "YYYY-MM-DD, the day before the unit began by default")))]
async fn predecessors(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<OnDay>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = store::get(&mut tx, UnitId(id)).await? else {
        return Err(ctx.not_found());
    };
    let on = match (asked.as_of.as_str(), unit.valid_from) {
        ("", Some(from)) => from.yesterday(),
        (text, _) => day(&ctx, text, "as_of")?,
    };
    let history = store::history_of(&mut tx, unit.id).await?;
    let list = history.predecessors(unit.id, on);
    let named = store::many(&mut tx, &list.iter().map(|(u, _)| *u).collect::<Vec<_>>()).await?;
    ctx.json(&json!({"unit": unit, "as_of": on, "predecessors": related(&named, &list)}))
}

/// `GET /api/v1/agencies`: departments, the Front, associations, with their successors.
#[utoipa::path(get, path = "/api/v1/agencies", responses((status = 200, description = "All agencies, ended ones included")),
    params(("per" = Option<i64>, Query, description = "At most 500"), ("cursor" = Option<String>, Query, description = "From `next` of the answer before"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn agencies(ctx: Ctx, Asking(listed): Asking<Listed>) -> Outcome {
    let mut tx = ctx.read().await?;
    let all = store::agencies(&mut tx).await?;
    let (some, next) = listed.cut(&ctx, "agencies", &all, |agency| agency.id.to_string())?;
    let rows = some.iter().map(|agency| json!(agency)).collect();
    listed.answer(&ctx, Answer { name: "agencies", about: json!({"count": all.len()}), fields: AGENCY, rows, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShapesAsked {
    as_of: String,
    level: String,
    under: Option<i64>,
}

/// `GET /api/v1/boundaries.geojson`: where units lie. Without `under`, the first province in force on the day.
#[utoipa::path(get, path = "/api/v1/boundaries.geojson", responses((status = 200, description = "A GeoJSON FeatureCollection; `approximate` features are cells around known points, no boundaries")),
    params(("as_of" = Option<String>, Query, description = "YYYY-MM-DD, today by default"),
        ("level" = Option<String>, Query, description = "province, district, commune (default)"),
        ("under" = Option<i64>, Query, description = "Anywhere under this unit; the first province by default")))]
async fn shapes(ctx: Ctx, Asking(asked): Asking<ShapesAsked>) -> Outcome {
    let on = day(&ctx, &asked.as_of, "as_of")?;
    let level = given(&asked.level).unwrap_or_else(|| "commune".into());
    let mut tx = ctx.read().await?;
    let under = match asked.under {
        Some(id) => Some(UnitId(id)),
        None => store::provinces(&mut tx, on).await?.first().map(|p| p.id),
    };
    let shapes = boundaries::shapes(&mut tx, on, &level, under).await?;
    ctx.json(&boundaries::geojson(&shapes, on, |id| ctx.link(&format!("/don-vi/{id}"))))
}

fn said(ctx: &Ctx, problems: &[Problem]) -> Vec<Value> {
    problems.iter().map(|p| web::json_problem(ctx.lang, p)).collect()
}

/// Everything that does not fit, each with its place.
pub(crate) fn refused(ctx: &Ctx, refused: Refused) -> Outcome {
    match refused {
        Refused::Store(error) => Err(error.into()),
        Refused::Changed(overtaken) => {
            let mut body = web::json_problem(ctx.lang, &overtaken.problem);
            body["version"] = json!(overtaken.version);
            body["fields"] = json!(both(ctx, &overtaken));
            (body["now"], body["yours"]) = (overtaken.now, overtaken.yours);
            ctx.json_with(StatusCode::PRECONDITION_FAILED, &body)
        }
        Refused::Problems(problems) => {
            let status = problems.iter().map(|p| p.status).min().unwrap_or(422);
            let title = problems.first().map(|p| locale::say(ctx.lang, &p.phrase)).unwrap_or_default();
            let body = json!({"type": "/api/problems#units", "title": title, "status": status, "problems": said(ctx, &problems)});
            ctx.json_with(StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), &body)
        }
    }
}

/// Field by field in words: what stands now, and what was sent.
pub(crate) fn both(ctx: &Ctx, overtaken: &Overtaken) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::Null => locale::word(ctx.lang, "units-nothing"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line = |(field, yours): (&String, &Value)| {
        let name = locale::say_key(ctx.lang, &format!("units-field-{field}"), &[]);
        let (now, yours) = (word(&overtaken.now[field]), word(yours));
        locale::say(ctx.lang, &Phrase::new("units-both").with("field", name).with("now", now).with("yours", yours))
    };
    overtaken.yours.as_object().into_iter().flatten().map(line).collect()
}

/// What the rooms do about a change of units; nothing where `app` put in none.
pub(crate) fn effects(ctx: &Ctx) -> Vec<Effect> {
    ctx.site.thing_if::<Effects>().map_or_else(Vec::new, |effects| effects.0.clone())
}

pub(crate) fn told(ctx: &Ctx, phrases: &[Phrase]) -> Vec<String> {
    phrases.iter().map(|p| locale::say(ctx.lang, p)).collect()
}

/// The version that the sender saw.
pub fn seen(ctx: &Ctx) -> Result<i64, Failure> {
    let header = ctx.headers.get("if-match").and_then(|v| v.to_str().ok());
    let version = header.and_then(|v| v.trim_matches('"').parse().ok());
    version.ok_or_else(|| ctx.failure(Problem::conflict(Phrase::new("problem-no-version"), 428)))
}

/// A body in JSON, read.
pub fn parsed<T: serde::de::DeserializeOwned>(ctx: &Ctx, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|e| ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", e.to_string()))))
}

/// `POST /api/v1/units/{id}/corrections`: code, name, kind, dates, parent or point were entered wrongly.
#[utoipa::path(post, path = "/api/v1/units/{id}/corrections", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The unit and its new version"), (status = 412, description = "It was changed meanwhile: `now` and `yours`, field by field, in words in `fields`"),
        (status = 422, description = "Every problem with its field"), (status = 428, description = "If-Match is missing")),
    params(("id" = i64, Path, description = "Permanent id"), ("If-Match" = String, Header, description = "The version seen"),
        ("Idempotency-Key" = Option<String>, Header)))]
async fn correct(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let correction: Correction = parsed(&ctx, &body)?;
    let version = seen(&ctx)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match actions::correct(&mut tx, UnitId(id), version, correction, &effects(&ctx)).await {
        Ok((version, done)) => {
            let unit = store::get(&mut tx, UnitId(id)).await?;
            repeatable.done(tx, json!({"unit": unit, "version": version, "effects": told(&ctx, &done)})).await
        }
        Err(error) => refused(&ctx, error),
    }
}

/// `POST /api/v1/units/{id}/attributes`: what the law reads of a unit from a day on, and of all under it that have no value
/// of their own: `attribute`, `value`, `from` (null: always), `source`.
#[utoipa::path(post, path = "/api/v1/units/{id}/attributes", request_body(content = Object, content_type = "application/json",
        description = "attribute, value (true, false; a word of the law for region and group), from (YYYY-MM-DD or null), source, confidence (verified by default)"),
    responses((status = 200, description = "The new version of the unit, and what was judged again"),
        (status = 412, description = "It was changed meanwhile: `now` and `yours`, field by field, in words in `fields`"),
        (status = 422, description = "Every problem with its field"), (status = 428, description = "If-Match is missing")),
    params(("id" = i64, Path, description = "Permanent id"), ("If-Match" = String, Header, description = "The version seen"),
        ("Idempotency-Key" = Option<String>, Header)))]
async fn attribute(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let said: Attribute = parsed(&ctx, &body)?;
    let version = seen(&ctx)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match actions::set_attribute(&mut tx, UnitId(id), version, &said, &effects(&ctx)).await {
        Ok((version, done)) => {
            repeatable.done(tx, json!({"unit": id, "version": version, "effects": told(&ctx, &done)})).await
        }
        Err(error) => refused(&ctx, error),
    }
}

#[derive(Debug, Deserialize)]
struct ImportAsked {
    as_of: Day,
    #[serde(default)]
    level: String,
    #[serde(default)]
    under: Option<i64>,
    #[serde(default)]
    code_field: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    dry_run: bool,
}

/// `POST /api/v1/boundaries`: official boundaries from GeoJSON or GeoPackage, by code; all of the file or nothing.
#[utoipa::path(post, path = "/api/v1/boundaries", request_body(content = String, content_type = "application/geo+json"),
    responses((status = 200, description = "What was kept, warnings, units without a boundary"),
        (status = 409, description = "A unit was edited while the file was being checked; nothing was kept"),
        (status = 422, description = "Every problem with its feature; nothing was kept")),
    params(("as_of" = String, Query, description = "The day on which codes are read"), ("source" = String, Query, description = "Who measured, under which licence"),
        ("level" = Option<String>, Query, description = "commune by default"), ("under" = Option<i64>, Query),
        ("code_field" = Option<String>, Query, description = "The field that holds the codes"), ("dry_run" = Option<bool>, Query),
        ("Idempotency-Key" = Option<String>, Header)))]
async fn import(ctx: Ctx, Asking(asked): Asking<ImportAsked>, body: Bytes) -> Outcome {
    let what = Import {
        day: asked.as_of,
        level: given(&asked.level).unwrap_or_else(|| "commune".into()),
        under: asked.under.map(UnitId),
        code_field: given(&asked.code_field),
        source: asked.source,
        dry_run: asked.dry_run,
    };
    let repeatable = Repeatable::new(&ctx, &body);
    if !what.dry_run
        && let Some(answer) = repeatable.seen(&mut ctx.write().await?).await?
    {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    // No writer waits while a file is read.
    let report = match boundaries::inspect(&ctx.site.store, &ctx.actor, body, &what).await {
        Ok(report) => report,
        Err(error) => return refused(&ctx, error),
    };
    let told = json!({
        "dry_run": what.dry_run, "good": report.good.len(), "errors": said(&ctx, &report.errors),
        "warnings": said(&ctx, &report.warnings), "missing": report.missing,
    });
    if !report.errors.is_empty() {
        return ctx.json_with(StatusCode::UNPROCESSABLE_ENTITY, &told);
    }
    if what.dry_run {
        return ctx.json_with(StatusCode::OK, &told);
    }
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match boundaries::keep(&mut tx, &report, &what).await {
        Ok(()) => repeatable.done(tx, told).await,
        Err(error) => refused(&ctx, error),
    }
}
