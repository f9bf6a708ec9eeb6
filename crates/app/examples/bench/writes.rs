//! Writing: a nation's year in one transaction, forms of sixty values on four connections, single figures; each against the
//! raw engine that writes the same rows.

use crate::{
    Bench, Line,
    engine::{CONNECTIONS, Engine, marks, written},
    nation, per_second,
    raw::{self, Rows},
    timed,
};
use anyhow::{Context, Result};
use facts::{
    Entry, Key, Law, Stage,
    intake::{self, Intake, StoredUnits},
    record::{self, How},
    totals::{self, Slice},
};
use kernel::{Actor, SystemClock};
use rulebook::{Kind, Origin, Value, values};
use std::{sync::Arc, time::Duration};
use store::Store;
use testkit::PrivateServer;

const ROUNDS: usize = 5;
/// Figures that are recorded one by one, each of another commune; forms likewise.
const SINGLES: usize = 200;
const FORMS: usize = 200;
/// Values a second that a peer took on two such cores: its best of 1,300 to 3,700 in bulk; 38 forms of 60.
const PEER_BULK: f64 = 3_700.0;
const PEER_FORMS: f64 = 38.0 * 60.0;

/// From a table's text to judged, committed figures, and the first total read from them.
async fn bulk(store: &Store, law: &Law, text: &str) -> Result<facts::Outcome> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let units = StoredUnits::load(&mut tx, "commune").await?;
    let context = values::Context::new(law.library(), nation::SET, &units, None).context("the set")?;
    let intake =
        Intake { set: nation::SET.into(), origin: Origin::Declared, publish: true, source: "nation.csv".into() };
    let faults = |f: Vec<values::Fault>| anyhow::anyhow!("{} problems, the first: {:?}", f.len(), f.first());
    let table = values::read_csv(&context, text, true).map_err(faults)?;
    let (entries, faulty) = intake::entries(&context, &units, law, table, &intake);
    anyhow::ensure!(faulty.is_empty(), "{} problems", faulty.len());
    let outcome = intake::commit(&mut tx, law, &entries, &intake, text.as_bytes()).await?;
    tx.commit().await?;
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let day = values::year_end(nation::YEAR);
    let slice = Slice { ancestor: nation::FIRST_PROVINCE, set: nation::SET.into(), year: nation::YEAR, day };
    let totals = totals::totals(&mut tx, &slice).await?;
    anyhow::ensure!(totals.units == 160 && totals.without == 0, "{totals:?}");
    Ok(outcome)
}

async fn one(store: &Store, law: &Law, entries: &[Entry]) -> Result<()> {
    let how = How { stage: Stage::Accepted, publish: true, source: "form".into(), import: None, anew: false };
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    record::record(&mut tx, law, entries, &how).await?;
    Ok(tx.commit().await?)
}

/// A form of sixty values of a commune and year that has none yet.
fn form(law: &Law, commune: usize) -> Result<Vec<Entry>> {
    let year = 2025;
    let plan = law.plan(nation::SET, values::year_end(year)).context("the plan")?;
    let key = |measure| Key { unit: nation::id(commune), year, measure, origin: Origin::Declared };
    let mut entries = Vec::new();
    for (node, measure) in plan.book.nodes.iter().zip(&plan.measures) {
        let Some(measure) = *measure else { continue };
        let value = match node.indicator.kind {
            Kind::Boolean | Kind::Document => Value::Yes(true),
            _ => Value::Number(((commune % 40) as i64 + 60).into()),
        };
        if entries.iter().all(|e: &Entry| e.key.measure != measure) {
            entries.push(Entry::new(key(measure), value));
        }
    }
    for code in ["households", "population", "villages", "labour_force", "agricultural_land_area"] {
        let measure = law.measure_id(code).context(code)?;
        if entries.len() < 60 && entries.iter().all(|e| e.key.measure != measure) {
            entries.push(Entry::new(key(measure), Value::Number(1000.into())));
        }
    }
    Ok(entries)
}

/// One changed figure of a commune: its multidimensional poverty rate.
fn single(law: &Law, commune: usize) -> Result<Vec<Entry>> {
    let measure = law.measure_id("poverty.multidimensional_rate").context("a measure")?;
    let key = Key { unit: nation::id(commune), year: nation::YEAR, measure, origin: Origin::Declared };
    let value = format!("{}.{}7", commune % 9, commune % 10);
    Ok(vec![Entry::new(key, Value::Number(value.parse().map_err(|e| anyhow::anyhow!("{e}"))?))])
}

/// Runs the parts on both engines; `print` takes the lines of each as it is done.
pub async fn run(bench: &Bench, parts: &[&str], print: fn(&[Line])) -> Result<()> {
    for engine in [Engine::Sqlite(bench.folder.clone()), Engine::Postgres(PrivateServer::start())] {
        print(&run_on(Arc::new(engine), parts).await?);
    }
    Ok(())
}

