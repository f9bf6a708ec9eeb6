//! What the browser gets besides pages: built islands, embedded, kept for ever under the hash of their content.

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::LazyLock};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../islands/dist"]
struct Dist;

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct OwnTemplates;

static HASHES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let hash = |name: &str| Dist::get(name).map(|f| hex::encode(&Sha256::digest(&f.data)[..8])).unwrap_or_default();
    Dist::iter().map(|name| (name.to_string(), hash(&name))).collect()
});

/// The address of an asset, with its hash.
pub fn address(name: &str) -> String {
    match HASHES.get(name) {
        Some(hash) => format!("/assets/{name}?v={hash}"),
        None => format!("/assets/{name}"),
    }
}

/// The web's own templates.
pub fn templates() -> Vec<(String, String)> {
    let text = |name: &str| OwnTemplates::get(name).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    OwnTemplates::iter().filter_map(|name| Some((name.to_string(), text(&name)?))).collect()
}

/// An asset's bytes; `None` where there is none (islands not built).
pub fn asset(name: &str) -> Option<Vec<u8>> {
    Dist::get(name).map(|f| f.data.into_owned())
}

/// `GET /assets/{name}`.
pub async fn get(Path(name): Path<String>) -> Response {
    let Some(file) = Dist::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, file.data.into_owned()).into_response()
}
