//! Verdicts of a table, as the JSON of the contract: same input, same bytes.

use crate::{
    Judged, Status, Traits, Value, Verdict,
    book::Book,
    evaluate::evaluate,
    requirement::requirement,
    values::{Context, Row, Table, Target},
};
use kernel::Phrase;
use std::{collections::HashMap, io::Write, sync::Arc};

/// Says a phrase in the language asked for.
pub type Say<'a> = &'a (dyn Fn(&Phrase) -> String + Sync);

/// One unit and period, judged.
pub struct Result {
    pub verdict: Verdict,
    /// By prerequisite of the set.
    pub prerequisites: Vec<Status>,
    pub book: Arc<Book>,
    pub values: Vec<Option<Value>>,
    pub traits: Arc<Traits>,
    pub year: i16,
}

/// Judges the rows of one unit and period; `None` where there are none.
pub fn judge(context: &Context, rows: &[Row]) -> Option<Result> {
    let first = rows.first()?;
    let (year, traits) = (first.year, first.traits.clone()?);
    let count = context.prerequisites.len();
    let book = context.book(0, year);
    let mut values = vec![None; book.nodes.len()];
    let mut held: Vec<Option<bool>> = vec![None; count];
    let mut theirs: Vec<Option<Vec<Option<Value>>>> = vec![None; count];
    for row in rows {
        match row.target {
            Target::Indicator { set: 0, node } => values[node as usize].clone_from(&row.value),
            Target::Indicator { set, node } => {
                let nodes = context.book(set as usize, year).nodes.len();
                theirs[set as usize - 1].get_or_insert_with(|| vec![None; nodes])[node as usize].clone_from(&row.value);
            }
            Target::Held(set) => held[set as usize - 1] = Some(row.value == Some(Value::Yes(true))),
            // A measure without an indicator is read by an intake only.
            Target::Background(_) | Target::Blank => {}
        }
    }
    let prerequisites = (0..count)
        .map(|at| match (context.prerequisites[at].1, held[at], &theirs[at]) {
            // A set of another level is nothing this unit's rows could answer.
            (false, _, _) => Status::ToBeConfirmed,
            (true, Some(true), _) => Status::Passed,
            (true, Some(false), _) => Status::Failed,
            (true, None, Some(values)) => evaluate(&context.book(at + 1, year), values, &traits, year).set.status,
            (true, None, None) => Status::Incomplete,
        })
        .collect();
    let verdict = evaluate(&book, &values, &traits, year);
    Some(Result { verdict, prerequisites, book, values, traits, year })
}

/// Writes the verdicts of a table as JSON: units and periods in order, one line end at the end.
pub fn write_json(context: &Context, table: &Table, say: Say, out: &mut dyn Write) -> std::io::Result<()> {
    use rayon::prelude::*;
    let groups: Vec<&[Row]> = table.rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year)).collect();
    out.write_all(b"[")?;
    let mut first = true;
    // Some thousand groups at a time: all cores busy, memory flat.
    for batch in groups.chunks(4096) {
        let texts: Vec<Vec<u8>> = batch
            .par_chunks(128)
            .map(|groups| {
                let mut writer =
                    Writer { say, sentences: HashMap::new(), out: Vec::with_capacity(groups.len() * 16_000) };
                for rows in groups {
                    if let Some(result) = judge(context, rows) {
                        writer.out.push(b',');
                        writer.result(context, &table.units[rows[0].unit as usize], &result);
                    }
                }
                writer.out
            })
            .collect();
        for text in texts.iter().filter(|t| !t.is_empty()) {
            out.write_all(if std::mem::take(&mut first) { &text[1..] } else { text })?;
        }
    }
    out.write_all(b"]\n")
}

/// By node: its requirement's sentence, as JSON.
type Sentences = Vec<Vec<u8>>;