async fn run_on(engine: Arc<Engine>, parts: &[&str]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    engine.make("empty", None).await?;
    let store = engine.open("empty").await?;
    let law = nation::prepare(&store, nation::PER_PROVINCE).await?;
    store.close().await;
    let (text, values) = nation::csv(law.library(), nation::YEAR..=nation::YEAR)?;
    let rounds = if parts.contains(&"bulk") { ROUNDS } else { 1 };
    let (mut best, mut best_raw, mut rows) = (Duration::MAX, Duration::MAX, Rows::new());
    for round in 0..rounds {
        engine.make("filled", Some("empty")).await?;
        let store = engine.open("filled").await?;
        let law = nation::law(&store).await?;
        let marks = marks(&store).await?;
        let (took, outcome) = timed(bulk(&store, &law, &text)).await?;
        best = best.min(took);
        anyhow::ensure!(outcome.new == values, "{outcome:?}");
        if round == 0 && parts.contains(&"bulk") {
            rows = written(&store, marks, &[]).await?;
        }
        store.close().await;
        if parts.contains(&"bulk") {
            engine.make("raw", Some("empty")).await?;
            best_raw = best_raw.min(engine.write_raw("raw", std::slice::from_ref(&rows), true).await?);
            eprintln!("{} bulk: {took:?}, raw {best_raw:?}", engine.name());
        }
    }
    if parts.contains(&"bulk") {
        eprintln!("rows of {values} values on {}: {}", engine.name(), raw::said(&rows));
        let count: usize = rows.iter().map(Vec::len).sum();
        let what = format!("bulk, {values} values, {count} rows, {}", engine.name());
        let ratio = best_raw.as_secs_f64() / best.as_secs_f64();
        let (ours, theirs) = (per_second(values, best), per_second(values, best_raw));
        lines.push(Line::ratio(&what, ours.clone(), format!("raw engine {theirs}"), ratio, 0.5, "0.5"));
        let times = values as f64 / best.as_secs_f64() / PEER_BULK;
        lines.push(Line::ratio("the same beside DHIS2's best", ours, "3.7 k/s".into(), times, 20.0, "20"));
    }
    drop(rows);
    if parts.contains(&"single") {
        lines.push(singles(&engine).await?);
    }
    if parts.contains(&"forms") {
        lines.extend(forms(&engine).await?);
    }
    Ok(lines)
}

async fn singles(engine: &Arc<Engine>) -> Result<Line> {
    let (mut best, mut best_raw, mut rows) = (Duration::MAX, Duration::MAX, Vec::new());
    for round in 0..ROUNDS {
        engine.make("ours", Some("filled")).await?;
        let store = engine.open("ours").await?;
        let law = &nation::law(&store).await?;
        one(&store, law, &single(law, SINGLES * 2)?).await?;
        let marks = marks(&store).await?;
        let figures: Vec<_> = (0..SINGLES).map(|n| single(law, n)).collect::<Result<_>>()?;
        let (took, ()) = timed(async {
            for entries in &figures {
                one(&store, law, entries).await?;
            }
            Ok(())
        })
        .await?;
        best = best.min(took);
        if round == 0 {
            let all = written(&store, marks, &[]).await?;
            eprintln!("rows of {SINGLES} single figures on {}: {}", engine.name(), raw::said(&all));
            rows = raw::by_unit(&all);
        }
        store.close().await;
        engine.make("raw", Some("filled")).await?;
        best_raw = best_raw.min(engine.write_raw("raw", &rows, false).await?);
        eprintln!("{} single: {took:?}, raw {best_raw:?}", engine.name());
    }
    let rate = |took: Duration| format!("{:.0} /s", SINGLES as f64 / took.as_secs_f64());
    let ratio = best_raw.as_secs_f64() / best.as_secs_f64();
    let what = format!("single figures, judged, audited, durable, {}", engine.name());
    Ok(Line::ratio(&what, rate(best), format!("raw engine {}", rate(best_raw)), ratio, 0.7, "0.7"))
}

async fn forms(engine: &Arc<Engine>) -> Result<Vec<Line>> {
    let (mut best, mut best_raw, mut rows, mut values) = (Duration::MAX, Duration::MAX, Vec::new(), 0);
    for round in 0..ROUNDS {
        engine.make("ours", Some("filled")).await?;
        let store = engine.open("ours").await?;
        let law = &nation::law(&store).await?;
        one(&store, law, &form(law, FORMS * 2)?).await?;
        let marks = marks(&store).await?;
        let all: Vec<Vec<Entry>> = (0..FORMS).map(|n| form(law, n)).collect::<Result<_>>()?;
        values = all.iter().map(Vec::len).sum();
        let (took, ()) = timed(async {
            let mut running = Vec::new();
            for hand in 0..CONNECTIONS {
                let mine: Vec<Vec<Entry>> = all.iter().skip(hand).step_by(CONNECTIONS).cloned().collect();
                let (store, law) = (store.clone(), law.clone());
                running.push(tokio::spawn(async move {
                    for entries in &mine {
                        one(&store, &law, entries).await?;
                    }
                    anyhow::Ok(())
                }));
            }
            for one in running {
                one.await??;
            }
            Ok(())
        })
        .await?;
        best = best.min(took);
        if round == 0 {
            let all = written(&store, marks, &[]).await?;
            eprintln!("rows of {FORMS} forms on {}: {}", engine.name(), raw::said(&all));
            rows = raw::by_unit(&all);
        }
        store.close().await;
        engine.make("raw", Some("filled")).await?;
        best_raw = best_raw.min(engine.write_raw_at_once("raw", rows.clone()).await?);
        eprintln!("{} forms: {took:?}, raw {best_raw:?}", engine.name());
    }
    let ratio = best_raw.as_secs_f64() / best.as_secs_f64();
    let (ours, theirs) = (per_second(values, best), per_second(values, best_raw));
    let what = format!("forms of {} values, {CONNECTIONS} connections, durable, {}", values / FORMS, engine.name());
    let times = values as f64 / best.as_secs_f64() / PEER_FORMS;
    Ok(vec![
        Line::ratio(&what, ours.clone(), format!("raw engine {theirs}"), ratio, 0.7, "0.7"),
        Line::ratio("the same beside DHIS2's 38 forms/s", ours, "2.3 k/s".into(), times, 10.0, "10"),
    ])
}
