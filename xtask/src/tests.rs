//! `cargo xtask test`: everything that must hold. A failed check does not hide the others; the last line counts them.

use crate::{deep, steps::Steps, tidy, tools};
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

/// Whether a thing is there.
type Check = fn() -> bool;

/// Debian packages that the tests need beside Rust and Node, each with what shows that it is there.
const NEEDS: [(&str, Check); 4] = [
    ("postgresql", has_postgres),
    ("python3-venv", tools::has_venv),
    ("chromium", || Path::new("/usr/bin/chromium").exists()),
    ("fonts-noto-core", || Path::new("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf").exists()),
];

/// A PostgreSQL server, not only its client: on the path, or in Debian's folder of versions.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|v| v.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(debian)
        .any(|dir| ["initdb", "postgres", "psql"].iter().all(|p| dir.join(p).exists()))
}

fn install() -> Result<()> {
    let missing: Vec<&str> = NEEDS.iter().filter(|(_, there)| !there()).map(|(name, _)| *name).collect();
    tools::debian(&missing)
}

/// How many checks held and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// The closing line; an error where something failed.
    pub fn say(self) -> Result<()> {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed > 0 {
            bail!("not everything holds: see FAILED above");
        }
        Ok(())
    }
}

/// Reads `12 passed; 1 failed` or `12 passed, 1 failed` in a line of a test program.
fn count(line: &str) -> Option<Count> {
    let words: Vec<&str> = line.split([' ', ';', ',', '.']).filter(|w| !w.is_empty()).collect();
    let before = |word: &str| {
        let at = words.iter().position(|w| *w == word)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    Some(Count { passed: before("passed")?, failed: before("failed")? })
}

/// Runs a test program, its output shown as it comes, and adds up what its result lines count. A program that ends
/// badly without having counted a failure (it did not build, it crashed) is one failure.
pub fn counted(program: &mut Command, total: &mut Count) -> Result<()> {
    let mut child = program.stdout(Stdio::piped()).spawn().context("the tests could not be started")?;
    let output = child.stdout.take().context("output of the tests")?;
    let mut own = Count::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("output of the tests")?;
        println!("      {line}");
        if let Some(part) = count(&line) {
            own.passed += part.passed;
            own.failed += part.failed;
        }
    }
    if !child.wait()?.success() && own.failed == 0 {
        own.failed = 1;
    }
    total.passed += own.passed;
    total.failed += own.failed;
    Ok(())
}

/// A check that either holds or does not.
pub fn check(total: &mut Count, outcome: Result<()>) -> Result<()> {
    match outcome {
        Ok(()) => total.passed += 1,
        Err(error) => {
            println!("FAILED: {error:#}");
            total.failed += 1;
        }
    }
    Ok(())
}

pub fn run(args: &[String]) -> Result<()> {
    if args.first().is_some_and(|a| a == "--deep") {
        return deep::run(&args[1..]);
    }
    if let Some(other) = args.first() {
        bail!("`cargo xtask test` knows no {other:?}");
    }
    let mut steps = Steps::new(11);
    let mut total = Count::default();
    steps.step("prerequisites", tools::prerequisites)?;
    steps.step("what the tests need", install)?;
    steps.step("old builds", tools::prune)?;
    steps.step("formatting", || check(&mut total, tools::cargo(&["fmt", "--all", "--check"])))?;
    steps.step("tidy", || check(&mut total, tidy::report()))?;
    steps.step("islands: npm packages, types, styles and scripts", tools::islands)?;
    let lints = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    steps.step("clippy", || check(&mut total, tools::cargo(&lints)))?;
    let tests = ["test", "--workspace", "--no-fail-fast", "--quiet"];
    steps.step("tests", || counted(&mut tools::cargo_command(&tests)?, &mut total))?;
    steps.step("pages in a browser", || browser(&mut total))?;
    steps.step("foreign clients", || clients(&mut total))?;
    steps.step("an independent reading of the contract", || {
        check(&mut total, oracle(&["--seed", "1", "--cases", "60"]))
    })?;
    steps.slowest();
    total.say()
}

