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

/// The pages asked for in a round.
type Paths<'a> = &'a dyn Fn(usize) -> Vec<String>;

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

/// The ids of the demo's communes.
async fn communes(address: SocketAddr) -> Result<Vec<String>> {
    let list = String::from_utf8(client::get(address, "/api/v1/communes?per=500", "identity").await?.body)?;
    let ids = list.split("\"id\":").skip(1).filter_map(|rest| rest.split([',', '}']).next());
    Ok(ids.map(|id| id.trim_matches('"').to_owned()).collect())
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let (ours, bare) = (address(), address());
    let _ours = serve(bench, ours).await?;
    let commune = format!("/xa/{COMMUNE}");
    let ids = communes(ours).await?;
    let mut lines = Vec::new();
    for encoding in ["identity", "br"] {
        let size = async |path: &str| anyhow::Ok(client::get(ours, path, encoding).await?.body.len().to_string());
        let (home_size, commune_size) = (size("/").await?, size(&commune).await?);
        let mut serve_bare = Command::new(std::env::current_exe()?);
        serve_bare.arg("bare").arg(bare.to_string()).arg(demo(bench)?.join("langso.sqlite"));
        let _bare = Server(serve_bare.args([&home_size, &commune_size]).spawn()?);
        client::until_up(bare, "/").await.context("the bare handler")?;
        let home = |_: usize| vec!["/".to_owned(); REQUESTS];
        let one = |_: usize| vec![commune.clone(); REQUESTS];
        // Each page once: a word that the page does not know makes it another address each round.
        let each = |round: usize| -> Vec<String> {
            ids.iter().cycle().take(REQUESTS / 4).enumerate().map(|(n, id)| format!("/xa/{id}?n={round}.{n}")).collect()
        };
        let contests: [(&str, &str, Paths); 3] = [
            ("home", &home_size, &home),
            ("a commune's page", &commune_size, &one),
            ("communes' pages, none asked for before", &commune_size, &each),
        ];
        for (what, size, paths) in contests {
            let (mut best, mut best_bare, mut count) = (Duration::MAX, Duration::MAX, 0);
            for round in 0..ROUNDS {
                let paths = paths(round);
                count = paths.len();
                best = best.min(timed(client::load(ours, &paths, encoding, CONNECTIONS)).await?.0);
                best_bare = best_bare.min(timed(client::load(bare, &paths, encoding, CONNECTIONS)).await?.0);
            }
            let rate = |took: Duration| format!("{:.0} /s", count as f64 / took.as_secs_f64());
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
