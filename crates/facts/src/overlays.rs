//! What administrators lay on the law: thresholds that a set leaves to the province, and confirmations of numbers that
//! nobody had seen, each by a citing document. Nothing is changed or removed: a line is ended, from a day on. The shipped
//! files and those of the data folder are laid on first, then these in the order in which they were entered; sets that were
//! entered and approved come before both ([`crate::drafts`]).

use crate::{Law, drafts, rejudge, setsheet::Entered};
use kernel::{Day, Decimal, Moment, Phrase, Problem};
use rulebook::{
    Confidence, Kind, Library, Overlay,
    model::{Indicator, Op, Requirement, Rulebook},
    overlay::{Citation, Confirm, SetRequirement},
    values::number::{BadNumber, number},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use store::{
    AuditLine, Query, Result, Row, StoreError, WriteTx, args,
    attachments::{self, Attachment, Blob},
};

/// A threshold as somebody enters it: one number, or one for each group of communes that the set knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// The indicator or part.
    pub no: String,
    /// `>=`, `<=`, `=`, `>` or `<`; needed only where the set itself does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    /// As people write it, in either language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_group: BTreeMap<String, String>,
}

/// A document that lays thresholds down, or confirms numbers, as somebody enters it. Days are `YYYY-MM-DD`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proposal {
    pub kind: What,
    pub set: String,
    /// Of the decision: `12/2025/QĐ-UBND`.
    pub number: String,
    pub date: String,
    pub issuer: String,
    /// Where it can be read: an address, or where the paper lies.
    pub document: String,
    /// The first day on which it judges; of a confirmation none: it says what was law all along.
    pub from: String,
    /// The last day; for good where empty.
    pub to: String,
    /// Of thresholds what they are; of a confirmation the indicators, with a value where the document differs.
    pub thresholds: Vec<Threshold>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    #[default]
    Thresholds,
    Confirmation,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            What::Thresholds => "thresholds",
            What::Confirmation => "confirmation",
        }
    }
}

/// Whether a threshold of an indicator may be laid down: it takes a number, and the set delegates it or leaves it unknown.
pub fn is_open(indicator: &Indicator) -> bool {
    let r = &indicator.requirement;
    let tables = r.by_attribute.is_some() || r.by_year.is_some() || r.by_region.is_some() || r.by_group.is_some();
    let unknown = r.op == Op::Unknown || (r.value.is_none() && !tables);
    indicator.kind.is_numeric() && (r.delegated_to.is_some() || unknown)
}

/// The indicators that a document of this kind may touch, each without its parts: thresholds by the shipped text, so that
/// a later decision may replace an earlier one; to be confirmed is what is not verified as the set stands at the end of
/// its time, without what only illustrates.
pub fn choices(library: &Library, set: &str, kind: What, today: Day) -> Vec<Indicator> {
    let Some(book) = library.set(set) else { return Vec::new() };
    match kind {
        What::Thresholds => {
            let mut found = Vec::new();
            book.walk(|_, i| {
                if is_open(i) {
                    found.push(Indicator { parts: Vec::new(), ..i.clone() });
                }
            });
            found
        }
        What::Confirmation => {
            let unsure = |i: &Indicator| i.confidence != Confidence::Verified;
            nodes(library, book, today).into_iter().filter(unsure).collect()
        }
    }
}

/// The indicators and parts of a set as they stand at the end of its time, or today.
fn nodes(library: &Library, book: &Rulebook, today: Day) -> Vec<Indicator> {
    let day = rulebook::values::year_end(book.applies.to.unwrap_or(today).year());
    let laid = library.without_illustrations().in_force(&book.set, day);
    laid.into_iter().flat_map(|book| book.nodes).map(|node| node.indicator).collect()
}

fn problem(key: &'static str, field: impl Into<String>) -> Problem {
    Problem::input(Phrase::new(key)).at_field(field)
}

