//! A return of another Làng Số taken in: its snapshot held against what the sender vouches for and against the units and measures here, its
//! figures recorded under the origin `imported`, and what is judged here of them compared with what was judged there. All of it or nothing.

use super::{
    document::{self, Document, LISTED},
    snapshot,
};
use ::store::{AuditLine, Query, Result, WriteTx};
use facts::{
    Edition, Entry, Key, Law, Outcome, closed,
    dhis2::{Scheme, units::Found},
    intake::{self, Intake},
    judgements,
};
use kernel::{Day, Phrase, Problem, UnitId};
use ledger::proof::Proof;
use rulebook::{Origin, evaluate::fits, values::year_end};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The longest name of a sender.
pub const LONGEST_SENDER: usize = 200;

/// What whoever brings a snapshot says beside it; all of it may be left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claims {
    /// From whom it comes.
    pub sender: String,
    /// The SHA-256 that the sender named.
    pub sha256: String,
    /// The text of the file `bang-chung.json`.
    pub proof: String,
    /// Verifier keys of the sender's ledger, had from elsewhere than the proof; separated by white space.
    pub keys: String,
}

/// That the snapshot's SHA-256 stands in a public ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What the ledger is called.
    pub ledger: String,
    pub position: u64,
    /// Whether by a key that was given, and not only by those in the proof itself.
    pub trusted: bool,
}

/// A snapshot that may be taken in.
#[derive(Clone, Debug)]
pub struct Received {
    pub document: Document,
    pub sha256: String,
    pub sender: String,
    pub proven: Option<Proven>,
    pub entries: Vec<Entry>,
    /// Figures that are computed here anew.
    pub computed: usize,
    /// The units here of those there that have figures.
    pub units: HashMap<i64, UnitId>,
}

