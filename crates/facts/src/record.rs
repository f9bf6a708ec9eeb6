//! The one way figures are written: history first, then the pointer, then the verdicts, in one transaction.
//!
//! Cost for n figures of u units: 2n rows written, the units' other figures of those years read once, one verdict a unit,
//! set, year and edition written. No query in a loop over figures or units; chunks of a thousand units.

use crate::{
    closed, holds,
    judge::{self, Judging},
    law::Law,
    model::{Edition, Entry, Key, Outcome, Stage, columns, origin_from, origin_number, value},
    proof, rules,
};
use kernel::{Actor, Day, Places, Problem, Revision, Role, UnitId};
use rulebook::{Origin, Value};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::{AuditLine, Given, Query, Reached, Result, StoreError, WriteTx};
use web::notices::hooks::{self, Event};

/// How a recording is to be done.
#[derive(Clone, Debug)]
pub struct How {
    pub stage: Stage,
    /// Publishes what is recorded; without it the public sees nothing of it.
    pub publish: bool,
    /// Where the figures come from: a file's name, an interface.
    pub source: String,
    pub import: Option<i64>,
    /// Writes a line although the value stays: somebody gave other grounds, or evidence.
    pub anew: bool,
}

/// A figure of a unit and year with its two sides.
pub(crate) struct Held {
    pub measure: i64,
    pub origin: Origin,
    /// The line of history that is worked on, and its value.
    revision: i64,
    value: Value,
    /// What the line says proves it.
    note: Option<Box<str>>,
    published: Published,
}

/// What the public sees of a figure.
enum Published {
    Nothing,
    /// The line that is worked on.
    Same,
    Other(Box<(i64, Value)>),
}

/// Figures of units and years.
pub(crate) type Known = HashMap<(UnitId, i16), Vec<Held>>;

impl Held {
    /// Revision and value of an edition.
    pub fn side(&self, edition: Edition) -> Option<(i64, &Value)> {
        match (edition, &self.published) {
            (Edition::Working, _) | (_, Published::Same) => Some((self.revision, &self.value)),
            (_, Published::Other(other)) => Some((other.0, &other.1)),
            (_, Published::Nothing) => None,
        }
    }

    /// Whether the public sees what is worked on.
    pub fn is_public(&self) -> bool {
        matches!(self.published, Published::Same)
    }

    /// Moves the working side to a new line of history, and the public one with it where it is published.
    fn change(&mut self, revision: i64, entry: &Entry, publish: bool) {
        let old =
            (std::mem::replace(&mut self.revision, revision), std::mem::replace(&mut self.value, entry.value.clone()));
        self.note = entry.said().map(Box::from);
        if publish {
            self.published = Published::Same;
        } else if self.is_public() {
            self.published = Published::Other(Box::new(old));
        }
    }

    /// Whether an entry says nothing that the line does not say already.
    fn says(&self, entry: &Entry) -> bool {
        self.value == entry.value && (entry.note.is_none() || entry.said() == self.note.as_deref())
    }

    /// The row of the pointer.
    fn pointer<'a>(&self, unit: UnitId, period: &'a str, stage: Stage) -> [Given<'a>; 7] {
        [
            unit.0.into(),
            period.into(),
            self.measure.into(),
            origin_number(self.origin).into(),
            stage.name().into(),
            self.revision.into(),
            self.side(Edition::Published).map(|(revision, _)| revision).into(),
        ]
    }
}

fn find<'k>(known: &'k Known, key: &Key) -> Option<&'k Held> {
    known.get(&(key.unit, key.year))?.iter().find(|h| (h.measure, h.origin) == (key.measure, key.origin))
}

fn find_mut<'k>(known: &'k mut Known, key: &Key) -> Option<&'k mut Held> {
    known.get_mut(&(key.unit, key.year))?.iter_mut().find(|h| (h.measure, h.origin) == (key.measure, key.origin))
}

/// Entries for which a journey to the store counts.
const FEW: usize = 300;

/// Before figures of units are read to be judged: whoever else changes a figure of theirs comes before or after, so that
/// the verdict written last has read all of them. With a table, column and count: numbers for new lines.
pub(crate) async fn hold(tx: &mut WriteTx, units: &[UnitId], numbers: Option<(&str, &str, usize)>) -> Result<Vec<i64>> {
    tx.lock_each("facts.unit", units.iter().map(|unit| unit.0), numbers).await
}

