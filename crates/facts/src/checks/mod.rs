//! Quality checks: each is data with a reason (`reference/checks.toml`), doubts a figure and never decides on it. [`run`] asks
//! them of a unit and year, [`keep`] counts what they found, [`answer`] notes what is said to it, [`counts`] tells over the years
//! which are of use.

mod model;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    evidence,
    figure::EVIDENCE,
    law::{Law, day_of_judging},
    model::{Edition, Key},
    published,
};
use kernel::{Day, Decimal, Moment, UnitId};
use rulebook::{Origin, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{AuditLine, Guarded, Migration, Query, Result, Within, WriteTx, args, attachments, last_day_of_year};

pub use model::{About, Check, Circle, CircleKind, Fact, Hit, Now, Rule, shipped};
pub use rules::evaluate;

/// What checks found, by unit, year, check and measure; `gone_at` of what they find no more.
pub(crate) const MIGRATION: Migration = Migration {
    room: "facts",
    version: 11,
    name: "what quality checks found",
    sql: "
CREATE TABLE facts_check_hit (
    unit INTEGER NOT NULL, period TEXT NOT NULL, check_id TEXT NOT NULL, measure INTEGER NOT NULL, value TEXT NOT NULL,
    first_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, gone_at INTEGER, note TEXT, answered_at INTEGER, answered_by TEXT,
    PRIMARY KEY (unit, period, check_id, measure)
) STRICT;
CREATE INDEX facts_check_hit_counts ON facts_check_hit (check_id, period);
",
};

/// Of units beyond a scope nothing of it is seen: it speaks of what is being worked on.
pub(crate) const GUARD: Guarded = Guarded { table: "facts_check_hit", sees: seen };

fn seen(scope: &Within) -> String {
    let near = scope.unit("facts_check_hit.unit", &last_day_of_year("facts_check_hit.period"));
    format!(
        "SELECT unit, period, check_id, measure, value, first_at, seen_at, gone_at, note, answered_at, answered_by
         FROM facts_check_hit WHERE {near}"
    )
}

/// Figures of several units as a verdict reads them.
struct Figures(HashMap<Key, Value>);

impl Figures {
    async fn of(tx: &mut impl Query, units: &[UnitId], year: i16, measures: &BTreeSet<i64>) -> Result<Figures> {
        let all = published::of_units(tx, units, year, Some(measures), Edition::Working).await?;
        Ok(Figures(all.into_iter().map(|figure| (figure.key, figure.value)).collect()))
    }

    fn number(&self, law: &Law, unit: UnitId, year: i16, measure: i64) -> Option<Decimal> {
        law.read(&self.0, unit, year, measure).and_then(|(_, value)| value.shown())
    }
}

/// The units similar to one on a day: of its district, of its groups, of its province, each without itself, the narrowest first.
/// Cost: its ancestors, the communes of the province, its groups.
async fn circles(tx: &mut impl Query, unit: &units::Unit, day: Day) -> Result<Vec<(CircleKind, Vec<UnitId>)>> {
    let above = units::store::ancestors(tx, unit.id).await?;
    let Some(province) = above.iter().rfind(|one| one.level == "province" && one.valid_on(day)) else {
        return Ok(Vec::new());
    };
    let others: Vec<_> = units::store::under(tx, province.id, &unit.level, day)
        .await?
        .into_iter()
        .filter(|one| one.id != unit.id && one.kind == unit.kind)
        .collect();
    let sql = "SELECT DISTINCT g.unit FROM units_group m JOIN units_group g ON g.code = m.code
               WHERE m.unit = $1 AND m.from_day <= $2 AND m.to_day >= $2 AND g.from_day <= $2 AND g.to_day >= $2";
    let rows = tx.rows(sql, args![unit.id, day]).await?;
    let grouped: BTreeSet<UnitId> = rows.iter().map(|row| row.i64(0).map(UnitId)).collect::<Result<_>>()?;
    let of = |holds: &dyn Fn(&units::Unit) -> bool| others.iter().filter(|one| holds(one)).map(|one| one.id).collect();
    let mut found = Vec::new();
    if unit.parent.is_some_and(|parent| parent != province.id) {
        found.push((CircleKind::District, of(&|one| one.parent == unit.parent)));
    }
    if !grouped.is_empty() {
        found.push((CircleKind::Group, of(&|one| grouped.contains(&one.id))));
    }
    found.push((CircleKind::Province, of(&|_| true)));
    Ok(found)
}

/// Everything that the checks read of a unit and year for a set. Cost: the unit's figures of two years with their evidence, and one row
/// of history a figure of the set in the communes of its province: some 122 times 70; of others what the scope sees.
pub async fn about(tx: &mut impl Query, law: &Law, unit: UnitId, year: i16, set: &str) -> Result<Option<About>> {
    let Some(unit) = units::store::get(tx, unit).await? else { return Ok(None) };
    let day = day_of_judging(&unit, year);
    let Some(plan) = law.plan(set, day) else { return Ok(None) };
    let named = shipped().iter().flat_map(|check| check.rule.measures()).filter_map(|code| law.measure_id(code));
    let asked: BTreeSet<i64> = plan.measures.iter().copied().flatten().chain(named).collect();
    let needed: BTreeSet<i64> = asked.iter().flat_map(|id| law.needed(law.measure_code(*id))).collect();
    let circles = circles(tx, &unit, day).await?;
    let around: Vec<UnitId> = circles.last().map_or(Vec::new(), |(_, units)| units.clone());
    let near = Figures::of(tx, &around, year, &needed).await?;
    let before = Figures::of(tx, &[unit.id], year - 1, &needed).await?;
    let lines = published::figures(tx, unit.id, Some(year), Edition::Working).await?;
    let revisions: Vec<String> = lines.iter().map(|line| line.revision.to_string()).collect();
    let files = attachments::of_many(tx, EVIDENCE, &revisions).await?;
    let pieces = evidence::of_figures(tx, unit.id, year).await?;
    let own = Figures(lines.iter().map(|line| (line.key, line.value.clone())).collect());
    let mut now = BTreeMap::new();
    for &id in &asked {
        let (Some((origin, value)), code) = (law.read(&own.0, unit.id, year, id), law.measure_code(id)) else {
            continue;
        };
        let Some(about) = law.library().measure(code) else { continue };
        let line = lines.iter().find(|line| line.key.measure == id && line.key.origin == origin);
        let of_line = line.and_then(|line| files.get(&line.revision.to_string()));
        let one = Now {
            kind: about.kind,
            number: value.shown(),
            yes: matches!(*value, Value::Yes(true)),
            under: match &*value {
                Value::Fraction(_, under) => Some(under.clone()),
                _ => None,
            },
            asked: matches!(origin, Origin::Declared | Origin::Verified) && !about.background,
            noted: line.is_some_and(|line| line.note.as_ref().is_some_and(|note| !note.trim().is_empty())),
            evidence: (of_line.into_iter().flatten().map(|file| file.at.day()))
                .chain(pieces.get(&id).into_iter().flatten().map(|piece| piece.at.day()))
                .max(),
            computed: (origin != Origin::Computed).then(|| law.computed_of(&own.0, unit.id, year, id)).flatten(),
        };
        now.insert(code.to_owned(), one);
    }
    let numbers = |units: &[UnitId]| {
        let of = |id: &i64| {
            let all = units.iter().filter_map(|&one| Some((one, near.number(law, one, year, *id)?))).collect();
            (law.measure_code(*id).to_owned(), all)
        };
        asked.iter().map(of).collect()
    };
    let last = |id: &i64| Some((law.measure_code(*id).to_owned(), before.number(law, unit.id, year - 1, *id)?));
    Ok(Some(About {
        year,
        before: asked.iter().filter_map(last).collect(),
        circles: circles.iter().map(|(kind, units)| Circle { kind: *kind, numbers: numbers(units) }).collect(),
        now,
    }))
}

/// What the shipped checks doubt of a unit, a year and a set, as the scope of the transaction sees it. Cost: that of [`about`].
pub async fn run(tx: &mut impl Query, law: &Law, unit: UnitId, year: i16, set: &str) -> Result<Vec<Hit>> {
    let about = about(tx, law, unit, year, set).await?;
    Ok(about.map_or_else(Vec::new, |about| evaluate(shipped(), &about)))
}

/// What was said to a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub note: String,
    pub at: Moment,
    pub actor: String,
}

