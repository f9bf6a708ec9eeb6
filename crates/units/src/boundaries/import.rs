//! Brings boundaries in: all of a file or none of it.

use super::{Given, Report, Wanted, check, read, to_coordinates};
use crate::{
    actions::Refused,
    model::Unit,
    store::{self as units, Filter},
};
use ::store::{AuditLine, Store, StoreError, WriteTx, args};
use kernel::{Actor, Day, Phrase, Problem, UnitId};

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

/// Reads a file and checks it against the units as they stand, before any transaction that writes. Cost: the file in memory;
/// the work of a processor on a thread of its own.
pub async fn inspect(
    store: &Store,
    actor: &Actor,
    bytes: impl AsRef<[u8]> + Send + 'static,
    import: &Import,
) -> Result<Report, Refused> {
    if import.source.trim().is_empty() {
        return Err(Refused::Problems(vec![Problem::input(Phrase::new("units-source-empty")).at_field("source")]));
    }
    let features = read(bytes, import.code_field.clone()).await.map_err(|bad| Refused::Problems(vec![*bad]))?;
    let filter =
        Filter { day: Some(import.day), level: Some(import.level.clone()), under: import.under, ..Filter::default() };
    let mut tx = store.read(&actor.scope()).await?;
    let (units, _) = units::list(&mut tx, &filter, 0, 100_000).await?;
    drop(tx);
    let checked = tokio::task::spawn_blocking(move || check(&features, &Wanted { units })).await;
    Ok(checked.map_err(|e| StoreError::Corrupt(e.to_string()))?)
}

/// Keeps the boundaries of a file in which nothing is wrong, instead of those of the same units. Refuses where a unit was
/// edited since the file was checked. Cost: two rows a unit.
pub async fn keep(tx: &mut WriteTx, report: &Report, import: &Import) -> Result<(), Refused> {
    if import.dry_run || !report.errors.is_empty() || report.good.is_empty() {
        return Ok(());
    }
    let now = units::many(tx, &report.good.iter().map(|g| g.unit.id).collect::<Vec<_>>()).await?;
    let edited = report.good.iter().map(|g| &g.unit).filter(|unit| now.get(&unit.id) != Some(unit));
    let problem =
        |unit: &Unit| Problem::conflict(Phrase::new("boundaries-unit-changed").with("name", unit.name.as_str()), 409);
    let problems: Vec<Problem> = edited.map(problem).collect();
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    let ids: Vec<i64> = report.good.iter().map(|g| g.unit.id.0).collect();
    for chunk in ids.chunks(1000) {
        let places = ::store::places(1, chunk.len());
        let sql = format!("DELETE FROM units_boundary WHERE unit IN ({})", places);
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
    Ok(tx.audit(line).await?)
}
