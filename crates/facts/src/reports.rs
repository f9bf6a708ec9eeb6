//! Mistakes that readers tell of ("báo sai"): each names a page of this site, has a number and a secret address at which its
//! answer is found. What a reader writes is never shown to others.

use kernel::{Moment, Phrase, Problem, Role, UnitId, text};
use rulebook::Library;
use serde_json::json;
use store::{Listing, Query, Result, Row, StoreError, WriteTx, args, audit::AuditLine};
use web::notices::{
    self, Kind, Notice, To,
    hooks::{self, Event},
};

/// Letters of a message, a contact, an answer, an address.
pub const MOST_TEXT: usize = 4_000;
pub const MOST_CONTACT: usize = 200;
const MOST_PAGE: usize = 300;
/// Reports taken in an hour, of one page and in all: beyond, nobody is kept from reading, only from writing more.
const MOST_OF_PAGE: i64 = 20;
const MOST_OF_ALL: i64 = 200;
const HOUR: i64 = 3_600_000_000;

/// What of this site a page is about, as its address says. Only what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The path, with its query.
    pub page: String,
    pub unit: Option<UnitId>,
    pub measure: Option<String>,
    pub set: Option<String>,
    /// The number of an indicator of the set.
    pub indicator: Option<String>,
}

/// The place that an address names; `None` where this site has no such page. `patterns`: the paths of the pages there are.
pub fn place<'a>(page: &str, mut patterns: impl Iterator<Item = &'a str>, library: &Library) -> Option<Place> {
    let page = page.strip_prefix("/en").filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(page);
    let page = if page.is_empty() { "/" } else { page };
    let path = page.split(['?', '#']).next().unwrap_or("");
    let odd = |c: char| c.is_control() || c == '\\';
    if page.len() > MOST_PAGE || !path.starts_with('/') || path.starts_with("//") || page.contains(odd) {
        return None;
    }
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let fits = |pattern: &str| {
        let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
        wanted.len() == steps.len()
            && wanted.iter().zip(&steps).all(|(w, s)| w == s || (w.starts_with('{') && !s.is_empty()))
    };
    if !patterns.any(fits) {
        return None;
    }
    let mut place = Place { page: page.to_owned(), ..Place::default() };
    let unit = |text: &str| text.parse().ok().map(UnitId);
    match steps.as_slice() {
        ["xa" | "don-vi", id, ..] => place.unit = unit(id),
        ["so-lieu", id, measure, ..] => {
            place.unit = unit(id);
            place.measure = library.measure(measure).map(|m| m.id.clone());
        }
        ["bo-tieu-chi", set, rest @ ..] => {
            place.set = library.set(set).map(|s| s.set.clone());
            let (Some(set), Some(no)) = (library.set(set), rest.first()) else { return Some(place) };
            set.walk(|_, i| {
                if i.no == **no {
                    place.indicator = Some(i.no.clone());
                    place.measure.clone_from(&i.measure);
                }
            });
        }
        _ => {}
    }
    Some(place)
}

/// What a reader tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub place: Place,
    pub text: String,
    pub contact: String,
}

/// What is wrong with it, each at its field.
pub fn check(told: &Told) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, phrase: Phrase| problems.push(Problem::input(phrase).at_field(field));
    match told.text.trim().chars().count() {
        0..10 => wrong("text", Phrase::new("report-text-short")),
        n if n > MOST_TEXT => wrong("text", Phrase::new("report-text-long").with("most", MOST_TEXT as i64)),
        _ => {}
    }
    if told.contact.chars().count() > MOST_CONTACT {
        wrong("contact", Phrase::new("report-contact-long").with("most", MOST_CONTACT as i64));
    }
    problems
}

/// Whether one more may be told of this page now. Cost: the reports of an hour, at most as many as are taken.
async fn is_too_much(tx: &mut WriteTx, page: &str) -> Result<bool> {
    let since = Moment(tx.now().0 - HOUR);
    let sql =
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN page = $2 THEN 1 ELSE 0 END), 0) FROM facts_report WHERE at > $1";
    let Some(row) = tx.row(sql, args![since, page]).await? else { return Ok(false) };
    Ok(row.i64(0)? >= MOST_OF_ALL || row.i64(1)? >= MOST_OF_PAGE)
}

/// Keeps a report; its number and the secret part of its address, or why not now. Cost: as [`is_too_much`], five rows.
pub async fn tell(tx: &mut WriteTx, told: &Told) -> Result<std::result::Result<(i64, String), Problem>> {
    // One after the other: otherwise many at once would all find room.
    tx.lock("facts_report").await?;
    if is_too_much(tx, &told.place.page).await? {
        return Ok(Err(Problem { phrase: Phrase::new("report-too-many"), place: None, status: 429 }));
    }
    let id = tx.reserve("facts_report", "id", 1).await?.first().copied().unwrap_or_default();
    let token = uuid::Uuid::new_v4().simple().to_string();
    let (place, text) = (&told.place, told.text.trim());
    let search = text::search_key(&format!("{id} {} {text}", place.page));
    tx.execute_one(
        "INSERT INTO facts_report (id, token, at, page, unit, measure, set_id, indicator, text, contact, search)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            id,
            token.as_str(),
            tx.now(),
            place.page.as_str(),
            place.unit,
            place.measure.as_deref(),
            place.set.as_deref(),
            place.indicator.as_deref(),
            text,
            told.contact.trim(),
            search
        ],
    )
    .await?;
    // What the reader wrote stands in the report alone, so that it can be erased there; of the address its path: a query may
    // hold what somebody typed.
    let path = place.page.split(['?', '#']).next().unwrap_or("/");
    let details = json!({"page": path, "set": place.set, "indicator": place.indicator, "measure": place.measure});
    audit(tx, "facts.report", id, place.unit, details).await?;
    let phrase = Phrase::new("notice-report").with("id", id.to_string()).with("page", path);
    let (to, link) = (To::Role(Role::Coordination), format!("/bao-sai/so/{id}"));
    let (key, unit) = (format!("report/{id}"), place.unit);
    notices::tell(tx, &Notice { to, kind: Kind::Report, key, phrase, link, unit }).await?;
    hooks::happened(tx, Event::Reported, &json!({"report": id, "page": path, "unit": place.unit})).await?;
    Ok(Ok((id, token)))
}

