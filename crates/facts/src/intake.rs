//! Intake: rows from outside to figures. Every problem with its place; then a preview; then one transaction.

use crate::{
    law::Law,
    model::{Entry, Key, Outcome},
    record::{self, How},
};
use documents::values_in::{self, Wrong};
use kernel::{Day, Phrase, UnitId};
use rulebook::{
    Library, Origin, Traits,
    values::{Column, Context, Fault, Found, Table, Target, Units},
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc};
use store::{AuditLine, Query, Result, WriteTx, args};
use units::Unit;

/// The units of the store as a table's codes mean them. Read once before a table is.
pub struct StoredUnits {
    by_code: HashMap<String, Vec<(Unit, Dated)>>,
    level: String,
}

/// What the law reads of a unit, each from its day on.
type Dated = Vec<(Day, Arc<Traits>)>;

impl StoredUnits {
    /// All units of a level with their traits at all times. Cost: the level's units, and their attributes once for each
    /// of the few days on which attributes of any unit changed.
    pub async fn load(tx: &mut impl Query, level: &str) -> Result<StoredUnits> {
        let sql = "SELECT id FROM units_unit WHERE level = $1";
        let ids: Vec<UnitId> =
            tx.rows(sql, args![level]).await?.iter().map(|r| Ok(UnitId(r.i64(0)?))).collect::<Result<_>>()?;
        let units = units::store::many(tx, &ids).await?;
        let mut dated: HashMap<UnitId, Dated> = HashMap::with_capacity(ids.len());
        let mut kinds: HashMap<Traits, Arc<Traits>> = HashMap::new();
        for day in units::store::trait_days(tx).await? {
            for (id, traits) in units::store::traits(tx, &ids, day).await? {
                let shared = kinds.entry(traits.clone()).or_insert_with(|| Arc::new(traits)).clone();
                let dated = dated.entry(id).or_default();
                if dated.last().is_none_or(|(_, before)| !Arc::ptr_eq(before, &shared)) {
                    dated.push((day, shared));
                }
            }
        }
        let mut by_code: HashMap<String, Vec<(Unit, Dated)>> = HashMap::new();
        for (id, unit) in units {
            by_code.entry(unit.code.clone()).or_default().push((unit, dated.remove(&id).unwrap_or_default()));
        }
        Ok(StoredUnits { by_code, level: level.to_owned() })
    }

    fn at(&self, code: &str, day: Day) -> Option<&(Unit, Dated)> {
        self.by_code.get(code)?.iter().find(|(u, _)| u.valid_on(day))
    }
}

impl Units for StoredUnits {
    fn find(&self, code: &str, day: Day) -> Found {
        match self.at(code, day) {
            Some((unit, dated)) if self.level != "commune" || unit.is_judged_commune() => {
                let then = dated.iter().rev().find(|(from, _)| *from <= day);
                Found::Unit(then.map(|(_, traits)| traits.clone()).unwrap_or_default())
            }
            Some(_) => Found::OtherLevel,
            None => Found::Nothing,
        }
    }

    fn dated(&self) -> bool {
        true
    }
}

/// What is to be done with a table.
#[derive(Clone, Debug)]
pub struct Intake {
    pub set: String,
    pub origin: Origin,
    pub publish: bool,
    pub source: String,
}

/// A table that was checked: its correct rows as figures, and what is wrong with the others.
#[derive(Debug)]
pub struct Checked {
    pub entries: Vec<Entry>,
    pub wrong: Wrong,
    /// Rows that are wrong.
    pub refused: usize,
}

impl Checked {
    /// Whether there is something to commit: all of it, or the correct rows where those were asked for.
    pub fn is_good(&self, partly: bool) -> bool {
        self.wrong.is_empty() || (partly && !self.entries.is_empty())
    }
}