/// Figures of these units and years. Cost: those figures, each with its two history lines.
pub(crate) async fn load(tx: &mut impl Query, units: &[UnitId], years: &[i16]) -> Result<Known> {
    let mut found = Known::new();
    for chunk in units.chunks(1000) {
        let unit_places = store::places(1, chunk.len());
        let year_places = store::places(chunk.len() + 1, years.len());
        let sql = format!(
            "SELECT f.unit, f.period, f.measure, f.origin, f.working, f.published, w.value, w.num, w.den, p.value, p.num, p.den, w.note
             FROM facts_figure f JOIN facts_history w ON w.revision = f.working
             LEFT JOIN facts_history p ON p.revision = f.published AND f.published <> f.working
             WHERE f.unit IN ({}) AND f.period IN ({})",
            unit_places,
            year_places
        );
        let units = chunk.iter().map(|&u| u.into());
        let args = units.chain(years.iter().map(|y| format!("{y:04}").into())).collect();
        for row in tx.rows(&sql, args).await? {
            let Some(working) = value(&row, 6)? else { continue };
            let revision = row.i64(4)?;
            let published = match (row.opt_i64(5)?, value(&row, 9)?) {
                (Some(same), _) if same == revision => Published::Same,
                (Some(other), Some(value)) => Published::Other(Box::new((other, value))),
                _ => Published::Nothing,
            };
            let (measure, origin) = (row.i64(2)?, origin_from(row.i64(3)?)?);
            let of_unit = found.entry((UnitId(row.i64(0)?), row.text(1)?.parse().unwrap_or(0))).or_default();
            let note = row.opt_text(12)?.map(String::into_boxed_str);
            of_unit.push(Held { measure, origin, revision, value: working, note, published });
        }
    }
    Ok(found)
}

/// What recording would do.
pub struct Preview {
    pub outcome: Outcome,
    /// From, to.
    pub changes: Vec<(Key, Value, Value)>,
    /// Names the lines of history that were compared with: another one later means that somebody wrote meanwhile.
    pub seen: String,
}

/// Compares entries with what the store has, without writing: what would be new, changed, unchanged.
pub async fn preview(tx: &mut impl Query, entries: &[Entry]) -> Result<Preview> {
    let (units, years) = touched(entries);
    let known = load(tx, &units, &years).await?;
    let (mut outcome, mut changes) = (Outcome { units: units.len(), ..Outcome::default() }, Vec::new());
    let mut seen = Sha256::new();
    for entry in entries {
        let held = find(&known, &entry.key);
        seen.update(held.map_or(0, |h| h.revision).to_le_bytes());
        match held {
            None => outcome.new += 1,
            Some(held) if held.says(entry) => outcome.unchanged += 1,
            Some(held) => {
                outcome.changed += 1;
                changes.push((entry.key, held.value.clone(), entry.value.clone()));
            }
        }
    }
    Ok(Preview { outcome, changes, seen: hex::encode(&seen.finalize()[..16]) })
}

fn touched(entries: &[Entry]) -> (Vec<UnitId>, Vec<i16>) {
    let mut units: Vec<UnitId> = entries.iter().map(|e| e.key.unit).collect();
    // Tables come unit by unit.
    units.dedup();
    let units: BTreeSet<UnitId> = units.into_iter().collect();
    let years: BTreeSet<i16> = entries.iter().map(|e| e.key.year).collect();
    (units.into_iter().collect(), years.into_iter().collect())
}

/// What recording entries would do.
#[derive(Default)]
struct Decided<'e> {
    outcome: Outcome,
    /// Entries that get a line of history.
    fresh: Vec<&'e Entry>,
    /// Figures whose pointer moves although their value does not: published for the first time.
    moved: Vec<Key>,
}

fn decide<'e>(known: &Known, entries: &'e [Entry], how: &How) -> Decided<'e> {
    let mut decided = Decided { fresh: Vec::with_capacity(entries.len()), ..Decided::default() };
    for entry in entries {
        match find(known, &entry.key) {
            Some(held) if held.says(entry) && !how.anew => {
                decided.outcome.unchanged += 1;
                if how.publish && !held.is_public() {
                    decided.moved.push(entry.key);
                }
                continue;
            }
            Some(_) => decided.outcome.changed += 1,
            None => decided.outcome.new += 1,
        }
        decided.fresh.push(entry);
    }
    decided
}

