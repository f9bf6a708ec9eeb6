//! What of a room's tables a transaction sees, and where it may write: by construction, not by a handler's care.
//!
//! A room names the tables whose rows belong to units ([`Guarded`]) and says what a reader sees of them. Every statement of
//! a transaction whose scope does not reach everything has the names of those tables put in for what that scope sees, as a
//! view would do; a handler's own SQL cannot go around it. Whose places they are stands among the arguments, not in the text: all
//! who have as many places share their prepared statements. Writing of a unit is held against the scope where the audit line
//! names the unit ([`WriteTx::audit`]) or, for things of a past day, in [`WriteTx::reach`]; a person's transaction that wrote
//! without a line is not committed.

use crate::{Query, Result, StoreError, Value, WriteTx};
use kernel::{Charge, CriterionRef, Day, Places, UnitId};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
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
                let roots = roots(places);
                let mut reach: BTreeMap<Option<Day>, Vec<&Charge>> = BTreeMap::new();
                for place in places.iter() {
                    reach.entry(place.until).or_default().push(place);
                }
                let some = |(until, places): (Option<Day>, Vec<&Charge>)| {
                    let until = until.map(|last| format!(" AND {day} <= {}", last.epoch_days())).unwrap_or_default();
                    let marks = places.into_iter().filter_map(|place| roots.binary_search(&place.unit.0).ok());
                    let marks: BTreeSet<usize> = marks.collect();
                    let marks = marks.iter().map(|at| format!("{ROOT}{at}")).collect::<Vec<_>>().join(",");
                    format!("(rt.ancestor IN ({marks}){until})")
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

/// Stands before the number of a place where a statement will have that place's argument.
const ROOT: char = '\u{1}';

/// The units of places, each once, in order: what the marks of [`ROOT`] count.
fn roots(places: &[Charge]) -> Vec<i64> {
    let ids: BTreeSet<i64> = places.iter().map(|place| place.unit.0).collect();
    ids.into_iter().collect()
}

/// The last day of the year in which a period stands, as epoch days in SQL; `period` is a column of texts that begin with
/// four digits.
pub fn last_day_of_year(period: &str) -> String {
    let y = format!("CAST(SUBSTR({period}, 1, 4) AS INTEGER)");
    // Days before the first of January of the next year, less one; 477 leap days before 1970.
    format!("(365 * ({y} - 1969) + {y} / 4 - {y} / 100 + {y} / 400 - 478)")
}

/// What a scope sees of each guarded table.
#[derive(Default)]
pub(crate) struct Views {
    seen: Seen,
    /// The units that the marks in it mean.
    roots: Vec<i64>,
}

type Seen = Arc<Vec<(&'static str, String)>>;

/// What places have in common whose views have one text: by place which of the roots it is, and until when it is theirs.
type Shape = Vec<(usize, Option<Day>)>;

/// The guarded tables of all rooms, with what was made of them.
pub(crate) struct Guards {
    tables: Vec<Guarded>,
    nobody: Seen,
    /// At most [`SHAPES`].
    shapes: Mutex<HashMap<Shape, Seen>>,
}

/// Shapes kept at once; most people have one place.
const SHAPES: usize = 256;

impl Guards {
    pub fn new(tables: Vec<Guarded>) -> Guards {
        Guards { nobody: seen(&tables, &Places::None), tables, shapes: Mutex::default() }
    }

    pub fn views(&self, places: &Places) -> Views {
        let some = match places {
            Places::All => return Views::default(),
            Places::None => return Views { seen: self.nobody.clone(), roots: Vec::new() },
            Places::Some(some) => some,
        };
        let roots = roots(some);
        let at = |place: &Charge| roots.binary_search(&place.unit.0).unwrap_or_default();
        let shape: Shape = some.iter().map(|place| (at(place), place.until)).collect();
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if shapes.len() >= SHAPES {
            shapes.clear();
        }
        let seen = shapes.entry(shape).or_insert_with(|| seen(&self.tables, places)).clone();
        Views { seen, roots }
    }
}

fn seen(tables: &[Guarded], places: &Places) -> Seen {
    Arc::new(tables.iter().map(|guard| (guard.table, (guard.sees)(&Within(places)))).collect())
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

/// The statement with what is seen put in for the tables it reads, and the scope's places behind its arguments where they are
/// asked for. Tables it writes keep their names.
pub(crate) fn scoped<'s>(sql: &'s str, views: &Views, args: &mut Vec<Value>) -> Cow<'s, str> {
    if !views.seen.iter().any(|(table, _)| sql.contains(table)) {
        return Cow::Borrowed(sql);
    }
    let words = words(sql);
    let mut out = String::with_capacity(sql.len() * 2);
    let (mut copied, own, mut asks) = (0, args.len(), false);
    for (at, word) in words.iter().enumerate() {
        let Some((table, seen)) = views.seen.iter().find(|(table, _)| *table == word.text) else { continue };
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
        out.push('(');
        asks |= put(&mut out, seen, own);
        out.push(')');
        if !named {
            out.push_str(" AS ");
            out.push_str(table);
        }
        copied = word.from + word.text.len();
    }
    out.push_str(&sql[copied..]);
    if asks {
        args.extend(views.roots.iter().map(|&root| Value::from(root)));
    }
    Cow::Owned(out)
}

/// Writes what is seen of a table, its places behind as many arguments as the statement has of its own; whether it has any.
fn put(out: &mut String, seen: &str, own: usize) -> bool {
    let mut pieces = seen.split(ROOT);
    out.push_str(pieces.next().unwrap_or_default());
    let mut asks = false;
    for piece in pieces {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let at: usize = piece[..digits].parse().unwrap_or_default();
        // Writing to a text does not fail.
        let _ = write!(out, "${}{}", own + at + 1, &piece[digits..]);
        asks = true;
    }
    asks
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
    let roots = roots(places);
    let mut spans: HashMap<i64, Vec<(i64, i64, i64, i64)>> = HashMap::new();
    for some in units.chunks(1000) {
        let sql = format!(
            "SELECT rt.unit, rt.ancestor, rt.from_day, rt.to_day, ru.to_day FROM units_tree rt
             JOIN units_unit ru ON ru.id = rt.unit WHERE rt.unit IN ({}) AND rt.ancestor IN ({})",
            crate::places(1, some.len()),
            crate::places(some.len() + 1, roots.len())
        );
        let ids = some.iter().chain(&roots).map(|&id| Value::from(id)).collect();
        for row in tx.rows(&sql, ids).await? {
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
        let views = Views { seen: Arc::new(vec![("t_a", "SELECT 1 AS x FROM t_a".to_owned())]), roots: Vec::new() };
        assert_eq!(scoped(sql, &views, &mut Vec::new()), wanted);
    }

    #[test]
    fn whose_places_they_are_stands_among_the_arguments() {
        let sees = |scope: &Within| format!("SELECT * FROM t_a WHERE {}", scope.unit("t_a.unit", "7"));
        let guards = Guards::new(vec![Guarded { table: "t_a", sees }]);
        let of = |units: [i64; 2]| {
            let charge = |unit| Charge { unit: UnitId(unit), criteria: None, until: None };
            let views = guards.views(&Places::Some(units.map(charge).to_vec()));
            let mut args = vec![Value::from(1_i64)];
            let sql = scoped("SELECT a.x FROM t_a a JOIN t_a b ON a.x = $1", &views, &mut args).into_owned();
            (sql, args)
        };
        let ((one, args), (other, _)) = (of([10, 20]), of([30, 40]));
        assert_eq!(one, other);
        assert_eq!(one.matches("rt.ancestor IN ($2,$3)").count(), 2, "{one}");
        assert!(matches!(args[..], [Value::Int(Some(1)), Value::Int(Some(10)), Value::Int(Some(20))]), "{args:?}");
        let views = guards.views(&Places::None);
        let mut args = Vec::new();
        assert!(scoped("SELECT x FROM t_a", &views, &mut args).contains("1 = 0") && args.is_empty());
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
