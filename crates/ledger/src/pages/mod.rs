//! The ledger for everybody: its checkpoints, keys and witnesses; the proof of a result; the tree in tiles for whoever
//! keeps a copy.

use crate::{Keys, LedgerError, standing};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::{Phrase, Problem};
use store::jobs::Registry;
use web::{Ctx, Failure, Room, Routes, Site};

mod board;
mod result;
mod tiles;

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "ledger",
        migrations: crate::MIGRATIONS,
        routes,
        templates: web::embedded::<Templates>,
        jobs: register,
        search: &[],
        guards: &[],
        // Whoever holds a witness's key is an agency; nobody is named.
        personal: &[],
    }
}

/// The description of this room's API, to be merged into the site's.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut all = <board::Description as utoipa::OpenApi>::openapi();
    all.merge(<result::Description as utoipa::OpenApi>::openapi());
    all
}

fn routes() -> Routes {
    Routes::new()
        .read("/minh-chung", "ledger", get(board::page))
        .read("/minh-chung.csv", "ledger", get(board::csv))
        .read("/minh-chung.xlsx", "ledger", get(board::xlsx))
        .read("/minh-chung/tin.xml", "ledger", get(board::feed))
        .read("/minh-chung/{id}", "ledger", get(board::one))
        .read("/minh-chung/ket-qua/{unit}/{set}/{year}", "ledger", get(result::page))
        .read("/api/v1/checkpoints", "ledger", get(board::api_list))
        .read("/api/v1/checkpoints/{id}", "ledger", get(board::api_one))
        .read("/api/v1/proofs/{unit}/{set}/{year}", "ledger", get(result::api))
        .write_public("/api/v1/cosignatures", "cosign", "ledger", post(board::cosign))
        .read("/tlog/checkpoint", "ledger", get(tiles::checkpoint))
        .read("/tlog/witness", "ledger", get(tiles::witness))
        .read("/tlog/tile/entries/{*path}", "ledger", get(tiles::entries))
        .read("/tlog/tile/{level}/{*path}", "ledger", get(tiles::tile))
}

/// The worker tends the ledger after each round of its own.
fn register(registry: &mut Registry, site: &Site) {
    let keys = site.thing::<Keys>();
    registry.tend(move |store, clock| {
        let keys = keys.clone();
        Box::pin(async move { standing::tend(&store, &*clock, &keys).await.map_err(|error| error.to_string()) })
    });
}

/// What stands in the way, as a reader is told.
pub fn problem(error: LedgerError) -> Problem {
    let said = |key: &'static str, status| Problem { phrase: Phrase::new(key), place: None, status };
    match error {
        LedgerError::Store(error) => error.problem(),
        LedgerError::Unsigned => said("ledger-unsigned", 422),
        LedgerError::Malformed(_) | LedgerError::Key(_) => said("ledger-malformed", 422),
        LedgerError::SetBack { size } => {
            Problem { phrase: Phrase::new("ledger-set-back").with("size", size as i64), place: None, status: 409 }
        }
        LedgerError::OtherKey { key } => {
            Problem { phrase: Phrase::new("ledger-other-key").with("key", key), place: None, status: 409 }
        }
        LedgerError::NotInside => said("ledger-not-inside", 422),
        LedgerError::Files(_) | LedgerError::Tree(_) => said("store-failed", 500),
    }
}

pub(crate) fn failed(ctx: &Ctx, error: LedgerError) -> Failure {
    match error {
        LedgerError::Store(error) => error.into(),
        other => ctx.failure(problem(other)),
    }
}

/// A text as it is, for programs.
fn plain(text: String) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], text)
        .into_response()
}
