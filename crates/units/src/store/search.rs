//! Lists of units: filtered, searched without diacritics, paged.

use super::{UNIT, unit};
use crate::{Edge, Succession, model::Unit};
use ::store::{Query, Result, Row, Value, args};
use kernel::{Day, UnitId, text};

/// Whether a line of the tree, `t` of the unit `s`, holds on the day `$1`; before a unit began and after it ended, whether it
/// held on its first or last day.
const IN_TREE: &str =
    "t.from_day <= CASE WHEN s.from_day > $1 THEN s.from_day WHEN s.to_day < $1 THEN s.to_day ELSE $1 END
    AND t.to_day >= CASE WHEN s.from_day > $1 THEN s.from_day WHEN s.to_day < $1 THEN s.to_day ELSE $1 END";

/// Which units to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// In force on this day; without it, ever.
    pub day: Option<Day>,
    pub level: Option<String>,
    /// `commune` leaves wards and townships out.
    pub kind: Option<String>,
    /// Anywhere under this unit, itself included.
    pub under: Option<UnitId>,
    /// Directly under this unit.
    pub parent: Option<UnitId>,
    /// A member of this named group, on the day.
    pub group: Option<String>,
    /// Words of the name in any case, without diacritics; or the beginning of a code.
    pub q: Option<String>,
    /// Those that stand after this one in a list; the count is still of all.
    pub after: Option<UnitId>,
}

impl Filter {
    /// The text after FROM, and its parameters.
    fn sql(&self) -> (String, Vec<Value>) {
        let (mut from, mut tests, mut args) = ("units_unit u".to_owned(), Vec::new(), Vec::<Value>::new());
        let mut place = |value: Value| {
            args.push(value);
            format!("${}", args.len())
        };
        let mut in_force = |table: &str, place: &mut dyn FnMut(Value) -> String| {
            if let Some(day) = self.day {
                let p = place(day.into());
                tests.push(format!("{table}.from_day <= {p} AND {table}.to_day >= {p}"));
            }
        };
        in_force("u", &mut place);
        if let Some(under) = self.under {
            from = format!("units_tree t JOIN {from} ON u.id = t.unit");
            in_force("t", &mut place);
            tests.push(format!("t.ancestor = {}", place(under.into())));
        }
        if let Some(group) = &self.group {
            let (p, day) = (place(group.into()), self.day.map(|day| place(day.into())));
            let day = day.map_or_else(String::new, |d| format!(" AND g.from_day <= {d} AND g.to_day >= {d}"));
            tests.push(format!("EXISTS (SELECT 1 FROM units_group g WHERE g.unit = u.id AND g.code = {p}{day})"));
        }
        for (column, value) in [("u.level", &self.level), ("u.kind", &self.kind)] {
            if let Some(value) = value {
                tests.push(format!("{column} = {}", place(value.into())));
            }
        }
        if let Some(parent) = self.parent {
            tests.push(format!("u.parent = {}", place(parent.into())));
        }
        let key = self.q.as_deref().map(text::search_key).unwrap_or_default();
        if !key.is_empty() {
            let escaped = key.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let (name, code) = (place(format!("%{escaped}%").into()), place(format!("{escaped}%").into()));
            tests.push(format!("(u.search LIKE {name} ESCAPE '\\' OR u.code LIKE {code} ESCAPE '\\')"));
        }
        let condition = if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) };
        (format!("{from}{condition}"), args)
    }
}

/// The place of a level in a list.
const RANK: &str = "CASE u.level WHEN 'province' THEN 0 WHEN 'district' THEN 1 WHEN 'commune' THEN 2 ELSE 3 END";

/// A page of units in Vietnamese order, from `skip`, and how many there are. Cost: what the filter finds.
pub async fn list(tx: &mut impl Query, filter: &Filter, skip: u32, take: u32) -> Result<(Vec<Unit>, i64)> {
    let (from, args) = filter.sql();
    let count = tx.row(&format!("SELECT COUNT(*) FROM {from}"), args.clone()).await?;
    let total = count.map_or(Ok(0), |row| row.i64(0))?;
    let place =
        |unit: &str| format!("{}, {unit}.ord, {unit}.from_day, {unit}.id", RANK.replace("u.", &format!("{unit}.")));
    let (order, mut args, mut from) = (place("u"), args, from);
    if let Some(after) = filter.after {
        args.push(after.into());
        let joined = if from.contains(" WHERE ") { "AND" } else { "WHERE" };
        from +=
            &format!(" {joined} ({order}) > (SELECT {} FROM units_unit a WHERE a.id = ${})", place("a"), args.len());
    }
    let sql = format!("SELECT {UNIT} FROM {from} ORDER BY {order} LIMIT {take} OFFSET {skip}");
    let units = tx.rows(&sql, args).await?.iter().map(unit).collect::<Result<_>>()?;
    Ok((units, total))
}

