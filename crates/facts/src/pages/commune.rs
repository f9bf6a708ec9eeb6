//! The story of a commune: its verdict, every criterion opened to value, requirement, citation and history.

use super::{about, law, say};
use crate::{
    Law,
    story::{self, Story},
    totals,
};
use kernel::{Phrase, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{
    Status,
    nearest::nearest,
    requirement::requirement,
    whatif::{Difference, what_if},
};
use serde::Deserialize;
use store::Query;
use web::{Asking, Ctx, Outcome, Path};

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    nam: String,
    #[serde(default)]
    bo: String,
    /// Number of a criterion to be shown open.
    #[serde(default)]
    mo: String,
}

/// `GET /xa/{id}`. Cost: the unit's figures of all years, its verdicts, its neighbours in time;
/// one row where the page is kept.
pub async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let verdicts = totals::of_unit(&mut tx, unit.id).await?;
    let last = verdicts.iter().map(|v| v.1).max();
    let default = match unit.valid_to {
        Some(day) => day.year(),
        None => last.unwrap_or(ctx.site.clock.today().year() - 1),
    };
    let year = kernel::year(&asked.nam).unwrap_or(default);
    let in_time = law.sets_for(&unit, year);
    let set = in_time.iter().find(|set| **set == asked.bo).or(in_time.first()).cloned();
    let story = match &set {
        Some(set) => story::story(&mut tx, &law, unit.id, set, year).await?,
        None => None,
    };
    let neighbours = neighbours(&ctx, &mut tx, &unit).await?;
    let ancestors = units::store::ancestors(&mut tx, unit.id).await?;
    let above: Vec<&str> = ancestors.iter().map(|u| u.name.as_str()).collect();
    // A line a set, its years side by side.
    let others: Vec<Value> = verdicts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|years| {
            let set = &years[0].0;
            let title = law.library().set(set).map(|s| ctx.lang.pick(s.title_vi.clone(), s.title_en.clone()));
            let years: Vec<Value> = years
                .iter()
                .map(|(_, year, status, confirmed, passed, total)| {
                    context! {
                        year => year, passed => passed, total => total, class => say::class(*status, *confirmed),
                        word => locale::word(ctx.lang, say::key(*status, *confirmed)),
                        href => ctx.link(&format!("/xa/{id}?nam={year}&bo={set}")),
                    }
                })
                .collect();
            context! { title => title, years => years }
        })
        .collect();
    let told = story.as_ref().map(|s| tell(ctx.lang, &law, s, &asked.mo));
    ctx.page_kept(
        &version,
        "commune.html",
        context! {
            title => unit.name.clone(),
            meta => about::commune(&ctx, &unit, &ancestors),
            unit => Value::from_serialize(&unit),
            address => unit.id.address(),
            valid_to => unit.valid_to.map(locale::date),
            valid_from => unit.valid_from.map(locale::date),
            above => above,
            neighbours => neighbours,
            others => others,
            year => year,
            choice => choice(&ctx, &law, &unit, year, &in_time, set.as_deref()),
            story => told,
            judged => unit.is_judged_commune(),
        },
    )
}

/// The years and sets that may be chosen for a unit, as the form of a choice shows them.
fn choice(ctx: &Ctx, law: &Law, unit: &units::Unit, year: i16, in_time: &[String], set: Option<&str>) -> Value {
    let (first, current) = law.years(ctx.site.clock.today()).into_inner();
    let first = unit.valid_from.map_or(first, |day| day.year().max(first));
    let last = unit.valid_to.map_or(current, |day| day.year().min(current));
    let title = |id: &str| law.library().set(id).map(|s| ctx.lang.pick(s.title_vi.clone(), s.title_en.clone()));
    let sets: Vec<Value> = in_time
        .iter()
        .map(|id| context! { id => id, title => title(id), chosen => Some(id.as_str()) == set })
        .collect();
    context! {
        years => (first..=last).collect::<Vec<_>>(), year => year, sets => sets, set_title => set.and_then(title),
        day => locale::date(crate::law::day_of_judging(unit, year)), both_sides => false, provinces => Vec::<Value>::new(),
    }
}

/// What came before and after, each with its own verdicts: figures are carried over a merger, verdicts are not.
async fn neighbours(ctx: &Ctx, tx: &mut impl Query, unit: &units::Unit) -> store::Result<Value> {
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (change, other) in units::store::neighbours(tx, unit.id).await? {
        let value = context! {
            name => other.name, whole => change.whole, main => change.main, day => locale::date(change.day),
            href => ctx.link(&format!("/xa/{}", other.id)),
        };
        if change.to == unit.id { before.push(value) } else { after.push(value) }
    }
    Ok(context! { before => before, after => after })
}

/// Differences shown of each other set; all of them are counted.
const DIFFERENCES: usize = 12;

