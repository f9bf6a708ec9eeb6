//! Power over figures or people takes two administrators: one asks, another lets it pass. Otherwise whoever keeps accounts
//! would make themselves a reviewer by way of an account of somebody else.
//!
//! A code for somebody with power is in two halves, one for each of the two: neither can use it alone. Whoever works at the
//! machine's own command line does both by themselves, and the line of the trail says so.

use crate::{
    model::{Asked, NewGrant, Proposal},
    secrets::{self, SecretKey},
    store::{self as people, HOUR},
};
use kernel::{Actor, AgencyId, Day, Moment, PersonId, Phrase, Problem, Role, UnitId};
use serde_json::{Value, json};
use store::{Query, Result, Row, StoreError, WriteTx, args};
use units::Unit;

/// How long something waits before it is forgotten.
pub const WAITS: i64 = 14 * 24 * HOUR;
/// Where the second half of a code begins.
const HALF: usize = 12;

/// Whether a role is power over figures or people: those that want a second factor; a program's, which takes in figures and
/// whose token whoever keeps people sees; and `wide`, where it reaches a whole province, whatever reads figures that are not
/// published.
pub fn is_power(role: Role, wide: bool) -> bool {
    role.needs_second_factor() || role == Role::Machine || (wide && reads_drafts(role))
}

fn reads_drafts(role: Role) -> bool {
    let (action, resource) = web::permissions::WORKING;
    web::permissions::rule_of(action, resource).is_some_and(|rule| rule.is_held_by(&[role]))
}

/// Whether a role held here reaches a whole province: in one, in an agency as a whole, or everywhere.
pub fn is_wide(unit: Option<&Unit>) -> bool {
    unit.is_none_or(|unit| unit.level == "province")
}

/// Whether an actor needs nobody else: whoever works at the machine, and the program itself.
pub fn is_alone(actor: &Actor) -> bool {
    actor.person.is_none() && matches!(actor.role, Role::LocalAdmin | Role::System)
}

/// The roles that are power, as text for a statement.
fn power(wide: bool) -> String {
    let names: Vec<String> =
        Role::ALL.iter().filter(|role| is_power(**role, wide)).map(|role| format!("'{}'", role.name())).collect();
    names.join(",")
}

