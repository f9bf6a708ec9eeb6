//! Pages of units and agencies: the tree as of a day, a unit with what came before and after.

use crate::{
    Edge, Share, Succession, Unit,
    store::{self, Filter},
};
use axum::http::StatusCode;
use kernel::{Day, Phrase, Problem, UnitId};
use minijinja::{Value, context};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use web::{Asking, Ctx, Outcome, Path, Room, Routes};

mod agencies;
mod attribute;
pub mod calendar;
pub mod edit;
pub mod plans;

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "units",
        migrations: store::MIGRATIONS,
        routes,
        templates: web::embedded::<Templates>,
        jobs: plans::register,
        search: &[&crate::found::Units],
        guards: &[],
        personal: &[crate::personal::PERSONAL],
    }
}

fn routes() -> Routes {
    use axum::routing::{get, post};
    Routes::new()
        .read("/don-vi", "units", get(tree))
        .read("/don-vi/{id}", "units", get(unit))
        .write("/don-vi/{id}/thuoc-tinh", "correct", "units", post(attribute::save))
        .read("/co-quan", "agencies", get(agencies::page))
        .read("/co-quan.csv", "agencies", get(agencies::csv))
        .read("/co-quan.xlsx", "agencies", get(agencies::xlsx))
        .merge(plans::routes())
        .merge(edit::routes())
        .merge(calendar::routes())
        .merge(crate::boundaries::pages::routes())
        .merge(crate::api::routes())
}

/// Units on one page of a search.
const PER: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The day, `YYYY-MM-DD`; today by default.
    ngay: String,
    /// Words of a name, or the beginning of a code.
    q: String,
    /// Page of a search, from 1.
    trang: String,
}

/// The day asked for, today by default.
pub(crate) fn day(ctx: &Ctx, text: &str, field: &str) -> Result<Day, web::Failure> {
    match text.trim() {
        "" => Ok(ctx.site.clock.today()),
        text => text
            .parse()
            .map_err(|_| ctx.failure(Problem::input(Phrase::new("units-no-day").with("text", text)).at_field(field))),
    }
}

/// "To be confirmed", where it is.
fn unsure(ctx: &Ctx, confidence: &str) -> Option<String> {
    (confidence != "verified").then(|| locale::word(ctx.lang, "units-unsure"))
}

/// The name of an attribute; its own word where no language has one (a later rulebook's).
fn attribute(ctx: &Ctx, name: &str) -> String {
    let key = format!("units-attribute-{name}");
    if locale::has(ctx.lang, &key) { locale::say_key(ctx.lang, &key, &[]) } else { name.to_owned() }
}

fn attribute_value(ctx: &Ctx, value: &str) -> String {
    match value {
        "true" => locale::word(ctx.lang, "units-yes"),
        "false" => locale::word(ctx.lang, "units-no"),
        other => other.to_owned(),
    }
}

fn kind(ctx: &Ctx, unit: &Unit) -> String {
    locale::say_key(ctx.lang, &format!("units-kind-{}", unit.kind), &[])
}

/// A unit in a list.
fn line(ctx: &Ctx, unit: &Unit) -> Value {
    context! {
        name => unit.name, code => unit.code, kind => kind(ctx, unit), href => ctx.link(&format!("/don-vi/{}", unit.id)),
        from => unit.valid_from.map(locale::date), to => unit.valid_to.map(locale::date),
        unsure => unsure(ctx, &unit.confidence),
    }
}

