//! What forms need of a unit and its years, read in a number of queries that does not grow with the units.

use super::model::{Form, Join, RowsOf};
use facts::{
    Edition, Figure, Key, Law,
    judgements::{self, Judgement},
    law::{Plan, day_of_judging},
    published,
};
use kernel::{Day, UnitId};
use rulebook::{Origin, Traits, Value, Verdict, evaluate, values::year_end};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::{Query, Result};
use units::Unit;

/// A unit in the years that its forms read.
pub struct Reading {
    pub unit: Unit,
    pub year: i16,
    pub edition: Edition,
    pub years: BTreeMap<i16, Year>,
}

/// One of these years.
pub struct Year {
    /// The day whose units count.
    pub day: Day,
    /// The units of the time: communes that sets judge, in the order of names, and districts.
    pub communes: Vec<Commune>,
    pub districts: Vec<Unit>,
    pub judgements: HashMap<(UnitId, String), Judgement>,
    pub figures: HashMap<Key, Figure>,
    /// Their values alone, as the law reads them.
    pub values: HashMap<Key, Value>,
    /// The unit itself, by set.
    pub own: HashMap<String, Own>,
}

pub struct Commune {
    pub unit: Unit,
    pub group: Option<String>,
}

/// The unit's own verdict under a set, node by node.
pub struct Own {
    pub plan: Arc<Plan>,
    pub traits: Traits,
    /// By node: what it was judged on, and from which origin.
    pub values: Vec<Option<(Origin, Value)>>,
    pub verdict: Verdict,
}

/// Reads what forms need of a unit and year. Cost: some five queries for each year they read (and one a thousand communes): the
/// communes under the unit, their verdicts under the forms' sets, the figures that the forms name.
pub async fn gather(
    tx: &mut impl Query,
    law: &Law,
    forms: &[&Form],
    unit: &Unit,
    year: i16,
    edition: Edition,
) -> Result<Reading> {
    let wanted: BTreeSet<i16> = forms.iter().flat_map(|form| form.years(year)).collect();
    let sets: BTreeSet<&str> = forms.iter().flat_map(|form| form.sets()).collect();
    let own_sets: BTreeSet<&str> = forms.iter().flat_map(|form| own_sets(form)).collect();
    let mut years = BTreeMap::new();
    // The year of the form, and those that its columns compare it with: a few, whatever the number of units.
    for of in wanted {
        years.insert(of, one_year(tx, law, forms, unit, of, (&sets, &own_sets), edition).await?);
    }
    Ok(Reading { unit: unit.clone(), year, edition, years })
}

/// The sets whose indicators a form lists of its own unit.
fn own_sets(form: &Form) -> impl Iterator<Item = &str> {
    let listed = form.rows.iter().filter(|row| row.rows_of == Some(RowsOf::Indicators));
    listed.filter_map(|row| Some(row.set.as_ref().or(form.set.as_ref())?.get_ref().as_str()))
}

async fn one_year(
    tx: &mut impl Query,
    law: &Law,
    forms: &[&Form],
    unit: &Unit,
    year: i16,
    (sets, own_sets): (&BTreeSet<&str>, &BTreeSet<&str>),
    edition: Edition,
) -> Result<Year> {
    let day = if unit.level == "commune" { day_of_judging(unit, year) } else { year_end(year) };
    let mut communes = units::store::under(tx, unit.id, "commune", day).await?;
    communes.retain(Unit::is_judged_commune);
    let districts = units::store::under(tx, unit.id, "district", day).await?;
    let mut ids: Vec<UnitId> = communes.iter().map(|commune| commune.id).collect();
    if !ids.contains(&unit.id) {
        ids.push(unit.id);
    }
    let attributes = units::store::Attributes::of(tx, &ids).await?;
    let judged = match sets.is_empty() {
        true => Vec::new(),
        false => judgements::under(tx, unit.id, day, year, sets, edition).await?,
    };
    let figures = figures(tx, law, forms, unit, (&ids, year), own_sets, edition).await?;
    let plain: HashMap<Key, Value> = figures.iter().map(|(key, figure)| (*key, figure.value.clone())).collect();
    let own = own_sets.iter().filter_map(|set| {
        let plan = law.plan(set, day).filter(|plan| facts::law::applies(&plan.book.rulebook, year))?;
        let traits = attributes.on(unit, day);
        let read = |m: &Option<i64>| {
            law.read(&plain, unit.id, year, (*m)?).map(|(origin, value)| (origin, value.into_owned()))
        };
        let values: Vec<_> = plan.measures.iter().map(read).collect();
        let judged: Vec<Option<Value>> = values.iter().map(|v| v.as_ref().map(|(_, value)| value.clone())).collect();
        let verdict = evaluate(&plan.book, &judged, &traits, year);
        Some(((*set).to_owned(), Own { plan, traits, values, verdict }))
    });
    let own = own.collect();
    let group = |commune: Unit| Commune { group: attributes.on(&commune, day).group, unit: commune };
    Ok(Year {
        day,
        communes: communes.into_iter().map(group).collect(),
        districts,
        judgements: judged.into_iter().map(|j| ((j.unit, j.set.clone()), j)).collect(),
        figures,
        values: plain,
        own,
    })
}

/// The figures that forms read: of the unit's own sets all it has, of named measures those of the communes.
async fn figures(
    tx: &mut impl Query,
    law: &Law,
    forms: &[&Form],
    unit: &Unit,
    (ids, year): (&[UnitId], i16),
    own_sets: &BTreeSet<&str>,
    edition: Edition,
) -> Result<HashMap<Key, Figure>> {
    let mut found = HashMap::new();
    let bound =
        || forms.iter().flat_map(|form| &form.rows).filter_map(|row| Some((row.figure.as_ref()?, row.each.is_some())));
    let measures = |joined: bool| -> BTreeSet<i64> {
        let wanted = bound().filter(|(figure, each)| (figure.join != Join::Own || *each) == joined);
        wanted.flat_map(|(figure, _)| law.needed(figure.measure.get_ref())).collect()
    };
    let (joined, own) = (measures(true), measures(false));
    if !joined.is_empty() {
        let read = published::of_units(tx, ids, year, Some(&joined), edition).await?;
        found.extend(read.into_iter().map(|figure| (figure.key, figure)));
    }
    if !own_sets.is_empty() || !own.is_empty() {
        let read = published::figures(tx, unit.id, Some(year), edition).await?;
        found.extend(read.into_iter().map(|figure| (figure.key, figure)));
    }
    Ok(found)
}
