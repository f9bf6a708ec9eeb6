//! The one way figures are written: history first, then the pointer, then the verdicts, in one transaction.
//!
//! Cost for n figures of u units: 2n rows written, the units' other figures of those years read once, one verdict a unit,
//! set, year and edition written. No query in a loop over figures or units; chunks of a thousand units.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::{Edition, Entry, Key, Outcome, Stage, columns, origin_from, origin_number, value},
};
use kernel::{Day, Revision, UnitId};
use rayon::prelude::*;
use rulebook::{Judged, Status, Traits, Value, Verdict, evaluate};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::{AuditLine, Query, Result, WriteTx, args};
use units::Unit;

/// How a recording is to be done.
#[derive(Clone, Debug)]
pub struct How {
    pub stage: Stage,
    /// Publishes what is recorded; without it the public sees nothing of it.
    pub publish: bool,
    /// Where the figures come from: a file's name, an interface.
    pub source: String,
    pub import: Option<i64>,
}

/// A figure's two sides as the store has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sides {
    working: Option<(i64, Value)>,
    published: Option<(i64, Value)>,
}

/// Figures of these units and years. Cost: those figures, each with its two history lines.
pub(crate) async fn load(tx: &mut impl Query, units: &[UnitId], years: &[i16]) -> Result<HashMap<Key, Sides>> {
    let mut found = HashMap::new();
    for chunk in units.chunks(1000) {
        let unit_places: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
        let year_places: Vec<String> = (1..=years.len()).map(|n| format!("${}", n + chunk.len())).collect();
        let sql = format!(
            "SELECT f.unit, f.period, f.measure, f.origin, f.working, f.published, w.value, w.num, w.den, p.value, p.num, p.den
             FROM facts_figure f JOIN facts_history w ON w.revision = f.working
             LEFT JOIN facts_history p ON p.revision = f.published
             WHERE f.unit IN ({}) AND f.period IN ({})",
            unit_places.join(","),
            year_places.join(",")
        );
        let units = chunk.iter().map(|&u| u.into());
        let args = units.chain(years.iter().map(|y| format!("{y:04}").into())).collect();
        for row in tx.rows(&sql, args).await? {
            let key = Key {
                unit: UnitId(row.i64(0)?),
                year: row.text(1)?.parse().unwrap_or(0),
                measure: row.i64(2)?,
                origin: origin_from(row.i64(3)?)?,
            };
            let revision = row.i64(4)?;
            let working = value(&row, 6)?.map(|v| (revision, v));
            let published = match row.opt_i64(5)? {
                Some(revision) => value(&row, 9)?.map(|v| (revision, v)),
                None => None,
            };
            found.insert(key, Sides { working, published });
        }
    }
    Ok(found)
}

/// Compares entries with what the store has, without writing: what would be new, changed (from, to), unchanged.
pub async fn preview(tx: &mut impl Query, entries: &[Entry]) -> Result<(Outcome, Vec<(Key, Value, Value)>)> {
    let (units, years) = touched(entries);
    let known = load(tx, &units, &years).await?;
    let (mut outcome, mut changes) = (Outcome { units: units.len(), ..Outcome::default() }, Vec::new());
    for entry in entries {
        match known.get(&entry.key).and_then(|s| s.working.as_ref()) {
            None => outcome.new += 1,
            Some((_, old)) if *old == entry.value => outcome.unchanged += 1,
            Some((_, old)) => {
                outcome.changed += 1;
                changes.push((entry.key, old.clone(), entry.value.clone()));
            }
        }
    }
    Ok((outcome, changes))
}

fn touched(entries: &[Entry]) -> (Vec<UnitId>, Vec<i16>) {
    let units: BTreeSet<UnitId> = entries.iter().map(|e| e.key.unit).collect();
    let years: BTreeSet<i16> = entries.iter().map(|e| e.key.year).collect();
    (units.into_iter().collect(), years.into_iter().collect())
}

