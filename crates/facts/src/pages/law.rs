//! The law, browsable: sets, their criteria and indicators, each with its citation; and sources and method.

use super::law;
use axum::extract::Path;
use minijinja::{Value, context};
use rulebook::{Confidence, Traits, requirement::requirement};
use web::{Ctx, Outcome};

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

/// `GET /bo-tieu-chi/{set}`. Cost: no row; the set's own length.
pub async fn set(ctx: Ctx, Path(set): Path<String>) -> Outcome {
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
            let indicators: Vec<Value> = c.nodes.iter().map(|&at| node(&ctx, book, at, &traits, year)).collect();
            context! { no => c.no, name => ctx.lang.pick(&c.name_vi, &c.name_en), indicators => indicators }
        })
        .collect();
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
            prerequisites => rulebook.prerequisites, source => rulebook.decision.source,
        },
    )
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
    let measures: Vec<Value> = law
        .library()
        .measures()
        .map(|m| {
            context! {
                id => m.id, name => ctx.lang.pick(&m.name_vi, &m.name_en), unit => m.unit, kind => m.kind.name(),
                aggregate => Value::from_serialize(&m.aggregate), background => m.background,
            }
        })
        .collect();
    let title = locale::word(ctx.lang, "sources-title");
    ctx.page("sources.html", context! { title => title, sets => sets, overlays => overlays, measures => measures })
}
