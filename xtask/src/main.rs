//! `cargo xtask`: run, test, tidy, bench, dist. What a fresh machine with Rust and Node needs, nothing that must be installed first.

mod bench;
mod bill;
mod deep;
mod national;
mod steps;
mod tests;
mod tidy;
mod tools;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask run [--listen ADDR] [--data DIR]   build everything, make the demo province, serve it
cargo xtask test                               everything that must hold, in about fifteen minutes
cargo xtask test --deep [PART...]              what takes long, by part: faults fuzz oracle national bench
cargo xtask keep-database NAME                 a small database of each engine into tests/old, for later programs
cargo xtask bless samples                      what pages are made from, for the test that renders every template
cargo xtask tidy                               floors, documents, locale keys, lengths, dependencies
cargo xtask bench [PART...]                    ratios beside what lies beneath: evaluate bulk forms single pages people proof start bytes
cargo xtask bill [FILE]                        what it is made of, with licences (CycloneDX 1.6)
cargo xtask dist                               the release binary with everything embedded
";

fn main() -> std::process::ExitCode {
    match command() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn command() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    tools::enter_root()?;
    match args.first().map(String::as_str) {
        Some("run") => run(rest),
        Some("test") => tests::run(rest),
        Some("keep-database") => tests::keep_database(rest),
        Some("bless") => tests::bless(rest),
        Some("tidy") => tidy::report(),
        Some("bench") => bench::run(rest),
        Some("bill") => bill::run(rest),
        Some("dist") => dist(),
        _ => {
            print!("{HELP}");
            if args.is_empty() { Ok(()) } else { bail!("there is no such command") }
        }
    }
}

/// The address and data folder of `run`.
fn option<'a>(args: &'a [String], name: &str, default: &'a str) -> &'a str {
    args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).map_or(default, String::as_str)
}

fn run(args: &[String]) -> Result<()> {
    let listen = option(args, "--listen", "127.0.0.1:8080");
    let data = option(args, "--data", "data/demo");
    let mut steps = steps::Steps::new(4);
    steps.step("prerequisites", tools::prerequisites)?;
    steps.step("islands: npm packages, styles and scripts", tools::islands)?;
    steps.step("the binary", || tools::cargo(&["build", "--workspace"]))?;
    println!("[4/4] the demo province in {data}, then http://{listen}/  (Ctrl-C stops it)");
    // Pages are read from their files, so that whoever edits one sees it at the next click.
    let templates = std::env::current_dir()?.join("crates");
    let mut demo = std::process::Command::new(tools::binary("debug")?);
    demo.args(["demo", "--listen", listen, "--data", data]).env("LANGSO_TEMPLATES", templates);
    let status = demo.status().context("the demo could not be started")?;
    if status.success() { Ok(()) } else { bail!("the demo ended with {status}") }
}

fn dist() -> Result<()> {
    let mut steps = steps::Steps::new(3);
    steps.step("prerequisites", tools::prerequisites)?;
    steps.step("islands: npm packages, styles and scripts", tools::islands)?;
    steps.step("the release binary", || tools::cargo(&["build", "--release", "--package", "app"]))?;
    let binary = tools::binary("release")?;
    let size = std::fs::metadata(&binary)?.len();
    println!("{binary}: {:.1} MB", size as f64 / 1e6);
    bill::run(&[format!("{binary}.cdx.json")])
}
