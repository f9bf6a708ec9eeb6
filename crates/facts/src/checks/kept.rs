//! What checks found, kept by unit, year, check and measure; what was said to it; how often it was found.

use super::{Fact, Hit, asked_of};
use crate::law::{Law, day_of_judging};
use kernel::{Moment, UnitId};
use rulebook::values::year_end;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{AuditLine, Guarded, Migration, Query, Result, Value, Within, WriteTx, args, last_day_of_year};

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

/// Why a figure is doubted (`facts`: names and what was found, as JSON), so that pages say it without asking the checks again;
/// what whoever reviews said to it, and whether they called it useless; when a unit was last checked.
pub(crate) const RUNS: Migration = Migration {
    room: "facts",
    version: 12,
    name: "why figures are doubted, what reviewers say to it",
    sql: "
ALTER TABLE facts_check_hit ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
ALTER TABLE facts_check_hit ADD COLUMN review TEXT;
ALTER TABLE facts_check_hit ADD COLUMN reviewed_at INTEGER;
ALTER TABLE facts_check_hit ADD COLUMN reviewed_by TEXT;
ALTER TABLE facts_check_hit ADD COLUMN useless INTEGER NOT NULL DEFAULT 0;
CREATE TABLE facts_check_run (
    unit INTEGER NOT NULL, period TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (unit, period)
) STRICT;
",
};

/// Of units beyond a scope nothing of it is seen: it speaks of what is being worked on.
pub(crate) const GUARDS: [Guarded; 2] =
    [Guarded { table: "facts_check_hit", sees: hits_seen }, Guarded { table: "facts_check_run", sees: runs_seen }];

fn hits_seen(scope: &Within) -> String {
    let near = scope.unit("facts_check_hit.unit", &last_day_of_year("facts_check_hit.period"));
    format!("SELECT {} FROM facts_check_hit WHERE {near}", COLUMNS.join(", "))
}

fn runs_seen(scope: &Within) -> String {
    let near = scope.unit("facts_check_run.unit", &last_day_of_year("facts_check_run.period"));
    format!("SELECT unit, period, at, actor FROM facts_check_run WHERE {near}")
}

const COLUMNS: [&str; 16] = [
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
    "facts",
    "review",
    "reviewed_at",
    "reviewed_by",
    "useless",
];

/// What was said to a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub note: String,
    pub at: Moment,
    /// As [`kernel::Actor::named`] writes it.
    pub actor: String,
}

/// A hit that is kept.
#[derive(Clone)]
struct Kept {
    value: String,
    first: i64,
    seen: i64,
    gone: Option<i64>,
    facts: String,
    said: Said,
}

/// What both sides said.
#[derive(Clone, Default, PartialEq)]
struct Said {
    unit: Option<Answer>,
    review: Option<Answer>,
    useless: bool,
}

/// Check and number of the measure.
type Place = (String, i64);

fn period(year: i16) -> String {
    format!("{year:04}")
}

async fn kept(tx: &mut impl Query, unit: UnitId, year: i16) -> Result<BTreeMap<Place, Kept>> {
    let sql = format!("SELECT {} FROM facts_check_hit WHERE unit = $1 AND period = $2", COLUMNS.join(", "));
    let mut found = BTreeMap::new();
    for row in tx.rows(&sql, args![unit, period(year)]).await? {
        let answer = |note: usize| -> Result<Option<Answer>> {
            let (text, at, by) = (row.opt_text(note)?, row.opt_i64(note + 1)?, row.opt_text(note + 2)?);
            Ok(text.zip(at).zip(by).map(|((note, at), actor)| Answer { note, at: Moment(at), actor }))
        };
        let one = Kept {
            value: row.text(4)?,
            first: row.i64(5)?,
            seen: row.i64(6)?,
            gone: row.opt_i64(7)?,
            facts: row.text(11)?,
            said: Said { unit: answer(8)?, review: answer(12)?, useless: row.flag(15)? },
        };
        found.insert((row.text(2)?, row.i64(3)?), one);
    }
    Ok(found)
}

/// Writes hits of a unit and year as they are now. Cost: those rows.
async fn write(tx: &mut WriteTx, unit: UnitId, year: i16, hits: Vec<(Place, Kept)>) -> Result<()> {
    let row = |((check, measure), one): (Place, Kept)| -> Vec<Value> {
        let part =
            |said: Option<Answer>| said.map_or((None, None, None), |a| (Some(a.note), Some(a.at.0), Some(a.actor)));
        let ((note, at, by), (review, reviewed, reviewer)) = (part(one.said.unit), part(one.said.review));
        let Kept { value, first, seen, gone, facts, .. } = one;
        let useless = one.said.useless;
        args![
            unit,
            period(year),
            check,
            measure,
            value,
            first,
            seen,
            gone,
            note,
            at,
            by,
            facts,
            review,
            reviewed,
            reviewer,
            useless
        ]
    };
    let rows: Vec<Vec<Value>> = hits.into_iter().map(row).collect();
    tx.upsert_many("facts_check_hit", &COLUMNS[..4], &COLUMNS, rows.into_iter()).await.map(drop)
}

