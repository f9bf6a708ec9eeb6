//! Webhooks: what happened is kept in the transaction of its cause, where anybody wants to hear of it, and told to programs
//! elsewhere by calls that are signed and tried again (`operations` makes them).
//!
//! What is told names a thing by its address: never what a reader wrote, nor who did something.

use super::CALL;
use kernel::{Moment, PersonId, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{AuditLine, Listing, Query, Result, Row, WriteTx, args, secrets::SecretKey};

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Figures of a unit and year were made public.
    Published,
    /// Somebody told of a mistake; its number and the page.
    Reported,
    /// Such a report was answered.
    Answered,
}

impl Event {
    pub const ALL: [Event; 3] = [Event::Published, Event::Reported, Event::Answered];

    /// The `type` of a call; `hook-event-…` says it, with a hyphen for the point.
    pub fn name(self) -> &'static str {
        match self {
            Event::Published => "figures.published",
            Event::Reported => "report.told",
            Event::Answered => "report.answered",
        }
    }

    pub fn from_name(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// The `type` of a call by which somebody tries whether calls get through.
pub const TRIAL: &str = "webhook.trial";

/// After so many calls in vain (about two days) an event is given up.
pub const MOST_TRIES: i64 = 10;
/// How long the old secret of an address is signed by beside the new one: a day, in microseconds.
pub const OVERLAP: i64 = 86_400_000_000;
/// An address at which so long every call failed is called no more.
const LONG: i64 = 5 * 86_400_000_000;
const MINUTE: i64 = 60_000_000;

/// When a call is made again, after so many.
fn patience(tries: i64) -> i64 {
    const MINUTES: [i64; 9] = [1, 5, 30, 120, 300, 600, 600, 600, 600];
    let at = usize::try_from(tries - 1).unwrap_or(0).min(MINUTES.len() - 1);
    MINUTES[at] * MINUTE
}

/// Keeps what happened, where anybody wants to hear of it. Cost: one row, two where somebody does.
pub async fn happened(tx: &mut WriteTx, event: Event, data: &Value) -> Result<()> {
    let wanted =
        "SELECT 1 FROM web_webhook WHERE state = 'on' AND ' ' || events || ' ' LIKE '% ' || $1 || ' %' LIMIT 1";
    if tx.row(wanted, args![event.name()]).await?.is_none() {
        return Ok(());
    }
    keep(tx, event.name(), data, None).await
}

async fn keep(tx: &mut WriteTx, event: &str, data: &Value, hook: Option<i64>) -> Result<()> {
    let number = format!("msg_{}", uuid::Uuid::new_v4().simple());
    let sql = "INSERT INTO web_event (number, at, event, data, hook, spread) VALUES ($1, $2, $3, $4, $5, 0)";
    tx.execute_one(sql, args![number, tx.now(), event, data.to_string(), hook]).await?;
    tx.enqueue_once(CALL).await
}

/// Somebody elsewhere who wants to hear of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    pub id: i64,
    pub name: String,
    pub url: String,
    pub events: Vec<String>,
    /// `on`; `off` by hand; `failed`: every call failed for days; `gone`: deleted, its history stays until it is forgotten.
    pub state: String,
    pub made_at: Moment,
    pub failing_since: Option<Moment>,
    /// Until when calls are signed by the secret before, too.
    pub old_until: Option<Moment>,
}

const HOOK: &str = "id, name, url, events, state, made_at, failing_since, old_until";

fn hook(row: &Row) -> Result<Hook> {
    Ok(Hook {
        id: row.i64(0)?,
        name: row.text(1)?,
        url: row.text(2)?,
        events: row.text(3)?.split(' ').map(str::to_owned).collect(),
        state: row.text(4)?,
        made_at: Moment(row.i64(5)?),
        failing_since: row.opt_i64(6)?.map(Moment),
        old_until: row.opt_i64(7)?.map(Moment),
    })
}

async fn line(tx: &mut WriteTx, action: &'static str, id: i64, details: Value) -> Result<()> {
    tx.audit(AuditLine { action, kind: "webhook", subject: id.to_string(), unit: None, details }).await
}

