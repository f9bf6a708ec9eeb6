//! `langso doctor`: whether law and reference data hold; with a database named, whether that is well too.

use crate::{audit, law, manage::Database, site, stop};
use anyhow::{Context as _, Result};
use kernel::Phrase;
use locale::Lang;
use std::path::{Path, PathBuf};
use store::{Health, Store};

/// Check the shipped law, or a folder of rulebooks; with a database, that too
#[derive(clap::Args, Clone, Debug)]
pub struct Doctor {
    /// A folder with measures.toml and */rulebook.toml; without it what is shipped
    #[arg(long, value_name = "FOLDER")]
    rulebooks: Option<PathBuf>,
    /// Database to look into
    #[arg(long, env = "LANGSO_DATABASE")]
    database: Option<String>,
    /// Data folder to look into
    #[arg(long, env = "LANGSO_DATA")]
    data: Option<PathBuf>,
}

fn say(lang: Lang, phrase: Phrase) {
    println!("{}", locale::say(lang, &phrase));
}

/// Checks everything that was asked for, all problems, not only the first; the exit code.
pub fn doctor(args: &Doctor, lang: Lang, runtime: impl FnOnce() -> Result<tokio::runtime::Runtime>) -> Result<i32> {
    let mut problems = the_law(args.rulebooks.as_deref(), lang)? + reference(lang)?;
    if args.database.is_some() || args.data.is_some() {
        let data = args.data.clone().unwrap_or_else(|| PathBuf::from("data"));
        problems += data_folder(&data, lang);
        problems += runtime()?.block_on(database(&Database::at(args.database.clone(), data), lang))?;
    }
    Ok(i32::from(problems > 0))
}

/// The law, shipped or in a folder; how many problems.
fn the_law(folder: Option<&Path>, lang: Lang) -> Result<usize> {
    let checked = match folder {
        None => law::shipped(),
        Some(folder) => {
            let mut files = Vec::new();
            std::fs::read_dir(folder).map_err(|e| stop::Stop::file(folder, &e))?;
            read_folder(folder, &mut files)?;
            if files.is_empty() {
                return Err(stop::Stop::file(folder, &std::io::ErrorKind::NotFound.into()).into());
            }
            rulebook::Library::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        }
    };
    let library = match checked {
        Ok(library) => library,
        Err(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            return Ok(problems.len());
        }
    };
    for set in library.sets() {
        let (mut all, mut sure) = (0usize, 0usize);
        set.walk(|_, i| {
            all += 1;
            sure += usize::from(i.confidence == rulebook::Confidence::Verified);
        });
        let counts = Phrase::new("doctor-set").with("criteria", set.criteria.len()).with("all", all).with("sure", sure);
        println!("{:<28} {}", set.set, locale::say(lang, &counts));
    }
    say(lang, Phrase::new("doctor-measures").with("count", library.measures().count()));
    Ok(0)
}

/// The units, successions and agencies that are shipped; how many problems.
fn reference(lang: Lang) -> Result<usize> {
    let reference = units::reference::Reference::read()?;
    let bad = reference.check();
    for line in &bad {
        eprintln!("reference/{line}");
    }
    let counts = Phrase::new("doctor-reference").with("units", reference.units.len());
    say(lang, counts.with("successions", reference.succession.len()).with("agencies", reference.agencies.len()));
    Ok(bad.len())
}

fn read_folder(folder: &Path, files: &mut Vec<(String, String)>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(())
}

/// The overlays and attachments of a data folder; how many problems.
fn data_folder(data: &Path, lang: Lang) -> usize {
    let mut problems = 0;
    match site::overlays(data).and_then(site::library) {
        Ok(library) => {
            let ids: Vec<&str> = library.overlays().iter().map(|o| o.id.as_str()).collect();
            let (count, names) = (ids.len(), ids.join(", "));
            say(lang, Phrase::new("doctor-overlays").with("count", count).with("names", names));
        }
        Err(error) => {
            eprintln!("{error:#}");
            problems += 1;
        }
    }
    let files = data.join("files");
    match std::fs::read_dir(&files) {
        Ok(_) => say(lang, Phrase::new("doctor-files").with("folder", files.display().to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => say(lang, Phrase::new("doctor-no-files")),
        Err(e) => {
            let phrase = Phrase::new("evaluate-file").with("file", files.display().to_string());
            eprintln!("{}", locale::say(lang, &phrase.with("reason", e.to_string())));
            problems += 1;
        }
    }
    problems
}

/// The database as it is, not migrated; how many problems.
async fn database(at: &Database, lang: Lang) -> Result<usize> {
    let store = at.existing().await?;
    let health = store.health().await?;
    tell(&health, lang);
    let problems = steps(&health, lang) + chain(&store, lang).await?;
    store.close().await;
    Ok(problems)
}

fn tell(health: &Health, lang: Lang) {
    let engine = match health.engine {
        store::Engine::Sqlite => "SQLite",
        store::Engine::Postgres => "PostgreSQL",
    };
    let engine = Phrase::new("doctor-engine").with("engine", engine).with("version", health.version.as_str());
    say(lang, engine.with("bytes", health.bytes));
    for (state, count) in &health.jobs {
        let key = match state.as_str() {
            "waiting" => "doctor-jobs-waiting",
            "running" => "doctor-jobs-running",
            _ => "doctor-jobs-failed",
        };
        say(lang, Phrase::new(key).with("count", *count));
    }
}

/// How far each room's tables are; a step that this program does not know is a problem.
fn steps(health: &Health, lang: Lang) -> usize {
    let mut newest = std::collections::BTreeMap::new();
    for migration in store::MIGRATIONS.iter().chain(site::migrations().into_iter().flatten()) {
        let step: &mut i64 = newest.entry(migration.room).or_default();
        *step = migration.version.max(*step);
    }
    let mut problems = 0;
    for (room, version) in &health.rooms {
        let known = newest.remove(room.as_str()).unwrap_or(0);
        let phrase = |key| Phrase::new(key).with("room", room.as_str()).with("version", *version).with("known", known);
        if *version > known {
            eprintln!("{}", locale::say(lang, &phrase("store-newer")));
            problems += 1;
        } else {
            say(lang, phrase(if *version < known { "doctor-step-older" } else { "doctor-step" }));
        }
    }
    for (room, known) in newest {
        say(lang, Phrase::new("doctor-step-older").with("room", room).with("version", 0i64).with("known", known));
    }
    problems
}

/// The audit chain; how many findings.
async fn chain(store: &Store, lang: Lang) -> Result<usize> {
    audit::chain_and_ledger(store, Vec::new(), &[], &[], lang).await
}
