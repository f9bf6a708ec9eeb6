//! "Vì sao?": one indicator of a commune, from its figure through the requirement and its article to the verdict, along
//! the years and among its peers.

use super::{commune::Asked, law, say, telling};
use crate::{
    Law,
    law::day_of_judging,
    measured::{self, Measured},
    story::{self, Story},
    totals::Slice,
};
use charts::{Frame, Line, Reference, Series, Spread, Style, WIDTH};
use kernel::{Decimal, Phrase, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{explain::Case, model::Op, requirement::requirement};
use web::{Asking, Ctx, Outcome, Path};

/// `GET /xa/{id}/chi-tieu/{no}`. Cost: the unit's figures of all years; for its place among the communes of the province
/// one row each and their figures of the measure; one row where the page is kept.
pub async fn page(ctx: Ctx, Path((id, no)): Path<(i64, String)>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let (year, set) = super::commune::chosen(&ctx, &mut tx, &law, &unit, &asked).await?;
    let Some(story) = story::story(&mut tx, &law, unit.id, &set, year).await? else { return Err(ctx.not_found()) };
    let Some(at) = story.plan.book.node(&no) else { return Err(ctx.not_found()) };
    let above = units::store::ancestors(&mut tx, unit.id).await?;
    let peers = match (&story.plan.book.nodes[at].indicator.measure, above.last()) {
        (Some(measure), Some(province)) if unit.is_judged_commune() => {
            let slice = Slice { ancestor: province.id, set: set.clone(), year, day: day_of_judging(&unit, year) };
            measured::over(&mut tx, &law, &slice, measure).await?
        }
        _ => Vec::new(),
    };
    let lang = ctx.lang;
    let book = &story.plan.book;
    let node = &book.nodes[at];
    let indicator = &node.indicator;
    let case = Case { book, values: &story.values, verdict: &story.verdict, traits: &story.traits, year };
    let (word, class) = say::state(lang, story.verdict.nodes[at]);
    let criterion = &book.criteria[node.criterion];
    let home = format!("/xa/{id}?nam={year}&bo={set}&mo={0}#tc-{0}", criterion.no);
    let crumbs = vec![
        context! { name => unit.name, href => ctx.link(&format!("/xa/{id}?nam={year}&bo={set}")) },
        context! { name => format!("{} {}", criterion.no, lang.pick(&criterion.name_vi, &criterion.name_en)), href => ctx.link(&home) },
    ];
    let measure = telling::measure(&law, &story, at);
    let parts: Vec<Value> = node.children.iter().map(|&part| line(lang, &law, &story, part)).collect();
    let beside = |step: isize| {
        let other = at.checked_add_signed(step).filter(|&n| n < book.nodes.len())?;
        Some(context! { no => book.nodes[other].indicator.no, href => telling::why_href(lang, &story, other) })
    };
    ctx.page_kept(
        &version,
        "why.html",
        context! {
            title => format!("{} {}", indicator.no, lang.pick(&indicator.text_vi, &indicator.text_en)),
            unit => unit.name, year => year, crumbs => crumbs, word => word, class => class,
            set_title => lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en),
            value => telling::value_text(lang, &law, &story, at), shortfall => telling::shortfall(lang, &story, at),
            requirement => locale::say(lang, &requirement(book, at, &story.traits, year)),
            because => locale::say(lang, &case.node(at)), parts => parts,
            source => indicator.source, overlay => indicator.overlay.as_ref().map(|o| o.citation.clone()), note => indicator.note,
            confidence => locale::say_key(lang, &format!("confidence-{}", indicator.confidence.name()), &[]),
            leaf => node.is_leaf(), figure => figure(lang, &story, at), others => others(lang, &story, at),
            figure_href => measure.map(|m| ctx.link(&format!("/so-lieu/{id}/{}/{year}", m.id))),
            set_href => ctx.link(&format!("/bo-tieu-chi/{set}/{no}?nam={year}")),
            map_href => measure.map(|_| ctx.link(&format!("/ban-do?nam={year}&bo={set}&lop=ct-{no}"))),
            measure => measure.map(|m| context! { id => m.id, name => lang.pick(&m.name_vi, &m.name_en) }),
            years => years(lang, &law, &story, at), peers => among(lang, &law, &story, at, &peers),
            before => beside(-1), after => beside(1),
            decision => book.rulebook.decision.number, hash => book.hash, day => locale::date(book.day),
        },
    )
}