/// Checks a snapshot without writing anything: every problem, with its place. Cost: the bytes; the units with its codes, a query a thousand.
pub async fn check(
    tx: &mut impl Query,
    law: &Law,
    bytes: &[u8],
    claims: &Claims,
    today: Day,
) -> Result<std::result::Result<Received, Vec<Problem>>> {
    let sha256 = hex::encode(Sha256::digest(bytes));
    let mut problems = Vec::new();
    let said = claims.sha256.trim().to_ascii_lowercase();
    if !said.is_empty() && said != sha256 {
        let phrase = Phrase::new("returns-other-sha").with("sha", sha256.as_str());
        problems.push(Problem::input(phrase).at_field("sha256"));
    }
    if claims.sender.chars().count() > LONGEST_SENDER || claims.sender.contains(char::is_control) {
        let phrase = Phrase::new("returns-bad-sender").with("most", LONGEST_SENDER);
        problems.push(Problem::input(phrase).at_field("sender"));
    }
    let proven = proven(claims, &sha256).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let document = match document::read(bytes) {
        Ok(document) => document,
        Err(found) => {
            problems.extend(found);
            return Ok(Err(problems));
        }
    };
    if document.year > today.year() {
        problems.push(Problem::input(Phrase::new("returns-future")).at_field("year"));
    }
    let (entries, units) = understood(tx, law, &document, &mut problems).await?;
    let ids: Vec<UnitId> = units.values().copied().collect();
    if closed::of(tx, &ids, &[document.year]).await?.iter().any(|(_, year)| *year == document.year) {
        let phrase = Phrase::new("year-closed").with("year", document.year.to_string());
        problems.push(Problem::conflict(phrase, 409));
    }
    if problems.is_empty() && entries.is_empty() {
        problems.push(Problem::input(Phrase::new("returns-no-figures")).at_field("figures"));
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let computed = document.figures.iter().filter(|line| line.origin == Origin::Computed).count();
    let sender = match (claims.sender.trim(), &proven) {
        ("", Some(proven)) => proven.ledger.clone(),
        ("", None) => document.province.name.clone(),
        (named, _) => named.to_owned(),
    };
    Ok(Ok(Received { document, sha256, sender, proven, entries, computed, units }))
}

/// What the sender's ledger says of a file with this SHA-256. No database, no network.
fn proven(claims: &Claims, sha256: &str) -> std::result::Result<Option<Proven>, Problem> {
    let keys: Vec<String> = claims.keys.split_whitespace().map(str::to_owned).collect();
    if claims.proof.trim().is_empty() {
        let alone = || Problem::input(Phrase::new("returns-key-alone")).at_field("proof");
        return if keys.is_empty() { Ok(None) } else { Err(alone()) };
    }
    let refused = |error| ledger::problem(error).at_field("proof");
    let proof = Proof::from_text(&claims.proof).map_err(refused)?;
    let holds = proof.check(&keys).map_err(refused)?;
    let leaf: Value = serde_json::from_str(&proof.leaf).unwrap_or_default();
    if leaf["kind"] != "return" || leaf["sha256"] != sha256 {
        let phrase = Phrase::new("returns-proof-of-another").with("sha", sha256);
        return Err(Problem::input(phrase).at_field("proof"));
    }
    Ok(Some(Proven { ledger: holds.origin, position: holds.position, trusted: holds.trusted }))
}

/// The day at which the sender read a unit's code: the year's last, or the unit's.
fn day_of(unit: &document::Place, year: i16) -> Day {
    unit.valid_to.map_or(year_end(year), |last| last.min(year_end(year)))
}

/// The figures that verdicts read, as figures here; what is not known here is named. Every unit and measure once.
async fn understood(
    tx: &mut impl Query,
    law: &Law,
    document: &Document,
    problems: &mut Vec<Problem>,
) -> Result<(Vec<Entry>, HashMap<i64, UnitId>)> {
    // What is computed is computed here again, from the same.
    let chosen = document.chosen(law, |line| line.origin != Origin::Computed);
    let listed: HashMap<i64, &document::Place> = document.units.iter().map(|unit| (unit.id, unit)).collect();
    let codes: BTreeSet<&str> =
        chosen.iter().filter_map(|(_, line)| Some(listed.get(&line.unit)?.code.as_str())).collect();
    let found = Found::load(tx, &codes, Scheme::Code).await?;
    let (mut entries, mut units) = (Vec::with_capacity(chosen.len()), HashMap::new());
    let (mut strange_units, mut strange_measures) = (BTreeSet::new(), BTreeSet::new());
    let mut say = |place: String, phrase: Phrase| {
        if problems.len() < LISTED {
            problems.push(Problem::input(phrase).at_field(place));
        }
    };
    for (index, line) in chosen {
        let Some(theirs) = listed.get(&line.unit) else { continue };
        let day = day_of(theirs, document.year);
        let ours = found.unit(&theirs.code, day, document.year).filter(|unit| unit.level == theirs.level);
        if ours.is_none() && strange_units.insert(line.unit) {
            let phrase = Phrase::new("returns-no-unit").with("name", theirs.name.as_str());
            say(format!("figures/{index}/unit"), phrase.with("code", theirs.code.as_str()).with("day", day));
        }
        let known = law.library().measure(&line.measure).zip(law.measure_id(&line.measure));
        if known.is_none() && strange_measures.insert(line.measure.as_str()) {
            let phrase = Phrase::new("returns-no-measure").with("measure", line.measure.as_str());
            say(format!("figures/{index}/measure"), phrase);
        }
        let (Some(ours), Some((measure, id)), Some(value)) = (ours, known, line.value.value()) else { continue };
        if fits(measure.kind, true, &value).is_err() {
            let phrase = Phrase::new("returns-misfit").with("measure", line.measure.as_str());
            say(format!("figures/{index}/value"), phrase.with("unit", theirs.name.as_str()));
            continue;
        }
        units.insert(line.unit, ours.id);
        let key = Key { unit: ours.id, year: document.year, measure: id, origin: Origin::Imported };
        entries.push(Entry::new(key, value));
    }
    Ok((entries, units))
}

/// How what is judged here stands to what was judged there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    pub same: usize,
    /// Judged by another text of the law than there, whatever the verdict.
    pub other_law: usize,
    pub different: Vec<Difference>,
}

/// A verdict that is another here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub unit: UnitId,
    pub name: String,
    pub set: String,
    pub there: String,
    /// `None`: not judged here.
    pub here: Option<String>,
}

impl Received {
    /// What the figures are said to come from.
    pub fn source(&self) -> String {
        let Document { province, year, number, format, .. } = &self.document;
        format!("{} · {format} {} {year}/{number} · SHA-256 {}", self.sender, province.code, self.sha256)
    }

