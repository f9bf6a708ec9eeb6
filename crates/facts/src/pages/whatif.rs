//! "Nếu xét theo bộ khác": a commune's figures of a year under another set, each difference explained.

use super::{commune::Asked as CommuneAsked, law, say};
use crate::story;
use kernel::UnitId;
use minijinja::{Value, context};
use rulebook::{
    Level,
    requirement::requirement,
    whatif::{Difference, what_if},
};
use serde::Deserialize;
use web::{Asking, Ctx, Outcome, Path};

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// The other set.
    #[serde(default)]
    theo: String,
}

/// `GET /xa/{id}/neu-xet`. Cost: the unit's figures of all years; one row where the page is kept.
pub async fn page(
    ctx: Ctx,
    Path(id): Path<i64>,
    Asking(own): Asking<CommuneAsked>,
    Asking(asked): Asking<Asked>,
) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let (year, set) = super::commune::chosen(&ctx, &mut tx, &law, &unit, &own).await?;
    let Some(story) = story::story(&mut tx, &law, unit.id, &set, year).await? else { return Err(ctx.not_found()) };
    let lang = ctx.lang;
    let others: Vec<_> =
        law.library().sets().filter(|s| s.applies.level == Level::Commune && s.set != set).cloned().collect();
    let Some(other) = others.iter().find(|s| s.set == asked.theo).or(others.first()) else {
        return Err(ctx.not_found());
    };
    // A later set is asked about its first year, with the figures of this one.
    let then_year = year.max(other.applies.from.year());
    let Some(plan) = law.plan(&other.set, story.plan.book.day) else { return Err(ctx.not_found()) };
    let (from, to) = (&story.plan.book, &plan.book);
    let then = what_if(from, &story.values, &story.verdict, to, &story.traits, then_year);
    let name = |at: usize| {
        let indicator = &to.nodes[at].indicator;
        context! { no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en),
        requirement => locale::say(lang, &requirement(to, at, &story.traits, then_year)) }
    };
    let told = |d: &&Difference| {
        let confirmed = !then.verdict.nodes[d.to].passed_unconfirmed();
        let was =
            d.was.map(|s| context! { word => locale::word(lang, say::key(s, true)), class => say::class(s, true) });
        context! {
            word => locale::word(lang, say::key(d.status, confirmed)), class => say::class(d.status, confirmed), was => was,
            why => locale::say(lang, &d.why(from, &story.values, to, &story.traits, then_year)), ..name(d.to)
        }
    };
    // What has no figure at all is listed apart; what comes out otherwise is told.
    let changed: Vec<Value> =
        then.differences.iter().filter(|d| then.values[d.to].is_some()).map(|d| told(&d)).collect();
    let (word, class) = say::state(lang, then.verdict.set);
    let (was_word, was_class) = say::state(lang, story.verdict.set);
    let option = |s: &std::sync::Arc<rulebook::Rulebook>| {
        context! { id => s.set, title => lang.pick(&s.title_vi, &s.title_en), chosen => s.set == other.set }
    };
    ctx.page_kept(
        &version,
        "whatif.html",
        context! {
            title => locale::word(lang, "whatif-title"), unit => unit.name, year => year, then_year => then_year, set => set,
            set_title => lang.pick(&from.rulebook.title_vi, &from.rulebook.title_en),
            other_title => lang.pick(&other.title_vi, &other.title_en), sets => others.iter().map(option).collect::<Vec<_>>(),
            word => word, class => class, was_word => was_word, was_class => was_class, differences => changed,
            without => then.without.iter().map(|&at| name(at)).collect::<Vec<_>>(),
            unknown => then.unknown.iter().map(|&at| name(at)).collect::<Vec<_>>(),
            crumbs => vec![context! { name => unit.name, href => ctx.link(&format!("/xa/{id}?nam={year}&bo={set}")) }],
            illustrative_law => to.is_illustrative(),
            compare => ctx.link(&format!("/bo-tieu-chi/so-sanh?a={set}&b={}", other.set)),
        },
    )
}
