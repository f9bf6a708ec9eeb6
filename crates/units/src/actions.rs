//! What can be done to units: correct what was entered wrongly, reorganise them, say what the law reads of them.
//!
//! Each action is part of one transaction of its caller, decides by [`crate::rules`], and leaves its audit line there.

use crate::{
    Edge,
    merger::{Change, Effect, Merger, follow},
    model::{OPEN_TO, Unit},
    rules::{self, Attribute, Correction, Reorganisation},
    store,
};
use ::store::{AuditLine, StoreError, WriteTx, args};
use kernel::{Phrase, Problem, UnitId, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Why an action was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The user's doing: everything that does not fit, each with its field.
    #[error("{0:?}")]
    Problems(Vec<Problem>),
    /// Somebody else edited the unit meanwhile.
    #[error("{0:?}")]
    Changed(Box<Overtaken>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An edit of a version that is no longer the last: field by field what stands now and what was sent, under the same names.
#[derive(Clone, Debug, PartialEq)]
pub struct Overtaken {
    pub problem: Problem,
    pub version: i64,
    pub now: Value,
    pub yours: Value,
}

impl Overtaken {
    /// `now` may hold more than was sent; only what was sent is shown.
    fn refuse<T>(unit: &Unit, version: i64, now: &Value, yours: Value) -> Result<T, Refused> {
        let of_now = |(field, _): (&String, &Value)| (field.clone(), now[field].clone());
        let now = yours.as_object().into_iter().flatten().map(of_now).collect();
        let problem = overtaken(unit, version);
        Err(Refused::Changed(Box::new(Overtaken { problem, version, now: Value::Object(now), yours })))
    }
}

fn overtaken(unit: &Unit, version: i64) -> Problem {
    Problem::conflict(Phrase::new("units-changed").with("name", unit.name.as_str()).with("version", version), 412)
}

fn refuse<T>(problem: Problem) -> Result<T, Refused> {
    Err(Refused::Problems(vec![problem]))
}

async fn known(tx: &mut WriteTx, id: UnitId) -> Result<Unit, Refused> {
    match store::get(tx, id).await? {
        Some(unit) => Ok(unit),
        None => refuse(Problem::not_found(Phrase::new("units-unknown").with("id", id.0))),
    }
}

/// An edit came too late: what stands now beside what was sent. Cost: two rows.
async fn late<T>(tx: &mut WriteTx, id: UnitId, correction: &Correction) -> Result<T, Refused> {
    let (unit, now) = (known(tx, id).await?, store::version(tx, id).await?);
    let mut yours = json!(correction);
    if let Some(fields) = yours.as_object_mut() {
        // A document is cited, it does not stand in the unit.
        fields.remove("source");
    }
    let mut stands = json!(unit);
    stands["point"] = json!(unit.lat.zip(unit.lon));
    Overtaken::refuse(&unit, now, &stands, yours)
}

/// What stands against other days of a unit: a merger or a division set them, which takes two people to do and is not undone
/// by one; units that still stand under it. Cost: nothing where the days stay, else two queries by index.
async fn bound(tx: &mut WriteTx, before: &Unit, after: &Unit) -> Result<Vec<Problem>, Refused> {
    let (begins, ends) = (before.valid_from != after.valid_from, before.valid_to != after.valid_to);
    let mut found = Vec::new();
    if (begins || ends) && store::has_succession(tx, before.id).await? {
        let changed = [(begins, "valid_from"), (ends, "valid_to")].into_iter().filter(|(changed, _)| *changed);
        let phrase = || Phrase::new("units-days-of-succession").with("name", before.name.as_str());
        found.extend(changed.map(|(_, field)| Problem::input(phrase()).at_field(field)));
    }
    if let Some(last) = after.valid_to.filter(|_| ends)
        && let Some(child) = store::child_beyond(tx, before.id, last).await?
    {
        let phrase = Phrase::new("units-child-goes-on").with("name", child.name.as_str()).with("day", last);
        found.push(Problem::input(phrase).at_field("valid_to"));
    }
    Ok(found)
}

/// Corrects a unit: its code, name, kind, dates, parent or point were entered wrongly. Nothing else changes: figures stay
/// where they are, for they know the unit by its id. The days of a unit that came from others or went into others are not
/// corrected, nor does a unit end before those directly under it. `version` is the one the editor saw. Gives the new version
/// and what the rooms did about it.
pub async fn correct(
    tx: &mut WriteTx,
    id: UnitId,
    version: i64,
    correction: Correction,
    effects: &[Effect],
) -> Result<(i64, Vec<Phrase>), Refused> {
    let before = known(tx, id).await?;
    if store::version(tx, id).await? != version {
        return late(tx, id, &correction).await;
    }
    let after = correction.apply(&before);
    let rivals = store::with_codes(tx, &[&after.code]).await?;
    let parent = match after.parent {
        Some(parent) => Some(known(tx, parent).await?),
        None => None,
    };
    let mut problems = rules::check_unit(&after, parent.as_ref(), &rivals, &correction.source);
    problems.extend(bound(tx, &before, &after).await?);
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    let sql = "UPDATE units_unit SET kind = $2, code = $3, name = $4, search = $5, ord = $6, parent = $7, from_day = $8,
                      to_day = $9, lat = $10, lon = $11, confidence = $12, note = $13, version = version + 1, corrected = 1
               WHERE id = $1 AND version = $14";
    let given = args![
        id,
        after.kind.as_str(),
        after.code.as_str(),
        after.name.as_str(),
        text::search_key(&after.name),
        text::order_key(store::short_name(&after.name)),
        after.parent,
        store::from(after.valid_from),
        store::to(after.valid_to),
        after.lat,
        after.lon,
        after.confidence.as_str(),
        after.note.as_str(),
        version
    ];
    // On PostgreSQL somebody else may have written the unit since its version was read.
    if tx.execute(sql, given).await? != 1 {
        return late(tx, id, &correction).await;
    }
    if (before.parent, before.valid_from, before.valid_to) != (after.parent, after.valid_from, after.valid_to) {
        store::rebuild_tree(tx).await?;
    }
    store::changed(tx).await?;
    let details = serde_json::json!({"before": before, "after": after, "source": correction.source});
    audit(tx, "units.correct", id, details).await?;
    let said = follow(tx, effects, &Change::Corrected { before: Box::new(before), after: Box::new(after) }).await?;
    Ok((version + 1, said))
}

/// Merges, divides or renames units from a day on: the old ones end the day before, the new ones begin, the succession
/// names both. No figure is touched. The rooms' effects run in the same transaction; what they say comes back beside the
/// ids of the new units.
pub async fn reorganise(
    tx: &mut WriteTx,
    plan: &Reorganisation,
    effects: &[Effect],
) -> Result<(Merger, Vec<Phrase>), Refused> {
    let ids: Vec<UnitId> = plan.moves.iter().map(|m| m.from).collect();
    let olds: Vec<Unit> = store::many(tx, &ids).await?.into_values().collect();
    let parents: Vec<UnitId> = plan.units.iter().filter_map(|u| u.parent).collect();
    let parents: Vec<Unit> = store::many(tx, &parents).await?.into_values().collect();
    let children = store::children(tx, &ids, plan.day).await?;
    let versions = store::versions(tx, &ids).await?;
    let seen = |old: &&Unit| plan.versions.get(&old.id).is_none_or(|seen| versions.get(&old.id) == Some(seen));
    let edited: Vec<Problem> = olds
        .iter()
        .filter(|old| !seen(old))
        .map(|old| {
            let field = format!("versions/{}", old.id);
            overtaken(old, versions.get(&old.id).copied().unwrap_or(0)).at_field(field)
        })
        .collect();
    if !edited.is_empty() {
        return Err(Refused::Problems(edited));
    }
    let mut problems = rules::check_reorganisation(plan, &olds, &parents, &children);
    let codes: Vec<&str> = plan.units.iter().map(|new| new.code.trim()).collect();
    // A code that ends with one of the old units is free again.
    let mut rivals = store::with_codes(tx, &codes).await?;
    rivals.retain(|rival| !ids.contains(&rival.id) && rival.valid_to.is_none_or(|to| to >= plan.day));
    for (at, new) in plan.units.iter().enumerate() {
        if let Some(rival) = rivals.iter().find(|r| r.code == new.code.trim() && r.level == new.level) {
            let phrase =
                Phrase::new("units-code-taken").with("code", new.code.as_str()).with("name", rival.name.as_str());
            problems.push(Problem::input(phrase).at_field(format!("units/{at}/code")));
        }
    }
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    let first = store::next_id(tx).await?;
    let new: Vec<Unit> = (first..).zip(&plan.units).map(|(id, unit)| unit.begin(UnitId(id), plan)).collect();
    store::insert_units(tx, &new).await?;
    let ended: Vec<UnitId> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    end(tx, &ended, plan).await?;
    let edges: Vec<Edge> = plan.edges(&new.iter().map(|u| u.id).collect::<Vec<_>>());
    let rows: Vec<_> = edges
        .iter()
        .map(|e| args![e.from, e.to, e.day, e.whole, e.main, e.confidence.as_str(), plan.source.as_str()])
        .collect();
    let columns = ["from_unit", "to_unit", "day", "whole", "main", "confidence", "source"];
    tx.insert_many("units_succession", &columns, rows.into_iter()).await?;
    store::rebuild_tree(tx).await?;

    let merger = Merger { day: plan.day, ended, began: new.iter().map(|u| u.id).collect(), edges };
    let said = follow(tx, effects, &Change::Merged(merger.clone())).await?;
    for unit in &new {
        let details = serde_json::json!({"unit": unit, "from": ids, "source": plan.source});
        audit(tx, "units.reorganise", unit.id, details).await?;
    }
    Ok((merger, said))
}

/// The last day of units is the eve of a reorganisation. Cost: one statement.
async fn end(tx: &mut WriteTx, ended: &[UnitId], plan: &Reorganisation) -> Result<(), Refused> {
    let sql = format!(
        "UPDATE units_unit SET to_day = $1, version = version + 1, corrected = 1 WHERE to_day = $2 AND id IN ({})",
        ::store::places(3, ended.len())
    );
    let mut given = args![plan.day.yesterday(), OPEN_TO];
    given.extend(ended.iter().map(|&id| ::store::Value::from(id)));
    let touched = tx.execute(&sql, given).await?;
    if touched != ended.len() as u64 {
        return Err(StoreError::NotOne { statement: sql, touched }.into());
    }
    Ok(())
}

/// What was said of a unit in this attribute, the latest first. Cost: the unit's own attributes.
async fn said_before(tx: &mut WriteTx, id: UnitId, said: &Attribute) -> Result<Vec<Value>, Refused> {
    let own = store::own_attributes(tx, id).await?;
    let own = own.iter().filter(|line| line.attribute == said.attribute);
    Ok(own
        .map(|l| json!({"attribute": l.attribute, "value": l.value, "from": l.from, "to": l.to, "source": l.source, "confidence": l.confidence}))
        .collect())
}

/// As [`late`], of an attribute.
async fn late_attribute<T>(tx: &mut WriteTx, id: UnitId, said: &Attribute) -> Result<T, Refused> {
    let (unit, now) = (known(tx, id).await?, store::version(tx, id).await?);
    let stands = said_before(tx, id, said).await?.into_iter().next();
    let stands = stands.unwrap_or_else(|| json!({"attribute": said.attribute}));
    Overtaken::refuse(&unit, now, &stands, json!(said))
}

/// Says what the law reads of a unit (and of all under it that have none of their own) from a day on: dated and cited.
/// An earlier value ends the day before; what was said of later days is replaced, and stands in the audit line. `version`
/// is the one the editor saw. Gives the new version and what the rooms did about it.
pub async fn set_attribute(
    tx: &mut WriteTx,
    id: UnitId,
    version: i64,
    said: &Attribute,
    effects: &[Effect],
) -> Result<(i64, Vec<Phrase>), Refused> {
    let before = said_before(tx, id, said).await?;
    if store::version(tx, id).await? != version {
        return late_attribute(tx, id, said).await;
    }
    let problems = rules::check_attribute(said);
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    // The version first: whoever writes the unit at the same time waits here, and then comes too late.
    let sql = "UPDATE units_unit SET version = version + 1 WHERE id = $1 AND version = $2";
    if tx.execute(sql, args![id, version]).await? != 1 {
        return late_attribute(tx, id, said).await;
    }
    let (attribute, begins) = (said.attribute.as_str(), store::from(said.from));
    let sql = "DELETE FROM units_attribute WHERE unit = $1 AND attribute = $2 AND from_day >= $3";
    tx.execute(sql, args![id, attribute, begins]).await?;
    let sql = "UPDATE units_attribute SET to_day = $3 WHERE unit = $1 AND attribute = $2 AND to_day >= $4";
    tx.execute(sql, args![id, attribute, begins - 1, begins]).await?;
    let (value, source) = (said.value.trim(), said.source.trim());
    tx.execute_one(
        "INSERT INTO units_attribute (unit, attribute, value, from_day, to_day, confidence, source)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, attribute, value, begins, OPEN_TO, said.confidence.as_str(), source],
    )
    .await?;
    audit(tx, "units.attribute", id, json!({"before": before, "after": said})).await?;
    let done = follow(tx, effects, &Change::Attribute { unit: id }).await?;
    Ok((version + 1, done))
}

async fn audit(tx: &mut WriteTx, action: &'static str, id: UnitId, details: serde_json::Value) -> Result<(), Refused> {
    let line = AuditLine { action, kind: UnitId::KIND, subject: id.to_string(), unit: Some(id), details };
    Ok(tx.audit(line).await?)
}
