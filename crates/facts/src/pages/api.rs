//! The API, version 1: everything the pages show, for programs; and permanent addresses.

use super::{
    choice::{Asked, Choice},
    import, law,
};
use crate::{
    Edition, Law, published, story,
    totals::{self, CommuneRow, Listing, Part, Totals},
};
use axum::routing::{get, post};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Day, Phrase, Problem, UnitId};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Asking, Ctx, Outcome, Path, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .read("/api/v1/communes", "verdicts", get(communes))
        .read("/api/v1/totals", "verdicts", get(province_totals))
        .read("/api/v1/units", "units", get(units_list))
        .read("/api/v1/units/{id}", "units", get(unit))
        .read("/api/v1/units/{id}/figures", "figures", get(figures))
        .read("/api/v1/units/{id}/verdicts", "verdicts", get(verdicts))
        .read("/api/v1/sets", "law", get(sets))
        .read("/api/v1/sets/{set}", "law", get(set))
        .read("/api/v1/measures", "law", get(measures))
        .read("/api/v1/map.geojson", "verdicts", get(super::map::geojson))
        .write_large("/api/v1/figures", "import", "figures", post(import::figures))
        .read("/api", "api", get(page))
        .read("/api/openapi.json", "api", get(openapi))
}

#[derive(Debug, Default, Deserialize)]
struct Paged {
    #[serde(default)]
    nam: String,
    #[serde(default)]
    bo: String,
    #[serde(default)]
    dv: String,
    #[serde(default)]
    tinh: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    district: Option<i64>,
    #[serde(default)]
    group: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: i64,
    #[serde(default)]
    per: Option<i64>,
}

/// `GET /api/v1/communes`: a page of communes with their verdicts.
#[utoipa::path(get, path = "/api/v1/communes", responses((status = 200, description = "A page of communes with their verdicts")),
    params(("nam" = Option<i32>, Query, description = "Year"), ("bo" = Option<String>, Query, description = "Criteria set"),
        ("dv" = Option<String>, Query, description = "cu: units as they were, moi: as they are now"),
        ("q" = Option<String>, Query, description = "Part of a name or code, diacritics do not matter"),
        ("verdict" = Option<String>, Query, description = "passed, passed_unconfirmed, failed, incomplete, to_be_confirmed, without"),
        ("district" = Option<i64>, Query, description = "Id of a district"), ("group" = Option<String>, Query, description = "Code of a named group"),
        ("sort" = Option<String>, Query, description = "name, verdict, passed, nearest"),
        ("page" = Option<i64>, Query, description = "From 0"), ("per" = Option<i64>, Query, description = "At most 500")))]
async fn communes(ctx: Ctx, Asking(asked): Asking<Paged>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Asked { nam: asked.nam, bo: asked.bo, dv: asked.dv, tinh: asked.tinh };
    let choice = Choice::make(&mut tx, &law, &choice, ctx.site.clock.today()).await?;
    let per = asked.per.unwrap_or(100).clamp(1, 500);
    let listing = Listing {
        search: asked.q,
        part: Part::named(&asked.verdict),
        district: asked.district.map(UnitId),
        group: asked.group,
        sort: asked.sort,
        page: web::page(asked.page),
        per,
        all_kinds: false,
    };
    let (rows, count) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    if wants_csv(&ctx) {
        return communes_csv(&ctx, &choice, &rows);
    }
    ctx.json(&json!({
        "set": choice.set, "year": choice.year, "as_of": choice.slice.day, "illustrative": ctx.site.illustrative,
        "count": count, "page": listing.page, "per": per, "communes": rows,
    }))
}

/// Whether a program asks for CSV rather than JSON.
fn wants_csv(ctx: &Ctx) -> bool {
    let accept = ctx.headers.get(axum::http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    accept.contains("text/csv")
}

/// The same page of communes as CSV, under names for programs.
fn communes_csv(ctx: &Ctx, choice: &Choice, rows: &[CommuneRow]) -> Outcome {
    let head = "unit code name district year set verdict law_confirmed criteria_passed criteria illustrative";
    let text = |text: &str| Content::Text(text.to_owned());
    let line = |r: &CommuneRow| {
        vec![
            text(&r.id.to_string()),
            text(&r.code),
            text(&r.name),
            text(r.district.as_deref().unwrap_or("")),
            text(&choice.year.to_string()),
            text(&choice.set),
            text(r.verdict.unwrap_or("")),
            text(&r.confirmed.to_string()),
            Content::Number(r.passed.into()),
            Content::Number(r.total.into()),
            text(&ctx.site.illustrative.to_string()),
        ]
    };
    let headings = head.split(' ').map(String::from).collect();
    let list = List { name: String::new(), headings, rows: rows.iter().map(line).collect() };
    let name = format!("communes-{}-{}.csv", choice.set, choice.year);
    ctx.download(&name, Kind::Csv.media_type(), list.bytes(Kind::Csv, ctx.site.clock.today())?)
}

/// `GET /api/v1/totals`: how many communes have which verdict.
#[utoipa::path(get, path = "/api/v1/totals", responses((status = 200, description = "How many communes have which verdict")),
    params(("nam" = Option<i32>, Query, description = "Year"), ("bo" = Option<String>, Query, description = "Criteria set")))]
