//! Pieces that come in part by part, as the tus protocol has it: what was acknowledged is on the disk, a cut line goes on from
//! there, and a last part whose answer was lost makes no second piece.
//!
//! The bytes of one upload lie in a file of their own in the data folder, whatever keeps the finished pieces; how many of
//! them count stands in the store, written after the file was forced to the disk. Whatever lies behind that number (a program
//! that was killed in the middle) is cut off before the next part. The file's lock keeps two clients apart, in this process
//! and in others, and goes with the process that held it.

use super::{Given, Said, keep, keep::measured, look::Means};
use crate::Law;
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use kernel::{Actor, Clock, EvidenceId, Moment, Phrase, Problem, UnitId};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::PathBuf,
    pin::pin,
    time::Duration,
};
use store::{AuditLine, Query, Result, Row, Store, StoreError, WriteTx, args};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

/// How much is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Bytes of one piece.
    pub bytes: u64,
    /// Uploads of one person that have not come in whole.
    pub unfinished: i64,
    /// Parts of one upload.
    pub parts: i64,
    /// Pieces of one unit in a day.
    pub pieces: i64,
    /// Hours after the last part for which an upload waits for the next.
    pub hours: i64,
    /// Seconds without a byte after which a line counts as cut.
    pub silence: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { bytes: super::MOST_BYTES, unfinished: 40, parts: 2_000, pieces: 2_000, hours: 48, silence: 30 }
    }
}

/// What an upload says of its piece.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub note: String,
    /// Measure (id in `facts_measure`) and year.
    pub uses: Vec<(i64, i16)>,
    pub taken: Option<String>,
    pub place: Option<(f64, f64)>,
    pub covered: i64,
}

/// An upload under way, or at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    pub id: String,
    pub unit: UnitId,
    pub name: String,
    /// Bytes there will be, and bytes that are on the disk.
    pub size: u64,
    pub received: u64,
    pub parts: i64,
    pub fields: Fields,
    /// After this moment it is forgotten.
    pub until: Moment,
    /// What it became.
    pub evidence: Option<EvidenceId>,
    /// Why it became nothing: the key of the phrase.
    pub refused: Option<String>,
}

const ROW: &str = "id, unit, name, size, received, parts, fields, until, evidence, refused";

fn incoming(row: &Row) -> Result<Incoming> {
    Ok(Incoming {
        id: row.text(0)?,
        unit: UnitId(row.i64(1)?),
        name: row.text(2)?,
        size: row.i64(3)?.unsigned_abs(),
        received: row.i64(4)?.unsigned_abs(),
        parts: row.i64(5)?,
        fields: serde_json::from_str(&row.text(6)?)?,
        until: Moment(row.i64(7)?),
        evidence: row.opt_i64(8)?.map(EvidenceId),
        refused: row.opt_text(9)?,
    })
}

/// Somebody's own upload; nobody else's is there. Cost: one row.
pub async fn find(tx: &mut impl Query, actor: &Actor, id: &str, now: Moment) -> Result<Option<Incoming>> {
    let sql = format!("SELECT {ROW}, person FROM facts_incoming WHERE id = $1 AND until >= $2");
    let Some(row) = tx.row(&sql, args![id, now]).await? else { return Ok(None) };
    let own = row.opt_i64(10)? == actor.person.map(|person| person.0);
    own.then(|| incoming(&row)).transpose()
}

