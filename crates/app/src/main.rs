//! The one binary of Làng Số.

mod evaluate;
mod evaluate_sheet;
mod law;

use clap::{Parser, Subcommand};
use locale::Lang;

/// Làng Số: a province's New Rural Development programme
#[derive(Parser, Debug)]
#[command(name = "langso", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Evaluate(evaluate::Args),
}

/// The language of the user's environment, Vietnamese where it says nothing.
fn language() -> Lang {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
        .and_then(|tag| Lang::from_tag(&tag))
        .unwrap_or_default()
}

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let code = match &cli.command {
        Command::Evaluate(args) => evaluate::run(args, language()),
    };
    match code {
        Ok(code) => std::process::ExitCode::from(code as u8),
        Err(error) => {
            eprintln!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
