//! `langso evaluate` over a nation: rows a second and core, against reading the same bytes; memory.

use crate::{Bench, Line, nation, process};
use anyhow::Result;
use std::{fs, process::Command, process::Stdio, time::Instant};

const ROUNDS: usize = 5;

pub fn run(bench: &Bench) -> Result<Vec<Line>> {
    let library = nation::library()?;
    let (values, units) = (bench.folder.join("values.csv"), bench.folder.join("units.csv"));
    let (text, rows) = nation::csv(&library, nation::YEAR..=nation::YEAR)?;
    fs::write(&values, &text)?;
    fs::write(&units, nation::units_csv())?;
    let run = |values: &std::path::Path, threads: &str| {
        let mut command = Command::new(&bench.langso);
        command.args(["evaluate", "--large", "--rulebook", nation::SET, "--values"]).arg(values);
        command.arg("--units").arg(&units).env("RAYON_NUM_THREADS", threads).stdout(Stdio::null());
        process::watch(&mut command)
    };
    let (mut one, mut all, mut read) = (f64::MAX, f64::MAX, f64::MAX);
    let (mut one_wall, mut peak) = (f64::MAX, 0);
    for _ in 0..ROUNDS {
        let took = run(&values, "1")?;
        one = one.min(took.cpu.as_secs_f64());
        one_wall = one_wall.min(took.wall.as_secs_f64());
        let took = run(&values, "0")?;
        peak = peak.max(took.peak);
        all = all.min(took.wall.as_secs_f64());
        let start = Instant::now();
        std::hint::black_box(fs::read(&values)?.iter().filter(|b| **b == b'\n').count());
        read = read.min(start.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| rows as f64 / seconds / 1e6;
    let said = |seconds: f64| format!("{:.2} M rows/s", rate(seconds));
    // A table ten times as long: ten years.
    let ten = (text.len(), peak);
    drop(text);
    let (large, _) = nation::csv(&library, nation::YEAR - 9..=nation::YEAR)?;
    fs::write(&values, &large)?;
    let most = run(&values, "0")?.peak;
    let growth = (most.saturating_sub(ten.1)) as f64 / (large.len() - ten.0) as f64;
    let mb = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    Ok(vec![
        Line::fixed(
            &format!("evaluate, {rows} rows, one core (processor time)"),
            said(one),
            "2 M rows/s a core",
            rate(one) >= 2.0,
        ),
        Line::known("evaluate, one thread, from start to end", said(one_wall), String::new()),
        Line::fixed(
            &format!("evaluate, all {cores} cores, from start to end"),
            said(all),
            "2 M rows/s a core",
            rate(all) >= 2.0 * cores as f64,
        ),
        Line::known("evaluate against reading the same bytes", said(all), format!("{:.1} M rows/s", rate(read))),
        Line::fixed(
            "evaluate, memory: growth for a table ten times as long",
            format!("{} to {} ({growth:.1} bytes a byte of table)", mb(ten.1), mb(most)),
            "flat: 1 byte a byte (the table itself)",
            growth <= 1.05,
        ),
    ])
}
