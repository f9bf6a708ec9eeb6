//! What a unit has from those it was formed of: their figures, carried; their verdicts, listed.

use super::{law, say};
use crate::{
    Law,
    carried::{self, CarriedMeasure, Wanted},
};
use axum::routing::get;
use kernel::{Day, Decimal, Phrase, Problem, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Measure, Status, values::year_end};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use units::{
    Share, Unit,
    carry::{Area, Carried, Joined, Quantity, Why},
    store::Filter,
};
use web::{Asking, Ctx, Failure, Outcome, Path, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .read("/xa/{id}/ke-thua", "figures", get(page))
        .read("/api/v1/units/{id}/carried", "figures", get(of_unit))
        .read("/api/v1/measures/{measure}/carried", "figures", get(of_measure))
}

/// The description of these routes, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(of_unit, of_measure))]
pub struct Description;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    nam: String,
    under: Option<i64>,
    as_of: String,
    reported_on: String,
    /// All units under `under` as one area.
    together: bool,
}

/// The set whose verdicts of a year are listed.
fn set_of(law: &Law, unit: &Unit, year: i16) -> Option<String> {
    law.sets_for(unit, year).into_iter().next()
}

/// Years from which a unit's predecessors may have figures, the latest first.
fn years(law: &Law, unit: &Unit, today: Day) -> Vec<i16> {
    let (first, current) = law.years(today).into_inner();
    let last = unit.valid_from.map_or(current - 1, |from| from.yesterday().year());
    (first..=last).rev().collect()
}

/// The day on which those who reported for a year were in force: its end, or the eve of the unit's first day.
fn reported_on(unit: &Unit, year: i16) -> Day {
    unit.valid_from.map_or(year_end(year), |from| from.yesterday().min(year_end(year)))
}

/// `GET /xa/{id}/ke-thua`. Cost: the succession, the figures of the units it was formed of.
async fn page(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let id = id.parse().map(UnitId).map_err(|_| ctx.not_found())?;
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let today = ctx.site.clock.today();
    let years = years(&law, &unit, today);
    let year: i16 =
        kernel::year(&asked.nam).filter(|y| years.contains(y)).or(years.first().copied()).unwrap_or(today.year());
    let then = reported_on(&unit, year);
    let on = unit.valid_from.unwrap_or(then);
    let history = units::store::history_of(&mut tx, id).await?;
    let before: Vec<(UnitId, Share)> = history.predecessors(id, then).into_iter().filter(|(u, _)| *u != id).collect();
    let ids: Vec<UnitId> = before.iter().map(|(u, _)| *u).collect();
    let named = units::store::many(&mut tx, &ids).await?;
    let set = ids.first().and_then(|u| named.get(u)).and_then(|u| set_of(&law, u, year));
    let verdicts = match &set {
        Some(set) => carried::verdicts(&mut tx, &ids, set, year).await?,
        None => HashMap::new(),
    };
    let wanted = Wanted { areas: vec![Area::unit(id)], reported_on: then, on, year, measure: None };
    let measures = if ids.is_empty() { Vec::new() } else { carried::carried(&mut tx, &law, &wanted).await? };
    let name = |id: &UnitId| named.get(id).map_or_else(String::new, |u| u.name.clone());
    let olds: Vec<Value> = before
        .iter()
        .map(|(old, share)| {
            let verdict = verdicts.get(old);
            context! {
                name => name(old), href => ctx.link(&format!("/xa/{old}?nam={year}")), whole => *share == Share::Whole,
                main => share.main(), word => verdict.map(|(s, c)| locale::word(ctx.lang, say::key(*s, *c))),
                class => verdict.map(|(s, c)| say::class(*s, *c)),
            }
        })
        .collect();
    let passed = verdicts.values().filter(|(s, _)| *s == Status::Passed).count();
    let unconfirmed = verdicts.values().filter(|(s, confirmed)| *s == Status::Passed && !confirmed).count();
    let rows: Vec<Value> = measures.iter().map(|m| row(ctx.lang, m, &name)).collect();
    ctx.page(
        "carried.html",
        context! {
            title => locale::say(ctx.lang, &Phrase::new("carried-title").with("name", unit.name.as_str())),
            back => ctx.link(&format!("/xa/{id}")), name => unit.name, year => year.to_string(),
            years => years.iter().map(i16::to_string).collect::<Vec<_>>(), then => locale::date(then), olds => olds,
            judged => verdicts.len(), passed => passed, unconfirmed => unconfirmed, rows => rows,
            api => format!("/api/v1/units/{id}/carried?nam={year}"),
        },
    )
}

