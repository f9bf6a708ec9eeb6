//! Units and agencies edited on pages: what was entered wrongly is corrected, agencies are added and ended.

use crate::{
    Refused, actions,
    agencies::{self, Entered, KINDS},
    api::{both, effects, refused},
    model::{Agency, Unit},
    rules::{Correction, LEVELS},
    store,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use kernel::{Day, Phrase, Place, Problem, UnitId};
use minijinja::{Value, context};
use serde_json::json;
use std::collections::BTreeMap;
use web::{Ctx, Failure, Form, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read_inside("/quan-tri/don-vi/{id}", "unit administration", get(unit))
        .write("/quan-tri/don-vi/{id}", "correct", "units", post(correct))
        .read_inside("/quan-tri/co-quan/{id}", "unit administration", get(agency))
        .write("/quan-tri/co-quan/{id}", "correct", "units", post(save_agency))
        .write("/api/v1/agencies", "correct", "units", post(api_add))
        .write("/api/v1/agencies/{id}", "correct", "units", post(api_change))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_add, api_change))]
pub struct Description;

pub(super) type Fields = BTreeMap<String, String>;
pub(super) type Wrong = BTreeMap<String, Vec<String>>;

pub(super) fn text<'a>(typed: &'a Fields, name: &str) -> &'a str {
    typed.get(name).map_or("", |t| t.trim())
}

/// A day of a form; none where it is left empty.
pub(super) fn day(typed: &Fields, name: &str, found: &mut Vec<Problem>) -> Option<Day> {
    let typed = text(typed, name);
    let read = typed.parse().ok();
    if read.is_none() && !typed.is_empty() {
        found.push(Problem::input(Phrase::new("units-no-day").with("text", typed)).at_field(name));
    }
    read
}

/// Numbers of units, with commas or blanks between.
fn numbers(typed: &Fields, name: &str, found: &mut Vec<Problem>) -> Vec<UnitId> {
    let mut units = Vec::new();
    for part in text(typed, name).split([',', ' ']).filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(unit) => units.push(UnitId(unit)),
            Err(_) => {
                found.push(Problem::input(Phrase::new("units-no-number").with("text", part)).at_field(name));
            }
        }
    }
    units
}

pub(super) fn note(ctx: &Ctx, problems: &[Problem]) -> (Wrong, Vec<Value>) {
    let mut wrong = Wrong::new();
    let mut errors = Vec::new();
    for problem in problems {
        let field = match &problem.place {
            Some(Place::Field(field)) => field.clone(),
            _ => String::new(),
        };
        let said = locale::say(ctx.lang, &problem.phrase);
        errors.push(context! { href => format!("#{field}"), text => said });
        wrong.entry(field).or_default().push(said);
    }
    (wrong, errors)
}

fn shown(day: Option<Day>) -> String {
    day.map(|d| d.to_string()).unwrap_or_default()
}

