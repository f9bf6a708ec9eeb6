//! The one function through which pages, API and exports of the public read figures.

use crate::model::{Edition, Figure, Key, Stage, origin_from, value};
use kernel::{Moment, Revision, UnitId};
use rulebook::Value;
use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
};
use store::{Guarded, Query, Result, Row, Within, args, last_day_of_year};

fn figure(row: &Row) -> Result<Option<Figure>> {
    let key = Key {
        unit: UnitId(row.i64(0)?),
        year: row.text(1)?.parse().unwrap_or(0),
        measure: row.i64(2)?,
        origin: origin_from(row.i64(3)?)?,
    };
    let Some(value) = value(row, 5)? else { return Ok(None) };
    Ok(Some(Figure {
        key,
        revision: Revision(row.i64(4)?),
        value,
        stage: Stage::from_name(&row.text(8)?).unwrap_or(Stage::Draft),
        actor: row.text(9)?,
        at: Moment(row.i64(10)?),
        source: row.text(11)?,
        note: row.opt_text(12)?,
    }))
}

const COLUMNS: &str = "h.unit, h.period, h.measure, h.origin, h.revision, h.value, h.num, h.den, h.stage, h.actor, h.at, h.source, h.note";

/// The line that an edition points to. Beyond the scope of a transaction the working one is the published one: the store sees
/// to that ([`GUARDS`]).
fn pointer(wanted: Edition) -> &'static str {
    match wanted {
        Edition::Published => "f.published",
        Edition::Working => "f.working",
    }
}

/// What a scope sees of figures, their history and verdicts: of units that it reaches everything, of others what is or was
/// published. The day of a figure is the last of its year, or its unit's last.
pub const GUARDS: &[Guarded] = &[
    Guarded { table: "facts_figure", sees: figures_seen },
    Guarded { table: "facts_history", sees: history_seen },
    Guarded { table: "facts_verdict", sees: verdicts_seen },
    Guarded { table: "facts_evidence", sees: evidence_seen },
    crate::checks::GUARDS[0],
    crate::checks::GUARDS[1],
];

fn within(within: &Within, table: &str) -> String {
    within.unit(&format!("{table}.unit"), &last_day_of_year(&format!("{table}.period")))
}

fn figures_seen(scope: &Within) -> String {
    let near = within(scope, "facts_figure");
    format!(
        "SELECT unit, period, measure, origin, CASE WHEN {near} THEN stage ELSE 'published' END AS stage,
         CASE WHEN {near} THEN working ELSE published END AS working, published FROM facts_figure
         WHERE published IS NOT NULL OR {near}"
    )
}

fn history_seen(scope: &Within) -> String {
    let near = within(scope, "facts_history");
    format!(
        "SELECT revision, unit, period, measure, origin, value, num, den, shadow, stage, actor, at, source, note, import,
         CASE WHEN {near} THEN person END AS person FROM facts_history WHERE stage = 'published' OR {near}
         OR EXISTS (SELECT 1 FROM facts_publication gp WHERE gp.revision = facts_history.revision)"
    )
}

fn verdicts_seen(scope: &Within) -> String {
    let near = within(scope, "facts_verdict");
    format!(
        "SELECT unit, set_id, period, edition, verdict, confidence, ruletext, version, revision, criteria, passed,
         unconfirmed, total, failing, shortfall, judged_at FROM facts_verdict WHERE edition = {} OR {near}",
        Edition::Published.number()
    )
}

/// Of pieces beyond reach those alone that somebody marked public and that a published figure uses, and no longer who brought
/// them, nor where exactly they were taken. A piece has the day on which it came in.
fn evidence_seen(scope: &Within) -> String {
    let day = "((facts_evidence.at + 25200000000) / 86400000000)";
    let near = scope.unit("facts_evidence.unit", day);
    format!(
        "SELECT id, unit, sha256, attachment, name, search, media_type, size, actor, CASE WHEN {near} THEN person END AS person, at,
         note, is_public, width, height, pages, taken, CASE WHEN {near} THEN lat END AS lat, CASE WHEN {near} THEN lon END AS lon,
         teller, away, approximate, looked_at, preview, hash, b0, b1, b2, b3, scan, scan_said, scanned_at, covered
         FROM facts_evidence WHERE {near} OR (is_public = 1 AND scan IN ('clean', 'unscanned') AND EXISTS (
           SELECT 1 FROM facts_evidence_use gu JOIN facts_figure gf
             ON gf.unit = gu.unit AND gf.period = gu.period AND gf.measure = gu.measure AND gf.published IS NOT NULL
           WHERE gu.evidence = facts_evidence.id AND gu.ended_at IS NULL))"
    )
}

