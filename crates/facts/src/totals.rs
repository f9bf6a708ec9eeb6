//! Totals and lists, grouped over the narrow table of verdicts in the request that asks: nothing is rebuilt at night.

use crate::model::Edition;
use kernel::{Day, UnitId, text};
use rulebook::Status;
use serde::Serialize;
use std::collections::HashMap;
use store::{Query, Result, Row, StoreError, Value, args};

/// How many units have which verdict. "Đạt" and "đạt, theo mức cần xác nhận" stand apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub units: i64,
    pub passed: i64,
    pub passed_unconfirmed: i64,
    pub failed: i64,
    pub incomplete: i64,
    pub to_be_confirmed: i64,
    /// Units without any figure in this year.
    pub without: i64,
}

impl Totals {
    pub fn all_passed(&self) -> i64 {
        self.passed + self.passed_unconfirmed
    }
}

/// Which verdicts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub ancestor: UnitId,
    pub set: String,
    pub year: i16,
    /// The units that were valid on this day.
    pub day: Day,
}

/// Totals of the communes under a province or district. Cost: one row a commune there.
pub async fn totals(tx: &mut impl Query, slice: &Slice) -> Result<Totals> {
    let sql = "SELECT v.verdict, v.confidence, COUNT(*)
        FROM units_tree t JOIN units_unit u ON u.id = t.unit AND u.kind = 'commune'
        LEFT JOIN facts_verdict v ON v.unit = t.unit AND v.set_id = $3 AND v.period = $4 AND v.edition = $5
        WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2 GROUP BY v.verdict, v.confidence";
    let mut totals = Totals::default();
    for row in tx.rows(sql, slice_args(slice)).await? {
        let count = row.i64(2)?;
        totals.units += count;
        let status = row.opt_text(0)?.and_then(|l| Status::from_letter(l.chars().next()?));
        let place = match status {
            Some(Status::Passed) if row.opt_text(1)?.as_deref() == Some("v") => &mut totals.passed,
            Some(Status::Passed) => &mut totals.passed_unconfirmed,
            Some(Status::Failed) => &mut totals.failed,
            Some(Status::ToBeConfirmed) => &mut totals.to_be_confirmed,
            Some(Status::Incomplete | Status::NotApplicable) => &mut totals.incomplete,
            None => &mut totals.without,
        };
        *place += count;
    }
    Ok(totals)
}

fn slice_args(slice: &Slice) -> Vec<Value> {
    let period = format!("{:04}", slice.year);
    args![slice.ancestor, slice.day, slice.set.as_str(), period, Edition::Published.number()]
}

/// A commune in a list, with its verdict where it has one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommuneRow {
    pub id: UnitId,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub district: Option<String>,
    #[serde(skip)]
    pub status: Option<Status>,
    /// The verdict's stable name; `null` without figures or for a unit that is not judged.
    pub verdict: Option<&'static str>,
    /// Whether the law beneath it is `verified`.
    pub confirmed: bool,
    pub passed: i64,
    pub total: i64,
    pub failing: i64,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    /// Two letters a criterion: status, confidence.
    #[serde(skip)]
    pub criteria: String,
}

/// A part of the totals: what each count counts, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Passed,
    PassedUnconfirmed,
    Failed,
    Incomplete,
    ToBeConfirmed,
    /// Without any figure.
    Without,
}

impl Part {
    pub const ALL: [Part; 6] =
        [Part::Passed, Part::PassedUnconfirmed, Part::Failed, Part::Incomplete, Part::ToBeConfirmed, Part::Without];

    /// The name under which addresses and programs ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Passed => "passed",
            Part::PassedUnconfirmed => "passed_unconfirmed",
            Part::Failed => "failed",
            Part::Incomplete => "incomplete",
            Part::ToBeConfirmed => "to_be_confirmed",
            Part::Without => "without",
        }
    }

    pub fn named(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }

    /// How many units of these totals it holds.
    pub fn count(self, totals: &Totals) -> i64 {
        match self {
            Part::Passed => totals.passed,
            Part::PassedUnconfirmed => totals.passed_unconfirmed,
            Part::Failed => totals.failed,
            Part::Incomplete => totals.incomplete,
            Part::ToBeConfirmed => totals.to_be_confirmed,
            Part::Without => totals.without,
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Part::Passed => "v.verdict = 'p' AND v.confidence = 'v'",
            Part::PassedUnconfirmed => "v.verdict = 'p' AND v.confidence <> 'v'",
            Part::Failed => "v.verdict = 'f'",
            Part::Incomplete => "v.verdict IN ('i', 'n')",
            Part::ToBeConfirmed => "v.verdict = 't'",
            Part::Without => "v.verdict IS NULL",
        }
    }
}

