//! The one binary of Làng Số.

mod audit;
mod boundaries;
mod cli;
mod copies;
mod demo;
mod demo_people;
mod demo_reporting;
mod doctor;
mod evaluate;
mod import;
mod import_return;
mod law;
mod manage;
mod people;
mod proofs;
mod serve;
mod site;
mod stop;
mod template;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use locale::Lang;
use std::process::ExitCode;

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
    Backup(copies::Backup),
    Restore(copies::Restore),
    Doctor(doctor::Doctor),
    Audit(audit::Audit),
    Person(people::PersonArgs),
    Token(people::TokenArgs),
    RotateSecret(manage::RotateSecret),
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

fn run(command: &Command, lang: Lang) -> anyhow::Result<i32> {
    match command {
        Command::Evaluate(args) => return evaluate::run(args, lang),
        Command::Serve(args) => runtime()?.block_on(serve::run(&serve::Args { lang, ..args.clone() }))?,
        Command::Person(args) => runtime()?.block_on(people::person(args, lang))?,
        Command::Token(args) => runtime()?.block_on(people::token(args, lang))?,
        Command::Demo(args) => demo::run(args, &runtime()?, lang)?,
        Command::RotateSecret(args) => runtime()?.block_on(manage::rotate_secret(args, lang))?,
        Command::Migrate(args) => runtime()?.block_on(manage::migrate(args))?,
        Command::Boundaries(args) => return runtime()?.block_on(boundaries::run(args, lang)),
        Command::Import(args) => return runtime()?.block_on(import::run(args, lang)),
        Command::Template(args) => return runtime()?.block_on(template::run(args, lang)),
        Command::Backup(args) => runtime()?.block_on(copies::backup(args, lang))?,
        Command::Restore(args) => runtime()?.block_on(copies::restore(args, lang))?,
        Command::Doctor(args) => return doctor::doctor(args, lang, runtime),
        Command::Audit(args) => return runtime()?.block_on(audit::audit(args, lang)),
        Command::Permissions => manage::permissions(),
        Command::Completions { shell } => {
            let mut command = cli::localized(Cli::command(), lang);
            clap_complete::generate(*shell, &mut command, "langso", &mut std::io::stdout());
        }
    }
    Ok(0)
}

fn main() -> ExitCode {
    let lang = cli::language(|name| std::env::var(name).ok());
    let matches = cli::localized(Cli::command(), lang).try_get_matches_from(cli::arguments(std::env::args_os()));
    let cli = match matches.and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(cli::stopped(&error, lang)),
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&cli.command, lang) {
        Ok(code) => ExitCode::from(code as u8),
        Err(error) => ExitCode::from(stop::report(lang, &error)),
    }
}