/// Checks a table without writing anything; `None` where there is no such set. Cost: the level's units, the table.
pub async fn check(
    tx: &mut impl Query,
    law: &Law,
    bytes: &[u8],
    how: values_in::How,
    intake: &Intake,
) -> Result<Option<Checked>> {
    let units = StoredUnits::load(tx, level(law.library(), &intake.set)).await?;
    let Some(context) = Context::new(law.library(), &intake.set, &units, None) else { return Ok(None) };
    let context = context.for_intake();
    let values_in::Reading { table, mut wrong } = values_in::read(&context, bytes, how);
    let mut refused = table.refused;
    let (entries, others) = entries(&context, &units, law, table, intake);
    refused += others.len();
    if !others.is_empty() {
        wrong.faults.extend(others);
        wrong.faults.sort_by_key(|f| f.line);
    }
    Ok(Some(Checked { entries, wrong, refused }))
}

/// The rows of a checked table as figures. Rows of prerequisites and `held:` rows are no figures and are refused.
pub fn entries(
    context: &Context,
    units: &StoredUnits,
    law: &Law,
    table: Table,
    intake: &Intake,
) -> (Vec<Entry>, Vec<Fault>) {
    let (mut entries, mut faults) = (Vec::with_capacity(table.rows.len()), Vec::new());
    for row in table.rows {
        let Some((unit, _)) = units.at(&table.units[row.unit as usize], row.unit_day()) else { continue };
        let measure = match row.target {
            Target::Indicator { set: 0, node } => {
                let plan = law.plan(context.set, crate::law::day_of_judging(unit, row.year));
                plan.and_then(|plan| plan.measures[node as usize])
            }
            Target::Background(at) => law.measure_id(&context.background[at as usize].id),
            _ => {
                let what = Phrase::new("intake-other-set").with("set", intake.set.as_str());
                faults.push(Fault::new(row.line, Some(Column::Indicator), what));
                continue;
            }
        };
        if let (Some(measure), Some(value)) = (measure, row.value) {
            let key = Key { unit: unit.id, year: row.year, measure, origin: intake.origin };
            let note = match &row.said {
                Some(said) => Some(crate::said::with(row.note.as_deref().unwrap_or(""), said).into()),
                None => row.note,
            };
            entries.push(Entry { key, value, note });
        }
    }
    (entries, faults)
}

/// Commits entries in one short transaction, with one line of the import and its hash. Repeating it changes nothing.
pub async fn commit(
    tx: &mut WriteTx,
    law: &Law,
    entries: &[Entry],
    intake: &Intake,
    content: &[u8],
) -> Result<Outcome> {
    let import = tx.reserve("facts_import", "id", 1).await?[0];
    let how = How {
        stage: crate::rules::entered(tx.actor().role),
        publish: intake.publish,
        source: intake.source.clone(),
        import: Some(import),
        anew: false,
    };
    let outcome = record::record(tx, law, entries, &how).await?;
    if outcome.new + outcome.changed > 0 || outcome.units > 0 {
        let hash = hex::encode(Sha256::digest(content));
        tx.execute_one(
            "INSERT INTO facts_import (id, at, actor, source, content_hash, added, changed, unchanged, published)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                import,
                tx.now(),
                tx.actor().role.name(),
                intake.source.as_str(),
                hash,
                outcome.new as i64,
                outcome.changed as i64,
                outcome.unchanged as i64,
                intake.publish
            ],
        )
        .await?;
    } else {
        // Somebody took a table in, and everything was there already.
        let subject = hex::encode(Sha256::digest(content));
        let details = serde_json::json!({"source": intake.source, "unchanged": outcome.unchanged});
        tx.audit_quietly(AuditLine { action: "facts.import-unchanged", kind: "import", subject, unit: None, details })
            .await?;
    }
    Ok(outcome)
}

/// The level of units a set judges, as the store names it.
pub fn level(library: &Library, set: &str) -> &'static str {
    use rulebook::Level;
    match library.set(set).map(|s| s.applies.level) {
        Some(Level::Province) => "province",
        Some(Level::District) => "district",
        Some(Level::Village) => "village",
        _ => "commune",
    }
}