/// Keeps and counts what [`super::run`] found for a unit and year: new hits begin, old ones go on, of the same sets those that are
/// not found any more are gone. What was said to a hit goes with the value it was said of. The transaction has its line of what
/// caused it. Cost: the unit's hits, read and written.
pub async fn keep(tx: &mut WriteTx, law: &Law, unit: UnitId, year: i16, sets: &[String], hits: &[Hit]) -> Result<()> {
    let Some(of) = units::store::get(tx, unit).await? else { return Ok(()) };
    let asked = asked_of(law, sets, day_of_judging(&of, year));
    let (mut before, now) = (kept(tx, unit, year).await?, tx.now().0);
    let mut fresh = Vec::new();
    for hit in hits {
        let Some(measure) = law.measure_id(&hit.measure) else { continue };
        let place = (hit.check.clone(), measure);
        let value = hit.facts.get("value").map_or_else(String::new, |fact| format!("{fact:?}"));
        let old = before.remove(&place);
        let first = old.as_ref().map_or(now, |old| old.first);
        let said = old.filter(|old| old.value == value).map_or_else(Said::default, |old| old.said);
        let facts = serde_json::to_string(&hit.facts)?;
        fresh.push((place, Kept { value, first, seen: now, gone: None, facts, said }));
    }
    let gone = before.into_iter().filter(|((_, id), old)| old.gone.is_none() && asked.contains(id));
    fresh.extend(gone.map(|(place, old)| (place, Kept { seen: now, gone: Some(now), ..old })));
    write(tx, unit, year, fresh).await?;
    let sql = "INSERT INTO facts_check_run (unit, period, at, actor) VALUES ($1, $2, $3, $4)
               ON CONFLICT (unit, period) DO UPDATE SET at = excluded.at, actor = excluded.actor";
    let by = tx.actor().named();
    tx.execute_one(sql, args![unit, period(year), now, by]).await
}

/// When a unit and year was last checked, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub at: Moment,
    /// As of an [`Answer`].
    pub actor: String,
}

/// The last time that a unit and year was checked, where this scope sees it. Cost: one row.
pub async fn ran(tx: &mut impl Query, unit: UnitId, year: i16) -> Result<Option<Ran>> {
    let sql = "SELECT at, actor FROM facts_check_run WHERE unit = $1 AND period = $2";
    let row = tx.row(sql, args![unit, period(year)]).await?;
    row.map(|row| Ok(Ran { at: Moment(row.i64(0)?), actor: row.text(1)? })).transpose()
}

/// A hit that stands, with what was said to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub hit: Hit,
    pub first: Moment,
    /// What the unit says to it.
    pub answer: Option<Answer>,
    /// What whoever reviews says to it.
    pub review: Option<Answer>,
    /// Whoever reviews says that the check is wrong here.
    pub useless: bool,
}

impl Doubt {
    /// Whether nobody has said anything to it.
    pub fn is_open(&self) -> bool {
        self.answer.is_none() && self.review.is_none() && !self.useless
    }
}

/// The hits of a unit and year that stand, in the order of the checks, then of the measures; of neighbours whose figures this
/// scope does not see the names alone. Cost: the unit's hits, the places in the tree of the units they name.
pub async fn standing(tx: &mut impl Query, law: &Law, unit: UnitId, year: i16) -> Result<Vec<Doubt>> {
    let mut found = Vec::new();
    for ((check, measure), one) in kept(tx, unit, year).await?.into_iter().filter(|(_, one)| one.gone.is_none()) {
        let facts: BTreeMap<String, Fact> = serde_json::from_str(&one.facts)?;
        let hit = Hit { check, measure: law.measure_code(measure).to_owned(), facts };
        let Said { unit: answer, review, useless } = one.said;
        found.push(Doubt { hit, first: Moment(one.first), answer, review, useless });
    }
    let named: BTreeSet<UnitId> = found.iter().flat_map(|doubt| doubt.hit.units()).collect();
    if !named.is_empty() {
        let day = year_end(year);
        let things: Vec<_> = named.into_iter().map(|unit| (unit, day)).collect();
        let places = tx.scope().working.clone();
        let seen = store::reached(tx, &places, &things).await?;
        found.iter_mut().for_each(|doubt| doubt.hit.veil(|unit| seen.holds(unit, day)));
    }
    let order = |doubt: &Doubt| super::shipped().iter().position(|check| check.id == doubt.hit.check);
    found.sort_by(|a, b| (order(a), &a.hit.measure).cmp(&(order(b), &b.hit.measure)));
    Ok(found)
}

