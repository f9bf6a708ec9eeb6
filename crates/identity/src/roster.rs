//! The people of many units from one spreadsheet: read, checked cell by cell, previewed, written at once.
//!
//! A row is a person and one role of theirs; who holds several has a row each. What stands already stays: the same file twice
//! changes nothing.

use crate::{
    rules::{criteria, day, is_address, is_login, role_named},
    secrets,
    store::{HOUR, login_key},
};
use documents::sheet_in::{self, Limits};
use kernel::{CriterionRef, Day, PersonId, Phrase, Place, Problem, Role, UnitId, text};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::ControlFlow,
};
use store::{AuditLine, Query, Result, WriteTx, args};
use units::Unit;

/// The columns, in their order; headings are said by `roster-NAME`.
pub const COLUMNS: [&str; 8] = ["name", "login", "email", "role", "unit", "criteria", "from", "to"];
/// Rows that one file has at most.
pub const MOST: usize = 20_000;
/// How long the codes of new people stand.
const CODE: i64 = 14 * 24 * HOUR;

/// The cells of the rows after the headings, each row with its number.
pub type Cells = Vec<(u32, Vec<String>)>;

/// Reads a workbook (its first sheet) or CSV.
pub fn read(bytes: &[u8]) -> std::result::Result<Cells, Vec<Problem>> {
    let mut rows: Cells = Vec::new();
    let mut keep = |number: u32, cells: Vec<String>| {
        if number > 1 && cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((number, cells));
        }
        rows.len() <= MOST
    };
    if sheet_in::is_workbook(bytes) {
        let mut book = sheet_in::open(bytes, Limits::default())?;
        let first = book.sheets().into_iter().next().unwrap_or_default();
        book.rows(&first, |row| {
            let cells = row.cells.into_iter().map(|cell| cell.text).collect();
            if keep(row.number, cells) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| vec![Problem::input(Phrase::new("roster-unread"))])?;
        let text = text.trim_start_matches('\u{feff}');
        let head = text.lines().next().unwrap_or("");
        let delimiter = if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        for (at, record) in reader.records().enumerate() {
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let record = record.map_err(|_| vec![Problem::input(Phrase::new("roster-unread"))])?;
            if !keep(number, record.iter().map(str::to_owned).collect()) {
                break;
            }
        }
    }
    match rows.len() {
        0 => Err(vec![Problem::input(Phrase::new("roster-empty"))]),
        n if n > MOST => Err(vec![Problem::input(Phrase::new("roster-too-many").with("most", MOST as i64))]),
        _ => Ok(rows),
    }
}

/// A person's role that is to be.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    name: String,
    login: String,
    email: Option<String>,
    role: Role,
    unit: Option<UnitId>,
    criteria: Option<Vec<CriterionRef>>,
    from: Day,
    to: Option<Day>,
}

/// What a file would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Each at its cell.
    pub problems: Vec<Problem>,
    /// People who are not there yet.
    pub new_people: usize,
    pub new_roles: usize,
    pub unchanged: usize,
    rows: Vec<Wanted>,
    known: HashMap<String, PersonId>,
    held: BTreeSet<(i64, &'static str, Option<i64>, Option<String>)>,
}

fn at(number: u32, column: usize, key: &'static str, value: &str) -> Problem {
    let letter = char::from(b'A' + u8::try_from(column).unwrap_or(0));
    let mut problem = Problem::input(Phrase::new(key).with("value", value));
    problem.place = Some(Place::Cell { sheet: "1".into(), cell: format!("{letter}{number}") });
    problem
}

