//! Verdicts of a table, as the JSON of the contract: same input, same bytes.

use crate::{
    Judged, Status, Traits, Value, Verdict,
    book::Book,
    evaluate::{Asked, evaluate_asked},
    requirement::requirement,
    values::{Context, Ordered, Row, Table, Target},
};
use kernel::{Decimal, Phrase};
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

/// What the rows of one unit and period give: values by node of the judged set and of its prerequisites.
struct Given<'r> {
    values: Vec<Option<&'r Value>>,
    /// By prerequisite: what a `held:` row says.
    held: Vec<Option<bool>>,
    theirs: Vec<Option<Vec<Option<&'r Value>>>>,
}

impl<'r> Given<'r> {
    /// `their_nodes` gives the number of nodes of a prerequisite's book.
    fn new(context: &Context, rows: &'r [Row], book: &Book, their_nodes: impl Fn(usize) -> usize) -> Given<'r> {
        let count = context.prerequisites.len();
        let mut given =
            Given { values: vec![None; book.nodes.len()], held: vec![None; count], theirs: vec![None; count] };
        for row in rows {
            match row.target {
                Target::Indicator { set: 0, node } => given.values[node as usize] = row.value.as_ref(),
                Target::Indicator { set, node } => {
                    let at = set as usize - 1;
                    let theirs = given.theirs[at].get_or_insert_with(|| vec![None; their_nodes(at)]);
                    theirs[node as usize] = row.value.as_ref();
                }
                Target::Held(set) => given.held[set as usize - 1] = Some(row.value == Some(Value::Yes(true))),
                // A measure without an indicator is read by an intake only.
                Target::Background(_) | Target::Blank => {}
            }
        }
        given
    }

    /// How a prerequisite stands; `judge` judges the values given for it.
    fn prerequisite(&self, context: &Context, at: usize, judge: impl FnOnce(&[Option<&Value>]) -> Status) -> Status {
        match (context.prerequisites[at].1, self.held[at], &self.theirs[at]) {
            // A set of another level is nothing this unit's rows could answer.
            (false, _, _) => Status::ToBeConfirmed,
            (true, Some(true), _) => Status::Passed,
            (true, Some(false), _) => Status::Failed,
            (true, None, Some(values)) => judge(values),
            (true, None, None) => Status::Incomplete,
        }
    }
}

/// Judges the rows of one unit and period; `None` where there are none.
pub fn judge(context: &Context, rows: &[Row]) -> Option<Result> {
    let first = rows.first()?;
    let (year, traits) = (first.year, first.traits.clone()?);
    let book = context.book(0, year);
    let given = Given::new(context, rows, &book, |at| context.book(at + 1, year).nodes.len());
    let prerequisite = |at| {
        given.prerequisite(context, at, |values| {
            let book = context.book(at + 1, year);
            evaluate_asked(&book, &Asked::new(&book, &traits, year), |node| values[node]).set.status
        })
    };
    let prerequisites = (0..context.prerequisites.len()).map(prerequisite).collect();
    let verdict = evaluate_asked(&book, &Asked::new(&book, &traits, year), |at| given.values[at]);
    let values = given.values.iter().map(|v| v.cloned()).collect();
    Some(Result { verdict, prerequisites, book, values, traits, year })
}

/// Writes the verdicts of a table as JSON: units and periods in order, one line end at the end.
pub fn write_json(context: &Context, table: &Table, say: Say, out: &mut dyn Write) -> std::io::Result<()> {
    let groups: Vec<&[Row]> = table.rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year)).collect();
    let parts: Vec<&[&[Row]]> = groups.chunks(128).collect();
    write_parts(context, parts.len(), say, out, |at, writer| {
        parts[at].iter().for_each(|rows| writer.group(&table.units, rows));
    })
}

/// The same of a text whose rows stand in order: each piece is read, judged and forgotten.
pub fn write_json_ordered(context: &Context, text: &Ordered, say: Say, out: &mut dyn Write) -> std::io::Result<()> {
    write_parts(context, text.pieces(), say, out, |at, writer| {
        let table = text.piece(context, at);
        let groups = table.rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year));
        groups.for_each(|rows| writer.group(&table.units, rows));
    })
}