/// Reads a day; notes the problem at its field.
fn day(text: &str, field: &'static str, found: &mut Vec<Problem>) -> Option<Day> {
    let text = text.trim();
    if text.is_empty() {
        found.push(problem("overlay-day-missing", field));
        return None;
    }
    let read = text.parse();
    if read.is_err() {
        found.push(Problem::input(Phrase::new("units-no-day").with("text", text)).at_field(field));
    }
    read.ok()
}

/// A threshold as people write it, within what its kind allows; else what is wrong with it. Nothing is guessed: `1.000` is
/// refused, unless a spreadsheet holds it as a number (`typed`), which has one reading.
pub(crate) fn threshold(text: &str, kind: Kind, typed: bool) -> std::result::Result<Decimal, Phrase> {
    let text = text.trim();
    let read = number(text, true, !typed).map_err(|bad| match bad {
        BadNumber::Ambiguous { decimal, thousands } => {
            Phrase::new("values-ambiguous").with("value", text).with("decimal", decimal).with("thousands", thousands)
        }
        _ => Phrase::new("overlay-no-number").with("text", text),
    })?;
    if read < Decimal::from(0) {
        return Err(Phrase::new("overlay-negative"));
    }
    if kind == Kind::Percent && read > Decimal::from(100) {
        return Err(Phrase::new("overlay-over-hundred"));
    }
    Ok(read)
}

/// The same at its field.
fn limit(text: &str, indicator: &Indicator, field: String, found: &mut Vec<Problem>) -> Option<Decimal> {
    let read = threshold(text, indicator.kind, false);
    read.map_err(|phrase| found.push(Problem::input(phrase).at_field(field))).ok()
}

impl Proposal {
    /// The overlay that this is, or everything that does not fit, each at its field (`thresholds/2.1`). `today`: no document
    /// is signed later.
    pub fn check(&self, library: &Library, today: Day) -> std::result::Result<Overlay, Vec<Problem>> {
        let mut found = Vec::new();
        let Some(book) = library.set(&self.set) else {
            let phrase = Phrase::new("overlay-no-set").with("set", self.set.as_str());
            return Err(vec![Problem::input(phrase).at_field("set")]);
        };
        for (text, key, field) in
            [(&self.number, "overlay-number-missing", "number"), (&self.issuer, "overlay-issuer-missing", "issuer")]
        {
            if text.trim().is_empty() {
                found.push(problem(key, field));
            }
        }
        let signed = day(&self.date, "date", &mut found);
        if signed.is_some_and(|signed| signed > today) {
            found.push(problem("overlay-signed-later", "date"));
        }
        let (from, to) = self.time(book, &mut found);
        let mut changes = Vec::new();
        let mut shipped = Vec::new();
        book.walk(|_, i| shipped.push(i.clone()));
        let all = if self.kind == What::Thresholds { shipped } else { nodes(library, book, today) };
        for one in &self.thresholds {
            if changes.iter().any(|(no, _): &(String, _)| *no == one.no) {
                let phrase = Phrase::new("overlay-twice").with("no", one.no.as_str());
                found.push(Problem::input(phrase).at_field(format!("thresholds/{}", one.no)));
                continue;
            }
            match all.iter().find(|i| i.no == one.no) {
                None => {
                    let phrase = Phrase::new("overlay-no-indicator").with("no", one.no.as_str());
                    found.push(Problem::input(phrase).at_field(format!("thresholds/{}", one.no)));
                }
                Some(indicator) => {
                    let requirement = self.requirement(one, book, indicator, &mut found);
                    changes.push((one.no.clone(), requirement));
                }
            }
        }
        if self.thresholds.is_empty() {
            found.push(problem("overlay-nothing", "thresholds"));
        }
        let (Some(date), Some(from), true) = (signed, from, found.is_empty()) else { return Err(found) };
        Ok(self.overlay(date, from, to, changes))
    }

