//! The people of many units from one spreadsheet: read, checked cell by cell, previewed, written at once.
//!
//! A row is a person and one role of theirs; who holds several has a row each. What stands already stays: the same file twice
//! changes nothing. A role that ran out is given anew; one whose days the file says otherwise is moved, and shown so before.

use crate::{
    model::{Asked, NewGrant},
    proposals,
    rules::{criteria, day, is_login, misplaced, role_named, unbounded},
    secrets::{self, SecretKey},
    store::{HOUR, login_key},
    told::{self, Invited},
};
use documents::sheet_in::{self, Limits};
use kernel::{AgencyId, CriterionRef, Day, PersonId, Phrase, Place, Problem, Role, UnitId, text};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::ControlFlow,
};
use store::{AuditLine, Query, Result, WriteTx, args};
use units::Unit;
use web::{notices::outbox::is_address, people::Contact};

/// The columns, in their order; headings are said by `roster-NAME`.
pub const COLUMNS: [&str; 9] = ["name", "login", "email", "role", "unit", "criteria", "from", "to", "agency"];
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
    agency: Option<AgencyId>,
    criteria: Option<Vec<CriterionRef>>,
    from: Day,
    /// Whether the file says the first day; of a role that stands already none is meant otherwise.
    says_from: bool,
    to: Option<Day>,
    /// Whether it is power there.
    power: bool,
}

/// What makes a role the same, whatever its days: whose, which, where, for what.
type Key = (i64, &'static str, Option<i64>, Option<i64>, Option<String>);

/// A role that stands, or waits for a second administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    from: Day,
    to: Option<Day>,
    asked: bool,
}

/// A role whose days the file changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub name: String,
    pub login: String,
    pub role: Role,
    pub before: (Day, Option<Day>),
    pub after: (Day, Option<Day>),
}

/// What is to be done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Give,
    Move,
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
    /// Of the new and changed roles those that are power: a second administrator lets them pass.
    pub power: usize,
    /// Roles whose days change.
    pub moved: Vec<Moved>,
    rows: Vec<Wanted>,
    known: HashMap<String, PersonId>,
    held: HashMap<Key, Standing>,
}

fn at(number: u32, column: usize, key: &'static str, value: &str) -> Problem {
    let letter = char::from(b'A' + u8::try_from(column).unwrap_or(0));
    let mut problem = Problem::input(Phrase::new(key).with("value", value));
    problem.place = Some(Place::Cell { sheet: "1".into(), cell: format!("{letter}{number}") });
    problem
}

/// The places that a file names, by their codes.
struct Named {
    units: HashMap<String, Unit>,
    agencies: HashMap<String, units::Agency>,
    /// The units whose agencies they are.
    offices: HashMap<UnitId, Unit>,
}

