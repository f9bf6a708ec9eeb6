//! The site put together: rooms listed once, store opened and migrated, law registered.

use crate::{law, stop::shown};
use anyhow::{Context as _, Result, anyhow};
use facts::Law;
use identity::Identity;
use kernel::{Actor, Clock, SystemClock};
use rulebook::{Library, Overlay};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Migration, Store, StoreOptions, attachments::Attachments};
use web::{Room, Routes, Site, SiteParts, Templates, search::Search};

/// Every room of the house.
pub fn rooms() -> Vec<Room> {
    vec![web::room(), units::room(), ledger::room(), identity::room(), facts::pages::room()]
}

/// The migrations of every room.
pub fn migrations() -> Vec<&'static [Migration]> {
    rooms().into_iter().map(|r| r.migrations).collect()
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

/// The shipped law with these overlays.
pub fn library(overlays: Vec<Overlay>) -> Result<Library> {
    let shipped =
        law::shipped().map_err(|e| anyhow!("{}", e.iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")))?;
    shipped
        .with_overlays(overlays)
        .map_err(|e| anyhow!("overlay {}: set {} has no indicator {}", e.overlay, e.set, e.no))
}

/// The site over an open store.
pub async fn site(
    store: Store,
    library: Library,
    attachments: Attachments,
    identity: Identity,
    ledger: ledger::Keys,
    origin: String,
    limit: Option<NonZeroU32>,
) -> Result<(Site, Routes)> {
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
    let effects = units::Effects(vec![facts::rejudge::effect(law.clone())]);
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
            (TypeId::of::<web::Before>(), Arc::new(facts::pages::refresh()) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<units::Effects>(), Arc::new(effects) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Identity>(), identity as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<ledger::Keys>(), Arc::new(ledger) as Arc<dyn Any + Send + Sync>),
            (TypeId::of::<Attachments>(), Arc::new(attachments) as Arc<dyn Any + Send + Sync>),
        ]),
        openapi: facts::pages::description_with(vec![identity::pages::description()]),
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
