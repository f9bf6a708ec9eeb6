//! One figure, looked at and edited: every origin beside the one that verdicts read, its history, its evidence.

use crate::{
    Edition, Figure, Key, Law, Stage, published,
    record::{self, How},
    rules,
};
use kernel::{Day, Decimal, Phrase, Revision, UnitId};
use rulebook::{Measure, Origin, Value};
use std::{collections::HashMap, sync::Arc};
use store::{
    AuditLine, Query, Result, WriteTx,
    attachments::{self, Attachment, Blob},
};
use units::Unit;

/// The kind under which evidence is attached to a line of history.
pub const EVIDENCE: &str = Revision::KIND;

/// What one origin says of a measure.
#[derive(Clone, Debug)]
pub struct Side {
    pub origin: Origin,
    /// What the public reads; `None` where nothing is published.
    pub published: Option<Figure>,
    /// What is being worked on, where it is another line and this scope may see it.
    pub working: Option<Figure>,
    /// A computed value, which no line of history holds.
    pub computed: Option<Value>,
    /// Whether verdicts read this origin.
    pub read: bool,
    /// How far it is from what verdicts read, for numbers.
    pub difference: Option<Decimal>,
}

/// A measure of a unit in a year.
pub struct Sheet {
    pub unit: Unit,
    pub measure: Arc<Measure>,
    pub year: i16,
    /// In the order in which verdicts look for a value.
    pub sides: Vec<Side>,
    /// All lines this scope may see, newest first, each with its evidence.
    pub history: Vec<(Figure, Vec<Attachment>)>,
}

/// Looks one figure up. `None` where there is no such unit or measure. Cost: the unit's figures of the year twice where
/// working ones may be seen, the history of this one, its evidence in one query.
pub async fn sheet(tx: &mut impl Query, law: &Law, unit: UnitId, code: &str, year: i16) -> Result<Option<Sheet>> {
    let (Some(measure), Some(id)) = (law.library().measure(code).cloned(), law.measure_id(code)) else {
        return Ok(None);
    };
    let Some(unit) = units::store::get(tx, unit).await?.filter(|_| YEARS.contains(&year)) else { return Ok(None) };
    let of = |figures: Vec<Figure>| -> HashMap<Key, Figure> { figures.into_iter().map(|f| (f.key, f)).collect() };
    let mut published = of(published::figures(tx, unit.id, Some(year), Edition::Published).await?);
    // Whatever stage a line was recorded in, it is published now.
    published.values_mut().for_each(|f| f.stage = Stage::Published);
    let working = if !tx.scope().working.is_none() {
        of(published::figures(tx, unit.id, Some(year), Edition::Working).await?)
    } else {
        HashMap::new()
    };
    let plain: HashMap<Key, Value> = published.iter().map(|(k, f)| (*k, f.value.clone())).collect();
    let read = law.read(&plain, unit.id, year, id).map(|(origin, value)| (origin, value.into_owned()));
    let mut order = measure.reads.clone();
    order.extend(Origin::ALL.into_iter().filter(|o| !measure.reads.contains(o)));
    let side = |origin: Origin| {
        let key = Key { unit: unit.id, year, measure: id, origin };
        let (public, work) = (published.get(&key), working.get(&key));
        let work = work.filter(|w| public.is_none_or(|p| p.revision != w.revision));
        let reads = read.as_ref().filter(|(o, _)| *o == origin);
        let computed = reads.filter(|_| public.is_none()).map(|(_, value)| value.clone());
        let shown = |value: &Value| value.shown();
        let own = public.and_then(|p| shown(&p.value));
        let difference = match (own, read.as_ref().and_then(|(_, v)| shown(v))) {
            (Some(own), Some(other)) if reads.is_none() => Some(&own - &other),
            _ => None,
        };
        let known = public.is_some() || work.is_some() || computed.is_some();
        known.then(|| Side {
            origin,
            published: public.cloned(),
            working: work.cloned(),
            computed,
            read: reads.is_some(),
            difference,
        })
    };
    let sides = order.into_iter().filter_map(side).collect();
    let history = published::history_of(tx, unit.id, id, year).await?;
    let lines: Vec<String> = history.iter().map(|f| f.revision.to_string()).collect();
    let mut evidence = attachments::of_many(tx, EVIDENCE, &lines).await?;
    let history = history
        .into_iter()
        .map(|figure| {
            let files = evidence.remove(&figure.revision.to_string()).unwrap_or_default();
            (figure, files)
        })
        .collect();
    Ok(Some(Sheet { unit, measure, year, sides, history }))
}

