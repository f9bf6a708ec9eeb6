//! The story of a commune: its verdict, every criterion opened to value, requirement, citation and history.

use super::{about, law, paper::picture, say, telling};
use crate::{
    Law, story,
    totals::{self, OfUnit},
};
use kernel::UnitId;
use minijinja::{Value, context};
use rulebook::{Level, Status};
use serde::Deserialize;
use std::collections::HashMap;
use store::Query;
use units::Unit;
use web::{Asking, Ctx, Outcome, Path};

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub nam: String,
    #[serde(default)]
    pub bo: String,
    /// Number of a criterion to be shown open.
    #[serde(default)]
    pub mo: String,
}

/// The year and set that an address asks for, of those that judge the unit; the set is empty where none does. Cost: the
/// unit's verdicts where no year is named.
pub(super) async fn chosen(
    ctx: &Ctx,
    tx: &mut impl Query,
    law: &Law,
    unit: &Unit,
    asked: &Asked,
) -> store::Result<(i16, String)> {
    let verdicts = match kernel::year(&asked.nam) {
        Some(_) => Vec::new(),
        None => totals::of_unit(tx, unit.id).await?,
    };
    Ok(choose(ctx, law, unit, asked, &verdicts))
}

pub(super) fn choose(ctx: &Ctx, law: &Law, unit: &Unit, asked: &Asked, verdicts: &[OfUnit]) -> (i16, String) {
    let default = match unit.valid_to {
        Some(day) => day.year(),
        None => verdicts.iter().map(|v| v.1).max().unwrap_or(ctx.site.clock.today().year() - 1),
    };
    let year = kernel::year(&asked.nam).unwrap_or(default);
    let in_time = law.sets_for(unit, year);
    let set = in_time.iter().find(|set| **set == asked.bo).or(in_time.first()).cloned();
    (year, set.unwrap_or_default())
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
    let (year, set) = choose(&ctx, &law, &unit, &asked, &verdicts);
    let in_time = law.sets_for(&unit, year);
    let story = match in_time.is_empty() {
        true => None,
        false => story::story(&mut tx, &law, unit.id, &set, year).await?,
    };
    let neighbours = neighbours(&ctx, &mut tx, &law, &unit).await?;
    let ancestors = units::store::ancestors(&mut tx, unit.id).await?;
    let above: Vec<&str> = ancestors.iter().map(|u| u.name.as_str()).collect();
    let picture = story.as_ref().and_then(|s| picture::of_commune(&ctx, s));
    let told = story.as_ref().map(|s| telling::tell(ctx.lang, &law, s, &asked.mo));
    let title = |id: &str| law.library().set(id).map(|s| ctx.lang.pick(s.title_vi.clone(), s.title_en.clone()));
    let others: Vec<Value> = law
        .library()
        .sets()
        .filter(|s| s.applies.level == Level::Commune && s.set != set)
        .map(|s| {
            let href = format!("/xa/{id}/neu-xet?nam={year}&bo={set}&theo={}", s.set);
            context! { title => ctx.lang.pick(&s.title_vi, &s.title_en), href => ctx.link(&href) }
        })
        .collect();
    ctx.page_kept(
        &version,
        "commune.html",
        context! {
            title => unit.name.clone(),
            meta => about::commune(&ctx, &unit, &ancestors).pictured(picture),
            unit => Value::from_serialize(&unit),
            address => unit.id.address(),
            valid_to => unit.valid_to.map(locale::date),
            valid_from => unit.valid_from.map(locale::date),
            above => above,
            neighbours => neighbours,
            timeline => timeline(&ctx, id, &verdicts, title),
            year => year,
            choice => choice(&ctx, &law, &unit, year, &in_time, &set),
            story => told,
            whatif => others,
            judged => unit.is_judged_commune(),
        },
    )
}

/// The years and sets that may be chosen for a unit, as the form of a choice shows them.
fn choice(ctx: &Ctx, law: &Law, unit: &units::Unit, year: i16, in_time: &[String], set: &str) -> Value {
    let (first, current) = law.years(ctx.site.clock.today()).into_inner();
    let first = unit.valid_from.map_or(first, |day| day.year().max(first));
    let last = unit.valid_to.map_or(current, |day| day.year().min(current));
    let title = |id: &str| law.library().set(id).map(|s| ctx.lang.pick(s.title_vi.clone(), s.title_en.clone()));
    let sets: Vec<Value> =
        in_time.iter().map(|id| context! { id => id, title => title(id), chosen => id == set }).collect();
    context! {
        years => (first..=last).collect::<Vec<_>>(), year => year, sets => sets, set_title => title(set),
        day => locale::date(crate::law::day_of_judging(unit, year)), both_sides => false, provinces => Vec::<Value>::new(),
    }
}

/// A line a set, its years side by side: those of the first verdict to the last.
fn timeline(ctx: &Ctx, id: i64, verdicts: &[OfUnit], title: impl Fn(&str) -> Option<String>) -> Value {
    let all = verdicts.iter().map(|v| v.1);
    let (Some(first), Some(last)) = (all.clone().min(), all.max()) else { return Value::UNDEFINED };
    let lines: Vec<Value> = verdicts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|of_set| {
            let set = &of_set[0].0;
            let cell = |year| {
                let (.., status, confirmed, passed, total) = of_set.iter().find(|v| v.1 == year)?;
                Some(context! {
                    passed => passed, total => total, class => say::class(*status, *confirmed),
                    word => locale::word(ctx.lang, say::key(*status, *confirmed)),
                    href => ctx.link(&format!("/xa/{id}?nam={year}&bo={set}")),
                })
            };
            context! { title => title(set), years => (first..=last).map(cell).collect::<Vec<_>>() }
        })
        .collect();
    context! { years => (first..=last).collect::<Vec<_>>(), lines => lines }
}

/// What came before and after, each predecessor with its own last verdict of the main set: figures are carried over a
/// merger, verdicts are not. Cost: the neighbours in time and their verdicts.
async fn neighbours(ctx: &Ctx, tx: &mut impl Query, law: &Law, unit: &Unit) -> store::Result<Value> {
    let (mut before, mut after, mut passed) = (Vec::new(), Vec::new(), 0);
    let all = units::store::neighbours(tx, unit.id).await?;
    let earlier: Vec<UnitId> = all.iter().filter(|(change, _)| change.to == unit.id).map(|(_, u)| u.id).collect();
    let verdicts: HashMap<UnitId, Vec<OfUnit>> = totals::of_units(tx, &earlier).await?;
    for (change, other) in all {
        let year = change.day.yesterday().year();
        let main = law.main_set(Level::Commune, year).map(|s| s.set.as_str());
        let last =
            verdicts.get(&other.id).into_iter().flatten().filter(|v| Some(v.0.as_str()) == main).max_by_key(|v| v.1);
        passed += usize::from(last.is_some_and(|v| v.2 == Status::Passed));
        let verdict = last.map(|(_, year, status, confirmed, passed, total)| {
            context! {
                year => year, passed => passed, total => total, class => say::class(*status, *confirmed),
                word => locale::word(ctx.lang, say::key(*status, *confirmed)),
            }
        });
        let value = context! {
            name => other.name, whole => change.whole, main => change.main, day => locale::date(change.day),
            href => ctx.link(&format!("/xa/{}", other.id)), verdict => verdict,
        };
        if change.to == unit.id { before.push(value) } else { after.push(value) }
    }
    Ok(context! { passed => passed, judged => verdicts.len(), before => before, after => after })
}