struct Writer<'a> {
    say: Say<'a>,
    /// Requirement sentences as JSON, by node, for every sort of unit and year seen.
    sentences: HashMap<(Arc<Traits>, i16), Arc<Sentences>>,
    out: Vec<u8>,
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Text always serialises: only necessary escapes.
    let _ = serde_json::to_writer(out, text);
}

impl Writer<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn key(&mut self, key: &str, text: &str) {
        self.raw(key);
        string(&mut self.out, text);
    }

    fn judged(&mut self, judged: Judged) {
        self.key(",\"verdict\":", judged.status.name());
        self.key(",\"confidence\":", judged.confidence.name());
    }

    fn result(&mut self, context: &Context, unit: &str, r: &Result) {
        let key = (r.traits.clone(), r.year);
        let sentences = match self.sentences.get(&key) {
            Some(known) => known.clone(),
            None => {
                let say = |at| {
                    let mut text = Vec::new();
                    string(&mut text, &(self.say)(&requirement(&r.book, at, &r.traits, r.year)));
                    text
                };
                let made = Arc::new((0..r.book.nodes.len()).map(say).collect::<Vec<_>>());
                self.sentences.insert(key, made.clone());
                made
            }
        };
        self.key("{\"unit\":", unit);
        self.key(",\"period\":", &format!("{:04}", r.year));
        self.key(",\"rulebook\":", r.book.set());
        self.key(",\"version\":", &r.book.version);
        self.judged(r.verdict.set);
        self.raw(",\"prerequisites\":[");
        for (at, status) in r.prerequisites.iter().enumerate() {
            self.key(if at > 0 { ",{\"rulebook\":" } else { "{\"rulebook\":" }, &context.prerequisites[at].0);
            self.key(",\"verdict\":", status.name());
            self.raw("}");
        }
        self.raw("],\"criteria\":[");
        for (at, criterion) in r.book.criteria.iter().enumerate() {
            self.key(if at > 0 { ",{\"no\":" } else { "{\"no\":" }, &criterion.no);
            self.judged(r.verdict.criteria[at]);
            self.raw(",\"indicators\":[");
            for (n, &node) in criterion.nodes.iter().enumerate() {
                self.node(r, &sentences, node, n > 0);
            }
            self.raw("]}");
        }
        self.raw("]}");
    }

    fn node(&mut self, r: &Result, sentences: &[Vec<u8>], at: usize, comma: bool) {
        let node = &r.book.nodes[at];
        let judged = r.verdict.nodes[at];
        self.key(if comma { ",{\"no\":" } else { "{\"no\":" }, &node.indicator.no);
        self.key(",\"verdict\":", judged.status.name());
        self.raw(",\"value\":");
        match &r.values[at] {
            Some(Value::Yes(yes)) => self.raw(if *yes { "true" } else { "false" }),
            Some(value) => match value.shown() {
                Some(number) => self.key("", &number.to_string()),
                None => self.raw("null"),
            },
            None => self.raw("null"),
        }
        if let Some(Value::Fraction(n, d)) = &r.values[at] {
            self.key(",\"numerator\":", &n.to_string());
            self.key(",\"denominator\":", &d.to_string());
        }
        self.raw(",\"requirement\":");
        self.out.extend_from_slice(&sentences[at]);
        match &r.verdict.shortfalls[at] {
            Some(amount) => {
                self.key(",\"shortfall\":{\"amount\":", &amount.to_string());
                self.raw(",\"unit\":");
                match node.unit() {
                    Some(unit) => self.key("", unit),
                    None => self.raw("null"),
                }
                self.raw("}");
            }
            None => self.raw(",\"shortfall\":null"),
        }
        match &node.indicator.source {
            Some(source) => self.key(",\"source\":", source),
            None => self.raw(",\"source\":null"),
        }
        self.key(",\"confidence\":", judged.confidence.name());
        self.raw(",\"parts\":[");
        for (n, &part) in node.children.iter().enumerate() {
            self.node(r, sentences, part, n > 0);
        }
        self.raw("]}");
    }
}
