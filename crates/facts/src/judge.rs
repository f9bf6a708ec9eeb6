//! Judging what was recorded: every unit under every set of its level and year, for each edition that changed.
//!
//! What a set asks is looked up once for all units of the same sort. Judging many units runs beside the writing of their
//! figures, on the other cores.

use crate::{
    closed,
    law::{Law, Plan, day_of_judging},
    model::Edition,
    record::{Held, Known},
};
use kernel::{Day, Moment, UnitId};
use ledger::Leaf;
use rulebook::{
    Judged, Origin, Status, Traits, Value, Verdict,
    evaluate::{Asked, evaluate_asked},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::{Given, Query, Result, WriteTx, args};
use units::store::Attributes;

/// A set in force on a day, and what it asks of one sort of unit.
struct Case {
    set: String,
    plan: Arc<Plan>,
    asked: Asked,
}

/// The sets that judge a unit in a year.
type Cases = Arc<Vec<Case>>;

/// Units and the sets that judge them, ready to be judged without the database.
pub(crate) struct Judging {
    law: Law,
    names: HashMap<UnitId, Arc<str>>,
    cases: HashMap<(UnitId, i16), Cases>,
}

/// One verdict to be written.
pub(crate) struct Written {
    unit: UnitId,
    /// As it is called where the result is published.
    name: Option<Arc<str>>,
    year: i16,
    edition: Edition,
    cases: Cases,
    /// Which of the cases.
    at: usize,
    set: Judged,
    /// The last line of history it read.
    revision: i64,
    criteria: String,
    passed: usize,
    unconfirmed: usize,
    total: usize,
    /// Leaves that stand between the unit and the set.
    failing: usize,
    shortfall: f64,
}

/// Units whose judging is worth another thread.
const MANY: usize = 64;

impl Judging {
    /// Reads what judging needs. Cost: the units, and the attributes of their trees.
    pub async fn read(tx: &mut impl Query, law: &Law, units: &[UnitId], years: &[i16]) -> Result<Judging> {
        let rows = units::store::many(tx, units).await?;
        let attributes = Attributes::of(tx, units).await?;
        // What the law reads of a unit, by the day of judging: years share it.
        let traits: HashMap<(Day, UnitId), Traits> = rows
            .values()
            .flat_map(|unit| years.iter().map(move |&year| (unit, day_of_judging(unit, year))))
            .map(|(unit, day)| ((day, unit.id), attributes.on(unit, day)))
            .collect();
        let mut sorts: HashMap<(&str, &str, Day, i16, &Traits), Cases> = HashMap::new();
        let mut cases = HashMap::with_capacity(rows.len() * years.len());
        for unit in rows.values() {
            for &year in years {
                let day = day_of_judging(unit, year);
                let traits = &traits[&(day, unit.id)];
                let make = || {
                    let case = |set: String| {
                        let plan = law.plan(&set, day)?;
                        Some(Case { asked: Asked::new(&plan.book, traits, year), set, plan })
                    };
                    Arc::new(law.sets_for(unit, year).into_iter().filter_map(case).collect())
                };
                let of = sorts.entry((&unit.level, &unit.kind, day, year, traits)).or_insert_with(make);
                cases.insert((unit.id, year), of.clone());
            }
        }
        let names = rows.values().map(|unit| (unit.id, Arc::from(unit.name.as_str()))).collect();
        Ok(Judging { law: law.clone(), names, cases })
    }

    /// Leaves out every set but these.
    pub fn only(mut self, sets: &[String]) -> Judging {
        let of_these = |cases: &Cases| -> Cases {
            let kept = cases.iter().filter(|case| sets.contains(&case.set));
            Arc::new(kept.map(|c| Case { set: c.set.clone(), plan: c.plan.clone(), asked: c.asked.clone() }).collect())
        };
        self.cases.values_mut().for_each(|cases| *cases = of_these(cases));
        self
    }

    /// Judges the figures; many of them on other threads, while the caller goes on.
    pub fn start(self, known: Arc<Known>, editions: &'static [Edition]) -> Verdicts {
        if self.cases.len() < MANY {
            return Verdicts::There(self.judge(&known, editions));
        }
        Verdicts::Coming(tokio::task::spawn_blocking(move || self.judge(&known, editions)))
    }

    fn judge(&self, known: &Known, editions: &[Edition]) -> Vec<Written> {
        use rayon::prelude::*;
        let one = |places: &mut Places, ((unit, year), cases): (&(UnitId, i16), &Cases)| {
            let mut written = Vec::new();
            if let Some(held) = known.get(&(*unit, *year)) {
                places.fill(held);
                let name = self.names.get(unit);
                judge_one(&mut written, &self.law, (*unit, *year, name), held, places, cases, editions);
                places.clear(held);
            }
            written
        };
        let mut all: Vec<Written> = if self.cases.len() < MANY {
            let mut places = Places::default();
            self.cases.iter().flat_map(|case| one(&mut places, case)).collect()
        } else {
            self.cases.par_iter().map_init(Places::default, one).flatten_iter().collect()
        };
        all.sort_by(|a, b| a.key().cmp(&b.key()));
        all
    }
}

/// Verdicts, or those who are at it.
pub(crate) enum Verdicts {
    There(Vec<Written>),
    Coming(tokio::task::JoinHandle<Vec<Written>>),
}

impl Verdicts {
    pub async fn wait(self) -> Result<Vec<Written>> {
        match self {
            Verdicts::There(written) => Ok(written),
            Verdicts::Coming(task) => task.await.map_err(|e| store::StoreError::Corrupt(e.to_string())),
        }
    }
}

/// Where a unit's figures stand among those held: by measure and origin. A measure's number is small.
#[derive(Default)]
struct Places(Vec<[Option<u16>; Origin::ALL.len()]>);

impl Places {
    fn fill(&mut self, held: &[Held]) {
        for (at, figure) in held.iter().enumerate() {
            let measure = figure.measure as usize;
            if self.0.len() <= measure {
                self.0.resize(measure + 1, Default::default());
            }
            self.0[measure][figure.origin as usize] = u16::try_from(at).ok();
        }
    }

    fn clear(&mut self, held: &[Held]) {
        held.iter().for_each(|figure| self.0[figure.measure as usize] = Default::default());
    }

    /// One figure of an edition.
    fn figure<'h>(&self, measure: i64, origin: Origin, held: &'h [Held], edition: Edition) -> Option<&'h Value> {
        let at = self.0.get(measure as usize)?[origin as usize]?;
        held[usize::from(at)].side(edition).map(|(_, value)| value)
    }

    /// The values of nodes whose measure may be computed from others.
    fn computed(&self, law: &Law, plan: &Plan, held: &[Held], edition: Edition) -> Vec<(usize, Value)> {
        let find = |measure, origin| self.figure(measure, origin, held, edition);
        let value = |&at: &usize| Some((at, law.read_by(plan.measures[at]?, &find)?.1.into_owned()));
        plan.computed.iter().filter_map(value).collect()
    }

    /// The value a node is judged on: the first origin of its measure's order that has a figure in this edition.
    fn value<'h>(&self, plan: &Plan, at: usize, held: &'h [Held], edition: Edition) -> Option<&'h Value> {
        let measure = plan.measures[at]?;
        plan.reads[at].iter().find_map(|&origin| self.figure(measure, origin, held, edition))
    }
}

