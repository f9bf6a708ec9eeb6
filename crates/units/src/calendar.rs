//! The calendar of working days: shipped as it was announced, edited here year by year, with a reason and a source.
//!
//! [`kernel::WorkDays`] counts by it. A day removed here stays as a line that takes no effect, so that the next seeding does
//! not bring it back.

use crate::{
    merger::{self, Effect},
    reference::ShippedDay,
};
use ::store::{AuditLine, Query, Result, Row, WriteTx, args};
use kernel::{Day, DayKind, Period, Phrase, Problem, WorkDays, calendar::WEEKEND};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What a change of the calendar locks.
const LOCK: &str = "units.calendar";
/// The kind of a line that takes no effect any more.
pub const REMOVED: &str = "removed";
/// How sure a day is.
pub const CONFIDENCE: [&str; 2] = ["verified", "unknown"];

/// A day that is not what its day of the week says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CalendarDay {
    pub day: Day,
    pub kind: DayKind,
    pub name_vi: String,
    pub name_en: String,
    pub source: String,
    pub confidence: String,
    pub note: String,
    /// How often it was changed, counted from 1.
    pub version: i64,
}

impl CalendarDay {
    /// Whether it was announced; what is only expected counts in no deadline.
    pub fn is_confirmed(&self) -> bool {
        self.confidence == "verified"
    }
}

/// A day as somebody enters it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub day: Option<Day>,
    /// A kind of day, or `removed`.
    pub kind: String,
    pub name_vi: String,
    pub name_en: String,
    /// The law or the announcement that says so.
    pub source: String,
    /// `verified` where it was announced, `unknown` where it is only expected.
    pub confidence: String,
    pub note: String,
    /// The version of the day that was seen; 0 where it was an ordinary day.
    pub seen: i64,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotEdited {
    /// Everything that does not fit, each with its field (`changes/0/name_vi`, `reason`).
    Problems(Vec<Problem>),
    /// Days that somebody else changed meanwhile, as they stand now; `None` for an ordinary day.
    Changed(Problem, Vec<(Day, Option<CalendarDay>)>),
}

const COLUMNS: &str = "day, kind, name_vi, name_en, source, confidence, note, version";

/// A line that takes effect.
fn read(row: &Row) -> Result<Option<CalendarDay>> {
    let Some(kind) = DayKind::named(&row.text(1)?) else { return Ok(None) };
    Ok(Some(CalendarDay {
        day: Day::from_epoch_days(row.i64(0)?),
        kind,
        name_vi: row.text(2)?,
        name_en: row.text(3)?,
        source: row.text(4)?,
        confidence: row.text(5)?,
        note: row.text(6)?,
        version: row.i64(7)?,
    }))
}

/// The days of these days' span that are not what their day of the week says. Cost: those days, some twenty a year.
pub async fn days(tx: &mut impl Query, first: Day, last: Day) -> Result<Vec<CalendarDay>> {
    let sql = format!("SELECT {COLUMNS} FROM units_calendar WHERE day BETWEEN $1 AND $2 ORDER BY day");
    let rows = tx.rows(&sql, args![first, last]).await?;
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// The days of a year.
pub async fn year(tx: &mut impl Query, year: i16) -> Result<Vec<CalendarDay>> {
    let year = Period::Year(year);
    days(tx, year.first_day(), year.last_day()).await
}

/// Which days are worked, as known now. Cost: every line, some twenty a year.
pub async fn of(tx: &mut impl Query) -> Result<WorkDays> {
    let sql = format!("SELECT {COLUMNS} FROM units_calendar ORDER BY day");
    let rows = tx.rows(&sql, args![]).await?;
    let days: Vec<CalendarDay> = rows.iter().filter_map(|row| read(row).transpose()).collect::<Result<_>>()?;
    Ok(WorkDays::new(&WEEKEND, days.iter().map(|one| (one.day, one.kind, one.is_confirmed()))))
}

/// What does not fit a day of this year, each with its field.
pub fn check(year: i16, change: &Change) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |key: &'static str, field: &str| found.push(Problem::input(Phrase::new(key)).at_field(field));
    match change.day {
        None => wrong("calendar-no-day", "day"),
        Some(day) if day.year() != year => wrong("calendar-other-year", "day"),
        Some(_) => {}
    }
    let off = change.day.is_some_and(|day| WEEKEND.contains(&day.weekday()));
    match DayKind::named(&change.kind) {
        None if change.kind == REMOVED => {}
        None => wrong("calendar-kind-unknown", "kind"),
        Some(DayKind::WorkingDayInLieu) if !off => wrong("calendar-not-a-day-off", "kind"),
        Some(DayKind::DayOffInLieu) if off => wrong("calendar-a-day-off", "kind"),
        Some(_) => {}
    }
    if change.kind != REMOVED {
        if change.name_vi.trim().is_empty() {
            wrong("calendar-name-empty", "name_vi");
        }
        if !CONFIDENCE.contains(&change.confidence.as_str()) {
            wrong("calendar-confidence-unknown", "confidence");
        }
    }
    if change.source.trim().is_empty() {
        wrong("units-source-empty", "source");
    }
    found
}

