//! A return sent on by this installation itself: who elsewhere takes returns, what was sent to whom, and the job that sends it: the same
//! snapshot under the same key however often it is tried, and no network within a transaction.

use super::{Return, State, close, dhis2, get};
use ::store::{
    AuditLine, Listing, Query, Result, Row, StoreError, WriteTx, args,
    attachments::{Attachment, Attachments},
    jobs::{MOST_TRIES, Registry, Work},
    paged,
    secrets::{Sealed, SecretKey},
};
use bytes::Bytes;
use caller::{Answered, Caller, Failed, Parcel};
use facts::{
    Law,
    dhis2::{Scheme, export},
};
use futures::{StreamExt, stream};
use kernel::{Moment, UnitId, text};
use ledger::{leaf, proof};
use serde_json::json;
use std::sync::Arc;
use web::{People, behalf};

/// The job's name.
pub const JOB: &str = "reporting.push";
/// Access tokens of other installations, each sealed by the key of the data folder: they are shown to nobody again.
pub const SEALED: &[Sealed] = &[Sealed { table: "reporting_receiver", column: "sealed" }];
/// Characters of an answer that are kept.
const KEPT: usize = 4_000;

/// What another installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Takes the snapshot itself, with its proof.
    Langso,
    /// Takes data values, units and measures by their codes.
    Dhis2,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Langso, Kind::Dhis2];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Langso => "langso",
            Kind::Dhis2 => "dhis2",
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What is added to an installation's address.
    fn door(self) -> &'static str {
        match self {
            Kind::Langso => "/api/v1/returns",
            Kind::Dhis2 => "/api/dataValueSets?idScheme=CODE",
        }
    }

    /// How it is told who sends.
    fn scheme(self) -> &'static str {
        match self {
            Kind::Langso => "Bearer",
            Kind::Dhis2 => "ApiToken",
        }
    }
}

/// An installation elsewhere that takes returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub id: i64,
    pub name: String,
    pub kind: Kind,
    /// Where it begins, without a last stroke.
    pub url: String,
    /// Whether it is asked to publish what it takes; a DHIS2 knows no such thing.
    pub publish: bool,
    pub made_at: Moment,
}

const RECEIVER: &str = "id, name, kind, url, publish, made_at";

fn receiver(row: &Row) -> Result<Receiver> {
    let kind = row.text(2)?;
    Ok(Receiver {
        id: row.i64(0)?,
        name: row.text(1)?,
        kind: Kind::from_name(&kind).ok_or(StoreError::Corrupt(kind))?,
        url: row.text(3)?,
        publish: row.flag(4)?,
        made_at: Moment(row.i64(5)?),
    })
}

/// A page of the receivers, and how many there are; by name, or the newest first (`new`). Cost: the receivers.
pub async fn receivers(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Receiver>, i64)> {
    let order = if listing.sort == "new" { "id DESC" } else { "search, id" };
    let from = "reporting_receiver WHERE state = 'on' AND ($1 = '' OR search LIKE '%' || $1 || '%')";
    paged(tx, RECEIVER, from, order, args![listing.key()], listing.span(), receiver).await
}

async fn line(tx: &mut WriteTx, action: &'static str, home: UnitId, id: i64, details: serde_json::Value) -> Result<()> {
    tx.audit(AuditLine { action, kind: "receiver", subject: id.to_string(), unit: Some(home), details }).await
}

/// Keeps a new receiver with the token that lets us in there. Cost: two rows.
pub async fn add(tx: &mut WriteTx, key: &SecretKey, home: UnitId, new: &Receiver, token: &str) -> Result<i64> {
    let id = tx.reserve("reporting_receiver", "id", 1).await?[0];
    let sql = "INSERT INTO reporting_receiver (id, name, search, kind, url, sealed, publish, state, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'on', $8)";
    let search = text::search_key(&format!("{} {}", new.name, new.url));
    let (kind, sealed, at) = (new.kind.name(), key.seal(token.as_bytes()), tx.now());
    let publish = i64::from(new.publish);
    tx.execute_one(sql, args![id, new.name.as_str(), search, kind, new.url.as_str(), sealed, publish, at]).await?;
    let details = json!({"name": new.name, "kind": kind, "url": new.url, "publish": new.publish});
    line(tx, "reporting.receiver-add", home, id, details).await?;
    Ok(id)
}

