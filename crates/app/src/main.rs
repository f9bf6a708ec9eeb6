//! The one binary of Làng Số.

mod boundaries;
mod demo;
mod evaluate;
mod import;
mod law;
mod manage;
mod serve;
mod site;
mod template;

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
    Serve(serve::Args),
    Demo(demo::Args),
    Evaluate(evaluate::Args),
    Migrate(manage::Database),
    Boundaries(boundaries::Args),
    Import(import::Args),
    Template(template::Args),
    Doctor(manage::Doctor),
    Audit(manage::Audit),
    /// Print the permission table
    Permissions,
    /// Print shell completions
    Completions {
        shell: clap_complete::Shell,
    },
}

/// A runtime for the commands that wait for a database.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn run(command: &Command) -> anyhow::Result<i32> {
    let lang = language();
    match command {
        Command::Evaluate(args) => return evaluate::run(args, lang),
        Command::Serve(args) => runtime()?.block_on(serve::run(args))?,
        Command::Demo(args) => demo::run(args, &runtime()?)?,
        Command::Migrate(args) => runtime()?.block_on(manage::migrate(args))?,
        Command::Boundaries(args) => return runtime()?.block_on(boundaries::run(args, lang)),
        Command::Import(args) => return runtime()?.block_on(import::run(args, lang)),
        Command::Template(args) => return runtime()?.block_on(template::run(args, lang)),
        Command::Doctor(args) => return manage::doctor(args),
        Command::Audit(args) => return runtime()?.block_on(manage::audit(args)),
        Command::Permissions => manage::permissions(),
        Command::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut <Cli as clap::CommandFactory>::command(),
                "langso",
                &mut std::io::stdout(),
            );
        }
    }
    Ok(0)
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
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&cli.command) {
        Ok(code) => std::process::ExitCode::from(code as u8),
        Err(error) => {
            eprintln!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
