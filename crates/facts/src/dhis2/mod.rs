//! The exchange with DHIS2: data values in and out, and the metadata a peer needs to read them.
//!
//! A data element is a measure, an organisation unit a unit, a data set a criteria set, a period a year. Each is named by
//! its code or by an uid of eleven characters made from what never changes of it. `docs/dhis2.md` says it for the peer.

pub mod export;
pub mod import;
pub mod metadata;
pub mod read;
pub mod units;

use crate::{Law, intake};
use rulebook::{Kind, Measure, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The one category option combination of DHIS2 that stands for "not divided", by its code and its uid.
pub const DEFAULT_OPTION: [&str; 2] = ["default", "HllvX50cXC0"];
/// The category combination that goes with it.
pub const DEFAULT_COMBO: &str = "bjDvmb4bfuf";
/// Most characters of a code or a short name in DHIS2.
const CODE: usize = 50;

const SIGNS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The uid of a thing: a letter and ten letters or digits, from the SHA-256 of `langso/KIND/KEY`, read as a number whose
/// digits are taken from the smallest, the first of base 52, the others of base 62. Always the same.
pub fn uid(kind: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("langso/{kind}/{key}"));
    let mut rest = digest.iter().take(16).fold(0u128, |n, byte| n << 8 | u128::from(*byte));
    let mut sign = |base: u128| {
        let at = (rest % base) as usize;
        rest /= base;
        char::from(SIGNS[at])
    };
    std::iter::once(52).chain([62; 10]).map(&mut sign).collect()
}

/// Whether a text has the form of an uid.
pub fn looks_like_uid(text: &str) -> bool {
    text.len() == 11
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A code as DHIS2 can hold it: our own, or its beginning and the uid where it has more than fifty characters.
fn short(kind: &str, key: &str) -> String {
    if key.len() <= CODE { key.to_owned() } else { format!("{}~{}", &key[..CODE - 12], uid(kind, key)) }
}

/// By which of its names a thing is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Nothing was said: the uid as in DHIS2; what comes in is also understood by its code.
    #[default]
    Unsaid,
    Uid,
    Code,
}

impl Scheme {
    /// `None` for what we do not keep: names and attributes.
    pub fn read(text: &str) -> Option<Scheme> {
        match text.to_ascii_lowercase().as_str() {
            "" => Some(Scheme::Unsaid),
            "uid" | "id" => Some(Scheme::Uid),
            "code" => Some(Scheme::Code),
            _ => None,
        }
    }

    /// As DHIS2 says it.
    pub fn name(self) -> &'static str {
        if self == Scheme::Code { "CODE" } else { "UID" }
    }
}

/// A measure as a data element.
pub struct Element<'a> {
    pub measure: &'a Measure,
    pub id: i64,
    pub uid: String,
    pub code: String,
    /// The levels of the units whose sets ask for it; empty for background figures, which every unit may have.
    pub levels: BTreeSet<&'static str>,
}

impl Element<'_> {
    pub fn named(&self, scheme: Scheme) -> &str {
        if scheme == Scheme::Code { &self.code } else { &self.uid }
    }

    /// Whether a unit of this level and kind may have a figure of it: no commune set judges a ward.
    pub fn fits(&self, unit: &::units::Unit) -> bool {
        let judged = unit.level != "commune" || unit.is_judged_commune();
        self.levels.is_empty() || (judged && self.levels.contains(unit.level.as_str()))
    }
}

/// A criteria set as a data set.
pub struct Set {
    pub id: String,
    pub uid: String,
    pub title: String,
    pub level: &'static str,
    /// Places of its data elements in [`Names::elements`].
    pub elements: BTreeSet<usize>,
}

/// Everything the law gives names to. Cost: a visit of every indicator; no row.
pub struct Names<'a> {
    pub elements: Vec<Element<'a>>,
    pub sets: Vec<Set>,
    by_name: HashMap<String, usize>,
    by_id: HashMap<i64, usize>,
}

