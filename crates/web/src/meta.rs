//! What a page tells machines about itself: description, permanent address, schema.org, and the map of all pages.
//!
//! A page puts a [`Meta`] into its context as `meta`; the layout says it, together with what is the same everywhere (Open
//! Graph, languages). JSON-LD stands in data blocks, which are not scripts: the content policy has nothing to allow.

use crate::{Ctx, Failure, Outcome, Routes, Site, link};
use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::Moment;
use locale::Lang;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// What a page says of itself besides its title.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Meta {
    /// One sentence; the site's where a page has none.
    pub description: String,
    /// What of the query belongs to the page's own address; the rest only changes how it is shown.
    pub query: String,
    /// The way here: name and address in the page's language, without the page itself.
    pub crumbs: Vec<(String, String)>,
    /// schema.org things that the page is about. Addresses of this site begin with `/`.
    pub things: Vec<Json>,
    /// What those show who name the page elsewhere.
    pub picture: Option<Picture>,
}

/// A picture of a page: PNG, 1200×630.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// Its address in the page's language.
    pub href: String,
    /// The same in words.
    pub alt: String,
}

impl Meta {
    pub fn new(description: impl Into<String>) -> Meta {
        Meta { description: description.into(), ..Meta::default() }
    }

    pub fn crumb(mut self, name: impl Into<String>, href: impl Into<String>) -> Meta {
        self.crumbs.push((name.into(), href.into()));
        self
    }

    pub fn thing(mut self, thing: Json) -> Meta {
        self.things.push(thing);
        self
    }

    pub fn pictured(mut self, picture: Option<Picture>) -> Meta {
        self.picture = picture;
        self
    }
}

impl From<Meta> for Value {
    fn from(meta: Meta) -> Value {
        Value::from_serialize(meta)
    }
}

/// A schema.org data set: its files are `(address, media type)`.
pub fn dataset(name: &str, description: &str, url: &str, files: &[(String, &str)]) -> Json {
    let files: Vec<Json> = files
        .iter()
        .map(|(url, kind)| json!({"@type": "DataDownload", "contentUrl": url, "encodingFormat": kind}))
        .collect();
    json!({"@type": "Dataset", "name": name, "description": description, "url": url, "isAccessibleForFree": true, "distribution": files})
}

/// The whole site, for those who offer its search from theirs.
pub fn website(lang: Lang) -> Json {
    json!({
        "@type": "WebSite", "name": "Làng Số", "url": link(lang, "/"), "inLanguage": lang.tag(), // input: the product's name
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": link(lang, "/tim-kiem?q={search_term_string}")},
            "query-input": "required name=search_term_string",
        },
    })
}

/// Puts the site's own address before every one that begins with `/`.
fn absolute(value: &mut Json, origin: &str) {
    match value {
        Json::String(text) if text.starts_with('/') => text.insert_str(0, origin),
        Json::Array(list) => list.iter_mut().for_each(|v| absolute(v, origin)),
        Json::Object(map) => map.values_mut().for_each(|v| absolute(v, origin)),
        _ => {}
    }
}