/// `cargo xtask keep-database NAME`: a small database of each engine as this program writes it, into `tests/old`.
pub fn keep_database(args: &[String]) -> Result<()> {
    let [name] = args else { bail!("`cargo xtask keep-database` takes one name, such as issue-04") };
    let kept = format!("tests/old/{name}.json");
    if Path::new(&kept).exists() {
        bail!("{kept} is there: what is kept never changes");
    }
    let mut cargo = tools::cargo_command(&["test", "--workspace", "--quiet", "--test", "it", "--"])?;
    cargo.args(["--ignored", "--exact", "old::keep_a_database"]).env("LANGSO_KEEP", name);
    let mut total = Count::default();
    counted(&mut cargo, &mut total)?;
    for ending in ["sqlite.gz", "sql.gz", "json"] {
        let path = format!("tests/old/{name}.{ending}");
        let size = std::fs::metadata(&path).with_context(|| path.clone())?.len();
        println!("{path}: {:.1} kB", size as f64 / 1e3);
    }
    total.say()
}

/// Walks the pages of a real demo in a real Chromium.
fn browser(total: &mut Count) -> Result<()> {
    tools::packages("tests/browser")?;
    tools::cargo(&["build", "--workspace"])?;
    counted(Command::new("node").args(["tests/browser/run.mjs", &tools::binary("debug")?]), total)
}

/// `langso evaluate` against a second program that was written from the contract alone, on random files and edge cases.
pub fn oracle(how: &[&str]) -> Result<()> {
    let python = tools::python("tests/clients/requirements.txt")?;
    tools::cargo(&["build", "--workspace"])?;
    let binary = tools::binary("debug")?;
    let args = [&["tests/oracle/compare.py", "--langso", &binary], how].concat();
    tools::command(&python.display().to_string(), &args)
}

/// `cargo xtask bless samples`: what pages are made from, kept from a walk through the demo for the test that renders every
/// template.
pub fn bless(args: &[String]) -> Result<()> {
    if args != ["samples"] {
        bail!("`cargo xtask bless` knows only: samples");
    }
    let folder = std::env::current_dir()?.join("tests/samples");
    for entry in std::fs::read_dir(&folder)?.flatten() {
        std::fs::remove_file(entry.path())?;
    }
    tools::packages("tests/browser")?;
    tools::cargo(&["build", "--workspace"])?;
    let mut walk = Command::new("node");
    walk.args(["tests/browser/run.mjs", &tools::binary("debug")?]).env("LANGSO_SAMPLES", &folder);
    let mut total = Count::default();
    counted(&mut walk, &mut total)?;
    println!("{} samples", std::fs::read_dir(&folder)?.count());
    total.say()
}

/// Programs of others against a real server: a client of DHIS2, GDAL, which writes GeoPackage, the recipes of the API's page,
/// the validator of Data Packages, a mail server, a receiver of webhooks, and the schema of bills of materials.
fn clients(total: &mut Count) -> Result<()> {
    let python = tools::python("tests/clients/requirements.txt")?;
    tools::cargo(&["build", "--workspace"])?;
    let binary = tools::binary("debug")?;
    let scripts = [
        "dhis2_values",
        "geopackage",
        "recipes",
        "data_package",
        "ledger",
        "mail",
        "webhooks",
        "bill",
        "evidence",
        "docx_report",
    ];
    for script in scripts {
        let script = format!("tests/clients/{script}.py");
        counted(Command::new(&python).args([script.as_str(), &binary]), total)?;
    }
    Ok(())
}

#[cfg(test)]
mod counting {
    use super::{Count, count};

    #[test]
    fn result_lines_are_counted() {
        let of = |passed, failed| Some(Count { passed, failed });
        let table = [
            (
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
                of(12, 0),
            ),
            ("test result: FAILED. 3 passed; 2 failed; 0 ignored", of(3, 2)),
            ("38 passed, 0 failed", of(38, 0)),
            ("running 5 tests", None),
            ("passed failed", None),
        ];
        for (line, expected) in table {
            assert_eq!(count(line), expected, "{line}");
        }
    }
}