/// Whether somebody holds power today or will; also whoever had it by a provider's word at their last login there, and has it
/// again at the next one: between the two one administrator must not get in as them. Cost: their roles, the units of those
/// and their accounts at providers.
pub async fn has_power(tx: &mut impl Query, person: PersonId, today: Day) -> Result<bool> {
    let sql = format!(
        "SELECT g.to_day, MAX(l.used_at) FROM identity_grant g LEFT JOIN units_unit u ON u.id = g.unit
         LEFT JOIN identity_link l ON l.person = g.person AND l.provider = g.source
         WHERE g.person = $1 AND g.ended_at IS NULL
         AND (g.role IN ({}) OR (g.role IN ({}) AND (g.unit IS NULL OR u.level = 'province'))) GROUP BY g.id, g.to_day",
        power(false),
        power(true)
    );
    for row in &tx.rows(&sql, args![person.0]).await? {
        let to = row.opt_i64(0)?;
        // A login renews the last day of what it gives, so what ends earlier was not given at the last one.
        let last = row.opt_i64(1)?.map(|used| Moment(used).day());
        let since = last.map_or(today, |last| last.min(today));
        if to.is_none_or(|to| to >= since.epoch_days()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Administrators who could let something pass that `by` asks for of `person`. Cost: the administrators.
pub async fn seconds(tx: &mut impl Query, by: Option<PersonId>, person: PersonId, today: Day) -> Result<usize> {
    let ids = people::holders(tx, Role::Administrator, today).await?;
    Ok(ids.into_iter().filter(|id| Some(*id) != by && *id != person).count())
}

/// What was done with what somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done(i64),
    /// It waits for a second administrator, under this number.
    Waits(i64),
    /// There is nobody who could let it pass.
    Nobody,
}

/// Gives a role; of one that is power it is asked for, unless whoever asks needs nobody else. The same asked for again is
/// one. Cost: as [`people::grant`], and the unit; of power the administrators and what waits for this person.
pub async fn give(tx: &mut WriteTx, new: &NewGrant) -> Result<Outcome> {
    let unit = match new.unit {
        Some(unit) => units::store::get(tx, unit).await?,
        None => None,
    };
    if !is_power(new.role, is_wide(unit.as_ref())) || is_alone(tx.actor()) {
        return Ok(Outcome::Done(people::grant(tx, new).await?));
    }
    let (by, today) = (tx.actor().person, tx.now().day());
    if seconds(tx, by, new.person, today).await? == 0 {
        return Ok(Outcome::Nobody);
    }
    let details = written(new).to_string();
    let sql = "SELECT id FROM identity_proposal WHERE person = $1 AND kind = 'grant' AND details = $2
               AND decision IS NULL AND asked_at > $3";
    if let Some(row) = tx.row(sql, args![new.person.0, details.as_str(), tx.now().0 - WAITS]).await? {
        return Ok(Outcome::Waits(row.i64(0)?));
    }
    let id = ask(tx, "grant", new.person, &details, None).await?;
    people::note(tx, "identity.grant-asked", new.person, json!({"proposal": id, "grant": written(new)})).await?;
    Ok(Outcome::Waits(id))
}

pub(crate) async fn ask(
    tx: &mut WriteTx,
    kind: &str,
    person: PersonId,
    details: &str,
    half: Option<String>,
) -> Result<i64> {
    let by = tx.actor().person.map(|p| p.0);
    let sql = "INSERT INTO identity_proposal (kind, person, details, half, asked_by, asked_at)
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let row = tx.row(sql, args![kind, person.0, details, half, by, tx.now()]).await?;
    let id = row.map_or(Err(StoreError::Corrupt("no id".into())), |row| row.i64(0))?;
    let (phrase, link) = (Phrase::new("notice-proposal-waits"), "/quan-tri/cho-duyet");
    web::notices::awaits(tx, &format!("proposal/{id}"), &[Role::Administrator], &phrase, link).await?;
    Ok(id)
}

/// Asks for a code for somebody with power; the half that is for whoever asks, shown once. What was asked for before is
/// forgotten. `None` where there is nobody who could let it pass.
pub async fn ask_code(tx: &mut WriteTx, key: &SecretKey, person: PersonId) -> Result<Option<String>> {
    let (by, today) = (tx.actor().person, tx.now().day());
    if seconds(tx, by, person, today).await? == 0 {
        return Ok(None);
    }
    let sql = "UPDATE identity_proposal SET decision = 'replaced', decided_at = $2, half = NULL
               WHERE person = $1 AND kind = 'code' AND decision IS NULL";
    tx.execute(sql, args![person.0, tx.now()]).await?;
    let first = secrets::code()[..HALF].to_owned();
    let id = ask(tx, "code", person, "{}", Some(key.seal(first.as_bytes()))).await?;
    people::note(tx, "identity.code-asked", person, json!({"proposal": id})).await?;
    Ok(Some(first.trim_end_matches('-').to_owned()))
}

/// A role that was asked for, as it is kept.
pub(crate) fn written(new: &NewGrant) -> Value {
    json!({
        "role": new.role.name(), "unit": new.unit, "agency": new.agency, "criteria": new.criteria, "from": new.from,
        "to": new.to,
    })
}

fn grant_of(person: PersonId, details: &str) -> Result<NewGrant> {
    let read: Value = serde_json::from_str(details)?;
    let role = read["role"].as_str().and_then(Role::from_name);
    Ok(NewGrant {
        person,
        role: role.ok_or_else(|| StoreError::Corrupt("a role that is none".into()))?,
        unit: read["unit"].as_i64().map(UnitId),
        agency: read["agency"].as_i64().map(AgencyId),
        criteria: serde_json::from_value(read["criteria"].clone())?,
        from: serde_json::from_value(read["from"].clone())?,
        to: serde_json::from_value(read["to"].clone())?,
    })
}

const COLUMNS: &str = "id, kind, person, details, half, asked_by, asked_at";

fn proposal(row: &Row) -> Result<Proposal> {
    let person = PersonId(row.i64(2)?);
    let asked = match &*row.text(1)? {
        "grant" => Asked::Grant(grant_of(person, &row.text(3)?)?),
        "account" => {
            let read: Value = serde_json::from_str(&row.text(3)?)?;
            let text = |name: &str| read[name].as_str().map(str::to_owned);
            let login = text("login").ok_or_else(|| StoreError::Corrupt("an account without a login".into()))?;
            Asked::Account { login, email: text("email") }
        }
        _ => Asked::Code,
    };
    Ok(Proposal {
        id: row.i64(0)?,
        person,
        asked,
        half: row.opt_text(4)?,
        by: row.opt_i64(5)?.map(PersonId),
        at: Moment(row.i64(6)?),
    })
}

/// What waits, the oldest first. Cost: those rows.
pub async fn waiting(tx: &mut impl Query, now: Moment) -> Result<Vec<Proposal>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_proposal WHERE decision IS NULL AND asked_at > $1 ORDER BY asked_at, id"
    );
    tx.rows(&sql, args![now.0 - WAITS]).await?.iter().map(proposal).collect()
}