/// Takes over what was decided, as the store will have it.
fn apply(known: &mut Known, decided: &Decided, revisions: &[i64], publish: bool) {
    for (entry, &revision) in decided.fresh.iter().zip(revisions) {
        let key = &entry.key;
        if let Some(held) = find_mut(known, key) {
            held.change(revision, entry, publish);
            continue;
        }
        let published = if publish { Published::Same } else { Published::Nothing };
        let (measure, origin, value) = (key.measure, key.origin, entry.value.clone());
        let note = entry.said().map(Box::from);
        known.entry((key.unit, key.year)).or_default().push(Held { measure, origin, revision, value, note, published });
    }
    for key in &decided.moved {
        if let Some(held) = find_mut(known, key) {
            held.published = Published::Same;
        }
    }
}

/// Years as the store names them.
pub(crate) struct Periods(BTreeMap<i16, String>);

impl Periods {
    fn new(years: &[i16]) -> Periods {
        Periods(years.iter().map(|&y| (y, format!("{y:04}"))).collect())
    }

    pub(crate) fn of(&self, year: i16) -> &str {
        self.0.get(&year).map_or("", String::as_str)
    }
}

const HISTORY: [&str; 16] = [
    "revision", "unit", "period", "measure", "origin", "value", "num", "den", "shadow", "stage", "actor", "at",
    "source", "note", "import", "person",
];

async fn write_history(
    tx: &mut WriteTx,
    fresh: &[&Entry],
    revisions: &[i64],
    periods: &Periods,
    how: &How,
    stage: Stage,
) -> Result<()> {
    let (actor, now) = (tx.actor().role.name(), tx.now().0);
    let person = tx.actor().person.map(|person| person.0);
    let rows = (0..fresh.len()).map(|at| -> [Given; 16] {
        let key = fresh[at].key;
        let (value, num, den, shadow) = columns(&fresh[at].value);
        [
            revisions[at].into(),
            key.unit.0.into(),
            periods.of(key.year).into(),
            key.measure.into(),
            origin_number(key.origin).into(),
            value.into(),
            num.into(),
            den.into(),
            shadow.into(),
            stage.name().into(),
            actor.into(),
            now.into(),
            how.source.as_str().into(),
            fresh[at].said().map(Cow::Borrowed).into(),
            how.import.into(),
            person.into(),
        ]
    });
    tx.insert_many("facts_history", &HISTORY, rows).await?;
    Ok(())
}

/// Moves the pointers of these figures to where they are known to stand. `fresh`: whether most likely none stands yet.
async fn point(
    tx: &mut WriteTx,
    known: &Known,
    keys: &[Key],
    periods: &Periods,
    stage: Stage,
    fresh: bool,
) -> Result<()> {
    let key = ["unit", "period", "measure", "origin"];
    let columns = ["unit", "period", "measure", "origin", "stage", "working", "published"];
    let row = |at: usize| find(known, &keys[at]).map(|h| h.pointer(keys[at].unit, periods.of(keys[at].year), stage));
    if fresh {
        tx.upsert_new("facts_figure", &key, &columns, || (0..keys.len()).filter_map(row)).await?;
    } else {
        tx.upsert_many("facts_figure", &key, &columns, (0..keys.len()).filter_map(row)).await?;
    }
    Ok(())
}

pub(crate) const BOTH: &[Edition] = &[Edition::Working, Edition::Published];

/// Whether the actor may record all of these: of units that their role reaches as of the last day of the figure's year, of
/// an origin that is theirs, of measures that a criterion in their charge reads. Cost: as [`WriteTx::reach`].
async fn allowed(tx: &mut WriteTx, law: &Law, entries: &[Entry], how: &How) -> Result<()> {
    let refused = |problem: Option<Problem>| problem.map_or(Ok(()), |p| Err(StoreError::Refused(Box::new(p))));
    refused(unfit(tx.actor().role, entries, how.publish))?;
    if tx.scope().writes == Places::All {
        return Ok(());
    }
    let things = things(entries);
    let reached = tx.reach(&things).await?;
    refused(foreign(law, &reached, &things, entries))
}