/// A part of a composite, in a line.
fn line(lang: Lang, law: &Law, story: &Story, at: usize) -> Value {
    let indicator = &story.plan.book.nodes[at].indicator;
    let (word, class) = say::state(lang, story.verdict.nodes[at]);
    context! {
        no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en), word => word, class => class,
        value => telling::value_text(lang, law, story, at), href => telling::why_href(lang, story, at),
    }
}

/// The line of history that was judged.
fn figure(lang: Lang, story: &Story, at: usize) -> Option<Value> {
    let figure = story.figure(at)?;
    Some(context! {
        origin => say::origin(lang, figure.key.origin), source => figure.source, at => locale::date(figure.at.day()),
        revision => figure.revision.0, exact => say::exactly(lang, &figure.value, story.plan.book.nodes[at].unit()),
    })
}

/// What other origins say, and how far from what was judged.
fn others(lang: Lang, story: &Story, at: usize) -> Vec<Value> {
    let read = story.values[at].as_ref().and_then(|v| v.shown());
    let told = |f: &crate::Figure| {
        let difference = f.value.shown().zip(read.as_ref()).map(|(own, read)| locale::exact(lang, &(&own - read)));
        let value = say::exactly(lang, &f.value, story.plan.book.nodes[at].unit());
        context! { origin => say::origin(lang, f.key.origin), value => value, difference => difference }
    };
    story.other_figures(at).map(told).collect()
}

/// The years as a line beside the limit, where two of them have a number.
fn years(lang: Lang, law: &Law, story: &Story, at: usize) -> Option<Value> {
    let (along, values) = telling::by_year(story, at);
    if values.iter().flatten().count() < 2 {
        return None;
    }
    let node = &story.plan.book.nodes[at];
    let decimals = telling::measure(law, story, at).map_or(2, |m| m.decimals);
    let said = |n: &Decimal| locale::rounded(lang, n, decimals);
    let title = locale::say(lang, &Phrase::new("why-years").with("name", story.unit.name.clone()));
    let missing = locale::word(lang, "status-without");
    let unit = node.unit().unwrap_or("");
    let frame = frame("years", &title, unit, &missing, &said);
    let chart = Line {
        axis: locale::word(lang, "choice-year"),
        along: along.iter().map(ToString::to_string).collect(),
        series: vec![Series { name: story.unit.name.clone(), values }],
        references: limit(lang, story, at).into_iter().collect(),
        from_zero: false,
    };
    Some(Value::from_serialize(chart.draw(&frame)))
}

/// The limit of this year as a line of a chart.
fn limit(lang: Lang, story: &Story, at: usize) -> Option<Reference> {
    let value = story.plan.book.threshold(at, &story.traits, story.year)?.clone();
    Some(Reference { value, label: locale::word(lang, "asked-for") })
}

/// The indicator's place among the communes of the province, and how their values spread.
fn among(lang: Lang, law: &Law, story: &Story, at: usize, peers: &[Measured]) -> Option<Value> {
    let numbers: Vec<Decimal> = peers.iter().filter_map(|p| p.value.as_ref()?.shown()).collect();
    let own = story.values[at].as_ref()?.shown()?;
    if numbers.len() < 2 {
        return None;
    }
    let node = &story.plan.book.nodes[at];
    let less_is_better = matches!(node.indicator.requirement.op, Op::AtMost | Op::LessThan);
    let better = numbers.iter().filter(|n| if less_is_better { **n < own } else { **n > own }).count();
    let rank = Phrase::new(if less_is_better { "why-rank-low" } else { "why-rank-high" })
        .with("rank", better as i64 + 1)
        .with("of", numbers.len() as i64)
        .with("year", story.year.to_string());
    let decimals = telling::measure(law, story, at).map_or(2, |m| m.decimals);
    let said = |n: &Decimal| locale::rounded(lang, n, decimals);
    let (title, missing) = (locale::say(lang, &rank), locale::word(lang, "status-without"));
    let unit = node.unit().unwrap_or("");
    let frame = frame("peers", &title, unit, &missing, &said);
    let heads = [locale::word(lang, "why-peers-value"), locale::word(lang, "communes-title")];
    let chosen = Some(Reference { value: own, label: story.unit.name.clone() });
    let chart = Spread { heads, values: numbers, threshold: limit(lang, story, at), chosen };
    Some(Value::from_serialize(chart.draw(&frame)))
}

/// What both charts of the page have in common.
fn frame<'a>(
    id: &'a str,
    title: &'a str,
    unit: &'a str,
    missing: &'a str,
    say: &'a dyn Fn(&Decimal) -> String,
) -> Frame<'a> {
    Frame { id, title, desc: "", unit, missing, say, style: Style::Page, width: WIDTH }
}
