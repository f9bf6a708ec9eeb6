//! A campaign: two hundred officers who save at the same time, the board of a province and of ten thousand communes, the close of
//! their year.

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
    record::{self, How},
};
use kernel::{Actor, Charge, Clock, Moment, PersonId, Places, Role, Scope, SystemClock, UnitId};
use reporting::{
    campaigns,
    entry::{self, Answer, Given, Typed},
    model::{Campaign, Course, State},
    returns::{self, close},
    store as kept,
};
use rulebook::{Kind, Origin, Value, values};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Listing, Query, Store, args, attachments::Attachments, jobs::Registry};
use testkit::PrivateServer;

const OFFICERS: usize = 200;
/// Values that each of them saves, one after another, all officers at once.
const SAVES: usize = 5;
const ROUNDS: usize = 3;
/// Communes of a province as Tuyên Quang was.
const PROVINCE: i64 = 122;
const YEAR: i16 = 2025;

const OFFICE: Actor = Actor { role: Role::Coordination, person: Some(PersonId(1)), scope: Scope::WHOLE };

/// Runs on both engines; `print` takes the lines of each as it is done.
pub async fn run(bench: &Bench, print: fn(&[Line])) -> Result<()> {
    for engine in [Engine::Sqlite(bench.folder.clone()), Engine::Postgres(PrivateServer::start())] {
        let engine = Arc::new(engine);
        prepare(&engine, "province", PROVINCE).await?;
        print(&saves(&engine).await?);
        print(&board(&engine, "province", "the board of 122 communes").await?);
        let (opened, ()) = timed(prepare(&engine, "nation", nation::COMMUNES as i64)).await?;
        eprintln!("{}: a campaign of {} communes made in {opened:?}", engine.name(), nation::COMMUNES);
        print(&board(&engine, "nation", "the board of 10,000 communes").await?);
        print(&close(bench, &engine).await?);
    }
    Ok(())
}

/// A database with a campaign of all commune sets of the year, opened; its province has so many communes.
async fn prepare(engine: &Engine, database: &str, communes: i64) -> Result<()> {
    engine.make(database, None).await?;
    let store = engine.open(database).await?;
    let law = nation::prepare(&store, communes).await?;
    let today = SystemClock.today();
    let sets = law.library().sets().filter(|s| s.applies.level == rulebook::Level::Commune);
    let last = values::year_end(YEAR);
    let new = Campaign {
        id: 0,
        name: "N".into(),
        period: kernel::Period::Year(YEAR),
        province: nation::FIRST_PROVINCE,
        sets: sets
            .filter(|s| s.applies.from <= last && s.applies.to.is_none_or(|to| last <= to))
            .map(|s| s.set.clone())
            .collect(),
        as_of: last,
        opens: last,
        due: today.max(last),
        review_due: today.max(last),
        terms: reporting::model::Terms::default(),
        comments_stop: false,
        doubts_stop: false,
        closed_with: None,
        course: Course::Draft,
        version: 1,
        at: Moment(0),
    };
    let mut tx = store.write(&OFFICE, &SystemClock).await?;
    let id = campaigns::add(&mut tx, &law, &new).await?;
    let one = kept::get(&mut tx, id).await?.context("the campaign")?;
    let count = campaigns::turn(&mut tx, &law, &one, Course::Open).await?;
    tx.commit().await?;
    anyhow::ensure!(count as i64 == communes, "{count} units");
    store.close().await;
    Ok(())
}

/// Measures of one criterion that takes several numbers, and the criterion: what is saved one after another.
fn saved(law: &Law) -> Result<(String, Vec<String>)> {
    let set = law.library().set(nation::SET).context("the set")?;
    for criterion in &set.criteria {
        let mut codes = Vec::new();
        for i in &criterion.indicators {
            let leaves: Vec<_> = if i.parts.is_empty() { vec![i] } else { i.parts.iter().collect() };
            let open = |i: &&rulebook::model::Indicator| {
                i.kind == Kind::Percent && i.applies_regions.is_none() && i.amended.is_empty() && i.applies_if.is_none()
            };
            codes.extend(leaves.into_iter().filter(open).filter_map(|i| i.measure.clone()));
        }
        if codes.len() >= SAVES {
            codes.truncate(SAVES);
            return Ok((criterion.no.clone(), codes));
        }
    }
    anyhow::bail!("no criterion has {SAVES} numbers")
}

