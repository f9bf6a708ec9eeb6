//! The commands of whoever runs the machine: migrate, doctor, audit, permissions.

use crate::{law, site};
use anyhow::{Context as _, Result};
use kernel::SystemClock;
use std::path::PathBuf;
use store::StoreOptions;

/// Where the data is
#[derive(clap::Args, Clone, Debug)]
pub struct Database {
    /// sqlite:PATH or postgres://… ; by default langso.sqlite in the data folder
    #[arg(long, env = "LANGSO_DATABASE")]
    database: Option<String>,
    /// Folder of the program's own files
    #[arg(long, env = "LANGSO_DATA", default_value = "data")]
    pub data: PathBuf,
}

impl Database {
    /// Opens it and brings it to the program's state.
    pub async fn open(&self) -> Result<store::Store> {
        std::fs::create_dir_all(&self.data).with_context(|| self.data.display().to_string())?;
        let url = self.database.clone().unwrap_or_else(|| site::default_url(&self.data));
        site::open(&url, StoreOptions::default()).await
    }
}

/// Bring the database to this program's state.
pub async fn migrate(args: &Database) -> Result<()> {
    args.open().await?.close().await;
    Ok(())
}

/// Check the shipped law, or a folder of rulebooks; every problem with file and line
#[derive(clap::Args, Clone, Debug)]
pub struct Doctor {
    /// A folder with measures.toml and */rulebook.toml; without it what is shipped
    #[arg(long)]
    rulebooks: Option<PathBuf>,
}

/// Checks; the exit code.
pub fn doctor(args: &Doctor) -> Result<i32> {
    let checked = match &args.rulebooks {
        None => law::shipped(),
        Some(folder) => {
            let mut files = Vec::new();
            read_folder(folder, &mut files)?;
            rulebook::Library::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        }
    };
    let library = match checked {
        Ok(library) => library,
        Err(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            return Ok(1);
        }
    };
    for set in library.sets() {
        let (mut all, mut sure) = (0, 0);
        set.walk(|_, i| {
            all += 1;
            sure += usize::from(i.confidence == rulebook::Confidence::Verified);
        });
        println!(
            "{:<28} {:>3} criteria {:>3} indicators and parts, {:>3} verified",
            set.set,
            set.criteria.len(),
            all,
            sure
        );
    }
    println!("{} measures", library.measures().count());
    let reference = units::reference::Reference::read()?;
    let bad = reference.check();
    for line in &bad {
        eprintln!("reference/{line}");
    }
    if !bad.is_empty() {
        return Ok(1);
    }
    println!(
        "{} units, {} successions, {} agencies",
        reference.units.len(),
        reference.succession.len(),
        reference.agencies.len()
    );
    Ok(0)
}

fn read_folder(folder: &std::path::Path, files: &mut Vec<(String, String)>) -> Result<()> {
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

/// The audit trail
#[derive(clap::Args, Clone, Debug)]
pub struct Audit {
    #[command(subcommand)]
    what: AuditCommand,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum AuditCommand {
    /// Check the whole chain: altered, removed, reordered, erased and unsealed lines told apart
    Verify(Database),
    /// Seal committed lines now
    Seal(Database),
}

/// Runs; the exit code is 1 where the chain does not hold.
pub async fn audit(args: &Audit) -> Result<i32> {
    match &args.what {
        AuditCommand::Seal(at) => {
            let store = at.open().await?;
            println!("{}", store::audit::seal(&store, &SystemClock).await?);
            Ok(0)
        }
        AuditCommand::Verify(at) => {
            let store = at.open().await?;
            let report = store::audit::verify(&store).await?;
            println!("sealed {}, unsealed {}, erased {}", report.sealed, report.unsealed, report.erased.len());
            for finding in &report.findings {
                println!("{finding}");
            }
            Ok(i32::from(!report.findings.is_empty()))
        }
    }
}

/// Prints the permission table: who may do what, route by route.
pub fn permissions() {
    for room in site::rooms() {
        for row in (room.routes)().table {
            let roles: Vec<&str> = row.roles.iter().map(|r| r.name()).collect();
            println!("{:<5} {:<36} {:<8} {:<10} {}", row.method, row.path, row.action, row.resource, roles.join(" "));
        }
    }
}