async fn province_totals(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
    let totals: Totals = totals::totals(&mut tx, &choice.slice).await?;
    ctx.json(&json!({
        "set": choice.set, "year": choice.year, "as_of": choice.slice.day, "province": choice.slice.ancestor,
        "illustrative": ctx.site.illustrative, "totals": totals,
    }))
}

#[derive(Debug, Default, Deserialize)]
struct UnitsAsked {
    /// The day on which the units are valid; today by default.
    #[serde(default)]
    as_of: String,
    #[serde(default)]
    under: Option<i64>,
    #[serde(default)]
    level: String,
}

/// `GET /api/v1/units`: units under a unit on a day.
#[utoipa::path(get, path = "/api/v1/units", responses((status = 200, description = "Units valid on a day")),
    params(("as_of" = Option<String>, Query, description = "YYYY-MM-DD"), ("under" = Option<i64>, Query, description = "Id of an ancestor"),
        ("level" = Option<String>, Query, description = "province, district, commune")))]
async fn units_list(ctx: Ctx, Asking(asked): Asking<UnitsAsked>) -> Outcome {
    let day = match asked.as_of.as_str() {
        "" => ctx.site.clock.today(),
        text => text.parse::<Day>().map_err(|_| {
            ctx.failure(Problem::input(Phrase::new("evaluate-day").with("day", text)).at_field("as_of"))
        })?,
    };
    let mut tx = ctx.read().await?;
    let provinces = units::store::provinces(&mut tx, day).await?;
    let level = if asked.level.is_empty() { "commune" } else { asked.level.as_str() };
    let units = match (level, asked.under) {
        ("province", None) => provinces,
        (level, Some(under)) => units::store::under(&mut tx, UnitId(under), level, day).await?,
        (level, None) => {
            let mut all = Vec::new();
            // One or two provinces, never one query a unit.
            for province in &provinces {
                all.extend(units::store::under(&mut tx, province.id, level, day).await?);
            }
            all
        }
    };
    ctx.json(&json!({"as_of": day, "units": units}))
}

/// `GET /api/v1/units/{id}`: a unit, its ancestors, what came before and after.
#[utoipa::path(get, path = "/api/v1/units/{id}", responses((status = 200, description = "A unit with its neighbours in time")),
    params(("id" = i64, Path, description = "Permanent id")))]
async fn unit(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let ancestors = units::store::ancestors(&mut tx, unit.id).await?;
    let neighbours: Vec<Value> = units::store::neighbours(&mut tx, unit.id)
        .await?
        .into_iter()
        .map(|(change, other)| json!({"change": change, "unit": other}))
        .collect();
    ctx.json(&json!({"address": unit.id.address(), "unit": unit, "ancestors": ancestors, "succession": neighbours}))
}

/// A value as a program reads it: exact text, with numerator and denominator where it came so.
pub(super) fn value(value: &rulebook::Value) -> Value {
    match value {
        rulebook::Value::Yes(yes) => json!({"value": yes}),
        rulebook::Value::Number(n) => json!({"value": n}),
        rulebook::Value::Fraction(n, d) => json!({"value": value.shown(), "numerator": n, "denominator": d}),
        rulebook::Value::NotApplicable => json!({"value": "n/a"}),
    }
}

/// A line of a figure's history as a program reads it.
pub(super) fn figure(law: &Law, f: &crate::Figure) -> Value {
    let mut told = json!({
        "measure": law.measure_code(f.key.measure), "period": format!("{:04}", f.key.year),
        "origin": f.key.origin, "revision": f.revision, "source": f.source, "evidence": f.note, "at": f.at.rfc3339(),
    });
    if let (Some(object), Value::Object(more)) = (told.as_object_mut(), value(&f.value)) {
        object.extend(more);
    }
    told
}

