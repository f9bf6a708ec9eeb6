//! A nation of communes: made, served, walked. It reports seconds, bytes and rows, and fails only where a page does.

use crate::tools;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Communes that are made up beside the real ones; `LANGSO_COMMUNES` says another number.
const COMMUNES: &str = "10000";

/// Home of the province and of a made-up one, lists, a commune, the API.
const WALK: [&str; 8] = [
    "/",
    "/?nam=2024",
    "/?nam=2024&tinh=2000000",
    "/xa?nam=2024",
    "/xa?nam=2024&tinh=2000000&q=c000",
    "/xa/3000100?nam=2024",
    "/api/v1/totals?nam=2024",
    "/api/v1/communes?nam=2024&tinh=2000000&per=500",
];

/// The machine's clock times work here, never the product.
#[allow(clippy::disallowed_methods)]
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed().as_secs_f64()))
}

/// The binary of `LANGSO_BINARY`, or a release build.
fn binary() -> Result<String> {
    if let Ok(binary) = std::env::var("LANGSO_BINARY") {
        return Ok(binary);
    }
    tools::islands()?;
    tools::cargo(&["build", "--release", "--package", "app", "--bin", "langso"])?;
    tools::binary("release")
}

pub fn run() -> Result<()> {
    let binary = binary()?;
    let data = tools::target_dir()?.join("national");
    let _ = fs::remove_dir_all(&data);
    let outcome = walk(&binary, &data);
    let _ = fs::remove_dir_all(&data);
    outcome
}

fn walk(binary: &str, data: &Path) -> Result<()> {
    let folder = data.display().to_string();
    let communes = std::env::var("LANGSO_COMMUNES").unwrap_or_else(|_| COMMUNES.into());
    let create = ["demo", "--only-create", "--communes", &communes, "--data", &folder];
    let ((), seconds) = timed(|| tools::command(binary, &create))?;
    let bytes = fs::metadata(data.join("langso.sqlite"))?.len();
    println!("      {communes} communes made in {seconds:.1} s: {:.1} MB", bytes as f64 / 1e6);

    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let serve = ["serve", "--listen", &address, "--data", &folder];
    let mut served =
        Command::new(binary).args(serve).stdin(Stdio::null()).spawn().context("the server could not be started")?;
    let outcome = pages(&address, &mut served);
    let _ = served.kill();
    let _ = served.wait();
    outcome?;
    let copy = data.join("backup.zip").display().to_string();
    let ((), seconds) = timed(|| tools::command(binary, &["backup", "--data", &folder, "-o", &copy]))?;
    println!("      backed up in {seconds:.1} s: {:.1} MB", fs::metadata(&copy)?.len() as f64 / 1e6);
    tools::command(binary, &["doctor", "--data", &folder])
}

fn pages(address: &str, served: &mut Child) -> Result<()> {
    let ((), seconds) = timed(|| ready(address, served))?;
    println!("      ready after {seconds:.2} s");
    for path in WALK {
        let ((status, _), first) = timed(|| get(address, path))?;
        let ((_, bytes), again) = timed(|| get(address, path))?;
        println!("      {:8.1} ms {:8.1} ms {bytes:9} bytes  {path}", first * 1e3, again * 1e3);
        if status != 200 {
            bail!("{path} answered {status}");
        }
    }
    Ok(())
}

fn ready(address: &str, served: &mut Child) -> Result<()> {
    for _ in 0..6000 {
        if get(address, "/healthz").is_ok_and(|(status, _)| status == 200) {
            return Ok(());
        }
        if let Some(ended) = served.try_wait()? {
            bail!("the server ended with {ended}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("the server is not ready after a minute")
}

/// Status and length of an answer.
fn get(address: &str, path: &str) -> Result<(u16, usize)> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let status = answer.get(9..12).and_then(|s| std::str::from_utf8(s).ok()?.parse().ok());
    Ok((status.context("an HTTP answer")?, answer.len()))
}
