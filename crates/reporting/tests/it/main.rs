//! Reporting on both engines: a campaign from its opening to its lock, and whatever should not get through on the way.

mod boards;
mod campaign;
mod doors;
mod doubts;
mod form_five;
mod forms;
mod grid;
mod island;
mod mentions;
mod prepared;
mod proofs;
mod receive_job;
mod reminders;
mod returns;
mod shorter;
mod site;
mod terms;

use anyhow::Result;
use facts::Law;
use kernel::{Actor, Charge, CriterionRef, Day, PersonId, Places, Role, Scope, UnitId};
use reporting::{
    campaigns,
    entry::{self, Given, Saved, Typed},
    form,
    model::{Campaign, Course, Criterion},
};
use rulebook::Library;
use std::{fs, path::Path};
use store::{Migration, Store, StoreError};
use testkit::CLOCK;

const ROOMS: &[&[Migration]] = &[
    web::notices::MIGRATIONS,
    units::store::MIGRATIONS,
    ledger::MIGRATIONS,
    identity::store::MIGRATIONS,
    facts::MIGRATIONS,
    reporting::MIGRATIONS,
];

/// Xã Tân Mỹ of the district Chiêm Hóa, an old commune, and another one.
const COMMUNE: UnitId = UnitId(250);
const OTHER: UnitId = UnitId(251);
const PROVINCE: UnitId = UnitId(206);
const SET: &str = "commune-2021-2025";

fn library() -> Library {
    library_with(|text| text)
}

/// The law with each of its files changed.
fn library_with(change: fn(String) -> String) -> Library {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks");
    let mut files = Vec::new();
    for entry in fs::read_dir(&root).expect("the law").flatten() {
        let path = if entry.path().is_dir() { entry.path().join("rulebook.toml") } else { entry.path() };
        if path.extension().is_some_and(|e| e == "toml") && path.exists() {
            files.push((path.display().to_string(), change(fs::read_to_string(&path).expect("a file of the law"))));
        }
    }
    let library = Library::from_files(files.iter().map(|(n, t)| (n.as_str(), t.as_str()))).expect("the law reads");
    let overlay = fs::read_to_string(root.join("overlays/minh-hoa.toml")).expect("the made-up thresholds");
    library.with_overlays([rulebook::parse::overlay("minh-hoa", &overlay).expect("they read")]).expect("they fit")
}

async fn ready(store: &Store) -> Result<Law> {
    ready_with(store, library()).await
}

async fn ready_with(store: &Store, library: Library) -> Result<Law> {
    let reference = units::reference::Reference::read()?;
    store.protect(&[facts::published::GUARDS, reporting::store::GUARDS]);
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &reference).await?;
    let law = Law::register(&mut tx, library).await?;
    tx.commit().await?;
    Ok(law)
}

/// Somebody whose role reaches a unit, all criteria or these.
fn somebody(role: Role, person: i64, unit: UnitId, criteria: Option<&[&str]>) -> Actor {
    let named = |no: &&str| CriterionRef { set: SET.to_owned(), no: (*no).to_owned() };
    let criteria: Option<Vec<CriterionRef>> = criteria.map(|list| list.iter().map(named).collect());
    let places = |criteria| Places::Some(vec![Charge { unit, criteria, until: None }]);
    Actor { role, person: Some(PersonId(person)), scope: Scope { working: places(None), writes: places(criteria) } }
}

/// What becomes of a save of the commune, whose answer shows the form that anybody reads afterwards.
async fn saved(store: &Store, law: &Law, who: &Actor, one: &Campaign, given: &[Given]) -> Result<Saved, StoreError> {
    let mut tx = store.write(who, &CLOCK).await?;
    let saved = entry::save(&mut tx, law, one, COMMUNE, given).await?.expect("the commune is asked");
    let read = form::load(&mut tx, law, one, &saved.form.unit).await?;
    for (told, read) in saved.form.sets.iter().zip(&read.sets) {
        assert_eq!(format!("{:#?}", told.sheets), format!("{:#?}", read.sheets));
        assert_eq!(told.verdict, read.verdict);
    }
    tx.commit().await?;
    Ok(saved)
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn criterion(no: &str) -> Criterion {
    Criterion { set: SET.to_owned(), no: no.to_owned() }
}

fn given(measure: &str, value: &str, seen: i64) -> Given {
    let typed = Typed { value: value.to_owned(), ..Typed::default() };
    Given { measure: measure.to_owned(), typed, note: Some(String::new()), seen }
}

/// A campaign of a period, opened by the office.
async fn opened(store: &Store, law: &Law, period: &str) -> Result<Campaign> {
    opened_of(store, law, period, &[SET]).await
}

/// The same of these sets.
async fn opened_of(store: &Store, law: &Law, period: &str, sets: &[&str]) -> Result<Campaign> {
    let office = Actor { role: Role::Coordination, person: Some(PersonId(1)), scope: Scope::WHOLE };
    let new = Campaign {
        id: 0,
        name: format!("Báo cáo {period}"),
        period: period.parse().expect("a period"),
        province: PROVINCE,
        sets: sets.iter().map(|set| (*set).to_owned()).collect(),
        as_of: day("2024-12-31"),
        opens: day("2026-11-01"),
        due: day("2026-12-15"),
        review_due: day("2026-12-31"),
        terms: reporting::model::Terms::default(),
        comments_stop: true,
        doubts_stop: false,
        course: Course::Draft,
        version: 1,
        at: kernel::Moment(0),
        closed_with: None,
    };
    let mut tx = store.write(&office, &CLOCK).await?;
    let id = campaigns::add(&mut tx, law, &new).await?;
    let one = reporting::store::get(&mut tx, id).await?.expect("it was kept");
    campaigns::turn(&mut tx, law, &one, Course::Open).await?;
    let one = reporting::store::get(&mut tx, id).await?.expect("it is there");
    tx.commit().await?;
    Ok(one)
}