/// Takes a receiver off the list and forgets its token; what was sent to it stays. False where there is none. Cost: two rows.
pub async fn remove(tx: &mut WriteTx, home: UnitId, id: i64) -> Result<bool> {
    let sql = "UPDATE reporting_receiver SET state = 'gone', sealed = '' WHERE id = $1 AND state = 'on'";
    let there = tx.execute(sql, args![id]).await? == 1;
    if there {
        line(tx, "reporting.receiver-remove", home, id, json!({})).await?;
    }
    Ok(there)
}

/// How a sending stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It is sent, or sent again.
    Waiting,
    /// It was taken.
    Taken,
    /// It was answered with a refusal: sending it again would change nothing.
    Refused,
    /// Nobody answered, however often it was tried.
    Failed,
}

impl Course {
    const ALL: [Course; 4] = [Course::Waiting, Course::Taken, Course::Refused, Course::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Course::Waiting => "waiting",
            Course::Taken => "taken",
            Course::Refused => "refused",
            Course::Failed => "failed",
        }
    }
}

/// A return sent to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub id: i64,
    pub of: i64,
    pub receiver: i64,
    /// What the receiver is called.
    pub name: String,
    /// Under which its answer is the same however often it is asked.
    key: String,
    pub course: Course,
    pub tries: i64,
    /// What was answered last, where anything was.
    pub status: Option<i64>,
    /// The beginning of that answer, or why there was none.
    pub answer: String,
    pub asked_at: Moment,
    pub ended_at: Option<Moment>,
}

const PUSH: &str =
    "p.id, p.return_id, p.receiver, r.name, p.key, p.state, p.tries, p.status, p.answer, p.asked_at, p.ended_at
                    FROM reporting_push p JOIN reporting_receiver r ON r.id = p.receiver";

fn push(row: &Row) -> Result<Push> {
    let name = row.text(5)?;
    let course = Course::ALL.into_iter().find(|course| course.name() == name).ok_or(StoreError::Corrupt(name))?;
    Ok(Push {
        id: row.i64(0)?,
        of: row.i64(1)?,
        receiver: row.i64(2)?,
        name: row.text(3)?,
        key: row.text(4)?,
        course,
        tries: row.i64(6)?,
        status: row.opt_i64(7)?,
        answer: row.text(8)?,
        asked_at: Moment(row.i64(9)?),
        ended_at: row.opt_i64(10)?.map(Moment),
    })
}

/// To whom a return was sent, the last first, a hundred at most. Cost: those.
pub async fn of_return(tx: &mut impl Query, id: i64) -> Result<Vec<Push>> {
    let sql = format!("SELECT {PUSH} WHERE p.return_id = $1 ORDER BY p.id DESC LIMIT 100");
    tx.rows(&sql, args![id]).await?.iter().map(push).collect()
}

async fn find(tx: &mut impl Query, id: i64) -> Result<Option<Push>> {
    tx.row(&format!("SELECT {PUSH} WHERE p.id = $1"), args![id]).await?.as_ref().map(push).transpose()
}

