//! Home: the province at a glance. The sentence, one bar, a small map, who is nearest and lacks what, the plan's targets,
//! the years.

use super::{
    about,
    choice::{Asked, Choice},
    law, map,
    paper::picture,
    say,
};
use crate::{
    Law,
    choropleth::choropleth,
    targets::{self, Counts, Target},
    told::{Told, told},
    totals::{self, CommuneRow, Listing, Part, Totals, YearTotals},
};
use charts::{Bullet, Frame, Kind, Reference, Stack, Style};
use kernel::{Decimal, Phrase};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Confidence, Status, model::Op, nearest::nearest};
use store::Query;
use web::{Asking, Ctx, Outcome};

/// Communes that are nearest to passing; indicators named of each.
const NEAREST: i64 = 6;
const NAMED: usize = 3;
/// Width of the map, in units of its picture: coarse, so that the page stays light.
const MAP: i64 = 320;
/// Width of a target's bar, as wide as its card on a phone.
const BAR: u16 = 260;

/// The word of a part and the class of its colour.
pub(super) fn part_words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Passed => ("status-passed", "k-passed"),
        Part::PassedUnconfirmed => ("status-passed-unconfirmed", "k-unconfirmed"),
        Part::Failed => ("status-failed", "k-failed"),
        Part::Incomplete => ("status-incomplete", "k-incomplete"),
        Part::ToBeConfirmed => ("status-to-be-confirmed", "k-confirm"),
        Part::Without => ("status-without", "k-without"),
    }
}

/// The parts of the one bar, each a link to exactly its communes.
fn bar(ctx: &Ctx, choice: &Choice, totals: &Totals) -> Vec<Value> {
    let mut before = 0;
    let told = |part: Part| {
        let (key, class) = part_words(part);
        let href = ctx.link(&format!("/xa?{}&kq={}", choice.query(), part.name()));
        let count = part.count(totals);
        let (from, share) = (web::share(before, totals.units), web::share(count, totals.units));
        before += count;
        context! { word => locale::word(ctx.lang, key), class, count, href, from, share }
    };
    Part::ALL.into_iter().filter(|part| part.count(totals) > 0).map(told).collect()
}

/// `GET /`. Cost: one row a commune of the province for the totals, the trend, the map and the targets; the figures of the
/// targets' indicators, and those of the few nearest communes; one row where the page is kept.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
    let slice = &choice.slice;
    let totals = totals::totals(&mut tx, slice).await?;
    let trend = totals::by_year(&mut tx, slice).await?;
    let nearest = nearest_to_passing(&ctx, &mut tx, &law, &choice).await?;
    let small_map = match choropleth(&mut tx, &law, slice, "").await? {
        Some(map) => Some(map::picture(&ctx, &mut tx, &choice, &map, MAP).await?),
        None => None,
    };
    let answers = targets::answers(&mut tx, &law, slice).await?;
    let province = choice.provinces.iter().find(|p| p.id == slice.ancestor).map(|p| p.name.clone());
    let province = province.unwrap_or_default();
    ctx.page_kept(
        &version,
        "home.html",
        context! {
            title => province.clone(),
            meta => about::home(&ctx, &province).pictured(picture::of_province(&ctx, &province, &choice, &totals)),
            province => province,
            choice => choice.form(ctx.lang),
            totals => Value::from_serialize(totals),
            all_passed => totals.all_passed(),
            bar => bar(&ctx, &choice, &totals),
            nearest, map => small_map,
            targets => answered(&ctx, &choice, &answers),
            unanswered => unanswered(ctx.lang, &answers),
            target_source => targets::shipped().source,
            trend => years(&ctx, &choice, &trend),
            chart => chart(ctx.lang, &trend),
        },
    )
}

pub(super) fn commune_href(row: &CommuneRow, choice: &Choice) -> String {
    format!("/xa/{}?nam={}&bo={}", row.id, choice.year, choice.set)
}

/// The communes that lack least, each with what it lacks.
async fn nearest_to_passing(ctx: &Ctx, tx: &mut impl Query, law: &Law, choice: &Choice) -> store::Result<Vec<Value>> {
    let listing = Listing { sort: "nearest".into(), per: NEAREST, ..Listing::default() };
    let (mut rows, _) = totals::communes(tx, &choice.slice, &listing).await?;
    rows.retain(|r| r.status.is_some_and(|s| s != Status::Passed) && r.failing > 0);
    let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
    let units: Vec<_> = units::store::many(tx, &ids).await?.into_values().collect();
    let told = told(tx, law, (&choice.set, choice.year), &units, None).await?;
    let row = |row: &CommuneRow| {
        let told = told.iter().find(|t| t.unit == row.id);
        let missing = told.map(|told| missing(ctx, told, row, choice)).unwrap_or_default();
        let more = row.failing - missing.len() as i64;
        context! { name => row.name, failing => row.failing, href => ctx.link(&commune_href(row, choice)), missing, more }
    };
    Ok(rows.iter().map(row).collect())
}