/// A measure as a line of the table.
fn row(lang: Lang, carried: &CarriedMeasure, name: &impl Fn(&UnitId) -> String) -> Value {
    let measure = &carried.measure;
    let one = &carried.areas[0];
    let names = |units: &mut dyn Iterator<Item = &UnitId>| units.map(name).collect::<Vec<_>>().join(", ");
    let mut notes = Vec::new();
    if let Joined::NotComparable(why) = &one.joined {
        notes.push(locale::say(lang, &because(why, name)));
    }
    if !one.missing.is_empty() {
        notes.push(locale::say(lang, &Phrase::new("carried-missing").with("units", names(&mut one.missing.iter()))));
    }
    for part in &one.parts {
        let key = if part.main { "carried-part-main" } else { "carried-part" };
        let value = part.figure.as_ref().map_or_else(|| "–".to_owned(), |q| shown(lang, measure, q));
        notes.push(locale::say(lang, &Phrase::new(key).with("unit", name(&part.unit)).with("value", value)));
    }
    let value = match &one.joined {
        Joined::Figure(quantity) => shown(lang, measure, quantity),
        Joined::Counted { yes, no } => {
            locale::say(lang, &Phrase::new("carried-counted").with("yes", *yes).with("of", yes + no))
        }
        Joined::Nothing | Joined::NotComparable(_) => "–".to_owned(),
    };
    context! {
        measure => lang.pick(measure.name_vi.clone(), measure.name_en.clone()), unit => measure.unit, value => value,
        count => one.from.len(), complete => one.complete(), notes => notes,
    }
}

fn because(why: &Why, name: &impl Fn(&UnitId) -> String) -> Phrase {
    match why {
        Why::Measure => Phrase::new("carried-not-comparable"),
        Why::NoWeight { measure, units } => Phrase::new("carried-no-weight")
            .with("measure", measure.as_str())
            .with("units", units.iter().map(name).collect::<Vec<_>>().join(", ")),
        Why::ZeroWeight { measure } => Phrase::new("carried-zero-weight").with("measure", measure.as_str()),
        Why::Mixed => Phrase::new("carried-mixed"),
    }
}

fn shown(lang: Lang, measure: &Measure, quantity: &Quantity) -> String {
    match quantity {
        Quantity::Flag(yes) => locale::word(lang, if *yes { "status-passed" } else { "status-failed" }),
        Quantity::Number(number) => locale::rounded(lang, number, measure.decimals),
        ratio => ratio.rounded(measure.decimals).map_or_else(String::new, |n| locale::exact(lang, &n)),
    }
}

/// A number that six decimals hold, else rounded to them, as `langso evaluate` writes values.
fn number(quantity: &Quantity) -> Option<Decimal> {
    quantity.rounded(6)
}

fn quantity(quantity: &Quantity) -> serde_json::Value {
    match quantity {
        Quantity::Flag(yes) => json!({"value": yes}),
        Quantity::Number(value) => json!({"value": value}),
        Quantity::Fraction { numerator, denominator } => {
            json!({"value": number(quantity), "numerator": numerator, "denominator": denominator})
        }
        // A weighted mean: exact as this quotient, in the measure's unit.
        Quantity::Ratio { numerator, denominator } => {
            json!({"value": number(quantity), "quotient": [numerator, denominator]})
        }
    }
}

fn told(ctx: &Ctx, carried: &Carried) -> serde_json::Value {
    let joined = match &carried.joined {
        Joined::Nothing => json!({"joined": "nothing"}),
        Joined::Figure(q) => {
            let mut value = quantity(q);
            value["joined"] = json!("figure");
            value
        }
        Joined::Counted { yes, no } => json!({"joined": "counted", "yes": yes, "no": no}),
        Joined::NotComparable(why) => {
            let units = if let Why::NoWeight { units, .. } = why { units.clone() } else { Vec::new() };
            let why = locale::say(ctx.lang, &because(why, &|u: &UnitId| u.to_string()));
            json!({"joined": "not_comparable", "why": why, "without_weight": units})
        }
    };
    let parts: Vec<_> = carried
        .parts
        .iter()
        .map(|p| json!({"unit": p.unit, "main": p.main, "figure": p.figure.as_ref().map(quantity)}))
        .collect();
    let mut all = json!({"area": carried.area, "complete": carried.complete(), "from": carried.from,
                         "missing": carried.missing, "parts": parts});
    if let (Some(all), serde_json::Value::Object(joined)) = (all.as_object_mut(), joined) {
        all.extend(joined);
    }
    all
}

