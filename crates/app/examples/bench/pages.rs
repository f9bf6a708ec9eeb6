//! Home and a commune's page under 64 connections, against the bare handler over the same database.

use crate::{Bench, Line, client, process::Server, timed};
use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::Duration,
};

const CONNECTIONS: usize = 64;
const REQUESTS: usize = 64 * 20;
const ROUNDS: usize = 5;

/// A commune of the demo with figures of all years.
const COMMUNE: &str = "250";

pub fn address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], testkit::free_port()))
}

/// Makes the demo where it is not made yet.
pub fn demo(bench: &Bench) -> Result<std::path::PathBuf> {
    let data = bench.folder.join("demo");
    if !data.join("langso.sqlite").exists() {
        let mut make = Command::new(&bench.langso);
        make.args(["demo", "--only-create", "--data"]).arg(&data).stderr(Stdio::null());
        anyhow::ensure!(make.status()?.success(), "the demo could not be made");
    }
    Ok(data)
}

/// Serves the demo; up when this returns.
pub async fn serve(bench: &Bench, address: SocketAddr) -> Result<Server> {
    let mut demo_of = Command::new(&bench.langso);
    demo_of.args(["demo", "--listen", &address.to_string(), "--data"]).arg(demo(bench)?).stderr(Stdio::null());
    let server = Server(demo_of.spawn()?);
    client::until_up(address, "/").await?;
    Ok(server)
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let (ours, bare) = (address(), address());
    let _ours = serve(bench, ours).await?;
    let commune = format!("/xa/{COMMUNE}");
    let mut lines = Vec::new();
    for encoding in ["identity", "br"] {
        let size = async |path: &str| anyhow::Ok(client::get(ours, path, encoding).await?.body.len().to_string());
        let (home_size, commune_size) = (size("/").await?, size(&commune).await?);
        let mut serve_bare = Command::new(std::env::current_exe()?);
        serve_bare.arg("bare").arg(bare.to_string()).arg(demo(bench)?.join("langso.sqlite"));
        let _bare = Server(serve_bare.args([&home_size, &commune_size, COMMUNE]).spawn()?);
        client::until_up(bare, "/").await.context("the bare handler")?;
        for (what, path, size) in [("home", "/", &home_size), ("a commune's page", commune.as_str(), &commune_size)] {
            let (mut best, mut best_bare) = (Duration::MAX, Duration::MAX);
            for _ in 0..ROUNDS {
                let load = |address| timed(client::load(address, path, encoding, CONNECTIONS, REQUESTS));
                best = best.min(load(ours).await?.0);
                best_bare = best_bare.min(load(bare).await?.0);
            }
            let rate = |took: Duration| format!("{:.0} /s", REQUESTS as f64 / took.as_secs_f64());
            let packed = if encoding == "br" { "brotli" } else { "not compressed" };
            lines.push(Line::ratio(
                &format!("{what}, {CONNECTIONS} connections, {size} bytes, {packed}"),
                rate(best),
                format!("bare handler {}", rate(best_bare)),
                best_bare.as_secs_f64() / best.as_secs_f64(),
                0.5,
                "0.5",
            ));
        }
    }
    Ok(lines)
}
