//! The page of search, its API for whoever types, and what a wrong address may have meant.

use super::{Entry, Found, Hit, Index};
use crate::{Asking, Ctx, Outcome, Routes, Site, page, page_from_one, page_links};
use axum::routing::get;
use kernel::{Actor, Phrase};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn routes() -> Routes {
    Routes::new().read("/tim-kiem", "search", get(search)).read("/api/v1/search", "search", get(api))
}

/// The description of this route, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub(crate) struct Description;

/// Hits of each kind beside the others, and of one kind on its page.
const FEW: usize = 5;
const PER: i64 = 20;
/// Hits in an answer of the API.
const MOST: i64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// Only this kind of things.
    nhom: String,
    trang: String,
}

fn group_name(lang: Lang, group: &str) -> String {
    locale::say_key(lang, &format!("search-group-{group}"), &[])
}

/// A hit as pages show it.
fn line(lang: Lang, entry: &Entry) -> Value {
    context! {
        title => entry.title.pick(lang), place => entry.place.pick(lang), ended => entry.ended,
        note => entry.note.as_ref().map(|note| locale::say(lang, note)), href => crate::link(lang, &entry.href),
        kind => group_name(lang, entry.group),
    }
}

fn lines(lang: Lang, index: &Index, hits: &[Hit]) -> Vec<Value> {
    hits.iter().map(|hit| line(lang, index.entry(*hit))).collect()
}

/// `GET /tim-kiem`: what was found by kind, or a page of one kind. Cost: a row a source of the index.
async fn search(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let index = ctx.site.index(&mut tx).await?;
    let found = index.find(&asked.q);
    let all = index.groups(&found);
    let number = page_from_one(&asked.trang);
    let chosen = all.iter().find(|g| g.name == asked.nhom).or(all.first().filter(|_| all.len() == 1));
    let (skip, take) = if chosen.is_some() { ((number * PER) as usize, PER as usize) } else { (0, FEW) };
    let shown: Vec<Value> = all
        .iter()
        .filter(|g| chosen.is_none_or(|chosen| chosen == *g))
        .map(|group| {
            let hits: Vec<Hit> = index.of(&found, group.name).into_iter().skip(skip).take(take).collect();
            context! {
                id => group.name, name => group_name(ctx.lang, group.name), count => group.count,
                more => chosen.is_none() && group.count > take, hits => lines(ctx.lang, &index, &hits),
            }
        })
        .collect();
    let groups: Vec<Value> = all
        .iter()
        .map(|g| {
            let current = chosen.is_some_and(|chosen| chosen == g);
            context! { id => g.name, name => group_name(ctx.lang, g.name), count => g.count, current => current }
        })
        .collect();
    let pages = chosen.map_or_else(Vec::new, |chosen| page_links(number, PER, chosen.count as i64));
    let guess = found.hits.first().filter(|_| found.guessed).map(|hit| line(ctx.lang, index.entry(*hit)));
    let title = locale::word(ctx.lang, "search-title");
    ctx.page(
        "search.html",
        context! {
            title => title, q => asked.q.trim(), count => found.hits.len(), guess => guess, groups => groups, shown => shown,
            group => chosen.map_or("", |g| g.name), pages => pages,
        },
    )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApiAsked {
    q: String,
    group: String,
    page: i64,
    per: Option<i64>,
}

/// `GET /api/v1/search`: what a question finds, the best first; for typing, too. Cost: a row a source of the index.
#[utoipa::path(get, path = "/api/v1/search", responses((status = 200, description = "What was found, the best first, and how many of each kind")),
    params(("q" = String, Query, description = "Words in any order, without diacritics if one likes, with small slips; a code, a number of a decision or of an indicator"),
        ("group" = Option<String>, Query, description = "Only one kind: units, agencies, sets, criteria, indicators, measures, decisions, pages"),
        ("page" = Option<i64>, Query, description = "From 0"), ("per" = Option<i64>, Query, description = "At most 100, by default 20")))]
async fn api(ctx: Ctx, Asking(asked): Asking<ApiAsked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let index = ctx.site.index(&mut tx).await?;
    let found = index.find(&asked.q);
    let (number, per) = (page(asked.page), asked.per.unwrap_or(PER).clamp(1, MOST));
    let groups: Vec<_> = index.groups(&found).iter().map(|g| json!({"group": g.name, "count": g.count})).collect();
    let hits = index.of(&found, &asked.group);
    let results: Vec<_> = hits
        .iter()
        .skip((number * per) as usize)
        .take(per as usize)
        .map(|hit| {
            let entry = index.entry(*hit);
            json!({
                "title": entry.title.pick(ctx.lang), "group": entry.group, "kind": group_name(ctx.lang, entry.group),
                "place": entry.place.pick(ctx.lang), "note": entry.note.as_ref().map(|note| locale::say(ctx.lang, note)),
                "ended": entry.ended, "href": ctx.link(&entry.href),
            })
        })
        .collect();
    // What a field that suggests while somebody types says aloud.
    let said = match results.len() {
        0 => Phrase::new("search-found-none"),
        count => Phrase::new("search-found").with("count", count),
    };
    ctx.json(&json!({
        "q": asked.q, "count": hits.len(), "guessed": found.guessed, "groups": groups, "page": number, "per": per,
        "results": results, "said": locale::say(ctx.lang, &said),
    }))
}

/// The words of an address, and what they find: for whoever came to one that leads nowhere. Nothing where the store does
/// not answer. Cost: a row a source of the index.
pub(crate) async fn nearest(site: &Site, lang: Lang, path: &str) -> (String, Vec<Value>) {
    let path = path.split('?').next().unwrap_or("");
    let read = form_urlencoded::parse(path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D").as_bytes())
        .next()
        .map(|(words, _)| words.into_owned())
        .unwrap_or_default();
    let words: Vec<&str> = read.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let words: String = words.join(" ").chars().take(100).collect();
    let found = async {
        let mut tx = site.store.read(&Actor::READER.scope()).await?;
        let index = site.index(&mut tx).await?;
        let Found { hits, .. } = index.find(&words);
        store::Result::Ok(lines(lang, &index, &hits[..hits.len().min(FEW)]))
    };
    let lines = found.await.unwrap_or_default();
    (words, lines)
}
