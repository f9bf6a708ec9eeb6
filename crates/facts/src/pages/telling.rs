//! How a verdict is told: its sentence, its criteria, what is missing. Pure but for the words.

use super::say;
use crate::{Law, law::Plan, story::Story};
use charts::{Frame, Sparkline, Style};
use kernel::{Decimal, Phrase};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Measure, Status, nearest::nearest, requirement::requirement};
use std::sync::Arc;

/// The address that tells why an indicator came out as it did.
pub(super) fn why_href(lang: Lang, story: &Story, at: usize) -> String {
    let (unit, no, set) = (story.unit.id, &story.plan.book.nodes[at].indicator.no, story.plan.book.set());
    web::link(lang, &format!("/xa/{unit}/chi-tieu/{no}?nam={}&bo={set}", story.year))
}

/// Criteria passed, of those that apply.
pub(super) fn passed(story: &Story) -> (usize, usize) {
    let criteria = &story.verdict.criteria;
    let count = |status: Status| criteria.iter().filter(|c| c.status == status).count();
    (count(Status::Passed), criteria.len() - count(Status::NotApplicable))
}

/// The same as a sentence.
pub(super) fn sentence(lang: Lang, story: &Story) -> String {
    let (passed, total) = passed(story);
    let said = Phrase::new("commune-sentence").with("passed", passed).with("total", total);
    locale::say(lang, &said.with("year", story.year.to_string()))
}

/// The measure that a node reads.
pub(super) fn measure<'a>(law: &'a Law, story: &Story, at: usize) -> Option<&'a Arc<Measure>> {
    measure_of(law, &story.plan, at)
}

/// The same of a node of any set.
pub(super) fn measure_of<'a>(law: &'a Law, plan: &Plan, at: usize) -> Option<&'a Arc<Measure>> {
    law.library().measure(plan.book.nodes[at].indicator.measure.as_deref()?)
}

/// Everything the commune's page says of a verdict.
pub(super) fn tell(lang: Lang, law: &Law, story: &Story, asked: &str) -> Value {
    let book = &story.plan.book;
    let open_states = [Status::Failed, Status::ToBeConfirmed];
    let criteria: Vec<Value> = book
        .criteria
        .iter()
        .enumerate()
        .map(|(at, criterion)| {
            let (word, class) = say::state(lang, story.verdict.criteria[at]);
            let nodes: Vec<Value> = criterion.nodes.iter().map(|&node| tell_node(lang, law, story, node)).collect();
            let open = criterion.no == asked || open_states.contains(&story.verdict.criteria[at].status);
            context! {
                no => criterion.no, name => lang.pick(&criterion.name_vi, &criterion.name_en), word => word, class => class,
                nodes => nodes, open => open,
            }
        })
        .collect();
    let count = |status| story.verdict.criteria.iter().filter(|c| c.status == status).count();
    // What it would take: failed indicators, the nearest to their threshold first.
    let missing: Vec<Value> = nearest(book, &story.verdict, &story.traits, story.year)
        .iter()
        .map(|distance| context! { spark => spark(lang, law, story, distance.node), ..tell_node(lang, law, story, distance.node) })
        .collect();
    let (word, class) = say::state(lang, story.verdict.set);
    let (passed, total) = passed(story);
    let decision = &book.rulebook.decision;
    let title = |set: &str| law.library().set(set).map(|s| lang.pick(s.title_vi.clone(), s.title_en.clone()));
    let prerequisites: Vec<Value> = story
        .prerequisites
        .iter()
        .map(|p| {
            context! {
                title => title(&p.set), class => say::class(p.status, p.confirmed),
                word => locale::word(lang, say::key(p.status, p.confirmed)),
            }
        })
        .collect();
    context! {
        prerequisites => prerequisites, set => book.set(), title => lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en),
        version => book.version, hash => book.hash, word => word, class => class,
        passed => passed, total => total,
        failed => count(Status::Failed), incomplete => count(Status::Incomplete), to_be_confirmed => count(Status::ToBeConfirmed),
        criteria => criteria, missing => missing, illustrative_law => book.is_illustrative(),
        decision => decision.number, issuer => decision.issuer,
        day => locale::date(book.day), has_figures => story.values.iter().any(Option::is_some),
    }
}

/// A value beside its limit: rounded, with as many digits as it takes not to contradict the verdict.
pub(super) fn value_text(lang: Lang, law: &Law, story: &Story, at: usize) -> Option<String> {
    let value = story.values[at].as_ref()?;
    let decimals = measure(law, story, at).map_or(2, |m| m.decimals);
    let Some(shown) = value.shown() else { return Some(say::rounded(lang, value, decimals)) };
    let limit = story.plan.book.threshold(at, &story.traits, story.year);
    Some(say::with_unit(locale::beside(lang, &shown, decimals, limit), story.plan.book.nodes[at].unit()))
}

/// How far a failed value is from its limit.
pub(super) fn shortfall(lang: Lang, story: &Story, at: usize) -> Option<String> {
    let amount = story.verdict.shortfalls[at].as_ref()?;
    let amount = say::still(amount, story.plan.book.nodes[at].unit());
    Some(locale::say(lang, &Phrase::new("short-by").with("amount", amount)))
}

/// An indicator in a line: state, value, what is asked; its parts beneath.
fn tell_node(lang: Lang, law: &Law, story: &Story, at: usize) -> Value {
    let book = &story.plan.book;
    let node = &book.nodes[at];
    let indicator = &node.indicator;
    let (word, class) = say::state(lang, story.verdict.nodes[at]);
    let parts: Vec<Value> = node.children.iter().map(|&part| tell_node(lang, law, story, part)).collect();
    context! {
        no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en), word => word, class => class,
        value => value_text(lang, law, story, at), shortfall => shortfall(lang, story, at),
        requirement => locale::say(lang, &requirement(book, at, &story.traits, story.year)),
        href => why_href(lang, story, at), parts => parts,
    }
}

/// The years of a node's figures from the first to the last, and the number of each.
pub(super) fn by_year(story: &Story, at: usize) -> (Vec<i16>, Vec<Option<Decimal>>) {
    let years = story.years();
    let (Some(&first), Some(&last)) = (years.first(), years.last()) else { return (Vec::new(), Vec::new()) };
    let number = |year| story.figure_of_year(at, year)?.value.shown();
    (first..=last).map(|year| (year, number(year))).unzip()
}

/// A small line of an indicator's years beside its limit; nothing where no two years have a number.
fn spark(lang: Lang, law: &Law, story: &Story, at: usize) -> Option<String> {
    let (years, values) = by_year(story, at);
    if values.iter().flatten().count() < 2 {
        return None;
    }
    let decimals = measure(law, story, at).map_or(2, |m| m.decimals);
    let said = |n: &Decimal| locale::rounded(lang, n, decimals);
    let title = Phrase::new("spark-title")
        .with("no", story.plan.book.nodes[at].indicator.no.clone())
        .with("from", years.first().map(ToString::to_string).unwrap_or_default())
        .with("to", years.last().map(ToString::to_string).unwrap_or_default());
    let (id, title) = (format!("n{at}"), locale::say(lang, &title));
    let frame =
        Frame {
            id: &id, title: &title, desc: "", unit: "", missing: "–", say: &said, style: Style::Page, width: 112
        };
    let threshold = story.plan.book.threshold(at, &story.traits, story.year);
    Some(Sparkline { values: &values, threshold }.draw(&frame))
}
