//! Measures that a set asks for and nobody has yet: the sheet `so-lieu`, one row a measure.
//!
//! How figures of units join is one text as in `rulebooks/measures.toml` (`sum`, `weighted:MEASURE`, `not_comparable`, `count`);
//! a formula is an operation and its inputs: `share poor_households households`.

use super::read::{At, Read, Reader};
use super::{Texts, line, named, opt, word};
use kernel::{Phrase, Problem};
use rulebook::{
    Aggregate, Kind, Library, Measure, Origin, Rulebook,
    measure::{Computed, Missing, Operation, WrongMeasure},
};
use std::collections::HashSet;

pub(super) const SHEET: &str = "so-lieu";
pub(super) const COLUMNS: [&str; 14] = [
    "measure",
    "name_vi",
    "name_en",
    "kind",
    "unit",
    "decimals",
    "aggregate",
    "over_time",
    "reads",
    "formula",
    "if_missing",
    "confidence",
    "source",
    "note",
];
pub(super) const OVER_TIME: [&str; 3] = ["last", "sum", "mean"];
pub(super) const IF_MISSING: [&str; 3] = ["incomplete", "zero", "skip"];
/// Digits after the point that a figure may have.
const MOST_DECIMALS: u32 = 6;

/// A measure as a row that reads back.
pub(super) fn row(measure: &Measure) -> Texts {
    let reads: Vec<&str> = measure.reads.iter().map(|origin| origin.name()).collect();
    let formula = |c: &Computed| format!("{} {}", word(&c.op), c.of.join(" "));
    let fields = [
        ("measure", measure.id.clone()),
        ("name_vi", measure.name_vi.clone()),
        ("name_en", measure.name_en.clone()),
        ("kind", word(&measure.kind)),
        ("unit", opt(&measure.unit)),
        ("decimals", measure.decimals.to_string()),
        ("aggregate", word(&measure.aggregate)),
        ("over_time", word(&measure.over_time)),
        ("reads", reads.join(", ")),
        ("formula", measure.computed.as_ref().map(formula).unwrap_or_default()),
        ("if_missing", measure.computed.as_ref().map(|c| word(&c.missing)).unwrap_or_default()),
        ("confidence", word(&measure.confidence)),
        ("source", measure.source.clone()),
        ("note", opt(&measure.note)),
    ];
    line(COLUMNS, &fields)
}

/// The measures of a sheet, and their library: that of the reader with them. What does not fit is found at its cell.
pub(super) fn read(reader: &mut Reader, sheet: &Read) -> Vec<Measure> {
    let mut measures: Vec<Measure> = Vec::new();
    for at in sheet.at() {
        let id = reader.must(&at, "measure");
        if measures.iter().any(|m| m.id == id) {
            reader.found.push(at.wrong("measure", "setsheet-twice"));
        } else if reader.library.measure(&id).is_some() {
            reader.found.push(at.wrong("measure", "setsheet-measure-there"));
        } else if !is_id(&id) {
            reader.found.push(at.wrong("measure", "setsheet-measure-id"));
        } else {
            measures.extend(measure(reader, &at, id));
        }
    }
    reader.library = reader.library.with_measures(measures.iter().cloned());
    for at in sheet.at() {
        let wrong = reader.library.wrong_measure(at.text("measure"));
        reader.found.extend(wrong.iter().map(|wrong| said(&at, wrong)));
    }
    measures
}

/// Words of small letters, digits and `_`, parted by points: `water.clean_household_share`.
fn is_id(id: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    id.len() <= 80 && id.split('.').all(is_word)
}

fn said(at: &At, wrong: &WrongMeasure) -> Problem {
    match wrong {
        WrongMeasure::Weight(by) => {
            at.problem("aggregate", Phrase::new("setsheet-no-measure").with("text", by.as_str()))
        }
        WrongMeasure::Input(input) => {
            at.problem("formula", Phrase::new("setsheet-no-measure").with("text", input.as_str()))
        }
        WrongMeasure::Inputs(_) => at.wrong("formula", "setsheet-formula-inputs"),
        WrongMeasure::Circular => at.wrong("formula", "setsheet-formula-circular"),
    }
}

