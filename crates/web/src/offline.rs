//! Working without a line: the service worker, what installs the site on a phone, and the page that says what works then.
//!
//! The worker keeps pages of this server (`islands/src/sw.ts`); nothing is drawn a second time. What waits on a phone names
//! whose it is ([`PERSON`]), and the guard refuses it under another login.

use crate::{Asking, Ctx, Outcome, Routes, assets};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Phrase, Problem};
use minijinja::context;
use serde::Deserialize;
use serde_json::json;

/// The header in which a request that waited on a phone names the person who typed it, by number.
pub const PERSON: &str = "langso-person";

pub(crate) fn routes() -> Routes {
    Routes::new().read("/ngoai-tuyen", "pages", get(page)).read("/manifest.webmanifest", "pages", get(manifest)).read(
        "/sw.js",
        "pages",
        get(worker),
    )
}

/// Why a request is refused that names whose it is, where somebody else (or nobody) shows their login.
pub(crate) fn of_another(headers: &HeaderMap, person: Option<i64>) -> Option<Problem> {
    let named = headers.get(PERSON)?;
    match person {
        Some(person) if named.to_str().is_ok_and(|text| text == person.to_string()) => None,
        Some(_) => Some(Problem::forbidden(Phrase::new("problem-other-person"))),
        None => Some(Problem { phrase: Phrase::new("problem-not-logged-in"), place: None, status: 401 }),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Whether the line was cut while something was sent.
    dut: String,
}

/// `GET /ngoai-tuyen`: what works without a line; kept on phones, shown where nothing else is. Cost: no row.
async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    ctx.page(
        "offline.html",
        context! { title => locale::word(ctx.lang, "offline-title"), cut => !asked.dut.is_empty() },
    )
}

/// `GET /manifest.webmanifest`: how the site stands among a phone's programs. Cost: no row.
async fn manifest(ctx: Ctx) -> Outcome {
    let word = |key| locale::word(ctx.lang, key);
    let icon = |size: u16, purpose: &str| {
        let src = assets::address(&format!("icon-{size}.png"));
        json!({"src": src, "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": purpose})
    };
    let told = json!({
        "id": "/", "name": word("offline-app-name"), "short_name": word("offline-app-short"), "description": word("site-description"), "lang": ctx.lang.tag(),
        "start_url": ctx.link("/bao-cao"), "scope": "/", "display": "standalone", "theme_color": "#1f5c45", "background_color": "#fbf8f0",
        "icons": [icon(192, "any"), icon(512, "any"), icon(512, "maskable")],
    });
    let mut answer = told.to_string().into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json"));
    Ok(answer)
}

/// `GET /sw.js`: the service worker, of the whole site, asked for anew each time so that no phone keeps yesterday's. Cost: no row.
async fn worker(ctx: Ctx) -> Result<Response, crate::Failure> {
    let Some(script) = assets::asset("sw.js") else { return Err(ctx.not_found()) };
    let headers = [
        (header::CONTENT_TYPE, "text/javascript"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/"),
    ];
    Ok((headers, script).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waited_is_taken_from_whom_it_names_alone() {
        let headers = |text: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(PERSON), HeaderValue::from_static(text))])
        };
        let status = |headers: &HeaderMap, person| of_another(headers, person).map(|problem| problem.status);
        assert_eq!(status(&HeaderMap::new(), Some(7)), None);
        assert_eq!(status(&headers("7"), Some(7)), None);
        assert_eq!(status(&headers("7"), Some(8)), Some(403));
        assert_eq!(status(&headers("07"), Some(7)), Some(403));
        assert_eq!(status(&headers("7"), None), Some(401));
    }
}
