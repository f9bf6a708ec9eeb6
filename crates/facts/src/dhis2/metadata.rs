//! Metadata that a DHIS2 can import: data elements, organisation units of a day, data sets.

use super::{CODE, DEFAULT_COMBO, Names, short, uid, units::uid_of, value_type};
use crate::Law;
use kernel::{Day, UnitId};
use rulebook::{Aggregate, Measure};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use store::{Query, Result};
use units::{Unit, store::Filter};

/// Most characters of a name in DHIS2.
const NAME: usize = 230;
/// DHIS2 wants a day on which a unit opened; units whose beginning we do not know have its usual stand-in.
const OPENED: &str = "1970-01-01";
/// Most units told at once: a nation's.
const MOST: u32 = 100_000;

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// How DHIS2 joins figures of several units. It knows no weighted mean: where we have one it joins nothing, so that it
/// shows no mean that is wrong. Yes and no: how many say yes.
fn aggregation(aggregate: &Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Sum | Aggregate::Count => "SUM",
        Aggregate::Weighted(_) | Aggregate::NotComparable => "NONE",
    }
}

/// The names of measures, each once: DHIS2 takes no name twice.
fn names_of(names: &Names) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for e in &names.elements {
        *seen.entry(e.measure.name_vi.as_str()).or_default() += 1;
    }
    let one = |measure: &Measure, code: &str| {
        let long = measure.name_vi.chars().count() > NAME;
        if seen[measure.name_vi.as_str()] == 1 && !long {
            return measure.name_vi.clone();
        }
        format!("{} [{code}]", cut(&measure.name_vi, NAME - CODE - 3))
    };
    names.elements.iter().map(|e| one(e.measure, &e.code)).collect()
}

/// Metadata with the units in force on a day, all or those under one. Cost: those units.
pub async fn metadata(tx: &mut impl Query, law: &Law, day: Day, under: Option<UnitId>) -> Result<Value> {
    let names = Names::of(law);
    let (units, _) = units::store::list(tx, &Filter { day: Some(day), under, ..Filter::default() }, 0, MOST).await?;
    let combo = json!({"id": DEFAULT_COMBO});
    let elements: Vec<Value> = names
        .elements
        .iter()
        .zip(names_of(&names))
        .map(|(e, name)| {
            json!({
                "id": e.uid, "code": e.code, "name": name, "shortName": e.code, "description": e.measure.name_en,
                "domainType": "AGGREGATE", "valueType": value_type(e.measure.kind),
                "aggregationType": aggregation(&e.measure.aggregate), "zeroIsSignificant": true, "categoryCombo": combo,
            })
        })
        .collect();
    let sets: Vec<Value> = names
        .sets
        .iter()
        .map(|set| {
            let members: Vec<Value> = set
                .elements
                .iter()
                .map(|&at| {
                    let e = &names.elements[at];
                    json!({"dataElement": {"id": e.uid, "code": e.code}, "dataSet": {"id": set.uid}})
                })
                .collect();
            let judged = |u: &&Unit| u.level == set.level && (u.level != "commune" || u.is_judged_commune());
            let places: Vec<Value> = units.iter().filter(judged).map(|u| json!({"id": uid_of(u.id)})).collect();
            json!({
                "id": set.uid, "code": short("set", &set.id), "name": cut(&set.title, NAME), "shortName": short("set", &set.id),
                "periodType": "Yearly", "categoryCombo": combo, "dataSetElements": members, "organisationUnits": places,
            })
        })
        .collect();
    Ok(json!({
        "system": {"id": uid("system", "langso"), "date": day},
        "dataElements": elements, "organisationUnits": places(&units), "dataSets": sets,
    }))
}

/// Units as organisation units, each after the one it belongs to.
fn places(units: &[Unit]) -> Vec<Value> {
    let codes: HashMap<UnitId, &str> = units.iter().map(|u| (u.id, u.code.as_str())).collect();
    let rank = |u: &&Unit| ["province", "district", "commune"].iter().position(|l| *l == u.level).unwrap_or(3);
    let mut ordered: Vec<&Unit> = units.iter().collect();
    ordered.sort_by_key(rank);
    let told: HashSet<UnitId> = units.iter().map(|u| u.id).collect();
    let one = |u: &Unit| {
        let opened = u.valid_from.map_or_else(|| OPENED.to_owned(), |d| d.to_string());
        let mut unit = json!({
            "id": uid_of(u.id), "code": u.code, "name": u.name, "shortName": cut(&u.name, CODE), "openingDate": opened,
        });
        if let Some(closed) = u.valid_to {
            unit["closedDate"] = json!(closed);
        }
        // The topmost units told have no parent: a peer hangs them where it wants them.
        if let Some(parent) = u.parent.filter(|p| told.contains(p)) {
            unit["parent"] = json!({"id": uid_of(parent), "code": codes[&parent]});
        }
        unit
    };
    ordered.into_iter().map(one).collect()
}
