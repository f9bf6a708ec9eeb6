//! The site put together: rooms listed once, store opened and migrated, law registered.

use crate::{law, stop::shown};
use anyhow::{Context as _, Result, anyhow};
use facts::{
    Law,
    evidence::{Means, incoming::Bounds},
};
use identity::Identity;
use kernel::{Actor, Clock, SystemClock};
use operations::Post;
use rulebook::{Library, Overlay};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Migration, Store, StoreOptions, attachments::Attachments, secrets::SecretKey};
use web::{
    Room, Routes, Site, SiteParts, Templates,
    personal::{Hooks, Retention},
    search::Search,
};

/// Every room of the house.
pub fn rooms() -> Vec<Room> {
    vec![
        web::room(),
        units::room(),
        ledger::room(),
        identity::room(),
        facts::pages::room(),
        operations::room(),
        reporting::room(),
    ]
}

/// The migrations of every room.
pub fn migrations() -> Vec<&'static [Migration]> {
    rooms().into_iter().map(|r| r.migrations).collect()
}

/// The columns of every room that hold something sealed.
pub fn sealed() -> Vec<store::secrets::Sealed> {
    [identity::SEALED, web::notices::SEALED, reporting::returns::push::SEALED].concat()
}

/// The database of a data folder.
pub fn default_url(data: &Path) -> String {
    format!("sqlite:{}", data.join("langso.sqlite").display())
}

/// Opens a database and brings it to the program's state.
pub async fn open(url: &str, options: StoreOptions) -> Result<Store> {
    let store = Store::open(url, options).await.with_context(|| shown(url))?;
    store.migrate(&migrations(), &SystemClock).await?;
    store.protect(&rooms().iter().map(|room| room.guards).collect::<Vec<_>>());
    let reference = units::reference::Reference::read()?;
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    units::store::seed(&mut tx, &reference).await?;
    tx.commit().await?;
    Ok(store)
}

/// The overlay files of a data folder: `overlays/*.toml`, in the order of their names.
pub fn overlay_files(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("overlays")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

/// The overlays of a data folder.
pub fn overlays(data: &Path) -> Result<Vec<Overlay>> {
    let read = |path: &PathBuf| -> Result<Overlay> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(rulebook::parse::overlay(&path.display().to_string(), &text)?)
    };
    overlay_files(data).iter().map(read).collect()
}

/// How long personal data are kept: `retention.toml` of a data folder, else as the program says.
pub fn retention(data: &Path) -> Result<Retention> {
    said_in(data, "retention.toml")
}

/// How much evidence is taken in: `evidence.toml` of a data folder, else as the program says.
pub fn bounds(data: &Path) -> Result<Bounds> {
    said_in(data, "evidence.toml")
}