    /// Records the figures in one transaction, and compares the verdicts. Repeating it changes nothing. Cost: as [`intake::commit`], then the
    /// verdicts of its units.
    pub async fn commit(
        &self,
        tx: &mut WriteTx,
        law: &Law,
        bytes: &[u8],
        publish: bool,
    ) -> Result<(Outcome, Agreement)> {
        let intake = Intake { set: String::new(), origin: Origin::Imported, publish, source: self.source() };
        let outcome = intake::commit(tx, law, &self.entries, &intake, bytes).await?;
        let proof = self.proven.as_ref().map(|p| json!({"ledger": p.ledger, "position": p.position, "key": p.trusted}));
        let details =
            json!({"sender": self.sender, "year": self.document.year, "number": self.document.number, "proof": proof});
        let line = AuditLine {
            action: "reporting.return-received",
            kind: "import",
            subject: self.sha256.clone(),
            unit: None,
            details,
        };
        // The figures have their own line.
        tx.audit_quietly(line).await?;
        let edition = if publish { Edition::Published } else { Edition::Working };
        let agreement = self.compared(tx, law, edition).await?;
        Ok((outcome, agreement))
    }

    /// Compares the verdicts of units that have figures. Cost: those verdicts, a query a thousand units.
    pub async fn compared(&self, tx: &mut impl Query, law: &Law, edition: Edition) -> Result<Agreement> {
        let ids: Vec<UnitId> = self.units.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let here = judgements::of_units(tx, &ids, self.document.year, &BTreeSet::new(), edition).await?;
        let here: BTreeMap<(UnitId, &str), Value> =
            here.iter().map(|one| ((one.unit, one.set.as_str()), snapshot::verdict(law, one))).collect();
        let names: HashMap<i64, &str> = self.document.units.iter().map(|one| (one.id, one.name.as_str())).collect();
        let mut agreement = Agreement::default();
        for there in &self.document.verdicts {
            let Some(&unit) = self.units.get(&there.unit) else { continue };
            let ours = here.get(&(unit, there.set.as_str()));
            let alike = ours.is_some_and(|ours| {
                let criteria = there.criteria.as_ref().map_or(Value::Null, |criteria| json!(criteria));
                ours["status"] == there.status
                    && ours["passed"] == there.passed
                    && ours["total"] == there.total
                    && ours["criteria"] == criteria
            });
            agreement.other_law += usize::from(ours.is_some_and(|ours| ours["ruletext"] != there.ruletext));
            if alike {
                agreement.same += 1;
                continue;
            }
            agreement.different.push(Difference {
                unit,
                name: names.get(&there.unit).copied().unwrap_or_default().to_owned(),
                set: there.set.clone(),
                there: there.status.clone(),
                here: ours.and_then(|ours| ours["status"].as_str().map(str::to_owned)),
            });
        }
        Ok(agreement)
    }

    /// What was recorded, for whoever asked for it.
    pub fn answer(&self, outcome: Outcome, agreement: &Agreement) -> Result<Value> {
        let mut told = self.told();
        told["outcome"] = serde_json::to_value(outcome)?;
        told["verdicts"] = agreement.told();
        Ok(told)
    }

    /// What a program, or whoever sits at the machine, is told of it.
    pub fn told(&self) -> Value {
        let proof =
            self.proven.as_ref().map(|p| json!({"ledger": p.ledger, "position": p.position, "by_key": p.trusted}));
        json!({
            "sha256": self.sha256, "sender": self.sender, "province": self.document.province.code, "year": self.document.year,
            "number": self.document.number, "proof": proof, "figures": self.entries.len(), "computed": self.computed,
        })
    }
}

impl Agreement {
    /// As JSON: the first differences, all of them counted.
    pub fn told(&self) -> Value {
        let one =
            |d: &Difference| json!({"unit": d.unit, "name": d.name, "set": d.set, "there": d.there, "here": d.here});
        json!({
            "same": self.same, "different": self.different.len(), "other_law": self.other_law,
            "differences": self.different.iter().take(LISTED).map(one).collect::<Vec<_>>(),
        })
    }
}
