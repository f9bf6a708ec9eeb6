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
use kernel::{Day, Phrase, Problem, UnitId};
use serde::Deserialize;
use serde_json::{Value, json};
use units::{
    listed::{Answer, Listed, wants_csv},
    store::Filter,
};
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
}

#[derive(Debug, Default, Deserialize)]
struct Paged {
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
}

/// `GET /api/v1/communes`: a page of communes with their verdicts.
#[utoipa::path(get, path = "/api/v1/communes", responses((status = 200, description = "A page of communes with their verdicts")),
    params(("nam" = Option<i32>, Query, description = "Year"), ("bo" = Option<String>, Query, description = "Criteria set"),
        ("dv" = Option<String>, Query, description = "cu: units as they were, moi: as they are now"),
        ("q" = Option<String>, Query, description = "Part of a name or code, diacritics do not matter"),
        ("verdict" = Option<String>, Query, description = "passed, passed_unconfirmed, failed, incomplete, to_be_confirmed, without"),
        ("district" = Option<i64>, Query, description = "Id of a district"), ("group" = Option<String>, Query, description = "Code of a named group"),
        ("sort" = Option<String>, Query, description = "name, verdict, passed, nearest"),
        ("page" = Option<i64>, Query, description = "From 0"), ("per" = Option<i64>, Query, description = "At most 500"),
        ("cursor" = Option<String>, Query, description = "From `next` of the answer before; only in the order of names"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn communes(
    ctx: Ctx,
    Asking(chosen): Asking<Asked>,
    Asking(asked): Asking<Paged>,
    Asking(listed): Asking<Listed>,
) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &chosen, ctx.site.clock.today()).await?;
    let by_name = matches!(asked.sort.as_str(), "" | "name");
    let listing = Listing {
        search: asked.q,
        part: Part::named(&asked.verdict),
        district: asked.district.map(UnitId),
        group: asked.group,
        sort: asked.sort,
        page: listed.page(),
        per: listed.per(100),
        after: listed.after_number(&ctx, "communes")?.filter(|_| by_name).map(UnitId),
        all_kinds: false,
    };
    let (rows, count) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    // A full page may be followed by another, an empty one at worst.
    let next = rows.last().filter(|_| by_name && rows.len() as i64 == listing.per).map(|row| row.id.to_string());
    let rows = rows.iter().map(|row| told(&ctx, &choice, row)).collect();
    let about = json!({
        "set": choice.set, "year": choice.year, "as_of": choice.slice.day, "illustrative": ctx.site.illustrative,
        "count": count, "page": listing.page, "per": listing.per,
    });
    let (fields, also) = if wants_csv(&ctx) { (FLAT, COMMUNE) } else { (COMMUNE, FLAT) };
    listed.answer_with(&ctx, Answer { name: "communes", about, fields, rows, next }, also)
}

/// The fields of a commune with its verdict as JSON has them, and as lines of CSV, where set and year stand in each.
const COMMUNE: &[&str] =
    &["id", "code", "name", "kind", "district", "verdict", "confirmed", "passed", "total", "failing", "lat", "lon"];
const FLAT: &[&str] = &[
    "unit",
    "code",
    "name",
    "district",
    "year",
    "set",
    "verdict",
    "law_confirmed",
    "criteria_passed",
    "criteria",
    "illustrative",
];