fn officer(unit: UnitId) -> Actor {
    let places = || Places::Some(vec![Charge { unit, criteria: None, until: None }]);
    let scope = Scope { working: places(), writes: places() };
    Actor { role: Role::CommuneOfficer, person: Some(PersonId(unit.0)), scope }
}

async fn campaign(store: &Store) -> Result<Campaign> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    kept::get(&mut tx, 1).await?.context("the campaign")
}

/// Officers save a value each at the same moment, wave after wave: our time, that of each save, and the transactions' rows.
async fn saves(engine: &Arc<Engine>) -> Result<Vec<Line>> {
    // More officers than such a province has communes.
    prepare(engine, "officers", OFFICERS as i64).await?;
    let (mut best, mut best_raw, mut tail) = (Duration::MAX, Duration::MAX, Vec::new());
    let mut transactions: Vec<Rows> = Vec::new();
    for round in 0..ROUNDS {
        engine.make("ours", Some("officers")).await?;
        let store = engine.open("ours").await?;
        store.protect(&[facts::published::GUARDS, kept::GUARDS]);
        let law = nation::law(&store).await?;
        let one = campaign(&store).await?;
        let (no, codes) = saved(&law)?;
        let (mut took, mut each) = (Duration::ZERO, Vec::new());
        for (wave, code) in codes.iter().enumerate() {
            let marks = marks(&store).await?;
            let (wave_took, times) = timed(wave_of(&store, &law, &one, code, wave)).await?;
            took += wave_took;
            each.extend(times);
            if round == 0 {
                let measure = law.measure_id(code).context("a measure")?;
                let more = [
                    format!("measure = {measure}"),
                    format!("measure = {measure}"),
                    format!("set_id = '{}' AND criterion = '{no}'", nation::SET),
                    "filled > 0".to_owned(),
                ];
                transactions.extend(raw::by_unit(&written(&store, marks, &more).await?));
            }
        }
        if took < best {
            (best, tail) = (took, each);
        }
        store.close().await;
        engine.make("raw", Some("officers")).await?;
        best_raw = best_raw.min(engine.write_raw_at_once("raw", transactions.clone()).await?);
        eprintln!("{} autosave: {took:?}, raw {best_raw:?}", engine.name());
    }
    let rows: usize = transactions.iter().flatten().map(Vec::len).sum();
    let count = OFFICERS * SAVES;
    tail.sort();
    let at = |share: f64| tail[((tail.len() - 1) as f64 * share) as usize];
    let said = format!("half within {:.0?}, 95 % within {:.0?}, the longest {:.0?}", at(0.5), at(0.95), at(1.0));
    let rate = |took: Duration| format!("{:.0} /s", count as f64 / took.as_secs_f64());
    let what = format!(
        "{OFFICERS} officers save at once, judged, audited, durable ({:.1} rows a save; {said}), {}",
        rows as f64 / count as f64,
        engine.name()
    );
    let beside = format!("raw engine, {CONNECTIONS} connections, {}", rate(best_raw));
    Ok(vec![Line::ratio(&what, rate(best), beside, best_raw.as_secs_f64() / best.as_secs_f64(), 0.5, "0.5")])
}

/// Every officer saves one value of a measure; how long each waited.
async fn wave_of(store: &Store, law: &Law, one: &Campaign, code: &str, wave: usize) -> Result<Vec<Duration>> {
    let mut running = Vec::new();
    for commune in 0..OFFICERS {
        let (store, law, one, code) = (store.clone(), law.clone(), one.clone(), code.to_owned());
        running.push(tokio::spawn(async move {
            let start = Instant::now();
            let unit = nation::id(commune);
            let typed = Typed { value: format!("{}", (commune + wave) % 90 + 1), ..Typed::default() };
            let given = [Given { measure: code, typed, note: None, seen: 0 }];
            let mut tx = store.write(&officer(unit), &SystemClock).await?;
            let saved = entry::save(&mut tx, &law, &one, unit, &given).await?.context("the unit")?;
            anyhow::ensure!(matches!(saved.answers[..], [Answer::Saved]), "{:?}", saved.answers);
            tx.commit().await?;
            Ok(start.elapsed())
        }));
    }
    let mut times = Vec::new();
    for one in running {
        times.push(one.await??);
    }
    Ok(times)
}

