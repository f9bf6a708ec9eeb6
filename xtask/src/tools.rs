//! Programs that xtask calls, and what it says where one is missing.

use anyhow::{Context, Result, bail};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

/// Goes to the workspace's root, wherever it was called from.
pub fn enter_root() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask lies in the workspace")?;
    std::env::set_current_dir(root).context("the workspace's root")
}

/// Where cargo builds: outside the clone, so that a clone stays light and builds are shared.
pub fn target_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("CARGO_TARGET_DIR") {
        return Ok(dir.into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    Ok(cache.or(home).context("neither XDG_CACHE_HOME nor HOME is set")?.join("langso/target"))
}

/// Days after which what cargo built is no longer kept. Cargo does not say what it still uses; what is deleted although
/// used is built again.
const KEPT_DAYS: u64 = 21;

/// Deletes what cargo built long ago, so that a target folder that many runs share does not grow for ever.
pub fn prune() -> Result<()> {
    let debug = target_dir()?.join("debug");
    let mut freed = 0;
    for folder in ["deps", "incremental", "examples"] {
        for entry in fs::read_dir(debug.join(folder)).into_iter().flatten().flatten() {
            let data = entry.metadata()?;
            let age = data.modified()?.elapsed().unwrap_or_default();
            if age.as_secs() < KEPT_DAYS * 86_400 {
                continue;
            }
            freed += data.len();
            // Another cargo may be deleting or writing it: what cannot be deleted stays until the next run.
            let _ = if data.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
    }
    println!("      {} MB of old builds deleted", freed / 1_000_000);
    Ok(())
}

/// The product's binary of a profile.
pub fn binary(profile: &str) -> Result<String> {
    Ok(target_dir()?.join(profile).join("langso").display().to_string())
}

/// Runs a program, its output shown; an error where it fails.
pub fn command(program: &str, args: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{program} could not be started"))?;
    if !status.success() {
        bail!("{program} {} ended with {status}", args.join(" "));
    }
    Ok(())
}

/// Cargo in the shared target folder, not yet started.
pub fn cargo_command(args: &[&str]) -> Result<Command> {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    cargo.args(args).env("CARGO_TARGET_DIR", target_dir()?);
    if std::env::var_os("CI").is_some() {
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    Ok(cargo)
}

/// Runs cargo in the shared target folder.
pub fn cargo(args: &[&str]) -> Result<()> {
    let status = cargo_command(args)?.status().context("cargo could not be started")?;
    if !status.success() {
        bail!("cargo {} ended with {status}", args.join(" "));
    }
    Ok(())
}

/// What a program says of its version; `None` where it is missing.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Rust is there, since this runs; Node 20 or newer and npm must be.
pub fn prerequisites() -> Result<()> {
    let node = version("node").context("Node.js is missing: install Node.js 20 or newer (https://nodejs.org)")?;
    let major: u32 = node.trim_start_matches('v').split('.').next().and_then(|m| m.parse().ok()).unwrap_or(0);
    if major < 20 {
        bail!("Node.js {node} is too old: install version 20 or newer (https://nodejs.org)");
    }
    let npm = version("npm").context("npm is missing: it comes with Node.js (https://nodejs.org)")?;
    println!("      node {node}, npm {npm}");
    Ok(())
}

/// Installs a folder's npm packages where its lock changed.
pub fn packages(folder: &str) -> Result<()> {
    let folder = Path::new(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{}/package-lock.json", folder.display()))?;
    let stamp = folder.join("node_modules/.lock-installed");
    if fs::read(&stamp).ok().as_deref() != Some(&lock[..]) {
        command(
            "npm",
            &["--prefix", &folder.display().to_string(), "ci", "--no-audit", "--no-fund", "--loglevel", "error"],
        )?;
        fs::write(stamp, &lock).context("the stamp of installed packages")?;
    }
    Ok(())
}

/// Whether Python can make environments of its own.
pub fn has_venv() -> bool {
    let asked = Command::new("python3").args(["-c", "import venv, ensurepip"]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// A Python beside what cargo builds, with these packages; installed anew where their list changed.
pub fn python(requirements: &str) -> Result<PathBuf> {
    let wanted = fs::read(requirements).with_context(|| requirements.to_owned())?;
    let folder = target_dir()?.join("clients");
    let (python, stamp) = (folder.join("bin/python"), folder.join(".installed"));
    if fs::read(&stamp).ok().as_deref() != Some(&wanted[..]) {
        command("python3", &["-m", "venv", "--clear", &folder.display().to_string()])?;
        let program = python.display().to_string();
        command(&program, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])?;
        fs::write(stamp, &wanted).context("the stamp of installed packages")?;
    }
    Ok(python)
}

/// Installs the islands' packages, and builds them. A file that came out as it was keeps its time: cargo goes by times, and
/// would compile anew all that embeds it, twice in a clone that is first run and then tested.
pub fn islands() -> Result<()> {
    packages("islands")?;
    let dist = Path::new("islands/dist");
    let (before, since) = (written(dist)?, fs::metadata(dist).and_then(|about| about.modified()));
    command("npm", &["--prefix", "islands", "run", "--silent", "build"])?;
    let after = written(dist)?;
    let same = |path: &PathBuf| after.get(path).zip(before.get(path)).is_some_and(|(now, then)| now.0 == then.0);
    for (path, (_, time)) in before.iter().filter(|(path, _)| same(path)) {
        let file = fs::File::options().write(true).open(path).with_context(|| path.display().to_string())?;
        file.set_modified(*time).with_context(|| path.display().to_string())?;
    }
    // The folder's own time counts, too. Where a system lets nobody set it, cargo compiles once more, and that is all.
    if let (true, Ok(since)) = (before.len() == after.len() && after.keys().all(same), since) {
        let _ = fs::File::open(dist).and_then(|folder| folder.set_modified(since));
    }
    Ok(())
}

/// What stands in the files of a folder, and since when.
fn written(folder: &Path) -> Result<HashMap<PathBuf, (Vec<u8>, SystemTime)>> {
    if !folder.exists() {
        return Ok(HashMap::new());
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry?.path();
        let (bytes, time) = (fs::read(&path)?, fs::metadata(&path)?.modified()?);
        Ok((path, (bytes, time)))
    };
    entries.map(file).collect::<std::io::Result<_>>().context("what was built of the islands")
}

/// Whether this runs as root, who may install packages.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

/// Installs Debian packages when root; otherwise says exactly what to install.
pub fn debian(missing: &[&str]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root() || version("apt-get").is_none() {
        bail!("missing for the tests: {names}. Install with: sudo apt-get install {names}");
    }
    println!("      installing {names}");
    command("apt-get", &["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing);
    let status = Command::new("apt-get")
        .args(&args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()
        .context("apt-get could not be started")?;
    if !status.success() {
        bail!("apt-get {} ended with {status}", args.join(" "));
    }
    Ok(())
}
