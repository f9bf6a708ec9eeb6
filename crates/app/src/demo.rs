//! `langso demo`: a province to look at. Real units and sets; figures made up from a seed, marked illustrative everywhere.

use crate::{law, serve, site};
use anyhow::{Context as _, Result, bail};
use facts::{Entry, Key, Law, Stage, record};
use kernel::{Actor, Day, Decimal, SystemClock, UnitId};
use rayon::prelude::*;
use rulebook::{Kind, Origin, Value, model::Op};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};
use store::{Store, StoreOptions};
use units::Unit;

/// Create the demo province where there is none, and serve it
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Address to listen on
    #[arg(long, env = "LANGSO_LISTEN", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// Folder of the demo
    #[arg(long, env = "LANGSO_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// Make a nation of so many communes instead of the province
    #[arg(long)]
    communes: Option<usize>,
    /// Only make the demo, do not serve it
    #[arg(long)]
    only_create: bool,
}

const OVERLAY: &str = "minh-hoa";

/// Makes the demo in a child process, whose memory is gone when it is done, then serves it.
pub fn run(args: &Args, runtime: &tokio::runtime::Runtime, lang: locale::Lang) -> Result<()> {
    let database = args.data.join("langso.sqlite");
    if args.only_create {
        return runtime.block_on(create(&args.data, args.communes));
    }
    if !database.exists() {
        let mut child = std::process::Command::new(std::env::current_exe()?);
        child.args(["demo", "--only-create", "--data"]).arg(&args.data);
        if let Some(communes) = args.communes {
            child.arg("--communes").arg(communes.to_string());
        }
        if !child.status()?.success() {
            bail!("the demo could not be created in {}", args.data.display());
        }
    }
    let serve = serve::Args {
        listen: args.listen,
        database: None,
        data: args.data.clone(),
        files: None,
        api_limit: 0,
        public_url: Some(format!("http://{}", args.listen)),
        trusted_proxy: Vec::new(),
        clamd: None,
        webhook_loopback: false,
        // Everybody who tries the demo is the same few people.
        max_sessions: 1000,
        smtp_url: None,
        mail_from: None,
        smtp_password_file: None,
        smtp_ca: None,
        // Whoever reaches a demo may be anybody in it: it answers this machine alone, or it has no such door.
        demo: args.listen.ip().is_loopback(),
        lang,
    };
    runtime.block_on(serve::run(&serve))
}

/// A small generator of numbers that are the same everywhere (SplitMix64).
struct Seed(u64);

