//! The whole site as one service: rooms' routes, language by address, compression, headers, logs.

use crate::{Failure, Routes, Site, assets, context::Address};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Phrase, Problem};
use locale::Lang;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::{Layer, util::MapRequestLayer};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    set_header::SetResponseHeaderLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Takes `/en` off the address and remembers the language.
fn language(mut request: Request) -> Request {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
    let path = request.uri().path();
    let rest = if path == "/en" { Some("/") } else { path.strip_prefix("/en").filter(|r| r.starts_with('/')) };
    let lang = if rest.is_some() { Lang::En } else { Lang::Vi };
    if let Some(rest) = rest {
        let whole = match request.uri().query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        };
        if let Ok(uri) = whole.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    } else if path.starts_with("/api/") {
        // The API says its problems in the language asked for.
        let asked = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = asked.and_then(Lang::from_tag).unwrap_or(Lang::Vi);
        request.extensions_mut().insert(Address(lang));
        return request;
    }
    request.extensions_mut().insert(Address(lang));
    request
}

async fn health(State(site): State<Site>) -> Response {
    match site.store.read(&kernel::Actor::READER.scope()).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Prometheus text.
async fn metrics() -> Response {
    let requests = REQUESTS.load(Ordering::Relaxed);
    let mut body = format!("# TYPE langso_requests_total counter\nlangso_requests_total {requests}\n");
    // Resident memory, where the system tells.
    if let Ok(status) = std::fs::read_to_string("/proc/self/statm")
        && let Some(pages) = status.split(' ').nth(1).and_then(|p| p.parse::<u64>().ok())
    {
        body +=
            &format!("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n", pages * 4096);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}

async fn fallback(State(site): State<Site>, request: Request) -> Response {
    let lang = request.extensions().get::<Address>().map_or(Lang::Vi, |a| a.0);
    let path = request.uri().path().to_owned();
    let api = path.starts_with("/api/");
    Failure::problem(site, lang, api, path, Problem::not_found(Phrase::new("problem-not-found"))).into_response()
}

/// Everything a browser may do with our pages, and nothing else. MapLibre draws in a worker made from a blob.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; worker-src blob:; child-src blob:; style-src 'self' 'unsafe-hashes'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The service: `app(site, routes)`, to be served with connect info.
pub fn app(
    site: Site,
    routes: Routes,
) -> impl tower::Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let router = Router::new()
        .merge(routes.router)
        .route("/assets/{name}", get(assets::get))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .fallback(fallback)
        .with_state(site)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(51_000_000))
        .layer(CompressionLayer::new().br(true).gzip(true))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            std::time::Duration::from_secs(120),
        ))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(fixed(HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http());
    MapRequestLayer::new(language).layer(router)
}