/// A new address, with the secret that its owner was shown: kept sealed, since each call is signed by it. Cost: three rows.
pub async fn add(
    tx: &mut WriteTx,
    key: &SecretKey,
    name: &str,
    url: &str,
    events: &[Event],
    secret: &[u8; 32],
) -> Result<i64> {
    let events: Vec<&str> = events.iter().map(|event| event.name()).collect();
    let by = tx.actor().person.map(|person: PersonId| person.0);
    let sql = "INSERT INTO web_webhook (name, url, events, sealed, state, made_at, made_by, search)
               VALUES ($1, $2, $3, $4, 'on', $5, $6, $7) RETURNING id";
    let search = text::search_key(&format!("{name} {url}"));
    let row = tx.row(sql, args![name, url, events.join(" "), key.seal(secret), tx.now(), by, search]).await?;
    let id = row.map_or(Ok(0), |row| row.i64(0))?;
    line(tx, "web.webhook-add", id, json!({"name": name, "url": url, "events": events})).await?;
    Ok(id)
}

/// Turns calls to an address on or off; false where there is none. Cost: three rows.
pub async fn switch(tx: &mut WriteTx, id: i64, on: bool) -> Result<bool> {
    let state = if on { "on" } else { "off" };
    let sql = "UPDATE web_webhook SET state = $2, failing_since = NULL WHERE id = $1 AND state <> 'gone'";
    let there = tx.execute(sql, args![id, state]).await? == 1;
    if there {
        line(tx, "web.webhook-switch", id, json!({"state": state})).await?;
        tx.enqueue_once(CALL).await?;
    }
    Ok(there)
}

/// Gives an address a new secret: for [`OVERLAP`] calls are signed by the old one, too, so that its owner changes it without
/// missing one. Where one was changed in that time already, the oldest counts no more. Until when the old one counts; `None`
/// where there is no such address. Cost: two rows.
pub async fn change_secret(tx: &mut WriteTx, key: &SecretKey, id: i64, secret: &[u8; 32]) -> Result<Option<Moment>> {
    let until = Moment(tx.now().0 + OVERLAP);
    let sql =
        "UPDATE web_webhook SET old_sealed = sealed, old_until = $3, sealed = $2 WHERE id = $1 AND state <> 'gone'";
    if tx.execute(sql, args![id, key.seal(secret), until]).await? != 1 {
        return Ok(None);
    }
    line(tx, "web.webhook-secret", id, json!({"old_until": until.rfc3339()})).await?;
    Ok(Some(until))
}

/// Deletes an address: it is called no more, its secrets are gone, what waited is given up. How its calls went stays as long
/// as they are kept (`retention.toml`), then it is forgotten. False where there is none. Cost: its calls that wait, two rows.
pub async fn delete(tx: &mut WriteTx, id: i64) -> Result<bool> {
    let sql =
        "UPDATE web_webhook SET state = 'gone', sealed = '', old_sealed = NULL, old_until = NULL, failing_since = NULL
               WHERE id = $1 AND state <> 'gone'";
    if tx.execute(sql, args![id]).await? != 1 {
        return Ok(false);
    }
    let sql =
        "UPDATE web_call SET state = 'dead', ended_at = $2, problem = 'deleted' WHERE hook = $1 AND state = 'waiting'";
    let given_up = tx.execute(sql, args![id, tx.now()]).await?;
    line(tx, "web.webhook-delete", id, json!({"given_up": given_up})).await?;
    Ok(true)
}

/// Queues a call on trial; false where there is no such address, or it is off. Cost: five rows.
pub async fn trial(tx: &mut WriteTx, id: i64) -> Result<bool> {
    if get(tx, id).await?.is_none_or(|hook| hook.state != "on") {
        return Ok(false);
    }
    keep(tx, TRIAL, &json!({"webhook": id}), Some(id)).await?;
    line(tx, "web.webhook-trial", id, json!({})).await?;
    Ok(true)
}

/// An address. Cost: one row.
pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Hook>> {
    let sql = format!("SELECT {HOOK} FROM web_webhook WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(hook).transpose()
}

/// A page of the addresses, and how many there are, deleted ones only where their state is asked for; searched by name and address, ordered by `oldest` or `name`, the newest
/// first otherwise. Cost: the addresses; one page returned.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Hook>, i64)> {
    let order = match listing.sort.as_str() {
        "oldest" => "id",
        "name" => "name, id",
        _ => "id DESC",
    };
    let from =
        "web_webhook WHERE (state = $1 OR ($1 = '' AND state <> 'gone')) AND ($2 = '' OR search LIKE '%' || $2 || '%')";
    store::paged(tx, HOOK, from, order, args![listing.state.as_str(), listing.key()], listing.span(), hook).await
}