/// Whoever counts by the calendar what they keep comes before a change of it, or after.
pub async fn hold(tx: &mut WriteTx) -> Result<()> {
    tx.lock(LOCK).await
}

/// Adds, changes and removes days of a year, all or none, and lets every room follow (terms of working days lead elsewhere);
/// gives the year as it then is. Cost: the days of the year, a row a change, what the rooms do.
pub async fn edit(
    tx: &mut WriteTx,
    effects: &[Effect],
    of_year: i16,
    changes: &[Change],
    reason: &str,
) -> Result<std::result::Result<Vec<CalendarDay>, NotEdited>> {
    hold(tx).await?;
    let before: BTreeMap<Day, CalendarDay> = year(tx, of_year).await?.into_iter().map(|one| (one.day, one)).collect();
    let (mut problems, mut overtaken, mut named) = (Vec::new(), Vec::new(), BTreeSet::new());
    if reason.trim().is_empty() {
        problems.push(Problem::input(Phrase::new("calendar-reason-empty")).at_field("reason"));
    }
    if changes.is_empty() {
        problems.push(Problem::input(Phrase::new("calendar-nothing")).at_field("changes"));
    }
    for (at, change) in changes.iter().enumerate() {
        let placed = |problem: Problem| match &problem.place {
            Some(kernel::Place::Field(field)) => {
                let field = format!("changes/{at}/{field}");
                problem.at_field(field)
            }
            _ => problem,
        };
        problems.extend(check(of_year, change).into_iter().map(placed));
        let Some(day) = change.day else { continue };
        if !named.insert(day) {
            problems.push(Problem::input(Phrase::new("calendar-twice")).at_field(format!("changes/{at}/day")));
        }
        let now = before.get(&day);
        if now.map_or(0, |one| one.version) != change.seen {
            overtaken.push((day, now.cloned()));
        } else if now.is_none() && change.kind == REMOVED {
            problems.push(Problem::input(Phrase::new("calendar-not-there")).at_field(format!("changes/{at}/day")));
        }
    }
    if !problems.is_empty() {
        return Ok(Err(NotEdited::Problems(problems)));
    }
    if !overtaken.is_empty() {
        let problem = Problem::conflict(Phrase::new("calendar-changed").with("count", overtaken.len()), 412);
        return Ok(Err(NotEdited::Changed(problem, overtaken)));
    }
    let lines = changes.iter().filter_map(|change| {
        let day = change.day?;
        let name_en = if change.name_en.trim().is_empty() { &change.name_vi } else { &change.name_en };
        let removed = (change.kind == REMOVED).then(|| before.get(&day)).flatten();
        Some(Line {
            day,
            kind: &change.kind,
            name_vi: removed.map_or(change.name_vi.trim(), |one| &one.name_vi),
            name_en: removed.map_or(name_en.trim(), |one| &one.name_en),
            source: change.source.trim(),
            confidence: removed.map_or(&change.confidence, |one| &one.confidence),
            note: change.note.trim(),
        })
    });
    put(tx, lines, true).await?;
    let seen: Vec<_> = named.iter().filter_map(|day| before.get(day)).collect();
    let details = json!({"before": seen, "after": changes, "reason": reason.trim()});
    let line =
        AuditLine { action: "units.calendar", kind: "calendar", subject: of_year.to_string(), unit: None, details };
    tx.audit(line).await?;
    merger::follow(tx, effects, &merger::Change::Calendar).await?;
    Ok(Ok(year(tx, of_year).await?))
}