fn measure(reader: &mut Reader, at: &At, id: String) -> Option<Measure> {
    let (name_vi, name_en) = (reader.must(at, "name_vi"), reader.must(at, "name_en"));
    let kind: Option<Kind> = reader.one_must(at, "kind");
    if kind == Some(Kind::Composite) {
        reader.found.push(at.wrong("kind", "setsheet-measure-composite"));
    }
    let decimals = reader.parsed::<u32>(at, "decimals", "overlay-no-number").unwrap_or(0);
    if decimals > MOST_DECIMALS {
        reader.found.push(at.wrong("decimals", "overlay-no-number"));
    }
    let aggregate: Option<Aggregate> = reader.one_must(at, "aggregate");
    // Yes and no are counted, numbers never are.
    if let (Some(kind), Some(aggregate)) = (kind, &aggregate)
        && kind.is_yes_no() != (*aggregate == Aggregate::Count)
    {
        reader.found.push(at.wrong("aggregate", "setsheet-aggregate-kind"));
    }
    let over_time = reader.one(at, "over_time").unwrap_or_default();
    let (reads, computed) = (origins(reader, at), formula(reader, at));
    let confidence = reader.one_must(at, "confidence");
    let source = reader.must(at, "source");
    Some(Measure {
        id,
        name_vi,
        name_en,
        kind: kind?,
        unit: at.opt("unit"),
        decimals,
        aggregate: aggregate?,
        over_time,
        reads,
        background: false,
        computed,
        said_in: Vec::new(),
        confidence: confidence?,
        source,
        note: at.opt("note"),
    })
}

/// The origins that a verdict reads; where the cell is empty, as of most measures.
fn origins(reader: &mut Reader, at: &At) -> Vec<Origin> {
    let text = at.text("reads");
    let mut origins = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match named::<Origin>(one).filter(|origin| !origins.contains(origin)) {
            Some(origin) => origins.push(origin),
            None => {
                let phrase = Phrase::new("setsheet-not-a-word").with("text", one);
                reader.found.push(at.problem("reads", phrase));
            }
        }
    }
    match text {
        "" => vec![Origin::Verified, Origin::Survey, Origin::Computed, Origin::Declared, Origin::Imported],
        _ => origins,
    }
}

fn formula(reader: &mut Reader, at: &At) -> Option<Computed> {
    let text = at.opt("formula")?;
    let mut words = text.split([' ', ',']).map(str::trim).filter(|one| !one.is_empty());
    let op = words.next().and_then(named::<Operation>);
    if op.is_none() {
        reader.found.push(at.wrong("formula", "setsheet-formula-wrong"));
    }
    let missing: Option<Missing> = reader.one_must(at, "if_missing");
    Some(Computed { op: op?, of: words.map(str::to_owned).collect(), missing: missing? })
}

/// Marks what no indicator of the set names as a measure behind others; one that nothing reads at all is found.
pub(super) fn used(reader: &mut Reader, sheet: &Read, book: &Rulebook, measures: &mut [Measure]) {
    let mut named: HashSet<String> = HashSet::new();
    book.walk(|_, i| {
        named.extend(i.measure.clone());
        named.extend(i.amended.iter().filter_map(|a| a.measure.clone()));
    });
    let mut behind: HashSet<String> = HashSet::new();
    for measure in measures.iter() {
        behind.extend(measure.computed.iter().flat_map(|c| c.of.iter().cloned()));
        if let Aggregate::Weighted(by) = &measure.aggregate {
            behind.insert(by.clone());
        }
    }
    for measure in measures {
        measure.background = !named.contains(&measure.id);
        if measure.background
            && !behind.contains(&measure.id)
            && let Some(at) = sheet.at().find(|at| at.text("measure") == measure.id)
        {
            reader.found.push(at.wrong("measure", "setsheet-measure-unused"));
        }
    }
}

/// The measures that another one of the library has under the same id with another meaning.
pub fn taken<'a>(measures: &'a [Measure], library: &Library) -> Vec<&'a str> {
    let differs = |m: &&Measure| library.measure(&m.id).is_some_and(|there| **there != **m);
    measures.iter().filter(differs).map(|m| m.id.as_str()).collect()
}
