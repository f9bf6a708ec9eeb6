//! What the browser gets besides pages: built islands, embedded, compressed at build time, kept for ever under the hash of
//! their content.

use axum::{
    extract::{Path, RawQuery},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::LazyLock};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../islands/dist"]
// Letters for papers, which `paper` embeds.
#[exclude = "*.ttf"]
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

/// The encodings an asset may lie in, best first: how HTTP names it, how its file ends.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether a browser takes an encoding: it names it, and not with weight nought.
pub(crate) fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let asked = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    asked.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words.next() == Some(encoding);
        let weight = words.find_map(|w| w.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        named && weight > 0.0
    })
}

/// `GET /assets/{name}`. What is asked for by the hash of its content may be kept for ever; by name alone it is asked
/// for again each time, so that nobody keeps yesterday's.
pub async fn get(Path(name): Path<String>, RawQuery(query): RawQuery, asked: HeaderMap) -> Response {
    if ENCODINGS.iter().any(|(_, ending)| name.ends_with(ending)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (Some(plain), Some(hash)) = (Dist::get(&name), HASHES.get(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The names of fonts carry their hash themselves, since the style that names them cannot ask the server.
    let hashed = name.ends_with(".woff2") || query.as_deref().and_then(|q| q.strip_prefix("v=")) == Some(hash);
    let keep = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream");
    let mut headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    for (encoding, ending) in ENCODINGS {
        if accepts(&asked, encoding)
            && let Some(packed) = Dist::get(&format!("{name}{ending}"))
        {
            headers.push((header::CONTENT_ENCODING, HeaderValue::from_static(encoding)));
            return answer(headers, packed.data.into_owned());
        }
    }
    answer(headers, plain.data.into_owned())
}

fn answer(headers: Vec<(HeaderName, HeaderValue)>, body: Vec<u8>) -> Response {
    let mut answer = body.into_response();
    answer.headers_mut().extend(headers);
    answer
}
