//! Agencies edited here: a new one, a correction, an end with its successor. Never removed.

use crate::{
    merger::{AgencyEdit, Change, Effect, follow},
    model::{Agency, Unit},
    store::{self, from, to},
};
use ::store::{AuditLine, Query, StoreError, WriteTx, args};
use kernel::{Day, Phrase, Problem, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Kinds of agencies.
pub const KINDS: [&str; 8] = ["authority", "department", "office", "police", "group", "association", "front", "media"];
/// The first number of an agency that was added here; lower ones belong to the reference data.
const FIRST_OWN: i64 = 1_000_000;

/// An agency as somebody enters it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entered {
    pub code: String,
    pub kind: String,
    pub name_vi: String,
    pub name_en: String,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    /// The agency that goes on with its work.
    pub successor: Option<i64>,
    /// The units whose agency it is: a role in it, held in no unit of its own, reaches under these.
    pub units: Vec<UnitId>,
    /// The document that says so.
    pub source: String,
}

/// What does not fit, each with its field. `all`: every agency; `id`: the one edited.
pub fn check(entered: &Entered, id: Option<i64>, all: &[Agency]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |key: &'static str, field: &str| found.push(Problem::input(Phrase::new(key)).at_field(field));
    if entered.name_vi.trim().is_empty() {
        wrong("units-name-empty", "name_vi");
    }
    if entered.code.trim().is_empty() {
        wrong("units-code-empty", "code");
    }
    if !KINDS.contains(&entered.kind.as_str()) {
        wrong("units-agency-kind-unknown", "kind");
    }
    if entered.source.trim().is_empty() {
        wrong("units-source-empty", "source");
    }
    if entered.valid_from.zip(entered.valid_to).is_some_and(|(from, to)| to < from) {
        wrong("units-ends-before-it-begins", "valid_to");
    }
    match entered.successor {
        Some(successor) if Some(successor) == id || !all.iter().any(|a| a.id == successor) => {
            wrong("units-agency-no-successor", "successor");
        }
        Some(_) if entered.valid_to.is_none() => wrong("units-agency-not-ended", "valid_to"),
        _ => {}
    }
    let rival = all.iter().find(|a| Some(a.id) != id && a.code == entered.code.trim() && a.valid_to.is_none());
    if let Some(rival) = rival.filter(|_| entered.valid_to.is_none()) {
        let phrase =
            Phrase::new("units-code-taken").with("code", entered.code.trim()).with("name", rival.name_vi.as_str());
        found.push(Problem::input(phrase).at_field("code"));
    }
    found
}

/// The version of an agency; `None` where there is none. Cost: one row.
pub async fn version(tx: &mut impl Query, id: i64) -> ::store::Result<Option<i64>> {
    let row = tx.row("SELECT version FROM units_agency WHERE id = $1", args![id]).await?;
    row.map(|row| row.i64(0)).transpose()
}

/// Adds an agency, or changes one of this version; its number. Each room is asked before an agency is changed, and may refuse:
/// roles in it would reach further. Cost: the agencies, some dozen rows, and what the rooms do.
pub async fn save(
    tx: &mut WriteTx,
    edited: Option<(i64, i64)>,
    entered: &Entered,
    effects: &[Effect],
) -> ::store::Result<Result<i64, Vec<Problem>>> {
    tx.lock("units.agency").await?;
    let all = store::agencies(tx).await?;
    let mut problems = check(entered, edited.map(|(id, _)| id), &all);
    let known = store::many(tx, &entered.units).await?;
    if let Some(unit) = entered.units.iter().find(|unit| !known.contains_key(unit)) {
        let phrase = Phrase::new("units-agency-no-unit").with("unit", unit.0);
        problems.push(Problem::input(phrase).at_field("units"));
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let name_en = if entered.name_en.trim().is_empty() { &entered.name_vi } else { &entered.name_en };
    let (first, last) = (from(entered.valid_from), to(entered.valid_to));
    let (code, kind, name_vi, name_en) =
        (entered.code.trim(), entered.kind.as_str(), entered.name_vi.trim(), name_en.trim());
    let id = match edited {
        Some((id, seen)) => {
            let now = version(tx, id).await?;
            if now != Some(seen) {
                return Ok(Err(vec![Problem::conflict(Phrase::new("units-agency-changed"), 412)]));
            }
            if let Some(before) = all.iter().find(|a| a.id == id) {
                let mut units: Vec<Unit> = known.values().cloned().collect();
                units.sort_by_key(|unit| unit.id);
                let edit = AgencyEdit { before: before.clone(), units, valid_to: entered.valid_to };
                match follow(tx, effects, &Change::Agency(Box::new(edit))).await {
                    Err(StoreError::Refused(problem)) => return Ok(Err(vec![*problem])),
                    asked => asked.map(drop)?,
                }
            }
            let sql =
                "UPDATE units_agency SET code = $2, kind = $3, name_vi = $4, name_en = $5, from_day = $6, to_day = $7,
                              successor = $8, confidence = 'verified', version = version + 1 WHERE id = $1";
            tx.execute_one(sql, args![id, code, kind, name_vi, name_en, first, last, entered.successor]).await?;
            id
        }
        None => {
            let id = all.iter().map(|a| a.id + 1).max().unwrap_or(0).max(FIRST_OWN);
            let sql =
                "INSERT INTO units_agency (id, code, kind, name_vi, name_en, from_day, to_day, successor, confidence)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'verified')";
            tx.execute_one(sql, args![id, code, kind, name_vi, name_en, first, last, entered.successor]).await?;
            id
        }
    };
    tx.execute("DELETE FROM units_agency_unit WHERE agency = $1", args![id]).await?;
    let units: BTreeSet<UnitId> = entered.units.iter().copied().collect();
    let rows: Vec<_> = units.into_iter().map(|unit| args![id, unit]).collect();
    tx.insert_many("units_agency_unit", &["agency", "unit"], rows.into_iter()).await?;
    store::changed(tx).await?;
    let before = all.iter().find(|a| a.id == id);
    let details = json!({"before": before, "after": entered});
    let line = AuditLine { action: "units.agency", kind: "agency", subject: id.to_string(), unit: None, details };
    tx.audit(line).await.map(|()| Ok(id))
}
