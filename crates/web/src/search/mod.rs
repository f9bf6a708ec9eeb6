//! Search over everything: each room says what of it can be found, one index answers while somebody types.
//!
//! A room registers [`Source`]s in its [`crate::Room`]; their entries are read once and kept as long as every source names
//! the same version. Why in memory: `docs/adr/0014-search.md`.

mod index;
mod pages;
mod words;

pub use index::{Found, Group, Hit, Index};
pub(crate) use pages::{Description, nearest, routes};

use crate::Site;
use async_trait::async_trait;
use kernel::Phrase;
use locale::Lang;
use std::sync::{Arc, Mutex, PoisonError};
use store::ReadTx;

/// A text of both languages, or of one that stands for both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Both {
    pub vi: String,
    pub en: Option<String>,
}

impl Both {
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Both {
        Both { vi: vi.into(), en: Some(en.into()) }
    }

    /// A name, the same in either language.
    pub fn name(text: impl Into<String>) -> Both {
        Both { vi: text.into(), en: None }
    }

    /// A phrase as both languages say it.
    pub fn said(phrase: &Phrase) -> Both {
        Both::new(locale::say(Lang::Vi, phrase), locale::say(Lang::En, phrase))
    }

    pub fn pick(&self, lang: Lang) -> &str {
        lang.pick(self.vi.as_str(), self.en.as_deref().unwrap_or(&self.vi))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.vi.as_str()).chain(self.en.as_deref())
    }
}

/// Something that can be found.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Its kind; `search-group-{group}` is the kind's name.
    pub group: &'static str,
    pub title: Both,
    /// Other names it is asked for by: without its kind, a code, a decision's number.
    pub names: Vec<String>,
    /// Where it stands. Searched too; what stands in the title counts more.
    pub place: Both,
    /// What to know before opening it: "nay là …".
    pub note: Option<Phrase>,
    /// Its page, without language. One with a fragment is a part of a page.
    pub href: String,
    /// Of this installation's own province; such things come first.
    pub own: bool,
    /// No longer in force; such things come after those that are.
    pub ended: bool,
    /// Its place among equals.
    pub order: String,
}

/// What a room lets people find.
#[async_trait]
pub trait Source: Send + Sync {
    /// Names what its entries are made from: where it stays the same, they do. Cost: at most a row.
    async fn version(&self, site: &Site, tx: &mut ReadTx) -> store::Result<String>;

    /// Everything there is to find. Cost: all of it; asked only when the version changes.
    async fn entries(&self, site: &Site, tx: &mut ReadTx) -> store::Result<Vec<Entry>>;
}

/// Pages that stand by themselves: path, key of the title.
pub fn fixed(pages: &[(&'static str, &'static str)]) -> Vec<Entry> {
    let entry = |(at, (path, key)): (usize, &(&'static str, &'static str))| Entry {
        group: "pages",
        title: Both::said(&Phrase::new(key)),
        href: (*path).to_owned(),
        own: true,
        order: format!("{at:03}"),
        ..Entry::default()
    };
    pages.iter().enumerate().map(entry).collect()
}

/// The sources of a site and what was made of them.
#[derive(Default)]
pub struct Search {
    sources: Vec<&'static dyn Source>,
    kept: Mutex<Option<(String, Arc<Index>)>>,
    /// Held while an index is made, so that many who ask at once wait for one.
    making: tokio::sync::Mutex<()>,
}

impl Search {
    pub fn new(sources: impl IntoIterator<Item = &'static dyn Source>) -> Search {
        Search { sources: sources.into_iter().collect(), ..Search::default() }
    }

    fn kept(&self, version: &str) -> Option<Arc<Index>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| of == version).map(|(_, index)| index.clone())
    }
}

impl Site {
    /// The index of what this snapshot holds. Cost: a row a source; all entries where something that can be found changed.
    pub async fn index(&self, tx: &mut ReadTx) -> store::Result<Arc<Index>> {
        // Whether a unit has ended depends on the day.
        let mut version = self.clock.today().to_string();
        for source in &self.search.sources {
            version.push(' ');
            version += &source.version(self, tx).await?;
        }
        if let Some(index) = self.search.kept(&version) {
            return Ok(index);
        }
        let _making = self.search.making.lock().await;
        if let Some(index) = self.search.kept(&version) {
            return Ok(index);
        }
        let mut entries = Vec::new();
        for source in &self.search.sources {
            entries.extend(source.entries(self, tx).await?);
        }
        let index = Arc::new(Index::new(entries));
        *self.search.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, index.clone()));
        Ok(index)
    }
}
