//! Backup and restore: one file, the same for both engines, so that what one wrote the other can read.
//!
//! A zip: `tables/NAME.ndjson` (a JSON array a row, in the order of the primary key), `files/SHA256` (attachments),
//! `beside/NAME` (what belongs to the data but is no row: overlays), and last `manifest.json` with the SHA-256 of each. It is taken from one snapshot while others write, and contains
//! no trace of the engine: equal data give equal tables on both.

mod tables;

use crate::{
    Query, Result, Store, StoreError,
    attachments::{Attachments, Blob},
    audit::{self, Head},
    connection::all_migrations,
    migrate,
};
use bytes::Bytes;
use futures::TryStreamExt;
use kernel::{Actor, Clock, Moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
};
use tables::{Rows, Table};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The form of the file; another one is refused.
const FORMAT: &str = "langso-backup/1";
/// Bytes of an attachment; beyond any that is accepted.
const MOST: u64 = 1 << 40;

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    /// Micros since 1970.
    pub at: Moment,
    /// The migrations that made the tables.
    pub migrations: Vec<Ran>,
    pub tables: Vec<TablePart>,
    pub files: Vec<FilePart>,
    #[serde(default)]
    pub beside: Vec<BesidePart>,
    /// The end of the audit chain, `POSITION CHAIN`.
    pub audit_head: Option<String>,
}

/// A migration that had run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    pub room: String,
    pub version: i64,
    pub hash: String,
}

/// A table's part of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePart {
    pub name: String,
    /// Names and types (INTEGER, TEXT, REAL, BLOB), in the order of each row.
    pub columns: Vec<(String, String)>,
    pub rows: u64,
    pub sha256: String,
}

/// An attachment's part of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePart {
    pub sha256: String,
    pub size: u64,
}

/// What belongs to the data and is neither row nor attachment, by a name of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Its part of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BesidePart {
    pub name: String,
    pub sha256: String,
}

fn zip_error(e: zip::result::ZipError) -> StoreError {
    StoreError::BackupBroken(e.to_string())
}

/// A writer that hashes what passes.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// The action of the line by which a site knows when it was last kept.
pub const NOTED: &str = "store.backup";

/// Notes in the audit trail that a backup was written: what is asked of it later is whether there is one. Cost: two rows.
pub async fn note(store: &Store, clock: &dyn Clock, manifest: &Manifest, file: &Path) -> Result<()> {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let rows: u64 = manifest.tables.iter().map(|table| table.rows).sum();
    let details = serde_json::json!({
        "file": name, "rows": rows, "files": manifest.files.len() + manifest.beside.len(), "head": manifest.audit_head,
    });
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let (subject, unit) = (name, None);
    tx.audit_quietly(crate::AuditLine { action: NOTED, kind: "backup", subject, unit, details }).await?;
    tx.commit().await
}

/// Writes a backup of a moment; readers and writers go on meanwhile. The file appears when it is complete. Cost: every
/// row and file once, none kept in memory.
pub async fn write(
    store: &Store,
    clock: &dyn Clock,
    files: Option<&Attachments>,
    beside: &[Beside],
    to: &Path,
) -> Result<Manifest> {
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::NamedTempFile::new_in(folder)?;
    let mut zip = ZipWriter::new(BufWriter::new(partial.reopen()?));
    let options = SimpleFileOptions::default().large_file(true).compression_level(Some(1));
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;

    let mut migrations = Vec::new();
    for row in tx.rows("SELECT room, version, hash FROM store_migration ORDER BY room, version", vec![]).await? {
        migrations.push(Ran { room: row.text(0)?, version: row.i64(1)?, hash: row.text(2)? });
    }
    let mut parts = Vec::new();
    for table in Table::all(&mut tx).await? {
        zip.start_file(format!("tables/{}.ndjson", table.name), options).map_err(zip_error)?;
        let mut out = Hashing { inner: &mut zip, hash: Sha256::new() };
        let mut line = String::new();
        let rows = tx
            .each(&table.select(), vec![], |row| {
                line.clear();
                table.line(&row, &mut line)?;
                Ok(out.write_all(line.as_bytes())?)
            })
            .await?;
        let sha256 = hex::encode(out.hash.finalize());
        parts.push(TablePart { name: table.name, columns: table.columns, rows, sha256 });
    }
    let mut kept = Vec::new();
    if let Some(files) = files {
        for row in tx.rows("SELECT DISTINCT sha256, size FROM store_attachment ORDER BY sha256", vec![]).await? {
            let blob = Blob { sha256: row.text(0)?, size: row.i64(1)?.unsigned_abs() };
            let stored = options.compression_method(CompressionMethod::Stored).compression_level(None);
            zip.start_file(format!("files/{}", blob.sha256), stored).map_err(zip_error)?;
            let mut bytes = files.get(&blob).await?;
            while let Some(part) = bytes.try_next().await? {
                zip.write_all(&part)?;
            }
            kept.push(FilePart { sha256: blob.sha256, size: blob.size });
        }
    }
    let mut others = Vec::new();
    for part in beside {
        zip.start_file(format!("beside/{}", part.name), options).map_err(zip_error)?;
        zip.write_all(&part.bytes)?;
        others.push(BesidePart { name: part.name.clone(), sha256: hex::encode(Sha256::digest(&part.bytes)) });
    }
    let audit_head = audit::head(&mut tx).await?.map(|head: Head| head.to_string());
    let at = clock.now();
    let format = FORMAT.into();
    let manifest = Manifest { format, at, migrations, tables: parts, files: kept, beside: others, audit_head };
    zip.start_file("manifest.json", options).map_err(zip_error)?;
    zip.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    let mut file = zip.finish().map_err(zip_error)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    partial.persist(to).map_err(|e| e.error)?;
    Ok(manifest)
}