/// `GET /don-vi`. Cost: the units in force on the day, at most a page of them with a search.
async fn tree(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let on = day(&ctx, &asked.ngay, "ngay")?;
    let mut tx = ctx.read().await?;
    let page = web::page_from_one(&asked.trang);
    let query = asked.q.trim();
    // The eve of the last reorganisation is offered beside today.
    let today = ctx.site.clock.today();
    let ended = store::last_days(&mut tx, &[], Day::from_epoch_days(0), today).await?;
    let days: Vec<Value> = ended
        .first()
        .copied()
        .into_iter()
        .chain([today])
        .map(|d: Day| context! { iso => d.to_string(), text => locale::date(d), chosen => d == on })
        .collect();
    let mut body = vec![
        ("title", Value::from(locale::word(ctx.lang, "units-title"))),
        ("day", Value::from(on.to_string())),
        ("day_text", Value::from(locale::date(on))),
        ("days", Value::from(days)),
        ("q", Value::from(query)),
        ("plans", Value::from(ctx.may("read", "reorganisations"))),
    ];
    if query.is_empty() {
        let provinces = store::list(
            &mut tx,
            &Filter { day: Some(on), level: Some("province".into()), ..Filter::default() },
            0,
            100,
        )
        .await?
        .0;
        // A nation is not unfolded on one page: with many provinces, only their names.
        let few = provinces.len() <= 5;
        let units = if few {
            store::list(&mut tx, &Filter { day: Some(on), ..Filter::default() }, 0, 5_000).await?.0
        } else {
            Vec::new()
        };
        let mut children: BTreeMap<Option<UnitId>, Vec<&Unit>> = BTreeMap::new();
        for unit in &units {
            children.entry(unit.parent).or_default().push(unit);
        }
        let none = Vec::new();
        let of = |id: UnitId| children.get(&Some(id)).unwrap_or(&none);
        let branch = |unit: &Unit| {
            let leaves: Vec<Value> = of(unit.id).iter().map(|u| line(&ctx, u)).collect();
            context! { unit => line(&ctx, unit), count => leaves.len(), leaves => leaves }
        };
        let province = |unit: &Unit| {
            let direct = of(unit.id);
            let communes = direct.iter().filter(|u| u.level == "commune").map(|u| line(&ctx, u)).collect::<Vec<_>>();
            let branches: Vec<Value> = direct.iter().filter(|u| u.level != "commune").map(|u| branch(u)).collect();
            let all = |kind: &str| units.iter().filter(|u| u.kind == kind && under(u, unit.id, &units)).count();
            let kinds = ["commune", "ward", "township"]
                .map(|k| (all(k), locale::say_key(ctx.lang, &format!("units-kind-{k}"), &[])));
            let counts: Vec<String> =
                kinds.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
            context! { unit => line(&ctx, unit), branches => branches, communes => communes, counts => counts.join(", ") }
        };
        body.push(("provinces", provinces.iter().map(province).collect()));
    } else {
        let filter = Filter { day: Some(on), q: Some(query.into()), ..Filter::default() };
        let (found, count) = store::list(&mut tx, &filter, u32::try_from(page * PER).unwrap_or(0), PER as u32).await?;
        body.push(("found", found.iter().map(|u| line(&ctx, u)).collect()));
        body.push(("count", Value::from(count)));
        body.push(("pages", web::page_links(page, PER, count).into()));
    }
    ctx.page("units.html", Value::from_iter(body))
}

