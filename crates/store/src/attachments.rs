//! Attachments: files beside the database, in a folder or an S3-compatible bucket, each under the SHA-256 of its bytes.
//!
//! A file is written first, outside any transaction; then a row in the caller's transaction says what it is and belongs
//! to. A file whose row never came is swept away a day later. Equal files are kept once.

use crate::{Query, Result, Row, Store, StoreError, WriteTx, args};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use kernel::{Actor, Clock, Moment};
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::Arc,
};

/// Bytes sent at a time; S3 wants at least 5 MiB but for the last part.
const PART: usize = 8 << 20;
/// Parts under way at a time: what an upload holds in memory.
const PARTS: usize = 2;
/// A file without a row is swept away after so long, in microseconds.
const ORPHAN: i64 = 86_400_000_000;

/// Where files are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Attachments {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// In hexadecimal digits.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
}

/// What a file is and what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub id: i64,
    pub blob: Blob,
    pub media_type: String,
    /// As the sender named it; never a path.
    pub name: String,
    pub at: Moment,
    pub actor: String,
}

/// The bytes of a file; a last error where they are not those that were written.
pub type Content = BoxStream<'static, Result<Bytes>>;

impl Attachments {
    /// Opens a folder (made when absent) or `s3://BUCKET/PREFIX`, whose endpoint and keys stand in the environment
    /// (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`).
    pub fn open(address: &str) -> Result<Attachments> {
        if let Some(bucket) = address.strip_prefix("s3://") {
            let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
            let objects = crate::s3::bucket(bucket)?;
            return Ok(Attachments { objects, prefix: Path::from(prefix) });
        }
        std::fs::create_dir_all(address)?;
        let folder = LocalFileSystem::new_with_prefix(address)?.with_fsync(true);
        Ok(Attachments { objects: Arc::new(folder), prefix: Path::default() })
    }

