//! `cargo xtask bench [PART…]`: builds the product and its benches in release, runs them, prints their table.

use crate::{steps::Steps, tools};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Runs the parts named, or all: evaluate, bulk, forms, single, pages, start, bytes.
pub fn run(parts: &[String]) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.step("islands: npm packages, styles and scripts", tools::islands)?;
    let build = ["build", "--release", "--package", "app", "--bin", "langso", "--example", "bench"];
    steps.step("the release binary and the benches", || tools::cargo(&build))?;
    steps.step("benches", || {
        let program = tools::target_dir()?.join("release/examples/bench");
        let mut bench = Command::new(&program);
        bench.args(parts).env("LANGSO_BINARY", tools::binary("release")?);
        let status = bench.status().with_context(|| program.display().to_string())?;
        if status.success() { Ok(()) } else { bail!("the benches ended with {status}") }
    })
}