/// One row, as far as it can be read without the store.
fn row(
    number: u32,
    cells: &[String],
    units: &HashMap<&str, &Unit>,
    today: Day,
) -> std::result::Result<Wanted, Vec<Problem>> {
    let cell = |column: usize| cells.get(column).map_or("", |text| text.trim());
    let mut problems = Vec::new();
    let mut wrong = |column: usize, key: &'static str| problems.push(at(number, column, key, cell(column)));
    if cell(0).is_empty() {
        wrong(0, "name-missing");
    }
    if !is_login(cell(1)) {
        wrong(1, "login-bad");
    }
    if !cell(2).is_empty() && !is_address(cell(2)) {
        wrong(2, "email-bad");
    }
    let role = role_named(cell(3));
    if role.is_none() {
        wrong(3, "roster-role-unknown");
    }
    let unit = units.get(cell(4)).map(|unit| unit.id);
    let house = cell(4).is_empty() && role.is_some_and(Role::is_of_house);
    if unit.is_none() && !house {
        wrong(4, "unit-unknown");
    }
    let named = criteria(cell(5));
    if named.is_none() {
        wrong(5, "criteria-bad");
    }
    let from = if cell(6).is_empty() { Some(today) } else { day(cell(6)) };
    if from.is_none() {
        wrong(6, "day-bad");
    }
    let to = day(cell(7));
    if (!cell(7).is_empty() && to.is_none()) || to.zip(from).is_some_and(|(to, from)| to < from) {
        wrong(7, "day-bad");
    }
    match (role, named, from) {
        (Some(role), Some(criteria), Some(from)) if problems.is_empty() => Ok(Wanted {
            name: cell(0).to_owned(),
            login: login_key(cell(1)),
            email: Some(cell(2).to_owned()).filter(|email| !email.is_empty()),
            role,
            unit,
            criteria,
            from,
            to,
        }),
        _ => Err(problems),
    }
}

/// What a file would do, held against what is there. Cost: the people, roles and units it names, three queries a thousand.
pub async fn plan(tx: &mut impl Query, cells: &Cells, today: Day) -> Result<Plan> {
    let codes: BTreeSet<&str> = cells.iter().filter_map(|(_, cells)| cells.get(4)).map(|code| code.trim()).collect();
    let codes: Vec<&str> = codes.into_iter().filter(|code| !code.is_empty()).collect();
    let mut found = Vec::new();
    for some in codes.chunks(1000) {
        found.extend(units::store::with_codes(tx, some).await?);
    }
    // A code may have been another unit's before: the one of today is meant, else the last.
    found.sort_by_key(|unit| unit.valid_to.map_or(i64::MAX, Day::epoch_days));
    let by_code: HashMap<&str, &Unit> = found.iter().map(|unit| (unit.code.as_str(), unit)).collect();
    let mut plan = Plan::default();
    let mut names: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for (number, cells) in cells {
        match row(*number, cells, &by_code, today) {
            Err(problems) => plan.problems.extend(problems),
            Ok(wanted) => {
                let first = names.entry(wanted.login.clone()).or_insert_with(|| (*number, wanted.name.clone()));
                if first.1 == wanted.name {
                    plan.rows.push(wanted);
                } else {
                    plan.problems.push(at(*number, 1, "roster-login-twice", &wanted.login));
                }
            }
        }
    }
    let logins: Vec<&String> = names.keys().collect();
    for some in logins.chunks(1000) {
        let places: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT p.id, p.login, p.name, g.role, g.unit, g.criteria FROM identity_person p
             LEFT JOIN identity_grant g ON g.person = p.id AND g.ended_at IS NULL WHERE p.login IN ({})",
            places.join(",")
        );
        for row in tx.rows(&sql, some.iter().map(|login| login.as_str().into()).collect()).await? {
            let (id, login, name) = (row.i64(0)?, row.text(1)?, row.text(2)?);
            if let Some((number, said)) = names.get(&login)
                && *said != name
                && !plan.known.contains_key(&login)
            {
                plan.problems.push(at(*number, 1, "roster-login-other", &name));
            }
            if let Some(role) = row.opt_text(3)?.and_then(|role| Role::from_name(&role)) {
                plan.held.insert((id, role.name(), row.opt_i64(4)?, row.opt_text(5)?));
            }
            plan.known.insert(login, PersonId(id));
        }
    }
    let mut fresh = BTreeSet::new();
    for wanted in &plan.rows {
        match plan.known.get(&wanted.login) {
            Some(id) if plan.held.contains(&held(*id, wanted)) => plan.unchanged += 1,
            Some(_) => plan.new_roles += 1,
            None => {
                fresh.insert(&wanted.login);
                plan.new_roles += 1;
            }
        }
    }
    plan.new_people = fresh.len();
    Ok(plan)
}

