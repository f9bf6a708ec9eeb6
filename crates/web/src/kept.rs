//! Finished pages, kept as long as the store holds what they were made from: what many ask for is made once.

use crate::{Ctx, Outcome, assets::accepts};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::Moment;
use minijinja::Value;
use serde::Serialize;
use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, UNIX_EPOCH},
};
use store::Version;

/// Bytes of pages kept; beyond, all are forgotten at once.
const MOST: usize = 8 << 20;
/// Brotli's quality and window for a page that was just made, which few may ever ask for again; for one that is asked for
/// again. The first costs a fifth of the second, for an eighth more bytes.
const ONCE: (u32, u32) = (3, 17);
const OFTEN: (u32, u32) = (5, 18);

/// An instant as HTTP writes it.
fn http_date(at: Moment) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_micros(u64::try_from(at.0).unwrap_or(0)))
}

/// A finished page.
pub(crate) struct Page {
    kind: &'static str,
    /// When the data that it shows last changed.
    changed: Option<Moment>,
    tag: String,
    body: Bytes,
    /// The same in brotli, from the first request that takes it when it is kept.
    packed: OnceLock<Bytes>,
}

fn pack(body: &[u8], (quality, window): (u32, u32)) -> Bytes {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, quality, window);
    // Writing to memory does not fail.
    let _ = writer.write_all(body);
    writer.into_inner().into()
}

impl Page {
    /// `kept`: whether it was there already.
    fn packed(&self, kept: bool) -> Bytes {
        if kept { self.packed.get_or_init(|| pack(&self.body, OFTEN)).clone() } else { pack(&self.body, ONCE) }
    }
}

/// A page that was just made.
pub(crate) fn page(version: &Version, kind: &'static str, body: Bytes) -> Arc<Page> {
    let tag = crate::render::etag(&body);
    Arc::new(Page { kind, changed: version.changed, tag, body, packed: OnceLock::new() })
}

#[derive(Default)]
struct Pages {
    /// What the store held when they were made.
    version: String,
    bytes: usize,
    by_key: HashMap<String, Arc<Page>>,
}

/// The pages of a site.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Pages>);

impl Kept {
    pub(crate) fn get(&self, version: &str, key: &str) -> Option<Arc<Page>> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (pages.version == version).then(|| pages.by_key.get(key).cloned()).flatten()
    }

    pub(crate) fn put(&self, version: &str, key: String, page: Arc<Page>) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Counted once and a half: plain, and packed a few times smaller.
        let bytes = page.body.len() * 3 / 2 + key.len();
        if pages.version != version || pages.bytes + bytes > MOST {
            *pages = Pages { version: version.to_owned(), ..Pages::default() };
        }
        pages.bytes += bytes;
        pages.by_key.insert(key, page);
    }
}

impl Ctx {
    /// Who asks for what: an actor's pages are nobody else's.
    pub(crate) fn kept_key(&self) -> String {
        let grants = self.who().map(|who| &who.grants);
        let (lang, unread) = (self.lang.tag(), self.reader.unread);
        format!("{lang} {:?} {grants:?} {unread} {} {}", self.actor, self.state, self.path)
    }

    /// This page as it was finished before at the same version of the store ([`store::ReadTx::version`]).
    pub fn kept(&self, version: &Version) -> Option<Response> {
        let page = self.site.templates.kept.get(version, &self.kept_key())?;
        Some(self.send(&page, true))
    }

    /// A page that depends on nothing but its address, its actor and the store at this version: finished, kept, sent. It
    /// says when the data last changed.
    pub fn page_kept(&self, version: &Version, name: &str, page: Value) -> Outcome {
        let body = self.rendered(name, page, version.changed)?;
        self.keep(version, "text/html; charset=utf-8", body.into())
    }

    /// The same of an answer in JSON.
    pub fn json_kept(&self, version: &Version, body: &impl Serialize) -> Outcome {
        self.keep(version, "application/json", serde_json::to_vec(body)?.into())
    }

    fn keep(&self, version: &Version, kind: &'static str, body: Bytes) -> Outcome {
        let page = page(version, kind, body);
        // Whoever writes a template wants to see it.
        if !self.site.templates.is_reloaded() {
            self.site.templates.kept.put(version, self.kept_key(), page.clone());
        }
        Ok(self.send(&page, false))
    }

    pub(crate) fn send(&self, page: &Page, kept: bool) -> Response {
        let mut headers = HeaderMap::from_iter([
            (header::ETAG, HeaderValue::from_str(&page.tag).unwrap_or(HeaderValue::from_static("\"\""))),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ]);
        if let Some(date) = page.changed.and_then(|at| HeaderValue::from_str(&http_date(at)).ok()) {
            headers.insert(header::LAST_MODIFIED, date);
        }
        if self.unchanged(&page.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(page.kind))];
        // A paper and a picture are packed within.
        if !matches!(page.kind, "application/pdf" | "image/png") && accepts(&self.headers, "br") {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            return (headers, kind, encoding, page.packed(kept)).into_response();
        }
        (headers, kind, page.body.clone()).into_response()
    }
}
