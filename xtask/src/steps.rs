//! Long work shows what it does, how far it is, and at the end what took longest.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

pub struct Steps {
    total: usize,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub fn new(total: usize) -> Steps {
        Steps { total, done: Vec::new() }
    }

    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let at = self.done.len() + 1;
        println!("[{at}/{}] {name}", self.total);
        // The machine's clock times a build here, never the product.
        #[allow(clippy::disallowed_methods)]
        let start = Instant::now();
        work().with_context(|| format!("step {at}: {name}"))?;
        let took = start.elapsed();
        println!("[{at}/{}] {name}: {:.1} s", self.total, took.as_secs_f64());
        self.done.push((name.to_owned(), took));
        Ok(())
    }

    /// The ten slowest parts.
    pub fn slowest(mut self) {
        self.done.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        println!("slowest parts:");
        for (name, took) in self.done.iter().take(10) {
            println!("{:8.1} s  {name}", took.as_secs_f64());
        }
    }
}
