//! Start of the demo, from the program's start to home's first answer, and its memory at rest.

use crate::{Bench, Line, client, pages, process};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    pages::demo(bench)?;
    let (mut best, mut resident) = (Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let address = pages::address();
        let start = Instant::now();
        let server = pages::serve(bench, address).await?;
        best = best.min(start.elapsed());
        // Some pages first: what is loaded when wanted is loaded then.
        for path in ["/", "/xa", "/xa/250", "/ban-do", "/bo-tieu-chi"] {
            client::get(address, path, "br").await?;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        resident = resident.max(process::memory(server.0.id(), "VmRSS").context("the system tells of memory")?);
    }
    let mib = resident as f64 / f64::from(1 << 20);
    Ok(vec![
        Line::fixed(
            "start with the demo, to home's first answer",
            format!("{best:.2?}"),
            "0.5 s",
            best.as_millis() <= 500,
        ),
        Line::fixed("memory at rest with the demo, some pages seen", format!("{mib:.1} MiB"), "64 MiB", mib <= 64.0),
    ])
}