impl Plan {
    /// Whether somebody would get a role by it: nobody gives one to themselves.
    pub fn gives(&self, person: PersonId) -> bool {
        let theirs = |wanted: &&Wanted| self.known.get(&wanted.login) == Some(&person);
        self.rows.iter().filter(theirs).any(|wanted| !self.held.contains(&held(person, wanted)))
    }
}

fn held(id: PersonId, wanted: &Wanted) -> (i64, &'static str, Option<i64>, Option<String>) {
    (id.0, wanted.role.name(), wanted.unit.map(|u| u.0), said(wanted))
}

fn said(wanted: &Wanted) -> Option<String> {
    wanted.criteria.as_ref().and_then(|criteria| serde_json::to_string(criteria).ok())
}

/// Somebody new with the code by which they set their password: for a slip of paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub name: String,
    pub login: String,
    pub code: String,
}

/// Does what the plan says; the slips of who is new. Cost: a row a person, role and code, one line of the trail.
pub async fn carry_out(tx: &mut WriteTx, plan: &Plan) -> Result<Vec<Slip>> {
    let mut people: BTreeMap<&str, &Wanted> = BTreeMap::new();
    for wanted in plan.rows.iter().filter(|wanted| !plan.known.contains_key(&wanted.login)) {
        people.entry(&wanted.login).or_insert(wanted);
    }
    let now = tx.now();
    let by = tx.actor().person.map(|person| person.0);
    let ids = tx.reserve("identity_person", "id", people.len()).await?;
    let mut known = plan.known.clone();
    let (mut rows, mut codes, mut slips) = (Vec::new(), Vec::new(), Vec::new());
    for (&id, (login, wanted)) in ids.iter().zip(&people) {
        known.insert((*login).to_owned(), PersonId(id));
        let (search, order) = crate::store::keys(&wanted.name, login);
        let email = wanted.email.clone();
        rows.push(args![id, *login, wanted.name.as_str(), search, order, email, "vi", 0, 0, 0, 1, now]);
        let code = secrets::code();
        codes.push(args![secrets::hash(&code), "invite", id, now, now.0 + CODE]);
        slips.push(Slip { name: wanted.name.clone(), login: (*login).to_owned(), code });
    }
    let columns = [
        "id",
        "login",
        "name",
        "search",
        "ord",
        "email",
        "lang",
        "totp_step",
        "disabled",
        "demo",
        "version",
        "made_at",
    ];
    tx.insert_many("identity_person", &columns, rows.into_iter()).await?;
    tx.insert_many("identity_code", &["hash", "kind", "person", "made_at", "ends_at"], codes.into_iter()).await?;
    let mut given = BTreeSet::new();
    let mut grants = Vec::new();
    for wanted in &plan.rows {
        let Some(&id) = known.get(&wanted.login) else { continue };
        let key = held(id, wanted);
        if plan.held.contains(&key) || !given.insert(key) {
            continue;
        }
        let unit = wanted.unit.map(|unit| unit.0);
        let (from, to) = (wanted.from.epoch_days(), wanted.to.map(Day::epoch_days));
        grants.push(args![id.0, wanted.role.name(), unit, said(wanted), from, to, by, now]);
    }
    let told: Vec<_> = given.iter().map(|(id, role, unit, criteria)| json!([id, role, unit, criteria])).collect();
    let details = json!({"people": ids, "roles": told, "unchanged": plan.unchanged});
    let columns = ["person", "role", "unit", "criteria", "from_day", "to_day", "given_by", "given_at"];
    tx.insert_many("identity_grant", &columns, grants.into_iter()).await?;
    let line =
        AuditLine { action: "identity.roster", kind: PersonId::KIND, subject: "roster".into(), unit: None, details };
    tx.audit(line).await?;
    slips.sort_by_cached_key(|slip| text::order_key(&slip.name));
    Ok(slips)
}