/// How a call went.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub id: i64,
    pub number: String,
    pub event: String,
    pub at: Moment,
    /// `waiting`, `sent`, `dead`.
    pub state: String,
    pub tries: i64,
    pub due_at: Moment,
    pub ended_at: Option<Moment>,
    pub problem: Option<String>,
}

/// A page of the calls to an address, and how many there are; searched by event or number. Cost: its calls.
pub async fn deliveries(tx: &mut impl Query, id: i64, listing: &Listing) -> Result<(Vec<Delivery>, i64)> {
    let order = if listing.sort == "oldest" { "c.id" } else { "c.id DESC" };
    let columns = "c.id, e.number, e.event, e.at, c.state, c.tries, c.due_at, c.ended_at, c.problem";
    let from = "web_call c JOIN web_event e ON e.id = c.event
                WHERE c.hook = $1 AND ($2 = '' OR c.state = $2) AND ($3 = '' OR e.event LIKE '%' || $3 || '%' OR e.number = $3)";
    let given = args![id, listing.state.as_str(), listing.search.trim().replace(['%'], "")];
    let read = |row: &Row| {
        Ok(Delivery {
            id: row.i64(0)?,
            number: row.text(1)?,
            event: row.text(2)?,
            at: Moment(row.i64(3)?),
            state: row.text(4)?,
            tries: row.i64(5)?,
            due_at: Moment(row.i64(6)?),
            ended_at: row.opt_i64(7)?.map(Moment),
            problem: row.opt_text(8)?,
        })
    };
    store::paged(tx, columns, from, order, given, listing.span(), read).await
}

/// Makes calls of what happened, one for each address that wants to hear of it. Cost: the events that wait, the addresses.
pub async fn spread(tx: &mut WriteTx) -> Result<()> {
    tx.lock("web_event").await?;
    let hooks = tx.rows(&format!("SELECT {HOOK} FROM web_webhook WHERE state = 'on'"), args![]).await?;
    let hooks: Vec<Hook> = hooks.iter().map(hook).collect::<Result<_>>()?;
    let events = tx.rows("UPDATE web_event SET spread = 1 WHERE spread = 0 RETURNING id, event, hook", args![]).await?;
    let (mut calls, now) = (Vec::new(), tx.now());
    for row in &events {
        let (id, event, of) = (row.i64(0)?, row.text(1)?, row.opt_i64(2)?);
        let wants = |hook: &&Hook| of.map_or(hook.events.contains(&event), |of| of == hook.id);
        calls.extend(hooks.iter().filter(wants).map(|hook| args![hook.id, id, "waiting", 0_i64, now]));
    }
    tx.insert_many("web_call", &["hook", "event", "state", "tries", "due_at"], calls.into_iter()).await.map(drop)
}

/// A call that is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: i64,
    pub hook: i64,
    pub url: String,
    /// The address's secret, and the one before while it counts; none where they were sealed by another key.
    pub secrets: Vec<[u8; 32]>,
    pub number: String,
    pub body: String,
    pub tries: i64,
    pub name: String,
}

/// The calls to be made at a moment, `$1`: those to addresses that are on.
const ARE_DUE: &str =
    "web_call c JOIN web_webhook h ON h.id = c.hook AND h.state = 'on' JOIN web_event e ON e.id = c.event
                       WHERE c.state = 'waiting' AND c.due_at <= $1";

/// The calls that are due to addresses that are on, but for those of `without`, the longest first: the number of each, and of
/// its address. Cost: at most `limit` rows.
pub async fn due(tx: &mut impl Query, now: Moment, without: &BTreeSet<i64>, limit: i64) -> Result<Vec<(i64, i64)>> {
    // Numbers of our own, never text of a user.
    let without: Vec<String> = without.iter().map(i64::to_string).chain(["0".to_owned()]).collect();
    let sql = format!(
        "SELECT c.id, c.hook FROM {ARE_DUE} AND c.hook NOT IN ({}) ORDER BY c.due_at, c.id LIMIT $2",
        without.join(",")
    );
    tx.rows(&sql, args![now, limit]).await?.iter().map(|row| Ok((row.i64(0)?, row.i64(1)?))).collect()
}