/// Sends a return to a receiver: the job is queued in the same transaction. `None` where there is no such receiver. Cost: four rows.
pub async fn ask(tx: &mut WriteTx, one: &Return, receiver: i64) -> Result<Option<i64>> {
    tx.reach(&[(one.province, rulebook::values::year_end(one.year))]).await?;
    let there = "SELECT 1 FROM reporting_receiver WHERE id = $1 AND state = 'on'";
    if tx.row(there, args![receiver]).await?.is_none() {
        return Ok(None);
    }
    let id = tx.reserve("reporting_push", "id", 1).await?[0];
    let sql = "INSERT INTO reporting_push (id, return_id, receiver, key, state, tries, answer, asked_at)
               VALUES ($1, $2, $3, $4, 'waiting', 0, '', $5)";
    let (key, at) = (uuid::Uuid::new_v4().to_string(), tx.now());
    tx.execute_one(sql, args![id, one.id, receiver, key, at]).await?;
    let payload = behalf::asked_by(tx, json!({"push": id}));
    tx.enqueue(JOB, Some(&format!("{JOB} {id}")), &payload).await?;
    line(tx, "reporting.push", one.province, receiver, json!({"return": one.id, "year": one.year, "push": id})).await?;
    Ok(Some(id))
}

/// What the job needs.
pub(crate) struct Means {
    pub law: Arc<Law>,
    pub people: Arc<dyn People>,
    pub files: Arc<Attachments>,
    pub caller: Arc<Caller>,
    pub key: Arc<SecretKey>,
}

/// Adds the job's function.
pub(crate) fn register(registry: &mut Registry, means: Means) {
    let means = Arc::new(means);
    registry.add_slow(JOB, move |work| {
        let means = means.clone();
        async move { run(work, &means).await }
    });
}

/// Sends what waits. An error is why it has to be tried again.
async fn run(work: Work, means: &Means) -> std::result::Result<(), String> {
    let said = |error: StoreError| error.to_string();
    let mut tx = work.store.read(&kernel::Actor::SYSTEM.scope()).await.map_err(said)?;
    let id = work.job.payload["push"].as_i64().unwrap_or(0);
    let Some(push) = find(&mut tx, id).await.map_err(said)? else { return Ok(()) };
    let Some(one) = get(&mut tx, push.of).await.map_err(said)? else { return Ok(()) };
    drop(tx);
    if matches!(push.course, Course::Taken | Course::Refused) || one.state != State::Done {
        return Ok(());
    }
    if behalf::asker(&work, &*means.people, ("close", "years")).await.map_err(said)?.is_none() {
        return ended(&work, &one, &push, Course::Refused, None, "no longer in office").await.map_err(said);
    }
    let Some(parcel) = parcel(&work, means, &one, &push).await.map_err(said)? else {
        return ended(&work, &one, &push, Course::Refused, None, "no token for it").await.map_err(said);
    };
    let last = work.job.tries + 1 >= MOST_TRIES;
    let (course, status, answer) = match means.caller.deliver(parcel).await {
        Ok(Answered { status, text }) if (200..300).contains(&status) => (Course::Taken, Some(status), text),
        // It is asked to come again, or does not know itself what happened.
        Ok(Answered { status, text }) if matches!(status, 408 | 425 | 429 | 500..) => (later(last), Some(status), text),
        Ok(Answered { status, text }) => (Course::Refused, Some(status), text),
        Err(error @ Failed::Wrong(_)) => (Course::Refused, None, error.to_string()),
        Err(error) => (later(last), None, error.to_string()),
    };
    ended(&work, &one, &push, course, status, &answer).await.map_err(said)?;
    match course {
        Course::Taken | Course::Refused => Ok(()),
        Course::Waiting | Course::Failed => Err(status.map_or(answer, |status| format!("answered {status}"))),
    }
}

fn later(last: bool) -> Course {
    if last { Course::Failed } else { Course::Waiting }
}

/// Notes how a try went. Where the program ends before, it is made again under the same key.
async fn ended(
    work: &Work,
    one: &Return,
    push: &Push,
    course: Course,
    status: Option<u16>,
    answer: &str,
) -> Result<()> {
    let mut tx = work.store.write(&kernel::Actor::SYSTEM, &*work.clock).await?;
    let kept: String = answer.chars().filter(|c| *c != '\0').take(KEPT).collect();
    let at = (course != Course::Waiting).then(|| tx.now().0);
    let sql = "UPDATE reporting_push SET state = $2, tries = tries + 1, status = $3, answer = $4, ended_at = $5 WHERE id = $1";
    tx.execute_one(sql, args![push.id, course.name(), status.map(i64::from), kept, at]).await?;
    if course != Course::Waiting {
        let details = json!({"return": one.id, "push": push.id, "course": course.name(), "status": status});
        line(&mut tx, "reporting.pushed", one.province, push.receiver, details).await?;
    }
    tx.commit().await
}