/// What the layout says of a page: `head` in every template. `path` is without language.
pub(crate) fn head(site: &Site, lang: Lang, path: &str, page: &Value, changed: Option<Moment>) -> Value {
    let said = page.get_attr("meta").ok().filter(|meta| !meta.is_undefined() && !meta.is_none());
    let meta: Meta = said.and_then(|m| serde_json::from_value(serde_json::to_value(m).ok()?).ok()).unwrap_or_default();
    let plain = path.split('?').next().unwrap_or("/");
    let own = if meta.query.is_empty() { plain.to_owned() } else { format!("{plain}?{}", meta.query) };
    let at = |lang: Lang| format!("{}{}", site.origin, link(lang, &own));
    let title = page.get_attr("title").ok().and_then(|t| t.as_str().map(str::to_owned)).unwrap_or_default();
    let mut things = meta.things;
    if !meta.crumbs.is_empty() {
        let way = meta.crumbs.into_iter().chain([(title, link(lang, &own))]).enumerate();
        let items: Vec<Json> = way
            .map(|(n, (name, href))| json!({"@type": "ListItem", "position": n + 1, "name": name, "item": href}))
            .collect();
        things.push(json!({"@type": "BreadcrumbList", "itemListElement": items}));
    }
    for thing in &mut things {
        absolute(thing, &site.origin);
        thing["@context"] = "https://schema.org".into();
        if let (Some(changed), Some("Dataset")) = (changed, thing["@type"].as_str()) {
            thing["dateModified"] = changed.rfc3339().into();
        }
    }
    let picture = meta.picture.map(|p| Picture { href: format!("{}{}", site.origin, p.href), ..p });
    context! {
        description => meta.description, picture => picture.map(Value::from_serialize), own => at(lang), vi => at(Lang::Vi), en => at(Lang::En), absolute => !site.origin.is_empty(),
        things => Value::from_serialize(things),
    }
}

pub(crate) fn routes() -> Routes {
    Routes::new().read("/robots.txt", "pages", get(robots)).read("/sitemap.xml", "pages", get(sitemap))
}

/// The site's own address: as it was configured, else as this request named it.
fn origin(site: &Site, headers: &HeaderMap) -> String {
    if !site.origin.is_empty() {
        return site.origin.clone();
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    format!("http://{}", if plain { host } else { "" })
}

impl Ctx {
    /// The site's own address as whoever asks reaches it, without a slash at the end.
    pub fn origin(&self) -> String {
        origin(&self.site, &self.headers)
    }
}

/// `GET /robots.txt`. Cost: no row.
async fn robots(ctx: Ctx) -> Response {
    let origin = origin(&ctx.site, &ctx.headers);
    let text = format!(
        "User-agent: *\nDisallow: /tim-kiem?\nDisallow: /en/tim-kiem?\nDisallow: /nhap-so-lieu/\n\nSitemap: {origin}/sitemap.xml\n"
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Pages in a part of the map; each stands there in both languages.
const PART: usize = 2_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartAsked {
    phan: Option<usize>,
}

/// A text as it stands in HTML or XML, within marks or between them.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `GET /sitemap.xml`: the parts of the map; with `phan`, one of them: everything that has a page of its own, in both
/// languages. Cost: a row a source of the index.
async fn sitemap(ctx: Ctx, crate::Asking(asked): crate::Asking<PartAsked>) -> Outcome {
    let origin = escaped(&origin(&ctx.site, &ctx.headers));
    let index = ctx.site.index(&mut ctx.read().await?).await?;
    let pages = index.pages();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match asked.phan {
        None => {
            xml += "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
            for part in 1..=pages.len().div_ceil(PART).max(1) {
                let _ = writeln!(xml, "<sitemap><loc>{origin}/sitemap.xml?phan={part}</loc></sitemap>");
            }
            xml += "</sitemapindex>\n";
        }
        Some(part) => {
            let Some(chunk) = part.checked_sub(1).and_then(|at| pages.chunks(PART).nth(at)) else {
                return Err::<_, Failure>(ctx.not_found());
            };
            xml += "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n";
            for href in chunk {
                let [vi, en] = Lang::ALL.map(|lang| format!("{origin}{}", escaped(&link(lang, href))));
                for own in [&vi, &en] {
                    let _ = writeln!(
                        xml,
                        "<url><loc>{own}</loc><xhtml:link rel=\"alternate\" hreflang=\"vi\" href=\"{vi}\"/>\
                         <xhtml:link rel=\"alternate\" hreflang=\"en\" href=\"{en}\"/>\
                         <xhtml:link rel=\"alternate\" hreflang=\"x-default\" href=\"{vi}\"/></url>"
                    );
                }
            }
            xml += "</urlset>\n";
        }
    }
    Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response())
}
