//! What of a room's tables a transaction sees, and where it may write: by construction, not by a handler's care.
//!
//! A room names the tables whose rows belong to units ([`Guarded`]) and says what a reader sees of them. Every statement of
//! a transaction whose scope does not reach everything has the names of those tables put in for what that scope sees, as a
//! view would do; a handler's own SQL cannot go around it. Writing of a unit is held against the scope where the audit line
//! names the unit ([`WriteTx::audit`]) or, for things of a past day, in [`WriteTx::reach`]; a person's transaction that wrote
//! without a line is not committed.

use crate::{Query, Result, StoreError, WriteTx, args};
use kernel::{Charge, CriterionRef, Day, Places, UnitId};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write,
};

/// A table of which a scope sees a part.
#[derive(Clone, Copy)]
pub struct Guarded {
    pub table: &'static str,
    /// A SELECT of all its columns, as a scope sees them; it reads the table by its own name, once.
    pub sees: fn(&Within) -> String,
}

/// Tests in SQL whether a scope reaches a row.
pub struct Within<'a>(pub &'a Places);

impl Within<'_> {
    /// Whether the scope reaches the unit in column `unit` as the tree stood on the day (epoch days) that `day` gives: of a
    /// unit that had ended by then, on its last day; by a role in an agency that ended no day after that end. Cost: the
    /// ancestors of the unit.
    pub fn unit(&self, unit: &str, day: &str) -> String {
        match self.0 {
            Places::None => "1 = 0".to_owned(),
            Places::All => "1 = 1".to_owned(),
            Places::Some(places) => {
                let day = format!("CASE WHEN ru.to_day < {day} THEN ru.to_day ELSE {day} END");
                let mut reach: BTreeMap<Option<Day>, Vec<&Charge>> = BTreeMap::new();
                for place in places {
                    reach.entry(place.until).or_default().push(place);
                }
                let some = |(until, places): (Option<Day>, Vec<&Charge>)| {
                    let until = until.map(|last| format!(" AND {day} <= {}", last.epoch_days())).unwrap_or_default();
                    format!("(rt.ancestor IN ({}){until})", roots(places))
                };
                let reach = reach.into_iter().map(some).collect::<Vec<_>>().join(" OR ");
                format!(
                    "EXISTS (SELECT 1 FROM units_tree rt JOIN units_unit ru ON ru.id = rt.unit WHERE rt.unit = {unit}
                     AND ({reach}) AND rt.from_day <= {day} AND rt.to_day >= {day})"
                )
            }
        }
    }
}

fn roots<'a>(places: impl IntoIterator<Item = &'a Charge>) -> String {
    let ids: BTreeSet<i64> = places.into_iter().map(|place| place.unit.0).collect();
    // Numbers of our own, never text of a user.
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// The last day of the year in which a period stands, as epoch days in SQL; `period` is a column of texts that begin with
/// four digits.
pub fn last_day_of_year(period: &str) -> String {
    let y = format!("CAST(SUBSTR({period}, 1, 4) AS INTEGER)");
    // Days before the first of January of the next year, less one; 477 leap days before 1970.
    format!("(365 * ({y} - 1969) + {y} / 4 - {y} / 100 + {y} / 400 - 478)")
}

/// What a scope sees of each guarded table.
pub(crate) type Views = Vec<(&'static str, String)>;

pub(crate) fn views(guarded: &[Guarded], places: &Places) -> Views {
    if *places == Places::All {
        return Vec::new();
    }
    guarded.iter().map(|guard| (guard.table, (guard.sees)(&Within(places)))).collect()
}

/// Words that follow a table's name and are no other name for it.
const AFTER: [&str; 21] = [
    "where",
    "join",
    "left",
    "right",
    "inner",
    "cross",
    "full",
    "natural",
    "on",
    "using",
    "order",
    "group",
    "limit",
    "having",
    "union",
    "except",
    "intersect",
    "for",
    "set",
    "window",
    "offset",
];

/// The statement with what is seen put in for the tables it reads. Tables it writes keep their names.
pub(crate) fn scoped<'s>(sql: &'s str, views: &Views) -> Cow<'s, str> {
    if !views.iter().any(|(table, _)| sql.contains(table)) {
        return Cow::Borrowed(sql);
    }
    let words = words(sql);
    let mut out = String::with_capacity(sql.len() * 2);
    let mut copied = 0;
    for (at, word) in words.iter().enumerate() {
        let Some((table, seen)) = views.iter().find(|(table, _)| *table == word.text) else { continue };
        let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at].text);
        let read = match before(1).to_ascii_lowercase().as_str() {
            "join" | "," => true,
            "from" => !before(2).eq_ignore_ascii_case("delete"),
            _ => false,
        };
        let next = words.get(at + 1).map_or("", |word| word.text);
        if !read || next == "." {
            continue;
        }
        out.push_str(&sql[copied..word.from]);
        let named = next.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && !AFTER.contains(&next.to_ascii_lowercase().as_str());
        // Writing to a text does not fail.
        let _ = write!(out, "({seen}){}", if named { "" } else { " AS " });
        if !named {
            out.push_str(table);
        }
        copied = word.from + word.text.len();
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