/// Judges a unit and year. Where the public sees what is worked on, both editions have one verdict.
fn judge_one(
    out: &mut Vec<Written>,
    law: &Law,
    key: (UnitId, i16, Option<&Arc<str>>),
    held: &[Held],
    places: &Places,
    cases: &Cases,
    editions: &[Edition],
) {
    let same = editions.len() > 1 && held.iter().all(Held::is_public);
    for &edition in editions.iter().filter(|e| !same || **e == Edition::Working) {
        let Some(revision) = held.iter().filter_map(|f| f.side(edition)).map(|(revision, _)| revision).max() else {
            continue;
        };
        for (at, case) in cases.iter().enumerate() {
            let computed = places.computed(law, &case.plan, held, edition);
            let value = |node| match computed.iter().find(|(at, _)| *at == node) {
                Some((_, value)) => Some(value),
                None => places.value(&case.plan, node, held, edition),
            };
            let verdict = evaluate_asked(&case.plan.book, &case.asked, value);
            out.push(Written::new(key, edition, cases, at, &verdict, revision));
            if same {
                out.push(Written::new(key, Edition::Published, cases, at, &verdict, revision));
            }
        }
    }
}

impl Written {
    fn new(
        (unit, year, name): (UnitId, i16, Option<&Arc<str>>),
        edition: Edition,
        cases: &Cases,
        at: usize,
        verdict: &Verdict,
        revision: i64,
    ) -> Written {
        let count = |status| verdict.criteria.iter().filter(|c| c.status == status).count();
        let (failing, shortfall) = distance(&cases[at], verdict);
        Written {
            unit,
            name: name.filter(|_| edition == Edition::Published).cloned(),
            year,
            edition,
            cases: cases.clone(),
            at,
            set: verdict.set,
            revision,
            criteria: compact(&verdict.criteria),
            passed: count(Status::Passed),
            unconfirmed: verdict.criteria.iter().filter(|c| c.passed_unconfirmed()).count(),
            total: verdict.criteria.len() - count(Status::NotApplicable),
            failing,
            shortfall,
        }
    }

