//! A piece of a snapshot: some units with what the public sees of them in the year, as canonical JSON (RFC 8785). The pieces in their order
//! make one canonical document: `docs/return.md`.

use ::store::{Query, Result};
use facts::{Edition, Figure, Law, judgements, judgements::Judgement, published};
use kernel::UnitId;
use rulebook::Value;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use units::Unit;

/// The version of the format.
pub const FORMAT: &str = "langso-return/1";

/// A piece: its items, each canonical, joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub units: Vec<String>,
    pub figures: Vec<String>,
    pub verdicts: Vec<String>,
}

fn canonical(value: &Json) -> Result<String> {
    Ok(serde_json_canonicalizer::to_string(value)?)
}

/// A value as the document has it: numbers as their exact text.
pub fn value(value: &Value) -> Json {
    match value {
        Value::Yes(yes) => json!({"yes": yes}),
        Value::Number(number) => json!({"number": number.to_string()}),
        Value::Fraction(n, d) => json!({"denominator": d.to_string(), "numerator": n.to_string()}),
        Value::NotApplicable => json!({"not_applicable": true}),
    }
}

fn unit(unit: &Unit) -> Json {
    json!({"id": unit.id.0, "code": unit.code, "name": unit.name, "level": unit.level, "kind": unit.kind, "parent": unit.parent.map(|p| p.0),
           "valid_from": unit.valid_from.map(|d| d.to_string()), "valid_to": unit.valid_to.map(|d| d.to_string())})
}

fn figure(law: &Law, figure: &Figure) -> Json {
    json!({"unit": figure.key.unit.0, "measure": law.measure_code(figure.key.measure), "origin": figure.key.origin.name(),
           "value": value(&figure.value), "revision": figure.revision.0, "source": figure.source})
}

pub(super) fn verdict(law: &Law, judged: &Judgement) -> Json {
    let criteria = law.library().set(&judged.set).map(|book| {
        let one = |(at, criterion): (usize, &rulebook::model::Criterion)| {
            let letters = judged.criteria.get(at * 2..at * 2 + 2)?;
            Some((criterion.no.clone(), Json::from(letters)))
        };
        book.criteria.iter().enumerate().filter_map(one).collect::<Map<String, Json>>()
    });
    json!({"unit": judged.unit.0, "set": judged.set, "status": judged.status.name(), "law_confirmed": judged.confirmed,
           "criteria": criteria, "passed": judged.passed, "total": judged.total, "revision": judged.revision.0,
           "ruletext": judged.ruletext, "version": judged.version})
}

/// The piece of these units. Cost: a query a thousand units for figures, one for verdicts.
pub async fn piece(tx: &mut impl Query, law: &Law, units: &[Unit], year: i16) -> Result<Piece> {
    let ids: Vec<UnitId> = units.iter().map(|unit| unit.id).collect();
    let figures = published::of_units(tx, &ids, year, None, Edition::Published).await?;
    let judged = judgements::of_units(tx, &ids, year, &BTreeSet::new(), Edition::Published).await?;
    Ok(Piece {
        units: units.iter().map(|one| canonical(&unit(one))).collect::<Result<_>>()?,
        figures: figures.iter().map(|one| canonical(&figure(law, one))).collect::<Result<_>>()?,
        verdicts: judged.iter().map(|one| canonical(&verdict(law, one))).collect::<Result<_>>()?,
    })
}

/// What stands around the pieces: the document is `{"figures":[…],` then this, with the lists in their places of the order of keys.
pub struct Frame {
    pub province: Unit,
    pub year: i16,
    pub number: i64,
    pub closed_at: String,
}

impl Frame {
    /// The document's parts around the lists, in the order of RFC 8785: before the figures, between, after. Keys that begin with letters before
    /// `figures` come first, and so on.
    pub fn parts(&self) -> Result<[String; 4]> {
        let closed = canonical(&json!(self.closed_at))?;
        let format = canonical(&json!(FORMAT))?;
        let province = canonical(&unit(&self.province))?;
        Ok([
            format!("{{\"closed_at\":{closed},\"figures\":["),
            format!("],\"format\":{format},\"number\":{},\"province\":{province},\"units\":[", self.number),
            "],\"verdicts\":[".to_owned(),
            format!("],\"year\":{}}}", self.year),
        ])
    }
}