/// Records figures and judges the units they belong to. Repeating it changes nothing.
pub async fn record(tx: &mut WriteTx, law: &Law, entries: &[Entry], how: &How) -> Result<Outcome> {
    let (units, years) = touched(entries);
    let mut known = load(tx, &units, &years).await?;
    let mut outcome = Outcome { units: units.len(), ..Outcome::default() };
    let mut fresh: Vec<&Entry> = Vec::new();
    // Figures whose pointer moves although their value does not: published for the first time.
    let mut moved: Vec<Key> = Vec::new();
    for entry in entries {
        let sides = known.get(&entry.key);
        match sides.and_then(|s| s.working.as_ref()) {
            Some((revision, old)) if *old == entry.value => {
                outcome.unchanged += 1;
                if how.publish && sides.and_then(|s| s.published.as_ref()).is_none_or(|(p, _)| p != revision) {
                    moved.push(entry.key);
                }
                continue;
            }
            Some(_) => outcome.changed += 1,
            None => outcome.new += 1,
        }
        fresh.push(entry);
    }
    if fresh.is_empty() && moved.is_empty() {
        outcome.units = 0;
        return Ok(outcome);
    }
    let revisions = tx.reserve("facts_history", "revision", fresh.len()).await?;
    let (actor, now) = (tx.actor().role.name(), tx.now());
    let stage = if how.publish { Stage::Published } else { how.stage };
    let history: Vec<_> = fresh
        .iter()
        .zip(&revisions)
        .map(|(entry, &revision)| {
            let (value, num, den, shadow) = columns(&entry.value);
            let key = entry.key;
            args![
                revision,
                key.unit,
                format!("{:04}", key.year),
                key.measure,
                origin_number(key.origin),
                value,
                num,
                den,
                shadow,
                stage.name(),
                actor,
                now,
                how.source.as_str(),
                entry.note.as_deref(),
                how.import
            ]
        })
        .collect();
    let columns = [
        "revision", "unit", "period", "measure", "origin", "value", "num", "den", "shadow", "stage", "actor", "at",
        "source", "note", "import",
    ];
    tx.insert_many("facts_history", &columns, history.into_iter()).await?;
    let mut pointers = Vec::with_capacity(fresh.len() + moved.len());
    for (entry, &revision) in fresh.iter().zip(&revisions) {
        let sides = known.entry(entry.key).or_default();
        sides.working = Some((revision, entry.value.clone()));
        if how.publish {
            sides.published.clone_from(&sides.working);
        }
        pointers.push(pointer(&entry.key, sides, stage));
    }
    let mut made_public = Vec::new();
    for key in &moved {
        let sides = known.entry(*key).or_default();
        sides.published.clone_from(&sides.working);
        made_public.extend(sides.published.as_ref().map(|p| p.0));
        pointers.push(pointer(key, sides, stage));
    }
    point(tx, pointers).await?;
    note_publication(tx, &made_public).await?;
    let editions: &[Edition] = if how.publish { &[Edition::Working, Edition::Published] } else { &[Edition::Working] };
    judge(tx, law, &known, &units, &years, editions).await?;
    let details = serde_json::json!({"source": how.source, "new": outcome.new, "changed": outcome.changed, "published": how.publish});
    let unit = (units.len() == 1).then(|| units[0]);
    let subject = how.import.map_or_else(|| units[0].to_string(), |i| i.to_string());
    tx.audit(AuditLine { action: "facts.record", kind: "figure", subject, unit, details }).await?;
    Ok(outcome)
}

fn pointer(key: &Key, sides: &Sides, stage: Stage) -> Vec<store::Value> {
    args![
        key.unit,
        format!("{:04}", key.year),
        key.measure,
        origin_number(key.origin),
        stage.name(),
        sides.working.as_ref().map(|w| w.0),
        sides.published.as_ref().map(|p| p.0)
    ]
}

async fn point(tx: &mut WriteTx, pointers: Vec<Vec<store::Value>>) -> Result<()> {
    let key = ["unit", "period", "measure", "origin"];
    let columns = ["unit", "period", "measure", "origin", "stage", "working", "published"];
    tx.upsert_many("facts_figure", &key, &columns, pointers.into_iter()).await?;
    Ok(())
}