/// What the law reads of a unit, with its citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// The unit that has it: this one or its nearest ancestor that says something.
    pub unit: UnitId,
    pub attribute: String,
    pub value: String,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub source: String,
    pub confidence: String,
}

/// A row of unit, attribute, value, first and last day, source, confidence.
fn cited(row: &Row) -> Result<Cited> {
    Ok(Cited {
        unit: UnitId(row.i64(0)?),
        attribute: row.text(1)?,
        value: row.text(2)?,
        from: super::open(row.i64(3)?),
        to: super::open(row.i64(4)?),
        source: row.text(5)?,
        confidence: row.text(6)?,
    })
}

/// Everything that was ever said of a unit itself, by attribute, the latest first. Cost: those lines.
pub async fn own_attributes(tx: &mut impl Query, id: UnitId) -> Result<Vec<Cited>> {
    let sql = "SELECT unit, attribute, value, from_day, to_day, source, confidence FROM units_attribute
               WHERE unit = $1 ORDER BY attribute, from_day DESC";
    tx.rows(sql, args![id]).await?.iter().map(cited).collect()
}

/// What the law reads of a unit on a day, own or inherited, with citations. Cost: its tree's attributes.
pub async fn attributes(tx: &mut impl Query, id: UnitId, day: Day) -> Result<Vec<Cited>> {
    let sql = format!(
        "
SELECT a.unit, a.attribute, a.value, a.from_day, a.to_day, a.source, a.confidence
FROM units_tree t JOIN units_attribute a ON a.unit = t.ancestor JOIN units_unit u ON u.id = t.ancestor
JOIN units_unit s ON s.id = t.unit
WHERE t.unit = $2 AND a.from_day <= $1 AND a.to_day >= $1 AND {IN_TREE}
ORDER BY a.attribute, CASE u.level WHEN 'village' THEN 0 WHEN 'commune' THEN 1 WHEN 'district' THEN 2 ELSE 3 END"
    );
    let mut found: Vec<Cited> = Vec::new();
    for row in tx.rows(&sql, args![day, id]).await? {
        let line = cited(&row)?;
        // The nearest comes first.
        if found.last().is_none_or(|last| last.attribute != line.attribute) {
            found.push(line);
        }
    }
    Ok(found)
}

fn edge(row: &Row) -> Result<Edge> {
    Ok(Edge {
        from: UnitId(row.i64(0)?),
        to: UnitId(row.i64(1)?),
        day: Day::from_epoch_days(row.i64(2)?),
        whole: row.flag(3)?,
        main: row.flag(4)?,
        confidence: row.text(5)?,
    })
}

/// The whole succession, to carry figures over. Cost: every step ever (hundreds a province).
pub async fn history(tx: &mut impl Query) -> Result<Succession> {
    let sql = "SELECT from_unit, to_unit, day, whole, main, confidence FROM units_succession";
    let edges: Vec<Edge> = tx.rows(sql, args![]).await?.iter().map(edge).collect::<Result<_>>()?;
    Ok(Succession::new(edges))
}

/// The succession around one unit: everything it became and everything it was. Cost: those steps, and the steps beside
/// them that say whether a unit was divided.
pub async fn history_of(tx: &mut impl Query, id: UnitId) -> Result<Succession> {
    let sql = "
WITH RECURSIVE
  later (id) AS (
    SELECT CAST($1 AS BIGINT) UNION SELECT s.to_unit FROM units_succession s JOIN later l ON s.from_unit = l.id),
  earlier (id) AS (
    SELECT CAST($1 AS BIGINT) UNION SELECT s.from_unit FROM units_succession s JOIN earlier e ON s.to_unit = e.id),
  around (id) AS (SELECT id FROM later UNION SELECT id FROM earlier)
SELECT DISTINCT s.from_unit, s.to_unit, s.day, s.whole, s.main, s.confidence FROM units_succession s
WHERE s.from_unit IN (SELECT id FROM around) OR s.to_unit IN (SELECT id FROM around)";
    let edges: Vec<Edge> = tx.rows(sql, args![id]).await?.iter().map(edge).collect::<Result<_>>()?;
    Ok(Succession::new(edges))
}