/// The measures of a unit and year of which a doubt stands that nobody said anything to, with how many. Cost: the unit's hits.
pub async fn unanswered(tx: &mut impl Query, unit: UnitId, year: i16) -> Result<BTreeMap<i64, i64>> {
    let tallies = tallies(tx, &[unit], year).await?;
    Ok(tallies.into_iter().map(|((_, measure), tally)| (measure, tally.open)).filter(|(_, open)| *open > 0).collect())
}

/// How many doubts stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub standing: i64,
    /// Nobody said anything to them.
    pub open: i64,
}

/// How many doubts stand of each measure (its id in `facts_measure`) of these units in a year. Cost: one query a thousand units,
/// their hits.
pub async fn tallies(tx: &mut impl Query, units: &[UnitId], year: i16) -> Result<HashMap<(UnitId, i64), Tally>> {
    let mut found = HashMap::new();
    for some in units.chunks(1000) {
        // Numbers of our own, never text of a user.
        let list = some.iter().map(|unit| unit.0.to_string()).collect::<Vec<_>>().join(",");
        let sql = format!(
            "SELECT unit, measure, COUNT(*), SUM(CASE WHEN note IS NULL AND review IS NULL AND useless = 0 THEN 1 ELSE 0 END)
             FROM facts_check_hit WHERE unit IN ({list}) AND period = $1 AND gone_at IS NULL GROUP BY unit, measure"
        );
        for row in tx.rows(&sql, args![period(year)]).await? {
            found.insert((UnitId(row.i64(0)?), row.i64(1)?), Tally { standing: row.i64(2)?, open: row.i64(3)? });
        }
    }
    Ok(found)
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Unit,
    Review,
}

/// What is said to a hit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saying {
    pub check: String,
    /// The code of the measure.
    pub measure: String,
    /// Empty: nothing (any more); `None`: what was said stays.
    pub note: Option<String>,
    /// Whether the check is wrong here, where whoever reviews says so.
    pub useless: Option<bool>,
}

/// Notes what one side says to hits that stand; hits that do not are passed over. How many changed. Whoever calls it has held
/// the unit against the actor's reach. Cost: the unit's hits read, those that change written, one line.
pub async fn answer(tx: &mut WriteTx, law: &Law, unit: UnitId, year: i16, side: Side, all: &[Saying]) -> Result<usize> {
    let (before, by, now) = (kept(tx, unit, year).await?, tx.actor().named(), tx.now());
    let (mut fresh, mut lines) = (Vec::new(), Vec::new());
    for one in all {
        let place = law.measure_id(&one.measure).map(|id| (one.check.clone(), id));
        let stands = place.and_then(|place| before.get_key_value(&place)).filter(|(_, kept)| kept.gone.is_none());
        let Some((place, old)) = stands else { continue };
        let mut said = old.said.clone();
        let mine = match side {
            Side::Unit => &mut said.unit,
            Side::Review => &mut said.review,
        };
        if let Some(note) = one.note.as_deref().map(str::trim)
            && mine.as_ref().map_or("", |mine| mine.note.as_str()) != note
        {
            *mine = (!note.is_empty()).then(|| Answer { note: note.to_owned(), at: now, actor: by.clone() });
        }
        if let (Side::Review, Some(useless)) = (side, one.useless) {
            said.useless = useless;
        }
        if said != old.said {
            lines.push(serde_json::json!({"check": one.check, "measure": one.measure, "note": one.note, "useless": said.useless}));
            fresh.push((place.clone(), Kept { said, ..old.clone() }));
        }
    }
    let count = fresh.len();
    if count > 0 {
        write(tx, unit, year, fresh).await?;
        let (subject, details) = (format!("{unit}/{year}"), serde_json::json!({"year": year, "answers": lines}));
        tx.audit(AuditLine { action: "facts.checks-answered", kind: "figure", subject, unit: Some(unit), details })
            .await?;
    }
    Ok(count)
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
    /// Those that whoever reviews called useless.
    pub useless: i64,
    pub units: i64,
}

/// The counts of every check and year, as the scope sees them. Cost: the index of hits.
pub async fn counts(tx: &mut impl Query) -> Result<Vec<Count>> {
    let sql = "SELECT check_id, period, SUM(CASE WHEN gone_at IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN gone_at IS NULL THEN 0 ELSE 1 END),
               SUM(CASE WHEN gone_at IS NULL AND (note IS NOT NULL OR review IS NOT NULL OR useless = 1) THEN 1 ELSE 0 END),
               SUM(useless), COUNT(DISTINCT unit) FROM facts_check_hit GROUP BY check_id, period ORDER BY check_id, period";
    let rows = tx.rows(sql, args![]).await?;
    let count = |row: &store::Row| {
        Ok(Count {
            check: row.text(0)?,
            year: row.text(1)?.parse().unwrap_or_default(),
            standing: row.i64(2)?,
            gone: row.i64(3)?,
            answered: row.i64(4)?,
            useless: row.i64(5)?,
            units: row.i64(6)?,
        })
    };
    rows.iter().map(count).collect()
}