/// One row, as far as it can be read without the store.
fn row(
    number: u32,
    cells: &[String],
    named: &Named,
    law: &web::Criteria,
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
    let unit = named.units.get(cell(4));
    let agency = named.agencies.get(cell(8));
    let house = agency.is_some() || role.is_some_and(Role::is_of_house);
    match (unit, agency) {
        // A role in an agency reaches where the agency does.
        (None, Some(agency)) if cell(4).is_empty() && agency.units.is_empty() => wrong(4, "agency-of-no-unit"),
        (None, _) if !cell(4).is_empty() || !house => wrong(4, "unit-unknown"),
        _ => {}
    }
    if !cell(8).is_empty() && agency.is_none() {
        wrong(8, "agency-unknown");
    }
    let charge = criteria(cell(5));
    if charge.is_none() {
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
    let office = agency.map_or(&[][..], |agency| &agency.units);
    let office: Vec<&Unit> = office.iter().filter_map(|unit| named.offices.get(unit)).collect();
    if let Some(role) = role
        && (unit.is_some() || !office.is_empty())
        && let Some((field, key)) = misplaced(role, unit, &office, (from.unwrap_or(today), to))
    {
        wrong(COLUMNS.iter().position(|&name| name == field).unwrap_or(4), key);
    }
    if let Some((_, key)) = role.zip(charge.as_ref()).and_then(|(role, charge)| unbounded(role, charge.as_deref(), law))
    {
        wrong(5, key);
    }
    match (role, charge, from) {
        (Some(role), Some(criteria), Some(from)) if problems.is_empty() => Ok(Wanted {
            name: cell(0).to_owned(),
            login: login_key(cell(1)),
            email: Some(cell(2).to_owned()).filter(|email| !email.is_empty()),
            role,
            unit: unit.map(|unit| unit.id),
            agency: agency.map(|agency| AgencyId(agency.id)),
            criteria,
            from,
            says_from: !cell(6).is_empty(),
            to,
            power: proposals::is_power(role, proposals::is_wide(unit)),
        }),
        _ => Err(problems),
    }
}

/// What a file would do, held against what is there. Cost: the people, roles and units it names, three queries a thousand;
/// the agencies and their units where it names one.
pub async fn plan(tx: &mut impl Query, cells: &Cells, law: &web::Criteria, today: Day) -> Result<Plan> {
    let codes: BTreeSet<&str> = cells.iter().filter_map(|(_, cells)| cells.get(4)).map(|code| code.trim()).collect();
    let codes: Vec<&str> = codes.into_iter().filter(|code| !code.is_empty()).collect();
    let units = units::store::meant_by(tx, &codes).await?;
    let named = cells.iter().any(|(_, cells)| cells.get(8).is_some_and(|code| !code.trim().is_empty()));
    let agencies = if named { units::store::agencies(tx).await? } else { Vec::new() };
    let agencies: HashMap<_, _> =
        agencies.into_iter().filter(|agency| agency.stands_on(today)).map(|a| (a.code.clone(), a)).collect();
    let of: BTreeSet<UnitId> = agencies.values().flat_map(|agency| agency.units.iter().copied()).collect();
    let offices = units::store::many(tx, &of.into_iter().collect::<Vec<_>>()).await?;
    let named = Named { units, agencies, offices };
    let mut plan = Plan::default();
    let mut names: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for (number, cells) in cells {
        match row(*number, cells, &named, law, today) {
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
        let places = store::places(1, some.len());
        let sql = format!(
            "SELECT p.id, p.login, p.name, g.role, g.unit, g.criteria, g.agency, g.from_day, g.to_day FROM identity_person p
             LEFT JOIN identity_grant g ON g.person = p.id AND g.ended_at IS NULL AND (g.to_day IS NULL OR g.to_day >= {})
             WHERE p.login IN ({})",
            // What ran out stands no more, and is given anew.
            today.epoch_days(),
            places
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
                let key = (id, role.name(), row.opt_i64(4)?, row.opt_i64(6)?, row.opt_text(5)?);
                let from = Day::from_epoch_days(row.i64(7)?);
                let to = row.opt_i64(8)?.map(Day::from_epoch_days);
                plan.held.insert(key, Standing { from, to, asked: false });
            }
            plan.known.insert(login, PersonId(id));
        }
    }
    for one in proposals::waiting(tx, today.begins()).await? {
        if let Asked::Grant(new) = one.asked {
            let standing = Standing { from: new.from, to: new.to, asked: true };
            plan.held.insert(key_of(&new), standing);
        }
    }
    let mut fresh = BTreeSet::new();
    for wanted in &plan.rows {
        if !plan.known.contains_key(&wanted.login) {
            fresh.insert(&wanted.login);
        }
        let step = plan.step(wanted);
        match step {
            Step::Nothing => plan.unchanged += 1,
            Step::Give => plan.new_roles += 1,
            Step::Move => {
                let before = plan.standing(wanted).map_or((wanted.from, wanted.to), |held| (held.from, held.to));
                let after = (if wanted.says_from { wanted.from } else { before.0 }, wanted.to);
                let (name, login, role) = (wanted.name.clone(), wanted.login.clone(), wanted.role);
                plan.moved.push(Moved { name, login, role, before, after });
            }
        }
        plan.power += usize::from(step != Step::Nothing && wanted.power);
    }
    plan.new_people = fresh.len();
    Ok(plan)
}

fn key_of(new: &NewGrant) -> Key {
    let criteria = new.criteria.as_ref().and_then(|criteria| serde_json::to_string(criteria).ok());
    (new.person.0, new.role.name(), new.unit.map(|u| u.0), new.agency.map(|a| a.0), criteria)
}

impl Plan {
    /// Whether somebody would get a role by it: nobody gives one to themselves.
    pub fn gives(&self, person: PersonId) -> bool {
        let theirs = |wanted: &&Wanted| self.known.get(&wanted.login) == Some(&person);
        self.rows.iter().filter(theirs).any(|wanted| self.step(wanted) != Step::Nothing)
    }

    fn standing(&self, wanted: &Wanted) -> Option<Standing> {
        let id = self.known.get(&wanted.login)?;
        self.held.get(&key_of(&wanted.grant(*id))).copied()
    }

    fn step(&self, wanted: &Wanted) -> Step {
        match self.standing(wanted) {
            None => Step::Give,
            Some(held) if held.to == wanted.to && (!wanted.says_from || held.from == wanted.from) => Step::Nothing,
            // What waits is decided as it was asked for.
            Some(held) if held.asked => Step::Nothing,
            Some(_) => Step::Move,
        }
    }
}

impl Wanted {
    fn grant(&self, person: PersonId) -> NewGrant {
        let Wanted { role, unit, agency, from, to, .. } = *self;
        NewGrant { person, role, unit, agency, criteria: self.criteria.clone(), from, to }
    }
}

/// Somebody new with the code by which they set their password: for a slip of paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub name: String,
    pub login: String,
    pub code: String,
}

