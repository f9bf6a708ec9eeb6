//! Figures to data values: what is published, through [`crate::published`], the one figure of a measure that verdicts read.

use super::{DEFAULT_OPTION, Names, Scheme, read::COLUMNS, said, units::Found, units::uid_of};
use crate::{Edition, Law, published};
use kernel::{Day, UnitId};
use rulebook::values::year_end;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use store::{Query, Result, args};
use units::Unit;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub units: Vec<String>,
    pub children: bool,
    pub year: i16,
    pub elements: Vec<String>,
    pub sets: Vec<String>,
    /// The day at which unit codes are read; the year's last by default.
    pub as_of: Option<Day>,
    pub element_scheme: Scheme,
    pub unit_scheme: Scheme,
}

/// What is asked for and not there, or too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    NoUnit(String),
    NoElement(String),
    NoSet(String),
    /// More than one province at once.
    TooMuch,
}

/// One data value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataValue {
    pub element: String,
    pub period: String,
    pub unit: String,
    pub value: String,
    pub comment: String,
    pub stored_by: String,
    pub updated: String,
}

/// The data values asked for, by unit and data element. Cost: the units under the ones named, their figures of that year;
/// a province and year is some ten thousand rows.
pub async fn export(
    tx: &mut impl Query,
    law: &Law,
    asked: &Asked,
) -> Result<std::result::Result<Vec<DataValue>, Refused>> {
    let names = Names::of(law);
    let measures = match wanted(&names, asked) {
        Ok(measures) => measures,
        Err(refused) => return Ok(Err(refused)),
    };
    let units = match units(tx, asked).await? {
        Ok(units) => units,
        Err(refused) => return Ok(Err(refused)),
    };
    let ids: Vec<UnitId> = units.keys().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let figures = published::of_units(tx, &ids, asked.year, Some(&measures), Edition::Published).await?;
    let mut first: HashMap<(UnitId, i64), (usize, &crate::Figure)> = HashMap::new();
    for figure in &figures {
        let Some(element) = names.of_measure(figure.key.measure) else { continue };
        let Some(rank) = element.measure.reads.iter().position(|&o| o == figure.key.origin) else { continue };
        let place = first.entry((figure.key.unit, figure.key.measure)).or_insert((rank, figure));
        if rank < place.0 {
            *place = (rank, figure);
        }
    }
    let mut values: Vec<DataValue> = first
        .into_iter()
        .filter_map(|((unit, measure), (_, figure))| {
            let (value, comment) = said(&figure.value)?;
            let code = asked.unit_scheme == Scheme::Code;
            Some(DataValue {
                element: names.of_measure(measure)?.named(asked.element_scheme).to_owned(),
                period: format!("{:04}", asked.year),
                unit: if code { units.get(&unit)?.code.clone() } else { uid_of(unit) },
                value,
                comment,
                stored_by: figure.actor.clone(),
                updated: figure.at.rfc3339(),
            })
        })
        .collect();
    values.sort_by(|a, b| (&a.unit, &a.element).cmp(&(&b.unit, &b.element)));
    Ok(Ok(values))
}

/// The measures of the data elements and sets named; of all where none is.
fn wanted(names: &Names, asked: &Asked) -> std::result::Result<BTreeSet<i64>, Refused> {
    let mut places = BTreeSet::new();
    for name in &asked.elements {
        places.insert(names.element(name, Scheme::Unsaid).ok_or_else(|| Refused::NoElement(name.clone()))?);
    }
    for name in &asked.sets {
        let set = names.set(name, Scheme::Unsaid).ok_or_else(|| Refused::NoSet(name.clone()))?;
        places.extend(&set.elements);
    }
    let all = asked.elements.is_empty() && asked.sets.is_empty();
    Ok(names.elements.iter().enumerate().filter(|(at, _)| all || places.contains(at)).map(|(_, e)| e.id).collect())
}

/// The units named and, with children, everything under them on the day.
async fn units(tx: &mut impl Query, asked: &Asked) -> Result<std::result::Result<HashMap<UnitId, Unit>, Refused>> {
    let day = asked.as_of.unwrap_or_else(|| year_end(asked.year));
    let wanted: BTreeSet<&str> = asked.units.iter().map(String::as_str).collect();
    let found = Found::load(tx, &wanted, Scheme::Unsaid).await?;
    let mut units = HashMap::new();
    for name in wanted {
        match found.unit(name, day, asked.year) {
            Some(unit) => units.insert(unit.id, unit.clone()),
            None => return Ok(Err(Refused::NoUnit(name.to_owned()))),
        };
    }
    if !asked.children {
        return Ok(Ok(units));
    }
    if units.values().filter(|u| u.level == "province").count() > 1 {
        return Ok(Err(Refused::TooMuch));
    }
    // An ended unit's own are those of its last day.
    let on = units.values().filter_map(|u| u.valid_to).fold(day, Day::min);
    // Numbers of our own, never text of a user.
    let tops: Vec<String> = units.keys().map(|u| u.to_string()).collect();
    let sql = format!(
        "SELECT DISTINCT unit FROM units_tree WHERE ancestor IN ({}) AND from_day <= $1 AND to_day >= $1",
        tops.join(",")
    );
    let below = tx.rows(&sql, args![on]).await?.iter().map(|r| Ok(UnitId(r.i64(0)?))).collect::<Result<Vec<_>>>()?;
    units.extend(units::store::many(tx, &below).await?);
    Ok(Ok(units))
}

fn option(scheme: Scheme) -> &'static str {
    DEFAULT_OPTION[usize::from(scheme != Scheme::Code)]
}

/// As DHIS2's JSON.
pub fn json(values: &[DataValue], asked: &Asked) -> Value {
    let option = option(asked.element_scheme);
    let one = |v: &DataValue| {
        let mut told = json!({
            "dataElement": v.element, "period": v.period, "orgUnit": v.unit, "categoryOptionCombo": option,
            "attributeOptionCombo": option, "value": v.value, "storedBy": v.stored_by, "lastUpdated": v.updated,
            "followup": false,
        });
        if !v.comment.is_empty() {
            told["comment"] = json!(v.comment);
        }
        told
    };
    json!({"dataValues": values.iter().map(one).collect::<Vec<_>>()})
}

/// As DHIS2's CSV.
pub fn csv(values: &[DataValue], asked: &Asked) -> std::result::Result<Vec<u8>, csv::Error> {
    let option = option(asked.element_scheme);
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS.map(|(name, _)| name))?;
    for v in values {
        let (element, comment) = (v.element.as_str(), v.comment.as_str());
        out.write_record([
            element,
            v.period.as_str(),
            v.unit.as_str(),
            option,
            option,
            v.value.as_str(),
            v.stored_by.as_str(),
            v.updated.as_str(),
            comment,
            "false",
            "false",
        ])?;
    }
    out.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}
