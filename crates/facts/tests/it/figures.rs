use facts::{
    Edition, Entry, Key, Law, Outcome, Stage,
    intake::{self, Intake, StoredUnits},
    published, record, story,
    totals::{self, Listing, Part, Slice},
};
use kernel::{Actor, Decimal, UnitId};
use rulebook::{Library, Origin, Status, Value, values};
use std::{fs, path::Path};
use store::{Migration, Query, Store, args};
use testkit::{CLOCK, each_engine};

pub const ROOMS: &[&[Migration]] =
    &[web::notices::MIGRATIONS, units::store::MIGRATIONS, ledger::MIGRATIONS, facts::MIGRATIONS];

pub fn library(illustrative: bool) -> Library {
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
    let overlay = rulebook::parse::overlay("minh-hoa", &overlay).unwrap();
    if illustrative { library.with_overlays([overlay]).unwrap() } else { library }
}

pub async fn prepared(store: &Store, illustrative: bool) -> store::Result<Law> {
    let reference = units::reference::Reference::read().expect("the shipped units");
    store.protect(&[published::GUARDS]);
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &reference).await?;
    let law = Law::register(&mut tx, library(illustrative)).await?;
    tx.commit().await?;
    Ok(law)
}

/// Xã Tân Mỹ of the district Chiêm Hóa, an old commune.
pub const COMMUNE: UnitId = UnitId(250);

pub fn entry(law: &Law, unit: UnitId, measure: &str, value: Value) -> Entry {
    let measure = law.measure_id(measure).unwrap_or_else(|| panic!("no measure {measure}"));
    Entry::new(Key { unit, year: 2024, measure, origin: Origin::Declared }, value)
}

fn income(law: &Law, value: &str) -> Entry {
    entry(law, COMMUNE, "income.per_person", Value::Number(value.parse().unwrap()))
}

pub fn how(publish: bool) -> record::How {
    record::How { stage: Stage::Accepted, publish, source: "test".into(), import: None, anew: false }
}

pub async fn save(store: &Store, law: &Law, entries: &[Entry], publish: bool) -> store::Result<Outcome> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let outcome = record::record(&mut tx, law, entries, &how(publish)).await?;
    tx.commit().await?;
    Ok(outcome)
}

pub fn slice() -> Slice {
    let day = "2024-12-31".parse().unwrap();
    Slice { ancestor: UnitId(206), set: "commune-2021-2025".into(), year: 2024, day }
}

/// Everything the commune needs to pass, at the thresholds of the illustrative overlay.
fn passing(law: &Law) -> Vec<Entry> {
    let plan = law.plan("commune-2021-2025", "2024-12-31".parse().unwrap()).unwrap();
    let traits = rulebook::Traits {
        region: Some("TDMNPB".into()),
        attributes: [("more_than_3_schools".to_owned(), "true".to_owned())].into(),
        ..Default::default()
    };
    let mut entries = Vec::new();
    for (at, node) in plan.book.nodes.iter().enumerate() {
        let Some(measure) = &node.indicator.measure else { continue };
        if plan.book.excluded_by_region(at, &traits) {
            continue;
        }
        let value = match plan.book.threshold(at, &traits, 2024) {
            _ if node.indicator.kind.is_yes_no() => Value::Yes(true),
            Some(limit) => Value::Number(limit.clone()),
            None => panic!("{}: the overlay gives no number", node.indicator.no),
        };
        entries.push(entry(law, COMMUNE, measure, value));
    }
    entries
}

pub async fn judged(store: &Store, law: &Law, illustrative: bool) -> store::Result<totals::Totals> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::set_attribute(&mut tx, COMMUNE, "more_than_3_schools", "true", "test").await?;
    tx.commit().await?;
    let entries = if illustrative { passing(law) } else { Vec::new() };
    save(store, law, &entries, true).await?;
    let mut tx = store.read(&Actor::READER.scope()).await?;
    totals::totals(&mut tx, &slice()).await
}