/// Says who made lines public that were recorded without being published.
async fn note_publication(tx: &mut WriteTx, revisions: &[i64]) -> Result<()> {
    let (now, actor) = (tx.now(), tx.actor().role.name());
    let rows: Vec<_> = revisions.iter().map(|&revision| args![revision, now, actor]).collect();
    tx.upsert_many("facts_publication", &["revision"], &["revision", "at", "actor"], rows.into_iter()).await?;
    Ok(())
}

/// Publishes the working figures of a unit and year. Cost: its figures and verdicts.
pub async fn publish(tx: &mut WriteTx, law: &Law, unit: UnitId, year: i16) -> Result<usize> {
    let mut known = load(tx, &[unit], &[year]).await?;
    let (mut pointers, mut made_public) = (Vec::new(), Vec::new());
    for (key, sides) in &mut known {
        if sides.published.as_ref().map(|p| p.0) != sides.working.as_ref().map(|w| w.0) {
            sides.published.clone_from(&sides.working);
            made_public.extend(sides.published.as_ref().map(|p| p.0));
            pointers.push(pointer(key, sides, Stage::Published));
        }
    }
    let count = pointers.len();
    point(tx, pointers).await?;
    note_publication(tx, &made_public).await?;
    judge(tx, law, &known, &[unit], &[year], &[Edition::Working, Edition::Published]).await?;
    let details = serde_json::json!({"year": year, "figures": count});
    let line =
        AuditLine { action: "facts.publish", kind: "unit", subject: unit.to_string(), unit: Some(unit), details };
    tx.audit(line).await?;
    Ok(count)
}

/// One verdict to be written.
struct Written {
    unit: UnitId,
    set: String,
    year: i16,
    edition: Edition,
    plan: Arc<Plan>,
    verdict: Verdict,
    revision: Revision,
    failing: usize,
    shortfall: f64,
}

/// Judges units under every set that applies to them and writes their verdicts.
pub(crate) async fn judge(
    tx: &mut WriteTx,
    law: &Law,
    known: &HashMap<Key, Sides>,
    units: &[UnitId],
    years: &[i16],
    editions: &[Edition],
) -> Result<()> {
    let unit_rows = units::store::many(tx, units).await?;
    // Traits by the day of judging: most units share it.
    let mut by_day: BTreeMap<Day, Vec<UnitId>> = BTreeMap::new();
    for unit in unit_rows.values() {
        for &year in years {
            by_day.entry(day_of_judging(unit, year)).or_default().push(unit.id);
        }
    }
    let mut traits: HashMap<(Day, UnitId), Traits> = HashMap::new();
    for (day, units) in by_day {
        traits.extend(units::store::traits(tx, &units, day).await?.into_iter().map(|(unit, t)| ((day, unit), t)));
    }
    let side = |edition: Edition| -> (HashMap<Key, Value>, HashMap<(UnitId, i16), i64>) {
        let (mut values, mut latest) = (HashMap::with_capacity(known.len()), HashMap::new());
        for (key, sides) in known {
            let one = if edition == Edition::Working { &sides.working } else { &sides.published };
            if let Some((revision, value)) = one {
                values.insert(*key, value.clone());
                let last = latest.entry((key.unit, key.year)).or_insert(0);
                *last = (*last).max(*revision);
            }
        }
        (values, latest)
    };
    let mut all: Vec<Written> = Vec::new();
    for &edition in editions {
        let (values, latest) = side(edition);
        let pairs: Vec<(&Unit, i16)> = unit_rows
            .values()
            .flat_map(|u| years.iter().map(move |&y| (u, y)))
            .filter(|(u, y)| latest.contains_key(&(u.id, *y)))
            .collect();
        let judged: Vec<Vec<Written>> = pairs
            .par_iter()
            .map(|&(unit, year)| {
                let day = day_of_judging(unit, year);
                let none = Traits::default();
                let traits = traits.get(&(day, unit.id)).unwrap_or(&none);
                let revision = Revision(latest[&(unit.id, year)]);
                let one = |set: String| {
                    let plan = law.plan(&set, day)?;
                    let given = law.values(&plan, &values, unit.id, year);
                    let verdict = evaluate(&plan.book, &given, traits, year);
                    let (failing, shortfall) = distance(&plan, &verdict, traits, year);
                    Some(Written { unit: unit.id, set, year, edition, plan, verdict, revision, failing, shortfall })
                };
                law.sets_for(unit, year).into_iter().filter_map(one).collect()
            })
            .collect();
        all.extend(judged.into_iter().flatten());
    }
    all.sort_by(|a, b| (a.unit, &a.set, a.year, a.edition.number()).cmp(&(b.unit, &b.set, b.year, b.edition.number())));
    let texts = ruletexts(tx, &all).await?;
    let now = tx.now();
    let rows: Vec<_> = all
        .iter()
        .map(|w| {
            let count = |status| w.verdict.criteria.iter().filter(|c| c.status == status).count() as i64;
            let unconfirmed = w.verdict.criteria.iter().filter(|c| c.passed_unconfirmed()).count() as i64;
            let total = w.verdict.criteria.len() as i64 - count(Status::NotApplicable);
            args![
                w.unit,
                w.set.as_str(),
                format!("{:04}", w.year),
                w.edition.number(),
                letter(w.verdict.set.status),
                confidence_letter(w.verdict.set),
                texts[&w.plan.book.hash],
                w.plan.book.version.as_str(),
                w.revision.0,
                compact(&w.verdict.criteria),
                count(Status::Passed),
                unconfirmed,
                total,
                w.failing as i64,
                w.shortfall,
                now
            ]
        })
        .collect();
    let columns = [
        "unit",
        "set_id",
        "period",
        "edition",
        "verdict",
        "confidence",
        "ruletext",
        "version",
        "revision",
        "criteria",
        "passed",
        "unconfirmed",
        "total",
        "failing",
        "shortfall",
        "judged_at",
    ];
    tx.upsert_many("facts_verdict", &["unit", "set_id", "period", "edition"], &columns, rows.into_iter()).await?;
    Ok(())
}