/// A commune under either's names.
fn told(ctx: &Ctx, choice: &Choice, row: &CommuneRow) -> Value {
    let mut told = json!(row);
    for (name, value) in [
        ("unit", json!(row.id)),
        ("year", json!(choice.year)),
        ("set", json!(choice.set)),
        ("law_confirmed", json!(row.confirmed)),
        ("criteria_passed", json!(row.passed)),
        ("criteria", json!(row.total)),
        ("illustrative", json!(ctx.site.illustrative)),
    ] {
        told[name] = value;
    }
    told
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
        ("level" = Option<String>, Query, description = "province, district, commune"), ("per" = Option<i64>, Query, description = "At most 500"),
        ("cursor" = Option<String>, Query, description = "From `next` of the answer before"), ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn units_list(ctx: Ctx, Asking(asked): Asking<UnitsAsked>, Asking(listed): Asking<Listed>) -> Outcome {
    let day = match asked.as_of.as_str() {
        "" => ctx.site.clock.today(),
        text => text.parse::<Day>().map_err(|_| {
            ctx.failure(Problem::input(Phrase::new("evaluate-day").with("day", text)).at_field("as_of"))
        })?,
    };
    let level = if asked.level.is_empty() { "commune".into() } else { asked.level };
    let filter = Filter {
        day: Some(day),
        level: Some(level),
        under: asked.under.map(UnitId),
        after: listed.after_number(&ctx, "units")?.map(UnitId),
        ..Filter::default()
    };
    let mut tx = ctx.read().await?;
    let per = listed.per(500);
    let skip = u32::try_from(listed.page() * per).unwrap_or(u32::MAX);
    let (units, count) = units::store::list(&mut tx, &filter, skip, per as u32 + 1).await?;
    units::api::send(&ctx, &listed, json!({"as_of": day, "count": count, "per": per}), &units, per)
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
    params(("id" = i64, Path, description = "Permanent id"), ("nam" = Option<i32>, Query, description = "Year"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn figures(
    ctx: Ctx,
    Path(id): Path<i64>,
    Asking(asked): Asking<Asked>,
    Asking(listed): Asking<Listed>,
) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let rows: Vec<Value> = published::figures(&mut tx, UnitId(id), kernel::year(&asked.nam), Edition::Published)
        .await?
        .iter()
        .map(|f| figure(&law, f))
        .collect();
    let about = json!({"unit": id, "illustrative": ctx.site.illustrative});
    listed.answer(&ctx, Answer { name: "figures", about, fields: FIGURE, rows, next: None })
}

/// The fields of a figure, of a verdict, of a set, of a measure.
const FIGURE: &[&str] =
    &["measure", "period", "origin", "revision", "source", "evidence", "at", "value", "numerator", "denominator"];
const VERDICT: &[&str] = &["set", "period", "verdict", "law_confirmed", "criteria_passed", "criteria", "prerequisites"];
const SET: &[&str] = &["set", "title_vi", "title_en", "decision", "applies"];
const MEASURE: &[&str] = &[
    "id",
    "name_vi",
    "name_en",
    "kind",
    "unit",
    "decimals",
    "aggregate",
    "over_time",
    "reads",
    "background",
    "computed",
    "said_in",
    "confidence",
    "source",
    "note",
];

/// `GET /api/v1/units/{id}/verdicts`: every set and year.
#[utoipa::path(get, path = "/api/v1/units/{id}/verdicts", responses((status = 200, description = "Verdicts of a unit")),
    params(("id" = i64, Path, description = "Permanent id"), ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn verdicts(ctx: Ctx, Path(id): Path<i64>, Asking(listed): Asking<Listed>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let all = totals::of_unit(&mut tx, UnitId(id)).await?;
    let rows: Vec<Value> = all
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
    let about = json!({"unit": id, "illustrative": ctx.site.illustrative});
    listed.answer(&ctx, Answer { name: "verdicts", about, fields: VERDICT, rows, next: None })
}

/// `GET /api/v1/sets`: the criteria sets.
#[utoipa::path(get, path = "/api/v1/sets", responses((status = 200, description = "Criteria sets")),
    params(("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn sets(ctx: Ctx, Asking(listed): Asking<Listed>) -> Outcome {
    let law = law(&ctx);
    let rows: Vec<Value> = law
        .library()
        .sets()
        .map(|s| json!({"set": s.set, "title_vi": s.title_vi, "title_en": s.title_en, "decision": s.decision, "applies": s.applies}))
        .collect();
    listed.answer(&ctx, Answer { name: "sets", about: json!({"count": rows.len()}), fields: SET, rows, next: None })
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
#[utoipa::path(get, path = "/api/v1/measures", responses((status = 200, description = "Measures")),
    params(("per" = Option<i64>, Query, description = "At most 500"), ("cursor" = Option<String>, Query, description = "From `next` of the answer before"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn measures(ctx: Ctx, Asking(listed): Asking<Listed>) -> Outcome {
    let law = law(&ctx);
    let all: Vec<_> = law.library().measures().collect();
    let (some, next) = listed.cut(&ctx, "measures", &all, |measure| measure.id.clone())?;
    let rows = some.iter().map(|measure| json!(&***measure)).collect();
    listed.answer(&ctx, Answer { name: "measures", about: json!({"count": all.len()}), fields: MEASURE, rows, next })
}

/// The description of these routes, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Làng Số API", version = "1", description = "Published figures and verdicts of the New Rural Development programme"), // input: the product's name
    paths(communes, province_totals, super::map::geojson, units_list, unit, figures, verdicts, sets, set, measures, import::figures, super::jobs::api)
)]
pub(super) struct Description;