/// How it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The role stands.
    Given(i64),
    /// Login and address are others now.
    Corrected,
    /// The code stands; the half for whoever let it pass, shown once.
    Code(String),
    Declined,
}

/// Lets what waits pass, or not. Never by whoever asked, nor by whom it is for; whoever asked may take it back. `None` where
/// nothing of this number waits. Cost: some five rows.
pub async fn decide(
    tx: &mut WriteTx,
    key: &SecretKey,
    id: i64,
    pass: bool,
    reason: &str,
    long: i64,
) -> Result<Option<Decided>> {
    let sql = format!("SELECT {COLUMNS} FROM identity_proposal WHERE id = $1 AND decision IS NULL AND asked_at > $2");
    let Some(row) = tx.row(&sql, args![id, tx.now().0 - WAITS]).await? else { return Ok(None) };
    let found = proposal(&row)?;
    let me = tx.actor().person;
    if pass && (!tx.actor().is_second(found.by) || me == Some(found.person)) {
        return Err(StoreError::Refused(Box::new(Problem::forbidden(Phrase::new("proposal-own")))));
    }
    let decision = match pass {
        true => "approved",
        false if me.is_some() && me == found.by => "withdrawn",
        false => "declined",
    };
    let sql = "UPDATE identity_proposal SET decision = $2, decided_by = $3, decided_at = $4, reason = $5, half = NULL
               WHERE id = $1 AND decision IS NULL";
    // Of two who decide at once one comes first.
    if tx.execute(sql, args![id, decision, me.map(|p| p.0), tx.now(), reason]).await? != 1 {
        return Ok(None);
    }
    let asked_by = found.by;
    let details = json!({"proposal": id, "decision": decision, "asked_by": asked_by, "reason": reason});
    people::note(tx, "identity.proposal-decided", found.person, details).await?;
    if !pass {
        return Ok(Some(Decided::Declined));
    }
    match found.asked {
        Asked::Grant(new) => {
            // A role that is to go on longer, or shorter, stands once.
            people::end_same(tx, &new, "replaced").await?;
            // A code that one administrator saw before must not open an account that has power now.
            people::end_codes(tx, new.person).await?;
            Ok(Some(Decided::Given(people::grant(tx, &new).await?)))
        }
        Asked::Account { login, email } => {
            crate::corrections::passed(tx, found.person, &login, email.as_deref()).await?;
            Ok(Some(Decided::Corrected))
        }
        Asked::Code => {
            let first = found.half.and_then(|sealed| key.open(&sealed)).and_then(|half| String::from_utf8(half).ok());
            let first = first.ok_or_else(|| StoreError::Corrupt("half a code that does not open".into()))?;
            let second = secrets::code()[HALF..].to_owned();
            let person = people::get(tx, found.person).await?;
            let kind = person.as_ref().map_or("invite", people::code_kind);
            let hash = secrets::hash(&format!("{first}{second}"));
            people::add_code(tx, kind, Some(found.person), &hash, long).await?;
            Ok(Some(Decided::Code(second)))
        }
    }
}
