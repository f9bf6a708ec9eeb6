//! What goes wrong, as a page or as RFC 9457 JSON.

use crate::{Site, context::link, people::Reader, render, search};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use kernel::{Phrase, Place, Problem};
use locale::Lang;
use minijinja::context;
use serde_json::json;

/// Marks an answer that has no words yet: the guard, which knows site, language and reader, makes a page or JSON of it.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Our own: shown with the request's number, without details.
    Own,
    Said(Box<Problem>),
}

/// What to do next, by kind of problem.
fn next_step(lang: Lang, problem: &Problem) -> String {
    let key = match problem.status {
        _ if problem.phrase.key == "problem-other-site" => "problem-next-other-site",
        401 => "problem-next-log-in",
        403 => "problem-next-forbidden",
        404 | 405 => "problem-next",
        503 => "problem-next-busy",
        500.. => "problem-next-internal",
        _ => "problem-next-input",
    };
    locale::say(lang, &Phrase { key, ..problem.phrase.clone() })
}

/// What handlers return.
pub type Outcome = Result<Response, Failure>;

/// A request that cannot be answered as asked.
pub enum Failure {
    /// What is to be said of it; the guard makes a page or JSON of it.
    Said(Box<Problem>),
    /// Our own fault: logged, shown without details.
    Internal(String),
}

impl From<store::StoreError> for Failure {
    /// What the request caused (a zero byte, too much, at the same time as another) is said; the rest is our own fault.
    fn from(error: store::StoreError) -> Failure {
        let problem = error.problem();
        if problem.status == 500 {
            return Failure::Internal(error.to_string());
        }
        tracing::warn!(%error, "the store refused");
        problem.into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Said(Box::new(problem))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Internal(format!("{error:#}"))
    }
}

impl From<minijinja::Error> for Failure {
    fn from(error: minijinja::Error) -> Failure {
        Failure::Internal(format!("{error:#}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::Internal(error.to_string())
    }
}

/// A problem as RFC 9457 JSON.
pub fn json_problem(lang: Lang, problem: &Problem) -> serde_json::Value {
    let mut body = json!({
        "type": format!("/api/problems#{}", problem.phrase.key),
        "title": locale::say(lang, &problem.phrase),
        "status": problem.status,
    });
    let place = match &problem.place {
        Some(Place::Line(line)) => Some(json!({"line": line})),
        Some(Place::Cell { sheet, cell }) => Some(json!({"sheet": sheet, "cell": cell})),
        Some(Place::Field(field)) => Some(json!({"field": field})),
        _ => None,
    };
    if let Some(place) = place {
        body["place"] = place;
    }
    body
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}

/// What is too much now may be done in a moment; who shows nothing is told what to show.
fn later(status: StatusCode) -> HeaderMap {
    let busy = status == StatusCode::SERVICE_UNAVAILABLE;
    let busy = busy.then_some((header::RETRY_AFTER, HeaderValue::from_static("3")));
    let stranger = status == StatusCode::UNAUTHORIZED;
    let stranger = stranger.then_some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    busy.into_iter().chain(stranger).collect()
}

fn marked(status: u16, fault: Fault) -> Response {
    let mut answer = status_of(status).into_response();
    answer.extensions_mut().insert(fault);
    answer
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Failure::Internal(message) => {
                tracing::error!(%message, "request failed");
                marked(500, Fault::Own)
            }
            Failure::Said(problem) => marked(problem.status, Fault::Said(problem)),
        }
    }
}

/// A problem as a program or a person reads it. An address that leads nowhere brings what its words find; cost: a row a
/// source of the index.
pub(crate) async fn shown(
    site: &Site,
    reader: &Reader,
    lang: Lang,
    api: bool,
    path: &str,
    problem: &Problem,
) -> Response {
    let status = status_of(problem.status);
    if api {
        let kind = HeaderValue::from_static("application/problem+json");
        let body = json_problem(lang, problem).to_string();
        return (status, later(status), [(header::CONTENT_TYPE, kind)], body).into_response();
    }
    let (q, hits) =
        if status == StatusCode::NOT_FOUND { search::nearest(site, lang, path).await } else { Default::default() };
    let page = context! {
        title => locale::problem(lang, problem), next => next_step(lang, problem), status => problem.status, q => q,
        hits => hits, home => link(lang, "/"),
    };
    match site.templates.render(site, reader, lang, path, "problem.html", page, None) {
        Ok(body) => (status, later(status), render::html_headers(), Html(body)).into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}