/// A line as it is written.
struct Line<'a> {
    day: Day,
    kind: &'a str,
    name_vi: &'a str,
    name_en: &'a str,
    source: &'a str,
    confidence: &'a str,
    note: &'a str,
}

/// Writes lines over what stood of their days, each a version later. Cost: a row a line, in statements of a hundred.
async fn put<'a>(tx: &mut WriteTx, lines: impl Iterator<Item = Line<'a>>, edited: bool) -> Result<()> {
    let lines: Vec<Line> = lines.collect();
    for some in lines.chunks(100) {
        let rows: Vec<String> = (0..some.len())
            .map(|at| format!("({}, 1, {})", ::store::places(1 + at * 7, 7), i64::from(edited)))
            .collect();
        let sql = format!(
            "INSERT INTO units_calendar ({COLUMNS}, edited) VALUES {}
             ON CONFLICT (day) DO UPDATE SET kind = excluded.kind, name_vi = excluded.name_vi, name_en = excluded.name_en,
               source = excluded.source, confidence = excluded.confidence, note = excluded.note,
               version = units_calendar.version + 1, edited = excluded.edited",
            rows.join(", ")
        );
        let values =
            some.iter().flat_map(|l| args![l.day, l.kind, l.name_vi, l.name_en, l.source, l.confidence, l.note]);
        tx.execute(&sql, values.collect()).await?;
    }
    Ok(())
}

/// Brings the shipped days in: what was never edited here follows what is shipped, also where it is shipped no more. How many
/// lines changed. Cost: the lines once.
pub(crate) async fn seed(tx: &mut WriteTx, shipped: &[ShippedDay]) -> Result<usize> {
    let mut known = BTreeMap::new();
    for row in tx.rows(&format!("SELECT {COLUMNS}, edited FROM units_calendar"), args![]).await? {
        let told: Vec<String> = (1..7).map(|at| row.text(at)).collect::<Result<_>>()?;
        known.insert(Day::from_epoch_days(row.i64(0)?), (told, row.flag(8)?));
    }
    let wanted: BTreeMap<Day, Line> = shipped
        .iter()
        .map(|one| {
            (
                one.day,
                Line {
                    day: one.day,
                    kind: one.kind.name(),
                    name_vi: &one.name_vi,
                    name_en: &one.name_en,
                    source: &one.source,
                    confidence: &one.confidence,
                    note: &one.note,
                },
            )
        })
        .collect();
    // A line that is no longer shipped, and that nobody here made, takes no effect any more.
    let gone = known.iter().filter(|(day, (told, edited))| !edited && told[0] != REMOVED && !wanted.contains_key(day));
    let gone: Vec<Line> = gone
        .map(|(&day, (told, _))| Line {
            day,
            kind: REMOVED,
            name_vi: &told[1],
            name_en: &told[2],
            source: &told[3],
            confidence: &told[4],
            note: &told[5],
        })
        .collect();
    let new = wanted.into_values().filter(|line| match known.get(&line.day) {
        None => true,
        Some((_, true)) => false,
        Some((told, false)) => {
            told[..] != [line.kind, line.name_vi, line.name_en, line.source, line.confidence, line.note]
        }
    });
    let lines: Vec<Line> = new.chain(gone).collect();
    let count = lines.len();
    put(tx, lines.into_iter(), false).await?;
    Ok(count)
}