/// What a board's page reads: how many are in which state, and a page of fifty.
async fn board(engine: &Engine, database: &str, what: &str) -> Result<Vec<Line>> {
    let store = engine.open(database).await?;
    let mut best = [Duration::MAX; 2];
    let mut count = 0;
    for round in 0..20 {
        let listing = Listing { per: 50, ..Listing::default() };
        let (took, found) = timed(async {
            let mut tx = store.read(&OFFICE.scope()).await?;
            let (states, _) = kept::counts(&mut tx, 1, SystemClock.today()).await?;
            let (rows, count) = kept::board(&mut tx, 1, &listing, kept::Chosen::default()).await?;
            anyhow::ensure!(rows.len() == 50 && states.contains_key(&State::Empty), "{states:?}");
            Ok(count)
        })
        .await?;
        count = found;
        let (took_raw, ()) = timed(async {
            let mut tx = store.read(&OFFICE.scope()).await?;
            let all = tx.rows("SELECT state FROM reporting_unit WHERE campaign = 1", args![]).await?;
            let page =
                tx.rows("SELECT * FROM reporting_unit WHERE campaign = 1 ORDER BY ord, unit LIMIT 50", args![]).await?;
            anyhow::ensure!(page.len() == 50 && !all.is_empty(), "rows");
            Ok(())
        })
        .await?;
        // The first reads what nobody read before.
        if round > 0 {
            best = [best[0].min(took), best[1].min(took_raw)];
        }
    }
    store.close().await;
    let what = format!("{what}, {count} rows a query, {}", engine.name());
    let beside = format!("the rows alone {:.2?}", best[1]);
    Ok(vec![Line::known(&what, format!("{:.2?}", best[0]), beside)])
}

/// Every commune has a form of accepted figures; the year is published, closed and put down by its job.
async fn close(bench: &Bench, engine: &Engine) -> Result<Vec<Line>> {
    let store = engine.open("nation").await?;
    let law = nation::law(&store).await?;
    let plan = law.plan(nation::SET, values::year_end(YEAR)).context("the plan")?;
    let mut measures = Vec::new();
    for (node, measure) in plan.book.nodes.iter().zip(&plan.measures) {
        if let Some(measure) = *measure
            && measures.iter().all(|(known, _)| *known != measure)
        {
            measures.push((measure, node.indicator.kind));
        }
    }
    let how = How { stage: Stage::Accepted, publish: false, source: "form".into(), import: None, anew: false };
    let of = |commune: usize| {
        measures.iter().map(move |(measure, kind)| {
            let value = match kind {
                Kind::Boolean | Kind::Document => Value::Yes(true),
                _ => Value::Number(((commune % 40) as i64 + 60).into()),
            };
            Entry::new(
                Key { unit: nation::id(commune), year: YEAR, measure: *measure, origin: Origin::Declared },
                value,
            )
        })
    };
    let all: Vec<usize> = (0..nation::COMMUNES).collect();
    for some in all.chunks(1_000) {
        let entries: Vec<Entry> = some.iter().flat_map(|commune| of(*commune)).collect();
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
        record::record(&mut tx, &law, &entries, &how).await?;
        tx.commit().await?;
    }
    let figures = nation::COMMUNES * measures.len();
    let files = Attachments::open(&bench.folder.join("files").display().to_string())?;
    let mut registry = Registry::default();
    close::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(OFFICE)), Arc::new(files));
    // Nobody reviewed anything here: whoever closes the year all the same closes the campaign first.
    let one = campaign(&store).await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    campaigns::turn(&mut tx, &law, &one, Course::Closed).await?;
    let id = returns::ask(&mut tx, nation::FIRST_PROVINCE, YEAR, true).await?;
    tx.commit().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (took, ()) = timed(async {
        while registry.run_one(&store, &clock).await? {}
        Ok(())
    })
    .await?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let done = returns::get(&mut tx, id).await?.context("the return")?;
    anyhow::ensure!(done.state == returns::State::Done && done.units > nation::COMMUNES as i64 - 1, "{done:?}");
    anyhow::ensure!(done.figures >= figures as i64, "{done:?}");
    drop(tx);
    store.close().await;
    let what = format!(
        "closing the year of {} communes: {figures} figures published, a snapshot of {:.0} MB, in pieces of {}, {}",
        nation::COMMUNES,
        done.size as f64 / 1e6,
        close::PIECE,
        engine.name()
    );
    Ok(vec![Line::known(&what, format!("{:.1} s", took.as_secs_f64()), per_second(figures, took))])
}
