//! Programs run and watched from outside: what they take of the processor and of memory.

use anyhow::{Context, Result};
use std::{
    fs,
    process::{Child, Command},
    time::{Duration, Instant},
};

/// What a run took.
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
    /// The most memory that was resident, in bytes.
    pub peak: u64,
}

/// A field of `/proc/PID/status` in bytes.
pub fn memory(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kb| kb * 1024)
}

/// State and processor time so far, in hundredths of a second.
fn stat(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some((fields[0].chars().next()?, fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?))
}

/// Runs a program to its end. Its processor time is read while it waits to be fetched, its memory while it runs.
pub fn watch(command: &mut Command) -> Result<Took> {
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    let mut peak = 0;
    let (wall, cpu) = loop {
        match stat(child.id()) {
            Some(('Z', ticks)) => break (start.elapsed(), Duration::from_millis(ticks * 10)),
            Some(_) => peak = memory(child.id(), "VmHWM").unwrap_or(peak),
            None => anyhow::bail!("the system does not tell of {command:?}"),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let status = child.wait()?;
    anyhow::ensure!(status.success(), "{command:?} ended with {status}");
    Ok(Took { wall, cpu, peak })
}

/// A server that ends with this.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
