//! Who is logged in: their pages beside those of everybody, and what others feel while many try to log in.

use crate::{Bench, Line, client, pages, timed};
use anyhow::Result;
use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

const REQUESTS: usize = 400;
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;
const TRIES: usize = 96;
/// From how many networks they come: one alone gets its share of the places, and no more.
const NETWORKS: usize = 6;

/// A token of somebody of the demo, made at the machine.
fn token(bench: &Bench, login: &str) -> Result<String> {
    let mut make = Command::new(&bench.langso);
    let only = ["--only", "read working figures", "--data"];
    make.args(["token", "new", login, "bench"]).args(only).arg(pages::demo(bench)?);
    let made = make.output()?;
    anyhow::ensure!(made.status.success(), "no token: {}", String::from_utf8_lossy(&made.stderr));
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

/// One login of nobody, from one of the networks.
async fn try_once(address: SocketAddr, who: &str, n: usize) -> Result<u16> {
    let form = format!("login={who}{n}&password=not+the+password+{n}");
    let from = format!("198.51.{}.7", n % NETWORKS);
    Ok(client::post(address, "/dang-nhap", &form, &from).await?.status)
}

/// Times of single answers, in order; each of a page that nobody asked for before, by the name of the round.
async fn times(address: SocketAddr, count: usize, round: &str) -> Result<Vec<Duration>> {
    let mut connection = client::Connection::open(address).await?;
    let mut all = Vec::new();
    for n in 0..count {
        let start = Instant::now();
        connection.get(&format!("/xa/250?n={round}{n}"), "identity").await?;
        all.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    all.sort();
    Ok(all)
}

fn tail(times: &[Duration]) -> String {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!("half within {:.1?}, 95 % within {:.1?}, the longest {:.1?}", at(0.5), at(0.95), at(1.0))
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let token = token(bench, "xa")?;
    let address = pages::address();
    let _server = pages::serve(bench, address).await?;
    let header = format!("Authorization: Bearer {token}\r\n");
    let (mut best, mut best_all) = (Duration::MAX, Duration::MAX);
    for round in 0..ROUNDS {
        let paths = |who: &str| -> Vec<String> {
            (0..REQUESTS).map(|n| format!("/xa/{}?n={who}{round}.{n}", 200 + n % 60)).collect()
        };
        best_all = best_all.min(timed(client::load_as(address, &paths("a"), "identity", CONNECTIONS, "")).await?.0);
        best = best.min(timed(client::load_as(address, &paths("b"), "identity", CONNECTIONS, &header)).await?.0);
    }
    let rate = |took: Duration| format!("{:.0} /s", REQUESTS as f64 / took.as_secs_f64());
    let pages = Line::ratio(
        &format!("a commune's page for an officer, made anew, {CONNECTIONS} connections"),
        rate(best),
        format!("the same for everybody {}", rate(best_all)),
        best_all.as_secs_f64() / best.as_secs_f64(),
        0.8,
        "0.8",
    );
    let quiet = times(address, 100, "quiet").await?;
    let storm = tokio::spawn(async move {
        let mut running = Vec::new();
        for n in 0..TRIES {
            running.push(tokio::spawn(try_once(address, "nobody", n)));
        }
        let mut answers = std::collections::BTreeMap::new();
        for one in running {
            *answers.entry(one.await??).or_insert(0) += 1;
        }
        anyhow::Ok(answers)
    });
    let (took, answers) = timed(async { storm.await? }).await?;
    // Again, and asked meanwhile: the storm above told how long it takes.
    let again = tokio::spawn(async move {
        let tries = (0..TRIES).map(|n| tokio::spawn(try_once(address, "someone", n)));
        for one in tries.collect::<Vec<_>>() {
            one.await??;
        }
        anyhow::Ok(())
    });
    let stormy = times(address, 100, "stormy").await?;
    again.await??;
    let storm = Line::known(
        &format!("{TRIES} logins of unknown people at once from {NETWORKS} networks, answers by status {answers:?}"),
        format!("{:.1} /s", TRIES as f64 / took.as_secs_f64()),
        String::new(),
    );
    let felt = Line::known(
        "a commune's page, not kept, while they try",
        tail(&stormy),
        format!("without them: {}", tail(&quiet)),
    );
    Ok(vec![pages, storm, felt])
}
