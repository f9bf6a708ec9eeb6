//! What reviewers ask the store: what waits, what differs from the year before, what is no longer what was accepted.

use super::{corrupt, item, moment};
use crate::model::{Campaign, Criterion, Item};
use ::store::{Listing, Query, Result, Row, WriteTx, args, paged};
use kernel::{AgencyId, Moment, PersonId, UnitId};
use std::collections::{BTreeSet, HashMap};

/// A value that is another one than was accepted.
#[derive(Clone, Debug)]
pub struct Changed {
    pub unit: UnitId,
    pub unit_name: String,
    pub measure: i64,
    pub origin: i64,
    pub before: rulebook::Value,
    pub after: rulebook::Value,
    pub accepted_at: Moment,
    pub at: Moment,
    /// The role that wrote it, and where this room wrote it, who.
    pub actor: String,
    pub person: Option<PersonId>,
    pub source: String,
}

/// Accepted lines `a` of a campaign of a year that are no longer what the year's figure stands in.
const YEARLY: &str = "reporting_accepted a JOIN facts_figure f ON f.unit = a.unit AND f.period = a.period
                      AND f.measure = a.measure AND f.origin = a.origin AND f.working <> a.revision";
/// The same of a shorter period, whose own values count: the year's figure is written anew by the next one. What was accepted
/// before values were kept with it says nothing.
const SHORTER: &str = "reporting_accepted a JOIN reporting_entry e ON e.campaign = a.campaign AND e.unit = a.unit
                       AND e.measure = a.measure AND e.version <> a.revision AND LENGTH(a.period) > 4
                       AND COALESCE(a.value, a.num) IS NOT NULL";

/// The units of campaign `$1` of which something was changed after it was accepted, as a statement.
pub(super) fn units_changed() -> String {
    let of = |from: &str| format!("SELECT a.unit FROM {from} WHERE a.campaign = $1");
    format!("{} UNION {}", of(YEARLY), of(SHORTER))
}

/// Values of a campaign that were changed after they were first accepted, whichever way, the newest first; of this scope's
/// units. Cost: a row a value that was accepted.
pub async fn changed(
    tx: &mut impl Query,
    campaign: &Campaign,
    listing: &Listing,
    unit: Option<UnitId>,
) -> Result<(Vec<Changed>, i64)> {
    let (columns, from, at) = match campaign.is_yearly() {
        true => (
            "n.at, n.actor, e.person, n.source, b.value, b.num, b.den, n.value, n.num, n.den",
            format!(
                "{YEARLY} JOIN facts_history b ON b.revision = a.revision JOIN facts_history n ON n.revision = f.working
                 LEFT JOIN reporting_entry e ON e.campaign = a.campaign AND e.unit = a.unit AND e.measure = a.measure
                   AND e.version = f.working"
            ),
            "n.at",
        ),
        false => ("e.at, '', e.person, '', a.value, a.num, a.den, e.value, e.num, e.den", SHORTER.to_owned(), "e.at"),
    };
    let columns = format!("a.unit, u.name, a.measure, a.origin, a.at, {columns}");
    let from = format!(
        "{from} JOIN reporting_unit u ON u.campaign = a.campaign AND u.unit = a.unit
         WHERE a.campaign = $1 AND ($2 = '' OR u.search LIKE '%' || $2 || '%') AND ($3 = 0 OR a.unit = $3)"
    );
    let newest = format!("{at} DESC, a.unit, a.measure");
    let order = if listing.sort == "unit" { "u.ord, a.unit, a.measure" } else { &newest };
    let given = args![campaign.id, listing.key(), unit.map_or(0, |unit| unit.0)];
    let value = |row: &Row, at: usize| facts::model::value(row, at)?.ok_or_else(|| corrupt("value"));
    let read = |row: &Row| {
        Ok(Changed {
            unit: UnitId(row.i64(0)?),
            unit_name: row.text(1)?,
            measure: row.i64(2)?,
            origin: row.i64(3)?,
            accepted_at: moment(row, 4)?,
            at: moment(row, 5)?,
            actor: row.text(6)?,
            person: row.opt_i64(7)?.map(PersonId),
            source: row.text(8)?,
            before: value(row, 9)?,
            after: value(row, 12)?,
        })
    };
    paged(tx, &columns, &from, order, given, listing.span(), read).await
}

/// Keeps which lines were accepted, where none were before; of a shorter period its values. Cost: those of these measures.
pub async fn accept(tx: &mut WriteTx, one: &Campaign, unit: UnitId, measures: &[i64]) -> Result<()> {
    let list = measures.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    if list.is_empty() {
        return Ok(());
    }
    if !one.is_yearly() {
        let sql = format!(
            "INSERT INTO reporting_accepted (campaign, unit, period, measure, origin, revision, at, value, num, den)
             SELECT campaign, unit, period, measure, $3, version, $4, value, num, den FROM reporting_entry
             WHERE campaign = $1 AND unit = $2 AND measure IN ({list}) ON CONFLICT DO NOTHING"
        );
        let declared = facts::model::origin_number(rulebook::Origin::Declared);
        tx.execute(&sql, args![one.id, unit, declared, tx.now()]).await?;
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO reporting_accepted (campaign, unit, period, measure, origin, revision, at)
         SELECT $1, unit, $2, measure, origin, working, $3 FROM facts_figure
         WHERE unit = $4 AND period = $5 AND measure IN ({list}) ON CONFLICT DO NOTHING"
    );
    let given = args![one.id, one.period_name(), tx.now(), unit, format!("{:04}", one.year())];
    tx.execute(&sql, given).await?;
    Ok(())
}

