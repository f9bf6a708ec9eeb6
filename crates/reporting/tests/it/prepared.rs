//! A store with the shipped units and law, and a commune that passes 2024.

use facts::{Entry, Key, Law, Stage, published, record};
use kernel::{Actor, UnitId};
use rulebook::{Library, Origin, Value};
use std::{fs, path::Path};
use store::{Migration, Store};
use testkit::CLOCK;

pub const ROOMS: &[&[Migration]] =
    &[web::notices::MIGRATIONS, units::store::MIGRATIONS, ledger::MIGRATIONS, facts::MIGRATIONS, reporting::MIGRATIONS];
/// Xã Tân Mỹ of the district Chiêm Hóa, in the province of before July 2025.
pub const COMMUNE: UnitId = UnitId(250);
pub const OLD_PROVINCE: UnitId = UnitId(206);
pub const SET: &str = "commune-2021-2025";

pub fn library() -> Library {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks");
    let mut files = Vec::new();
    for entry in fs::read_dir(&root).unwrap().flatten() {
        let path = if entry.path().is_dir() { entry.path().join("rulebook.toml") } else { entry.path() };
        if path.extension().is_some_and(|e| e == "toml") && path.exists() {
            files.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    let library = Library::from_files(files.iter().map(|(n, t)| (n.as_str(), t.as_str()))).unwrap();
    let overlay = fs::read_to_string(root.join("overlays/minh-hoa.toml")).unwrap();
    library.with_overlays([rulebook::parse::overlay("minh-hoa", &overlay).unwrap()]).unwrap()
}

pub async fn prepared(store: &Store) -> store::Result<Law> {
    let reference = units::reference::Reference::read().expect("the shipped units");
    store.protect(&[published::GUARDS]);
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &reference).await?;
    units::store::set_attribute(&mut tx, COMMUNE, "more_than_3_schools", "true", "test").await?;
    let law = Law::register(&mut tx, library()).await?;
    tx.commit().await?;
    Ok(law)
}

pub fn entry(law: &Law, unit: UnitId, year: i16, measure: &str, value: Value) -> Entry {
    let measure = law.measure_id(measure).unwrap_or_else(|| panic!("no measure {measure}"));
    Entry::new(Key { unit, year, measure, origin: Origin::Declared }, value)
}

pub async fn save(store: &Store, law: &Law, entries: &[Entry], publish: bool) -> store::Result<()> {
    let how = record::How { stage: Stage::Accepted, publish, source: "test".into(), import: None, anew: false };
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    record::record(&mut tx, law, entries, &how).await?;
    tx.commit().await
}

/// All that the commune needs to pass 2024, at the thresholds of the illustrative overlay.
pub fn passing(law: &Law) -> Vec<Entry> {
    let plan = law.plan(SET, "2024-12-31".parse().unwrap()).unwrap();
    let attributes = [("more_than_3_schools".to_owned(), "true".to_owned())].into();
    let traits = rulebook::Traits { region: Some("TDMNPB".into()), attributes, ..Default::default() };
    let asked = plan.book.nodes.iter().enumerate().filter(|(at, _)| !plan.book.excluded_by_region(*at, &traits));
    let value = |(at, node): (usize, &rulebook::book::Node)| {
        let measure = node.indicator.measure.as_ref()?;
        let value = match plan.book.threshold(at, &traits, 2024) {
            _ if node.indicator.kind.is_yes_no() => Value::Yes(true),
            Some(limit) => Value::Number(limit.clone()),
            None => panic!("{}: the overlay gives no number", node.indicator.no),
        };
        Some(entry(law, COMMUNE, 2024, measure, value))
    };
    asked.filter_map(value).collect()
}