    /// From when to when it judges.
    fn time(&self, book: &Rulebook, found: &mut Vec<Problem>) -> (Option<Day>, Option<Day>) {
        if self.kind == What::Confirmation {
            return (Some(book.applies.from), None);
        }
        let from = day(&self.from, "from", found);
        let to = if self.to.trim().is_empty() { None } else { day(&self.to, "to", found) };
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            found.push(problem("overlay-ends-before", "to"));
        }
        let after = from.zip(book.applies.to).is_some_and(|(from, end)| from > end);
        if after || to.is_some_and(|to| to < book.applies.from) {
            found.push(problem("overlay-outside-set", if after { "from" } else { "to" }));
        }
        (from, to)
    }

    /// What an indicator asks afterwards; `None` where a confirmation leaves it as it is.
    fn requirement(
        &self,
        one: &Threshold,
        book: &Rulebook,
        indicator: &Indicator,
        found: &mut Vec<Problem>,
    ) -> Option<Requirement> {
        let field = format!("thresholds/{}", one.no);
        let groups: Vec<(&String, &String)> = one.by_group.iter().filter(|(_, v)| !v.trim().is_empty()).collect();
        let (empty, unknown) = (one.value.trim().is_empty() && groups.is_empty(), has_no_number(indicator));
        match self.kind {
            What::Thresholds if !is_open(indicator) => {
                found.push(problem("overlay-not-open", field));
                return None;
            }
            What::Confirmation if indicator.confidence == Confidence::Verified => {
                found.push(problem("overlay-confirmed-already", field));
                return None;
            }
            What::Confirmation if empty && !unknown => return None,
            _ if empty => {
                found.push(problem("overlay-value-missing", field));
                return None;
            }
            _ if !indicator.kind.is_numeric() => {
                found.push(problem("overlay-takes-no-number", field));
                return None;
            }
            _ => {}
        }
        if !one.value.trim().is_empty() && !groups.is_empty() {
            found.push(problem("overlay-both", field.clone()));
        }
        let op = match indicator.requirement.op {
            Op::Unknown | Op::Achieved | Op::Parts => one.op,
            own => Some(own),
        };
        let Some(op) = op.filter(|op| !matches!(op, Op::Unknown | Op::Achieved | Op::Parts)) else {
            found.push(problem("overlay-op-missing", field));
            return None;
        };
        let mut requirement = Requirement::open(op, indicator.requirement.delegated_to.clone());
        if groups.is_empty() {
            requirement.value = limit(&one.value, indicator, field, found);
        } else {
            let mut table = indexmap::IndexMap::new();
            for (group, text) in groups {
                if !book.groups.iter().any(|g| g.no == *group) {
                    let phrase = Phrase::new("overlay-no-group").with("group", group.as_str());
                    found.push(Problem::input(phrase).at_field(field.clone()));
                } else if let Some(number) = limit(text, indicator, format!("{field}/{group}"), found) {
                    table.insert(group.clone(), number);
                }
            }
            requirement.by_group = Some(table);
        }
        Some(requirement)
    }

    fn overlay(&self, date: Day, from: Day, to: Option<Day>, changes: Vec<(String, Option<Requirement>)>) -> Overlay {
        let (number, issuer) = (self.number.trim().to_owned(), self.issuer.trim().to_owned());
        let source = Some(self.document.trim().to_owned()).filter(|s| !s.is_empty());
        let mut overlay = Overlay {
            id: String::new(),
            title_vi: number.clone(),
            title_en: number.clone(),
            illustrative: false,
            from,
            to,
            citation: Citation { number: Some(number.clone()), date: Some(date), issuer: issuer.clone(), source },
            set_requirement: Vec::new(),
            set_counts: Vec::new(),
            confirm: Vec::new(),
        };
        let set = &self.set;
        for (no, requirement) in changes {
            match (self.kind, requirement) {
                (What::Confirmation, requirement) => {
                    let document = format!("{number}, {issuer}");
                    overlay.confirm.push(Confirm { set: set.clone(), no, document, date, requirement });
                }
                (What::Thresholds, Some(requirement)) => overlay.set_requirement.push(SetRequirement {
                    set: set.clone(),
                    no,
                    requirement,
                    confidence: Confidence::Verified,
                    source: Some(format!("{number}, {issuer}")),
                }),
                (What::Thresholds, None) => {}
            }
        }
        overlay
    }
}