/// What a list shows, and how.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Text that name or code must contain; diacritics do not matter.
    pub search: String,
    pub part: Option<Part>,
    pub district: Option<UnitId>,
    /// Code of a named group; all units without one.
    pub group: String,
    /// `name`, `verdict`, `passed`, `nearest`.
    pub sort: String,
    pub page: i64,
    pub per: i64,
    /// Those that stand after this one in the order of names; the count is still of all.
    pub after: Option<UnitId>,
    /// Wards and townships too.
    pub all_kinds: bool,
}

fn commune(row: &Row) -> Result<CommuneRow> {
    let status = row.opt_text(5)?.and_then(|l| Status::from_letter(l.chars().next()?));
    Ok(CommuneRow {
        id: UnitId(row.i64(0)?),
        code: row.text(1)?,
        name: row.text(2)?,
        kind: row.text(3)?,
        district: row.opt_text(4)?,
        status,
        verdict: status.map(Status::name),
        confirmed: row.opt_text(6)?.as_deref() == Some("v"),
        passed: row.opt_i64(7)?.unwrap_or(0),
        total: row.opt_i64(8)?.unwrap_or(0),
        failing: row.opt_i64(9)?.unwrap_or(0),
        lat: row.opt_f64(10)?,
        lon: row.opt_f64(11)?,
        criteria: row.opt_text(12)?.unwrap_or_default(),
    })
}

/// Communes under an ancestor with their verdicts, a page of them, and how many there are in all.
/// Cost: one row a commune under the ancestor (searching and sorting look at all of them), one page returned.
pub async fn communes(tx: &mut impl Query, slice: &Slice, listing: &Listing) -> Result<(Vec<CommuneRow>, i64)> {
    let order = match listing.sort.as_str() {
        "verdict" => "v.verdict IS NULL, v.verdict DESC, v.confidence DESC, u.ord, u.id",
        "passed" => "COALESCE(v.passed, -1) DESC, u.ord, u.id",
        // Those that pass already need nothing more: they come last.
        "nearest" => {
            "CASE WHEN v.verdict = 'p' THEN 1 WHEN v.verdict IS NULL THEN 2 ELSE 0 END, v.failing, v.shortfall, u.ord, u.id"
        }
        _ => "u.ord, u.id",
    };
    let key = text::search_key(&listing.search).replace(['%', '_'], "");
    let part = listing.part.map_or("1 = 1", Part::condition);
    let kinds = if listing.all_kinds { "u.level = 'commune'" } else { "u.kind = 'commune'" };
    let from = format!(
        "FROM units_tree t JOIN units_unit u ON u.id = t.unit AND {kinds}
         LEFT JOIN facts_verdict v ON v.unit = t.unit AND v.set_id = $3 AND v.period = $4 AND v.edition = $5
         LEFT JOIN units_unit d ON d.id = u.parent AND d.level = 'district'
         WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2
           AND ($6 = '' OR u.search LIKE '%' || $6 || '%' OR u.code LIKE $6 || '%') AND {part} AND ($7 = 0 OR u.parent = $7)
           AND ($8 = '' OR EXISTS (SELECT 1 FROM units_group g
                WHERE g.code = $8 AND g.unit = u.id AND g.from_day <= $2 AND g.to_day >= $2))"
    );
    let mut args = slice_args(slice);
    args.extend(args![key, listing.district.unwrap_or(UnitId(0)), listing.group.as_str()]);
    let count = tx.row(&format!("SELECT COUNT(*) {from}"), args.clone()).await?;
    let count = count.map_or(Ok(0), |r| r.i64(0))?;
    args.extend(args![listing.per, listing.page * listing.per]);
    let mut after = String::new();
    if let Some(unit) = listing.after {
        args.push(unit.into());
        after += " AND (u.ord, u.id) > (SELECT a.ord, a.id FROM units_unit a WHERE a.id = $11)";
    }
    let sql = format!(
        "SELECT u.id, u.code, u.name, u.kind, d.name, v.verdict, v.confidence, v.passed, v.total, v.failing, u.lat, u.lon,
                v.criteria
         {from}{after} ORDER BY {order} LIMIT $9 OFFSET $10"
    );
    let rows = tx.rows(&sql, args).await?;
    Ok((rows.iter().map(commune).collect::<Result<_>>()?, count))
}

