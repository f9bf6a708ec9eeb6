//! Criteria sets that were entered from a table: kept as drafts, approved by a second person, then part of the law from
//! the day on which the set itself says it applies.

use crate::{
    Law, law,
    overlays::{self, Loose},
    setsheet::{self, Entered},
};
use kernel::{Moment, PersonId, Phrase, Problem, Role, text};
use rulebook::{Library, Measure, Rulebook};
use serde::Serialize;
use serde_json::json;
use store::{AuditLine, Listing, Query, Result, Row, WriteTx, args};

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Approved,
    Refused,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Approved => "approved",
            State::Refused => "refused",
        }
    }

    fn from_name(name: &str) -> State {
        match name {
            "approved" => State::Approved,
            "refused" => State::Refused,
            _ => State::Waiting,
        }
    }
}

/// A set that somebody entered.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    pub id: i64,
    pub state: State,
    /// Grows with each decision; a decision names the one it saw.
    pub version: i64,
    /// The name of the file.
    pub file: String,
    #[serde(flatten)]
    pub entered: Entered,
    pub at: Moment,
    /// The role by which it was entered.
    pub by: String,
    pub drafter: Option<PersonId>,
    pub decided_at: Option<Moment>,
    pub decided_by: Option<String>,
    pub why: Option<String>,
}

const COLUMNS: &str = "id, state, version, file, body, drafted_at, drafted_by, drafter, decided_at, decided_by, why";

fn read(row: &Row) -> Result<Draft> {
    Ok(Draft {
        id: row.i64(0)?,
        state: State::from_name(&row.text(1)?),
        version: row.i64(2)?,
        file: row.text(3)?,
        entered: entered(&row.text(4)?)?,
        at: Moment(row.i64(5)?),
        by: row.text(6)?,
        drafter: row.opt_i64(7)?.map(PersonId),
        decided_at: row.opt_i64(8)?.map(Moment),
        decided_by: row.opt_text(9)?,
        why: row.opt_text(10)?,
    })
}

/// A set as it is kept: `main` is no part of the text that judges, so it stands beside, as do the measures that are new.
fn body(entered: &Entered) -> String {
    json!({"main": entered.book.main, "set": entered.book, "measures": entered.measures}).to_string()
}

fn entered(body: &str) -> Result<Entered> {
    let mut kept: serde_json::Value = serde_json::from_str(body)?;
    let mut book: Rulebook = serde_json::from_value(kept["set"].take())?;
    book.main = kept["main"] == true;
    // Sets that were kept before they could bring measures have none.
    let measures: Option<Vec<Measure>> = serde_json::from_value(kept["measures"].take())?;
    Ok(Entered { book, measures: measures.unwrap_or_default() })
}

/// The library of the files with the sets in use that were entered; of one id the one approved last. Cost: those sets.
pub(crate) async fn in_use(tx: &mut impl Query, files: &Library) -> Result<Library> {
    let mut library = files.clone();
    for row in tx.rows("SELECT body FROM facts_draft WHERE state = 'approved' ORDER BY decided_at, id", args![]).await?
    {
        library = entered(&row.text(0)?)?.on(&library);
    }
    Ok(library)
}

/// What a list of drafts can be ordered by; else the last entered first.
pub const ORDERS: [&str; 1] = ["title"];

impl Draft {
    /// Titles, id, the decision's number, the file.
    fn words(&self) -> String {
        let book = &self.entered.book;
        let number = book.decision.number.as_deref().unwrap_or_default();
        [book.title_vi.as_str(), book.title_en.as_str(), book.set.as_str(), number, self.file.as_str()].join(" ")
    }
}

/// Drafts: a page, and how many. Cost: the rows shown; searched or in order of their titles every draft, of which a province
/// has a few in a year.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Draft>, i64)> {
    let by_title = listing.sort == ORDERS[0];
    if listing.search.trim().is_empty() && !by_title {
        return store::paged(tx, COLUMNS, "facts_draft", "id DESC", args![], listing.span(), read).await;
    }
    let sql = format!("SELECT {COLUMNS} FROM facts_draft ORDER BY id DESC");
    let rows = tx.rows(&sql, args![]).await?;
    let mut all = rows.iter().map(read).collect::<Result<Vec<Draft>>>()?;
    if by_title {
        all.sort_by_cached_key(|draft| text::order_key(&draft.entered.book.title_vi));
    }
    Ok(store::few(all, listing, Draft::words))
}

pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Draft>> {
    let sql = format!("SELECT {COLUMNS} FROM facts_draft WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(read).transpose()
}

/// Keeps a set that was entered; its number. It judges nobody yet.
pub async fn keep(tx: &mut WriteTx, file: &str, entered: &Entered) -> Result<i64> {
    let book = &entered.book;
    let id = tx.reserve("facts_draft", "id", 1).await?[0];
    let (now, role, person) = (tx.now(), tx.actor().role.name(), tx.actor().person.map(|p| p.0));
    let sql = "INSERT INTO facts_draft (id, set_id, title, state, version, file, body, drafted_at, drafted_by, drafter)
               VALUES ($1, $2, $3, 'waiting', 1, $4, $5, $6, $7, $8)";
    let body = body(entered);
    tx.execute_one(sql, args![id, &book.set, &book.title_vi, file, &body, now, role, person]).await?;
    let details = json!({"file": file, "set": book.set, "body": body});
    tx.audit(AuditLine { action: "facts.draft", kind: "draft", subject: id.to_string(), unit: None, details }).await?;
    let phrase = Phrase::new("notice-draft-waits").with("title", book.title_vi.as_str());
    let link = format!("/quan-tri/bo-tieu-chi/{id}");
    web::notices::awaits(tx, &format!("draft/{id}"), &[Role::Coordination, Role::CouncilChair], &phrase, &link).await?;
    Ok(id)
}

/// What stands against approving a set: documents in force that do not lie on it, each with what it names in vain. Approved
/// over them, the set would take them away without a word.
fn in_the_way(loose: &[Loose]) -> Option<Problem> {
    let said = |one: &Loose| format!("{} ({})", one.number, one.missing.join(", "));
    let blocking: Vec<String> = loose.iter().filter(|one| one.blocks).map(said).collect();
    let phrase = || Phrase::new("draft-overlays-loose").with("documents", blocking.join("; "));
    (!blocking.is_empty()).then(|| Problem::conflict(phrase(), 409))
}

/// The law with an approved draft, or why it cannot be approved.
async fn approvable(
    tx: &mut WriteTx,
    law: &Law,
    draft: &Draft,
    seen: Option<i64>,
) -> Result<std::result::Result<Library, Problem>> {
    // Another draft of the same set may have been approved meanwhile: this one would take its corrections back unseen.
    if seen.is_some_and(|seen| seen != law.step()) {
        return Ok(Err(Problem::conflict(Phrase::new("law-changed-meanwhile"), 409)));
    }
    // Two drafts may have brought the same measure with different meanings.
    if let Some(id) = setsheet::taken(&draft.entered.measures, law.library()).first() {
        return Ok(Err(Problem::conflict(Phrase::new("draft-measure-taken").with("measure", *id), 409)));
    }
    let today = tx.now().day();
    let (library, loose) = overlays::with_set(tx, law, &draft.entered, today).await?;
    Ok(in_the_way(&loose).map_or(Ok(library), Err))
}

/// A decision on a draft.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The draft's version that was seen.
    pub version: i64,
    /// The step of the law beside which it was seen ([`Law::step`]); `None` where whoever approves does not say.
    pub seen: Option<i64>,
    pub approve: bool,
    pub why: &'a str,
}

/// Approves a draft, or refuses it saying why. Approved, it is law in the next request; the job judges again what it
/// changes. It is not approved beside another law than the one that was seen, nor over documents that would lie on nothing.
pub async fn decide(
    tx: &mut WriteTx,
    law: &Law,
    draft: &Draft,
    decision: Decision<'_>,
) -> Result<std::result::Result<(), Problem>> {
    let Decision { version, seen, approve, why } = decision;
    if draft.version != version || draft.state != State::Waiting {
        return Ok(Err(Problem::conflict(Phrase::new("draft-changed"), 412)));
    }
    if !tx.actor().is_second(draft.drafter) {
        return Ok(Err(Problem::forbidden(Phrase::new("draft-second-person"))));
    }
    if !approve && why.trim().is_empty() {
        return Ok(Err(Problem::input(Phrase::new("overlay-why-missing")).at_field("why")));
    }
    tx.lock("facts.law").await?;
    let law = &law.current(tx).await?;
    let mut library = None;
    if approve {
        match approvable(tx, law, draft, seen).await? {
            Ok(with_it) => library = Some(with_it),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let state = if approve { State::Approved } else { State::Refused };
    let (now, actor) = (tx.now(), tx.actor().role.name());
    let sql = "UPDATE facts_draft SET state = $3, version = version + 1, decided_at = $4, decided_by = $5, why = $6
               WHERE id = $1 AND version = $2 AND state = 'waiting'";
    tx.execute_one(sql, args![draft.id, version, state.name(), now, actor, why.trim()]).await?;
    let details = json!({"set": draft.entered.book.set, "state": state.name(), "why": why.trim()});
    let action = if approve { "facts.draft-approve" } else { "facts.draft-refuse" };
    tx.audit(AuditLine { action, kind: "draft", subject: draft.id.to_string(), unit: None, details }).await?;
    if let Some(library) = library {
        law::register_measures(tx, &library).await?;
        overlays::stepped(tx, law, action, &draft.id.to_string()).await?;
    }
    Ok(Ok(()))
}