/// Whether an indicator takes a number and its requirement has none.
fn has_no_number(indicator: &Indicator) -> bool {
    let r = &indicator.requirement;
    let tables = r.by_attribute.is_some() || r.by_year.is_some() || r.by_region.is_some() || r.by_group.is_some();
    indicator.kind.is_numeric() && (r.op == Op::Unknown || (r.value.is_none() && !tables))
}

/// A document in the store, with what it lays on.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub id: i64,
    pub kind: String,
    pub set: String,
    pub number: String,
    pub date: Day,
    pub issuer: String,
    pub document: String,
    pub from: Day,
    pub to: Option<Day>,
    pub overlay: Overlay,
    pub at: Moment,
    pub by: String,
    pub ended_at: Option<Moment>,
    pub ended_by: Option<String>,
    pub ended_why: Option<String>,
}

impl Kept {
    pub fn what(&self) -> What {
        if self.kind == What::Confirmation.name() { What::Confirmation } else { What::Thresholds }
    }
}

/// What the ids of the store's overlays begin with, so that they are told from those of files.
const OF_STORE: &str = "store-";

const COLUMNS: &str = "id, kind, set_id, number, signed, issuer, document, from_day, to_day, body, at, actor, ended_at, ended_by, ended_why";

fn read(row: &Row) -> Result<Kept> {
    let mut overlay: Overlay = serde_json::from_str(&row.text(9)?)?;
    let to = row.opt_i64(8)?.map(Day::from_epoch_days);
    overlay.id = format!("{OF_STORE}{}", row.i64(0)?);
    overlay.to = to;
    Ok(Kept {
        id: row.i64(0)?,
        kind: row.text(1)?,
        set: row.text(2)?,
        number: row.text(3)?,
        date: Day::from_epoch_days(row.i64(4)?),
        issuer: row.text(5)?,
        document: row.text(6)?,
        from: Day::from_epoch_days(row.i64(7)?),
        to,
        overlay,
        at: Moment(row.i64(10)?),
        by: row.text(11)?,
        ended_at: row.opt_i64(12)?.map(Moment),
        ended_by: row.opt_text(13)?,
        ended_why: row.opt_text(14)?,
    })
}

/// What a list of documents is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// As the search key of names has it.
    pub search: String,
    /// One of [`ORDERS`]; else the last entered first.
    pub order: String,
}

/// What a list of documents can be ordered by: their number, the day they were signed, the day from which they judge (both
/// the last first).
pub const ORDERS: [&str; 3] = ["number", "signed", "from"];

/// What was entered: a page, and how many. Cost: the rows of the kind looked through, those shown read.
pub async fn list(tx: &mut impl Query, kind: What, wanted: &Wanted, skip: i64, most: i64) -> Result<(Vec<Kept>, i64)> {
    let like = format!("%{}%", wanted.search.replace(['%', '_'], ""));
    let from = "facts_overlay WHERE kind = $1 AND search LIKE $2";
    let order = match wanted.order.as_str() {
        "number" => "number, id DESC",
        "signed" => "signed DESC, id DESC",
        "from" => "from_day DESC, id DESC",
        _ => "id DESC",
    };
    store::paged(tx, COLUMNS, from, order, args![kind.name(), like], (most, skip), read).await
}

/// One of them.
pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM facts_overlay WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(read).transpose()
}

/// The kind under which the document itself is attached to its citation.
pub const FILE: &str = "overlay";

/// Attaches the document itself to its citation; the file's number. Law is public, and so is it. Cost: two rows.
pub async fn attach(tx: &mut WriteTx, id: i64, blob: &Blob, name: &str, media_type: &str) -> Result<i64> {
    let subject = id.to_string();
    let file = tx.attach(blob, name, media_type, FILE, &subject).await?;
    let details = json!({"file": file, "name": name, "sha256": blob.sha256, "bytes": blob.size});
    tx.audit(AuditLine { action: "facts.overlay-file", kind: "overlay", subject, unit: None, details }).await?;
    Ok(file)
}