/// Begins an upload, or says why not. Cost: that person's uploads, the unit's pieces of a day by index, three rows.
pub async fn begin(
    tx: &mut WriteTx,
    bounds: &Bounds,
    unit: UnitId,
    (name, size): (&str, u64),
    fields: &Fields,
) -> Result<std::result::Result<Incoming, Problem>> {
    let person = tx.actor().person.map(|person| person.0);
    let refused = |key, count: i64, status| {
        Ok(Err(Problem { phrase: Phrase::new(key).with("most", count), place: None, status }))
    };
    if size > bounds.bytes {
        return refused("evidence-too-large", i64::try_from(bounds.bytes >> 20).unwrap_or(i64::MAX), 413);
    }
    // One after the other: otherwise many at once would all find room.
    tx.lock(&format!("facts.incoming.{}", person.unwrap_or(0))).await?;
    let sql = "SELECT COUNT(*) FROM facts_incoming WHERE COALESCE(person, 0) = $1 AND evidence IS NULL
               AND refused IS NULL AND until >= $2";
    let unfinished = tx.row(sql, args![person.unwrap_or(0), tx.now()]).await?.map_or(Ok(0), |row| row.i64(0))?;
    if unfinished >= bounds.unfinished {
        return refused("evidence-too-many", bounds.unfinished, 429);
    }
    let now = tx.now();
    if is_full(tx, bounds, unit, now).await? {
        return refused("evidence-too-many-pieces", bounds.pieces, 429);
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let until = later(tx.now(), bounds);
    let sql = "INSERT INTO facts_incoming (id, unit, actor, person, name, size, received, parts, fields, at, until)
               VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9)";
    let (role, told) = (tx.actor().role.name(), serde_json::to_string(fields)?);
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    tx.execute_one(sql, args![id.as_str(), unit, role, person, name, length, told, tx.now(), until]).await?;
    let details = serde_json::json!({"size": size});
    let line =
        AuditLine { action: "facts.evidence_begun", kind: "upload", subject: id.clone(), unit: Some(unit), details };
    tx.audit_quietly(line).await?;
    let (name, fields) = (name.to_owned(), fields.clone());
    Ok(Ok(Incoming { id, unit, name, size, received: 0, parts: 0, fields, until, evidence: None, refused: None }))
}

/// Whether a unit has as many pieces of the last day as are taken. Cost: those rows.
pub async fn is_full(tx: &mut impl Query, bounds: &Bounds, unit: UnitId, now: Moment) -> Result<bool> {
    const DAY: i64 = 86_400_000_000;
    let sql = "SELECT COUNT(*) FROM facts_evidence WHERE unit = $1 AND at > $2";
    let today = tx.row(sql, args![unit, Moment(now.0 - DAY)]).await?.map_or(Ok(0), |row| row.i64(0))?;
    Ok(today >= bounds.pieces)
}

fn later(now: Moment, bounds: &Bounds) -> Moment {
    Moment(now.0 + bounds.hours * 3_600_000_000)
}

/// What a part should hash to, as its sender says: SHA-1, the one that tus asks of every server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum([u8; 20]);

impl Checksum {
    /// `sha1 BASE64`; `None` of any other.
    pub fn read(text: &str) -> Option<Checksum> {
        let (name, digest) = text.trim().split_once(' ')?;
        let digest = BASE64_STANDARD.decode(digest.trim()).ok()?;
        (name == "sha1").then(|| digest.try_into().ok()).flatten().map(Checksum)
    }
}

/// What became of a part.
#[derive(Debug)]
pub enum Appended {
    /// So many bytes are on the disk now, and whether the line was cut before the part ended.
    Done { received: u64, cut: bool },
    /// It begins elsewhere than where the last one ended.
    Conflict { received: u64 },
    /// Another client is at it.
    Locked,
    /// It does not hash to what its sender said; nothing of it was kept.
    Mismatch,
    /// More bytes than were announced; nothing of it was kept.
    TooLong,
    /// More parts than one upload may have.
    TooManyParts,
    /// Nobody knows of it any more.
    Gone,
}

impl Means {
    fn part(&self, id: &str) -> PathBuf {
        self.incoming.join(format!("{id}.part"))
    }

