//! `langso import`: a table of figures into the database, all of it or the correct rows when asked; or the snapshot of a return.

use crate::{
    import_return::{self, Beside},
    manage::Database,
    site,
};
use anyhow::{Context as _, Result};
use documents::values_in::{Form, How};
use facts::{
    Law, Outcome,
    intake::{self, Checked, Intake},
    model::origin_named,
};
use kernel::{Actor, Clock, Moment, Phrase, Place, Problem, SystemClock};
use locale::Lang;
use rulebook::values::LARGE_BYTES;
use std::path::PathBuf;

/// Import a table of figures (.csv, .xlsx, .json, .ndjson) or a return (ban-chot.json); all of it or nothing
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    at: Database,
    /// The file
    file: PathBuf,
    /// Criteria set whose indicators the file names
    #[arg(long, default_value = "commune-2021-2025")]
    rulebook: String,
    /// Where the figures come from: declared, verified, survey or imported
    #[arg(long, default_value = "declared")]
    origin: String,
    /// Show what would change, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Publish what is imported
    #[arg(long)]
    publish: bool,
    /// Import the correct rows, leave out those with problems (all problems are still listed)
    #[arg(long)]
    correct_rows_only: bool,
    /// Allow more than 50 MB or 1,000,000 rows
    #[arg(long)]
    large: bool,
    #[command(flatten)]
    beside: Beside,
}

/// Says a problem with the command on standard error; the exit code of bad input.
fn refuse(lang: Lang, problem: Problem) -> i32 {
    eprintln!("{}", crate::stop::said(lang, &problem));
    2
}

fn option(name: &'static str, phrase: Phrase) -> Problem {
    Problem::input(phrase).at(Place::Option(name))
}

impl Args {
    /// What the file is: JSON by its ending, a table by its first bytes.
    fn form(&self) -> Form {
        match self.file.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase().as_str() {
            "json" => Form::Json,
            "ndjson" | "jsonl" => Form::JsonLines,
            "xlsx" => Form::Workbook,
            _ => Form::Table,
        }
    }

    /// The file's bytes; a large one is refused before it is read.
    fn bytes(&self) -> Result<Vec<u8>, Problem> {
        let failed = |e: std::io::Error| {
            let phrase = Phrase::new("evaluate-file").with("file", self.file.display().to_string());
            Problem::input(phrase.with("reason", e.to_string()))
        };
        if !self.large && std::fs::metadata(&self.file).map_err(failed)?.len() > LARGE_BYTES {
            return Err(Problem::input(Phrase::new("values-too-large")));
        }
        std::fs::read(&self.file).map_err(failed)
    }
}

/// Lines of progress on standard error, each with the seconds since the beginning.
struct Progress {
    lang: Lang,
    begun: Moment,
}

impl Progress {
    fn say(&self, phrase: Phrase) {
        let tenths = (SystemClock.now().0 - self.begun.0) / 100_000;
        let seconds = format!("{}{}{}", tenths / 10, self.lang.pick(',', '.'), tenths % 10);
        eprintln!("{}", locale::say(self.lang, &phrase.with("seconds", seconds)));
    }

    fn compared(&self, outcome: &Outcome) {
        let phrase = Phrase::new("intake-cli-checked").with("new", outcome.new);
        self.say(phrase.with("changed", outcome.changed).with("unchanged", outcome.unchanged));
    }
}

/// Runs an import; the exit code.
pub async fn run(args: &Args, lang: Lang) -> Result<i32> {
    let Some(origin) = origin_named(&args.origin) else {
        let phrase = Phrase::new("intake-origin").with("origin", args.origin.as_str());
        return Ok(refuse(lang, option("--origin", phrase)));
    };
    let bytes = match args.bytes() {
        Ok(bytes) => bytes,
        Err(problem) => return Ok(refuse(lang, problem)),
    };
    let progress = Progress { lang, begun: SystemClock.now() };
    let store = args.at.open().await?;
    let library = site::library(site::overlays(&args.at.data)?)?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let law = Law::register(&mut tx, library).await?;
    tx.commit().await?;
    if reporting::returns::document::is_return(&bytes) {
        return import_return::run(store, &law, &bytes, &args.beside, (args.dry_run, args.publish), lang).await;
    }
    if args.beside.is_said() {
        return Ok(refuse(lang, Problem::input(Phrase::new("cli-import-no-return"))));
    }
    let source = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let intake = Intake { set: args.rulebook.clone(), origin, publish: args.publish, source };
    let how = How { form: args.form(), large: args.large };
    let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
    let Some(checked) = intake::check(&mut tx, &law, &bytes, how, &intake).await? else {
        let phrase = Phrase::new("evaluate-set-unknown").with("set", args.rulebook.as_str());
        return Ok(refuse(lang, option("--rulebook", phrase)));
    };
    say_read(&progress, &checked);
    if !checked.is_good(args.correct_rows_only) {
        return Ok(2);
    }
    let facts::record::Preview { outcome: would, changes, .. } =
        facts::record::preview(&mut tx, &checked.entries).await?;
    progress.compared(&would);
    if args.dry_run {
        say_changes(&mut tx, &law, lang, &changes).await?;
        println!("{}", serde_json::to_string(&would)?);
        return Ok(0);
    }
    drop(tx);
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let outcome = intake::commit(&mut tx, &law, &checked.entries, &intake, &bytes).await.context("import")?;
    tx.commit().await?;
    let written = Phrase::new("intake-cli-written").with("rows", outcome.new + outcome.changed);
    progress.say(written.with("units", outcome.units));
    println!("{}", serde_json::to_string(&outcome)?);
    store.close().await;
    Ok(0)
}

/// What was read, and every problem.
fn say_read(progress: &Progress, checked: &Checked) {
    use std::io::Write;
    let mut err = std::io::BufWriter::new(std::io::stderr().lock());
    for problem in checked.wrong.problems() {
        let _ = writeln!(err, "{}", crate::stop::said(progress.lang, &problem));
    }
    drop(err);
    if checked.wrong.unsaid() > 0 {
        let left = Phrase::new("intake-problems-left").with("count", checked.wrong.unsaid());
        eprintln!("{}", locale::say(progress.lang, &left));
    }
    progress.say(Phrase::new("intake-cli-read").with("rows", checked.entries.len()).with("bad", checked.refused));
}

type Change = (facts::Key, rulebook::Value, rulebook::Value);

/// Each value that would change, from and to.
async fn say_changes(tx: &mut impl store::Query, law: &Law, lang: Lang, changes: &[Change]) -> Result<()> {
    let ids: Vec<_> = changes.iter().map(|c| c.0.unit).collect();
    let names = units::store::many(tx, &ids).await?;
    for (key, from, to) in changes {
        let measure = law.library().measure(law.measure_code(key.measure));
        let phrase = Phrase::new("intake-cli-change")
            .with("unit", names.get(&key.unit).map_or("", |u| u.name.as_str()))
            .with("year", format!("{:04}", key.year))
            .with("measure", measure.map_or("", |m| lang.pick(m.name_vi.as_str(), m.name_en.as_str())))
            .with("from", facts::pages::exactly(lang, from, None))
            .with("to", facts::pages::exactly(lang, to, None));
        eprintln!("{}", locale::say(lang, &phrase));
    }
    Ok(())
}