/// An edit of one figure.
#[derive(Clone, Debug)]
pub struct Edit {
    pub key: Key,
    pub value: Value,
    /// The working line the editor saw; `None` where there was none.
    pub seen: Option<Revision>,
    /// The document or interface the value comes from.
    pub source: String,
    pub publish: bool,
    /// Kept files that prove it: content, name, media type.
    pub evidence: Vec<(Blob, String, String)>,
}

/// What became of an edit.
#[derive(Clone, Debug)]
pub enum Edited {
    /// The line of history it stands in now.
    Done(Revision),
    /// Somebody else wrote meanwhile: what stands there now.
    Changed(Option<Box<Figure>>),
}

/// Edits one figure, judged and audited in the same transaction. Cost: as [`record::record`] for one figure.
pub async fn edit(tx: &mut WriteTx, law: &Law, edit: &Edit) -> Result<Edited> {
    record::hold(tx, &[edit.key.unit], None).await?;
    let now = published::current(tx, edit.key).await?;
    if now.as_ref().map(|f| f.revision) != edit.seen {
        return Ok(Edited::Changed(now.map(Box::new)));
    }
    // Other grounds and evidence belong to a line of their own: never to one that is public already.
    let other_grounds = now.as_ref().is_none_or(|f| f.source != edit.source);
    let anew = other_grounds || !edit.evidence.is_empty();
    let stage = rules::entered(tx.actor().role);
    let how = How { stage, publish: edit.publish, source: edit.source.clone(), import: None, anew };
    let entry = crate::Entry::new(edit.key, edit.value.clone());
    record::record(tx, law, std::slice::from_ref(&entry), &how).await?;
    let revision = published::current(tx, edit.key).await?.map_or(Revision(0), |f| f.revision);
    for (blob, name, media_type) in &edit.evidence {
        tx.attach(blob, name, media_type, EVIDENCE, &revision.to_string()).await?;
    }
    if !edit.evidence.is_empty() {
        let files: Vec<&str> = edit.evidence.iter().map(|(blob, ..)| blob.sha256.as_str()).collect();
        let details = serde_json::json!({"sha256": files});
        let subject = revision.to_string();
        let unit = Some(edit.key.unit);
        tx.audit(AuditLine { action: "facts.evidence", kind: EVIDENCE, subject, unit, details }).await?;
    }
    Ok(Edited::Done(revision))
}

/// A value that somebody types among others of the same unit and year.
#[derive(Clone, Debug)]
pub struct Wish {
    pub key: Key,
    pub value: Value,
    /// Why it does not apply, or what else is to be said of it.
    pub note: Option<Arc<str>>,
    /// The working line that was seen; `None` where there was none.
    pub seen: Option<Revision>,
}

