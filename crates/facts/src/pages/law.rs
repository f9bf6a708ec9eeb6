//! The law, browsable: sets, their criteria and indicators, each with its citation; and sources and method.

use super::law;
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::text;
use minijinja::{Value, context};
use rulebook::{Book, Confidence, Measure, Traits, requirement::requirement};
use serde::Deserialize;
use web::{Asking, Ctx, Outcome, Path};

/// `GET /bo-tieu-chi`. Cost: no row.
pub async fn sets(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let sets: Vec<Value> = law.library().sets().map(|s| describe(&ctx, s)).collect();
    ctx.page("sets.html", context! { title => locale::word(ctx.lang, "sets-title"), sets => sets })
}

fn describe(ctx: &Ctx, set: &rulebook::Rulebook) -> Value {
    let (mut indicators, mut sure) = (0, 0);
    set.walk(|_, i| {
        indicators += 1;
        sure += usize::from(i.confidence == Confidence::Verified);
    });
    context! {
        id => set.set, title => ctx.lang.pick(&set.title_vi, &set.title_en), decision => set.decision.number,
        date => set.decision.date, issuer => set.decision.issuer, criteria => set.criteria.len(), indicators => indicators,
        verified => sure, href => ctx.link(&format!("/bo-tieu-chi/{}", set.set)),
        listed => set.counts.as_ref().map(|c| c.indicators_listed), of => set.counts.as_ref().map(|c| c.indicators),
    }
}

/// What a list of the law is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words that must be there; diacritics do not matter.
    q: String,
    /// Page, from 1.
    trang: String,
}

impl Asked {
    /// Whether these texts hold what is searched for.
    fn finds(&self, texts: &[&str]) -> bool {
        let wanted = text::search_key(self.q.trim());
        texts.iter().any(|t| text::search_key(t).contains(&wanted))
    }
}

/// `GET /bo-tieu-chi/{set}`. Cost: no row; the set's own length.
pub async fn set(ctx: Ctx, Path(set): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let Some(rulebook) = law.library().set(&set) else { return Err(ctx.not_found()) };
    let year = rulebook.applies.to.unwrap_or(ctx.site.clock.today()).year();
    let day = rulebook::values::year_end(year);
    let Some(plan) = law.plan(&set, day) else { return Err(ctx.not_found()) };
    let book = &plan.book;
    // The province's own region, so that thresholds by region show the one that counts here.
    let region = units::home().region.as_str();
    let traits = Traits { region: Some(region.into()), ..Traits::default() };
    let criteria: Vec<Value> = book
        .criteria
        .iter()
        .map(|c| {
            let found = c.nodes.iter().filter(|&&at| found(&asked, book, at));
            let indicators: Vec<Value> = found.map(|&at| node(&ctx, book, at, &traits, year)).collect();
            context! { no => c.no, name => ctx.lang.pick(&c.name_vi, &c.name_en), indicators => indicators }
        })
        .collect();
    // A search shows only the criteria in which it finds something.
    let searched = !asked.q.trim().is_empty();
    let criteria: Vec<Value> = criteria.into_iter().filter(|c| !searched || has_indicators(c)).collect();
    let amended: Vec<Value> = rulebook
        .decision
        .amended_by
        .iter()
        .map(|a| context! { number => a.number, date => locale::date(a.date), what => a.what })
        .collect();
    ctx.page(
        "set.html",
        context! {
            title => ctx.lang.pick(&rulebook.title_vi, &rulebook.title_en), set => describe(&ctx, rulebook),
            criteria => criteria, notes => rulebook.notes, amended => amended, year => year, hash => book.hash, region => rulebook.regions.get(region),
            prerequisites => rulebook.prerequisites, q => asked.q, searched => searched, source => rulebook.decision.source,
        },
    )
}

fn has_indicators(criterion: &Value) -> bool {
    criterion.get_attr("indicators").ok().and_then(|i| i.len()).is_some_and(|n| n > 0)
}

/// Whether an indicator or one of its parts holds what is searched for.
fn found(asked: &Asked, book: &Book, at: usize) -> bool {
    let (i, parts) = (&book.nodes[at].indicator, &book.nodes[at].children);
    asked.finds(&[&i.no, &i.text_vi, &i.text_en]) || parts.iter().any(|&part| found(asked, book, part))
}

