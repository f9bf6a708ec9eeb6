//! Templates, what they can say, and answers that a browser may keep.

use crate::{Ctx, Outcome, Site, assets, context::link, kept::Kept, people::Reader, press::Press};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use kernel::{Arg, Moment};
use locale::Lang;
use minijinja::{Environment, UndefinedBehavior, Value, context, value::Kwargs};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// All templates of all rooms.
pub struct Templates {
    env: Environment<'static>,
    /// While a page is being written: the folder of crates whose `templates/` are read anew for each page.
    folder: Option<PathBuf>,
    /// Pages made from them.
    pub(crate) kept: Kept,
    /// Papers of the same site.
    pub(crate) press: Press,
}

impl Templates {
    /// From `(name, text)`; the web's own come with them.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>) -> Result<Templates, minijinja::Error> {
        let mut env = environment();
        for (name, text) in assets::templates().into_iter().chain(texts) {
            env.add_template_owned(name, text)?;
        }
        // Only a debug build looks at files beside its own; `cargo xtask run` names the folder.
        let folder = std::env::var_os("LANGSO_TEMPLATES").filter(|_| cfg!(debug_assertions));
        Ok(Templates { env, folder: folder.map(PathBuf::from), kept: Kept::default(), press: Press::default() })
    }

    /// The same templates, reading those of `folder/*/templates/` anew for each page.
    pub fn reloaded_from(mut self, folder: PathBuf) -> Templates {
        self.folder = Some(folder);
        self
    }

    /// Whether they are read anew for each page.
    pub(crate) fn is_reloaded(&self) -> bool {
        self.folder.is_some()
    }

    /// Names of all templates.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.env.templates().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    }

    /// Renders a page within the layout; `changed` is when the data that it shows last did.
    pub fn render(
        &self,
        site: &Site,
        reader: &Reader,
        lang: Lang,
        path: &str,
        name: &str,
        page: Value,
        changed: Option<Moment>,
    ) -> Result<String, minijinja::Error> {
        let other = if lang == Lang::Vi { Lang::En } else { Lang::Vi };
        let base = context! {
            lang => lang.tag(),
            other_lang => other.tag(),
            other_href => link(other, path),
            path => path,
            illustrative => site.illustrative,
            root => if lang == Lang::Vi { "" } else { "/en" },
            can_intake => reader.may("import", "figures"),
            viewer => reader.who.as_ref().map(|who| context! { name => who.name, person => who.person.0, unread => reader.unread }),
            can_log_in => !site.people.alone(),
            reader_may => {
                let reader = reader.clone();
                Value::from_function(move |action: String, resource: String| reader.may(&action, &resource))
            },
            place => site.place,
            head => crate::meta::head(site, lang, path, &page, changed),
            data_changed => changed.map(|at| {
                context! { day => locale::date(at.day()), clock => locale::clock(at), iso => at.rfc3339() }
            }),
        };
        #[cfg(debug_assertions)]
        sample::keep(name, &page);
        let page = context! { ..page, ..base };
        match &self.folder {
            Some(folder) => read_anew(folder).get_template(name)?.render(page),
            None => self.env.get_template(name)?.render(page),
        }
    }
}

/// The templates that a room embeds, by name.
pub fn embedded<E: rust_embed::RustEmbed>() -> Vec<(String, String)> {
    let text = |name: &str| E::get(name).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    E::iter().filter_map(|name| Some((name.to_string(), text(&name)?))).collect()
}

/// What every template can say.
fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    // What is missing in a template's context is a defect, not an empty string.
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.add_function("t", say);
    env.add_function("asset", |name: &str| assets::address(name));
    env
}

/// Templates as they lie in `folder/*/templates/` now. A name lies in one room only.
fn read_anew(folder: &Path) -> Environment<'static> {
    let crates = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders: Vec<PathBuf> = crates.map(|c| c.path().join("templates")).collect();
    let mut env = environment();
    env.set_loader(move |name| {
        // A name is a file's name, never a way out of the folders.
        let plain = Path::new(name).file_name().is_some_and(|n| n == name);
        Ok(folders.iter().filter(|_| plain).find_map(|f| std::fs::read_to_string(f.join(name)).ok()))
    });
    env
}

/// `t("key", name=value)`: what the language says. Values are said as they come; numbers select plural forms.
fn say(state: &minijinja::State, key: &str, kwargs: Kwargs) -> Result<String, minijinja::Error> {
    let lang = state.lookup("lang").and_then(|l| l.as_str().and_then(Lang::from_tag)).unwrap_or_default();
    let args: Vec<&str> = kwargs.args().collect();
    let mut said = Vec::with_capacity(args.len());
    for name in args {
        let value: Value = kwargs.get(name)?;
        // A number is grouped and selects plural forms; what is no amount (a year) is given as text: `year ~ ""`.
        let arg = i64::try_from(value.clone()).map_or_else(|_| Arg::Text(value.to_string()), Arg::Int);
        said.push((name, arg));
    }
    Ok(locale::say_key(lang, key, &said))
}

/// Headers of every page.
pub fn html_headers() -> [(HeaderName, HeaderValue); 1] {
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))]
}

pub(crate) fn etag(body: &[u8]) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(body))[..32])
}