/// A hit that is kept.
struct Kept {
    value: String,
    first: i64,
    gone: Option<i64>,
    answer: Option<Answer>,
}

/// Check and number of the measure.
type Place = (String, i64);

async fn kept(tx: &mut impl Query, unit: UnitId, year: i16) -> Result<HashMap<Place, Kept>> {
    let sql = "SELECT check_id, measure, value, first_at, gone_at, note, answered_at, answered_by FROM facts_check_hit
               WHERE unit = $1 AND period = $2";
    let mut found = HashMap::new();
    for row in tx.rows(sql, args![unit, format!("{year:04}")]).await? {
        let answer = match (row.opt_text(5)?, row.opt_i64(6)?, row.opt_text(7)?) {
            (Some(note), Some(at), Some(actor)) => Some(Answer { note, at: Moment(at), actor }),
            _ => None,
        };
        let one = Kept { value: row.text(2)?, first: row.i64(3)?, gone: row.opt_i64(4)?, answer };
        found.insert((row.text(0)?, row.i64(1)?), one);
    }
    Ok(found)
}

/// What was said to the hits of a unit and year that stand, by check and code of the measure. Cost: its hits.
pub async fn answers(
    tx: &mut impl Query,
    law: &Law,
    unit: UnitId,
    year: i16,
) -> Result<HashMap<(String, String), Answer>> {
    let standing = kept(tx, unit, year).await?.into_iter().filter(|(_, one)| one.gone.is_none());
    let named = |((check, id), one): (Place, Kept)| Some(((check, law.measure_code(id).to_owned()), one.answer?));
    Ok(standing.filter_map(named).collect())
}

