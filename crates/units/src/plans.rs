//! Reorganisations prepared: previewed with all that they would do, approved by a second person, carried out on their day by
//! a job, cancelled before it.
//!
//! A preview is the reorganisation itself, with every room's hook, in a transaction that is given up: it cannot say
//! anything else than what will be done.

use crate::{
    Effect, Merger,
    actions::{self, Refused},
    rules::Reorganisation,
};
use ::store::{AuditLine, Listing, Query, Result, Row, Store, StoreError, WriteTx, args, few, jobs::Work, paged};
use kernel::{Actor, Clock, Day, Moment, PersonId, Phrase, Problem, Role, text};
use locale::Lang;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use web::notices::{self, Kind, Notice, To};

/// The job's name.
pub const JOB: &str = "units.reorganise";
/// A job that failed for good was told to the administrators; so long it is left to them, in microseconds.
const PATIENCE: i64 = 86_400_000_000;

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for approval.
    Prepared,
    /// Waits for its day.
    Approved,
    Done,
    Cancelled,
    /// On its day it no longer fitted; nothing was done.
    Failed,
}

impl State {
    const ALL: [State; 5] = [State::Prepared, State::Approved, State::Done, State::Cancelled, State::Failed];

    pub fn name(self) -> &'static str {
        match self {
            State::Prepared => "prepared",
            State::Approved => "approved",
            State::Done => "done",
            State::Cancelled => "cancelled",
            State::Failed => "failed",
        }
    }

    /// Whether anything may still be decided about it.
    pub fn is_open(self) -> bool {
        matches!(self, State::Prepared | State::Approved)
    }
}

/// A reorganisation that somebody prepared.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub id: i64,
    pub title: String,
    pub plan: Reorganisation,
    pub state: State,
    /// Grows with each decision; a decision names the one it saw.
    pub version: i64,
    pub at: Moment,
    pub by: String,
    pub drafter: Option<PersonId>,
    pub decided_at: Option<Moment>,
    pub decided_by: Option<String>,
    /// Who approved or cancelled it.
    pub decider: Option<PersonId>,
    pub why: Option<String>,
    pub done_at: Option<Moment>,
    /// What the job did, or why it did not: by language.
    pub said: Value,
}

const COLUMNS: &str =
    "id, title, body, state, version, drafted_at, drafted_by, drafter, decided_at, decided_by, why, done_at,
    said, decider";

fn read(row: &Row) -> Result<Plan> {
    let state = row.text(3)?;
    let said = row.opt_text(12)?.map(|text| serde_json::from_str(&text)).transpose()?;
    Ok(Plan {
        id: row.i64(0)?,
        title: row.text(1)?,
        plan: serde_json::from_str(&row.text(2)?)?,
        state: State::ALL
            .into_iter()
            .find(|s| s.name() == state)
            .ok_or_else(|| StoreError::Corrupt("a plan's state".into()))?,
        version: row.i64(4)?,
        at: Moment(row.i64(5)?),
        by: row.text(6)?,
        drafter: row.opt_i64(7)?.map(PersonId),
        decided_at: row.opt_i64(8)?.map(Moment),
        decided_by: row.opt_text(9)?,
        decider: row.opt_i64(13)?.map(PersonId),
        why: row.opt_text(10)?,
        done_at: row.opt_i64(11)?.map(Moment),
        said: said.unwrap_or(Value::Null),
    })
}

/// What a list of plans can be ordered by; else the last prepared first.
pub const ORDERS: [&str; 2] = ["title", "day"];

/// Plans: a page, and how many. Cost: the rows shown; searched or in order of their titles every plan, of which a province has
/// a few in ten years.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Plan>, i64)> {
    let order = if listing.sort == ORDERS[1] { "day DESC, id DESC" } else { "id DESC" };
    let by_title = listing.sort == ORDERS[0];
    if listing.search.trim().is_empty() && !by_title {
        return paged(tx, COLUMNS, "units_plan", order, args![], listing.span(), read).await;
    }
    let rows = tx.rows(&format!("SELECT {COLUMNS} FROM units_plan ORDER BY {order}"), args![]).await?;
    let mut all = rows.iter().map(read).collect::<Result<Vec<Plan>>>()?;
    if by_title {
        all.sort_by_cached_key(|plan| text::order_key(&plan.title));
    }
    Ok(few(all, listing, |plan| format!("{} {}", plan.title, plan.plan.source)))
}

pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Plan>> {
    let sql = format!("SELECT {COLUMNS} FROM units_plan WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(read).transpose()
}

/// What a reorganisation would do: the units, and what every room says it does. Nothing is kept. Cost: as the
/// reorganisation; other writers wait for it on SQLite.
pub async fn preview(
    store: &Store,
    clock: &dyn Clock,
    plan: &Reorganisation,
    effects: &[Effect],
) -> std::result::Result<(Merger, Vec<Phrase>), Refused> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    // Given up with the end of this function, whatever came of it.
    actions::reorganise(&mut tx, plan, effects).await
}

/// The page of a plan.
fn address(id: i64) -> String {
    format!("/quan-tri/sap-xep/{id}")
}

/// Keeps a plan that [`preview`] found to fit; its number.
pub async fn prepare(tx: &mut WriteTx, title: &str, plan: &Reorganisation) -> Result<i64> {
    let id = tx.reserve("units_plan", "id", 1).await?[0];
    let (now, role, person) = (tx.now(), tx.actor().role.name(), tx.actor().person.map(|p| p.0));
    let sql = "INSERT INTO units_plan (id, day, title, body, state, version, drafted_at, drafted_by, drafter)
               VALUES ($1, $2, $3, $4, 'prepared', 1, $5, $6, $7)";
    tx.execute_one(sql, args![id, plan.day, title, serde_json::to_string(plan)?, now, role, person]).await?;
    let details = json!({"title": title, "plan": plan});
    let subject = id.to_string();
    tx.audit(AuditLine { action: "units.plan", kind: "reorganisation", subject, unit: None, details }).await?;
    let phrase = Phrase::new("notice-plan-waits").with("title", title);
    let to = [Role::Coordination, Role::CouncilChair];
    notices::awaits(tx, &format!("plan/{id}"), &to, &phrase, &address(id)).await?;
    Ok(id)
}

/// What is decided about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Cancel,
}

/// Approves a plan, whose job then waits for its day, or cancels it saying why. `version`: the one that was seen.
pub async fn decide(
    tx: &mut WriteTx,
    plan: &Plan,
    version: i64,
    decision: Decision,
    why: &str,
) -> Result<std::result::Result<(), Problem>> {
    let fits = match decision {
        Decision::Approve => plan.state == State::Prepared,
        Decision::Cancel => plan.state.is_open(),
    };
    if plan.version != version || !fits {
        return Ok(Err(Problem::conflict(Phrase::new("plan-changed"), 412)));
    }
    if decision == Decision::Approve && !tx.actor().is_second(plan.drafter) {
        return Ok(Err(Problem::forbidden(Phrase::new("plan-second-person"))));
    }
    if decision == Decision::Cancel && why.trim().is_empty() {
        return Ok(Err(Problem::input(Phrase::new("plan-why-missing")).at_field("why")));
    }
    let (state, action) = match decision {
        Decision::Approve => (State::Approved, "units.plan-approve"),
        Decision::Cancel => (State::Cancelled, "units.plan-cancel"),
    };
    let (now, actor, person) = (tx.now(), tx.actor().role.name(), tx.actor().person.map(|p| p.0));
    let sql =
        "UPDATE units_plan SET state = $4, version = version + 1, decided_at = $5, decided_by = $6, why = $7, decider = $8
               WHERE id = $1 AND version = $2 AND state = $3";
    let given = args![plan.id, version, plan.state.name(), state.name(), now, actor, why.trim(), person];
    tx.execute_one(sql, given).await?;
    let details = json!({"day": plan.plan.day, "state": state.name(), "why": why.trim()});
    let subject = plan.id.to_string();
    tx.audit(AuditLine { action, kind: "reorganisation", subject, unit: None, details }).await?;
    if decision == Decision::Approve {
        enqueue(tx, plan.id, plan.plan.day).await?;
    }
    Ok(Ok(()))
}

/// Queues the job of an approved plan for its day. Cost: a row.
async fn enqueue(tx: &mut WriteTx, id: i64, day: Day) -> Result<()> {
    let (key, due) = (format!("{JOB} {id}"), day.begins().max(tx.now()));
    tx.enqueue_at(JOB, Some(&key), &json!({"plan": id}), due).await.map(drop)
}

