//! `langso template`: a workbook of what a unit, or every unit of a province, is asked for.

use crate::{manage::Database, site, stop::Stop};
use anyhow::Result;
use facts::{
    Law,
    model::origin_named,
    template::{self, Wanted},
};
use kernel::{Actor, Clock, Day, Phrase, Place, Problem, SystemClock};
use locale::Lang;
use std::path::PathBuf;
use store::Query;
use units::Unit;

/// Write a spreadsheet to be filled in, for one unit or a whole province
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    at: Database,
    /// Criteria set whose indicators are asked for
    #[arg(long, default_value = "commune-2021-2025")]
    rulebook: String,
    /// The year of the figures
    #[arg(long)]
    year: i16,
    /// Code of one unit; without it all units of the province
    #[arg(long)]
    unit: Option<String>,
    /// The day on which codes are read (YYYY-MM-DD); by default the last of the year
    #[arg(long)]
    unit_as_of: Option<String>,
    /// Code of the province
    #[arg(long, default_value_t = units::home().province_code.clone())]
    province: String,
    /// The figures that are filled in: declared, verified, survey or imported
    #[arg(long, default_value = "declared")]
    origin: String,
    /// vi or en
    #[arg(long)]
    lang: Option<String>,
    /// The file to write
    #[arg(short, long)]
    output: PathBuf,
}

fn option(name: &'static str, phrase: Phrase) -> Problem {
    Problem::input(phrase).at(Place::Option(name))
}

/// Runs; the exit code.
pub async fn run(args: &Args, default: Lang) -> Result<i32> {
    let lang = args.lang.as_deref().and_then(Lang::from_tag).unwrap_or(default);
    match make(args, lang).await? {
        Ok((bytes, units)) => {
            std::fs::write(&args.output, bytes).map_err(|e| Stop::file(&args.output, &e))?;
            let phrase = Phrase::new("template-written").with("file", args.output.display().to_string());
            eprintln!("{}", locale::say(lang, &phrase.with("units", units)));
            Ok(0)
        }
        Err(problem) => {
            eprintln!("{}", locale::problem(lang, &problem));
            Ok(2)
        }
    }
}

/// The workbook and how many units it is for, or what stands against it.
async fn make(args: &Args, lang: Lang) -> Result<Result<(Vec<u8>, usize), Problem>> {
    let Some(origin) = origin_named(&args.origin) else {
        return Ok(Err(option("--origin", Phrase::new("intake-origin").with("origin", args.origin.as_str()))));
    };
    if !(1000..=9999).contains(&args.year) {
        return Ok(Err(option("--year", Phrase::new("values-period").with("period", args.year.to_string()))));
    }
    let day = match args.unit_as_of.as_deref().map(str::parse::<Day>) {
        None => template::default_day(args.year),
        Some(Ok(day)) => day,
        Some(Err(_)) => {
            let text = args.unit_as_of.clone().unwrap_or_default();
            return Ok(Err(option("--unit-as-of", Phrase::new("evaluate-day").with("day", text))));
        }
    };
    let store = args.at.open().await?;
    let library = site::library(site::overlays(&args.at.data)?)?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let law = Law::register(&mut tx, library).await?;
    tx.commit().await?;
    if law.library().set(&args.rulebook).is_none() {
        let phrase = Phrase::new("evaluate-set-unknown").with("set", args.rulebook.as_str());
        return Ok(Err(option("--rulebook", phrase)));
    }
    let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
    let units = match units_of(args, &mut tx, &law, day).await? {
        Ok(units) => units,
        Err(problem) => return Ok(Err(problem)),
    };
    let wanted = Wanted { set: args.rulebook.clone(), year: args.year, origin, lang, today: SystemClock.today() };
    let made = template::make(&mut tx, &law, &units, &wanted).await?;
    Ok(made.map(|bytes| (bytes, units.len())).ok_or_else(|| Problem::input(Phrase::new("template-nothing"))))
}

async fn units_of(args: &Args, tx: &mut impl Query, law: &Law, day: Day) -> store::Result<Result<Vec<Unit>, Problem>> {
    let none = |name, key: &'static str, code: &str| option(name, Phrase::new(key).with("code", code).with("day", day));
    if let Some(code) = &args.unit {
        let unit = units::store::by_code(tx, code, day).await?;
        return Ok(unit.map(|u| vec![u]).ok_or_else(|| none("--unit", "template-no-unit", code)));
    }
    match units::store::by_code(tx, &args.province, day).await? {
        Some(province) if province.level == "province" => {
            Ok(Ok(template::of_province(tx, law, &args.rulebook, province.id, day).await?))
        }
        _ => Ok(Err(none("--province", "template-no-province", &args.province))),
    }
}