/// A unit as its form shows it.
fn fields_of(unit: &Unit, parent: Option<&Unit>) -> Fields {
    [
        ("name", unit.name.clone()),
        ("code", unit.code.clone()),
        ("kind", unit.kind.clone()),
        ("valid_from", shown(unit.valid_from)),
        ("valid_to", shown(unit.valid_to)),
        ("parent", parent.map(|p| p.id.to_string()).unwrap_or_default()),
        ("note", unit.note.clone()),
        ("source", String::new()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

async fn unit(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    show_unit(&ctx, UnitId(id), None, StatusCode::OK, &[], &[]).await
}

async fn show_unit(
    ctx: &Ctx,
    id: UnitId,
    typed: Option<&Fields>,
    status: StatusCode,
    problems: &[Problem],
    changed: &[String],
) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let parent = match unit.parent {
        Some(parent) => store::get(&mut tx, parent).await?,
        None => None,
    };
    let version = store::version(&mut tx, id).await?;
    let now = fields_of(&unit, parent.as_ref());
    let kinds = LEVELS.iter().find(|(level, _)| *level == unit.level).map_or(&[][..], |(_, kinds)| kinds);
    let kinds = kinds
        .iter()
        .map(|kind| context! { id => kind, word => locale::say_key(ctx.lang, &format!("units-kind-{kind}"), &[]) });
    let (wrong, errors) = note(ctx, problems);
    ctx.page_with(
        status,
        "unit_edit.html",
        context! {
            title => locale::say_key(ctx.lang, "units-edit-title", &[("name", unit.name.as_str().into())]), typed => typed.unwrap_or(&now), wrong => wrong,
            errors => errors, changed => changed, kinds => kinds.collect::<Vec<_>>(), parent => parent.map(|p| p.name), seen => version.to_string(),
            key => uuid::Uuid::new_v4().to_string(), action => ctx.link(&format!("/quan-tri/don-vi/{id}")), there => ctx.link(&format!("/don-vi/{id}")),
            may => ctx.may("correct", "units"),
        },
    )
}

/// `POST /quan-tri/don-vi/{id}`: only what differs from what was seen is corrected. Cost: as [`actions::correct`].
async fn correct(ctx: Ctx, Path(id): Path<i64>, Form(typed): Form<Fields>) -> Outcome {
    let (id, there) = (UnitId(id), ctx.link(&format!("/don-vi/{id}?da_luu=1")));
    let body = serde_json::to_vec(&typed)?;
    let repeatable = Repeatable::of_form(&ctx, text(&typed, "key"), &body);
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let Some(now) = store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let mut found = Vec::new();
    let differs = |name: &str, old: &str| (text(&typed, name) != old).then(|| text(&typed, name).to_owned());
    let (from, to) = (day(&typed, "valid_from", &mut found), day(&typed, "valid_to", &mut found));
    let parent = match text(&typed, "parent") {
        "" => None,
        text => match text.parse() {
            Ok(parent) => Some(UnitId(parent)),
            Err(_) => {
                found.push(Problem::input(Phrase::new("units-no-number").with("text", text)).at_field("parent"));
                None
            }
        },
    };
    if !found.is_empty() {
        drop(tx);
        return show_unit(&ctx, id, Some(&typed), StatusCode::UNPROCESSABLE_ENTITY, &found, &[]).await;
    }
    let correction = Correction {
        name: differs("name", &now.name),
        code: differs("code", &now.code),
        kind: differs("kind", &now.kind),
        valid_from: (from != now.valid_from).then_some(from),
        valid_to: (to != now.valid_to).then_some(to),
        parent: (parent != now.parent).then_some(parent),
        point: None,
        confidence: None,
        note: differs("note", &now.note),
        source: text(&typed, "source").to_owned(),
    };
    let seen = text(&typed, "seen").parse().unwrap_or(0);
    match actions::correct(&mut tx, id, seen, correction, &effects(&ctx)).await {
        Ok((version, _)) => {
            repeatable.keep(tx, &json!({"version": version})).await?;
            Ok(Redirect::to(&there).into_response())
        }
        Err(Refused::Store(error)) => Err(error.into()),
        Err(Refused::Problems(problems)) => {
            drop(tx);
            show_unit(&ctx, id, Some(&typed), StatusCode::UNPROCESSABLE_ENTITY, &problems, &[]).await
        }
        Err(Refused::Changed(overtaken)) => {
            drop(tx);
            let lines = both(&ctx, &overtaken);
            show_unit(&ctx, id, Some(&typed), StatusCode::PRECONDITION_FAILED, &[], &lines).await
        }
    }
}

/// The number of an agency in an address; `moi` for a new one.
fn number(ctx: &Ctx, id: &str) -> Result<Option<i64>, Failure> {
    if id == "moi" { Ok(None) } else { id.parse().map(Some).map_err(|_| ctx.not_found()) }
}

async fn agency(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    let id = number(&ctx, &id)?;
    show_agency(&ctx, id, None, StatusCode::OK, &[]).await
}

async fn show_agency(
    ctx: &Ctx,
    id: Option<i64>,
    typed: Option<&Fields>,
    status: StatusCode,
    problems: &[Problem],
) -> Outcome {
    let mut tx = ctx.read().await?;
    let all = store::agencies(&mut tx).await?;
    let now: Option<&Agency> = id.and_then(|id| all.iter().find(|a| a.id == id));
    if id.is_some() && now.is_none() {
        return Err(ctx.not_found());
    }
    let version = match id {
        Some(id) => agencies::version(&mut tx, id).await?.unwrap_or(0),
        None => 0,
    };
    let fields: Fields = now
        .map(|a| {
            [
                ("code", a.code.clone()),
                ("kind", a.kind.clone()),
                ("name_vi", a.name_vi.clone()),
                ("name_en", a.name_en.clone()),
                ("valid_from", shown(a.valid_from)),
                ("valid_to", shown(a.valid_to)),
                ("successor", a.successor.map(|s| s.to_string()).unwrap_or_default()),
                ("units", a.units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
        })
        .unwrap_or_default();
    let kinds = KINDS
        .map(|kind| context! { id => kind, word => locale::say_key(ctx.lang, &format!("units-agency-{kind}"), &[]) });
    let others = all.iter().filter(|a| Some(a.id) != id);
    let others = others.map(|a| context! { id => a.id.to_string(), word => ctx.lang.pick(&a.name_vi, &a.name_en) });
    let (wrong, errors) = note(ctx, problems);
    let path = id.map_or_else(|| "moi".to_owned(), |id| id.to_string());
    ctx.page_with(
        status,
        "agency_edit.html",
        context! {
            title => locale::word(ctx.lang, if id.is_some() { "units-agency-edit" } else { "units-agency-new" }), typed => typed.unwrap_or(&fields), wrong => wrong,
            errors => errors, kinds => kinds, others => others.collect::<Vec<_>>(), seen => version.to_string(), key => uuid::Uuid::new_v4().to_string(),
            action => ctx.link(&format!("/quan-tri/co-quan/{path}")), there => ctx.link("/co-quan"), may => ctx.may("correct", "units"),
        },
    )
}

async fn save_agency(ctx: Ctx, Path(id): Path<String>, Form(typed): Form<Fields>) -> Outcome {
    let id = number(&ctx, &id)?;
    let body = serde_json::to_vec(&typed)?;
    let repeatable = Repeatable::of_form(&ctx, text(&typed, "key"), &body);
    let there = ctx.link("/co-quan");
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let mut found = Vec::new();
    let of = |name: &str| text(&typed, name).to_owned();
    let entered = Entered {
        code: of("code"),
        kind: of("kind"),
        name_vi: of("name_vi"),
        name_en: of("name_en"),
        valid_from: day(&typed, "valid_from", &mut found),
        valid_to: day(&typed, "valid_to", &mut found),
        successor: text(&typed, "successor").parse().ok(),
        units: numbers(&typed, "units", &mut found),
        source: of("source"),
    };
    if found.is_empty() {
        let edited = id.map(|id| (id, text(&typed, "seen").parse().unwrap_or(0)));
        match agencies::save(&mut tx, edited, &entered, &effects(&ctx)).await? {
            Ok(id) => {
                repeatable.keep(tx, &json!({"id": id})).await?;
                return Ok(Redirect::to(&there).into_response());
            }
            Err(problems) => found = problems,
        }
    }
    drop(tx);
    let status = found.iter().map(|p| p.status).min().unwrap_or(422);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    show_agency(&ctx, id, Some(&typed), status, &found).await
}

/// `POST /api/v1/agencies`: a new agency.
#[utoipa::path(post, path = "/api/v1/agencies", request_body(content = Object, content_type = "application/json",
        description = "code, kind, name_vi, name_en, valid_from, valid_to, successor, units (numbers), source"),
    responses((status = 200, description = "Its number"), (status = 422, description = "Every problem with its field")),
    params(("Idempotency-Key" = Option<String>, Header)))]
async fn api_add(ctx: Ctx, body: Bytes) -> Outcome {
    by_program(&ctx, None, &body).await
}

/// `POST /api/v1/agencies/{id}`: corrects an agency, or ends it and names its successor.
#[utoipa::path(post, path = "/api/v1/agencies/{id}", request_body(content = Object, content_type = "application/json",
        description = "code, kind, name_vi, name_en, valid_from, valid_to, successor, units (numbers), source"),
    responses((status = 200, description = "Its number"), (status = 412, description = "It was changed meanwhile"),
        (status = 422, description = "Every problem with its field"), (status = 428, description = "If-Match is missing")),
    params(("id" = i64, Path), ("If-Match" = String, Header, description = "The version seen; 1 as shipped"), ("Idempotency-Key" = Option<String>, Header)))]
async fn api_change(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let seen = crate::api::seen(&ctx)?;
    by_program(&ctx, Some((id, seen)), &body).await
}

async fn by_program(ctx: &Ctx, edited: Option<(i64, i64)>, body: &[u8]) -> Outcome {
    let entered: Entered = crate::api::parsed(ctx, body)?;
    let repeatable = Repeatable::new(ctx, body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match agencies::save(&mut tx, edited, &entered, &effects(ctx)).await? {
        Ok(id) => repeatable.done(tx, json!({"id": id, "version": edited.map_or(1, |(_, seen)| seen + 1)})).await,
        Err(problems) => refused(ctx, Refused::Problems(problems)),
    }
}