/// What a file of the data folder says; what the program says where there is none.
fn said_in<T: Default + serde::de::DeserializeOwned>(data: &Path, file: &str) -> Result<T> {
    let path = data.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// What every room keeps of people.
pub fn hooks(retention: Retention) -> Hooks {
    Hooks { all: rooms().iter().flat_map(|room| room.personal).copied().collect(), retention }
}

/// The shipped law with these overlays.
pub fn library(overlays: Vec<Overlay>) -> Result<Library> {
    let shipped =
        law::shipped().map_err(|e| anyhow!("{}", e.iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")))?;
    shipped
        .with_overlays(overlays)
        .map_err(|e| anyhow!("overlay {}: set {} has no indicator {}", e.overlay, e.set, e.no))
}

/// What whoever starts the program says of how the site is reached, whom it reaches, and how long it keeps what it knows of people.
pub struct Edge {
    pub origin: String,
    pub limit: Option<NonZeroU32>,
    /// Proxies elsewhere that are believed about whom they ask for.
    pub proxies: web::Proxies,
    pub retention: Retention,
    pub post: Post,
    pub caller: caller::Caller,
    pub means: Means,
    /// Forms and templates of the data folder.
    pub desk: reporting::forms::Desk,
}

/// The site over an open store.
pub async fn site(
    store: Store,
    library: Library,
    attachments: Attachments,
    identity: Identity,
    ledger: ledger::Keys,
    edge: Edge,
) -> Result<(Site, Routes)> {
    let Edge { origin, limit, proxies, retention, post, caller, means, desk } = edge;
    let illustrative = library.overlays().iter().any(|o| o.illustrative);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut tx = store.write(&Actor::SYSTEM, &*clock).await?;
    let law = Law::register(&mut tx, library).await?;
    facts::rejudge::if_changed(&mut tx, &law).await?;
    let provinces = units::store::provinces(&mut tx, clock.today()).await?;
    let place = units::home().province(&provinces, None).map_or_else(String::new, |p| p.name.clone());
    tx.commit().await?;
    let mut routes = Routes::new();
    let mut templates = Vec::new();
    for room in rooms() {
        routes = routes.merge((room.routes)());
        templates.extend((room.templates)());
    }
    let identity = Arc::new(identity);
    let key = Arc::new(identity.key.clone());
    let effects = units::Effects(vec![
        identity::mergers::effect(),
        identity::agency_guard::effect(),
        facts::rejudge::effect(law.clone()),
        reporting::campaigns::effect(),
    ]);
    let named = law.clone();
    let named = web::NamedLaw(Box::new(move || named.latest().criteria()));
    let law: Arc<dyn Any + Send + Sync> = Arc::new(law);
    let site = Site(Arc::new(SiteParts {
        store,
        clock,
        templates: Templates::new(templates)?,
        people: Arc::new(identity::keeper::Keeper(identity.clone())),
        place,
        illustrative,
        permissions: routes.table.clone(),
        things: HashMap::from([
            (TypeId::of::<Law>(), law),
            (TypeId::of::<web::NamedLaw>(), Arc::new(named) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<web::Before>(), Arc::new(facts::pages::refresh()) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<units::Effects>(), Arc::new(effects) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Hooks>(), Arc::new(hooks(retention)) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Identity>(), identity as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<SecretKey>(), key as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<web::Proxies>(), Arc::new(proxies) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Post>(), Arc::new(post) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<reporting::forms::Desk>(), Arc::new(desk) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<caller::Caller>(), Arc::new(caller) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<ledger::Keys>(), Arc::new(ledger) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Means>(), Arc::new(means) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Attachments>(), Arc::new(attachments) as Arc<dyn Any + Send + Sync>),
        ]),
        openapi: facts::pages::description_with([
            identity::pages::description(),
            operations::description(),
            reporting::pages::description(),
        ]),
        origin,
        limit,
        search: Search::new(rooms().iter().flat_map(|room| room.search).copied()),
    }));
    Ok((site, routes))
}

/// The functions of every room's jobs.
pub fn jobs(site: &Site) -> store::jobs::Registry {
    let mut registry = store::jobs::Registry::default();
    for room in rooms() {
        (room.jobs)(&mut registry, site);
    }
    registry
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Scope;
    use std::collections::BTreeSet;
    use store::{Query, args};

    /// Whether a column is of people: names one, or tells how to reach one.
    fn is_of_people(column: &str) -> bool {
        let words = ["person", "actor", "drafter", "login", "email", "contact", "phone", "recipient", "address"];
        words.contains(&column) || column.ends_with("_by")
    }

    #[test]
    fn every_column_of_people_is_registered_by_its_room() {
        testkit::block_on(async {
            let store = Store::open("sqlite::memory:", StoreOptions::default()).await.expect("a database");
            store.migrate(&migrations(), &SystemClock).await.expect("it migrates");
            let mut tx = store.read(&Scope::PUBLIC).await.expect("a transaction");
            let sql = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'";
            let rows = tx.rows(sql, args![]).await.expect("the schema");
            let there: BTreeSet<(String, String)> =
                rows.iter().map(|row| (row.text(0).expect("a table"), row.text(1).expect("a column"))).collect();
            let hooks = hooks(Retention::default());
            let named = |personal: &web::personal::Personal| {
                let tables = personal.kinds.iter().flat_map(|kind| kind.tables);
                tables
                    .flat_map(|(table, columns)| columns.iter().map(|c| ((*table).to_owned(), (*c).to_owned())))
                    .collect::<Vec<_>>()
            };
            let registered: BTreeSet<(String, String)> = hooks.all.iter().flat_map(named).collect();
            let of_people = there.iter().filter(|(_, column)| is_of_people(column));
            let forgotten: Vec<_> = of_people.filter(|one| !registered.contains(*one)).collect();
            assert!(forgotten.is_empty(), "columns of people that no room registers: {forgotten:?}");
            let gone: Vec<_> = registered.iter().filter(|one| !there.contains(*one)).collect();
            assert!(gone.is_empty(), "registered columns that are not there: {gone:?}");
            for personal in &hooks.all {
                for kind in personal.kinds {
                    for end in ["", "-why", "-long"] {
                        for lang in [locale::Lang::Vi, locale::Lang::En] {
                            let key = format!("personal-{}{end}", kind.key);
                            let words = locale::say_key(lang, &key, &[]);
                            assert!(!words.starts_with('['), "{key} has no words");
                        }
                    }
                }
                let tables = personal.kinds.iter().flat_map(|kind| kind.tables);
                let foreign: Vec<_> = tables.filter(|(table, _)| !table.starts_with(personal.room)).collect();
                assert!(foreign.is_empty(), "{} registers another room's tables: {foreign:?}", personal.room);
            }
        });
    }

    #[test]
    fn every_column_of_sealed_texts_is_known_to_the_change_of_the_key() {
        testkit::block_on(async {
            let store = Store::open("sqlite::memory:", StoreOptions::default()).await.expect("a database");
            store.migrate(&migrations(), &SystemClock).await.expect("it migrates");
            let mut tx = store.read(&Scope::PUBLIC).await.expect("a transaction");
            // `store_audit.sealed` says whether a line is in the chain; what is sealed with a key is text.
            let sql = "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c
                       WHERE t.type = 'table' AND c.type = 'TEXT' AND (c.name LIKE '%sealed' OR c.name IN ('totp', 'half', 'secret'))";
            let rows = tx.rows(sql, args![]).await.expect("the schema");
            let there: BTreeSet<String> = rows.iter().map(|row| row.text(0).expect("a column")).collect();
            let known: BTreeSet<String> = sealed().iter().map(|s| format!("{}.{}", s.table, s.column)).collect();
            assert_eq!(known, there);
        });
    }

    #[test]
    fn spans_are_read_from_the_data_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(retention(folder.path()).expect("none"), Retention::default());
        std::fs::write(folder.path().join("retention.toml"), "codes = 7\ndetails = 0\n").expect("a file");
        let read = retention(folder.path()).expect("it reads");
        assert_eq!((read.codes, read.details, read.tokens), (7, 0, 365));
        std::fs::write(folder.path().join("retention.toml"), "code = 7\n").expect("a file");
        assert!(retention(folder.path()).is_err(), "a misspelt name is passed over");
        assert_eq!(bounds(folder.path()).expect("none"), Bounds::default());
        std::fs::write(folder.path().join("evidence.toml"), "bytes = 1000\n").expect("a file");
        assert_eq!(bounds(folder.path()).expect("it reads").bytes, 1000);
    }
}
