//! Brings boundaries in: all of a file or none of it.

use super::{Given, Report, Wanted, check, read, to_coordinates};
use crate::{
    actions::Refused,
    store::{self, Filter},
};
use ::store::{AuditLine, WriteTx, args};
use kernel::{Day, Phrase, Problem, UnitId};

/// What to bring in.
#[derive(Clone, Debug)]
pub struct Import {
    /// The day on which codes are read.
    pub day: Day,
    /// `province`, `district`, `commune`.
    pub level: String,
    /// Units under this one only.
    pub under: Option<UnitId>,
    /// The field that holds the codes; without it, the first of the usual names.
    pub code_field: Option<String>,
    /// Who measured, under which licence.
    pub source: String,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// Checks a file and, where nothing is wrong, keeps its boundaries instead of those of the same units. The report says
/// what was found either way. Cost: the file in memory, a row a unit.
pub async fn import(tx: &mut WriteTx, bytes: &[u8], import: &Import) -> Result<Report, Refused> {
    if import.source.trim().is_empty() {
        return Err(Refused::Problems(vec![Problem::input(Phrase::new("units-source-empty")).at_field("source")]));
    }
    let features = read(bytes, import.code_field.as_deref()).await.map_err(|bad| Refused::Problems(vec![*bad]))?;
    let filter =
        Filter { day: Some(import.day), level: Some(import.level.clone()), under: import.under, ..Filter::default() };
    let (units, _) = store::list(tx, &filter, 0, 100_000).await?;
    // Cutting thousands of polygons takes a while: not on a thread that answers others.
    let checked = tokio::task::spawn_blocking(move || check(&features, &Wanted { units })).await;
    let report = checked.map_err(|e| ::store::StoreError::Corrupt(e.to_string()))?;
    if import.dry_run || !report.errors.is_empty() || report.good.is_empty() {
        return Ok(report);
    }
    let ids: Vec<i64> = report.good.iter().map(|g| g.unit.id.0).collect();
    for chunk in ids.chunks(1000) {
        let places: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
        let sql = format!("DELETE FROM units_boundary WHERE unit IN ({})", places.join(","));
        tx.execute(&sql, chunk.iter().map(|&id| id.into()).collect()).await?;
    }
    let now = tx.now();
    let row = |given: &Given| {
        // Six decimals: ten centimetres.
        let geometry = serde_json::to_string(&to_coordinates(&given.ground, 6)).unwrap_or_default();
        args![given.unit.id, geometry, given.area_km2, import.source.as_str(), now]
    };
    let rows: Vec<_> = report.good.iter().map(row).collect();
    tx.insert_many("units_boundary", &["unit", "geometry", "area_km2", "source", "at"], rows.into_iter()).await?;
    let details = serde_json::json!({
        "units": ids, "day": import.day, "level": import.level, "source": import.source, "warnings": report.warnings.len(),
    });
    let line = AuditLine {
        action: "units.boundaries",
        kind: "boundaries",
        subject: import.day.to_string(),
        unit: import.under,
        details,
    };
    tx.audit(line).await?;
    Ok(report)
}
