//! A commune beside others: up to four communes, the mean of its district or province, or its own other years.

use super::{commune::Asked as CommuneAsked, law, say, telling};
use crate::{
    Edition, Key, Law,
    law::{Plan, day_of_judging},
    model::Figure,
    published,
    totals::{self, OfUnit},
};
use kernel::{Decimal, UnitId};
use locale::Lang;
use minijinja::{Value as Page, context};
use rulebook::{Aggregate, Judged, Status, Traits, Value, evaluate};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use store::Query;
use units::{Unit, store::Attributes};
use web::{Asking, Ctx, Outcome, Path};

/// Columns beside the commune's own.
const MOST: usize = 4;

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Other communes: their names or ids, between commas.
    #[serde(default)]
    voi: String,
    /// `huyen` or `tinh`: the mean of the district or province.
    #[serde(default)]
    tb: String,
    /// Other years of the same commune, between commas.
    #[serde(default)]
    nam_khac: String,
}

/// A column: a unit in a year with its values, or a mean.
struct Column {
    title: String,
    note: String,
    href: Option<String>,
    /// By node of the plan.
    cells: Vec<Option<Cell>>,
    verdict: Option<Judged>,
    passed: Option<(usize, usize)>,
}

struct Cell {
    said: String,
    state: Option<Judged>,
}

/// Other units an address names, and the words of it that are no commune's.
async fn named(tx: &mut impl Query, unit: &Unit, year: i16, asked: &str) -> store::Result<(Vec<Unit>, Vec<String>)> {
    let (mut ids, mut unknown) = (Vec::new(), Vec::new());
    let words: Vec<&str> = asked.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
    let peers = match units::store::ancestors(tx, unit.id).await?.last() {
        Some(province) => units::store::under(tx, province.id, "commune", day_of_judging(unit, year)).await?,
        None => Vec::new(),
    };
    for word in words {
        let key = kernel::text::search_key(word);
        let short = |u: &&Unit| kernel::text::search_key(units::store::short_name(&u.name)) == key;
        let found = peers
            .iter()
            .find(|u| u.id.to_string() == word || u.code == word || kernel::text::search_key(&u.name) == key)
            .or_else(|| peers.iter().find(short));
        match found {
            Some(other) if other.id != unit.id && !ids.contains(&other.id) => ids.push(other.id),
            Some(_) => {}
            None => unknown.push(word.to_owned()),
        }
    }
    let place = |id: &UnitId| peers.iter().find(|u| u.id == *id).cloned();
    Ok((ids.iter().filter_map(place).take(MOST).collect(), unknown))
}

/// `GET /xa/{id}/so-sanh`. Cost: one row a commune of the province, the year's figures of the units compared; for a mean
/// those of all communes of the district or province; one row where the page is kept.
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
    let Some(plan) = law.plan(&set, day_of_judging(&unit, year)) else { return Err(ctx.not_found()) };
    let (others, unknown) = named(&mut tx, &unit, year, &asked.voi).await?;
    let years: BTreeSet<i16> =
        asked.nam_khac.split(',').filter_map(|y| kernel::year(y.trim())).filter(|y| *y != year).take(MOST).collect();
    let above = units::store::ancestors(&mut tx, unit.id).await?;
    let area = match asked.tb.as_str() {
        "huyen" => above.iter().find(|u| u.level == "district"),
        "tinh" => above.iter().find(|u| u.level == "province"),
        _ => None,
    };

    let lang = ctx.lang;
    let compared: Vec<Unit> = std::iter::once(unit.clone()).chain(others).collect();
    let ids: Vec<UnitId> = compared.iter().map(|u| u.id).collect();
    let attributes = Attributes::of(&mut tx, &ids).await?;
    let figures = published::of_units(&mut tx, &ids, year, None, Edition::Published).await?;
    let mut columns: Vec<Column> = compared
        .iter()
        .map(|u| column(&ctx, &law, &plan, u, year, &figures, &attributes.on(u, day_of_judging(u, year))))
        .collect();
    if !years.is_empty() {
        let all = published::figures(&mut tx, unit.id, None, Edition::Published).await?;
        columns.extend(years.iter().map(|&other| {
            let traits = attributes.on(&unit, day_of_judging(&unit, other));
            column(&ctx, &law, &plan, &unit, other, &all, &traits)
        }));
    }
    if let Some(area) = area {
        columns.push(mean(lang, &mut tx, &law, &plan, area, &unit, year).await?);
    }
    let verdicts: Vec<OfUnit> = totals::of_unit(&mut tx, unit.id).await?;
    let other_years: BTreeSet<i16> = verdicts.iter().map(|v| v.1).filter(|y| *y != year).collect();
    ctx.page_kept(
        &version,
        "beside.html",
        context! {
            title => locale::word(lang, "beside-title"), unit => unit.name, id => id, year => year, set => set,
            set_title => lang.pick(&plan.book.rulebook.title_vi, &plan.book.rulebook.title_en),
            crumbs => vec![context! { name => unit.name, href => ctx.link(&format!("/xa/{id}?nam={year}&bo={set}")) }],
            voi => asked.voi, tb => asked.tb, nam_khac => asked.nam_khac, unknown => unknown, other_years => other_years,
            has_district => above.iter().any(|u| u.level == "district"),
            columns => columns.iter().map(|c| head(lang, c)).collect::<Vec<_>>(), rows => rows(lang, &plan, &columns),
        },
    )
}