/// Some parts at a time, in order: all cores busy, memory flat.
fn write_parts<'a>(
    context: &'a Context<'a>,
    count: usize,
    say: Say<'a>,
    out: &mut dyn Write,
    write: impl Fn(usize, &mut Writer<'a>) + Sync,
) -> std::io::Result<()> {
    use rayon::prelude::*;
    let at_once = rayon::current_num_threads() * 4;
    let mut writers: Vec<Writer> = (0..at_once).map(|_| Writer::new(context, say)).collect();
    out.write_all(b"[")?;
    let mut first = true;
    for begin in (0..count).step_by(at_once) {
        let busy = &mut writers[..at_once.min(count - begin)];
        busy.par_iter_mut().enumerate().with_max_len(1).for_each(|(at, writer)| {
            writer.out.clear();
            write(begin + at, writer);
        });
        for writer in busy.iter().filter(|w| !w.out.is_empty()) {
            out.write_all(if std::mem::take(&mut first) { &writer.out[1..] } else { &writer.out })?;
        }
    }
    out.write_all(b"]\n")
}

/// What is the same for all units of one sort and year: looked up and said once.
struct Sort {
    book: Arc<Book>,
    asked: Asked,
    /// By prerequisite: its book, and what it asks.
    theirs: Vec<(Arc<Book>, Asked)>,
    /// Up to the verdict of the set, behind the unit.
    begin: Vec<u8>,
    nodes: Vec<NodeText>,
    /// By criterion, up to its verdict.
    criteria: Vec<Vec<u8>>,
}

/// What the JSON of a node says whatever its value.
struct NodeText {
    /// Up to the verdict.
    begin: Vec<u8>,
    /// From behind the value up to the shortfall.
    requirement: Vec<u8>,
    /// Behind a shortfall's amount.
    unit: Vec<u8>,
    /// From behind the shortfall up to the confidence.
    source: Vec<u8>,
}

impl Sort {
    fn new(context: &Context, say: Say, traits: &Traits, year: i16) -> Sort {
        let book = context.book(0, year);
        let theirs = (1..=context.prerequisites.len()).map(|set| context.book(set, year));
        let node = |at: usize| {
            let indicator = &book.nodes[at].indicator;
            let sentence = say(&requirement(&book, at, traits, year));
            NodeText {
                begin: json(&[("{\"no\":", Some(&indicator.no)), (",\"verdict\":\"", None)]),
                requirement: json(&[(",\"requirement\":", Some(&sentence)), (",\"shortfall\":", None)]),
                unit: match book.nodes[at].unit() {
                    Some(unit) => json(&[(",\"unit\":", Some(unit)), ("}", None)]),
                    None => json(&[(",\"unit\":null}", None)]),
                },
                source: match &indicator.source {
                    Some(source) => json(&[(",\"source\":", Some(source)), (",\"confidence\":\"", None)]),
                    None => json(&[(",\"source\":null,\"confidence\":\"", None)]),
                },
            }
        };
        let period = format!("{year:04}");
        Sort {
            asked: Asked::new(&book, traits, year),
            theirs: theirs.map(|book| (book.clone(), Asked::new(&book, traits, year))).collect(),
            begin: json(&[
                (",\"period\":", Some(&period)),
                (",\"rulebook\":", Some(book.set())),
                (",\"version\":", Some(&book.version)),
            ]),
            nodes: (0..book.nodes.len()).map(node).collect(),
            criteria: book.criteria.iter().map(|c| json(&[("{\"no\":", Some(&c.no))])).collect(),
            book,
        }
    }
}

/// Pieces of JSON: each as it is, with a text behind it.
fn json(pieces: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (plain, text) in pieces {
        out.extend_from_slice(plain.as_bytes());
        if let Some(text) = text {
            string(&mut out, text);
        }
    }
    out
}

struct Writer<'a> {
    context: &'a Context<'a>,
    say: Say<'a>,
    /// For every sort of unit and year seen.
    sorts: HashMap<(Arc<Traits>, i16), Arc<Sort>>,
    out: Vec<u8>,
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Text always serialises: only necessary escapes.
    let _ = serde_json::to_writer(out, text);
}