/// Whether a unit stands directly under another or under its districts.
fn under(unit: &Unit, top: UnitId, units: &[Unit]) -> bool {
    unit.parent == Some(top) || units.iter().any(|p| Some(p.id) == unit.parent && p.parent == Some(top))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Saved {
    /// Whether an attribute was just saved.
    da_luu: String,
}

/// `GET /don-vi/{id}`. Cost: the unit, its succession, what is directly under it.
async fn unit(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Saved>) -> Outcome {
    let id: i64 = id.parse().map_err(|_| ctx.not_found())?;
    show(ctx, UnitId(id), StatusCode::OK, &attribute::Sent::default(), !asked.da_luu.is_empty()).await
}

/// A unit's page; `sent`: what its form brought that was not saved.
async fn show(ctx: Ctx, id: UnitId, status: StatusCode, sent: &attribute::Sent, saved: bool) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = store::get(&mut tx, id).await? else {
        return Err(ctx.not_found());
    };
    let own = store::own_attributes(&mut tx, id).await?;
    let version = store::version(&mut tx, id).await?;
    // An ended unit is shown as it last was.
    let today = ctx.site.clock.today();
    let on = unit.valid_to.map_or(today, |to| to.min(today));
    let ancestors = store::ancestors(&mut tx, unit.id).await?;
    let above: Vec<Value> = ancestors.iter().map(|u| line(&ctx, u)).collect();
    let below: Vec<Value> = store::children(&mut tx, &[unit.id], on).await?.iter().map(|u| line(&ctx, u)).collect();
    let history = store::history_of(&mut tx, unit.id).await?;
    let edges: Vec<&Edge> = history.before(unit.id).iter().chain(history.after(unit.id)).collect();
    let now = history.successors(unit.id, today);
    let ids: BTreeSet<UnitId> = edges.iter().flat_map(|e| [e.from, e.to]).chain(now.iter().map(|(u, _)| *u)).collect();
    let named = store::many(&mut tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let step = |edge: &Edge, other: UnitId| {
        let share = if edge.whole { Share::Whole } else { Share::Part { main: edge.main } };
        let change = format!("units-change-{}", history.change(edge).name());
        context! {
            unit => named.get(&other).map(|u| line(&ctx, u)), day => locale::date(edge.day), share => share_word(&ctx, share),
            divided => !edge.whole, change => locale::say_key(ctx.lang, &change, &[]), unsure => unsure(&ctx, &edge.confidence),
        }
    };
    let before: Vec<Value> = history.before(unit.id).iter().map(|e| step(e, e.from)).collect();
    let after: Vec<Value> = history.after(unit.id).iter().map(|e| step(e, e.to)).collect();
    let today_is = today_is(&ctx, &history, &unit, &now, &named);
    let attributes: Vec<Value> = store::attributes(&mut tx, unit.id, on)
        .await?
        .into_iter()
        .map(|a| {
            context! {
                name => attribute(&ctx, &a.attribute), value => attribute_value(&ctx, &a.value),
                source => a.source, unsure => unsure(&ctx, &a.confidence), inherited => a.unit != unit.id,
                from => a.from.map(locale::date),
            }
        })
        .collect();
    ctx.page_with(
        status,
        "unit.html",
        context! {
            title => unit.name, meta => crate::about::page(ctx.lang, &unit, &ancestors), unit => line(&ctx, &unit), level => locale::say_key(ctx.lang, &format!("units-level-{}", unit.level), &[]),
            judged => unit.level == "commune", commune => ctx.link(&format!("/xa/{}", unit.id)),
            is_commune => unit.is_judged_commune(), above => above, below => below, before => before, after => after,
            today_is => today_is, attributes => attributes, own => attribute::lines(&ctx, &own),
            edit => ctx.may("correct", "units").then(|| ctx.link(&format!("/quan-tri/don-vi/{id}"))), form => attribute::form(&ctx, id, version, sent), saved => saved, note => unit.note, address => unit.id.address(),
            api => format!("/api/v1/units/{}", unit.id), list => ctx.link("/don-vi"),
        },
    )
}

fn share_word(ctx: &Ctx, share: Share) -> String {
    let key = match share {
        Share::Whole => "units-share-whole",
        Share::Part { main: true } => "units-share-part-main",
        Share::Part { main: false } => "units-share-part",
    };
    locale::word(ctx.lang, key)
}

/// What an ended unit is today, where that takes more than one step.
fn today_is(
    ctx: &Ctx,
    history: &Succession,
    unit: &Unit,
    now: &[(UnitId, Share)],
    named: &std::collections::HashMap<UnitId, Unit>,
) -> Vec<Value> {
    let direct = history.after(unit.id);
    if now.iter().all(|(id, _)| *id == unit.id || direct.iter().any(|e| e.to == *id)) {
        return Vec::new();
    }
    now.iter()
        .map(|(id, share)| context! { unit => named.get(id).map(|u| line(ctx, u)), share => share_word(ctx, *share) })
        .collect()
}