/// Approved plans that have no job, each with its day: it was cancelled by hand, or lost. One that failed for good is left to
/// the administrators for a day. Cost: the approved plans.
async fn without_job(tx: &mut impl Query, clock: &dyn Clock) -> Result<Vec<(i64, Day)>> {
    let sql = "SELECT p.id, p.day FROM units_plan p WHERE p.state = 'approved' AND NOT EXISTS
               (SELECT 1 FROM store_job j WHERE j.key = $1 || CAST(p.id AS TEXT)
                AND (j.state IN ('waiting', 'running') OR (j.state = 'failed' AND j.ended_at > $2))) ORDER BY p.id";
    let rows = tx.rows(sql, args![format!("{JOB} "), clock.now().0 - PATIENCE]).await?;
    rows.iter().map(|row| Ok((row.i64(0)?, Day::from_epoch_days(row.i64(1)?)))).collect()
}

/// Queues approved plans again that have no job; whether there was any. Cost: as [`without_job`], a row each.
pub async fn tend(store: &Store, clock: &dyn Clock) -> Result<bool> {
    // Looking does not stand in writers' way.
    if without_job(&mut store.read(&Actor::SYSTEM.scope()).await?, clock).await?.is_empty() {
        return Ok(false);
    }
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let left = without_job(&mut tx, clock).await?;
    for &(id, day) in &left {
        enqueue(&mut tx, id, day).await?;
    }
    tx.commit().await?;
    Ok(!left.is_empty())
}

/// Carries out an approved plan on its day; what was cancelled meanwhile is left alone. Where it no longer fits, nothing is
/// done, and the plan says why. Either is told. Run before its day, as by hand, it waits for it anew. All in one transaction.
pub async fn run(work: Work, effects: &[Effect]) -> Result<()> {
    let id = work.job.payload["plan"].as_i64().unwrap_or(0);
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    let Some(plan) = get(&mut tx, id).await? else { return Ok(()) };
    if plan.state != State::Approved {
        return Ok(());
    }
    if work.clock.today() < plan.plan.day {
        enqueue(&mut tx, id, plan.plan.day).await?;
        return tx.commit().await;
    }
    let (state, phrases) = match actions::reorganise(&mut tx, &plan.plan, effects).await {
        Ok((_, said)) => (State::Done, said),
        Err(Refused::Problems(problems)) => (State::Failed, problems.into_iter().map(|p| p.phrase).collect()),
        Err(Refused::Changed(overtaken)) => (State::Failed, vec![overtaken.problem.phrase]),
        Err(Refused::Store(error)) => return Err(error),
    };
    let words = |lang| phrases.iter().map(|phrase| locale::say(lang, phrase)).collect::<Vec<_>>();
    let said = json!({"vi": words(Lang::Vi), "en": words(Lang::En)});
    let sql = "UPDATE units_plan SET state = $2, version = version + 1, done_at = $3, said = $4
               WHERE id = $1 AND state = 'approved'";
    tx.execute_one(sql, args![id, state.name(), tx.now(), said.to_string()]).await?;
    let details = json!({"state": state.name(), "said": said});
    let subject = id.to_string();
    tx.audit(AuditLine { action: "units.plan-done", kind: "reorganisation", subject, unit: None, details }).await?;
    let phrase = match state {
        State::Done => Phrase::new("notice-plan-done"),
        _ => Phrase::new("notice-plan-failed").both("why", words(Lang::Vi).join(" "), words(Lang::En).join(" ")),
    };
    tell(&mut tx, &plan, &phrase.with("title", plan.title.as_str()).with("day", plan.plan.day)).await?;
    tx.commit().await
}

/// Tells what became of a plan: whoever prepared it, whoever approved it, the coordination office. Cost: two rows each.
async fn tell(tx: &mut WriteTx, plan: &Plan, phrase: &Phrase) -> Result<()> {
    // A plan comes to its end once.
    let people: BTreeSet<i64> = [plan.drafter, plan.decider].into_iter().flatten().map(|person| person.0).collect();
    let people = people.into_iter().map(|person| (To::Person(PersonId(person)), person.to_string()));
    let office = (To::Role(Role::Coordination), Role::Coordination.name().to_owned());
    for (to, name) in people.chain([office]) {
        let (key, phrase, link) = (format!("plan-ended/{}/{name}", plan.id), phrase.clone(), address(plan.id));
        notices::tell(tx, &Notice { to, kind: Kind::Decision, key, phrase, link, unit: None }).await?;
    }
    Ok(())
}

/// Whether a plan's day has come before anybody approved it.
pub fn is_late(plan: &Plan, today: Day) -> bool {
    plan.state == State::Prepared && plan.plan.day <= today
}
