//! The commands of whoever runs the machine: where the data is, migrate, permissions.

use crate::{
    site,
    stop::{Stop, shown},
};
use anyhow::{Context as _, Result};
use kernel::{Phrase, SystemClock};
use locale::Lang;
use std::path::PathBuf;
use store::{Store, StoreOptions, secrets::rotate};
use web::permissions::{Holders, rule_of};

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
    pub async fn open(&self) -> Result<Store> {
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

/// Change the key that seals secrets
#[derive(clap::Args, Clone, Debug)]
pub struct RotateSecret {
    #[command(flatten)]
    at: Database,
    /// The last step, once no program runs with the old key any more
    #[arg(long)]
    finish: bool,
}

/// Changes the key of the data folder; says how many secrets were sealed anew, and what is left to do.
pub async fn rotate_secret(args: &RotateSecret, lang: Lang) -> Result<()> {
    let store = args.at.open().await?;
    let done = rotate(&store, &args.at.data, &site::sealed(), &SystemClock, args.finish).await?;
    store.close().await;
    let key = if args.finish { "cli-rotate-secret-finished" } else { "cli-rotate-secret-begun" };
    let phrase = Phrase::new(key).with("anew", done.anew).with("lost", done.lost);
    println!("{}", locale::say(lang, &phrase));
    Ok(())
}

/// Prints the permission table: who may do what, route by route.
pub fn permissions() {
    for room in site::rooms() {
        for row in (room.routes)().table {
            let who = match rule_of(row.action, row.resource).map(|rule| rule.who) {
                _ if row.public => "everybody".to_owned(),
                Some(Holders::Own) => "own".to_owned(),
                Some(Holders::Roles(roles)) => roles
                    .iter()
                    .map(|(role, reach)| format!("{}:{}", role.name(), reach.name()))
                    .collect::<Vec<_>>()
                    .join(" "),
                None => "nobody".to_owned(),
            };
            println!("{:<4}  {:<52}  {:<12}  {:<20}  {who}", row.method, row.path, row.action, row.resource);
        }
    }
}
