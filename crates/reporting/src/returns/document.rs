//! A snapshot read from its file: held against its schema (`return.schema.json`), its canonical form and itself. Every problem names its place
//! in the document, as a JSON pointer. No IO.

use super::snapshot::FORMAT;
use facts::Law;
use kernel::{Day, Decimal, Phrase, Problem};
use rulebook::{Origin, Status, Value};
use serde::Deserialize;
use serde_path_to_error::Segment;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Problems that are listed of one file.
pub const LISTED: usize = 100;

/// What the public saw of a province's year when it was closed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub closed_at: String,
    pub figures: Vec<Line>,
    pub format: String,
    pub number: i64,
    pub province: Place,
    pub units: Vec<Place>,
    pub verdicts: Vec<Verdict>,
    pub year: i16,
}

/// A unit as the sender had it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub id: i64,
    pub code: String,
    pub name: String,
    pub level: String,
    pub kind: String,
    #[serde(deserialize_with = "there")]
    pub parent: Option<i64>,
    #[serde(deserialize_with = "there")]
    pub valid_from: Option<Day>,
    #[serde(deserialize_with = "there")]
    pub valid_to: Option<Day>,
}

/// Null, but never left out.
fn there<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// A number as its exact text, as the schema has it; never a JSON number.
fn exact<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// A figure with the line of history that the sender had it from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub unit: i64,
    pub measure: String,
    pub origin: Origin,
    pub value: Said,
    pub revision: i64,
    pub source: String,
}

/// A value; numbers are their exact text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Said {
    Number {
        #[serde(deserialize_with = "exact")]
        number: Decimal,
    },
    Yes {
        yes: bool,
    },
    Fraction {
        #[serde(deserialize_with = "exact")]
        numerator: Decimal,
        #[serde(deserialize_with = "exact")]
        denominator: Decimal,
    },
    NotApplicable {
        not_applicable: bool,
    },
}

impl Said {
    /// The value; `None` where it is none: a part larger than its whole, something that is not "not applicable".
    pub fn value(&self) -> Option<Value> {
        match self {
            Said::Number { number } => Some(Value::Number(number.clone())),
            Said::Yes { yes } => Some(Value::Yes(*yes)),
            Said::Fraction { numerator: n, denominator: d } => {
                let sound = !n.is_negative() && !d.is_negative() && !d.is_zero() && n <= d;
                sound.then(|| Value::Fraction(n.clone(), d.clone()))
            }
            Said::NotApplicable { not_applicable } => not_applicable.then_some(Value::NotApplicable),
        }
    }
}

/// A verdict as the sender's law gave it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub unit: i64,
    pub set: String,
    pub status: String,
    pub law_confirmed: bool,
    #[serde(deserialize_with = "there")]
    pub criteria: Option<BTreeMap<String, String>>,
    pub passed: i64,
    pub total: i64,
    pub revision: i64,
    pub ruletext: String,
    pub version: String,
}

/// What a file says it is, whatever else it holds.
#[derive(Deserialize)]
struct Named {
    format: String,
}

/// Whether a file says that it is a return, of whichever version.
pub fn is_return(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Named>(bytes).is_ok_and(|named| named.format.starts_with("langso-return/"))
}

fn at(place: impl Into<String>, phrase: Phrase) -> Problem {
    Problem::input(phrase).at_field(place)
}

/// Where reading stopped, as a JSON pointer without its first slash.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } => key.clone(),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => "?".to_owned(),
    };
    path.iter().map(step).collect::<Vec<_>>().join("/")
}