/// The unit of an entry and the day on which it is held against somebody's reach.
fn thing(entry: &Entry) -> (UnitId, Day) {
    (entry.key.unit, rulebook::values::year_end(entry.key.year))
}

fn things(entries: &[Entry]) -> Vec<(UnitId, Day)> {
    let things: BTreeSet<_> = entries.iter().map(thing).collect();
    things.into_iter().collect()
}

/// What stands against a role that records these, whatever their units.
fn unfit(role: Role, entries: &[Entry], publish: bool) -> Option<Problem> {
    if publish && !rules::may_publish(role) {
        return Some(rules::no_publishing());
    }
    entries.iter().any(|entry| !rules::may_record(role, entry.key.origin)).then(rules::wrong_origin)
}

/// The first entry whose measure no criterion in charge reads.
fn foreign(law: &Law, reached: &Reached, things: &[(UnitId, Day)], entries: &[Entry]) -> Option<Problem> {
    let mut charges = HashMap::new();
    for &(unit, day) in things {
        if let Some(criteria) = reached.criteria(unit, day) {
            charges.insert((unit, day), law.measures_of(&criteria));
        }
    }
    let is_foreign =
        |entry: &&Entry| charges.get(&thing(entry)).is_some_and(|measures| !measures.contains(&entry.key.measure));
    entries.iter().find(is_foreign).map(|entry| rules::not_in_charge(law.measure_code(entry.key.measure)))
}

/// As whom somebody records these: the first of their roles that may record every one of them; where none may alone, as who
/// came in, whose refusal says what is wrong. What one role may it never does in the places of another. Cost: nothing for whoever
/// has one role that may; else a row a unit and ancestor of it, a role.
pub async fn recorder(
    tx: &mut impl Query,
    law: &Law,
    (usual, all): (&Actor, Vec<Actor>),
    entries: &[Entry],
    publish: bool,
) -> Result<Actor> {
    if all.len() < 2 || entries.is_empty() {
        return Ok(usual.clone());
    }
    let things = things(entries);
    for actor in all {
        if unfit(actor.role, entries, publish).is_some() {
            continue;
        }
        let reached = store::reached(tx, &actor.scope.writes, &things).await?;
        let all = things.iter().all(|&(unit, day)| reached.holds(unit, day));
        if all && foreign(law, &reached, &things, entries).is_none() {
            return Ok(actor);
        }
    }
    Ok(usual.clone())
}

/// What stands where entries are to be written, locked against whoever else writes there.
pub(crate) struct Ready {
    units: Vec<UnitId>,
    years: Vec<i16>,
    known: Known,
    /// Numbers for new lines, where there are few; those of many are taken once it is known how many are new.
    numbers: Vec<i64>,
}

impl Ready {
    /// The working line of a figure.
    pub(crate) fn line(&self, key: &Key) -> Option<Revision> {
        find(&self.known, key).map(|held| Revision(held.revision))
    }
}

/// Whether the actor may write these entries, the locks of their units, and what stands there. Cost: the units' figures of the
/// entries' years.
pub(crate) async fn ready(tx: &mut WriteTx, law: &Law, entries: &[Entry], how: &How) -> Result<Ready> {
    allowed(tx, law, entries, how).await?;
    let (units, years) = touched(entries);
    let numbers = Some(("facts_history", "revision", entries.len())).filter(|_| entries.len() <= FEW);
    let numbers = hold(tx, &units, numbers).await?;
    closed::check(tx, &units, &years).await?;
    let known = load(tx, &units, &years).await?;
    Ok(Ready { units, years, known, numbers })
}

/// Records figures and judges the units they belong to. Repeating it changes nothing.
pub async fn record(tx: &mut WriteTx, law: &Law, entries: &[Entry], how: &How) -> Result<Outcome> {
    let ready = ready(tx, law, entries, how).await?;
    Ok(write(tx, law, ready, entries, how).await?.0)
}

