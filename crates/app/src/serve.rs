//! `langso serve`: the pages and the API over a database.

use crate::{site, stop::Stop};
use anyhow::{Context as _, Result};
use axum::ServiceExt;
use facts::evidence::Means;
use identity::{
    Identity,
    providers::{Doors, Providers},
    secrets::SecretKey,
};
use kernel::{Actor, Phrase, SystemClock};
use locale::Lang;
use operations::Post;
use std::{io, net::SocketAddr, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};
use store::{Store, StoreOptions, attachments::Attachments, jobs::Registry};

/// Serve the pages and the API
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Address to listen on
    #[arg(long, env = "LANGSO_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// sqlite:PATH or postgres://… ; by default langso.sqlite in the data folder
    #[arg(long, env = "LANGSO_DATABASE")]
    pub database: Option<String>,
    /// Folder of the program's own files
    #[arg(long, env = "LANGSO_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Where attachments are kept: a folder (by default the data folder) or s3://BUCKET/PREFIX
    #[arg(long, env = "LANGSO_FILES")]
    pub files: Option<String>,
    /// Where everybody reaches the pages: https://HOST
    #[arg(long, env = "LANGSO_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Requests to the API a minute and address; 0: as many as they like
    #[arg(long, env = "LANGSO_API_LIMIT", default_value_t = 600)]
    pub api_limit: u32,
    /// Network of a proxy on another machine, as 10.0.0.5 or 10.0.0.0/24: what it says of whom it asks for is believed; may
    /// stand several times
    #[arg(long, env = "LANGSO_TRUSTED_PROXY", value_delimiter = ',', value_name = "NETWORK")]
    pub trusted_proxy: Vec<String>,
    /// Mail server: smtp://USER@HOST:587 (STARTTLS) or smtps://USER@HOST:465; without it letters wait, a week at most
    #[arg(long, env = "LANGSO_SMTP")]
    pub smtp_url: Option<String>,
    /// Sender of all letters: NAME <MAILBOX@HOST>
    #[arg(long, env = "LANGSO_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// File with the password of the mail server; or the variable LANGSO_SMTP_PASSWORD
    #[arg(long, env = "LANGSO_SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// File with the certificate (PEM) by which the mail server is known, beside those of the system
    #[arg(long, env = "LANGSO_SMTP_CA")]
    pub smtp_ca: Option<PathBuf>,
    /// Virus scanner: tcp://HOST:3310 or unix:PATH of ClamAV's daemon; without it evidence is not scanned
    #[arg(long, env = "LANGSO_CLAMD")]
    pub clamd: Option<String>,
    /// Webhooks may call this machine itself by http; for development only
    #[arg(long)]
    pub webhook_loopback: bool,
    /// How many sessions somebody has at once
    #[arg(long, env = "LANGSO_MAX_SESSIONS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_sessions: u32,
    /// Whether the people of the demo log in by a button; only `langso demo` says so.
    #[arg(skip)]
    pub demo: bool,
    /// The language of what is said on the console.
    #[arg(skip)]
    pub lang: Lang,
}

/// How long the code of the first start stands.
const SETUP: i64 = identity::store::HOUR;

/// Where there is nobody yet, the console shows a code by which the first administrator is made: once, for an hour. There is
/// no password that anybody could know before.
async fn first_start(store: &Store, lang: Lang) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    if !identity::store::is_empty(&mut tx).await? {
        return Ok(());
    }
    let code = identity::secrets::code();
    identity::store::add_code(&mut tx, "setup", None, &identity::secrets::hash(&code), SETUP).await?;
    tx.commit().await?;
    eprintln!("{}", locale::say(lang, &Phrase::new("cli-setup-code").with("code", code)));
    Ok(())
}

/// Where letters go, as the command line and the environment say.
fn post(args: &Args) -> Result<Post> {
    let Some(url) = &args.smtp_url else { return Ok(Post(None)) };
    let stop = |option, wrong: mail::Wrong| {
        let key = match &wrong {
            mail::Wrong::Password => "cli-smtp-password",
            mail::Wrong::Plain => "cli-smtp-plain",
            mail::Wrong::From => "cli-mail-from",
            mail::Wrong::Url => "cli-smtp-url",
            mail::Wrong::Certificate(_) => "cli-smtp-ca",
        };
        anyhow::Error::from(Stop::option(option, Phrase::new(key)))
    };
    let server = mail::Server::read(url).map_err(|wrong| stop("--smtp-url", wrong))?;
    let file = |path: &PathBuf| std::fs::read(path).map_err(|e| Stop::file(path, &e));
    // Never an option of its own: command lines are seen by everybody at the machine.
    let password = match &args.smtp_password_file {
        Some(path) => Some(String::from_utf8_lossy(&file(path)?).into_owned()),
        None => std::env::var("LANGSO_SMTP_PASSWORD").ok(),
    };
    let authority = args.smtp_ca.as_ref().map(file).transpose()?;
    let from = args.mail_from.as_deref().unwrap_or("");
    let made = mail::Mailer::new(server, password.as_deref(), authority.as_deref(), from);
    made.map(|mailer| Post(Some(mailer))).map_err(|wrong| match wrong {
        mail::Wrong::From => stop("--mail-from", wrong),
        _ => stop("--smtp-ca", wrong),
    })
}