#[test]
fn a_commune_passes_and_the_total_is_right_in_the_next_request() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let totals = judged(&store, &law, true).await?;
        assert_eq!((totals.passed, totals.passed_unconfirmed, totals.failed), (0, 1, 0), "{totals:?}");
        assert_eq!((totals.units, totals.without), (121, 120), "121 communes at the end of 2024");
        save(&store, &law, &[income(&law, "44.9")], true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let totals = totals::totals(&mut tx, &slice()).await?;
        assert_eq!((totals.passed_unconfirmed, totals.failed), (0, 1));
        let nearest = Listing { sort: "nearest".into(), per: 1, ..Listing::default() };
        let (rows, count) = totals::communes(&mut tx, &slice(), &nearest).await?;
        assert_eq!((rows[0].id, rows[0].failing, count), (COMMUNE, 1, 121));
        for part in Part::ALL {
            let of_part = Listing { part: Some(part), per: 200, ..Listing::default() };
            let (rows, count) = totals::communes(&mut tx, &slice(), &of_part).await?;
            assert_eq!((rows.len() as i64, count), (part.count(&totals), part.count(&totals)), "{part:?}");
        }
        let of_plan = Listing { group: "plan-2022".into(), per: 200, ..Listing::default() };
        assert_eq!(totals::communes(&mut tx, &slice(), &of_plan).await?.1, 121);
        let told = story::story(&mut tx, &law, COMMUNE, "commune-2021-2025", 2024).await?.expect("a story");
        let at = told.plan.book.node("10.1").expect("indicator 10.1");
        assert_eq!(told.verdict.shortfalls[at], Some("0.1".parse::<Decimal>().unwrap()));
        Ok(())
    });
}

#[test]
fn without_the_overlay_no_commune_passes() {
    each_engine(ROOMS, |store| async move {
        let illustrative = prepared(&store, true).await?;
        let figures = passing(&illustrative);
        let law = prepared(&store, false).await?;
        save(&store, &law, &figures, true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let totals = totals::totals(&mut tx, &slice()).await?;
        assert_eq!((totals.passed, totals.passed_unconfirmed, totals.to_be_confirmed), (0, 0, 1), "{totals:?}");
        Ok(())
    });
}

#[test]
fn an_edit_of_a_published_figure_changes_nothing_public_until_it_is_published() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let before = judged(&store, &law, true).await?;
        let figures = |scope: kernel::Scope, edition| {
            let store = store.clone();
            async move {
                let mut tx = store.read(&scope).await?;
                published::figures(&mut tx, COMMUNE, Some(2024), edition).await
            }
        };
        let public = figures(Actor::READER.scope(), Edition::Published).await?;
        assert_eq!(
            save(&store, &law, &[income(&law, "12")], false).await?,
            Outcome { new: 0, changed: 1, unchanged: 0, units: 1 }
        );
        assert_eq!(figures(Actor::READER.scope(), Edition::Published).await?, public);
        // A reader who asks for working figures gets the published ones.
        assert_eq!(figures(Actor::READER.scope(), Edition::Working).await?, public);
        assert_ne!(figures(Actor::LOCAL_ADMIN.scope(), Edition::Working).await?, public);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        assert_eq!(totals::totals(&mut tx, &slice()).await?, before);
        assert_eq!(published::history(&mut tx, income(&law, "0").key).await?.len(), 1, "the edit is nobody's yet");
        let working =
            "SELECT verdict FROM facts_verdict WHERE unit = $1 AND set_id = 'commune-2021-2025' AND edition = 0";
        assert!(tx.row(working, args![COMMUNE]).await?.is_none(), "nor is the verdict on it");
        drop(tx);
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        assert_eq!(tx.row(working, args![COMMUNE]).await?.expect("judged").text(0)?, "f");
        drop(tx);
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        assert_eq!(record::publish(&mut tx, &law, COMMUNE, 2024).await?, 1);
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let after = totals::totals(&mut tx, &slice()).await?;
        assert_eq!((after.failed, after.passed_unconfirmed), (1, 0));
        let key = income(&law, "12").key;
        let seen: Vec<(Value, Stage)> =
            published::history(&mut tx, key).await?.into_iter().map(|f| (f.value, f.stage)).collect();
        // The line that was recorded without publication counts from its publication on.
        let line = |n: i64| (Value::Number(n.into()), Stage::Published);
        assert_eq!(seen, [line(12), line(45)]);
        Ok(())
    });
}

