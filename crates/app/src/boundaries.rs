//! `langso boundaries`: official boundaries from a file, by code; all of it or nothing.

use crate::{manage::Database, stop::Stop};
use anyhow::Result;
use kernel::{Actor, Day, Phrase, Problem, SystemClock, UnitId};
use locale::Lang;
use std::path::PathBuf;
use units::{Refused, boundaries};

/// Bring in boundaries (GeoJSON or GeoPackage) by unit code; all of the file or nothing
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    at: Database,
    /// The file
    file: PathBuf,
    /// The day at which unit codes are read (YYYY-MM-DD)
    #[arg(long)]
    as_of: String,
    /// province, district or commune
    #[arg(long, default_value = "commune")]
    level: String,
    /// Only units under this one (its permanent id)
    #[arg(long)]
    under: Option<i64>,
    /// The field that holds the codes; found by itself where it has a usual name
    #[arg(long)]
    code_field: Option<String>,
    /// Who measured, under which licence
    #[arg(long)]
    source: String,
    /// Say what would happen, keep nothing
    #[arg(long)]
    dry_run: bool,
}

/// Says why nothing was done; the exit code.
fn stopped(refused: Refused, say: impl Fn(&Problem)) -> Result<i32> {
    match refused {
        Refused::Problems(problems) => problems.iter().for_each(say),
        Refused::Changed(overtaken) => say(&overtaken.problem),
        Refused::Store(error) => return Err(error.into()),
    }
    Ok(2)
}

/// Checks and keeps; the exit code. Everything found goes to standard error, the counts as JSON to standard output.
pub async fn run(args: &Args, lang: Lang) -> Result<i32> {
    let say = |problem: &Problem| eprintln!("{}", locale::say(lang, &problem.phrase));
    let Ok(day) = args.as_of.parse::<Day>() else {
        say(&Problem::input(Phrase::new("evaluate-day").with("day", args.as_of.as_str())));
        return Ok(2);
    };
    let bytes = std::fs::read(&args.file).map_err(|e| Stop::file(&args.file, &e))?;
    let store = args.at.open().await?;
    let what = boundaries::Import {
        day,
        level: args.level.clone(),
        under: args.under.map(UnitId),
        code_field: args.code_field.clone(),
        source: args.source.clone(),
        dry_run: args.dry_run,
    };
    let report = match boundaries::inspect(&store, &Actor::LOCAL_ADMIN, bytes, &what).await {
        Ok(report) => report,
        Err(refused) => return stopped(refused, say),
    };
    report.errors.iter().for_each(say);
    for warning in &report.warnings {
        eprintln!("{}", locale::say(lang, &Phrase::new("boundaries-warning").with("what", warning.phrase.clone())));
    }
    for unit in &report.missing {
        let phrase =
            Phrase::new("boundaries-missing").with("name", unit.name.as_str()).with("code", unit.code.as_str());
        eprintln!("{}", locale::say(lang, &phrase));
    }
    let counts = serde_json::json!({
        "dry_run": args.dry_run, "good": report.good.len(), "errors": report.errors.len(),
        "warnings": report.warnings.len(), "missing": report.missing.len(),
    });
    println!("{counts}");
    if !report.errors.is_empty() {
        return Ok(2);
    }
    if !args.dry_run {
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
        match boundaries::keep(&mut tx, &report, &what).await {
            Ok(()) => tx.commit().await?,
            Err(refused) => return stopped(refused, say),
        }
    }
    store.close().await;
    Ok(0)
}