/// Figures of a unit, of one year or of all. Cost: those figures, each with one history line.
pub async fn figures(tx: &mut impl Query, unit: UnitId, year: Option<i16>, wanted: Edition) -> Result<Vec<Figure>> {
    let pointer = pointer(wanted);
    let sql = format!(
        "SELECT {COLUMNS} FROM facts_figure f JOIN facts_history h ON h.revision = {pointer}
         WHERE f.unit = $1 AND ($2 = '' OR f.period = $2) ORDER BY f.period, f.measure, f.origin"
    );
    let period = year.map_or(String::new(), |y| format!("{y:04}"));
    let rows = tx.rows(&sql, args![unit, period]).await?;
    Ok(rows.iter().map(figure).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Published figures of these measures for all units that ever were under these ancestors, in a span of years. Cost: those
/// figures.
pub async fn of_measures(
    tx: &mut impl Query,
    ancestors: &[UnitId],
    measures: &[i64],
    years: RangeInclusive<i16>,
) -> Result<Vec<Figure>> {
    // Numbers of our own, never text of a reader.
    let list = |ids: &mut dyn Iterator<Item = i64>| ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    if ancestors.is_empty() || measures.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM facts_figure f JOIN facts_history h ON h.revision = f.published
         WHERE f.unit IN (SELECT unit FROM units_tree WHERE ancestor IN ({})) AND f.period >= $1 AND f.period <= $2
           AND f.measure IN ({}) ORDER BY f.unit, f.period, f.origin",
        list(&mut ancestors.iter().map(|u| u.0)),
        list(&mut measures.iter().copied())
    );
    let rows = tx.rows(&sql, args![format!("{:04}", years.start()), format!("{:04}", years.end())]).await?;
    Ok(rows.iter().map(figure).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Published values of measures in some years, of all units of a level ever under an ancestor (of communes those that
/// are judged). Cost: those figures.
pub async fn of_years(
    tx: &mut impl Query,
    ancestor: UnitId,
    level: &str,
    measures: &BTreeSet<i64>,
    years: &[i16],
) -> Result<HashMap<Key, Value>> {
    if measures.is_empty() || years.is_empty() {
        return Ok(HashMap::new());
    }
    // Numbers of our own, never text of a user.
    let measures: Vec<String> = measures.iter().map(i64::to_string).collect();
    let periods: Vec<String> = years.iter().map(|year| format!("'{year:04}'")).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM units_tree t JOIN units_unit u ON u.id = t.unit AND u.level = $2 AND ($2 <> 'commune' OR u.kind = 'commune')
         JOIN facts_figure f ON f.unit = t.unit AND f.period IN ({}) AND f.measure IN ({})
         JOIN facts_history h ON h.revision = f.published WHERE t.ancestor = $1",
        periods.join(","),
        measures.join(",")
    );
    let rows = tx.rows(&sql, args![ancestor, level]).await?;
    let figures = rows.iter().map(figure).collect::<Result<Vec<_>>>()?;
    Ok(figures.into_iter().flatten().map(|f| (f.key, f.value)).collect())
}

const LINES: &str = "facts_history h LEFT JOIN facts_publication p ON p.revision = h.revision";

/// A line of history; one that was published after it was recorded says so.
fn past(row: &Row) -> Result<Option<Figure>> {
    let mut found = figure(row)?;
    if let (Some(line), true) = (&mut found, row.opt_i64(13)?.is_some()) {
        line.stage = Stage::Published;
    }
    Ok(found)
}

/// The history of one figure, newest first: lines that were published for the public. Cost: the lines of its measure.
pub async fn history(tx: &mut impl Query, key: Key) -> Result<Vec<Figure>> {
    let all = history_of(tx, key.unit, key.measure, key.year).await?;
    Ok(all.into_iter().filter(|f| f.key.origin == key.origin).collect())
}

/// The history of a measure of a unit and year, of every origin, newest first. Cost: its lines.
pub async fn history_of(tx: &mut impl Query, unit: UnitId, measure: i64, year: i16) -> Result<Vec<Figure>> {
    let sql = format!(
        "SELECT {COLUMNS}, p.revision FROM {LINES}
         WHERE h.unit = $1 AND h.period = $2 AND h.measure = $3 ORDER BY h.revision DESC"
    );
    let rows = tx.rows(&sql, args![unit, format!("{year:04}"), measure]).await?;
    Ok(rows.iter().map(past).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// One line of history, where this scope may see it. Cost: one row.
pub async fn line(tx: &mut impl Query, revision: Revision) -> Result<Option<Figure>> {
    let sql = format!("SELECT {COLUMNS}, p.revision FROM {LINES} WHERE h.revision = $1");
    Ok(tx.row(&sql, args![revision.0]).await?.as_ref().map(past).transpose()?.flatten())
}

/// The line a figure's editor works on. Cost: one figure.
pub async fn current(tx: &mut impl Query, key: Key) -> Result<Option<Figure>> {
    let pointer = pointer(Edition::Working);
    let sql = format!(
        "SELECT {COLUMNS} FROM facts_figure f JOIN facts_history h ON h.revision = {pointer}
         WHERE f.unit = $1 AND f.period = $2 AND f.measure = $3 AND f.origin = $4"
    );
    let origin = crate::model::origin_number(key.origin);
    let row = tx.row(&sql, args![key.unit, format!("{:04}", key.year), key.measure, origin]).await?;
    Ok(row.as_ref().map(figure).transpose()?.flatten())
}

/// Figures of several units in a year, of these measures or of all. Cost: one query a thousand units, those figures.
pub async fn of_units(
    tx: &mut impl Query,
    units: &[UnitId],
    year: i16,
    measures: Option<&BTreeSet<i64>>,
    wanted: Edition,
) -> Result<Vec<Figure>> {
    let (pointer, mut found) = (pointer(wanted), Vec::new());
    for chunk in units.chunks(1000) {
        let only = measures.map_or_else(String::new, |measures| {
            format!("AND f.measure IN ({})", store::places(chunk.len() + 2, measures.len()))
        });
        let sql = format!(
            "SELECT {COLUMNS} FROM facts_figure f JOIN facts_history h ON h.revision = {pointer}
             WHERE f.period = $1 AND f.unit IN ({}) {only} ORDER BY f.unit, f.measure, f.origin",
            store::places(2, chunk.len())
        );
        let ids = chunk.iter().map(|unit| unit.0).chain(measures.into_iter().flatten().copied());
        let given = std::iter::once(format!("{year:04}").into()).chain(ids.map(Into::into)).collect();
        let rows = tx.rows(&sql, given).await?;
        found.extend(rows.iter().map(figure).collect::<Result<Vec<_>>>()?.into_iter().flatten());
    }
    Ok(found)
}
