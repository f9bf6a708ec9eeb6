//! The job that looks at a piece after it came in: when and where it was taken, a small picture, which pieces of other years
//! and units look the same, what the virus scanner says. Repeatable: what was done is not done again.

use super::{PREVIEW, Piece, Scan, Teller, find, keep::whole};
use crate::evidence::scan;
use bytes::Bytes;
use kernel::{Actor, Day, EvidenceId};
use pictures::{Looked, Told, bands, distance};
use serde::Deserialize;
use std::{path::PathBuf, sync::Arc};
use store::{
    Query, Result, StoreError, WriteTx, args,
    attachments::{Attachments, Blob},
    jobs::Work,
};
use units::boundaries::{Away, away};

/// The job's name.
pub const JOB: &str = "facts.evidence";
/// Bits of 64 in which two pictures may differ and still be called alike.
pub const ALIKE: u32 = 8;
/// Pieces that are compared with one, and that are told of it: a sheet that thousands share says nothing.
const MOST_COMPARED: i64 = 2_000;
const MOST_ALIKE: usize = 50;
/// Bytes of a small picture.
const MOST_SMALL: u64 = 2 << 20;

/// What evidence needs beside the store: put into the site's things by `app`.
pub struct Means {
    pub files: Attachments,
    /// The folder in which pieces lie that have not come in whole.
    pub incoming: PathBuf,
    /// Nobody is asked where the site has none.
    pub scanner: Option<scanner::Scanner>,
    pub bounds: super::incoming::Bounds,
}

#[derive(Deserialize)]
struct Asked {
    evidence: i64,
}

/// The job [`JOB`]. Cost: the file once, the work of a processor for some seconds; the pieces that share a part of its hash.
pub async fn run(work: Work, means: Arc<Means>) -> Result<()> {
    let Asked { evidence } = serde_json::from_value(work.job.payload.clone())?;
    let id = EvidenceId(evidence);
    let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
    let Some(piece) = find(&mut tx, id).await? else { return Ok(()) };
    drop(tx);
    let blob = Blob { sha256: piece.sha256.clone(), size: piece.size.unsigned_abs() };
    let bytes: Arc<[u8]> = whole(&means.files, &blob).await?.into();
    if !piece.looked {
        look_at(&work, &means, &piece, bytes.clone()).await?;
    }
    if piece.scan == Scan::Waiting {
        scan::ask(&work, &means, id, &bytes).await?;
    }
    Ok(())
}

async fn look_at(work: &Work, means: &Means, piece: &Piece, bytes: Arc<[u8]>) -> Result<()> {
    // A picture that is broken inside is still what somebody sent: it has no small one, and the page says so.
    let looked = tokio::task::spawn_blocking(move || pictures::look(&bytes)).await;
    let looked = looked.map_err(|error| StoreError::Corrupt(error.to_string()))?.unwrap_or_default();
    let Looked { told, small, hash } = looked;
    let preview = match small {
        Some(small) => {
            let part = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(small))]);
            Some(means.files.put(part, MOST_SMALL).await?)
        }
        None => None,
    };
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    tx.lock("facts.evidence.look").await?;
    let (told, teller) = believed(piece, told);
    let ground = match told.place {
        Some(place) => {
            let day = told.taken.as_deref().and_then(|taken| taken.get(..10)?.parse::<Day>().ok());
            away(&mut tx, piece.unit, day.unwrap_or_else(|| piece.at.day()), place).await?
        }
        None => None,
    };
    let preview = match preview {
        Some(blob) => Some(tx.attach(&blob, "anh-nho.jpg", "image/jpeg", PREVIEW, &piece.id.to_string()).await?),
        None => None,
    };
    write(&mut tx, piece, &told, teller, ground, preview, hash).await?;
    compare(&mut tx, piece, hash).await?;
    tx.commit().await
}

/// The file's own word comes before the sender's.
fn believed(piece: &Piece, told: Told) -> (Told, Option<Teller>) {
    if told != Told::default() {
        return (told, Some(Teller::Photo));
    }
    (Told { taken: piece.taken.clone(), place: piece.place }, piece.teller)
}

async fn write(
    tx: &mut WriteTx,
    piece: &Piece,
    told: &Told,
    teller: Option<Teller>,
    ground: Option<Away>,
    preview: Option<i64>,
    hash: Option<u64>,
) -> Result<()> {
    let teller = teller.map(|teller| match teller {
        Teller::Photo => "photo",
        Teller::Sender => "sender",
    });
    let band = |at: usize| hash.map(|hash| i64::from(bands(hash)[at]));
    tx.execute_one(
        "UPDATE facts_evidence SET taken = $2, lat = $3, lon = $4, teller = $5, away = $6, approximate = $7, looked_at = $8,
         preview = $9, hash = $10, b0 = $11, b1 = $12, b2 = $13, b3 = $14 WHERE id = $1",
        args![
            piece.id.0,
            told.taken.as_deref(),
            told.place.map(|(lat, _)| lat),
            told.place.map(|(_, lon)| lon),
            teller,
            ground.map(|ground| ground.metres),
            ground.map(|ground| i64::from(ground.approximate)),
            tx.now(),
            preview,
            hash.map(u64::cast_signed),
            band(0),
            band(1),
            band(2),
            band(3)
        ],
    )
    .await
}

/// Finds what looks the same: the very same file, and pictures that share a part of the hash and differ in few bits. Both
/// sides are told. Cost: the pieces that share a part, by index.
async fn compare(tx: &mut WriteTx, piece: &Piece, hash: Option<u64>) -> Result<()> {
    let parts = hash.map(bands);
    let mut sql = "SELECT id, unit, at, hash, sha256 FROM facts_evidence WHERE id <> $1 AND (sha256 = $2".to_owned();
    let mut given = args![piece.id.0, piece.sha256.as_str()];
    for (at, part) in parts.into_iter().flatten().enumerate() {
        given.push(i64::from(part).into());
        sql += &format!(" OR b{at} = ${}", given.len());
    }
    given.push(MOST_COMPARED.into());
    sql += &format!(") ORDER BY id DESC LIMIT ${}", given.len());
    let mut near = Vec::new();
    for row in tx.rows(&sql, given).await? {
        let other = row.opt_i64(3)?.map(i64::cast_unsigned);
        let apart = match hash.zip(other) {
            _ if row.text(4)? == piece.sha256 => Some(-1),
            Some((a, b)) if distance(a, b) <= ALIKE => Some(i64::from(distance(a, b))),
            _ => None,
        };
        if let Some(apart) = apart {
            near.push((apart, row.i64(0)?, row.i64(1)?, row.i64(2)?));
        }
    }
    near.sort_unstable();
    near.truncate(MOST_ALIKE);
    let mut rows = Vec::with_capacity(near.len() * 2);
    for (apart, id, unit, at) in near {
        rows.push(args![piece.id.0, id, unit, at, apart]);
        rows.push(args![id, piece.id.0, piece.unit, piece.at, apart]);
    }
    let columns = ["evidence", "other", "other_unit", "other_at", "distance"];
    tx.upsert_many("facts_evidence_alike", &columns[..2], &columns, rows.into_iter()).await.map(drop)
}
