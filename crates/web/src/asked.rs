//! What a list is asked for in its address, and the part of it that its links keep.

use minijinja::Value;
use serde::Deserialize;
use store::Listing;

/// What a list of a page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words to be found.
    pub q: String,
    /// The state or kind wanted.
    pub tt: String,
    /// What it is ordered by.
    pub sap: String,
    /// Page, from 1.
    pub trang: String,
    /// Said after something was done.
    pub xong: String,
}

impl Asked {
    /// The page, from 0.
    pub fn page(&self) -> i64 {
        crate::page_from_one(&self.trang)
    }

    /// The same for the store.
    pub fn listing(&self, page: i64, per: i64) -> Listing {
        self.listing_of(&self.tt, page, per)
    }

    /// The same of another state than the address names.
    pub fn listing_of(&self, state: &str, page: i64, per: i64) -> Listing {
        Listing { search: self.q.clone(), state: state.to_owned(), sort: self.sap.clone(), page, per }
    }

    /// The part of an address that keeps search, state and order.
    pub fn kept(&self) -> String {
        kept(&[("q", &self.q), ("tt", &self.tt), ("sap", &self.sap)])
    }

    /// The pages there are of so many lines, `per` a page, for the pager.
    pub fn pages(&self, per: i64, count: i64) -> Vec<Value> {
        crate::page_links(self.page(), per, count)
    }
}

/// The part of an address that keeps these; what is empty is left out.
pub fn kept(named: &[(&str, &str)]) -> String {
    let named = named.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
}