/// By what codes are written to whoever has an address of their own.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    pub key: &'a SecretKey,
    /// The site's address without a slash at the end.
    pub origin: &'a str,
}

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Of who is new; none of who is to get power: their code is asked for when they have it.
    pub slips: Vec<Slip>,
    /// Of who is new how many got their code by letter; nobody else sees it.
    pub mailed: usize,
    /// Roles that wait for a second administrator.
    pub waits: usize,
}

/// Does what the plan says. Of roles that are power a second administrator is asked, unless whoever acts needs nobody else.
/// Whoever is new and has an address gets their code there where `post` says so, else on a slip. Cost: a row a person, role,
/// code and letter, one line of the trail.
pub async fn carry_out(tx: &mut WriteTx, plan: &Plan, post: Option<Post<'_>>) -> Result<Carried> {
    let alone = proposals::is_alone(tx.actor());
    let mut people: BTreeMap<&str, &Wanted> = BTreeMap::new();
    let mut power = BTreeSet::new();
    for wanted in &plan.rows {
        if !plan.known.contains_key(&wanted.login) {
            people.entry(&wanted.login).or_insert(wanted);
        }
        if !alone && wanted.power {
            power.insert(wanted.login.as_str());
        }
    }
    let now = tx.now();
    let by = tx.actor().person.map(|person| person.0);
    let ids = tx.reserve("identity_person", "id", people.len()).await?;
    let mut known = plan.known.clone();
    let (mut rows, mut codes, mut letters, mut done) = (Vec::new(), Vec::new(), Vec::new(), Carried::default());
    for (&id, (login, wanted)) in ids.iter().zip(&people) {
        known.insert((*login).to_owned(), PersonId(id));
        let (search, order) = crate::store::keys(&wanted.name, login);
        let email = wanted.email.clone();
        rows.push(args![id, *login, wanted.name.as_str(), search, order, email.clone(), "vi", 0, 0, 0, 1, now]);
        if power.contains(login) {
            continue;
        }
        let code = secrets::code();
        codes.push(args![secrets::hash(&code), "invite", id, now, now.0 + CODE]);
        if post.is_some() && email.is_some() {
            let (person, login, kind) = (PersonId(id), (*login).to_owned(), "invite");
            let to = Contact { name: wanted.name.clone(), email, lang: "vi".into() };
            letters.push(Invited { person, to, login, kind, code });
            continue;
        }
        done.slips.push(Slip { name: wanted.name.clone(), login: (*login).to_owned(), code });
    }
    tx.insert_many("identity_person", &PERSON, rows.into_iter()).await?;
    tx.insert_many("identity_code", &["hash", "kind", "person", "made_at", "ends_at"], codes.into_iter()).await?;
    if let Some(post) = post {
        done.mailed = told::invite(tx, post.key, post.origin, &letters, CODE).await?;
    }
    let (mut given, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let (mut grants, mut waits, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &plan.rows {
        let Some(&id) = known.get(&wanted.login) else { continue };
        let step = plan.step(wanted);
        let new = wanted.grant(id);
        let key = key_of(&new);
        if step == Step::Nothing || given.contains(&key) || asked.contains(&key) {
            continue;
        }
        if !alone && wanted.power {
            asked.insert(key);
            waits.push(args!["grant", id.0, proposals::written(&new).to_string(), by, now]);
            continue;
        }
        let from = match (step, plan.standing(wanted)) {
            (Step::Move, Some(held)) if !wanted.says_from => held.from,
            _ => wanted.from,
        };
        if step == Step::Move {
            ends.push(key.clone());
        }
        let (role, unit, agency, criteria) = (key.1, key.2, key.3, key.4.clone());
        given.insert(key);
        grants.push(args![
            id.0,
            role,
            unit,
            agency,
            criteria,
            from.epoch_days(),
            wanted.to.map(Day::epoch_days),
            by,
            now
        ]);
    }
    done.waits = waits.len();
    end(tx, &ends).await?;
    let told = |keys: &BTreeSet<Key>| keys.iter().map(|key| json!(key)).collect::<Vec<_>>();
    let details = json!({
        "people": ids, "roles": told(&given), "asked": told(&asked), "moved": ends.len(), "unchanged": plan.unchanged,
        "letters": done.mailed,
    });
    let columns = ["person", "role", "unit", "agency", "criteria", "from_day", "to_day", "given_by", "given_at"];
    tx.insert_many("identity_grant", &columns, grants.into_iter()).await?;
    let columns = ["kind", "person", "details", "asked_by", "asked_at"];
    tx.insert_many("identity_proposal", &columns, waits.into_iter()).await?;
    if done.waits > 0 {
        // One matter for the file, not one a role; what becomes of it is a matter of each.
        let phrase = Phrase::new("notice-proposals-wait").with("count", done.waits);
        let key = format!("proposals/{}", secrets::secret());
        web::notices::awaits(tx, &key, &[Role::Administrator], &phrase, "/quan-tri/cho-duyet").await?;
    }
    let line =
        AuditLine { action: "identity.roster", kind: PersonId::KIND, subject: "roster".into(), unit: None, details };
    tx.audit(line).await?;
    done.slips.sort_by_cached_key(|slip| text::order_key(&slip.name));
    Ok(done)
}

/// Ends the roles that stand once more with other days. Cost: those rows, a statement for five hundred.
async fn end(tx: &mut WriteTx, keys: &[Key]) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().person.map(|person| person.0));
    for some in keys.chunks(500) {
        let people: BTreeSet<i64> = some.iter().map(|key| key.0).collect();
        let list = people.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let sql = format!(
            "SELECT id, person, role, unit, agency, criteria FROM identity_grant
             WHERE person IN ({list}) AND ended_at IS NULL AND (to_day IS NULL OR to_day >= $1)"
        );
        let mut ids = Vec::new();
        for row in tx.rows(&sql, args![now.day().epoch_days()]).await? {
            let (id, person, role) = (row.i64(0)?, row.i64(1)?, row.text(2)?);
            let (unit, agency, criteria) = (row.opt_i64(3)?, row.opt_i64(4)?, row.opt_text(5)?);
            let same = |key: &&Key| {
                (key.0, key.1, key.2, key.3, key.4.as_ref()) == (person, &*role, unit, agency, criteria.as_ref())
            };
            if some.iter().any(|key| same(&key)) {
                ids.push(id.to_string());
            }
        }
        if !ids.is_empty() {
            let sql = format!(
                "UPDATE identity_grant SET ended_at = $1, ended_by = $2, reason = 'roster' WHERE id IN ({})",
                ids.join(",")
            );
            tx.execute(&sql, args![now, by]).await?;
        }
    }
    Ok(())
}

const PERSON: [&str; 12] =
    ["id", "login", "name", "search", "ord", "email", "lang", "totp_step", "disabled", "demo", "version", "made_at"];