/// Writes entries where everything is ready for them, or for more than them: what it did, and the new lines in their order.
pub(crate) async fn write<'e>(
    tx: &mut WriteTx,
    law: &Law,
    ready: Ready,
    entries: &'e [Entry],
    how: &How,
) -> Result<(Outcome, Vec<(&'e Key, Revision)>)> {
    let Ready { units, years, mut known, numbers: mut revisions } = ready;
    // Of units that had no figure in these years nothing stands that could be in the way.
    let first = known.is_empty();
    let decided = decide(&known, entries, how);
    if decided.fresh.is_empty() && decided.moved.is_empty() {
        return Ok((decided.outcome, Vec::new()));
    }
    if !decided.fresh.is_empty() {
        let held = holds::of(tx, &units, &years).await?;
        let code = |measure| law.measure_code(measure).to_owned();
        holds::check(&held, tx.actor().role, decided.fresh.iter().map(|entry| entry.key), code)?;
    }
    let outcome = Outcome { units: units.len(), ..decided.outcome };
    let judging = Judging::read(tx, law, &units, &years).await?;
    if revisions.len() < decided.fresh.len() {
        revisions = tx.reserve("facts_history", "revision", decided.fresh.len()).await?;
    }
    // Of entries that say nothing new no line is written: their numbers stay unused, and the audit line does not name them.
    revisions.truncate(decided.fresh.len());
    apply(&mut known, &decided, &revisions, how.publish);
    let known = Arc::new(known);
    let verdicts = judging.start(known.clone(), if how.publish { BOTH } else { &BOTH[..1] });
    let (periods, stage) = (Periods::new(&years), if how.publish { Stage::Published } else { how.stage });
    write_history(tx, &decided.fresh, &revisions, &periods, how, stage).await?;
    let keys: Vec<Key> = decided.fresh.iter().map(|e| e.key).chain(decided.moved.iter().copied()).collect();
    point(tx, &known, &keys, &periods, stage, first).await?;
    note_publication(tx, &known, &decided.moved).await?;
    judge::write(tx, law, &verdicts.wait().await?, first).await?;
    let mut details = serde_json::json!({
        "source": how.source, "new": outcome.new, "changed": outcome.changed, "published": how.publish,
        "lines": proof::ranges(&revisions), "rows": proof::rows(&decided.fresh, &periods, how),
    });
    if let [one] = decided.fresh[..] {
        let code = law.measure_code(one.key.measure);
        details["figure"] =
            serde_json::json!({"measure": code, "period": periods.of(one.key.year), "origin": one.key.origin});
    }
    if !decided.moved.is_empty() {
        details["made_public"] = proof::ranges(&public_lines(&known, &decided.moved)).into();
    }
    let unit = (units.len() == 1).then(|| units[0]);
    let subject = how.import.map_or_else(|| units[0].to_string(), |i| i.to_string());
    tx.audit(AuditLine { action: "facts.record", kind: "figure", subject, unit, details }).await?;
    let lines = decided.fresh.iter().zip(revisions).map(|(entry, line)| (&entry.key, Revision(line))).collect();
    Ok((outcome, lines))
}

/// The lines these figures stand in now, in order.
fn public_lines(known: &Known, keys: &[Key]) -> Vec<i64> {
    let mut lines: Vec<i64> = keys.iter().filter_map(|key| find(known, key)).map(|held| held.revision).collect();
    lines.sort_unstable();
    lines
}

/// Figures of a unit and year whose working side the public does not see: key, what the public sees, what is worked on;
/// and what names those lines, for whoever publishes them. Cost: the unit's figures of the year.
pub async fn unpublished(
    tx: &mut impl Query,
    unit: UnitId,
    year: i16,
) -> Result<(Vec<(Key, Option<Value>, Value)>, String)> {
    let known = load(tx, &[unit], &[year]).await?;
    let mut open: Vec<(Key, Option<Value>, Value, i64)> = known
        .into_values()
        .flatten()
        .filter(|held| !held.is_public())
        .map(|held| {
            let key = Key { unit, year, measure: held.measure, origin: held.origin };
            let public = held.side(Edition::Published).map(|(_, value)| value.clone());
            (key, public, held.value, held.revision)
        })
        .collect();
    open.sort_by_key(|(key, ..)| *key);
    let mut seen = Sha256::new();
    open.iter().for_each(|(.., revision)| seen.update(revision.to_le_bytes()));
    let seen = hex::encode(&seen.finalize()[..16]);
    Ok((open.into_iter().map(|(key, public, working, _)| (key, public, working)).collect(), seen))
}

/// Says who made lines public that were recorded without being published.
async fn note_publication(tx: &mut WriteTx, known: &Known, keys: &[Key]) -> Result<()> {
    let (now, actor) = (tx.now().0, tx.actor().role.name());
    let row = |at: usize| -> Option<[Given; 3]> {
        find(known, &keys[at]).map(|held| [held.revision.into(), now.into(), actor.into()])
    };
    let columns = ["revision", "at", "actor"];
    tx.upsert_many("facts_publication", &columns[..1], &columns, (0..keys.len()).filter_map(row)).await?;
    Ok(())
}

/// Publishes the working figures of a unit and year. Cost: its figures and verdicts.
pub async fn publish(tx: &mut WriteTx, law: &Law, unit: UnitId, year: i16) -> Result<usize> {
    publish_of(tx, law, &[unit], year, &Stage::ALL).await
}

/// Publishes the working figures of units and a year that have come to one of these stages; how many. Cost: their figures and verdicts, an
/// audit line a unit.
pub async fn publish_of(tx: &mut WriteTx, law: &Law, units: &[UnitId], year: i16, stages: &[Stage]) -> Result<usize> {
    if !rules::may_publish(tx.actor().role) {
        return Err(StoreError::Refused(Box::new(rules::no_publishing())));
    }
    let things: Vec<_> = units.iter().map(|&unit| (unit, rulebook::values::year_end(year))).collect();
    tx.reach(&things).await?;
    hold(tx, units, None).await?;
    closed::check(tx, units, &[year]).await?;
    let reached = reached(tx, units, year, stages).await?;
    let mut known = load(tx, units, &[year]).await?;
    let mut keys = Vec::new();
    for (&(unit, _), of_unit) in &mut known {
        let open = |held: &&mut Held| !held.is_public() && reached.contains(&(unit, held.measure, held.origin));
        for held in of_unit.iter_mut().filter(open) {
            held.published = Published::Same;
            keys.push(Key { unit, year, measure: held.measure, origin: held.origin });
        }
    }
    keys.sort_unstable();
    let count = keys.len();
    if count == 0 {
        return Ok(0);
    }
    let known = Arc::new(known);
    point(tx, &known, &keys, &Periods::new(&[year]), Stage::Published, false).await?;
    note_publication(tx, &known, &keys).await?;
    let changed: Vec<UnitId> = keys.iter().map(|key| key.unit).collect::<BTreeSet<_>>().into_iter().collect();
    let verdicts = Judging::read(tx, law, &changed, &[year]).await?.start(known.clone(), BOTH);
    judge::write(tx, law, &verdicts.wait().await?, false).await?;
    for own in keys.chunk_by(|a, b| a.unit == b.unit) {
        let unit = own[0].unit;
        let details = serde_json::json!({
            "year": year, "figures": own.len(), "made_public": proof::ranges(&public_lines(&known, own)),
        });
        let line =
            AuditLine { action: "facts.publish", kind: "unit", subject: unit.to_string(), unit: Some(unit), details };
        tx.audit(line).await?;
        let page = format!("/xa/{unit}?nam={year}");
        let told = serde_json::json!({"unit": unit, "year": year, "figures": own.len(), "page": page});
        hooks::happened(tx, Event::Published, &told).await?;
    }
    Ok(count)
}

/// The figures of units and a year whose pointer stands at one of these stages: unit, measure, origin. Cost: one query a thousand units.
async fn reached(
    tx: &mut impl Query,
    units: &[UnitId],
    year: i16,
    stages: &[Stage],
) -> Result<BTreeSet<(UnitId, i64, Origin)>> {
    let stages = stages.iter().map(|stage| format!("'{}'", stage.name())).collect::<Vec<_>>().join(", ");
    let mut found = BTreeSet::new();
    for chunk in units.chunks(1000) {
        let sql = format!(
            "SELECT unit, measure, origin FROM facts_figure WHERE period = $1 AND stage IN ({stages}) AND unit IN ({})",
            store::places(2, chunk.len())
        );
        let year = std::iter::once(format!("{year:04}").into());
        for row in tx.rows(&sql, year.chain(chunk.iter().map(|&unit| unit.into())).collect()).await? {
            found.insert((UnitId(row.i64(0)?), row.i64(1)?, origin_from(row.i64(2)?)?));
        }
    }
    Ok(found)
}