    /// The file of an upload, held against everybody else; `None` where somebody else holds it.
    fn hold(&self, id: &str) -> io::Result<Option<File>> {
        std::fs::create_dir_all(&self.incoming)?;
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(self.part(id))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The line an upload stands at; its lock is held by the caller.
async fn stands(store: &Store, id: &str) -> Result<Option<Incoming>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let row = tx.row(&format!("SELECT {ROW} FROM facts_incoming WHERE id = $1"), args![id]).await?;
    row.as_ref().map(incoming).transpose()
}

/// Appends a part. Whoever calls it lets it run to its end, whatever becomes of the line. Cost: the part once to the disk, one
/// row written.
pub async fn append<E>(
    means: &Means,
    store: &Store,
    clock: &dyn Clock,
    (id, offset): (&str, u64),
    body: impl Stream<Item = std::result::Result<Bytes, E>> + Send,
    checksum: Option<Checksum>,
) -> Result<Appended> {
    let Some(file) = means.hold(id)? else { return Ok(Appended::Locked) };
    let Some(known) = stands(store, id).await? else {
        let _ = std::fs::remove_file(means.part(id));
        return Ok(Appended::Gone);
    };
    if known.received != offset {
        return Ok(Appended::Conflict { received: known.received });
    }
    if known.received == known.size {
        if known.evidence.is_some() {
            // The file is there for its lock alone.
            let _ = std::fs::remove_file(means.part(id));
        }
        return Ok(Appended::Done { received: offset, cut: false });
    }
    if known.parts >= means.bounds.parts {
        return Ok(Appended::TooManyParts);
    }
    if file.metadata()?.len() < offset {
        return Err(StoreError::Corrupt(format!("upload {id} lost bytes that were on the disk")));
    }
    // What nobody was told of is not there.
    file.set_len(offset)?;
    let mut file = tokio::fs::File::from_std(file);
    file.seek(io::SeekFrom::Start(offset)).await?;
    let (mut received, mut hash, mut cut) = (offset, Sha1::new(), false);
    let silence = Duration::from_secs(means.bounds.silence);
    let mut body = pin!(body);
    loop {
        match tokio::time::timeout(silence, body.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => {
                if received + piece.len() as u64 > known.size {
                    file.set_len(offset).await?;
                    return Ok(Appended::TooLong);
                }
                hash.update(&piece);
                file.write_all(&piece).await?;
                received += piece.len() as u64;
            }
            Ok(Some(Err(_))) | Err(_) => {
                cut = true;
                break;
            }
        }
    }
    if let Some(Checksum(wanted)) = checksum
        && (cut || hash.finalize()[..] != wanted)
    {
        file.flush().await?;
        file.set_len(offset).await?;
        return Ok(if cut { Appended::Done { received: offset, cut } } else { Appended::Mismatch });
    }
    file.flush().await?;
    // On the disk before anybody is told.
    file.sync_data().await?;
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let until = later(tx.now(), &means.bounds);
    let sql = "UPDATE facts_incoming SET received = $2, parts = parts + 1, until = $3 WHERE id = $1";
    let length = i64::try_from(received).unwrap_or(i64::MAX);
    tx.execute_one(sql, args![id, length, until]).await?;
    tx.commit().await?;
    Ok(Appended::Done { received, cut })
}

/// What an upload became.
#[derive(Clone, Debug, PartialEq)]
pub enum Finished {
    Kept(EvidenceId),
    /// The file is no evidence, or its figure takes none any more: why.
    Refused(Box<Problem>),
    /// Another client is at it.
    Locked,
}

/// Makes a piece of an upload that is whole; the same piece where that was done already. Cost: the file three times, as
/// [`keep`].
pub async fn finish(
    means: &Means,
    store: &Store,
    clock: &dyn Clock,
    actor: &Actor,
    law: &Law,
    id: &str,
) -> Result<Finished> {
    let Some(file) = means.hold(id)? else { return Ok(Finished::Locked) };
    let Some(known) = stands(store, id).await? else { return Err(StoreError::Corrupt(format!("no upload {id}"))) };
    if let Some(evidence) = known.evidence {
        let _ = std::fs::remove_file(means.part(id));
        return Ok(Finished::Kept(evidence));
    }
    let bytes = ReaderStream::new(tokio::fs::File::from_std(file.try_clone()?));
    let blob = means.files.put(bytes, means.bounds.bytes).await?;
    if blob.size != known.size {
        return Err(StoreError::Corrupt(format!("upload {id} has {} bytes of {}", blob.size, known.size)));
    }
    let measured = match measured(&means.files, &blob).await? {
        Ok(measured) => measured,
        Err(phrase) => return refuse(means, store, clock, id, Problem::input(phrase)).await,
    };
    let Fields { note, uses, taken, place, covered } = known.fields;
    let said = Said { taken, place };
    let given = Given { unit: known.unit, blob, measured, name: known.name, note, uses, said, covered };
    let mut tx = store.write(actor, clock).await?;
    let kept = match keep(&mut tx, law, &given).await {
        Ok(kept) => kept,
        // Sent in, locked, or no longer theirs, since it was begun: said once more to whoever asks, never tried again.
        Err(StoreError::Refused(problem)) => {
            drop(tx);
            return refuse(means, store, clock, id, *problem).await;
        }
        Err(error) => return Err(error),
    };
    if !kept.fresh {
        // The same file of the same unit is there: said in the trail, too.
        let details = serde_json::json!({"evidence": kept.id});
        let (kind, unit) = ("upload", Some(known.unit));
        let line = AuditLine { action: "facts.evidence_again", kind, subject: id.to_owned(), unit, details };
        tx.audit_quietly(line).await?;
    }
    tx.execute_one("UPDATE facts_incoming SET evidence = $2 WHERE id = $1", args![id, kept.id.0]).await?;
    tx.commit().await?;
    let _ = std::fs::remove_file(means.part(id));
    Ok(Finished::Kept(kept.id))
}

/// Notes that an upload became nothing, and lets its bytes go. Cost: one row.
async fn refuse(means: &Means, store: &Store, clock: &dyn Clock, id: &str, problem: Problem) -> Result<Finished> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    tx.execute_one("UPDATE facts_incoming SET refused = $2 WHERE id = $1", args![id, problem.phrase.key]).await?;
    tx.commit().await?;
    let _ = std::fs::remove_file(means.part(id));
    Ok(Finished::Refused(Box::new(problem)))
}

