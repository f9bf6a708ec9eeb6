//! What the pages of this room tell machines about themselves: descriptions, data sets with their files, the way to them.

use kernel::{Arg, Phrase};
use locale::Lang;
use rulebook::{Rulebook, model::Indicator};
use units::Unit;
use web::{
    Ctx, Meta, link,
    meta::{dataset, website},
};

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A page about data that may be taken away: a sentence, a data set of that name with these files.
fn data(ctx: &Ctx, name: &str, said: &str, path: &str, files: &[(&str, &str)]) -> Meta {
    let files: Vec<(String, &str)> = files
        .iter()
        .map(|(href, kind)| (if href.starts_with("/api/") { (*href).to_owned() } else { ctx.link(href) }, *kind))
        .collect();
    Meta::new(said).thing(dataset(name, said, &ctx.link(path), &files))
}

fn said(ctx: &Ctx, key: &'static str, name: &str) -> String {
    locale::say_key(ctx.lang, key, &[("name", Arg::Text(name.to_owned()))])
}

/// Home: the site with its search, the province's verdicts.
pub(super) fn home(ctx: &Ctx, province: &str) -> Meta {
    let files = [("/xa.csv", CSV), ("/xa.xlsx", XLSX), ("/api/v1/communes", JSON), ("/api/v1/totals", JSON)];
    let name = said(ctx, "meta-home-data", province);
    data(ctx, &name, &said(ctx, "meta-home", province), "/", &files).thing(website(ctx.lang))
}

/// The list of communes.
pub(super) fn communes(ctx: &Ctx) -> Meta {
    let files = [("/xa.csv", CSV), ("/xa.xlsx", XLSX), ("/api/v1/communes", JSON)];
    let name = locale::word(ctx.lang, "communes-title");
    data(ctx, &name, &locale::word(ctx.lang, "meta-communes"), "/xa", &files).crumb(home_name(ctx.lang), ctx.link("/"))
}

/// A commune: the area, its figures and verdicts, the way to it.
pub(super) fn commune(ctx: &Ctx, unit: &Unit, ancestors: &[Unit]) -> Meta {
    let id = unit.id;
    let (figures, verdicts) = (format!("/api/v1/units/{id}/figures"), format!("/api/v1/units/{id}/verdicts"));
    let (name, sentence) = (said(ctx, "meta-commune-data", &unit.name), said(ctx, "meta-commune", &unit.name));
    let mut meta = data(ctx, &name, &sentence, &format!("/xa/{id}"), &[(&figures, JSON), (&verdicts, JSON)]);
    let area = units::about::area(ctx.lang, unit, ancestors);
    meta.things[0]["spatialCoverage"] = area.clone();
    units::about::way(meta, ctx.lang, ancestors).thing(area)
}

/// A criteria set: the decision, and its indicators as data.
pub(super) fn set(ctx: &Ctx, set: &Rulebook) -> Meta {
    let title = ctx.lang.pick(&set.title_vi, &set.title_en);
    let path = format!("/bo-tieu-chi/{}", set.set);
    let (csv, json) = (format!("{path}/chi-tieu.csv"), format!("/api/v1/sets/{}", set.set));
    let meta = data(ctx, title, &said(ctx, "meta-set", title), &path, &[(&csv, CSV), (&json, JSON)]);
    let mut law = serde_json::json!({
        "@type": "Legislation", "name": title, "url": ctx.link(&path), "legislationDate": set.decision.day(),
        "legislationPassedBy": {"@type": "Organization", "name": set.decision.issuer},
    });
    if let Some(number) = &set.decision.number {
        law["legislationIdentifier"] = number.as_str().into();
    }
    meta.thing(law).crumb(locale::word(ctx.lang, "sets-title"), ctx.link("/bo-tieu-chi"))
}

/// An indicator: the communes' values as data.
pub(super) fn indicator(ctx: &Ctx, set: &Rulebook, indicator: &Indicator) -> Meta {
    let text = ctx.lang.pick(&indicator.text_vi, &indicator.text_en);
    let page = format!("/bo-tieu-chi/{}", set.set);
    let path = format!("{page}/{}", indicator.no);
    let (csv, xlsx) = (format!("{path}/don-vi.csv"), format!("{path}/don-vi.xlsx"));
    data(ctx, text, &said(ctx, "meta-indicator", text), &path, &[(&csv, CSV), (&xlsx, XLSX)])
        .crumb(locale::word(ctx.lang, "sets-title"), ctx.link("/bo-tieu-chi"))
        .crumb(ctx.lang.pick(&set.title_vi, &set.title_en), ctx.link(&page))
}

/// A page under the sets.
pub(super) fn within_sets(ctx: &Ctx, key: &'static str) -> Meta {
    Meta::new(locale::word(ctx.lang, key)).crumb(locale::word(ctx.lang, "sets-title"), ctx.link("/bo-tieu-chi"))
}

/// A page under sources and method.
pub(super) fn within_sources(ctx: &Ctx, key: &'static str) -> Meta {
    let sources = locale::word(ctx.lang, "sources-title");
    Meta::new(locale::word(ctx.lang, key)).crumb(sources, ctx.link("/nguon-va-phuong-phap"))
}

/// What figures measure.
pub(super) fn measures(ctx: &Ctx) -> Meta {
    let path = "/tu-dien-so-lieu";
    let (name, sentence) = (locale::word(ctx.lang, "dictionary-title"), locale::word(ctx.lang, "meta-measures"));
    let (csv, xlsx) = (format!("{path}.csv"), format!("{path}.xlsx"));
    let files = [(csv.as_str(), CSV), (xlsx.as_str(), XLSX), ("/api/v1/measures", JSON)];
    data(ctx, &name, &sentence, path, &files)
        .crumb(locale::word(ctx.lang, "sources-title"), ctx.link("/nguon-va-phuong-phap"))
}

/// The map of communes.
pub(super) fn map(ctx: &Ctx) -> Meta {
    let (name, sentence) = (locale::word(ctx.lang, "map-title"), locale::word(ctx.lang, "meta-map"));
    data(ctx, &name, &sentence, "/ban-do", &[("/api/v1/map.geojson", "application/geo+json")])
}

/// A page that has only a sentence to say of itself.
pub(super) fn plain(ctx: &Ctx, phrase: Phrase) -> Meta {
    Meta::new(locale::say(ctx.lang, &phrase)).crumb(home_name(ctx.lang), link(ctx.lang, "/"))
}

fn home_name(lang: Lang) -> String {
    locale::word(lang, "search-page-home")
}
