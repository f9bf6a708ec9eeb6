//! A nation of 10,000 communes and its figures, made from a seed: the same every time.

use anyhow::{Context, Result};
use facts::Law;
use kernel::{Actor, SystemClock, UnitId};
use rulebook::{Book, Kind, Library, Traits};
use std::{fmt::Write, fs, path::Path};
use store::Store;
use units::Unit;

pub const COMMUNES: usize = 10_000;
pub const SET: &str = "commune-2021-2025";
pub const YEAR: i16 = 2024;
const REGION: &str = "TDMNPB";
/// Communes of a province.
pub const PER_PROVINCE: i64 = 160;
pub const FIRST_PROVINCE: UnitId = UnitId(2_000_000);

/// The shipped law, its illustrative overlay on.
pub fn library() -> Result<Library> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks");
    let mut texts = vec![("measures.toml".to_owned(), fs::read_to_string(folder.join("measures.toml"))?)];
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path().join("rulebook.toml");
        if path.exists() {
            texts.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    texts.sort();
    let shipped = Library::from_files(texts.iter().map(|(n, t)| (n.as_str(), t.as_str())));
    let shipped = shipped.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let overlay = rulebook::parse::overlay("minh-hoa", &fs::read_to_string(folder.join("overlays/minh-hoa.toml"))?)?;
    shipped.with_overlays(vec![overlay]).map_err(|e| anyhow::anyhow!("{e:?}"))
}

fn book(library: &Library, year: i16) -> Result<Book> {
    library.in_force(SET, rulebook::values::year_end(year)).context("the set is shipped")
}

pub fn code(commune: usize) -> String {
    format!("x{}", 3_000_000 + commune)
}

pub fn id(commune: usize) -> UnitId {
    UnitId(3_000_000 + commune as i64)
}

/// Figures of these years as CSV, unit by unit: every leaf of the set that applies in the region; and how many rows.
pub fn csv(library: &Library, years: std::ops::RangeInclusive<i16>) -> Result<(String, usize)> {
    let traits = Traits { region: Some(REGION.into()), ..Traits::default() };
    let books: Vec<(i16, Book)> = years.map(|y| Ok((y, book(library, y)?))).collect::<Result<_>>()?;
    let mut text = String::from("unit_code,period,indicator,value\n");
    let mut rows = 0;
    for commune in 0..COMMUNES {
        let code = code(commune);
        for (year, book) in &books {
            let leaf = |at: &usize| book.nodes[*at].is_leaf() && !book.excluded_by_region(*at, &traits);
            for at in (0..book.nodes.len()).filter(leaf) {
                let dice = (commune as u64 * 977 + at as u64).wrapping_mul(6_364_136_223_846_793_005) >> 33;
                let indicator = &book.nodes[at].indicator;
                let value = match indicator.kind {
                    Kind::Boolean | Kind::Document => {
                        (if !dice.is_multiple_of(20) { "true" } else { "false" }).to_owned()
                    }
                    Kind::Percent => format!("{}.{}", 60 + dice % 40, dice % 9 + 1),
                    Kind::Income => format!("{}.{}", 30 + dice % 40, dice % 9 + 1),
                    _ => format!("{}", dice % 40),
                };
                let _ = writeln!(text, "{code},{year},{},{value}", indicator.no);
                rows += 1;
            }
        }
    }
    Ok((text, rows))
}

/// The units file that `evaluate` is given.
pub fn units_csv() -> String {
    let lines = (0..COMMUNES).map(|n| format!("{},{REGION},\n", code(n)));
    std::iter::once("unit_code,region,group\n".to_owned()).chain(lines).collect()
}

/// Migrates an empty database, puts the nation's units in, so many communes a province, and registers the law.
pub async fn prepare(store: &Store, per_province: i64) -> Result<Law> {
    let rooms = [
        web::notices::MIGRATIONS,
        units::store::MIGRATIONS,
        ledger::MIGRATIONS,
        identity::store::MIGRATIONS,
        facts::MIGRATIONS,
        reporting::MIGRATIONS,
    ];
    store.migrate(&rooms, &SystemClock).await?;
    let unit = |id: i64, level: &str, parent: Option<i64>| Unit {
        id: UnitId(id),
        level: level.into(),
        kind: level.into(),
        code: format!("x{id}"),
        name: format!("U{id}"),
        parent: parent.map(UnitId),
        valid_from: None,
        valid_to: None,
        lat: None,
        lon: None,
        confidence: "unknown".into(),
        note: String::new(),
    };
    let mut made = Vec::new();
    let mut provinces = Vec::new();
    for n in 0..COMMUNES as i64 {
        let province = FIRST_PROVINCE.0 + n / per_province;
        if n % per_province == 0 {
            made.push(unit(province, "province", None));
            provinces.push(UnitId(province));
        }
        made.push(unit(3_000_000 + n, "commune", Some(province)));
    }
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    units::store::insert_units(&mut tx, &made).await?;
    // One, or sixty-three.
    for province in provinces {
        units::store::set_attribute(&mut tx, province, "region", REGION, "bench").await?;
    }
    let law = Law::register(&mut tx, library()?).await?;
    tx.commit().await?;
    Ok(law)
}

/// The law over a prepared database: what it remembers is of that database alone.
pub async fn law(store: &Store) -> Result<Law> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    Ok(Law::register(&mut tx, library()?).await?)
}
