//! Benches: what the product does beside what lies beneath it, in one run, as ratios. `cargo xtask bench` builds and runs
//! this; it is no part of the product. It prints and asserts no time: a slow machine is no defect.
//!
//! Contestants take turns, and of each the best round counts: what else the machine does then harms both alike.
#![allow(clippy::disallowed_methods)] // it measures

mod bare;
mod bytes;
mod campaign;
mod client;
mod engine;
mod evaluate;
mod nation;
mod pages;
mod people;
mod process;
mod proof;
mod raw;
mod raw_postgres;
mod start;
mod writes;

use anyhow::{Context, Result, bail};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// One line of the table.
pub struct Line {
    pub what: String,
    pub figure: String,
    /// What it is held against.
    pub beside: String,
    pub ratio: Option<f64>,
    pub goal: &'static str,
    /// `None` where there is no goal.
    pub met: Option<bool>,
}

impl Line {
    /// A figure held against another, of which it should reach `goal` at least.
    pub fn ratio(what: &str, figure: String, beside: String, ratio: f64, goal: f64, said: &'static str) -> Line {
        Line { what: what.into(), figure, beside, ratio: Some(ratio), goal: said, met: Some(ratio >= goal) }
    }

    /// A figure held against a fixed goal.
    pub fn fixed(what: &str, figure: String, goal: &'static str, met: bool) -> Line {
        Line { what: what.into(), figure, beside: String::new(), ratio: None, goal, met: Some(met) }
    }

    /// A figure to be known, without a goal.
    pub fn known(what: &str, figure: String, beside: String) -> Line {
        Line { what: what.into(), figure, beside, ratio: None, goal: "", met: None }
    }
}

/// What the parts share: the product's binary and a folder to work in.
pub struct Bench {
    pub langso: PathBuf,
    pub folder: PathBuf,
}

/// How long some work took.
pub async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<(Duration, T)> {
    let start = Instant::now();
    let done = work.await?;
    Ok((start.elapsed(), done))
}

/// So many a second, in thousands.
pub fn per_second(count: usize, took: Duration) -> String {
    format!("{:.1} k/s", count as f64 / took.as_secs_f64() / 1000.0)
}

const PARTS: [&str; 10] =
    ["evaluate", "bulk", "forms", "single", "campaign", "pages", "people", "proof", "start", "bytes"];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if args.first().is_some_and(|a| a == "bare") {
        return runtime.block_on(bare::serve(&args[1..]));
    }
    if let Some(unknown) = args.iter().find(|a| !PARTS.contains(&a.as_str())) {
        bail!("there is no part {unknown:?}; parts: {}", PARTS.join(", "));
    }
    let folder = tempfile::tempdir()?;
    let langso = std::env::var_os("LANGSO_BINARY").context("LANGSO_BINARY names the product's binary")?;
    let bench = Bench { langso: langso.into(), folder: folder.path().to_owned() };
    let wanted = |part: &str| args.is_empty() || args.iter().any(|a| a == part);
    println!("| what | figure | beside | ratio | goal | |\n|---|---|---|---|---|---|");
    if wanted("evaluate") {
        print(&evaluate::run(&bench)?);
    }
    let writes: Vec<&str> = ["bulk", "forms", "single"].into_iter().filter(|p| wanted(p)).collect();
    if !writes.is_empty() {
        runtime.block_on(writes::run(&bench, &writes, print))?;
    }
    if wanted("campaign") {
        runtime.block_on(campaign::run(&bench, print))?;
    }
    if wanted("pages") {
        print(&runtime.block_on(pages::run(&bench))?);
    }
    if wanted("people") {
        print(&runtime.block_on(people::run(&bench))?);
    }
    if wanted("proof") {
        runtime.block_on(proof::run(&bench, print))?;
    }
    if wanted("start") {
        print(&runtime.block_on(start::run(&bench))?);
    }
    if wanted("bytes") {
        print(&runtime.block_on(bytes::run(&bench))?);
    }
    Ok(())
}

/// Rows of the table, as Markdown, as soon as they are known.
fn print(lines: &[Line]) {
    for line in lines {
        let ratio = line.ratio.map(|r| format!("{r:.2}")).unwrap_or_default();
        let met = match line.met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "",
        };
        println!("| {} | {} | {} | {ratio} | {} | {met} |", line.what, line.figure, line.beside, line.goal);
    }
}
