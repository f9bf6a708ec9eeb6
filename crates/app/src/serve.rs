//! `langso serve`: the pages and the API over a database.

use crate::{site, stop::Stop};
use anyhow::{Context as _, Result};
use axum::ServiceExt;
use kernel::{Phrase, SystemClock};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use store::{Store, StoreOptions};

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
    /// Whoever sits at this machine may write; only with a loopback address
    #[arg(long)]
    pub local_admin: bool,
}

/// Runs until it is told to stop.
pub async fn run(args: &Args) -> Result<()> {
    if args.local_admin && !args.listen.ip().is_loopback() {
        let phrase = Phrase::new("cli-local-admin-loopback").with("address", args.listen.to_string());
        return Err(Stop::option("--local-admin", phrase).into());
    }
    std::fs::create_dir_all(&args.data).with_context(|| args.data.display().to_string())?;
    let url = args.database.clone().unwrap_or_else(|| site::default_url(&args.data));
    let store = site::open(&url, StoreOptions::default()).await?;
    let library = site::library(site::overlays(&args.data)?)?;
    let (site, routes) = site::site(store.clone(), library, args.local_admin).await?;
    let app = web::app(site, routes);
    let listener = tokio::net::TcpListener::bind(args.listen).await.map_err(|error| {
        let phrase = Phrase::new("cli-listen-failed").with("address", args.listen.to_string());
        Stop::failed(phrase.with("reason", error.to_string()))
    })?;
    eprintln!("http://{}/", listener.local_addr()?);
    let sealer = tokio::spawn(seal(store.clone()));
    axum::serve(listener, ServiceExt::<axum::extract::Request>::into_make_service_with_connect_info::<SocketAddr>(app))
        .with_graceful_shutdown(stop())
        .await?;
    sealer.abort();
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

/// Seals committed audit lines a moment after they were written.
async fn seal(store: Store) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if let Err(error) = store::audit::seal(&store, &SystemClock).await {
            tracing::warn!(%error, "sealing waits for the next round");
        }
    }
}