    fn case(&self) -> &Case {
        &self.cases[self.at]
    }

    /// Status and confidence, in letters as the store keeps them.
    pub fn letters(&self) -> String {
        format!("{}{}", letter(self.set.status), confidence_letter(self.set))
    }

    /// Its place in the store: unit, set, period, edition.
    pub fn place(&self) -> (i64, String, String, i64) {
        (self.unit.0, self.case().set.clone(), format!("{:04}", self.year), self.edition.number())
    }

    fn key(&self) -> (UnitId, &str, i16, i64) {
        (self.unit, &self.case().set, self.year, self.edition.number())
    }
}

/// Leaves that stand between a unit and the set, and the sum of their relative shortfalls.
fn distance(case: &Case, verdict: &Verdict) -> (usize, f64) {
    let open = [Status::Failed, Status::Incomplete, Status::ToBeConfirmed];
    let book = &case.plan.book;
    let roots = book.criteria.iter().flat_map(|c| &c.nodes);
    let failing = roots.filter(|&&at| open.contains(&verdict.nodes[at].status)).count();
    let relative = |(at, amount): (usize, &Option<kernel::Decimal>)| {
        let amount = amount.as_ref()?.to_f64();
        let limit = case.asked.limit(at)?.to_f64().abs();
        Some(if limit > 0.0 { amount / limit } else { 1.0 })
    };
    (failing, verdict.shortfalls.iter().enumerate().filter_map(relative).sum())
}

const COLUMNS: [&str; 16] = [
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

/// A published verdict as the public ledger keeps it: `docs/proof.md`.
fn leaf(w: &Written, now: Moment) -> Leaf {
    let book = &w.case().plan.book;
    let letters = w.criteria.as_bytes().chunks(2);
    let criteria: serde_json::Map<_, _> = book
        .criteria
        .iter()
        .zip(letters)
        .map(|(criterion, letters)| (criterion.no.clone(), String::from_utf8_lossy(letters).into_owned().into()))
        .collect();
    let body = serde_json::json!({
        "unit": w.unit.0, "unit_name": w.name.as_deref(), "set": w.case().set, "period": format!("{:04}", w.year),
        "status": w.set.status.name(), "confidence": w.set.confidence.name(), "criteria": criteria, "passed": w.passed,
        "total": w.total, "ruletext": book.hash, "version": book.version, "revision": w.revision,
        "judged_at": now.rfc3339(),
    });
    let subject = format!("{}/{}/{:04}", w.unit.0, w.case().set, w.year);
    Leaf { kind: "verdict", subject, body: body.as_object().cloned().unwrap_or_default() }
}

/// Writes verdicts, and leaves of the public ledger for those that are published. `fresh`: whether most likely none of them is there yet. Where the law changed since they were judged,
/// nothing is written: their units are held by this transaction, so that the job which judges again comes either before
/// and is found here, or after and judges what was written. Verdicts of closed years stay as they are. Cost: one row a verdict, and one
/// more of a published one.
pub(crate) async fn write(tx: &mut WriteTx, law: &Law, all: &[Written], fresh: bool) -> Result<()> {
    law.still_stands(tx).await?;
    let units: Vec<UnitId> = all.iter().map(|w| w.unit).collect::<BTreeSet<_>>().into_iter().collect();
    let years: Vec<i16> = all.iter().map(|w| w.year).collect::<BTreeSet<_>>().into_iter().collect();
    let closed = closed::of(tx, &units, &years).await?;
    let open: Vec<&Written> = all.iter().filter(|w| closed.is_empty() || !closed.contains(&(w.unit, w.year))).collect();
    let all = &open[..];
    let texts = ruletexts(tx, law, all).await?;
    let periods: BTreeMap<i16, String> = all.iter().map(|w| (w.year, format!("{:04}", w.year))).collect();
    let now = tx.now().0;
    // By number: a closure that takes references would have to promise too much.
    let row = |at: usize| row(all[at], &periods, &texts, now);
    let key = ["unit", "set_id", "period", "edition"];
    if fresh {
        tx.upsert_new("facts_verdict", &key, &COLUMNS, || (0..all.len()).map(row)).await?;
    } else {
        tx.upsert_many("facts_verdict", &key, &COLUMNS, (0..all.len()).map(row)).await?;
    }
    let at = tx.now();
    let published = all.iter().filter(|w| w.edition == Edition::Published);
    ledger::leaf::write(tx, &published.map(|w| leaf(w, at)).collect::<Vec<_>>()).await
}

fn row<'a>(
    w: &'a Written,
    periods: &'a BTreeMap<i16, String>,
    texts: &HashMap<String, i64>,
    now: i64,
) -> [Given<'a>; 16] {
    let book = &w.case().plan.book;
    [
        w.unit.0.into(),
        w.case().set.as_str().into(),
        periods[&w.year].as_str().into(),
        w.edition.number().into(),
        letter(w.set.status).into(),
        confidence_letter(w.set).into(),
        texts[&book.hash].into(),
        book.version.as_str().into(),
        w.revision.into(),
        w.criteria.as_str().into(),
        (w.passed as i64).into(),
        (w.unconfirmed as i64).into(),
        (w.total as i64).into(),
        (w.failing as i64).into(),
        w.shortfall.into(),
        now.into(),
    ]
}