/// `GET /api/v1/units/{id}/carried`: what a unit has from those it was formed of, measure by measure.
#[utoipa::path(get, path = "/api/v1/units/{id}/carried",
    responses((status = 200, description = "Published figures of the predecessors joined as each measure says; divided units stand beside as parts")),
    params(("id" = i64, Path, description = "Permanent id"), ("nam" = Option<i32>, Query, description = "Year of the figures")))]
async fn of_unit(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let today = ctx.site.clock.today();
    let year = kernel::year(&asked.nam).or(years(&law, &unit, today).first().copied()).unwrap_or(today.year());
    let then = reported_on(&unit, year);
    let on = unit.valid_from.unwrap_or(then);
    let wanted = Wanted { areas: vec![Area::unit(unit.id)], reported_on: then, on, year, measure: None };
    let measures = carried::carried(&mut tx, &law, &wanted).await?;
    let measures: Vec<_> = measures
        .iter()
        .map(|m| {
            let mut line = told(&ctx, &m.areas[0]);
            line["measure"] = json!(m.measure.id);
            line
        })
        .collect();
    ctx.json(&json!({"unit": unit.id, "period": format!("{year:04}"), "reported_on": then,
                     "illustrative": ctx.site.illustrative, "measures": measures}))
}

fn day(ctx: &Ctx, text: &str, field: &str, default: Day) -> Result<Day, Failure> {
    if text.is_empty() {
        return Ok(default);
    }
    let bad = |_| ctx.failure(Problem::input(Phrase::new("evaluate-day").with("day", text)).at_field(field));
    text.parse().map_err(bad)
}

/// `GET /api/v1/measures/{measure}/carried`: a measure on the units of another day than those that reported it.
#[utoipa::path(get, path = "/api/v1/measures/{measure}/carried",
    responses((status = 200, description = "For each unit in force on `as_of` (or for all together) the joined figure, what is missing, and divided units as parts")),
    params(("measure" = String, Path), ("nam" = i32, Query, description = "Year of the figures"),
        ("reported_on" = Option<String>, Query, description = "The day on which the reporting units were in force; the year's last day by default"),
        ("as_of" = Option<String>, Query, description = "The day of the units asked about; today by default"),
        ("under" = Option<i64>, Query, description = "Units under this one; the first province by default"),
        ("together" = Option<bool>, Query, description = "All of them as one area")))]
async fn of_measure(ctx: Ctx, Path(measure): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let year = kernel::year(&asked.nam).ok_or_else(|| {
        ctx.failure(Problem::input(Phrase::new("evaluate-day").with("day", asked.nam.as_str())).at_field("nam"))
    })?;
    if law.measure_id(&measure).is_none() {
        return Err(ctx.not_found());
    }
    let then = day(&ctx, &asked.reported_on, "reported_on", year_end(year))?;
    let on = day(&ctx, &asked.as_of, "as_of", ctx.site.clock.today())?;
    let mut tx = ctx.read().await?;
    let under = match asked.under {
        Some(id) => Some(UnitId(id)),
        None => units::store::provinces(&mut tx, on).await?.first().map(|p| p.id),
    };
    let filter = Filter { day: Some(on), level: Some("commune".into()), under, ..Filter::default() };
    let (units, _) = units::store::list(&mut tx, &filter, 0, 20_000).await?;
    let areas = if asked.together {
        let members: BTreeSet<UnitId> = units.iter().map(|u| u.id).collect();
        vec![Area { id: under.unwrap_or(UnitId(0)), members }]
    } else {
        units.iter().map(|u| Area::unit(u.id)).collect()
    };
    let wanted = Wanted { areas, reported_on: then, on, year, measure: Some(measure.clone()) };
    let found = carried::carried(&mut tx, &law, &wanted).await?;
    let areas: Vec<_> = found.iter().flat_map(|m| &m.areas).map(|c| told(&ctx, c)).collect();
    ctx.json(&json!({"measure": measure, "period": format!("{year:04}"), "reported_on": then, "as_of": on,
                     "illustrative": ctx.site.illustrative, "areas": areas}))
}