/// Counts what [`run`] found for a unit and year: new hits begin, old ones go on, of the same set those that are not found any more
/// are gone. What was said to a hit goes with the value it was said of. The transaction has its line of what caused it. Cost: the
/// unit's hits, read and written.
pub async fn keep(tx: &mut WriteTx, law: &Law, unit: UnitId, year: i16, set: &str, hits: &[Hit]) -> Result<()> {
    const COLUMNS: [&str; 11] = [
        "unit",
        "period",
        "check_id",
        "measure",
        "value",
        "first_at",
        "seen_at",
        "gone_at",
        "note",
        "answered_at",
        "answered_by",
    ];
    let Some(of) = units::store::get(tx, unit).await? else { return Ok(()) };
    let plan = law.plan(set, day_of_judging(&of, year));
    let named = shipped().iter().flat_map(|check| check.rule.measures()).filter_map(|code| law.measure_id(code));
    let asked: BTreeSet<i64> =
        plan.iter().flat_map(|plan| plan.measures.iter().copied().flatten()).chain(named).collect();
    let (mut before, now) = (kept(tx, unit, year).await?, tx.now());
    let mut rows = Vec::new();
    let mut row =
        |(check, measure): Place, value: String, first: i64, seen: i64, gone: Option<i64>, said: Option<Answer>| {
            let (note, at, by) = said.map_or((None, None, None), |a| (Some(a.note), Some(a.at.0), Some(a.actor)));
            rows.push(args![unit, format!("{year:04}"), check, measure, value, first, seen, gone, note, at, by]);
        };
    for hit in hits {
        let Some(measure) = law.measure_id(&hit.measure) else { continue };
        let place = (hit.check.clone(), measure);
        let value = hit.facts.get("value").map_or_else(String::new, |fact| format!("{fact:?}"));
        let old = before.remove(&place);
        let first = old.as_ref().map_or(now.0, |old| old.first);
        let said = old.filter(|old| old.value == value).and_then(|old| old.answer);
        row(place, value, first, now.0, None, said);
    }
    for (place, old) in before.into_iter().filter(|((_, id), old)| old.gone.is_none() && asked.contains(id)) {
        row(place, old.value, old.first, now.0, Some(now.0), old.answer);
    }
    tx.upsert_many("facts_check_hit", &COLUMNS[..4], &COLUMNS, rows.into_iter()).await?;
    Ok(())
}

/// Notes what is said to a hit that stands; whether there is one. Cost: one row and its line.
pub async fn answer(
    tx: &mut WriteTx,
    law: &Law,
    unit: UnitId,
    year: i16,
    (check, measure): (&str, &str),
    note: &str,
) -> Result<bool> {
    let Some(id) = law.measure_id(measure) else { return Ok(false) };
    let actor = tx.actor().role.name();
    let sql = "UPDATE facts_check_hit SET note = $5, answered_at = $6, answered_by = $7
               WHERE unit = $1 AND period = $2 AND check_id = $3 AND measure = $4 AND gone_at IS NULL";
    let touched = tx.execute(sql, args![unit, format!("{year:04}"), check, id, note, tx.now(), actor]).await?;
    if touched == 1 {
        let details = serde_json::json!({"check": check, "measure": measure, "year": year, "note": note});
        let (subject, unit) = (format!("{unit}/{year}/{check}/{measure}"), Some(unit));
        tx.audit(AuditLine { action: "facts.check-answered", kind: "figure", subject, unit, details }).await?;
    }
    Ok(touched == 1)
}

/// How often a check found something in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub check: String,
    pub year: i16,
    /// Hits that stand, and those that are gone: a figure was changed, which is what a check is for.
    pub standing: i64,
    pub gone: i64,
    /// Of those that stand the answered ones.
    pub answered: i64,
    pub units: i64,
}

/// The counts of every check and year, as the scope sees them. Cost: the index of hits.
pub async fn counts(tx: &mut impl Query) -> Result<Vec<Count>> {
    let sql = "SELECT check_id, period, SUM(CASE WHEN gone_at IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN gone_at IS NULL THEN 0 ELSE 1 END),
               SUM(CASE WHEN gone_at IS NULL AND note IS NOT NULL THEN 1 ELSE 0 END), COUNT(DISTINCT unit)
               FROM facts_check_hit GROUP BY check_id, period ORDER BY check_id, period";
    let rows = tx.rows(sql, args![]).await?;
    let count = |row: &store::Row| {
        Ok(Count {
            check: row.text(0)?,
            year: row.text(1)?.parse().unwrap_or_default(),
            standing: row.i64(2)?,
            gone: row.i64(3)?,
            answered: row.i64(4)?,
            units: row.i64(5)?,
        })
    };
    rows.iter().map(count).collect()
}
