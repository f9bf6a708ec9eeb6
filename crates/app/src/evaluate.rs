//! `langso evaluate`: a table of values to verdicts, no database. The contract other programs rely on.

use crate::law;
use anyhow::Context as _;
use documents::values_in::{self, Form, How, Wrong};
use kernel::{Day, Phrase, Place, Problem};
use locale::Lang;
use rulebook::{
    Library, Status,
    overlay::NoSuchIndicator,
    report,
    unitsfile::UnitsFile,
    values::{self, Context, Fault, Places, Table, Units, csv},
};
use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Judge a table of figures under a criteria set, without a database
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Id of the criteria set, for example commune-2021-2025
    #[arg(long)]
    rulebook: String,
    /// Values: a .csv or .xlsx file, or - for standard input
    #[arg(long)]
    values: PathBuf,
    /// Units with region, group and attributes; without it the shipped units
    #[arg(long)]
    units: Option<PathBuf>,
    /// Overlay to lay on; may be given several times
    #[arg(long)]
    overlay: Vec<PathBuf>,
    /// The day whose amendments count (YYYY-MM-DD); by default 31 December of the period
    #[arg(long)]
    as_of: Option<String>,
    /// Language of sentences and problems
    #[arg(long)]
    lang: Option<String>,
    /// json or text
    #[arg(long, default_value = "json")]
    format: Format,
    /// Allow more than 50 MB or 1,000,000 rows
    #[arg(long)]
    large: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    Json,
    Text,
}

/// Why nothing was judged.
enum Refused {
    Problems(Vec<Problem>),
    /// Of a table: there may be a million, so each becomes a problem only as it is said.
    Table(Wrong),
}

impl From<Vec<Problem>> for Refused {
    fn from(problems: Vec<Problem>) -> Refused {
        Refused::Problems(problems)
    }
}

/// Bad input: every problem on standard error, exit code 2.
fn refuse(lang: Lang, problems: impl Iterator<Item = Problem>) -> i32 {
    let mut err = io::BufWriter::new(io::stderr().lock());
    for problem in problems {
        let _ = writeln!(err, "{}", crate::stop::said(lang, &problem));
    }
    2
}

fn option(name: &'static str, phrase: Phrase) -> Vec<Problem> {
    vec![Problem::input(phrase).at(Place::Option(name))]
}

fn read_file(name: &'static str, path: &Path, large: bool) -> Result<Vec<u8>, Vec<Problem>> {
    let failed = |e: io::Error| {
        let phrase =
            Phrase::new("evaluate-file").with("file", path.display().to_string()).with("reason", e.to_string());
        option(name, phrase)
    };
    let limit = if large { u64::MAX } else { values::LARGE_BYTES + 1 };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        let length = file.metadata().map_or(0, |m| m.len()).min(limit);
        bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > values::LARGE_BYTES && !large {
        return Err(option(name, Phrase::new("values-too-large")));
    }
    Ok(bytes)
}

fn problems(faults: Vec<Fault>, places: &Places) -> Vec<Problem> {
    faults.iter().map(|f| f.problem(places)).collect()
}

fn text(bytes: &[u8]) -> Result<&str, Vec<Problem>> {
    csv::text(bytes).map_err(|lines| {
        let fault = |line| Fault::new(line, None, Phrase::new("values-not-utf8"));
        problems(lines.into_iter().map(fault).collect(), &Places::Lines)
    })
}

fn no_such_indicator(e: NoSuchIndicator) -> Vec<Problem> {
    option(
        "--overlay",
        Phrase::new("evaluate-overlay-indicator").with("overlay", e.overlay).with("no", e.no).with("set", e.set),
    )
}

fn library(args: &Args) -> Result<Library, Vec<Problem>> {
    let library = law::shipped().map_err(|errors| {
        errors
            .iter()
            .flat_map(|e| option("--rulebook", Phrase::new("evaluate-overlay").with("reason", e.to_string())))
            .collect::<Vec<_>>()
    })?;
    let mut overlays = Vec::new();
    for path in &args.overlay {
        let bytes = read_file("--overlay", path, false)?;
        let bad = |reason: String| option("--overlay", Phrase::new("evaluate-overlay").with("reason", reason));
        let text = std::str::from_utf8(&bytes).map_err(|e| bad(e.to_string()))?;
        let overlay = rulebook::parse::overlay(&path.display().to_string(), text).map_err(|e| bad(e.to_string()))?;
        overlays.push(overlay);
    }
    library.with_overlays(overlays).map_err(no_such_indicator)
}

