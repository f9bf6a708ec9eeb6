//! The commands of whoever runs the machine: where the data is, migrate, import, permissions.

use crate::{
    site,
    stop::{Stop, shown},
};
use anyhow::{Context as _, Result};
use facts::{
    Law,
    intake::{self, Intake, StoredUnits},
};
use kernel::{Actor, Phrase, SystemClock};
use locale::Lang;
use rulebook::{
    Origin,
    values::{self, Context, Fault, Places, csv},
};
use std::path::PathBuf;
use store::{Store, StoreOptions};

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
    pub fn at(database: Option<String>, data: PathBuf) -> Database {
        Database { database, data }
    }

    fn url(&self) -> String {
        self.database.clone().unwrap_or_else(|| site::default_url(&self.data))
    }

    /// Made when absent, and brought to this program's state.
    async fn open(&self) -> Result<Store> {
        std::fs::create_dir_all(&self.data).with_context(|| self.data.display().to_string())?;
        site::open(&self.url(), StoreOptions::default()).await
    }

    /// As it is: made when absent, not migrated.
    pub async fn plain(&self) -> Result<Store> {
        let url = self.url();
        Store::open(&url, StoreOptions::default()).await.with_context(|| shown(&url))
    }

    /// As it is; where there is none, that is said and none is made.
    pub async fn existing(&self) -> Result<Store> {
        let url = self.url();
        let file = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let path = file.and_then(|path| path.split('?').next()).map(std::path::Path::new);
        if path.is_some_and(|path| !path.exists()) {
            return Err(Stop::input(Phrase::new("cli-no-database").with("address", url)).into());
        }
        self.plain().await
    }
}

/// Bring the database to this program's state.
pub async fn migrate(args: &Database) -> Result<()> {
    args.open().await?.close().await;
    Ok(())
}

/// Import a table of figures (.csv or .xlsx); all of it or nothing
#[derive(clap::Args, Clone, Debug)]
pub struct Import {
    #[command(flatten)]
    at: Database,
    /// The file
    file: PathBuf,
    /// Criteria set whose indicators the file names
    #[arg(long, default_value = "commune-2021-2025")]
    rulebook: String,
    /// Show what would change, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Publish what is imported
    #[arg(long)]
    publish: bool,
    /// Allow more than 50 MB or 1,000,000 rows
    #[arg(long)]
    large: bool,
}

/// Runs an import; the exit code.
pub async fn import(args: &Import, lang: Lang) -> Result<i32> {
    let bytes = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let store = args.at.open().await?;
    let library = site::library(site::overlays(&args.at.data)?)?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let law = Law::register(&mut tx, library).await?;
    let units = StoredUnits::load(&mut tx, intake::level(law.library(), &args.rulebook), 2025).await?;
    let context = Context::new(law.library(), &args.rulebook, &units, None)
        .with_context(|| format!("there is no criteria set {}", args.rulebook))?;
    let refuse = |problems: Vec<kernel::Problem>| {
        for problem in &problems {
            eprintln!("{}", locale::problem(lang, problem));
        }
        Ok(2)
    };
    let said = |faults: Vec<Fault>| faults.iter().map(|f| f.problem(&Places::Lines)).collect::<Vec<_>>();
    let table = if documents::sheet_in::is_workbook(&bytes) {
        match crate::evaluate_sheet::read(&context, &bytes, args.large) {
            Ok(table) => table,
            Err(problems) => return refuse(problems),
        }
    } else {
        let text = match csv::text(&bytes) {
            Ok(text) => text,
            Err(lines) => {
                let fault = |line| Fault::new(line, None, Phrase::new("values-not-utf8"));
                return refuse(said(lines.into_iter().map(fault).collect()));
            }
        };
        match values::read_csv(&context, text, args.large) {
            Ok(table) => table,
            Err(faults) => return refuse(said(faults)),
        }
    };
    let source = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let intake = Intake { set: args.rulebook.clone(), origin: Origin::Declared, publish: args.publish, source };
    let entries = match intake::entries(&context, &units, &law, &table, &intake) {
        Ok(entries) => entries,
        Err(faults) => return refuse(said(faults)),
    };
    let outcome = if args.dry_run {
        facts::record::preview(&mut tx, &entries).await?.0
    } else {
        let outcome = intake::commit(&mut tx, &law, &entries, &intake, &bytes).await?;
        tx.commit().await?;
        outcome
    };
    println!("{}", serde_json::to_string(&outcome)?);
    store.close().await;
    Ok(0)
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