/// A call as it is just before it is made; `None` where it is not due any more: its address was deleted or turned off while those
/// before it were made. Cost: three rows.
pub async fn open(tx: &mut impl Query, key: &SecretKey, now: Moment, id: i64) -> Result<Option<Due>> {
    let sql = format!(
        "SELECT c.id, c.hook, h.url, h.sealed, e.number, e.event, e.at, e.data, c.tries, h.name,
                CASE WHEN h.old_until > $1 THEN h.old_sealed ELSE NULL END
         FROM {ARE_DUE} AND c.id = $2"
    );
    let secret = |sealed: &str| key.open(sealed).and_then(|bytes| bytes.try_into().ok());
    let read = |row: &Row| {
        let data: Value = serde_json::from_str(&row.text(7)?)?;
        let body = json!({"type": row.text(5)?, "timestamp": Moment(row.i64(6)?).rfc3339(), "data": data});
        Ok(Due {
            id: row.i64(0)?,
            hook: row.i64(1)?,
            url: row.text(2)?,
            secrets: [Some(row.text(3)?), row.opt_text(10)?].into_iter().flatten().filter_map(|s| secret(&s)).collect(),
            number: row.text(4)?,
            body: body.to_string(),
            tries: row.i64(8)?,
            name: row.text(9)?,
        })
    };
    tx.row(&sql, args![now, id]).await?.as_ref().map(read).transpose()
}

/// When the next call to an address that is on is due; `None` where none waits. Cost: the calls that wait.
pub async fn next_due(tx: &mut impl Query) -> Result<Option<Moment>> {
    let sql = "SELECT MIN(c.due_at) FROM web_call c JOIN web_webhook h ON h.id = c.hook AND h.state = 'on'
               WHERE c.state = 'waiting'";
    Ok(tx.row(sql, args![]).await?.map_or(Ok(None), |row| row.opt_i64(0))?.map(Moment))
}

/// A call was taken. Where its address was deleted while it was being made, it got there all the same, and its history says so.
/// Cost: two rows.
pub async fn sent(tx: &mut WriteTx, due: &Due) -> Result<()> {
    let sql = "UPDATE web_call SET state = 'sent', tries = tries + 1, ended_at = $2, problem = NULL
               WHERE id = $1 AND state <> 'sent'";
    tx.execute(sql, args![due.id, tx.now()]).await?;
    let sql = "UPDATE web_webhook SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";
    tx.execute(sql, args![due.hook]).await.map(drop)
}

/// A call came to nothing: again later, or given up. True where every call to the address failed so long that it is called no
/// more. A call that ended meanwhile stays as it ended, and says nothing of its address. Cost: three rows.
pub async fn failed(tx: &mut WriteTx, due: &Due, problem: &str) -> Result<bool> {
    let tries = due.tries + 1;
    let (state, ended) = if tries >= MOST_TRIES { ("dead", Some(tx.now())) } else { ("waiting", None) };
    let problem: String = problem.chars().filter(|c| !c.is_control()).take(300).collect();
    let again = Moment(tx.now().0 + patience(tries));
    let sql = "UPDATE web_call SET state = $2, tries = $3, due_at = $4, ended_at = $5, problem = $6 WHERE id = $1 AND state = 'waiting'";
    if tx.execute(sql, args![due.id, state, tries, again, ended, problem]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE web_webhook SET failing_since = COALESCE(failing_since, $2) WHERE id = $1 AND state = 'on'";
    tx.execute(sql, args![due.hook, tx.now()]).await?;
    let sql = "UPDATE web_webhook SET state = 'failed' WHERE id = $1 AND state = 'on' AND failing_since <= $2";
    Ok(tx.execute(sql, args![due.hook, tx.now().0 - LONG]).await? == 1)
}

/// Makes a call again that was given up, by hand; false where it was not. Cost: four rows.
pub async fn retry(tx: &mut WriteTx, hook: i64, id: i64) -> Result<bool> {
    let sql = "UPDATE web_call SET state = 'waiting', tries = 0, due_at = $3, ended_at = NULL
               WHERE id = $1 AND hook = $2 AND state = 'dead'
               AND hook IN (SELECT id FROM web_webhook WHERE state <> 'gone')";
    let there = tx.execute(sql, args![id, hook, tx.now()]).await? == 1;
    if there {
        line(tx, "web.webhook-retry", hook, json!({"call": id})).await?;
        tx.enqueue_once(CALL).await?;
    }
    Ok(there)
}