impl Ctx {
    pub(crate) fn unchanged(&self, tag: &str) -> bool {
        let asked = self.headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or("");
        asked.split(',').map(|t| t.trim().trim_start_matches("W/")).any(|t| t == tag)
    }

    /// A body with its tag; 304 where the browser has it.
    fn tagged(&self, kind: &'static str, body: Vec<u8>) -> Response {
        let tag = etag(&body);
        let headers = [
            (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        if self.unchanged(&tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
    }

    /// A page as HTML, within the layout.
    pub(crate) fn rendered(
        &self,
        name: &str,
        page: Value,
        changed: Option<Moment>,
    ) -> Result<String, minijinja::Error> {
        self.site.templates.render(&self.site, &self.reader, self.lang, &self.path, name, page, changed)
    }

    /// A page.
    pub fn page(&self, name: &str, page: Value) -> Outcome {
        let body = self.rendered(name, page, None)?;
        Ok(self.tagged("text/html; charset=utf-8", body.into_bytes()))
    }

    /// A page that is the answer to something refused or done: never kept.
    pub fn page_with(&self, status: StatusCode, name: &str, page: Value) -> Outcome {
        let body = self.rendered(name, page, None)?;
        Ok((status, [(header::CACHE_CONTROL, "no-store")], Html(body)).into_response())
    }

    /// JSON.
    pub fn json(&self, body: &impl Serialize) -> Outcome {
        Ok(self.tagged("application/json", serde_json::to_vec(body)?))
    }

    /// JSON with a status, never kept.
    pub fn json_with(&self, status: StatusCode, body: &impl Serialize) -> Outcome {
        Ok((status, [(header::CACHE_CONTROL, "no-store")], Json(serde_json::to_value(body)?)).into_response())
    }

    /// A file to be saved.
    pub fn download(&self, name: &str, kind: &'static str, body: Vec<u8>) -> Outcome {
        let mut answer = self.tagged(kind, body);
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
        Ok(answer)
    }
}

/// The pages around the current one (from 0) of a list of so many lines, for the pager.
pub fn page_links(page: i64, per: i64, count: i64) -> Vec<Value> {
    let last = ((count + per - 1) / per).max(1) - 1;
    let mut pages: Vec<i64> =
        [0, page - 1, page, page + 1, last].into_iter().filter(|p| (0..=last).contains(p)).collect();
    pages.dedup();
    pages.sort_unstable();
    pages.dedup();
    pages.into_iter().map(|p| context! { number => p + 1, current => p == page }).collect()
}

/// A part of a whole in hundredths of a percent, for a bar's `x` and `width`; written with a point, as SVG reads it.
pub fn share(part: i64, whole: i64) -> String {
    let share = part.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02}", share / 100, share % 100)
}

/// A page of a list that stands in memory, and the links to its pages; `asked` is counted from 1, as an address names it.
pub fn page_of<'a, T>(all: &'a [T], asked: &str, per: i64) -> (&'a [T], Vec<Value>) {
    let (count, page) = (all.len() as i64, crate::page_from_one(asked));
    let from = (page * per).min(count) as usize;
    let shown = &all[from..(from + per as usize).min(all.len())];
    (shown, page_links(page, per, count))
}

/// Samples of what pages are made from, kept while somebody walks a debug build with `LANGSO_SAMPLES` naming a folder
/// (`cargo xtask bless samples`). A test renders all of them in both languages.
#[cfg(debug_assertions)]
mod sample {
    use serde_json::Value;
    use sha2::{Digest, Sha256};
    use std::{fs, path::Path};

    /// Entries of a list that a sample keeps, and bytes above which a sample is of no use to a reader.
    const FEW: usize = 2;
    const MOST_BYTES: usize = 60_000;

    /// Cuts lists, and writes the shape: which names hold something.
    fn cut(value: &mut Value, at: &str, shape: &mut Vec<String>) {
        match value {
            Value::Array(list) => {
                list.truncate(FEW);
                if !list.is_empty() {
                    shape.push(format!("{at}[]"));
                }
                list.iter_mut().for_each(|v| cut(v, at, &mut Vec::new()));
            }
            Value::Object(map) => map.iter_mut().for_each(|(k, v)| cut(v, &format!("{at}.{k}"), shape)),
            Value::Null | Value::Bool(false) => {}
            Value::String(text) if text.is_empty() => {}
            _ => shape.push(at.to_owned()),
        }
    }

    /// One file a template and shape: whatever comes first.
    pub fn keep(name: &str, page: &minijinja::Value) {
        let Some(folder) = std::env::var_os("LANGSO_SAMPLES") else { return };
        let Ok(mut sample) = serde_json::to_value(page) else { return };
        let mut shape = Vec::new();
        cut(&mut sample, "", &mut shape);
        let digits = &hex::encode(Sha256::digest(shape.join(",")))[..6];
        let path = Path::new(&folder).join(format!("{}-{digits}.json", name.trim_end_matches(".html")));
        let Ok(text) = serde_json::to_string_pretty(&sample) else { return };
        if !path.exists() && text.len() <= MOST_BYTES {
            let _ = fs::write(path, text + "\n");
        }
    }
}