/// Edits figures of one unit and year, each against the line it saw: what somebody else changed meanwhile stays and is given
/// back, the others are recorded, judged and audited together. Answers in the order of the wishes. Cost: as [`record::record`];
/// where somebody changed one, the figures named once more.
pub async fn edit_many(
    tx: &mut WriteTx,
    law: &Law,
    wishes: &[Wish],
    stage: Stage,
    source: &str,
) -> Result<Vec<Edited>> {
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    let how = How { stage, publish: false, source: source.to_owned(), import: None, anew: false };
    let entry = |wish: &Wish| crate::Entry { key: wish.key, value: wish.value.clone(), note: wish.note.clone() };
    let all: Vec<crate::Entry> = wishes.iter().map(entry).collect();
    let ready = record::ready(tx, law, &all, &how).await?;
    let before: Vec<Option<Revision>> = wishes.iter().map(|wish| ready.line(&wish.key)).collect();
    let stands = |at: usize| before[at] == wishes[at].seen;
    let entries: Vec<crate::Entry> =
        all.into_iter().enumerate().filter(|(at, _)| stands(*at)).map(|(_, entry)| entry).collect();
    let lines: HashMap<&Key, Revision> = record::write(tx, law, ready, &entries, &how).await?.1.into_iter().collect();
    let changed = (0..wishes.len()).any(|at| !stands(at));
    let there = if changed { working(tx, wishes).await? } else { HashMap::new() };
    let answer = |at: usize| match lines.get(&wishes[at].key).copied().or(before[at]) {
        Some(line) if stands(at) => Edited::Done(line),
        _ => Edited::Changed(there.get(&wishes[at].key).cloned().map(Box::new)),
    };
    Ok((0..wishes.len()).map(answer).collect())
}

/// What stands now where these wishes want to write. Cost: one query, those figures.
async fn working(tx: &mut WriteTx, wishes: &[Wish]) -> Result<HashMap<Key, Figure>> {
    let Some(first) = wishes.first() else { return Ok(HashMap::new()) };
    let measures = wishes.iter().map(|wish| wish.key.measure).collect();
    let (unit, year) = (first.key.unit, first.key.year);
    let figures = published::of_units(tx, &[unit], year, Some(&measures), crate::Edition::Working).await?;
    Ok(figures.into_iter().map(|figure| (figure.key, figure)).collect())
}

/// The years of which figures may be kept.
pub const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// Why a unit has no figure of a measure in a year; `None` where it may have one: the unit was there on some day of that
/// year, and some set of its level asks for the measure, or it is a background figure. The one rule for edits of single
/// figures; tables are held against the set they name.
pub fn refused(law: &Law, unit: &Unit, measure: &Measure, year: i16) -> Option<Phrase> {
    if !YEARS.contains(&year) {
        return Some(Phrase::new("values-period").with("period", year.to_string()));
    }
    let there = |day: Option<Day>, or: bool, holds: fn(i16, i16) -> bool| day.map_or(or, |d| holds(d.year(), year));
    if !there(unit.valid_from, true, |from, year| from <= year) || !there(unit.valid_to, true, |to, year| to >= year) {
        let phrase = Phrase::new("figure-not-in-force").with("unit", unit.name.as_str());
        return Some(phrase.with("year", year.to_string()));
    }
    let judged = unit.level != "commune" || unit.is_judged_commune();
    let asks = |set: &rulebook::Rulebook| crate::intake::level(law.library(), &set.set) == unit.level;
    let asked = judged && readers(law, &measure.id).iter().any(|(set, _)| asks(set));
    let input = || law.library().measures().filter_map(|m| m.computed.as_ref()).any(|c| c.of.contains(&measure.id));
    let may = measure.background || asked || input();
    (!may).then(|| Phrase::new("figure-not-asked").with("unit", unit.name.as_str()))
}

/// Whether the law lets `n/a` be said of a measure: some indicator that reads it states a condition.
pub fn may_not_apply(law: &Law, code: &str) -> bool {
    let mut may = false;
    for set in law.library().sets() {
        set.walk(|_, i| may |= i.measure.as_deref() == Some(code) && i.applies_if.is_some());
    }
    may
}

/// The indicators that read a measure: set and number.
pub fn readers<'a>(law: &'a Law, code: &str) -> Vec<(&'a rulebook::Rulebook, String)> {
    let mut found = Vec::new();
    for set in law.library().sets() {
        set.walk(|_, i| {
            if i.measure.as_deref() == Some(code) {
                found.push((&**set, i.no.clone()));
            }
        });
    }
    found
}