/// `GET /bo-tieu-chi/{set}/chi-tieu.csv`: every indicator and part with what it asks. Cost: no row; the set's own length.
pub async fn set_csv(ctx: Ctx, Path(set): Path<String>) -> Outcome {
    let law = law(&ctx);
    let today = ctx.site.clock.today();
    let Some(rulebook) = law.library().set(&set) else { return Err(ctx.not_found()) };
    let year = rulebook.applies.to.unwrap_or(today).year();
    let Some(plan) = law.plan(&set, rulebook::values::year_end(year)) else { return Err(ctx.not_found()) };
    let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
    let line = |at: usize| {
        let i = &plan.book.nodes[at].indicator;
        let asks = locale::say(ctx.lang, &requirement(&plan.book, at, &traits, year));
        let confidence = locale::say_key(ctx.lang, &format!("confidence-{}", i.confidence.name()), &[]);
        let text = ctx.lang.pick(&i.text_vi, &i.text_en);
        cells([&i.no, text, &asks, i.source.as_deref().unwrap_or(""), &confidence, i.measure.as_deref().unwrap_or("")])
    };
    let keys = ["set-no", "set-indicator", "asked-for", "why-law", "sources-confidence", "why-measure"];
    let rows = (0..plan.book.nodes.len()).map(line).collect();
    take_away(&ctx, &format!("{set}.csv"), &keys, rows)
}

/// Texts as the cells of a row.
fn cells<const N: usize>(texts: [&str; N]) -> Vec<Content> {
    texts.into_iter().map(|text| Content::Text(text.to_owned())).collect()
}

/// Rows under headings in the page's language, as CSV.
fn take_away(ctx: &Ctx, name: &str, keys: &[&'static str], rows: Vec<Vec<Content>>) -> Outcome {
    let headings = keys.iter().map(|key| locale::word(ctx.lang, key)).collect();
    let list = List { name: String::new(), headings, rows };
    ctx.download(name, Kind::Csv.media_type(), list.bytes(Kind::Csv, ctx.site.clock.today())?)
}

fn node(ctx: &Ctx, book: &rulebook::Book, at: usize, traits: &Traits, year: i16) -> Value {
    let i = &book.nodes[at].indicator;
    let parts: Vec<Value> = book.nodes[at].children.iter().map(|&part| node(ctx, book, part, traits, year)).collect();
    context! {
        no => i.no, text => ctx.lang.pick(&i.text_vi, &i.text_en), source => i.source, note => i.note,
        requirement => locale::say(ctx.lang, &requirement(book, at, traits, year)), confidence => i.confidence.name(),
        confidence_word => locale::say_key(ctx.lang, &format!("confidence-{}", i.confidence.name()), &[]),
        measure => i.measure, parts => parts, overlay => i.overlay.as_ref().map(|o| o.citation.clone()),
    }
}

/// `GET /nguon-va-phuong-phap`. Cost: no row.
pub async fn sources(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let sets: Vec<Value> = law.library().sets().map(|s| describe(&ctx, s)).collect();
    let overlays: Vec<Value> = law
        .library()
        .overlays()
        .iter()
        .map(|o| context! { title => ctx.lang.pick(&o.title_vi, &o.title_en), issuer => o.citation.issuer, illustrative => o.illustrative })
        .collect();
    let title = locale::word(ctx.lang, "sources-title");
    ctx.page(
        "sources.html",
        context! { title => title, sets => sets, overlays => overlays, measures => law.library().measures().count() },
    )
}

const PER: i64 = 50;

/// The measures that a search finds, in their order.
fn measures_found<'a>(law: &'a crate::Law, asked: &Asked) -> Vec<&'a Measure> {
    let found = |m: &&Measure| asked.finds(&[&m.id, &m.name_vi, &m.name_en]);
    law.library().measures().map(|m| &**m).filter(found).collect()
}

/// `GET /nguon-va-phuong-phap/so-lieu`: what figures measure, a page of it. Cost: no row.
pub async fn measures(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let all = measures_found(&law, &asked);
    let page = asked.trang.parse::<i64>().unwrap_or(1).clamp(1, 1_000) - 1;
    let tell = |m: &&Measure| {
        context! {
            id => m.id, name => ctx.lang.pick(&m.name_vi, &m.name_en), unit => m.unit,
            aggregate => Value::from_serialize(&m.aggregate),
        }
    };
    let shown: Vec<Value> = all.iter().skip((page * PER) as usize).take(PER as usize).map(tell).collect();
    let pages: Vec<Value> = web::page_links(page, PER, all.len() as i64)
        .into_iter()
        .map(|p| context! { number => p + 1, current => p == page })
        .collect();
    let title = locale::word(ctx.lang, "sources-measures");
    let body = context! { title => title, measures => shown, count => all.len(), pages => pages, q => asked.q };
    ctx.page("measures.html", body)
}

/// `GET /nguon-va-phuong-phap/so-lieu.csv`: all that the search finds. Cost: no row.
pub async fn measures_csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let line = |m: &&Measure| {
        let aggregate = serde_json::to_string(&m.aggregate).unwrap_or_default();
        let name = ctx.lang.pick(&m.name_vi, &m.name_en);
        cells([&m.id, name, m.unit.as_deref().unwrap_or(""), aggregate.trim_matches('"')])
    };
    let rows = measures_found(&law, &asked).iter().map(line).collect();
    take_away(&ctx, "chi-so.csv", &["measure-id", "measure-name", "measure-unit", "measure-aggregate"], rows)
}
