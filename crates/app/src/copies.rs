//! `langso backup` and `langso restore`: one file with everything: rows, attachments, and the overlays of the data
//! folder, which the verdicts were judged by.

use crate::{manage::Database, site, stop::Stop};
use anyhow::{Context as _, Result};
use kernel::{Phrase, SystemClock};
use locale::Lang;
use std::path::{Path, PathBuf};
use store::{
    attachments::Attachments,
    backup::{self, Beside, Manifest},
};

/// Write everything into one file
#[derive(clap::Args, Clone, Debug)]
pub struct Backup {
    #[command(flatten)]
    at: Database,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Where the attachments are
    #[arg(long, env = "LANGSO_FILES")]
    files: Option<String>,
}

/// Fill an empty database from a backup
#[derive(clap::Args, Clone, Debug)]
pub struct Restore {
    #[command(flatten)]
    at: Database,
    /// The backup
    file: PathBuf,
    /// Where the attachments go
    #[arg(long, env = "LANGSO_FILES")]
    files: Option<String>,
}

/// The attachments where `serve` has them: a folder or bucket of their own, or the data folder.
fn attachments(files: Option<&str>, data: &Path) -> Result<Attachments> {
    Ok(Attachments::open(&files.map_or_else(|| data.display().to_string(), str::to_owned))?)
}

fn say(lang: Lang, key: &'static str, manifest: &Manifest, file: &Path) {
    let rows: u64 = manifest.tables.iter().map(|t| t.rows).sum();
    let phrase = Phrase::new(key)
        .with("file", file.display().to_string())
        .with("rows", rows as usize)
        .with("tables", manifest.tables.len())
        .with("files", manifest.files.len() + manifest.beside.len());
    println!("{}", locale::say(lang, &phrase));
    if let Some(head) = &manifest.audit_head {
        println!("{}", locale::say(lang, &Phrase::new("audit-head").with("head", head.as_str())));
    }
}

/// Writes a backup while others go on.
pub async fn backup(args: &Backup, lang: Lang) -> Result<()> {
    let store = args.at.existing().await?;
    let mut beside = Vec::new();
    for path in site::overlay_files(&args.at.data) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        beside.push(Beside { name: format!("overlays/{name}"), bytes });
    }
    let files = attachments(args.files.as_deref(), &args.at.data)?;
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::read_dir(folder).map_err(|e| Stop::file(&args.output, &e))?;
    let manifest = backup::write(&store, &SystemClock, Some(&files), &beside, &args.output).await?;
    // The backup is whole, whatever becomes of the note (a database of an older program may have no place for it).
    if let Err(error) = backup::note(&store, &SystemClock, &manifest, &args.output).await {
        tracing::warn!(%error, "that a backup was written was not noted");
    }
    say(lang, "backup-written", &manifest, &args.output);
    store.close().await;
    Ok(())
}

/// Fills an empty database, all or nothing; files first, which do no harm without rows.
pub async fn restore(args: &Restore, lang: Lang) -> Result<()> {
    std::fs::File::open(&args.file).map_err(|e| Stop::file(&args.file, &e))?;
    let beside = backup::beside(&args.file)?;
    std::fs::create_dir_all(&args.at.data).with_context(|| args.at.data.display().to_string())?;
    let files = attachments(args.files.as_deref(), &args.at.data)?;
    let store = args.at.plain().await?;
    let manifest = backup::restore(&store, &site::migrations(), &SystemClock, Some(&files), &args.file).await?;
    for part in &beside {
        put_beside(&args.at.data, part)?;
    }
    say(lang, "backup-restored", &manifest, &args.file);
    store.close().await;
    Ok(())
}

/// An overlay back into its folder. One of the same name that says something else stays, and is named.
fn put_beside(data: &Path, part: &Beside) -> Result<()> {
    let name = part.name.strip_prefix("overlays/").filter(|n| n.ends_with(".toml") && !n.contains(['/', '\\']));
    let name = name.ok_or_else(|| store::StoreError::BackupBroken(part.name.clone()))?;
    let path = data.join("overlays").join(name);
    match std::fs::read(&path) {
        Ok(there) if there == part.bytes => Ok(()),
        Ok(_) => {
            Err(Stop::failed(Phrase::new("backup-overlay-differs").with("file", path.display().to_string())).into())
        }
        Err(_) => {
            std::fs::create_dir_all(data.join("overlays"))?;
            std::fs::write(&path, &part.bytes).with_context(|| path.display().to_string())
        }
    }
}