struct Word<'s> {
    from: usize,
    text: &'s str,
}

/// The names, words and signs of a statement; what stands in quotes is one.
fn words(sql: &str) -> Vec<Word<'_>> {
    let bytes = sql.as_bytes();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let from = at;
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1;
                }
                at = (at + 1).min(bytes.len());
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b if is_name(b) => {
                while at < bytes.len() && is_name(bytes[at]) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        found.push(Word { from, text: &sql[from..at] });
    }
    found
}

/// Which things of units a reach holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// All of them, whatever the criterion.
    All,
    /// By unit and day, which criteria; what is not named here is not reached.
    Some(HashMap<(UnitId, Day), Vec<Charge>>),
}

impl Reached {
    /// Whether it holds a thing of a unit and day at all.
    pub fn holds(&self, unit: UnitId, day: Day) -> bool {
        match self {
            Reached::All => true,
            Reached::Some(found) => found.contains_key(&(unit, day)),
        }
    }

    /// The criteria of a unit and day that it holds; `None`: all.
    pub fn criteria(&self, unit: UnitId, day: Day) -> Option<Vec<&CriterionRef>> {
        let Reached::Some(found) = self else { return None };
        let places = found.get(&(unit, day)).map_or(&[][..], Vec::as_slice);
        if places.iter().any(|place| place.criteria.is_none()) {
            return None;
        }
        Some(places.iter().filter_map(|place| place.criteria.as_ref()).flatten().collect())
    }
}

/// Which of these things a reach holds, each on its unit's place in the tree on its day (of a unit that had ended, on its
/// last day), of an agency that ended no later than its last day. Cost: a row a unit and ancestor of it in the reach.
pub async fn reached(tx: &mut impl Query, places: &Places, things: &[(UnitId, Day)]) -> Result<Reached> {
    let places = match places {
        Places::All => return Ok(Reached::All),
        Places::None => return Ok(Reached::Some(HashMap::new())),
        Places::Some(places) => places,
    };
    let mut found: HashMap<(UnitId, Day), Vec<Charge>> = HashMap::new();
    let units: BTreeSet<i64> = things.iter().map(|(unit, _)| unit.0).collect();
    let units: Vec<i64> = units.into_iter().collect();
    let mut spans: HashMap<i64, Vec<(i64, i64, i64, i64)>> = HashMap::new();
    for some in units.chunks(1000) {
        let list = some.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let sql = format!(
            "SELECT rt.unit, rt.ancestor, rt.from_day, rt.to_day, ru.to_day FROM units_tree rt
             JOIN units_unit ru ON ru.id = rt.unit WHERE rt.unit IN ({list}) AND rt.ancestor IN ({})",
            roots(places)
        );
        for row in tx.rows(&sql, args![]).await? {
            let span = (row.i64(1)?, row.i64(2)?, row.i64(3)?, row.i64(4)?);
            spans.entry(row.i64(0)?).or_default().push(span);
        }
    }
    for &(unit, day) in things {
        for &(ancestor, from, to, ends) in spans.get(&unit.0).map_or(&[][..], Vec::as_slice) {
            let on = day.epoch_days().min(ends);
            if from <= on && on <= to {
                // Of an agency that ended until its last day: its successor's roles are its successor's.
                let last = |place: &Charge| place.until.is_none_or(|until| on <= until.epoch_days());
                let by: Vec<Charge> =
                    places.iter().filter(|place| place.unit.0 == ancestor && last(place)).cloned().collect();
                if !by.is_empty() {
                    found.entry((unit, day)).or_default().extend(by);
                }
            }
        }
    }
    Ok(Reached::Some(found))
}