    fn path(&self, sha256: &str) -> Result<Path> {
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(StoreError::Corrupt(format!("{sha256:?} is no SHA-256")));
        }
        let (folder, file) = sha256.split_at(2);
        Ok(self.prefix.clone().join("files").join(folder).join(file))
    }

    /// Keeps a file of at most `most` bytes, as it comes in; memory does not grow with it. Refused files leave nothing.
    pub async fn put<E>(
        &self,
        bytes: impl Stream<Item = std::result::Result<Bytes, E>> + Send,
        most: u64,
    ) -> Result<Blob>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let incoming = self.prefix.clone().join("incoming").join(uuid::Uuid::new_v4().simple().to_string());
        let upload = self.objects.put_multipart(&incoming).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let (mut hash, mut size) = (Sha256::new(), 0);
        let mut bytes = pin!(bytes);
        while let Some(part) = bytes.next().await {
            let refused = match part {
                Err(e) => Some(StoreError::Files(std::io::Error::other(e))),
                Ok(part) => {
                    size += part.len() as u64;
                    hash.update(&part);
                    let too_large = size > most;
                    if !too_large {
                        upload.wait_for_capacity(PARTS).await?;
                        upload.put(part);
                    }
                    too_large.then_some(StoreError::TooLarge { most })
                }
            };
            if let Some(refused) = refused {
                let _ = upload.abort().await;
                return Err(refused);
            }
        }
        upload.finish().await?;
        let sha256 = hex::encode(hash.finalize());
        // Also where the file is there already: its age is then that of this upload, and no sweep takes it.
        self.objects.rename(&incoming, &self.path(&sha256)?).await?;
        Ok(Blob { sha256, size })
    }

    /// A file's bytes as they are read, and the error at their end where they are not what was written.
    pub async fn get(&self, blob: &Blob) -> Result<Content> {
        let found = self.objects.get(&self.path(&blob.sha256)?).await?;
        let want = blob.sha256.clone();
        let mut bytes = found.into_stream();
        Ok(Box::pin(async_stream::try_stream! {
            let mut hash = Sha256::new();
            while let Some(part) = bytes.next().await {
                let part = part?;
                hash.update(&part);
                yield part;
            }
            if hex::encode(hash.finalize()) != want {
                Err(StoreError::Corrupt(format!("file {want} holds other bytes")))?;
            }
        }))
    }

    /// Removes files that no row names and that are older than a day; how many. Cost: every row and file once.
    pub async fn sweep(&self, store: &Store, clock: &dyn Clock) -> Result<u64> {
        let before = clock.now().0 - ORPHAN;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let mut named = HashSet::new();
        tx.each("SELECT DISTINCT sha256 FROM store_attachment", args![], |row| {
            named.insert(row.text(0)?);
            Ok(())
        })
        .await?;
        drop(tx);
        let mut removed = 0;
        let root = if self.prefix.as_ref().is_empty() { None } else { Some(&self.prefix) };
        let all: Vec<_> = self.objects.list(root).try_collect().await?;
        for object in all {
            let mut parts: Vec<_> = object.location.parts().map(|p| p.as_ref().to_owned()).collect();
            let file = parts.pop().unwrap_or_default();
            let sha256 = format!("{}{file}", parts.pop().unwrap_or_default());
            if object.last_modified.timestamp_micros() < before && !named.contains(&sha256) {
                self.objects.delete(&object.location).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl WriteTx {
    /// Says what a kept file is and which subject it belongs to; its id. Cost: one row.
    pub async fn attach(
        &mut self,
        blob: &Blob,
        name: &str,
        media_type: &str,
        kind: &str,
        subject: &str,
    ) -> Result<i64> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
        let actor = self.actor().named();
        let sql = "INSERT INTO store_attachment (sha256, size, media_type, name, kind, subject, at, actor)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
        let args = args![&blob.sha256, size, media_type, name, kind, subject, self.now(), actor];
        self.row(sql, args).await?.map_or(Err(StoreError::Corrupt("no id".into())), |r| r.i64(0))
    }
}

impl WriteTx {
    /// Forgets what a subject held; the files themselves are swept away when nothing else names them.
    pub async fn detach(&mut self, kind: &str, subject: &str) -> Result<u64> {
        self.execute("DELETE FROM store_attachment WHERE kind = $1 AND subject = $2", args![kind, subject]).await
    }
}

const ROW: &str = "id, sha256, size, media_type, name, at, actor";

fn read(row: &Row) -> Result<Attachment> {
    Ok(Attachment {
        id: row.i64(0)?,
        blob: Blob { sha256: row.text(1)?, size: row.i64(2)?.unsigned_abs() },
        media_type: row.text(3)?,
        name: row.text(4)?,
        at: Moment(row.i64(5)?),
        actor: row.text(6)?,
    })
}

/// One attachment. Cost: one row.
pub async fn find(tx: &mut impl Query, id: i64) -> Result<Option<Attachment>> {
    let row = tx.row(&format!("SELECT {ROW} FROM store_attachment WHERE id = $1"), args![id]).await?;
    row.as_ref().map(read).transpose()
}

/// The attachments of a subject, oldest first. Cost: those rows.
pub async fn of(tx: &mut impl Query, kind: &str, subject: &str) -> Result<Vec<Attachment>> {
    let sql = format!("SELECT {ROW} FROM store_attachment WHERE kind = $1 AND subject = $2 ORDER BY id");
    tx.rows(&sql, args![kind, subject]).await?.iter().map(read).collect()
}

/// The attachments of several subjects of a kind, by subject, oldest first; subjects without any are left out. Cost:
/// those rows, one query a thousand subjects.
pub async fn of_many(tx: &mut impl Query, kind: &str, subjects: &[String]) -> Result<HashMap<String, Vec<Attachment>>> {
    let mut found: HashMap<String, Vec<Attachment>> = HashMap::new();
    for chunk in subjects.chunks(1000) {
        let places = crate::places(2, chunk.len());
        let sql = format!(
            "SELECT {ROW}, subject FROM store_attachment WHERE kind = $1 AND subject IN ({}) ORDER BY id",
            places
        );
        let mut args = args![kind];
        args.extend(chunk.iter().map(|s| crate::Value::from(s.as_str())));
        for row in tx.rows(&sql, args).await? {
            found.entry(row.text(7)?).or_default().push(read(&row)?);
        }
    }
    Ok(found)
}

/// Kind and subject of an attachment, beside it. Cost: one row.
pub async fn subject(tx: &mut impl Query, id: i64) -> Result<Option<(Attachment, String, String)>> {
    let sql = format!("SELECT {ROW}, kind, subject FROM store_attachment WHERE id = $1");
    let Some(row) = tx.row(&sql, args![id]).await? else { return Ok(None) };
    Ok(Some((read(&row)?, row.text(7)?, row.text(8)?)))
}