/// Ends an upload before it is whole; false where another client is at it. What it became already stays. Cost: two rows.
pub async fn terminate(means: &Means, tx: &mut WriteTx, known: &Incoming) -> Result<bool> {
    let Some(_held) = means.hold(&known.id)? else { return Ok(false) };
    tx.execute("DELETE FROM facts_incoming WHERE id = $1", args![known.id.as_str()]).await?;
    let (subject, details) = (known.id.clone(), serde_json::json!({"received": known.received}));
    let unit = Some(known.unit);
    tx.audit_quietly(AuditLine { action: "facts.evidence_dropped", kind: "upload", subject, unit, details }).await?;
    let _ = std::fs::remove_file(means.part(&known.id));
    Ok(true)
}

/// Uploads that one run forgets.
const BATCH: i64 = 200;

/// Forgets uploads whose time is over, with their bytes; how many. Cost: those rows and files.
pub async fn expire(means: &Means, store: &Store, clock: &dyn Clock) -> Result<u64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT id FROM facts_incoming WHERE until < $1 ORDER BY until LIMIT $2";
    let due = tx.rows(sql, args![clock.now(), BATCH]).await?;
    drop(tx);
    let mut held = Vec::new();
    for row in &due {
        let id = row.text(0)?;
        if let Some(file) = means.hold(&id)? {
            held.push((id, file));
        }
    }
    if held.is_empty() {
        return Ok(0);
    }
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let places = store::places(2, held.len());
    let mut given = args![clock.now()];
    given.extend(held.iter().map(|(id, _)| store::Value::from(id.as_str())));
    let sql = format!("DELETE FROM facts_incoming WHERE until < $1 AND id IN ({places})");
    let gone = tx.execute(&sql, given).await?;
    tx.commit().await?;
    for (id, _) in &held {
        let _ = std::fs::remove_file(means.part(id));
    }
    Ok(gone)
}
