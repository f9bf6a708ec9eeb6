//! The whole site as one service: rooms' routes, language by address, compression, headers, logs.

use crate::{
    Failure, Routes, Site, assets,
    context::Address,
    guard::{Guard, guard, may_measure},
    problems::shown,
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Uri, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Phrase, Problem};
use locale::Lang;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::{Layer, util::MapRequestLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Level;

static REQUESTS: AtomicU64 = AtomicU64::new(0);
/// Answers by class of status: 1xx to 5xx.
static ANSWERS: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

async fn count(request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    if let Some(class) = usize::from(answer.status().as_u16() / 100).checked_sub(1).and_then(|c| ANSWERS.get(c)) {
        class.fetch_add(1, Ordering::Relaxed);
    }
    answer
}

/// A request in the log: its number, method and path; never its query, which may hold what a person typed.
fn span(request: &Request) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or("");
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

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
    } else if path.starts_with("/api/v1/") {
        // The API says its problems in the language asked for; its pages are in that of their address.
        let asked = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = asked.and_then(Lang::from_tag).unwrap_or(Lang::Vi);
        request.extensions_mut().insert(Address(lang));
        return request;
    }
    request.extensions_mut().insert(Address(lang));
    request
}

async fn health(State(site): State<Site>) -> Response {
    match site.store.ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Prometheus text, for whoever asks at the machine itself or may read of its operation.
async fn metrics(State(site): State<Site>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match may_measure(&site, &parts).await {
        Ok(true) => {}
        Ok(false) => {
            let reader = crate::people::Reader::stranger(&site);
            let problem = Problem::forbidden(Phrase::new("problem-forbidden"));
            return shown(&site, &reader, Lang::Vi, true, "/metrics", &problem).await;
        }
        Err(error) => return Failure::from(error).into_response(),
    }
    let requests = REQUESTS.load(Ordering::Relaxed);
    let mut body = format!("# TYPE langso_requests_total counter\nlangso_requests_total {requests}\n");
    body += "# TYPE langso_responses_total counter\n";
    for (class, answers) in (1..).zip(&ANSWERS) {
        let answers = answers.load(Ordering::Relaxed);
        body += &format!("langso_responses_total{{class=\"{class}xx\"}} {answers}\n");
    }
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
    shown(
        &site,
        &crate::people::Reader::stranger(&site),
        lang,
        api,
        &path,
        &Problem::not_found(Phrase::new("problem-not-found")),
    )
    .await
}

/// Everything a browser may do with our pages, and nothing else. MapLibre draws in a worker made from a blob; the service worker is our own.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; child-src blob:; style-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The service: `app(site, routes)`, to be served with connect info.
pub fn app(
    site: Site,
    routes: Routes,
) -> impl tower::Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let watch = Guard::new(site.clone(), &routes.table);
    // Of a site that is reached by https: by no other way for a year (ASVS 5, 3.4.1).
    let always = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    let always = site.origin.starts_with("https://").then_some(always);
    // Fonts are compressed as they are.
    let packed = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    let router = Router::new()
        .merge(routes.router.route_layer(from_fn_with_state(watch, guard)))
        .route("/assets/{name}", get(assets::get))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .fallback(fallback)
        .with_state(site)
        // The guard lays its own on every route of a room; no other reads a body.
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(CompressionLayer::new().br(true).gzip(true).compress_when(packed))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, always))
        .layer(fixed(header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(fixed(HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"))
        // The guard catches what a handler lets fall; this, whatever falls outside it.
        .layer(CatchPanicLayer::new())
        .layer(from_fn(count))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(DefaultOnResponse::new().level(Level::INFO)))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid));
    MapRequestLayer::new(language).layer(router)
}