/// The same figures under the other communal sets, by measure.
fn tell_whatif(lang: Lang, law: &Law, story: &Story) -> Vec<Value> {
    let communal = law.library().sets().filter(|s| s.applies.level == rulebook::Level::Commune);
    let others = communal.filter(|s| s.set != story.plan.book.set());
    others
        .filter_map(|set| {
            // A later set is asked about its first year, with the figures of this one.
            let year = story.year.max(set.applies.from.year());
            let plan = law.plan(&set.set, story.plan.book.day)?;
            let (from, to) = (&story.plan.book, &plan.book);
            let then = what_if(from, &story.values, &story.verdict, to, &story.traits, year);
            let (word, class) = say::state(lang, then.verdict.set);
            let told = |d: &Difference| {
                let indicator = &to.nodes[d.to].indicator;
                let confirmed = !then.verdict.nodes[d.to].passed_unconfirmed();
                context! {
                    no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en),
                    word => locale::word(lang, say::key(d.status, confirmed)), class => say::class(d.status, confirmed),
                    why => locale::say(lang, &d.why(from, &story.values, to, &story.traits, year)),
                }
            };
            // What has no figure at all is counted; what comes out otherwise is told.
            let changed: Vec<&Difference> = then.differences.iter().filter(|d| then.values[d.to].is_some()).collect();
            Some(context! {
                title => lang.pick(&set.title_vi, &set.title_en), word => word, class => class,
                different => changed.len(), without => then.without.len(), unknown => then.unknown.len(),
                differences => changed.iter().take(DIFFERENCES).map(|d| told(d)).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// Everything the page says of a verdict.
fn tell(lang: Lang, law: &Law, story: &Story, asked: &str) -> Value {
    let book = &story.plan.book;
    let criteria: Vec<Value> = book
        .criteria
        .iter()
        .enumerate()
        .map(|(at, criterion)| {
            let (word, class) = say::state(lang, story.verdict.criteria[at]);
            let nodes: Vec<Value> = criterion.nodes.iter().map(|&node| tell_node(lang, law, story, node)).collect();
            let open = criterion.no == asked || matches!(story.verdict.criteria[at].status, Status::Failed | Status::ToBeConfirmed);
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
        .map(|distance| tell_node(lang, law, story, distance.node))
        .collect();
    let (word, class) = say::state(lang, story.verdict.set);
    let decision = &book.rulebook.decision;
    let prerequisites: Vec<Value> = story
        .prerequisites
        .iter()
        .map(|p| {
            let title = law.library().set(&p.set).map(|s| lang.pick(s.title_vi.clone(), s.title_en.clone()));
            context! {
                title => title, class => say::class(p.status, p.confirmed),
                word => locale::word(lang, say::key(p.status, p.confirmed)),
            }
        })
        .collect();
    context! {
        prerequisites => prerequisites, set => book.set(), title => lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en),
        version => book.version, hash => book.hash, word => word, class => class,
        passed => count(Status::Passed), total => book.criteria.len() - count(Status::NotApplicable),
        failed => count(Status::Failed), incomplete => count(Status::Incomplete), to_be_confirmed => count(Status::ToBeConfirmed),
        criteria => criteria, missing => missing, whatif => tell_whatif(lang, law, story), illustrative_law => book.is_illustrative(),
        decision => decision.number, decision_date => decision.date, issuer => decision.issuer,
        day => locale::date(book.day), has_figures => story.values.iter().any(Option::is_some),
    }
}

/// A value beside its limit: rounded, with as many digits as it takes not to contradict the verdict.
fn value_text(lang: Lang, story: &Story, at: usize, decimals: u32) -> Option<String> {
    let value = story.values[at].as_ref()?;
    let Some(shown) = value.shown() else { return Some(say::rounded(lang, value, decimals)) };
    let limit = story.plan.book.threshold(at, &story.traits, story.year);
    Some(say::with_unit(locale::beside(lang, &shown, decimals, limit), story.plan.book.nodes[at].unit()))
}

fn tell_node(lang: Lang, law: &Law, story: &Story, at: usize) -> Value {
    let book = &story.plan.book;
    let node = &book.nodes[at];
    let indicator = &node.indicator;
    let judged = story.verdict.nodes[at];
    let (word, class) = say::state(lang, judged);
    let measure = indicator.measure.as_deref().and_then(|m| law.library().measure(m));
    let decimals = measure.map_or(2, |m| m.decimals);
    let figure = story.figure(at);
    let shortfall = story.verdict.shortfalls[at].as_ref().map(|amount| {
        let limit = rulebook::requirement::limit(amount, node.unit());
        locale::say(lang, &Phrase::new("short-by").with("amount", limit))
    });
    let history: Vec<Value> = story
        .years()
        .into_iter()
        .filter_map(|year| {
            let figure = story.figure_of_year(at, year)?;
            let shown = say::rounded(lang, &figure.value, decimals);
            Some(context! { year => year, value => shown })
        })
        .collect();
    let others: Vec<Value> = story
        .other_figures(at)
        .map(|f| {
            let difference = match (f.value.shown(), story.values[at].as_ref().and_then(|v| v.shown())) {
                (Some(own), Some(read)) => Some(locale::exact(lang, &(&own - &read))),
                _ => None,
            };
            context! { origin => say::origin(lang, f.key.origin), value => say::exactly(lang, &f.value, node.unit()), difference => difference }
        })
        .collect();
    let href =
        indicator.measure.as_ref().map(|m| web::link(lang, &format!("/so-lieu/{}/{m}/{}", story.unit.id, story.year)));
    let parts: Vec<Value> = node.children.iter().map(|&part| tell_node(lang, law, story, part)).collect();
    context! {
        no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en), word => word, class => class,
        value => value_text(lang, story, at, decimals),
        requirement => locale::say(lang, &requirement(book, at, &story.traits, story.year)),
        shortfall => shortfall, source => indicator.source, confidence => indicator.confidence.name(),
        confidence_word => locale::say_key(lang, &format!("confidence-{}", indicator.confidence.name()), &[]),
        overlay => indicator.overlay.as_ref().map(|o| o.citation.clone()),
        note => indicator.note, measure => indicator.measure, history => history, parts => parts, others => others, href => href,
        figure => figure.map(|f| context! {
            origin => say::origin(lang, f.key.origin),
            source => f.source, at => locale::date(f.at.day()), revision => f.revision.0,
        }),
        leaf => node.is_leaf(),
    }
}