impl Seed {
    fn of(parts: &[i64]) -> Seed {
        let mix = |seed: u64, part: &i64| (seed ^ (*part as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
        Seed(parts.iter().fold(0x6c61_6e67_736f, mix))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True in `percent` of a hundred cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

async fn create(data: &Path, communes: Option<usize>) -> Result<()> {
    std::fs::create_dir_all(data).with_context(|| data.display().to_string())?;
    let overlay = law::overlay(OVERLAY)?.context("the illustrative overlay is shipped")?;
    let unfinished = data.join("unfinished.sqlite");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("unfinished.sqlite{ending}")));
    }
    let url = format!("sqlite:{}", unfinished.display());
    let store = site::open(&url, StoreOptions { durable: false, ..StoreOptions::default() }).await?;
    let library = site::library(vec![overlay])?;
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let law = Law::register(&mut tx, library).await?;
    facts::rejudge::if_changed(&mut tx, &law).await?;
    tx.commit().await?;
    if let Some(count) = communes {
        make_nation(&store, count).await?;
    }
    for year in 2021..=2026 {
        fill(&store, &law, year).await?;
        eprintln!("{year}");
    }
    let own = crate::demo_people::make(&store).await?;
    crate::demo_reporting::make(&store, &law, own).await?;
    store::audit::seal(&store, &SystemClock).await?;
    store.close().await;
    let overlays = data.join("overlays");
    std::fs::create_dir_all(&overlays)?;
    std::fs::write(
        overlays.join(format!("{OVERLAY}.toml")),
        law::overlay_text(OVERLAY).context("the overlay's text")?,
    )?;
    // Only a whole demo gets the name that `demo` looks for.
    std::fs::rename(&unfinished, data.join("langso.sqlite"))?;
    Ok(())
}

/// Made-up provinces beside the real ones, for the size of a nation.
async fn make_nation(store: &Store, count: usize) -> Result<()> {
    let mut made = Vec::new();
    let unit = |id: i64, level: &str, name: String, parent: Option<i64>| Unit {
        id: UnitId(id),
        level: level.into(),
        kind: level.into(),
        code: format!("x{id}"),
        name,
        parent: parent.map(UnitId),
        valid_from: None,
        valid_to: None,
        lat: Some(10.0 + (id % 977) as f64 / 100.0),
        lon: Some(105.0 + (id % 331) as f64 / 100.0),
        confidence: "unknown".into(),
        note: String::new(),
    };
    let per_province = 160;
    for n in 0..count as i64 {
        let province = 2_000_000 + n / per_province;
        if n % per_province == 0 {
            made.push(unit(province, "province", format!("P{:03}", n / per_province + 1), None));
        }
        made.push(unit(3_000_000 + n, "commune", format!("C{:05}", n + 1), Some(province)));
    }
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    units::store::insert_units(&mut tx, &made).await?;
    tx.commit().await?;
    Ok(())
}

/// The year from which a commune of the demo meets a set, and how it stands besides.
struct Fate {
    basic: i16,
    advanced: i16,
    model: i16,
}

fn fate(unit: &Unit) -> Fate {
    let district = unit.parent.map_or(0, |p| p.0);
    let mut luck = Seed::of(&[1, district]);
    let head_start = luck.below(3) as i16;
    let mut seed = Seed::of(&[2, unit.id.0]);
    let basic = match seed.below(100) {
        0..40 => 2021,
        40..55 => 2022,
        55..68 => 2023,
        68..78 => 2024,
        78..84 => 2025,
        _ => 2027 + head_start,
    };
    let advanced = if seed.chance(30) { basic + 1 + seed.below(3) as i16 } else { 2099 };
    let model = if seed.chance(20) { advanced + 1 } else { 2099 };
    Fate { basic, advanced, model }
}

/// The attribute that some thresholds ask for.
const SCHOOLS: &str = "more_than_3_schools";

fn many_schools(unit: &Unit) -> bool {
    Seed::of(&[4, unit.id.0]).chance(60)
}

/// Figures of one year, in three sets, for every commune that is valid then.
async fn fill(store: &Store, law: &Law, year: i16) -> Result<()> {
    let days: &[Day] = &[Day::new(year, 6, 30).context("a day")?, Day::new(year, 12, 31).context("a day")?];
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut communes: HashMap<UnitId, Unit> = HashMap::new();
    for &day in days.iter().filter(|d| year == 2025 || d.month() == 12) {
        // A handful of provinces (some dozen in the nation).
        for province in units::store::provinces(&mut tx, day).await? {
            let under = units::store::under(&mut tx, province.id, "commune", day).await?;
            communes.extend(under.into_iter().filter(Unit::is_judged_commune).map(|u| (u.id, u)));
        }
    }
    drop(tx);
    let mut communes: Vec<Unit> = communes.into_values().collect();
    communes.sort_by_key(|u| u.id);
    for chunk in communes.chunks(500) {
        let mut published = Vec::new();
        // In the order of their names, so that two demos write the same lines in the same order.
        let mut working: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
        let made: Vec<Vec<Entry>> = chunk.par_iter().map(|unit| figures(law, unit, year)).collect();
        for (unit, entries) in chunk.iter().zip(made) {
            // 2026 is under way: figures in every stage, most of them not yet the public's.
            let stage = match (year, Seed::of(&[3, unit.id.0]).below(10)) {
                (2026, 0..3) => Some("draft"),
                (2026, 3..5) => Some("submitted"),
                (2026, 5..7) => Some("accepted"),
                (2026, 7) => Some("locked"),
                _ => None,
            };
            match stage {
                Some(stage) => working.entry(stage).or_default().extend(entries),
                None => published.extend(entries),
            }
        }
        let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
        if year == 2021 || year >= 2025 {
            let values = chunk.iter().map(|u| (u.id, if many_schools(u) { "true" } else { "false" }));
            units::store::set_attributes(&mut tx, SCHOOLS, "minh-hoa", values).await?;
        }
        let how = |stage, publish| record::How { stage, publish, source: "minh-hoa".into(), import: None, anew: false };
        record::record(&mut tx, law, &published, &how(Stage::Published, true)).await?;
        for (stage, entries) in &working {
            let stage = Stage::from_name(stage).unwrap_or(Stage::Draft);
            record::record(&mut tx, law, entries, &how(stage, false)).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A commune's figures of a year. A set it meets is met in every indicator; of one it does not meet, some fail and some
/// are missing. Sets are filled from the mildest, so that a shared measure satisfies the strictest that is met.
fn figures(law: &Law, unit: &Unit, year: i16) -> Vec<Entry> {
    let fate = fate(unit);
    let day = facts::law::day_of_judging(unit, year);
    let mut values: HashMap<i64, (Origin, Value)> = HashMap::new();
    let attributes = [(SCHOOLS.to_owned(), many_schools(unit).to_string())].into();
    let traits = rulebook::Traits { region: Some("TDMNPB".into()), group: None, attributes };
    let mut seed = Seed::of(&[5, unit.id.0]);
    let households = 800 + seed.below(2200) as i64;
    for (code, number) in [
        ("households", households),
        ("population", households * 4 + seed.below(400) as i64),
        ("labour_force", households * 2 + seed.below(300) as i64),
        ("agricultural_land_area", 300 + seed.below(1500) as i64),
        ("villages", 6 + seed.below(14) as i64),
        ("livestock_facilities", 5 + seed.below(60) as i64),
    ] {
        if let Some(id) = law.measure_id(code) {
            values.insert(id, (Origin::Declared, Value::Number(number.into())));
        }
    }
    let sets: &[(&str, i16)] = if year <= 2025 {
        &[
            ("commune-2021-2025", fate.basic),
            ("commune-advanced-2021-2025", fate.advanced),
            ("commune-model-2021-2025", fate.model),
            ("smart-commune", fate.advanced + 1),
        ]
    } else {
        &[("commune-2026-2030", 2026), ("smart-commune", fate.advanced + 1)]
    };
    for (set, from) in sets {
        // The stricter sets have figures only where a commune strives for them.
        if *set != sets[0].0 && year + 2 < *from {
            continue;
        }
        let Some(plan) = law.plan(set, day) else { continue };
        let met = year >= *from;
        let gap = (from - year).clamp(1, 4) as u64;
        for (at, node) in plan.book.nodes.iter().enumerate() {
            let Some(measure) = plan.measures[at] else { continue };
            let mut seed = Seed::of(&[6, unit.id.0, i64::from(year), measure]);
            let fails = !met && seed.chance(4 * gap);
            if !met && seed.chance(2) {
                continue;
            }
            if plan.book.excluded_by_region(at, &traits) {
                continue;
            }
            let indicator = &node.indicator;
            let limit = plan.book.threshold(at, &traits, year).cloned();
            let value = if indicator.applies_if.is_some() && seed.chance(50) {
                Value::NotApplicable
            } else if indicator.kind.is_yes_no() {
                Value::Yes(!fails)
            } else {
                let limit = limit.unwrap_or_else(|| Decimal::from(50));
                number(&mut seed, indicator.kind, indicator.requirement.op, &limit, fails, households)
            };
            let origin = if seed.chance(15) { Origin::Verified } else { Origin::Declared };
            // A stricter set replaces a shared measure's figure only where it is met.
            if met || !values.contains_key(&measure) {
                values.insert(measure, (origin, value));
            }
        }
    }
    let key = |measure, origin| Key { unit: unit.id, year, measure, origin };
    let mut entries: Vec<Entry> = values.into_iter().map(|(m, (o, value))| Entry::new(key(m, o), value)).collect();
    entries.sort_by_key(|e| e.key);
    entries
}

/// A number on the right or the wrong side of its limit.
fn number(seed: &mut Seed, kind: Kind, op: Op, limit: &Decimal, fails: bool, households: i64) -> Value {
    let limit = limit.to_f64();
    let spread = if kind == Kind::Percent { 12.0 } else { limit.abs() * 0.25 + 1.0 };
    let step = spread * (0.05 + seed.below(900) as f64 / 1000.0);
    let upward = matches!(op, Op::AtLeast | Op::MoreThan | Op::Exactly);
    let exact = op == Op::Exactly && !fails;
    let raw = if exact {
        limit
    } else if upward != fails {
        limit + step
    } else {
        limit - step
    };
    match kind {
        Kind::Count => {
            let down = if upward && !fails { raw.ceil() } else { raw.floor() };
            let value = if exact {
                limit
            } else if op == Op::Exactly {
                limit + 1.0 + step.floor()
            } else {
                down
            };
            Value::Number(Decimal::from(value.max(0.0) as i64))
        }
        Kind::Percent => {
            let percent = if op == Op::Exactly && fails { limit - step } else { raw }.clamp(0.0, 100.0);
            // People count households: many percents come as a fraction.
            if seed.chance(30) && !exact {
                let part = percent / 100.0 * households as f64;
                let part = if upward != fails { part.ceil() } else { part.floor() } as i64;
                Value::Fraction(part.clamp(0, households).into(), households.into())
            } else {
                tenths(percent)
            }
        }
        _ => tenths(raw.max(0.0)),
    }
}

fn tenths(value: f64) -> Value {
    let tenths = (value * 10.0).round() as i64;
    Value::Number(format!("{}.{}", tenths / 10, tenths % 10).parse().unwrap_or(Decimal::ZERO))
}
