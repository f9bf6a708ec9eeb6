//! `cargo xtask test`: everything that must hold.

use crate::{steps::Steps, tidy, tools};
use anyhow::{Result, bail};
use std::path::Path;

/// What the tests need beside Rust and Node: Debian package and the file that shows it is there.
const NEEDS: [(&str, &[&str]); 2] = [
    ("chromium", &["/usr/bin/chromium"]),
    ("fonts-noto-core", &["/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"]),
];

fn install() -> Result<()> {
    let missing: Vec<&str> =
        NEEDS.iter().filter(|(_, files)| !files.iter().any(|f| Path::new(f).exists())).map(|(name, _)| *name).collect();
    tools::debian(&missing)
}

pub fn run(args: &[String]) -> Result<()> {
    if let Some(other) = args.first() {
        bail!("`cargo xtask test` knows no {other:?}");
    }
    let mut steps = Steps::new(8);
    steps.step("prerequisites", tools::prerequisites)?;
    steps.step("what the tests need", install)?;
    steps.step("formatting", || tools::cargo(&["fmt", "--all", "--check"]))?;
    steps.step("tidy", tidy::report)?;
    steps.step("islands: npm packages, styles and scripts", tools::islands)?;
    steps.step("clippy", || {
        tools::cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
    })?;
    steps.step("tests", || tools::cargo(&["test", "--workspace", "--quiet"]))?;
    steps.step("pages in a browser", browser)?;
    steps.slowest();
    Ok(())
}

/// Walks the pages of a real demo in a real Chromium.
fn browser() -> Result<()> {
    tools::packages("tests/browser")?;
    tools::cargo(&["build", "--package", "app"])?;
    tools::command("node", &["tests/browser/run.mjs", &tools::binary("debug")?])
}