impl WriteTx {
    /// Whether this transaction may write of each of these units, on its place in the tree on that day; which criteria of it.
    /// Afterwards its audit line may stand for all of them. Cost: as [`reached`].
    pub async fn reach(&mut self, things: &[(UnitId, Day)]) -> Result<Reached> {
        // Who writes what they were just asked about is not looked up again.
        if let Some((asked, found)) = &self.covered
            && asked == things
        {
            return Ok(found.clone());
        }
        let places = self.scope().writes.clone();
        let found = reached(self, &places, things).await?;
        if let Some(&(unit, _)) = things.iter().find(|(unit, day)| !found.holds(*unit, *day)) {
            return Err(StoreError::OutOfReach { unit });
        }
        self.covered = Some((things.to_vec(), found.clone()));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, wanted: &str) {
        let views = vec![("t_a", "SELECT 1 AS x FROM t_a".to_owned())];
        assert_eq!(scoped(sql, &views), wanted);
    }

    #[test]
    fn a_table_that_is_read_is_put_in_for() {
        check("SELECT x FROM t_b", "SELECT x FROM t_b");
        check("SELECT x FROM t_a", "SELECT x FROM (SELECT 1 AS x FROM t_a) AS t_a");
        check("SELECT a.x FROM t_a a WHERE 1", "SELECT a.x FROM (SELECT 1 AS x FROM t_a) a WHERE 1");
        check(
            "SELECT t_a.x FROM t_b LEFT JOIN t_a ON 1",
            "SELECT t_a.x FROM t_b LEFT JOIN (SELECT 1 AS x FROM t_a) AS t_a ON 1",
        );
        check("SELECT x FROM t_b, t_a AS y", "SELECT x FROM t_b, (SELECT 1 AS x FROM t_a) AS y");
        check("SELECT x FROM (SELECT y FROM t_a)", "SELECT x FROM (SELECT y FROM (SELECT 1 AS x FROM t_a) AS t_a)");
    }

    #[test]
    fn a_table_that_is_written_and_a_text_keep_their_name() {
        check("DELETE FROM t_a WHERE x = 1", "DELETE FROM t_a WHERE x = 1");
        check("INSERT INTO t_a (x) VALUES (1)", "INSERT INTO t_a (x) VALUES (1)");
        check("UPDATE t_a SET x = 1", "UPDATE t_a SET x = 1");
        check("SELECT 'FROM t_a' FROM t_b", "SELECT 'FROM t_a' FROM t_b");
        check(
            "DELETE FROM t_b WHERE x IN (SELECT x FROM t_a)",
            "DELETE FROM t_b WHERE x IN (SELECT x FROM (SELECT 1 AS x FROM t_a) AS t_a)",
        );
    }

    #[test]
    fn the_last_day_of_a_year_is_counted_as_days_are() {
        for year in [1970, 1999, 2000, 2023, 2024, 2100] {
            let y = i64::from(year);
            let counted = 365 * (y - 1969) + y / 4 - y / 100 + y / 400 - 478;
            assert_eq!(counted, Day::new(year, 12, 31).map_or(0, Day::epoch_days), "{year}");
        }
    }
}
