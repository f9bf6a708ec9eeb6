//! `cargo xtask test --deep [PART…]`: what takes too long for every change. Each part says what it saw and stays under
//! twenty minutes.

use crate::{
    national,
    steps::Steps,
    tests::{Count, check, counted},
    tools,
};
use anyhow::{Result, bail};
use std::{path::Path, process::Command};

type Part = fn(&mut Count) -> Result<()>;

const PARTS: [(&str, Part); 9] = [
    ("faults", faults),
    ("fuzz", fuzz),
    ("oracle", oracle),
    ("api", api),
    ("national", national),
    ("lighthouse", lighthouse),
    ("scan", scan),
    ("office", office),
    ("bench", bench),
];

/// Runs the parts named, or all.
pub fn run(asked: &[String]) -> Result<()> {
    let known = || PARTS.map(|(name, _)| name).join(" ");
    if let Some(other) = asked.iter().find(|a| PARTS.iter().all(|(name, _)| name != a)) {
        bail!("`cargo xtask test --deep` knows no {other:?}, only: {}", known());
    }
    let parts: Vec<_> = PARTS.iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|a| a == name)).collect();
    let mut steps = Steps::new(parts.len());
    let mut total = Count::default();
    for (name, part) in parts {
        steps.step(name, || part(&mut total))?;
    }
    steps.slowest();
    total.say()
}

/// Some tests of the workspace, built as `cargo xtask test` builds them, with what makes them long.
fn tests(filter: &str, settings: &[(&str, &str)], total: &mut Count) -> Result<()> {
    let mut cargo = tools::cargo_command(&["test", "--workspace", "--quiet", "--test", "it", "--"])?;
    cargo.args(["--nocapture", filter]);
    for (name, default) in settings.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
        cargo.env(name, default);
    }
    counted(&mut cargo, total)
}

/// kill -9 of the program on each engine, and of PostgreSQL with fsync, at random moments of imports; of the program at random moments of
/// uploads and of a campaign, whose line to PostgreSQL also falls silent.
fn faults(total: &mut Count) -> Result<()> {
    let settings = [("LANGSO_KILLS", "100"), ("LANGSO_SERVER_KILLS", "10")];
    tests("faults::", &settings, total)?;
    tests("uploads::", &settings, total)?;
    // A kill of these comes after several steps over all criteria of a unit.
    tests("campaigns::", &[("LANGSO_KILLS", "20")], total)
}

/// The bodies of the fuzz targets on changed seeds of the corpus, for five minutes each.
fn fuzz(total: &mut Count) -> Result<()> {
    tests("corpus::", &[("LANGSO_FUZZ_SECONDS", "300")], total)
}

/// A thousand random files through both readings of the contract.
fn oracle(total: &mut Count) -> Result<()> {
    check(total, crate::tests::oracle(&["--seed", "2", "--cases", "1000"]))
}

/// schemathesis on the description of the API, as anybody and as each role of the demo.
fn api(total: &mut Count) -> Result<()> {
    let python = tools::python("tests/clients/requirements.txt")?;
    tools::cargo(&["build", "--workspace"])?;
    let binary = tools::binary("debug")?;
    counted(Command::new(python).args(["tests/clients/api_fuzz.py", &binary]), total)
}

fn national(total: &mut Count) -> Result<()> {
    check(total, national::run())
}

/// What Lighthouse says of the main pages on a throttled phone.
fn lighthouse(total: &mut Count) -> Result<()> {
    tools::packages("tests/browser")?;
    tools::packages("tests/lighthouse")?;
    tools::cargo(&["build", "--workspace"])?;
    counted(Command::new("node").args(["tests/lighthouse/run.mjs", &tools::binary("debug")?]), total)
}

/// ClamAV's daemon of Debian with a signature that the test makes.
fn scan(total: &mut Count) -> Result<()> {
    if !Path::new("/usr/sbin/clamd").exists() {
        tools::debian(&["clamav-daemon"])?;
    }
    let mut cargo = tools::cargo_command(&["test", "--workspace", "--quiet", "--test", "it", "--"])?;
    cargo.args(["--ignored", "the_daemon_of_debian"]);
    counted(&mut cargo, total)
}

/// LibreOffice opens the report that we write as DOCX.
fn office(total: &mut Count) -> Result<()> {
    if !Path::new("/usr/bin/soffice").exists() {
        tools::debian(&["libreoffice-writer-nogui"])?;
    }
    let python = tools::python("tests/clients/requirements.txt")?;
    tools::cargo(&["build", "--workspace"])?;
    let binary = tools::binary("debug")?;
    counted(Command::new(python).args(["tests/clients/docx_report.py", &binary, "--libreoffice"]), total)
}

fn bench(total: &mut Count) -> Result<()> {
    check(total, tools::cargo(&["xtask", "bench"]))
}