/// Leaves that stand between a unit and the set, and the sum of their relative shortfalls.
fn distance(plan: &Plan, verdict: &Verdict, traits: &Traits, year: i16) -> (usize, f64) {
    let open = [Status::Failed, Status::Incomplete, Status::ToBeConfirmed];
    let roots = plan.book.criteria.iter().flat_map(|c| &c.nodes);
    let failing = roots.filter(|&&at| open.contains(&verdict.nodes[at].status)).count();
    let relative = |at: usize| {
        let amount = verdict.shortfalls[at].as_ref()?.to_f64();
        let limit = plan.book.threshold(at, traits, year)?.to_f64().abs();
        Some(if limit > 0.0 { amount / limit } else { 1.0 })
    };
    (failing, (0..plan.book.nodes.len()).filter_map(relative).sum())
}

/// Keeps the whole text of every combination that judged something; its number by its SHA-256.
async fn ruletexts(tx: &mut WriteTx, written: &[Written]) -> Result<HashMap<String, i64>> {
    let mut plans: BTreeMap<&str, &Arc<Plan>> = BTreeMap::new();
    for w in written {
        plans.entry(w.plan.book.hash.as_str()).or_insert(&w.plan);
    }
    let mut ids = HashMap::new();
    // A handful of sets, whatever the number of units.
    for (hash, plan) in plans {
        let insert =
            "INSERT INTO facts_ruletext (sha256, set_id, text) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
        let known = tx.row("SELECT id FROM facts_ruletext WHERE sha256 = $1", args![hash]).await?;
        let id = match known {
            Some(row) => row.i64(0)?,
            None => {
                let text = String::from_utf8_lossy(&plan.book.text()).into_owned();
                tx.execute(insert, args![hash, plan.book.set(), text]).await?;
                let row = tx.row("SELECT id FROM facts_ruletext WHERE sha256 = $1", args![hash]).await?;
                row.map_or(Ok(0), |r| r.i64(0))?
            }
        };
        ids.insert(hash.to_owned(), id);
    }
    Ok(ids)
}

pub(crate) fn letter(status: Status) -> String {
    status.letter().to_string()
}

fn confidence_letter(judged: Judged) -> String {
    judged.confidence.name()[..1].to_owned()
}

/// Two letters a criterion: status and confidence.
fn compact(criteria: &[Judged]) -> String {
    criteria.iter().map(|c| letter(c.status) + &confidence_letter(*c)).collect()
}