impl<'a> Names<'a> {
    pub fn of(law: &'a Law) -> Names<'a> {
        let element = |measure: &'a std::sync::Arc<Measure>| {
            let (uid, code) = (uid("measure", &measure.id), short("measure", &measure.id));
            let id = law.measure_id(&measure.id).unwrap_or(0);
            Element { measure, id, uid, code, levels: BTreeSet::new() }
        };
        let mut elements: Vec<Element> = law.library().measures().map(element).collect();
        let places: BTreeMap<&str, usize> =
            elements.iter().enumerate().map(|(at, e)| (e.measure.id.as_str(), at)).collect();
        let set = |book: &std::sync::Arc<rulebook::Rulebook>| {
            let mut asked = BTreeSet::new();
            book.walk(|_, i| {
                let named = i.measure.iter().chain(i.amended.iter().filter_map(|a| a.measure.as_ref()));
                asked.extend(named.filter_map(|m| places.get(m.as_str()).copied()));
            });
            let level = intake::level(law.library(), &book.set);
            let uid = uid("set", &book.set);
            Set { id: book.set.clone(), uid, title: book.title_vi.clone(), level, elements: asked }
        };
        let sets: Vec<Set> = law.library().sets().map(set).collect();
        for set in &sets {
            for &at in &set.elements {
                elements[at].levels.insert(set.level);
            }
        }
        let mut by_name = HashMap::new();
        for (at, e) in elements.iter().enumerate() {
            by_name.extend([(e.uid.clone(), at), (e.code.clone(), at), (e.measure.id.clone(), at)]);
        }
        let by_id = elements.iter().enumerate().map(|(at, e)| (e.id, at)).collect();
        Names { elements, sets, by_name, by_id }
    }

    /// The place of a data element that is named so.
    pub fn element(&self, name: &str, scheme: Scheme) -> Option<usize> {
        let at = *self.by_name.get(name)?;
        let by_uid = self.elements[at].uid == name;
        (scheme == Scheme::Unsaid || (scheme == Scheme::Uid) == by_uid).then_some(at)
    }

    /// The data element of a measure's number.
    pub fn of_measure(&self, id: i64) -> Option<&Element<'a>> {
        self.by_id.get(&id).map(|&at| &self.elements[at])
    }

    pub fn set(&self, name: &str, scheme: Scheme) -> Option<&Set> {
        let named = |s: &&Set| match scheme {
            Scheme::Uid => s.uid == name,
            Scheme::Code => s.id == name,
            Scheme::Unsaid => s.uid == name || s.id == name,
        };
        self.sets.iter().find(named)
    }
}

/// What DHIS2 calls a kind of value.
pub fn value_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean | Kind::Document => "BOOLEAN",
        Kind::Percent => "PERCENTAGE",
        Kind::Count => "INTEGER_ZERO_OR_POSITIVE",
        Kind::Number | Kind::Money | Kind::Income | Kind::Composite => "NUMBER",
    }
}

/// A value as a data value's text and comment; `None` for "n/a", which DHIS2 does not know. A fraction is its percent,
/// rounded half up to six decimals, with `numerator/denominator` as the comment.
pub fn said(value: &Value) -> Option<(String, String)> {
    match value {
        Value::Yes(yes) => Some((yes.to_string(), String::new())),
        Value::Number(number) => Some((number.to_string(), String::new())),
        Value::Fraction(n, d) => Some((value.shown()?.to_string(), format!("{n}/{d}"))),
        Value::NotApplicable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_never_change() {
        let uids: Vec<String> =
            [("measure", "households"), ("set", "commune-2021-2025"), ("unit", "343")].map(|(k, n)| uid(k, n)).into();
        assert!(uids.iter().all(|u| looks_like_uid(u)), "{uids:?}");
        // A peer keeps these for ever: whoever changes them breaks every exchange there is.
        assert_eq!(uids, ["iYjKiaXV8cn", "sXtkTlROIT8", "Z7yzwXTGkOV"]);
    }

    #[test]
    fn codes_fit_dhis2() {
        let long = "district_adv_quality_of_living_environmen.households_standard_clean_water_share";
        assert_eq!(short("measure", long).len(), CODE);
        assert_eq!(short("measure", "households"), "households");
    }
}