/// `GET /api/v1/units/{id}/figures`: the published figures of a unit.
#[utoipa::path(get, path = "/api/v1/units/{id}/figures", responses((status = 200, description = "Published figures with their sources")),
    params(("id" = i64, Path, description = "Permanent id"), ("nam" = Option<i32>, Query, description = "Year")))]
async fn figures(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let figures: Vec<Value> = published::figures(&mut tx, UnitId(id), kernel::year(&asked.nam), Edition::Published)
        .await?
        .iter()
        .map(|f| figure(&law, f))
        .collect();
    ctx.json(&json!({"unit": id, "illustrative": ctx.site.illustrative, "figures": figures}))
}

/// `GET /api/v1/units/{id}/verdicts`: every set and year.
#[utoipa::path(get, path = "/api/v1/units/{id}/verdicts", responses((status = 200, description = "Verdicts of a unit")),
    params(("id" = i64, Path, description = "Permanent id")))]
async fn verdicts(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let all = totals::of_unit(&mut tx, UnitId(id)).await?;
    let verdicts: Vec<Value> = all
        .iter()
        .map(|(set, year, status, confirmed, passed, total)| {
            let prerequisites: Vec<Value> = story::prerequisites(&law, set, *year, &all)
                .into_iter()
                .map(|p| json!({"rulebook": p.set, "verdict": p.status.name()}))
                .collect();
            json!({"set": set, "period": format!("{year:04}"), "verdict": status.name(), "law_confirmed": confirmed,
                   "criteria_passed": passed, "criteria": total, "prerequisites": prerequisites})
        })
        .collect();
    ctx.json(&json!({"unit": id, "illustrative": ctx.site.illustrative, "verdicts": verdicts}))
}

/// `GET /api/v1/sets`: the criteria sets.
#[utoipa::path(get, path = "/api/v1/sets", responses((status = 200, description = "Criteria sets")))]
async fn sets(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let sets: Vec<Value> = law
        .library()
        .sets()
        .map(|s| json!({"set": s.set, "title_vi": s.title_vi, "title_en": s.title_en, "decision": s.decision, "applies": s.applies}))
        .collect();
    ctx.json(&json!({"sets": sets}))
}

/// `GET /api/v1/sets/{set}`: a whole set as data.
#[utoipa::path(get, path = "/api/v1/sets/{set}", responses((status = 200, description = "A criteria set as data")),
    params(("set" = String, Path, description = "Id of the set")))]
async fn set(ctx: Ctx, Path(set): Path<String>) -> Outcome {
    let law = law(&ctx);
    match law.library().set(&set) {
        Some(set) => ctx.json(&**set),
        None => Err(ctx.not_found()),
    }
}

/// `GET /api/v1/measures`: what figures measure.
#[utoipa::path(get, path = "/api/v1/measures", responses((status = 200, description = "Measures")))]
async fn measures(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let measures: Vec<_> = law.library().measures().map(|m| (**m).clone()).collect();
    ctx.json(&json!({"measures": measures}))
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Làng Số API", version = "1", description = "Published figures and verdicts of the New Rural Development programme"), // input: the product's name
    paths(communes, province_totals, super::map::geojson, units_list, unit, figures, verdicts, sets, set, measures, import::figures, super::jobs::api)
)]
struct Description;

/// The OpenAPI 3.1 description, made from the code.
pub fn description() -> String {
    use utoipa::OpenApi;
    let mut all = Description::openapi();
    all.merge(web::description());
    all.merge(units::api::Description::openapi());
    all.merge(super::carried::Description::openapi());
    all.merge(super::figure::Description::openapi());
    all.merge(super::publish::Description::openapi());
    all.merge(super::rejudged::Description::openapi());
    all.merge(super::dhis2::Description::openapi());
    all.merge(super::address::Description::openapi());
    all.to_json().unwrap_or_default()
}

/// `GET /api/openapi.json`.
async fn openapi(ctx: Ctx) -> Outcome {
    let description: Value = serde_json::from_str(&ctx.site.openapi)?;
    ctx.json(&description)
}

/// `GET /api`: the description, to be read.
async fn page(ctx: Ctx) -> Outcome {
    let description: Value = serde_json::from_str(&ctx.site.openapi)?;
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            operations.push(minijinja::context! {
                path => path, method => method.to_uppercase(),
                summary => operation["responses"]["200"]["description"].as_str().unwrap_or(""),
                parameters => minijinja::Value::from_serialize(operation.get("parameters").cloned().unwrap_or(json!([]))),
            });
        }
    }
    ctx.page("api.html", minijinja::context! { title => "API", operations => operations })
}
