//! Permanent addresses of what this room keeps (`/id/{kind}/{id}`), and the answers they lead to.

use super::law;
use crate::{Law, published};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use kernel::{Day, EvidenceId, Moment, Revision, UnitId};
use minijinja::context;
use rulebook::values::year_end;
use serde_json::{Value, json};
use store::{Query, args};
use web::{Ctx, Outcome, Path, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .read("/id/{kind}/{id}", "addresses", get(address))
        .read("/nhap-so-lieu/{id}", "imports", get(import_page))
        .read("/api/v1/imports/{id}", "imports", get(import))
        .read("/api/v1/measures/{id}", "law", get(measure))
        .read("/api/v1/ruletexts/{sha256}", "law", get(ruletext))
}

/// The description of these routes, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(import, measure, ruletext))]
pub struct Description;

/// `GET /id/{kind}/{id}`: the permanent address of a thing, to its page, or to its JSON for a program. Cost: one row.
async fn address(ctx: Ctx, Path((kind, id)): Path<(String, String)>) -> Outcome {
    match place(&ctx, &kind, &id).await? {
        Some((_, api)) if ctx.api => Ok(Redirect::to(&api).into_response()),
        Some((Some(page), _)) => Ok(Redirect::to(&ctx.link(&page)).into_response()),
        Some((None, api)) => Ok(Redirect::to(&api).into_response()),
        None => Err(ctx.not_found()),
    }
}

/// Page and JSON of a thing; a thing without a page is shown as its JSON.
async fn place(ctx: &Ctx, kind: &str, id: &str) -> Result<Option<(Option<String>, String)>, web::Failure> {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let number: Option<i64> = id.parse().ok();
    Ok(match (kind, number) {
        ("unit", Some(number)) => units::store::get(&mut tx, UnitId(number))
            .await?
            .map(|unit| (Some(units::about::href(&unit)), format!("/api/v1/units/{number}"))),
        ("agency", Some(number)) => {
            let known = units::store::agencies(&mut tx).await?.iter().any(|a| a.id == number);
            known.then(|| (Some(format!("/co-quan#a{number}")), "/api/v1/agencies".to_owned()))
        }
        ("import", Some(number)) => {
            let known = find_import(&mut tx, number).await?.is_some();
            known.then(|| (Some(format!("/nhap-so-lieu/{number}")), format!("/api/v1/imports/{number}")))
        }
        ("revision", Some(number)) => published::line(&mut tx, Revision(number)).await?.map(|line| {
            let (unit, measure, year) = (line.key.unit, law.measure_code(line.key.measure), line.key.year);
            let page = format!("/so-lieu/{unit}/{measure}/{year}#r{number}");
            (Some(page), format!("/api/v1/units/{unit}/figures/{measure}/{year}"))
        }),
        ("evidence", Some(number)) => crate::evidence::find(&mut tx, EvidenceId(number))
            .await?
            .map(|_| (Some(format!("/tep-minh-chung/{number}")), format!("/api/v1/evidence/{number}"))),
        ("set", _) => {
            law.library().set(id).map(|s| (Some(format!("/bo-tieu-chi/{}", s.set)), format!("/api/v1/sets/{}", s.set)))
        }
        ("measure", _) => law
            .library()
            .measure(id)
            .map(|m| (Some(format!("/tu-dien-so-lieu?q={0}#{0}", m.id)), format!("/api/v1/measures/{}", m.id))),
        ("ruletext", _) => find_text(&mut tx, &law, id, ctx.site.clock.today())
            .await?
            .map(|_| (None, format!("/api/v1/ruletexts/{id}"))),
        _ => None,
    })
}

/// An import as it was recorded. Readers see those that were published.
async fn find_import(tx: &mut impl Query, id: i64) -> store::Result<Option<Value>> {
    let sql =
        "SELECT at, actor, source, content_hash, added, changed, unchanged, published FROM facts_import WHERE id = $1";
    let Some(row) = tx.row(sql, args![id]).await? else { return Ok(None) };
    let published = row.flag(7)?;
    if !published && tx.scope().working.is_none() {
        return Ok(None);
    }
    Ok(Some(json!({
        "id": id, "address": format!("/id/import/{id}"), "at": Moment(row.i64(0)?).rfc3339(), "actor": row.text(1)?,
        "source": row.text(2)?, "sha256": row.text(3)?, "new": row.i64(4)?, "changed": row.i64(5)?,
        "unchanged": row.i64(6)?, "published": published,
    })))
}

/// `GET /api/v1/imports/{id}`: a table or data value set that was taken in.
#[utoipa::path(get, path = "/api/v1/imports/{id}", responses((status = 200, description = "When, from where, the SHA-256 of what was sent, how many figures")),
    params(("id" = i64, Path, description = "Permanent id; readers see published imports")))]
async fn import(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    let id: i64 = id.parse().map_err(|_| ctx.not_found())?;
    let mut tx = ctx.read().await?;
    match find_import(&mut tx, id).await? {
        Some(import) => ctx.json(&import),
        None => Err(ctx.not_found()),
    }
}

/// `GET /nhap-so-lieu/{id}`: the same, to be read.
async fn import_page(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    let id: i64 = id.parse().map_err(|_| ctx.not_found())?;
    let mut tx = ctx.read().await?;
    let Some(import) = find_import(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let day = import["at"].as_str().and_then(|at| at.get(..10)?.parse::<Day>().ok()).map(locale::date);
    let title = locale::say_key(ctx.lang, "import-title", &[("id", kernel::Arg::Text(id.to_string()))]);
    ctx.page(
        "import.html",
        context! { title => title, day => day, import => minijinja::Value::from_serialize(&import) },
    )
}

/// `GET /api/v1/measures/{id}`: what one figure measures.
#[utoipa::path(get, path = "/api/v1/measures/{id}", responses((status = 200, description = "A measure")),
    params(("id" = String, Path, description = "Permanent id")))]
async fn measure(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    match law(&ctx).library().measure(&id) {
        Some(measure) => ctx.json(&**measure),
        None => Err(ctx.not_found()),
    }
}

/// The text of this hash: kept because it judged something, or in use today. Cost: one row; else the sets in memory.
async fn find_text(tx: &mut impl Query, law: &Law, sha256: &str, today: Day) -> store::Result<Option<Vec<u8>>> {
    let row = tx.row("SELECT text FROM facts_ruletext WHERE sha256 = $1", args![sha256]).await?;
    if let Some(row) = row {
        return Ok(Some(row.text(0)?.into_bytes()));
    }
    let (first, last) = law.years(today).into_inner();
    let mut days = units::store::last_days(tx, &[], year_end(first), year_end(last)).await?;
    days.extend((first..=last).map(year_end));
    let in_use = law.library().sets().flat_map(|s| days.iter().filter_map(|&day| law.plan(&s.set, day)));
    Ok(in_use.into_iter().find(|plan| plan.book.hash == sha256).map(|plan| plan.book.text()))
}

/// `GET /api/v1/ruletexts/{sha256}`: the whole text that judged, byte for byte: its SHA-256 is its address.
#[utoipa::path(get, path = "/api/v1/ruletexts/{sha256}", responses((status = 200, description = "A criteria set as it judged, amendments, overlays and confirmations laid on (RFC 8785 JSON)")),
    params(("sha256" = String, Path, description = "The hash a verdict names")))]
async fn ruletext(ctx: Ctx, Path(sha256): Path<String>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(text) = find_text(&mut tx, &law(&ctx), &sha256, ctx.site.clock.today()).await? else {
        return Err(ctx.not_found());
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, text).into_response())
}