/// A year of the trend: units that passed, that passed on a number to be confirmed, that failed, and that have figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct YearTotals {
    pub year: i16,
    pub passed: i64,
    pub passed_unconfirmed: i64,
    pub failed: i64,
    pub of: i64,
}

/// Totals per year of a set, for the trend. Cost: one row a commune and year.
pub async fn by_year(tx: &mut impl Query, slice: &Slice) -> Result<Vec<YearTotals>> {
    let sql = "SELECT v.period, SUM(CASE WHEN v.verdict = 'p' AND v.confidence = 'v' THEN 1 ELSE 0 END),
               SUM(CASE WHEN v.verdict = 'p' AND v.confidence <> 'v' THEN 1 ELSE 0 END),
               SUM(CASE WHEN v.verdict = 'f' THEN 1 ELSE 0 END), COUNT(*)
        FROM units_tree t JOIN facts_verdict v ON v.unit = t.unit AND v.set_id = $3 AND v.edition = $4
        WHERE t.ancestor = $1 AND ((t.from_day <= $2 AND t.to_day >= $2) OR v.period < $5) GROUP BY v.period ORDER BY v.period";
    // Units that ended before this slice's day still count in their own years.
    let period = format!("{:04}", slice.year);
    let args = args![slice.ancestor, slice.day, slice.set.as_str(), Edition::Published.number(), period];
    let read = |row: &Row| {
        let year = row.text(0)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?;
        let (passed, passed_unconfirmed, failed) = (row.i64(1)?, row.i64(2)?, row.i64(3)?);
        Ok(YearTotals { year, passed, passed_unconfirmed, failed, of: row.i64(4)? })
    };
    tx.rows(sql, args).await?.iter().map(read).collect()
}

/// How many communes of a slice passed how many criteria, where they have a verdict. Cost: one row a commune there.
pub async fn by_passed(tx: &mut impl Query, slice: &Slice) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT v.passed, COUNT(*)
        FROM units_tree t JOIN units_unit u ON u.id = t.unit AND u.kind = 'commune'
        JOIN facts_verdict v ON v.unit = t.unit AND v.set_id = $3 AND v.period = $4 AND v.edition = $5
        WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2 GROUP BY v.passed ORDER BY v.passed";
    let rows = tx.rows(sql, slice_args(slice)).await?;
    rows.iter().map(|row| Ok((row.i64(0)?, row.i64(1)?))).collect()
}

/// A verdict of a unit: set, year, status, whether the law beneath it is verified, criteria passed, and in all.
pub type OfUnit = (String, i16, Status, bool, i64, i64);

/// The verdicts a unit has, by set and year. Cost: its verdicts.
pub async fn of_unit(tx: &mut impl Query, unit: UnitId) -> Result<Vec<OfUnit>> {
    Ok(of_units(tx, &[unit]).await?.remove(&unit).unwrap_or_default())
}

/// The same of several; units without any are left out. Cost: one query, their verdicts.
pub async fn of_units(tx: &mut impl Query, units: &[UnitId]) -> Result<HashMap<UnitId, Vec<OfUnit>>> {
    let mut found: HashMap<UnitId, Vec<OfUnit>> = HashMap::new();
    if units.is_empty() {
        return Ok(found);
    }
    let places = store::places(2, units.len());
    let sql = format!(
        "SELECT unit, set_id, period, verdict, confidence, passed, total FROM facts_verdict
         WHERE edition = $1 AND unit IN ({}) ORDER BY set_id, period",
        places
    );
    let mut args = args![Edition::Published.number()];
    args.extend(units.iter().map(|&u| Value::from(u)));
    for row in tx.rows(&sql, args).await? {
        let status = row.text(3)?.chars().next().and_then(Status::from_letter);
        let status = status.ok_or_else(|| StoreError::Corrupt("a verdict".into()))?;
        let year = row.text(2)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?;
        let verdict = (row.text(1)?, year, status, row.text(4)? == "v", row.i64(5)?, row.i64(6)?);
        found.entry(UnitId(row.i64(0)?)).or_default().push(verdict);
    }
    Ok(found)
}
