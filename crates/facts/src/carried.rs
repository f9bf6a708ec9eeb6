//! Published figures over a merger: asked on the units that reported them, answered on the units of another day.
//!
//! Nothing is written: figures stay where they were reported, and what the successors get is computed each time.

use crate::{Edition, Key, Law, published};
use kernel::{Day, Decimal, UnitId};
use rulebook::{Aggregate, Measure, Status, Value};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::{Query, Result, StoreError, args};
use units::carry::{self, Area, Carried, Figures, Quantity};

/// What to carry.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Made of units in force on `on`.
    pub areas: Vec<Area>,
    /// The day on which the units that reported were in force.
    pub reported_on: Day,
    pub on: Day,
    pub year: i16,
    /// One measure; without it, every one that has a figure.
    pub measure: Option<String>,
}

/// A measure with what each area gets, in the order of the areas.
#[derive(Clone, Debug)]
pub struct CarriedMeasure {
    pub measure: Arc<Measure>,
    pub areas: Vec<Carried>,
}

fn quantity(value: &Value) -> Option<Quantity> {
    Some(match value {
        Value::Yes(yes) => Quantity::Flag(*yes),
        Value::Number(number) => Quantity::Number(number.clone()),
        Value::Fraction(n, d) => Quantity::Fraction { numerator: n.clone(), denominator: d.clone() },
        Value::NotApplicable => return None,
    })
}

/// Carries published figures. Cost: the succession, and the figures of the units that reported.
pub async fn carried(tx: &mut impl Query, law: &Law, wanted: &Wanted) -> Result<Vec<CarriedMeasure>> {
    let history = units::store::history(tx).await?;
    let members = wanted.areas.iter().flat_map(|a| &a.members);
    let sources: BTreeSet<UnitId> =
        members.flat_map(|&m| history.predecessors(m, wanted.reported_on)).map(|(unit, _)| unit).collect();
    let measures: Vec<Arc<Measure>> =
        law.library().measures().filter(|m| wanted.measure.as_ref().is_none_or(|w| *w == m.id)).cloned().collect();
    let weight = |m: &Measure| if let Aggregate::Weighted(by) = &m.aggregate { Some(by.clone()) } else { None };
    // One measure needs its own figures and its weight's; all of them need everything.
    let only: Option<BTreeSet<i64>> = wanted.measure.is_some().then(|| {
        let codes = measures.iter().flat_map(|m| [Some(m.id.clone()), weight(m)]).flatten();
        codes.flat_map(|code| law.needed(&code)).collect()
    });
    let units: Vec<UnitId> = sources.iter().copied().collect();
    let found = published::of_units(tx, &units, wanted.year, only.as_ref(), Edition::Published).await?;
    let figures: HashMap<Key, Value> = found.into_iter().map(|f| (f.key, f.value)).collect();
    let values = |code: &str| -> Vec<(UnitId, Cow<Value>)> {
        let Some(id) = law.measure_id(code) else { return Vec::new() };
        units.iter().filter_map(|&u| Some((u, law.read(&figures, u, wanted.year, id)?.1))).collect()
    };
    let mut all = Vec::new();
    for measure in measures {
        let figures: BTreeMap<UnitId, Quantity> =
            values(&measure.id).into_iter().filter_map(|(u, v)| Some((u, quantity(&v)?))).collect();
        if figures.is_empty() {
            continue;
        }
        let weights: BTreeMap<UnitId, Decimal> = weight(&measure)
            .map(|by| values(&by))
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(u, v)| if let Value::Number(n) = &*v { Some((u, n.clone())) } else { None })
            .collect();
        let input = Figures {
            aggregate: &measure.aggregate,
            reported_on: wanted.reported_on,
            figures: &figures,
            weights: &weights,
        };
        let areas = carry::carry(&history, &input, &wanted.areas, wanted.on);
        all.push(CarriedMeasure { measure, areas });
    }
    Ok(all)
}

/// The published verdicts of several units under a set in a year, and whether the law beneath each is confirmed.
/// Cost: those rows.
pub async fn verdicts(
    tx: &mut impl Query,
    units: &[UnitId],
    set: &str,
    year: i16,
) -> Result<HashMap<UnitId, (Status, bool)>> {
    let mut found = HashMap::new();
    for chunk in units.chunks(1000) {
        let places = store::places(4, chunk.len());
        let sql = format!(
            "SELECT unit, verdict, confidence FROM facts_verdict
             WHERE set_id = $1 AND period = $2 AND edition = $3 AND unit IN ({})",
            places
        );
        let mut args = args![set, format!("{year:04}"), Edition::Published.number()];
        args.extend(chunk.iter().map(|&u| store::Value::from(u)));
        for row in tx.rows(&sql, args).await? {
            let status = row.text(1)?.chars().next().and_then(Status::from_letter);
            let status = status.ok_or_else(|| StoreError::Corrupt("a verdict".into()))?;
            found.insert(UnitId(row.i64(0)?), (status, row.text(2)? == "v"));
        }
    }
    Ok(found)
}