/// The token and the address; `None` where the receiver was taken off the list, or its token is sealed by another key.
async fn door(tx: &mut impl Query, key: &SecretKey, id: i64) -> Result<Option<(Receiver, String)>> {
    let sql = format!("SELECT {RECEIVER}, sealed FROM reporting_receiver WHERE id = $1 AND state = 'on'");
    let Some(row) = tx.row(&sql, args![id]).await? else { return Ok(None) };
    let token = key.open(&row.text(6)?).and_then(|bytes| String::from_utf8(bytes).ok());
    token.map(|token| receiver(&row).map(|one| (one, token))).transpose()
}

async fn parcel(work: &Work, means: &Means, one: &Return, push: &Push) -> Result<Option<Parcel>> {
    let mut tx = work.store.read(&kernel::Actor::SYSTEM.scope()).await?;
    let Some((to, token)) = door(&mut tx, &means.key, push.receiver).await? else { return Ok(None) };
    let Attachment { name, blob, .. } = one.file(&mut tx).await?;
    let proof = match leaf::newest(&mut tx, "return", &close::subject(one)).await? {
        Some(leaf) => proof::of(&mut tx, &leaf).await.map_err(|error| StoreError::Corrupt(error.to_string()))?,
        None => None,
    };
    drop(tx);
    let content = means.files.get(&blob).await?;
    let mut parcel = Parcel {
        url: format!("{}{}", to.url, to.kind.door()),
        authorization: format!("{} {token}", to.kind.scheme()),
        media_type: "application/json".to_owned(),
        key: push.key.clone(),
        size: 0,
        bytes: Box::pin(stream::empty()),
    };
    match to.kind {
        Kind::Langso => {
            parcel.url.push_str(if to.publish { "?publish=true" } else { "?publish=false" });
            let proof = proof.map(|proof| serde_json::to_string(&proof)).transpose()?;
            let border = uuid::Uuid::new_v4().simple().to_string();
            let (before, after) = parts(&border, &name, &blob.sha256, proof.as_deref());
            parcel.media_type = format!("multipart/form-data; boundary={border}");
            parcel.size = (before.len() + after.len()) as u64 + blob.size;
            let ends = |text: String| stream::iter([Ok(Bytes::from(text))]);
            let content = content.map(|part| part.map_err(std::io::Error::other));
            parcel.bytes = Box::pin(ends(before).chain(content).chain(ends(after)));
        }
        Kind::Dhis2 => {
            let (values, asked) = dhis2::of_file(content, one, &means.law, Scheme::Code).await?;
            let bytes = serde_json::to_vec(&export::json(&values, &asked))?;
            parcel.size = bytes.len() as u64;
            parcel.bytes = Box::pin(stream::iter([Ok(Bytes::from(bytes))]));
        }
    }
    Ok(Some(parcel))
}

/// What stands before and after the snapshot in a form of parts (RFC 7578): its hash and its proof come first, so that whoever reads them can
/// refuse early.
fn parts(border: &str, name: &str, sha256: &str, proof: Option<&str>) -> (String, String) {
    let part = |named: &str, value: &str| {
        format!("--{border}\r\nContent-Disposition: form-data; name=\"{named}\"\r\n\r\n{value}\r\n")
    };
    let mut before = part("sha256", sha256);
    if let Some(proof) = proof {
        before.push_str(&part("proof", proof));
    }
    before.push_str(&format!(
        "--{border}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/json\r\n\r\n"
    ));
    (before, format!("\r\n--{border}--\r\n"))
}