type Archive = ZipArchive<BufReader<File>>;

fn open(from: &Path) -> Result<(Archive, Manifest)> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(from)?)).map_err(zip_error)?;
    let broken = |e: serde_json::Error| StoreError::BackupBroken(format!("manifest.json: {e}"));
    let manifest: Manifest =
        serde_json::from_reader(archive.by_name("manifest.json").map_err(zip_error)?.take(1 << 26)).map_err(broken)?;
    if manifest.format != FORMAT {
        return Err(StoreError::BackupBroken(manifest.format));
    }
    Ok((archive, manifest))
}

/// Reads a backup through and compares every hash, without a database. Cost: the file once.
pub fn check(from: &Path) -> Result<Manifest> {
    let (mut archive, manifest) = open(from)?;
    let tables = manifest.tables.iter().map(|t| (format!("tables/{}.ndjson", t.name), &t.sha256));
    let files = manifest.files.iter().map(|f| (format!("files/{}", f.sha256), &f.sha256));
    let beside = manifest.beside.iter().map(|b| (format!("beside/{}", b.name), &b.sha256));
    for (name, sha256) in tables.chain(files).chain(beside) {
        let mut part = archive.by_name(&name).map_err(zip_error)?;
        let mut hashing = Hashing { inner: std::io::sink(), hash: Sha256::new() };
        std::io::copy(&mut part, &mut hashing).map_err(|e| StoreError::BackupBroken(format!("{name}: {e}")))?;
        if hex::encode(hashing.hash.finalize()) != *sha256 {
            return Err(StoreError::BackupBroken(name));
        }
    }
    Ok(manifest)
}

/// What a backup holds beside rows and attachments. Cost: those bytes, in memory.
pub fn beside(from: &Path) -> Result<Vec<Beside>> {
    let (mut archive, manifest) = open(from)?;
    let mut all = Vec::new();
    for part in manifest.beside {
        let name = format!("beside/{}", part.name);
        let mut bytes = Vec::new();
        archive.by_name(&name).map_err(zip_error)?.take(1 << 26).read_to_end(&mut bytes)?;
        if hex::encode(Sha256::digest(&bytes)) != part.sha256 {
            return Err(StoreError::BackupBroken(name));
        }
        all.push(Beside { name: part.name, bytes });
    }
    Ok(all)
}

/// The next bytes of a part.
fn chunk(from: &mut impl Read) -> std::io::Result<Option<Bytes>> {
    let mut bytes = Vec::with_capacity(1 << 16);
    from.take(1 << 16).read_to_end(&mut bytes)?;
    Ok((!bytes.is_empty()).then(|| bytes.into()))
}

/// Fills an empty database (of either engine) from a backup, and brings it to this program's state. All or nothing; the
/// attachments come first, and files without a row do no harm. `rooms` as for [`Store::migrate`].
pub async fn restore(
    store: &Store,
    rooms: &[&[crate::Migration]],
    clock: &dyn Clock,
    files: Option<&Attachments>,
    from: &Path,
) -> Result<Manifest> {
    let (mut archive, manifest) = open(from)?;
    let all = all_migrations(rooms);
    let mut then = Vec::new();
    let known: HashMap<(&str, i64), &crate::Migration> = all.iter().map(|m| ((m.room, m.version), *m)).collect();
    for ran in &manifest.migrations {
        match known.get(&(ran.room.as_str(), ran.version)) {
            None => return Err(StoreError::Newer { room: ran.room.clone(), version: ran.version }),
            Some(m) if migrate::hash(m) != ran.hash => {
                return Err(StoreError::MigrationChanged { room: ran.room.clone(), version: ran.version });
            }
            Some(m) => then.push((m.room, m.version)),
        }
    }
    if let Some(files) = files {
        for part in &manifest.files {
            let name = format!("files/{}", part.sha256);
            let mut file = archive.by_name(&name).map_err(zip_error)?;
            let bytes = futures::stream::iter(std::iter::from_fn(|| chunk(&mut file).transpose()));
            let blob = files.put(bytes, MOST).await?;
            if blob.sha256 != part.sha256 {
                return Err(StoreError::BackupBroken(name));
            }
        }
    }

    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    if !Table::all(&mut tx).await?.is_empty() {
        return Err(StoreError::BackupNotEmpty);
    }
    let as_then: Vec<_> = all.iter().copied().filter(|m| then.contains(&(m.room, m.version))).collect();
    migrate::run(&mut tx, &as_then).await?;
    tables::postpone_references(&mut tx).await?;
    let order = Table::in_order_of_references(&mut tx).await?;
    // A migration may have put rows in; the backup holds them too.
    for table in order.iter().rev() {
        tx.execute(&format!("DELETE FROM {}", table.name), vec![]).await?;
    }
    for table in &order {
        let Some(part) = manifest.tables.iter().find(|part| part.name == table.name) else { continue };
        let entry = archive.by_name(&format!("tables/{}.ndjson", part.name)).map_err(zip_error)?;
        let mut rows = Rows::new(BufReader::new(entry), part);
        let columns: Vec<&str> = part.columns.iter().map(|(name, _)| name.as_str()).collect();
        tx.insert_many(&part.name, &columns, rows.by_ref()).await?;
        rows.finish()?;
        table.restart_numbers(&mut tx).await?;
    }
    migrate::run(&mut tx, &all).await?;
    tx.commit().await?;
    Ok(manifest)
}