/// A criterion that waits for somebody, with its unit.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub unit: UnitId,
    pub unit_name: String,
    pub item: Item,
}

/// Criteria in a state, the longest waiting first; of these criteria and agencies only, where any are named. Cost: the criteria
/// of the campaign in that state, twice.
pub async fn waiting(
    tx: &mut impl Query,
    campaign: i64,
    listing: &Listing,
    criteria: Option<&[Criterion]>,
    agencies: Option<&[AgencyId]>,
) -> Result<(Vec<Waiting>, i64)> {
    let mut from = "reporting_item i JOIN reporting_unit u ON u.campaign = i.campaign AND u.unit = i.unit
                    WHERE i.campaign = $1 AND i.state = $2 AND ($3 = '' OR u.search LIKE '%' || $3 || '%')"
        .to_owned();
    let mut given = args![campaign, listing.state.as_str(), listing.key()];
    if let Some(criteria) = criteria {
        let mut one = |criterion: &Criterion| {
            given.extend(args![criterion.set.as_str(), criterion.no.as_str()]);
            format!("(i.set_id = ${} AND i.criterion = ${})", given.len() - 1, given.len())
        };
        let any: Vec<String> = criteria.iter().map(&mut one).collect();
        from.push_str(&format!(" AND ({})", if any.is_empty() { "1 = 0".to_owned() } else { any.join(" OR ") }));
    }
    if let Some(agencies) = agencies {
        let list = agencies.iter().map(|agency| agency.0.to_string()).collect::<Vec<_>>().join(",");
        from.push_str(&format!(
            " AND (i.agency IS NULL OR i.agency IN ({}))",
            if list.is_empty() { "0" } else { &list }
        ));
    }
    let order = if listing.sort == "unit" { "u.ord, i.unit, i.place" } else { "i.since, u.ord, i.unit, i.place" };
    let columns =
        "i.set_id, i.criterion, i.place, i.state, i.since, i.asked, i.filled, i.agency, i.officer, i.unit, u.name";
    let read = |row: &Row| Ok(Waiting { item: item(row)?, unit: UnitId(row.i64(9)?), unit_name: row.text(10)? });
    paged(tx, columns, &from, order, given, listing.span(), read).await
}

/// Values of a criterion that are others than the year before: measure, before, now.
pub type Differences = HashMap<(UnitId, Criterion), Vec<(i64, Option<rulebook::Value>, rulebook::Value)>>;

/// What of the values that these criteria declare differs from the year before, so that who reviews many sees it at once. Cost:
/// the declared figures of those units and measures in two years, one query a year.
pub async fn differences(
    tx: &mut impl Query,
    law: &facts::Law,
    campaign: &Campaign,
    waiting: &[Waiting],
) -> Result<Differences> {
    let mut units: Vec<UnitId> = waiting.iter().map(|one| one.unit).collect();
    units.sort_unstable();
    units.dedup();
    let mut measures: HashMap<Criterion, BTreeSet<i64>> = HashMap::new();
    for one in waiting {
        let criterion = &one.item.criterion;
        if !measures.contains_key(criterion) {
            let named = kernel::CriterionRef { set: criterion.set.clone(), no: criterion.no.clone() };
            measures.insert(criterion.clone(), law.measures_of(&[&named]));
        }
    }
    let all: BTreeSet<i64> = measures.values().flatten().copied().collect();
    let declared = |figures: Vec<facts::Figure>| -> HashMap<(UnitId, i64), rulebook::Value> {
        let own = figures.into_iter().filter(|figure| figure.key.origin == rulebook::Origin::Declared);
        own.map(|figure| ((figure.key.unit, figure.key.measure), figure.value)).collect()
    };
    let (year, working) = (campaign.year(), facts::Edition::Working);
    let now = match campaign.is_yearly() {
        true => declared(facts::published::of_units(tx, &units, year, Some(&all), working).await?),
        false => said(tx, campaign, &units).await?,
    };
    let before = declared(facts::published::of_units(tx, &units, year - 1, Some(&all), working).await?);
    let mut found = Differences::new();
    for one in waiting {
        let named = measures.get(&one.item.criterion).into_iter().flatten();
        let differs = named.filter_map(|&measure| {
            let value = now.get(&(one.unit, measure))?;
            let last = before.get(&(one.unit, measure));
            (last != Some(value)).then(|| (measure, last.cloned(), value.clone()))
        });
        found.insert((one.unit, one.item.criterion.clone()), differs.collect());
    }
    Ok(found)
}

/// What units said in a campaign of a shorter period. Cost: one query a thousand units, their entries.
async fn said(
    tx: &mut impl Query,
    campaign: &Campaign,
    units: &[UnitId],
) -> Result<HashMap<(UnitId, i64), rulebook::Value>> {
    let mut found = HashMap::new();
    for some in units.chunks(1000) {
        let sql = format!(
            "SELECT unit, measure, value, num, den FROM reporting_entry WHERE campaign = $1 AND unit IN ({})",
            ::store::places(2, some.len())
        );
        let given = std::iter::once(campaign.id.into()).chain(some.iter().map(|&unit| unit.into())).collect();
        for row in tx.rows(&sql, given).await? {
            let Some(value) = facts::model::value(&row, 2)? else { continue };
            found.insert((UnitId(row.i64(0)?), row.i64(1)?), value);
        }
    }
    Ok(found)
}
