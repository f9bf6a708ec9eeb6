//! What handlers take of a request: path, query, form, parts. Whatever does not read is a problem like any other: the
//! guard shows it as the request wants its answers, in its language.

use crate::{
    Failure,
    guard::{Most, too_large},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use kernel::{Phrase, Problem};
use serde::de::DeserializeOwned;
use std::ops::{Deref, DerefMut};

/// Pages of a list that an address may name.
const MOST_PAGES: i64 = 1_000_000;

/// A page counted from 0, within what a list may have.
pub fn page(number: i64) -> i64 {
    number.clamp(0, MOST_PAGES)
}

/// A page counted from 1, as an address names it; counted from 0. The first where it is no number.
pub fn page_from_one(text: &str) -> i64 {
    page(text.parse::<i64>().unwrap_or(1).saturating_sub(1))
}

/// Parts of the path. One that does not read names nothing there is: 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Failure> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(read)) => Ok(Path(read)),
            Err(_) => Err(Problem::not_found(Phrase::new("problem-not-found")).into()),
        }
    }
}

/// The query of an address: 422 at the parameter that does not read.
pub struct Asking<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asking<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asking<T>, Failure> {
        // A field of a form that was left empty asks for nothing.
        let asked = |part: &&str| part.split_once('=').is_none_or(|(_, value)| !value.is_empty());
        let query: Vec<&str> = parts.uri.query().unwrap_or("").split('&').filter(asked).collect();
        Ok(Asking(fields(query.join("&").as_bytes())?))
    }
}

/// A form: 422 at the field that does not read.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Form<T>, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(no_form());
        }
        let most = request.extensions().get::<Most>().map_or(0, |most| most.0);
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|error| unread(error.into_response().status(), most))?;
        Ok(Form(fields(&body)?))
    }
}

/// A form with files.
pub struct Multipart(axum::extract::Multipart);

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Multipart, Failure> {
        axum::extract::Multipart::from_request(request, state).await.map(Multipart).map_err(|_| no_form())
    }
}

impl Deref for Multipart {
    type Target = axum::extract::Multipart;

    fn deref(&self) -> &axum::extract::Multipart {
        &self.0
    }
}

impl DerefMut for Multipart {
    fn deref_mut(&mut self) -> &mut axum::extract::Multipart {
        &mut self.0
    }
}

fn no_form() -> Failure {
    Problem { phrase: Phrase::new("problem-no-form"), place: None, status: 415 }.into()
}

/// Why a body did not read, by the status that says so.
pub(crate) fn unread(status: StatusCode, most: usize) -> Problem {
    let key = match status {
        StatusCode::PAYLOAD_TOO_LARGE => return too_large(most),
        StatusCode::NOT_FOUND => "problem-not-found",
        StatusCode::METHOD_NOT_ALLOWED => "problem-method",
        _ => "problem-broken-off",
    };
    Problem { phrase: Phrase::new(key), place: None, status: status.as_u16() }
}

/// Fields as they stand in a query or a form.
fn fields<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let (at, message) = (error.path().to_string(), error.inner().to_string());
        // A missing field has no place in what was sent: serde names it.
        match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(field) => Problem::input(Phrase::new("problem-field-missing")).at_field(field),
            None => Problem::input(Phrase::new("problem-field-unread")).at_field(at),
        }
    })
}