/// A unit in a year, judged as its own page judges it.
fn column(ctx: &Ctx, law: &Law, plan: &Plan, unit: &Unit, year: i16, figures: &[Figure], traits: &Traits) -> Column {
    let lang = ctx.lang;
    let of_unit = figures.iter().filter(|f| f.key.unit == unit.id && f.key.year == year);
    let plain: HashMap<Key, Value> = of_unit.map(|f| (f.key, f.value.clone())).collect();
    let values = law.values(plan, &plain, unit.id, year);
    let verdict = evaluate(&plan.book, &values, traits, year);
    let cell = |at: usize| {
        let value = values[at].as_ref();
        let decimals = telling::measure_of(law, plan, at).map_or(2, |m| m.decimals);
        let said = value.map_or_else(|| locale::word(lang, "status-without"), |v| say::rounded(lang, v, decimals));
        let said = if plan.book.nodes[at].is_leaf() { said } else { String::new() };
        Some(Cell { said, state: Some(verdict.nodes[at]) })
    };
    let passed = verdict.criteria.iter().filter(|c| c.status == Status::Passed).count();
    Column {
        title: unit.name.clone(),
        note: year.to_string(),
        href: Some(ctx.link(&format!("/xa/{}?nam={year}&bo={}", unit.id, plan.book.set()))),
        cells: (0..plan.book.nodes.len()).map(cell).collect(),
        verdict: (!plain.is_empty()).then_some(verdict.set),
        passed: Some((passed, verdict.criteria.len())),
    }
}

/// The mean of the communes under an area, each measure joined as it may be: weighted where it has a weight, how many meet
/// it where it is yes or no, nothing where it cannot be compared.
async fn mean(
    lang: Lang,
    tx: &mut impl Query,
    law: &Law,
    plan: &Plan,
    area: &Unit,
    unit: &Unit,
    year: i16,
) -> store::Result<Column> {
    let communes = units::store::under(tx, area.id, "commune", day_of_judging(unit, year)).await?;
    let ids: Vec<UnitId> = communes.iter().filter(|u| u.is_judged_commune()).map(|u| u.id).collect();
    let figures = published::of_units(tx, &ids, year, None, Edition::Published).await?;
    let plain: HashMap<Key, Value> = figures.into_iter().map(|f| (f.key, f.value)).collect();
    let read = |unit: UnitId, measure: i64| law.read(&plain, unit, year, measure).map(|(_, value)| value.into_owned());
    let cell = |at: usize| {
        let id = plan.measures[at]?;
        let measure = telling::measure_of(law, plan, at)?;
        let values = ids.iter().filter_map(|&u| Some((u, read(u, id)?)));
        let said = match &measure.aggregate {
            Aggregate::NotComparable => locale::word(lang, "compare-not-comparable"),
            Aggregate::Count => {
                let all: Vec<bool> =
                    values.filter_map(|(_, v)| if let Value::Yes(yes) = v { Some(yes) } else { None }).collect();
                format!("{}/{}", all.iter().filter(|yes| **yes).count(), all.len())
            }
            aggregate => {
                let weight = |unit: UnitId| match aggregate {
                    Aggregate::Weighted(by) => read(unit, law.measure_id(by)?)?.shown(),
                    _ => Some(Decimal::from(1)),
                };
                let zero = (Decimal::ZERO, Decimal::ZERO);
                let (sum, weights) = values
                    .filter_map(|(u, v)| Some((v.shown()?, weight(u)?)))
                    .fold(zero, |(sum, weights), (v, w)| (&sum + &(&v * &w), &weights + &w));
                let mean = sum.checked_div_rounded(&weights, measure.decimals + 2);
                mean.map_or_else(
                    || locale::word(lang, "status-without"),
                    |m| locale::rounded(lang, &m, measure.decimals),
                )
            }
        };
        Some(Cell { said, state: None })
    };
    Ok(Column {
        title: locale::say(lang, &kernel::Phrase::new("compare-mean").with("name", area.name.clone())),
        note: locale::say(lang, &kernel::Phrase::new("compare-mean-of").with("count", ids.len() as i64)),
        href: None,
        cells: (0..plan.book.nodes.len()).map(cell).collect(),
        verdict: None,
        passed: None,
    })
}

fn head(lang: Lang, column: &Column) -> Page {
    let state = column.verdict.map(|judged| say::state(lang, judged));
    context! {
        title => column.title, note => column.note, href => column.href, passed => column.passed.map(|p| p.0),
        total => column.passed.map(|p| p.1), word => state.as_ref().map(|s| &s.0), class => state.as_ref().map(|s| s.1),
    }
}

/// A line an indicator that has a figure somewhere, under its criterion.
fn rows(lang: Lang, plan: &Plan, columns: &[Column]) -> Vec<Page> {
    let book = &plan.book;
    let row = |(at, node): (usize, &rulebook::book::Node)| {
        node.is_leaf().then_some(())?;
        let cell = |column: &Column| {
            let cell = column.cells[at].as_ref();
            let state = cell.and_then(|c| c.state).map(|judged| say::state(lang, judged));
            context! { said => cell.map(|c| &c.said), word => state.as_ref().map(|s| &s.0), class => state.as_ref().map(|s| s.1) }
        };
        let indicator = &node.indicator;
        Some(context! {
            no => indicator.no, text => lang.pick(&indicator.text_vi, &indicator.text_en), unit => node.unit(),
            criterion => book.criteria[node.criterion].no, cells => columns.iter().map(cell).collect::<Vec<_>>(),
        })
    };
    book.nodes.iter().enumerate().filter_map(row).collect()
}