#[test]
fn recording_again_changes_nothing_and_history_only_grows() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let share = Value::Fraction(3.into(), 4.into());
        let entries = [income(&law, "50"), entry(&law, COMMUNE, "sanitation.household_share", share)];
        assert_eq!(save(&store, &law, &entries, true).await?, Outcome { new: 2, changed: 0, unchanged: 0, units: 1 });
        assert_eq!(save(&store, &law, &entries, true).await?, Outcome { new: 0, changed: 0, unchanged: 2, units: 0 });
        save(&store, &law, &[income(&law, "51")], true).await?;
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        let values: Vec<Value> =
            published::history(&mut tx, entries[0].key).await?.into_iter().map(|f| f.value).collect();
        assert_eq!(values, [Value::Number(51.into()), Value::Number(50.into())]);
        let row = tx.row("SELECT COUNT(*) FROM facts_ruletext", args![]).await?.expect("a count");
        assert!(row.i64(0)? > 0, "the text that judged is kept");
        let report = store::audit::verify(&store).await?;
        assert!(report.findings.is_empty() && report.unsealed > 0);
        Ok(())
    });
}

#[test]
fn a_table_comes_in_by_code_and_day_all_or_nothing() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let units = StoredUnits::load(&mut tx, "commune").await?;
        let context = values::Context::new(law.library(), "commune-2021-2025", &units, None).expect("the set");
        let read = |text: &str| values::read_csv(&context, text, false);
        // 02608 is Hồng Lạc until 30/11/2024, Hồng Sơn after, and the merged Hồng Sơn since 01/07/2025.
        let text = "unit_code,period,indicator,value,unit_as_of\n02608,2023,8.1,đạt,\n02608,2024,8.1,đạt,\n02608,2025,8.1,đạt,2025-06-30\n";
        let intake =
            Intake { set: "commune-2021-2025".into(), origin: Origin::Declared, publish: true, source: "t.csv".into() };
        let table = read(text).expect("a good table");
        let (entries, faults) = intake::entries(&context, &units, &law, table, &intake);
        assert!(faults.is_empty(), "{faults:?}");
        let mut ids: Vec<i64> = entries.iter().map(|e| e.key.unit.0).collect();
        ids.dedup();
        assert_eq!((entries.len(), ids.len()), (3, 2), "{ids:?}");
        let outcome = intake::commit(&mut tx, &law, &entries, &intake, text.as_bytes()).await?;
        assert_eq!((outcome.new, outcome.units), (3, 2));
        // A ward is shown, never judged by a commune set.
        let ward = units::store::by_code(&mut tx, "02512", "2025-12-31".parse()?).await?.expect("a ward");
        assert!(law.sets_for(&ward, 2025).is_empty());
        let faults = read("unit_code,period,indicator,value\n02512,2025,8.1,đạt\n02608,2025,9.1,-1\n").unwrap_err();
        assert_eq!(faults.iter().map(|f| f.what.key).collect::<Vec<_>>(), ["values-unit-level", "values-negative"]);
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let verdicts = totals::of_unit(&mut tx, entries[0].key.unit).await?;
        assert!(verdicts.iter().any(|v| v.0 == "commune-2021-2025" && v.2 == Status::Incomplete), "{verdicts:?}");
        Ok(())
    });
}