/// The files of documents, by document. Cost: those rows.
pub async fn files(tx: &mut impl Query, ids: impl Iterator<Item = i64>) -> Result<HashMap<String, Vec<Attachment>>> {
    let subjects: Vec<String> = ids.map(|id| id.to_string()).collect();
    attachments::of_many(tx, FILE, &subjects).await
}

/// The last change of the law in the store; 0 before the first. Cost: one row.
pub(crate) async fn last_step(tx: &mut impl Query) -> Result<i64> {
    let row = tx.row("SELECT id FROM facts_law_step ORDER BY id DESC LIMIT 1", args![]).await?;
    row.map_or(Ok(0), |row| row.i64(0))
}

/// Lays what the store holds on a library, each document whole or not at all; and the documents that do not lie on it.
/// Cost: all of them.
async fn lay(tx: &mut impl Query, mut library: Library) -> Result<(Library, Vec<Kept>)> {
    let sql = format!("SELECT {COLUMNS} FROM facts_overlay WHERE to_day IS NULL OR to_day >= from_day ORDER BY id");
    let mut loose = Vec::new();
    for row in tx.rows(&sql, args![]).await? {
        let kept = read(&row)?;
        match library.with_overlays([kept.overlay.clone()]) {
            Ok(more) => library = more,
            Err(_) => loose.push(kept),
        }
    }
    Ok((library, loose))
}

/// The library of the files with the sets, overlays and confirmations of the store. Cost: all of them.
pub(crate) async fn laid_on(tx: &mut impl Query, files: &Library) -> Result<Library> {
    let sets = drafts::in_use(tx, files).await?;
    let (library, loose) = lay(tx, sets).await?;
    // A set or an indicator that a newer release no longer has: what was laid on it lies on nothing.
    for kept in loose {
        tracing::warn!(id = kept.id, number = %kept.number, "an overlay of the store lies on nothing");
    }
    Ok(library)
}

/// A document that names indicators which a set that is to be approved does not have: nothing of it would be law any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loose {
    /// In the store; none of a file of the product or of the data folder.
    pub id: Option<i64>,
    pub kind: What,
    pub number: String,
    /// What it names and the set does not have.
    pub missing: Vec<String>,
    /// Whether the set cannot be approved as long as the document is not ended: it judges today or later. What only
    /// illustrates, or has ended, is told and stands in nobody's way.
    pub blocks: bool,
}

impl Loose {
    fn of_file(overlay: &Overlay, book: &Rulebook, today: Day) -> Option<Loose> {
        let missing = overlay.missing_in(book);
        let kind = if overlay.confirm.is_empty() { What::Thresholds } else { What::Confirmation };
        let number = overlay.citation.number.clone().unwrap_or_else(|| overlay.title_vi.clone());
        let blocks = !overlay.illustrative && overlay.to.is_none_or(|to| to >= today);
        (!missing.is_empty()).then_some(Loose { id: None, kind, number, missing, blocks })
    }

    fn of_store(kept: &Kept, book: &Rulebook, today: Day) -> Loose {
        let (missing, blocks) = (kept.overlay.missing_in(book), kept.to.is_none_or(|to| to >= today));
        Loose { id: Some(kept.id), kind: kept.what(), number: kept.number.clone(), missing, blocks }
    }
}

/// The law as it will be read once a set that was entered is approved, and the documents that do not lie on that set.
/// `law`: the one in use. Cost: every document of the store.
pub async fn with_set(tx: &mut impl Query, law: &Law, entered: &Entered, today: Day) -> Result<(Library, Vec<Loose>)> {
    let book = &entered.book;
    // The store's are laid on anew, as they will be: one that does not lie on today's set may lie on this one.
    let files = law.library().only_overlays(|overlay| !overlay.id.starts_with(OF_STORE));
    let mut found: Vec<Loose> = files.overlays().iter().filter_map(|o| Loose::of_file(o, book, today)).collect();
    let (library, loose) = lay(tx, entered.on(&files)).await?;
    let of_set = loose.iter().filter(|kept| kept.set == book.set);
    found.extend(of_set.map(|kept| Loose::of_store(kept, book, today)));
    Ok((library, found))
}