/// Keeps the whole text of every combination that judged something; its number by its SHA-256. Cost: none where they are
/// known; a handful of sets, whatever the number of units, asked for at once.
async fn ruletexts(tx: &mut WriteTx, law: &Law, written: &[&Written]) -> Result<HashMap<String, i64>> {
    let mut plans: BTreeMap<&str, &Arc<Plan>> =
        written.iter().map(|w| (w.case().plan.book.hash.as_str(), &w.case().plan)).collect();
    let number = tx.number();
    let mut ids: HashMap<String, i64> =
        plans.keys().filter_map(|&hash| Some((hash.to_owned(), law.text_id(hash, number)?))).collect();
    plans.retain(|hash, _| !ids.contains_key(*hash));
    if plans.is_empty() {
        return Ok(ids);
    }
    let places = store::places(1, plans.len());
    let sql = format!("SELECT sha256, id FROM facts_ruletext WHERE sha256 IN ({})", places);
    for row in tx.rows(&sql, plans.keys().map(|&hash| hash.into()).collect()).await? {
        let (hash, id) = (row.text(0)?, row.i64(1)?);
        law.know_text(&hash, id, false, number);
        ids.insert(hash, id);
    }
    // Only where a text judges for the first time.
    for (hash, plan) in plans {
        if ids.contains_key(hash) {
            continue;
        }
        let insert =
            "INSERT INTO facts_ruletext (sha256, set_id, text) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
        let text = String::from_utf8_lossy(&plan.book.text()).into_owned();
        tx.execute(insert, args![hash, plan.book.set(), text]).await?;
        let row = tx.row("SELECT id FROM facts_ruletext WHERE sha256 = $1", args![hash]).await?;
        let id = row.map_or(Ok(0), |r| r.i64(0))?;
        law.know_text(hash, id, true, number);
        ids.insert(hash.to_owned(), id);
    }
    Ok(ids)
}

/// A status as the store keeps it.
pub(crate) fn letter(status: Status) -> &'static str {
    match status {
        Status::Passed => "p",
        Status::Failed => "f",
        Status::Incomplete => "i",
        Status::NotApplicable => "n",
        Status::ToBeConfirmed => "t",
    }
}

fn confidence_letter(judged: Judged) -> &'static str {
    &judged.confidence.name()[..1]
}

/// Two letters a criterion: status and confidence.
fn compact(criteria: &[Judged]) -> String {
    let mut out = String::with_capacity(criteria.len() * 2);
    for criterion in criteria {
        out.push(criterion.status.letter());
        out.push_str(confidence_letter(*criterion));
    }
    out
}