/// Reads a snapshot's bytes; every problem of it, at most [`LISTED`]. Cost: the bytes, parsed twice.
pub fn read(bytes: &[u8]) -> Result<Document, Vec<Problem>> {
    let broken = |why: &serde_json::Error| Phrase::new("returns-unread").with("why", why.to_string());
    match serde_json::from_slice::<Named>(bytes) {
        Ok(named) if named.format == FORMAT => {}
        Ok(named) => {
            let phrase = Phrase::new("returns-other-format").with("format", named.format).with("known", FORMAT);
            return Err(vec![at("format", phrase)]);
        }
        // Its own words say line and column.
        Err(why) => return Err(vec![Problem::input(broken(&why)).at_line(why.line() as u64)]),
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let document: Document = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| vec![at(pointer(error.path()), broken(error.inner()))])?;
    let mut problems = Vec::new();
    problems.extend(not_canonical(bytes));
    problems.extend(of_itself(&document));
    problems.truncate(LISTED);
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// The first byte at which the file is not the canonical text of what it says: somebody changed it, or wrote it again.
fn not_canonical(bytes: &[u8]) -> Option<Problem> {
    let told: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let canonical = serde_json_canonicalizer::to_vec(&told).ok()?;
    if canonical == bytes {
        return None;
    }
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let line = 1 + bytes[..same].iter().filter(|byte| **byte == b'\n').count();
    let phrase = Phrase::new("returns-not-canonical").with("byte", same + 1);
    Some(Problem::input(phrase).at_line(line as u64))
}

/// What a document says against itself or its schema, as far as types do not say it.
fn of_itself(document: &Document) -> Vec<Problem> {
    let mut found = Vec::new();
    let wrong = |place: String, what: &str| at(place, Phrase::new("returns-bad-value").with("value", what));
    let day = document.closed_at.get(..10).and_then(|text| text.parse::<Day>().ok());
    if day.is_none() || !document.closed_at.ends_with('Z') {
        found.push(wrong("closed_at".into(), &document.closed_at));
    }
    if document.number < 1 {
        found.push(wrong("number".into(), &document.number.to_string()));
    }
    if !facts::figure::YEARS.contains(&document.year) {
        found.push(wrong("year".into(), &document.year.to_string()));
    }
    let levels = ["province", "district", "commune", "village"];
    let mut listed = HashMap::new();
    for (index, unit) in document.units.iter().enumerate() {
        if !levels.contains(&unit.level.as_str()) {
            found.push(wrong(format!("units/{index}/level"), &unit.level));
        }
        if listed.insert(unit.id, index).is_some() {
            found.push(at(format!("units/{index}"), Phrase::new("returns-twice")));
        }
    }
    let mut seen = HashSet::new();
    for (index, line) in document.figures.iter().enumerate() {
        if !listed.contains_key(&line.unit) {
            let phrase = Phrase::new("returns-unit-not-listed").with("id", line.unit);
            found.push(at(format!("figures/{index}/unit"), phrase));
        }
        if !seen.insert((line.unit, line.measure.as_str(), line.origin)) {
            found.push(at(format!("figures/{index}"), Phrase::new("returns-twice")));
        }
        if line.value.value().is_none() {
            found.push(wrong(format!("figures/{index}/value"), &line.measure));
        }
    }
    let mut judged = HashSet::new();
    for (index, verdict) in document.verdicts.iter().enumerate() {
        if !listed.contains_key(&verdict.unit) {
            let phrase = Phrase::new("returns-unit-not-listed").with("id", verdict.unit);
            found.push(at(format!("verdicts/{index}/unit"), phrase));
        }
        if !Status::ALL.iter().any(|status| status.name() == verdict.status) {
            found.push(wrong(format!("verdicts/{index}/status"), &verdict.status));
        }
        if verdict.ruletext.len() != 64 || !verdict.ruletext.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            found.push(wrong(format!("verdicts/{index}/ruletext"), &verdict.ruletext));
        }
        if !judged.insert((verdict.unit, verdict.set.as_str())) {
            found.push(at(format!("verdicts/{index}"), Phrase::new("returns-twice")));
        }
    }
    found
}

impl Document {
    /// Of each unit and measure the figure that a verdict reads among those of `of`, with its place in the document: the first in the
    /// order in which the law reads origins; in the document's order. Cost: the figures.
    pub fn chosen(&self, law: &Law, of: impl Fn(&Line) -> bool) -> Vec<(usize, &Line)> {
        let rank = |line: &Line| {
            let reads = law.library().measure(&line.measure).map_or(&[][..], |measure| &measure.reads[..]);
            reads.iter().position(|origin| *origin == line.origin).unwrap_or(usize::MAX)
        };
        let mut best: HashMap<(i64, &str), (usize, usize)> = HashMap::new();
        for (index, line) in self.figures.iter().enumerate().filter(|(_, line)| of(line)) {
            let rank = rank(line);
            let held = best.entry((line.unit, line.measure.as_str())).or_insert((rank, index));
            if rank < held.0 {
                *held = (rank, index);
            }
        }
        let mut places: Vec<usize> = best.into_values().map(|(_, index)| index).collect();
        places.sort_unstable();
        places.into_iter().map(|index| (index, &self.figures[index])).collect()
    }
}
