//! What can be done to units: correct what was entered wrongly, reorganise them, say what the law reads of them.
//!
//! Each action is part of one transaction of its caller, decides by [`crate::rules`], and leaves its audit line there.

use crate::{
    Edge,
    merger::{Effect, Merger},
    model::{OPEN_TO, Unit},
    rules::{self, Correction, Reorganisation},
    store,
};
use ::store::{AuditLine, StoreError, WriteTx, args};
use kernel::{Day, Phrase, Problem, UnitId, text};

/// Why an action was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The user's doing: everything that does not fit, each with its field.
    #[error("{0:?}")]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// Corrects a unit: its code, name, kind, dates, parent or point were entered wrongly. Nothing else changes: figures stay
/// where they are, for they know the unit by its id. `version` is the one the editor saw. Gives the new version.
pub async fn correct(tx: &mut WriteTx, id: UnitId, version: i64, correction: Correction) -> Result<i64, Refused> {
    let before = known(tx, id).await?;
    let now = store::version(tx, id).await?;
    if now != version {
        let phrase = Phrase::new("units-changed").with("name", before.name.as_str()).with("version", now);
        return refuse(Problem::conflict(phrase, 412));
    }
    let after = correction.apply(&before);
    let rivals = store::with_code(tx, &after.code).await?;
    let parent = match after.parent {
        Some(parent) => Some(known(tx, parent).await?),
        None => None,
    };
    let problems = rules::check_unit(&after, parent.as_ref(), &rivals, &correction.source);
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    tx.execute_one(
        "UPDATE units_unit SET kind = $2, code = $3, name = $4, search = $5, ord = $6, parent = $7, from_day = $8,
                to_day = $9, lat = $10, lon = $11, confidence = $12, note = $13, version = version + 1 WHERE id = $1",
        args![
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
            after.note.as_str()
        ],
    )
    .await?;
    if (before.parent, before.valid_from, before.valid_to) != (after.parent, after.valid_from, after.valid_to) {
        store::rebuild_tree(tx).await?;
    }
    let details = serde_json::json!({"before": before, "after": after, "source": correction.source});
    audit(tx, "units.correct", id, details).await?;
    Ok(version + 1)
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
    let mut problems = rules::check_reorganisation(plan, &olds, &parents, &children);
    for (at, new) in plan.units.iter().enumerate() {
        // A code that ends with one of the old units is free again.
        let rivals = store::with_code(tx, &new.code).await?;
        let rivals: Vec<Unit> = rivals.into_iter().filter(|r| !ids.contains(&r.id)).collect();
        if let Some(rival) = rivals.iter().find(|r| r.valid_to.is_none_or(|to| to >= plan.day) && r.level == new.level)
        {
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
    let mut ended: Vec<UnitId> = ids.clone();
    ended.sort();
    ended.dedup();
    for &id in &ended {
        let sql = "UPDATE units_unit SET to_day = $2, version = version + 1 WHERE id = $1 AND to_day = $3";
        tx.execute_one(sql, args![id, plan.day.yesterday(), OPEN_TO]).await?;
    }
    let edges: Vec<Edge> = plan.edges(&new.iter().map(|u| u.id).collect::<Vec<_>>());
    let rows: Vec<_> = edges
        .iter()
        .map(|e| args![e.from, e.to, e.day, e.whole, e.main, e.confidence.as_str(), plan.source.as_str()])
        .collect();
    let columns = ["from_unit", "to_unit", "day", "whole", "main", "confidence", "source"];
    tx.insert_many("units_succession", &columns, rows.into_iter()).await?;
    store::rebuild_tree(tx).await?;

    let merger = Merger { day: plan.day, ended, began: new.iter().map(|u| u.id).collect(), edges };
    let mut said = Vec::new();
    for effect in effects {
        said.extend((effect.apply)(tx, &merger).await?);
    }
    for unit in &new {
        let details = serde_json::json!({"unit": unit, "from": ids, "source": plan.source});
        audit(tx, "units.reorganise", unit.id, details).await?;
    }
    Ok((merger, said))
}

/// Says what the law reads of a unit (and of all under it that have none of their own) from a day on: dated and cited.
/// An earlier value ends the day before.
pub async fn set_attribute(
    tx: &mut WriteTx,
    id: UnitId,
    attribute: &str,
    value: &str,
    from: Option<Day>,
    source: &str,
    confidence: &str,
) -> Result<(), Refused> {
    let unit = known(tx, id).await?;
    let problems = rules::check_attribute(attribute, value, source);
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    let begins = store::from(from);
    let sql = "DELETE FROM units_attribute WHERE unit = $1 AND attribute = $2 AND from_day >= $3";
    tx.execute(sql, args![id, attribute, begins]).await?;
    let sql = "UPDATE units_attribute SET to_day = $3 WHERE unit = $1 AND attribute = $2 AND to_day >= $4";
    tx.execute(sql, args![id, attribute, begins - 1, begins]).await?;
    tx.execute_one(
        "INSERT INTO units_attribute (unit, attribute, value, from_day, to_day, confidence, source)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, attribute, value, begins, OPEN_TO, confidence, source],
    )
    .await?;
    let details = serde_json::json!({"attribute": attribute, "value": value, "from": from, "source": source});
    audit(tx, "units.attribute", unit.id, details).await
}

async fn audit(tx: &mut WriteTx, action: &'static str, id: UnitId, details: serde_json::Value) -> Result<(), Refused> {
    let line = AuditLine { action, kind: UnitId::KIND, subject: id.to_string(), unit: Some(id), details };
    Ok(tx.audit(line).await?)
}