/// Runs the command; the exit code.
pub fn run(args: &Args, default: Lang) -> anyhow::Result<i32> {
    let lang = args.lang.as_deref().and_then(Lang::from_tag).unwrap_or(default);
    if let Some(other) = args.lang.as_deref().filter(|l| !matches!(*l, "vi" | "en")) {
        let phrase = Phrase::new("evaluate-lang").with("lang", other);
        return Ok(refuse(lang, option("--lang", phrase).into_iter()));
    }
    match judged(args, lang) {
        Ok(out) => {
            out.context("standard output")?;
            Ok(0)
        }
        Err(Refused::Problems(problems)) => Ok(refuse(lang, problems.into_iter())),
        Err(Refused::Table(wrong)) => Ok(refuse(lang, wrong.problems())),
    }
}

fn judged(args: &Args, lang: Lang) -> Result<io::Result<()>, Refused> {
    let library = library(args)?;
    let unknown = || option("--rulebook", Phrase::new("evaluate-set-unknown").with("set", args.rulebook.as_str()));
    let level = library.set(&args.rulebook).ok_or_else(unknown)?.applies.level;
    let bad_day = |day: &str| option("--as-of", Phrase::new("evaluate-day").with("day", day));
    let as_of = args.as_of.as_deref().map(|d| d.parse::<Day>().map_err(|_| bad_day(d))).transpose()?;
    let units: Box<dyn Units> = match &args.units {
        Some(path) => {
            let bytes = read_file("--units", path, args.large)?;
            let read = UnitsFile::read(text(&bytes)?).map_err(|faults| problems(faults, &Places::Lines))?;
            Box::new(read)
        }
        None => {
            let reference = units::reference::Reference::read()
                .map_err(|e| option("--units", Phrase::new("evaluate-overlay").with("reason", e.to_string())))?;
            Box::new(units::reference::Shipped::new(reference, level))
        }
    };
    let context = Context::new(&library, &args.rulebook, &*units, as_of).ok_or_else(unknown)?;
    let bytes = read_file("--values", &args.values, args.large)?;
    let say = |p: &Phrase| locale::say(lang, p);
    let mut out = io::BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let workbook = args.values.extension().is_some_and(|e| e.eq_ignore_ascii_case("xlsx"));
    // What is no text in order is read whole; that also says what is wrong.
    if matches!(args.format, Format::Json)
        && !workbook
        && !documents::sheet_in::is_workbook(&bytes)
        && let Ok(text) = csv::text(&bytes)
        && let Some(ordered) = values::Ordered::check(&context, text, args.large)
    {
        let written = report::write_json_ordered(&context, &ordered, &say, &mut out);
        return Ok(written.and_then(|()| out.flush()));
    }
    let form = if workbook { Form::Workbook } else { Form::Table };
    let how = How { form, large: args.large };
    let table = values_in::read(&context, &bytes, how).strict().map_err(Refused::Table)?;
    let written = match args.format {
        Format::Json => report::write_json(&context, &table, &say, &mut out),
        Format::Text => write_text(&context, &table, lang, &mut out),
    };
    Ok(written.and_then(|()| out.flush()))
}

/// The phrase of a verdict; passed on an unconfirmed number is said apart.
pub fn status_phrase(judged: rulebook::Judged) -> Phrase {
    Phrase::new(match judged.status {
        Status::Passed if judged.passed_unconfirmed() => "status-passed-unconfirmed",
        Status::Passed => "status-passed",
        Status::Failed => "status-failed",
        Status::Incomplete => "status-incomplete",
        Status::NotApplicable => "status-not-applicable",
        Status::ToBeConfirmed => "status-to-be-confirmed",
    })
}

/// For people: one line a unit, then what is not passed, with value and requirement.
fn write_text(context: &Context, table: &Table, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let say = |p: &Phrase| locale::say(lang, p);
    for rows in table.rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year)) {
        let Some(r) = report::judge(context, rows) else { continue };
        let unit = &table.units[rows[0].unit as usize];
        let (book, values, verdict, traits, year) = (&*r.book, &*r.values, &r.verdict, &*r.traits, r.year);
        let case = rulebook::explain::Case { book, values, verdict, traits, year };
        writeln!(out, "{unit}  {:04}  {}: {}", r.year, r.book.set(), say(&status_phrase(r.verdict.set)))?;
        writeln!(out, "  {}", say(&case.set()))?;
        for (at, node) in r.book.nodes.iter().enumerate().filter(|(_, n)| n.is_leaf()) {
            let judged = r.verdict.nodes[at];
            if judged.status == Status::Passed || judged.status == Status::NotApplicable {
                continue;
            }
            let value =
                r.values[at].as_ref().and_then(|v| v.shown()).map(|n| locale::exact(lang, &n)).unwrap_or_default();
            let asked = say(&rulebook::requirement::requirement(&r.book, at, &r.traits, r.year));
            let text = lang.pick(&node.indicator.text_vi, &node.indicator.text_en);
            let status = say(&status_phrase(judged));
            writeln!(out, "  {:<8} {status:<22} {value:>10}  {asked} — {text}", node.indicator.no)?;
        }
    }
    Ok(())
}