async fn audit(
    tx: &mut WriteTx,
    action: &'static str,
    id: i64,
    unit: Option<UnitId>,
    details: serde_json::Value,
) -> Result<()> {
    tx.audit(AuditLine { action, kind: "report", subject: id.to_string(), unit, details }).await
}

/// A report as it is kept.
#[derive(Clone, Debug)]
pub struct Report {
    pub id: i64,
    pub at: Moment,
    pub place: Place,
    /// The name of its unit.
    pub unit: Option<String>,
    pub text: String,
    pub contact: String,
    pub answer: Option<String>,
    pub answered_at: Option<Moment>,
}

const REPORT: &str =
    "r.id, r.at, r.page, r.unit, r.measure, r.set_id, r.indicator, u.name, r.text, r.contact, r.answer, r.answered_at";
const TABLE: &str = "facts_report r LEFT JOIN units_unit u ON u.id = r.unit";

fn report(row: &Row) -> Result<Report> {
    let place = Place {
        page: row.text(2)?,
        unit: row.opt_i64(3)?.map(UnitId),
        measure: row.opt_text(4)?,
        set: row.opt_text(5)?,
        indicator: row.opt_text(6)?,
    };
    Ok(Report {
        id: row.i64(0)?,
        at: Moment(row.i64(1)?),
        place,
        unit: row.opt_text(7)?,
        text: row.text(8)?,
        contact: row.text(9)?,
        answer: row.opt_text(10)?,
        answered_at: row.opt_i64(11)?.map(Moment),
    })
}

/// The report of a secret address. Cost: one row.
pub async fn of_token(tx: &mut impl Query, token: &str) -> Result<Option<Report>> {
    let sql = format!("SELECT {REPORT} FROM {TABLE} WHERE r.token = $1");
    tx.row(&sql, args![token]).await?.as_ref().map(report).transpose()
}

/// A report by its number, for those who answer. Cost: one row.
pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Report>> {
    let sql = format!("SELECT {REPORT} FROM {TABLE} WHERE r.id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(report).transpose()
}

/// A page of the reports, and how many there are: of the state `open` or `answered`, all otherwise; ordered by `oldest` or `page`,
/// the newest first otherwise. Cost: the reports; one page returned.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Report>, i64)> {
    let order = match listing.sort.as_str() {
        "oldest" => "r.at, r.id",
        "page" => "r.page, r.id",
        _ => "r.at DESC, r.id DESC",
    };
    let state = match listing.state.as_str() {
        "open" => "r.answer IS NULL",
        "answered" => "r.answer IS NOT NULL",
        _ => "1 = 1",
    };
    let from = format!("{TABLE} WHERE {state} AND ($1 = '' OR r.search LIKE '%' || $1 || '%')");
    store::paged(tx, REPORT, &from, order, args![listing.key()], listing.span(), report).await
}

/// Erases whom to reach about a report, for a reason; the report stays. `false` where none is kept. Cost: three rows.
pub async fn erase_contact(tx: &mut WriteTx, report: &Report, reason: &str) -> Result<bool> {
    let sql = "UPDATE facts_report SET contact = '' WHERE id = $1 AND contact <> ''";
    if tx.execute(sql, args![report.id]).await? == 0 {
        return Ok(false);
    }
    audit(tx, "facts.contact-erased", report.id, report.place.unit, json!({"reason": reason})).await?;
    Ok(true)
}

/// Answers a report: the first answer stands. `false` where somebody answered before. Cost: three rows.
pub async fn answer(tx: &mut WriteTx, id: i64, answer: &str) -> Result<bool> {
    let (now, role) = (tx.now(), tx.actor().role.name());
    let sql =
        "UPDATE facts_report SET answer = $2, answered_at = $3, answered_by = $4 WHERE id = $1 AND answer IS NULL";
    match tx.execute(sql, args![id, answer.trim(), now, role]).await? {
        0 => Ok(false),
        1 => {
            let unit = get(tx, id).await?.and_then(|report| report.place.unit);
            audit(tx, "facts.report_answer", id, unit, json!({"answer": answer.trim()})).await?;
            hooks::happened(tx, Event::Answered, &json!({"report": id, "unit": unit})).await?;
            Ok(true)
        }
        touched => Err(StoreError::NotOne { statement: sql.into(), touched }),
    }
}