/// Notes that the law changed, and has what it judged judged again, all in this transaction. Cost: the law read once.
pub(crate) async fn stepped(tx: &mut WriteTx, law: &Law, what: &str, subject: &str) -> Result<()> {
    let id = tx.reserve("facts_law_step", "id", 1).await?[0];
    let (at, actor) = (tx.now(), tx.actor().role.name());
    let sql = "INSERT INTO facts_law_step (id, at, actor, what, subject) VALUES ($1, $2, $3, $4, $5)";
    tx.execute_one(sql, args![id, at, actor, what, subject]).await?;
    let law = law.reread(tx).await?;
    rejudge::if_changed(tx, &law).await.map(|_| ())
}

/// Lays an overlay on that [`Proposal::check`] made; its number.
pub async fn carry_out(tx: &mut WriteTx, law: &Law, asked: &Proposal, overlay: &Overlay) -> Result<i64> {
    tx.lock("facts.law").await?;
    law.still_stands(tx).await?;
    let id = tx.reserve("facts_overlay", "id", 1).await?[0];
    let (now, actor, kind) = (tx.now(), tx.actor().role.name(), asked.kind.name());
    let (number, issuer, document) = (asked.number.trim(), asked.issuer.trim(), asked.document.trim());
    let signed = overlay.citation.date.ok_or_else(|| StoreError::Corrupt("an overlay without its day".into()))?;
    let numbers = asked.thresholds.iter().map(|t| t.no.as_str()).collect::<Vec<_>>().join(" ");
    let search = kernel::text::search_key(&format!("{number} {issuer} {} {numbers}", asked.set));
    let sql = "INSERT INTO facts_overlay (id, kind, set_id, number, signed, issuer, document, from_day, to_day, body, search, at, actor)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let body = serde_json::to_string(overlay)?;
    let values = args![
        id,
        kind,
        &asked.set,
        number,
        signed,
        issuer,
        document,
        overlay.from,
        overlay.to,
        body,
        search,
        now,
        actor
    ];
    tx.execute_one(sql, values).await?;
    let details = json!({"asked": asked, "overlay": overlay});
    let action = match asked.kind {
        What::Thresholds => "facts.overlay",
        What::Confirmation => "facts.confirm",
    };
    tx.audit(AuditLine { action, kind: "overlay", subject: id.to_string(), unit: None, details }).await?;
    stepped(tx, law, action, &id.to_string()).await?;
    Ok(id)
}

/// Ends one: `last` is its last day; before its first day, it is as if it had never been laid on. It must say why, and
/// `last` must lie before the end that it has.
pub async fn end(
    tx: &mut WriteTx,
    law: &Law,
    kept: &Kept,
    last: Option<Day>,
    why: &str,
) -> Result<std::result::Result<(), Vec<Problem>>> {
    let mut found = Vec::new();
    if why.trim().is_empty() {
        found.push(problem("overlay-why-missing", "why"));
    }
    // Without a last day it was laid on by mistake.
    let last = last.unwrap_or_else(|| kept.from.yesterday());
    if kept.to.is_some_and(|to| last >= to) {
        found.push(problem("overlay-ended-already", "last"));
    }
    if !found.is_empty() {
        return Ok(Err(found));
    }
    tx.lock("facts.law").await?;
    let (now, actor) = (tx.now(), tx.actor().role.name());
    let sql = "UPDATE facts_overlay SET to_day = $2, ended_at = $3, ended_by = $4, ended_why = $5 WHERE id = $1";
    tx.execute_one(sql, args![kept.id, last, now, actor, why.trim()]).await?;
    let details = json!({"before": kept.to, "last": last, "why": why.trim()});
    let line =
        AuditLine { action: "facts.overlay-end", kind: "overlay", subject: kept.id.to_string(), unit: None, details };
    tx.audit(line).await?;
    stepped(tx, law, "facts.overlay-end", &kept.id.to_string()).await?;
    Ok(Ok(()))
}