/// The proxies elsewhere that are believed about whom they ask for.
fn proxies(args: &Args) -> Result<web::Proxies> {
    let network = |text: &String| {
        let wrong = || Stop::option("--trusted-proxy", Phrase::new("cli-trusted-proxy").with("value", text.as_str()));
        text.trim().parse::<web::Network>().map_err(|()| wrong().into())
    };
    args.trusted_proxy.iter().map(network).collect::<Result<_>>().map(web::Proxies)
}

/// Where evidence is kept and looked at, as the command line and `evidence.toml` of the data folder say.
fn means(args: &Args, files: &Attachments) -> Result<Means> {
    let scanner = match &args.clamd {
        None => None,
        Some(address) => match scanner::Scanner::read(address) {
            Some(scanner) => Some(scanner),
            None => {
                let phrase = Phrase::new("cli-clamd").with("value", address.as_str());
                return Err(Stop::option("--clamd", phrase).into());
            }
        },
    };
    let incoming = args.data.join("incoming-evidence");
    Ok(Means { files: files.clone(), incoming, scanner, bounds: site::bounds(&args.data)? })
}

/// Runs until it is told to stop.
pub async fn run(args: &Args) -> Result<()> {
    std::fs::create_dir_all(&args.data).with_context(|| args.data.display().to_string())?;
    let url = args.database.clone().unwrap_or_else(|| site::default_url(&args.data));
    let store = site::open(&url, StoreOptions::default()).await?;
    let library = site::library(site::overlays(&args.data)?)?;
    let files = args.files.clone().unwrap_or_else(|| args.data.display().to_string());
    let attachments = Attachments::open(&files).with_context(|| format!("attachments {files}"))?;
    let origin = args.public_url.as_deref().unwrap_or("").trim_end_matches('/').to_owned();
    if !(origin.is_empty() || origin.starts_with("http://") || origin.starts_with("https://")) {
        let phrase = Phrase::new("cli-public-url").with("value", origin);
        return Err(Stop::option("--public-url", phrase).into());
    }
    let (limit, proxies) = (NonZeroU32::new(args.api_limit), proxies(args)?);
    let post = post(args)?;
    let reach = if args.webhook_loopback { caller::Reach::Loopback } else { caller::Reach::World };
    let caller = caller::Caller::new(reach).context("certificates of the system")?;
    let key = SecretKey::of_folder(&args.data).with_context(|| args.data.display().to_string())?;
    let retention = site::retention(&args.data)?;
    let secure = origin.starts_with("https://");
    let file = args.data.join(identity::providers::FILE);
    let providers = Providers::of_folder(&args.data, |name| std::env::var(name).ok());
    let doors = providers.and_then(Doors::open).map_err(|error| Stop::file(&file, &error))?;
    let identity =
        Identity { store: store.clone(), key, demo: args.demo, secure, most_sessions: args.max_sessions, doors };
    let ledger = ledger::Keys::of_folder(&args.data, &origin);
    let means = means(args, &attachments)?;
    let desk = reporting::forms::Desk::of(&args.data).with_context(|| args.data.display().to_string())?;
    let edge = site::Edge { origin, limit, proxies, retention, post, caller, means, desk };
    let (site, routes) = site::site(store.clone(), library, attachments, identity, ledger, edge).await?;
    // Only the site knows the law, with what was laid on it.
    if let Some(unknown) = site.thing::<Identity>().doors.providers.unknown(&site.criteria()) {
        return Err(Stop::file(&file, &io::Error::other(unknown)).into());
    }
    first_start(&store, args.lang).await?;
    web::personal::begin(&store, &SystemClock).await?;
    operations::post::begin(&store, &SystemClock).await?;
    let registry = site::jobs(&site);
    let app = web::app(site, routes);
    let listener = tokio::net::TcpListener::bind(args.listen).await.map_err(|error| {
        let phrase = Phrase::new("cli-listen-failed").with("address", args.listen.to_string());
        Stop::failed(phrase.with("reason", error.to_string()))
    })?;
    eprintln!("http://{}/", listener.local_addr()?);
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(work(registry, store.clone(), stopped));
    axum::serve(listener, ServiceExt::<axum::extract::Request>::into_make_service_with_connect_info::<SocketAddr>(app))
        .with_graceful_shutdown(stop())
        .await?;
    let _ = stopping.send(true);
    // A job that runs is not waited for: its lease runs out, and it is done again.
    let _ = tokio::time::timeout(PATIENCE, worker).await;
    store.close().await;
    Ok(())
}

/// Ctrl-C or SIGTERM.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => {
            let _ = interrupt.await;
            return;
        }
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}

/// How often the worker looks for something due.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a stop waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs jobs and seals committed audit lines a moment after they were written.
async fn work(registry: Registry, store: Store, stopped: tokio::sync::watch::Receiver<bool>) {
    registry.work(store, Arc::new(SystemClock), PAUSE, stopped).await;
}
