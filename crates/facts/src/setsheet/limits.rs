//! Thresholds of a set's workbook that differ by table, as one text: every number within what its kind allows, every key one
//! that the set knows.

use super::UNKNOWN;
use crate::overlays::threshold;
use indexmap::IndexMap;
use kernel::{Decimal, Phrase};
use rulebook::{
    Kind,
    model::{ByAttribute, Requirement, Rulebook, YearLimit},
    values::number::number,
};
use std::collections::HashSet;

/// A number as it stands in a cell: `1.125` could be a thousand and more, `1.1250` could not.
pub(super) fn exact(n: &Decimal) -> String {
    let text = n.to_string();
    if number(&text, true, true).is_err() { text + "0" } else { text }
}

/// Thresholds by table, as one text.
pub(super) fn write(r: &Requirement) -> String {
    let mut all = Vec::new();
    if let Some(table) = &r.by_attribute {
        let name = &table.attribute;
        all.extend(table.limits.iter().map(|(key, n)| format!("attribute {name} {key} = {}", exact(n))));
    }
    for (year, limit) in r.by_year.iter().flatten() {
        match limit {
            YearLimit::Plain(n) => all.push(format!("year {year} = {}", exact(n))),
            YearLimit::ByRegion(table) if table.is_empty() => all.push(format!("year {year} region = {UNKNOWN}")),
            YearLimit::ByRegion(table) => {
                all.extend(table.iter().map(|(region, n)| format!("year {year} region {region} = {}", exact(n))));
            }
        }
    }
    all.extend(r.by_region.iter().flatten().map(|(key, n)| format!("region {key} = {}", exact(n))));
    all.extend(r.by_group.iter().flatten().map(|(key, n)| format!("group {key} = {}", exact(n))));
    // A table that nobody has filled in yet: unknown, not absent.
    let empty = |table: &Option<IndexMap<String, Decimal>>| table.as_ref().is_some_and(IndexMap::is_empty);
    all.extend(empty(&r.by_region).then(|| format!("region = {UNKNOWN}")));
    all.extend(empty(&r.by_group).then(|| format!("group = {UNKNOWN}")));
    all.join("; ")
}

/// The keys that thresholds of a set may have.
#[derive(Default)]
pub(super) struct Keys {
    regions: HashSet<String>,
    groups: HashSet<String>,
}

impl Keys {
    /// Those of a set whose regions and groups are read already.
    pub fn of(book: &Rulebook) -> Keys {
        let groups = book.groups.iter().map(|group| group.no.clone());
        Keys { regions: book.regions.keys().cloned().collect(), groups: groups.collect() }
    }

    /// Refuses a year that no figure can be of, and a region or a group that the set does not know: nobody would be judged
    /// by such a threshold.
    fn hold(&self, key: &[&str]) -> Result<(), Phrase> {
        let (year, region, group) = match *key {
            ["year", year] | ["year", year, "region"] => (Some(year), None, None),
            ["year", year, "region", region] => (Some(year), Some(region), None),
            ["region", region] => (None, Some(region), None),
            ["group", group] => (None, None, Some(group)),
            _ => (None, None, None),
        };
        if let Some(year) = year.filter(|year| year.len() != 4 || kernel::year(year).is_none()) {
            return Err(Phrase::new("setsheet-no-year").with("text", year));
        }
        if let Some(region) = region.filter(|region| !self.regions.contains(*region)) {
            return Err(Phrase::new("setsheet-no-region").with("text", region));
        }
        if let Some(group) = group.filter(|group| !self.groups.contains(*group)) {
            return Err(Phrase::new("overlay-no-group").with("group", group));
        }
        Ok(())
    }
}

/// Reads thresholds by table into a requirement; everything that does not fit.
pub(super) fn read(text: &str, kind: Kind, keys: &Keys, r: &mut Requirement) -> Vec<Phrase> {
    let mut wrong = Vec::new();
    for one in text.split(';').map(str::trim).filter(|one| !one.is_empty()) {
        wrong.extend(read_one(one, kind, keys, r).err());
    }
    wrong
}

fn read_one(one: &str, kind: Kind, keys: &Keys, r: &mut Requirement) -> Result<(), Phrase> {
    let unread = || Phrase::new("setsheet-wrong-limits").with("text", one);
    let Some((key, number)) = one.split_once('=') else { return Err(unread()) };
    let (key, number): (Vec<&str>, &str) = (key.split_whitespace().collect(), number.trim());
    keys.hold(&key)?;
    if number == UNKNOWN {
        match key[..] {
            ["year", year, "region"] => {
                let years = r.by_year.get_or_insert_default();
                years.insert(year.to_owned(), YearLimit::ByRegion(IndexMap::new()));
            }
            ["region"] => drop(r.by_region.get_or_insert_default()),
            ["group"] => drop(r.by_group.get_or_insert_default()),
            _ => return Err(unread()),
        }
        return Ok(());
    }
    let number = threshold(number, kind, false)?;
    match key[..] {
        ["attribute", name, word] => {
            let empty = || ByAttribute { attribute: name.to_owned(), limits: IndexMap::new() };
            let table = r.by_attribute.get_or_insert_with(empty);
            if table.attribute != name {
                return Err(unread());
            }
            table.limits.insert(word.to_owned(), number);
        }
        ["year", year] => drop(r.by_year.get_or_insert_default().insert(year.to_owned(), YearLimit::Plain(number))),
        ["year", year, "region", region] => {
            let years = r.by_year.get_or_insert_default();
            let limit = years.entry(year.to_owned()).or_insert_with(|| YearLimit::ByRegion(IndexMap::new()));
            let YearLimit::ByRegion(table) = limit else { return Err(unread()) };
            table.insert(region.to_owned(), number);
        }
        ["region", region] => drop(r.by_region.get_or_insert_default().insert(region.to_owned(), number)),
        ["group", group] => drop(r.by_group.get_or_insert_default().insert(group.to_owned(), number)),
        _ => return Err(unread()),
    }
    Ok(())
}