impl<'a> Writer<'a> {
    fn new(context: &'a Context<'a>, say: Say<'a>) -> Writer<'a> {
        Writer { context, say, sorts: HashMap::new(), out: Vec::new() }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn key(&mut self, key: &str, text: &str) {
        self.raw(key);
        string(&mut self.out, text);
    }

    /// A key and a number in quotes.
    fn number(&mut self, key: &str, number: &Decimal) {
        // Writing to memory does not fail.
        let _ = write!(self.out, "{key}\"{number}\"");
    }

    /// A word of ours: no letter of it needs an escape.
    fn word(&mut self, key: &str, word: &str) {
        self.raw(key);
        self.raw(word);
        self.out.push(b'"');
    }

    fn judged(&mut self, judged: Judged) {
        self.word(",\"verdict\":\"", judged.status.name());
        self.word(",\"confidence\":\"", judged.confidence.name());
    }

    fn sort(&mut self, traits: &Arc<Traits>, year: i16) -> Arc<Sort> {
        let key = (traits.clone(), year);
        if let Some(sort) = self.sorts.get(&key) {
            return sort.clone();
        }
        let sort = Arc::new(Sort::new(self.context, self.say, traits, year));
        self.sorts.insert(key, sort.clone());
        sort
    }

    /// The rows of one unit and period, judged; nothing where there are none.
    fn group(&mut self, units: &[String], rows: &[Row]) {
        let Some((first, traits)) = rows.first().and_then(|r| Some((r, r.traits.as_ref()?))) else { return };
        let sort = self.sort(traits, first.year);
        let given = Given::new(self.context, rows, &sort.book, |at| sort.theirs[at].0.nodes.len());
        let verdict = evaluate_asked(&sort.book, &sort.asked, |at| given.values[at]);
        self.key(",{\"unit\":", &units[first.unit as usize]);
        self.out.extend_from_slice(&sort.begin);
        self.judged(verdict.set);
        self.raw(",\"prerequisites\":[");
        for at in 0..self.context.prerequisites.len() {
            let status = given.prerequisite(self.context, at, |values| {
                let (book, asked) = &sort.theirs[at];
                evaluate_asked(book, asked, |node| values[node]).set.status
            });
            self.key(if at > 0 { ",{\"rulebook\":" } else { "{\"rulebook\":" }, &self.context.prerequisites[at].0);
            self.word(",\"verdict\":\"", status.name());
            self.raw("}");
        }
        self.raw("],\"criteria\":[");
        for (at, criterion) in sort.book.criteria.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(&sort.criteria[at]);
            self.judged(verdict.criteria[at]);
            self.raw(",\"indicators\":[");
            self.nodes(&sort, &given.values, &verdict, &criterion.nodes);
            self.raw("]}");
        }
        self.raw("]}");
    }

    fn nodes(&mut self, sort: &Sort, values: &[Option<&Value>], verdict: &Verdict, nodes: &[usize]) {
        for (n, &at) in nodes.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.node(sort, values, verdict, at);
        }
    }

    fn node(&mut self, sort: &Sort, values: &[Option<&Value>], verdict: &Verdict, at: usize) {
        let (text, judged) = (&sort.nodes[at], verdict.nodes[at]);
        self.out.extend_from_slice(&text.begin);
        self.word("", judged.status.name());
        match values[at] {
            Some(Value::Yes(yes)) => self.raw(if *yes { ",\"value\":true" } else { ",\"value\":false" }),
            Some(Value::Number(number)) => self.number(",\"value\":", number),
            Some(value) => match value.shown() {
                Some(number) => self.number(",\"value\":", &number),
                None => self.raw(",\"value\":null"),
            },
            None => self.raw(",\"value\":null"),
        }
        if let Some(Value::Fraction(n, d)) = values[at] {
            self.number(",\"numerator\":", n);
            self.number(",\"denominator\":", d);
        }
        self.out.extend_from_slice(&text.requirement);
        match &verdict.shortfalls[at] {
            Some(amount) => {
                self.number("{\"amount\":", amount);
                self.out.extend_from_slice(&text.unit);
            }
            None => self.raw("null"),
        }
        self.out.extend_from_slice(&text.source);
        self.word("", judged.confidence.name());
        self.raw(",\"parts\":[");
        self.nodes(sort, values, verdict, &sort.book.nodes[at].children);
        self.raw("]}");
    }
}