/// The failed indicators of a commune, the nearest first, each with its distance and a link to where it is explained.
fn missing(ctx: &Ctx, told: &Told, row: &CommuneRow, choice: &Choice) -> Vec<Value> {
    let book = &told.plan.book;
    let one = |distance: &rulebook::nearest::Distance| {
        let node = &book.nodes[distance.node];
        let no = &node.indicator.no;
        let criterion = no.split('.').next().unwrap_or(no);
        let short = distance.amount.as_ref().map(|exact| {
            let amount = say::still(exact, node.unit());
            let less = matches!(node.indicator.requirement.op, Op::AtMost | Op::LessThan);
            locale::say(ctx.lang, &Phrase::new(if less { "home-less" } else { "home-more" }).with("amount", amount))
        });
        let href = ctx.link(&format!("{}&mo={criterion}#tc-{criterion}", commune_href(row, choice)));
        context! { no, text => ctx.lang.pick(&node.indicator.text_vi, &node.indicator.text_en), short, href }
    };
    nearest(book, &told.verdict, &told.traits, choice.year).iter().take(NAMED).map(one).collect()
}

/// What is asked of a target, in words.
fn asked_for(lang: Lang, target: &Target) -> String {
    let key = match target.op {
        Op::MoreThan => "home-target-more",
        Op::Exactly => "home-target-exactly",
        _ => "home-target-least",
    };
    let unit = Some(target.unit.as_str());
    locale::say(lang, &Phrase::new(key).with("amount", say::with_unit(locale::exact(lang, &target.value), unit)))
}

/// The targets that verdicts answer, each with its bar.
fn answered(ctx: &Ctx, choice: &Choice, answers: &[(&Target, Option<Counts>)]) -> Vec<Value> {
    let lang = ctx.lang;
    let percent = |n: &Decimal| say::with_unit(locale::exact(lang, n), Some("%"));
    let one = |(target, counts): &(&Target, Option<Counts>)| {
        let counts = (*counts)?;
        let (status, confirmed) = target.stands(&counts);
        let share = rulebook::Value::Fraction(counts.all_passed().into(), counts.units.into()).shown()?;
        let text = lang.pick(&target.text_vi, &target.text_en);
        let bullet = Bullet {
            heads: ["", "", "", ""].map(String::from),
            name: String::new(),
            value: Some(share.round_half_up(1)),
            target: Some(Reference { value: target.value.clone(), label: asked_for(lang, target) }),
            forecast: None,
        };
        let id = format!("target-{}", target.id.to_lowercase());
        let frame = Frame { id: &id, title: text, width: BAR, ..frame(&percent) };
        let layer = choice.query_of(target.set.as_deref().unwrap_or_default());
        let indicator = target.indicator.as_deref().unwrap_or_default();
        Some(context! {
            text, id => target.id, svg => bullet.draw(&frame).svg,
            met => counts.all_passed(), units => counts.units, unconfirmed => counts.unconfirmed,
            word => locale::word(lang, say::key(status, confirmed)), class => say::class(status, confirmed),
            due => locale::date(target.due), unsure => target.confidence != Confidence::Verified,
            href => ctx.link(&format!("/ban-do?{layer}&lop=ct-{indicator}")),
        })
    };
    answers.iter().filter_map(one).collect()
}

/// The targets that nothing answers yet.
fn unanswered(lang: Lang, answers: &[(&Target, Option<Counts>)]) -> Vec<Value> {
    let without = answers.iter().filter(|(_, counts)| counts.is_none());
    without
        .map(|(target, _)| {
            context! { text => lang.pick(&target.text_vi, &target.text_en), asked => asked_for(lang, target) }
        })
        .collect()
}

/// What the charts of this page have in common.
fn frame<'a>(say: &'a dyn Fn(&Decimal) -> String) -> Frame<'a> {
    Frame { id: "", title: "", desc: "", unit: "", missing: "–", say, style: Style::Page, width: charts::WIDTH }
}

/// The years as a table whose numbers lead to their communes.
fn years(ctx: &Ctx, choice: &Choice, trend: &[YearTotals]) -> Vec<Value> {
    let one = |y: &YearTotals| {
        let query = format!("nam={}&bo={}&tinh={}", y.year, choice.set, choice.slice.ancestor);
        let list = |part: Part| ctx.link(&format!("/xa?{query}&kq={}", part.name()));
        context! {
            year => y.year, passed => y.passed, unconfirmed => y.passed_unconfirmed, of => y.of,
            home => ctx.link(&format!("/?{query}")), list => ctx.link(&format!("/xa?{query}")),
            passed_list => list(Part::Passed), unconfirmed_list => list(Part::PassedUnconfirmed),
        }
    };
    trend.iter().map(one).collect()
}

/// The years as bars.
fn chart(lang: Lang, trend: &[YearTotals]) -> String {
    let part = |key, kind| charts::Part { name: locale::word(lang, key), kind };
    let parts = vec![
        part("status-passed", Kind::Passed),
        part("status-passed-unconfirmed", Kind::Unconfirmed),
        part("status-failed", Kind::Failed),
        part("home-trend-open", Kind::Without),
    ];
    let open = |y: &YearTotals| y.of - y.passed - y.passed_unconfirmed - y.failed;
    let numbers = |y: &YearTotals| [y.passed, y.passed_unconfirmed, y.failed, open(y)];
    let row = |y: &YearTotals| (y.year.to_string(), numbers(y).map(Decimal::from).to_vec());
    let stack = Stack { axis: locale::word(lang, "choice-year"), parts, rows: trend.iter().map(row).collect() };
    let say = |n: &Decimal| locale::exact(lang, n);
    let title = locale::word(lang, "home-trend");
    stack.draw(&Frame { id: "trend", title: &title, ..frame(&say) }).svg
}
