//! All database access of people. Tables are prefixed `identity_`.

use crate::{
    model::{Held, NewGrant, Person, Session, Token},
    secrets,
};
use kernel::{AgencyId, CriterionRef, Day, Grant, Moment, Office, PersonId, Role, UnitId, text};
use serde_json::json;
use std::collections::HashMap;
use store::{AuditLine, Query, Result, Row, StoreError, WriteTx, args};

pub use crate::migrations::MIGRATIONS;

/// A session ends so long after it began, and so long after it was last seen.
pub const SESSION: i64 = 12 * HOUR;
pub const IDLE: i64 = 2 * HOUR;
/// A session that waits for its second factor.
pub const HALF: i64 = 10 * MINUTE;
pub const MINUTE: i64 = 60 * 1_000_000;
pub const HOUR: i64 = 60 * MINUTE;
/// How often it is noted that a session or token was seen.
pub const NOTED: i64 = 5 * MINUTE;

pub(crate) const PERSON: &str =
    "p.id, p.login, p.name, p.email, p.lang, p.password, p.totp, p.totp_step, p.disabled, p.demo, p.made_at, p.version";

pub(crate) fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: PersonId(row.i64(0)?),
        login: row.text(1)?,
        name: row.text(2)?,
        email: row.opt_text(3)?,
        lang: row.text(4)?,
        password: row.opt_text(5)?,
        totp: row.opt_text(6)?,
        totp_step: row.i64(7)?,
        disabled: row.flag(8)?,
        demo: row.flag(9)?,
        made: Moment(row.i64(10)?),
        version: row.i64(11)?,
    })
}

/// Somebody by id. Cost: one row.
pub async fn get(tx: &mut impl Query, id: PersonId) -> Result<Option<Person>> {
    let row = tx.row(&format!("SELECT {PERSON} FROM identity_person p WHERE p.id = $1"), args![id.0]).await?;
    row.as_ref().map(person).transpose()
}

/// Several by id, those who are there. Cost: those rows.
pub async fn many(tx: &mut impl Query, ids: &[PersonId]) -> Result<HashMap<PersonId, Person>> {
    let mut found = HashMap::new();
    for some in ids.chunks(500) {
        let places = store::places(1, some.len());
        let sql = format!("SELECT {PERSON} FROM identity_person p WHERE p.id IN ({})", places);
        for row in tx.rows(&sql, some.iter().map(|id| id.0.into()).collect()).await? {
            let one = person(&row)?;
            found.insert(one.id, one);
        }
    }
    Ok(found)
}

/// Who holds a role on a day, but for locked accounts. Cost: those people, by their grants.
pub async fn holders(tx: &mut impl Query, role: Role, today: Day) -> Result<Vec<PersonId>> {
    let sql =
        "SELECT DISTINCT p.id FROM identity_person p JOIN identity_grant g ON g.person = p.id AND g.from_day <= $2
               AND (g.to_day IS NULL OR g.to_day >= $2) AND g.ended_at IS NULL
               WHERE g.role = $1 AND p.disabled = 0 ORDER BY p.id";
    let rows = tx.rows(sql, args![role.name(), today.epoch_days()]).await?;
    rows.iter().map(|row| Ok(PersonId(row.i64(0)?))).collect()
}

/// Logins are compared without regard to case and to blanks around them.
pub fn login_key(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Somebody by what they log in with. Cost: one row.
pub async fn by_login(tx: &mut impl Query, login: &str) -> Result<Option<Person>> {
    let sql = format!("SELECT {PERSON} FROM identity_person p WHERE p.login = $1");
    tx.row(&sql, args![login_key(login)]).await?.as_ref().map(person).transpose()
}

/// Whether there is anybody yet.
pub async fn is_empty(tx: &mut impl Query) -> Result<bool> {
    Ok(tx.row("SELECT id FROM identity_person LIMIT 1", args![]).await?.is_none())
}

/// The people of the demo. Cost: those rows.
pub async fn demo(tx: &mut impl Query) -> Result<Vec<Person>> {
    let sql = format!("SELECT {PERSON} FROM identity_person p WHERE p.demo = 1 ORDER BY p.id");
    tx.rows(&sql, args![]).await?.iter().map(person).collect()
}

/// By what somebody is found, and ordered: people are ordered by their given name, which stands last.
pub(crate) fn keys(name: &str, login: &str) -> (String, String) {
    let given = name.rsplit(' ').next().unwrap_or(name);
    let search = format!("{} {}", text::search_key(name), text::search_key(login));
    (search, text::order_key(&format!("{given} {name}")))
}

/// Adds somebody; their id. `StoreError::is_duplicate` where the login is taken.
pub async fn add(
    tx: &mut WriteTx,
    login: &str,
    name: &str,
    email: Option<&str>,
    lang: &str,
    demo: bool,
) -> Result<PersonId> {
    let login = login_key(login);
    let (search, order) = keys(name, &login);
    let row = tx
        .row(
            "INSERT INTO identity_person (login, name, search, ord, email, lang, totp_step, disabled, demo, version, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, 1, $8) RETURNING id",
            args![login.as_str(), name, search, order, email, lang, i64::from(demo), tx.now()],
        )
        .await?;
    let id = PersonId(row.map_or(Err(StoreError::Corrupt("no id".into())), |row| row.i64(0))?);
    let details = json!({"login": login, "name": name, "demo": demo});
    note(tx, "identity.add", id, details).await?;
    Ok(id)
}

/// The line of a change of people: pages that were finished before it are made anew.
pub(crate) async fn note(
    tx: &mut WriteTx,
    action: &'static str,
    id: PersonId,
    details: serde_json::Value,
) -> Result<()> {
    tx.audit(AuditLine { action, kind: PersonId::KIND, subject: id.to_string(), unit: None, details }).await
}

/// The line of what somebody did with their own account.
pub(crate) async fn note_own(
    tx: &mut WriteTx,
    action: &'static str,
    id: PersonId,
    details: serde_json::Value,
) -> Result<()> {
    tx.audit_quietly(AuditLine { action, kind: PersonId::KIND, subject: id.to_string(), unit: None, details }).await
}

/// What outlives a change of password: nothing, unless it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept<'a> {
    /// The session that goes on, by the hash of its secret.
    pub session: Option<&'a str>,
    /// Whether tokens of programs go on.
    pub tokens: bool,
}

/// Sets a password; sessions and tokens end with the old one, but for what is kept.
pub async fn set_password(tx: &mut WriteTx, id: PersonId, hash: &str, keep: Kept<'_>) -> Result<()> {
    let sql = "UPDATE identity_person SET password = $2, password_at = $3, version = version + 1 WHERE id = $1";
    tx.execute_one(sql, args![id.0, hash, tx.now()]).await?;
    end_others(tx, id, keep.session.unwrap_or("")).await?;
    let sql = "UPDATE identity_token SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL";
    let revoked = if keep.tokens { 0 } else { tx.execute(sql, args![id.0, tx.now()]).await? };
    note_own(tx, "identity.password", id, json!({"tokens_revoked": revoked})).await
}

/// Sets or takes away the sealed secret of the second factor; every session but `keep` ends.
pub async fn set_totp(
    tx: &mut WriteTx,
    id: PersonId,
    sealed: Option<&str>,
    step: i64,
    keep: Option<&str>,
) -> Result<()> {
    let sql = "UPDATE identity_person SET totp = $2, totp_step = $3, version = version + 1 WHERE id = $1";
    tx.execute_one(sql, args![id.0, sealed, step]).await?;
    crate::recovery::forget(tx, id).await?;
    end_others(tx, id, keep.unwrap_or("")).await?;
    note_own(tx, "identity.second-factor", id, json!({"set": sealed.is_some()})).await
}

/// Takes a code's step, once: whether nobody took it meanwhile.
pub async fn take_step(tx: &mut WriteTx, id: PersonId, step: i64) -> Result<bool> {
    let sql = "UPDATE identity_person SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
    Ok(tx.execute(sql, args![id.0, step]).await? == 1)
}

/// Lets somebody in no more, or again. Sessions and tokens of theirs stop answering at once.
pub async fn disable(tx: &mut WriteTx, id: PersonId, disabled: bool, reason: &str) -> Result<()> {
    let sql = "UPDATE identity_person SET disabled = $2, version = version + 1 WHERE id = $1";
    tx.execute_one(sql, args![id.0, i64::from(disabled)]).await?;
    tx.execute("DELETE FROM identity_session WHERE person = $1", args![id.0]).await?;
    note(tx, "identity.disable", id, json!({"disabled": disabled, "reason": reason})).await
}

/// Gives a role; the grant's id.
pub async fn grant(tx: &mut WriteTx, new: &NewGrant) -> Result<i64> {
    let criteria = new.criteria.as_ref().map(serde_json::to_string).transpose()?;
    let by = tx.actor().person.map(|p| p.0);
    let row = tx
        .row(
            "INSERT INTO identity_grant (person, role, unit, agency, criteria, from_day, to_day, given_by, given_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            args![
                new.person.0,
                new.role.name(),
                new.unit.map(|u| u.0),
                new.agency.map(|a| a.0),
                criteria,
                new.from.epoch_days(),
                new.to.map(Day::epoch_days),
                by,
                tx.now()
            ],
        )
        .await?;
    let id = row.map_or(Err(StoreError::Corrupt("no id".into())), |row| row.i64(0))?;
    let details = json!({
        "grant": id, "role": new.role.name(), "unit": new.unit, "agency": new.agency, "criteria": new.criteria,
        "from": new.from, "to": new.to,
    });
    note(tx, "identity.grant", new.person, details).await?;
    crate::told::role(tx, new.person, new.role.name(), id, "notice-role-given").await?;
    Ok(id)
}

/// Ends a role at once; whose it was. `None` where there is no such role, or it ended already.
pub async fn end_grant(tx: &mut WriteTx, id: i64, reason: &str) -> Result<Option<PersonId>> {
    let by = tx.actor().person.map(|p| p.0);
    let sql = "UPDATE identity_grant SET ended_at = $2, ended_by = $3, reason = $4 WHERE id = $1 AND ended_at IS NULL RETURNING person, role";
    let Some(row) = tx.row(sql, args![id, tx.now(), by, reason]).await? else { return Ok(None) };
    let person = PersonId(row.i64(0)?);
    crate::told::role(tx, person, &row.text(1)?, id, "notice-role-ended").await?;
    note(tx, "identity.grant-ended", person, json!({"grant": id, "reason": reason})).await?;
    Ok(Some(person))
}

/// Ends the standing roles of somebody that are the same but for their days; how many. Cost: those rows.
pub(crate) async fn end_same(tx: &mut WriteTx, new: &NewGrant, reason: &str) -> Result<u64> {
    // What begins later takes nothing away before.
    if new.from > tx.now().day() {
        return Ok(0);
    }
    let criteria = new.criteria.as_ref().map(serde_json::to_string).transpose()?;
    let by = tx.actor().person.map(|p| p.0);
    let sql = "UPDATE identity_grant SET ended_at = $2, ended_by = $3, reason = $4
               WHERE person = $1 AND role = $5 AND COALESCE(unit, 0) = $6 AND COALESCE(agency, 0) = $7
               AND COALESCE(criteria, '') = $8 AND ended_at IS NULL AND (to_day IS NULL OR to_day >= $9)";
    let (unit, agency) = (new.unit.map_or(0, |u| u.0), new.agency.map_or(0, |a| a.0));
    let args = args![
        new.person.0,
        tx.now(),
        by,
        reason,
        new.role.name(),
        unit,
        agency,
        criteria.unwrap_or_default(),
        new.from.epoch_days()
    ];
    let ended = tx.execute(sql, args).await?;
    if ended > 0 {
        let details = json!({"role": new.role.name(), "unit": new.unit, "reason": reason, "ended": ended});
        note(tx, "identity.grant-ended", new.person, details).await?;
    }
    Ok(ended)
}

/// Roles of somebody, those of today first. Cost: those rows.
pub async fn held(tx: &mut impl Query, id: PersonId) -> Result<Vec<Held>> {
    Ok(held_by(tx, &[id]).await?.remove(&id).unwrap_or_default())
}

/// Roles of several people, of each those of today first. Cost: those rows.
pub async fn held_by(tx: &mut impl Query, people: &[PersonId]) -> Result<HashMap<PersonId, Vec<Held>>> {
    let places = store::places(1, people.len());
    let sql = format!(
        "SELECT g.id, g.role, g.unit, u.name, g.agency, g.criteria, g.from_day, g.to_day, g.ended_at, g.person, a.name_vi, a.name_en, g.source, u.to_day
         FROM identity_grant g LEFT JOIN units_unit u ON u.id = g.unit LEFT JOIN units_agency a ON a.id = g.agency WHERE g.person IN ({})
         ORDER BY CASE WHEN g.ended_at IS NULL THEN 0 ELSE 1 END, g.from_day DESC, g.id",
        places
    );
    let held = |row: &Row| -> Result<Option<Held>> {
        let Some(role) = Role::from_name(&row.text(1)?) else { return Ok(None) };
        Ok(Some(Held {
            id: row.i64(0)?,
            role,
            unit: row.opt_i64(2)?.map(UnitId),
            unit_name: row.opt_text(3)?.unwrap_or_default(),
            agency: row.opt_i64(4)?.map(AgencyId),
            criteria: criteria(row.opt_text(5)?)?,
            from: Day::from_epoch_days(row.i64(6)?),
            to: row.opt_i64(7)?.map(Day::from_epoch_days),
            ended: row.opt_i64(8)?.is_some(),
            agency_name: row.opt_text(10)?.zip(row.opt_text(11)?),
            source: row.opt_text(12)?,
            unit_last: row.opt_i64(13)?.filter(|&day| day != units::model::OPEN_TO).map(Day::from_epoch_days),
        }))
    };
    let mut found: HashMap<PersonId, Vec<Held>> = HashMap::new();
    for row in tx.rows(&sql, people.iter().map(|person| person.0.into()).collect()).await? {
        found.entry(PersonId(row.i64(9)?)).or_default().extend(held(&row)?);
    }
    Ok(found)
}

fn criteria(text: Option<String>) -> Result<Option<Vec<CriterionRef>>> {
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Columns of a role, from `g.id` on; nulls where there is none. Of a role in an agency a row for each of the agency's units.
pub(crate) const GRANT: &str = "g.id, g.role, g.unit, g.agency, g.criteria, au.unit, ga.to_day,
     CASE WHEN gu.to_day < $2 OR ga.to_day < $2 THEN 1 ELSE 0 END";
/// How many columns these are.
pub(crate) const GRANT_COLUMNS: usize = 8;
/// Joins the roles that stand on the day `$2`.
pub(crate) const TODAY: &str = "LEFT JOIN identity_grant g ON g.person = p.id AND g.from_day <= $2
     AND (g.to_day IS NULL OR g.to_day >= $2) AND g.ended_at IS NULL
     LEFT JOIN units_unit gu ON gu.id = g.unit LEFT JOIN units_agency ga ON ga.id = g.agency
     LEFT JOIN units_agency_unit au ON au.agency = g.agency";

/// The roles of one person from rows in the order of `g.id`, whose columns [`GRANT`] begin at `at`.
pub(crate) fn grants_of(rows: &[Row], at: usize) -> Result<Vec<Grant>> {
    let mut found: Vec<Grant> = Vec::new();
    for row in rows {
        let (Some(id), Some(role)) = (row.opt_i64(at)?, row.opt_text(at + 1)?) else { continue };
        let Some(role) = Role::from_name(&role) else { continue };
        let of = row.opt_i64(at + 5)?.map(UnitId);
        if let Some(last) = found.last_mut().filter(|last| last.id == id) {
            if let Some(office) = &mut last.agency {
                office.units.extend(of);
            }
            continue;
        }
        let office = |id| -> Result<Office> {
            let last = row.opt_i64(at + 6)?.filter(|&day| day != units::model::OPEN_TO).map(Day::from_epoch_days);
            Ok(Office { id: AgencyId(id), units: of.into_iter().collect(), last })
        };
        found.push(Grant {
            id,
            role,
            unit: row.opt_i64(at + 2)?.map(UnitId),
            agency: row.opt_i64(at + 3)?.map(office).transpose()?,
            criteria: criteria(row.opt_text(at + 4)?)?,
            past: row.flag(at + 7)?,
        });
    }
    Ok(found)
}

/// What a session begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It waits for a second factor.
    Half,
    Full,
    /// Two factors were shown when it began: its owner is not led to set one up first.
    Strong,
}

/// Begins a session under the hash of its secret. Those that have ended are forgotten on the way.
pub async fn begin(tx: &mut WriteTx, hash: &str, id: PersonId, begun: Begun, label: &str) -> Result<()> {
    let now = tx.now().0;
    tx.execute("DELETE FROM identity_session WHERE ends_at < $1", args![now]).await?;
    let (state, long) = if begun == Begun::Half { ("half", HALF) } else { ("full", SESSION) };
    tx.execute_one(
        "INSERT INTO identity_session (hash, person, state, made_at, seen_at, ends_at, label, strong)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        args![hash, id.0, state, now, now + long, label, i64::from(begun == Begun::Strong)],
    )
    .await?;
    let action = if begun == Begun::Half { "identity.password-right" } else { "identity.login" };
    note_own(tx, action, id, json!({"label": label})).await
}

/// Ends those of somebody's sessions that are too many beside the one that just began: the ones seen longest ago. Of those that
/// still stood the hash and the label. Cost: their sessions.
pub async fn end_oldest(tx: &mut WriteTx, hash: &str, id: PersonId, most: u32) -> Result<Vec<(String, String)>> {
    let sql = "DELETE FROM identity_session WHERE person = $1 AND state = 'full' AND hash <> $2 AND hash NOT IN
                 (SELECT hash FROM identity_session WHERE person = $1 AND state = 'full' AND hash <> $2
                  ORDER BY seen_at DESC, made_at DESC, hash LIMIT $3)
               RETURNING hash, label, seen_at";
    let standing = tx.now().0 - IDLE;
    let ended = tx.rows(sql, args![id.0, hash, i64::from(most.max(1)) - 1]).await?;
    let mut stood = Vec::new();
    for row in ended {
        if row.i64(2)? > standing {
            stood.push((row.text(0)?, row.text(1)?));
        }
    }
    Ok(stood)
}

/// Whose half session this is.
pub async fn half(tx: &mut impl Query, hash: &str, now: Moment) -> Result<Option<PersonId>> {
    let sql = "SELECT person FROM identity_session WHERE hash = $1 AND state = 'half' AND ends_at > $2";
    Ok(tx.row(sql, args![hash, now]).await?.map(|row| row.i64(0)).transpose()?.map(PersonId))
}

/// Ends a session of somebody's; whether there was one.
pub async fn end(tx: &mut WriteTx, id: PersonId, hash: &str) -> Result<bool> {
    let sql = "DELETE FROM identity_session WHERE hash = $1 AND person = $2";
    let ended = tx.execute(sql, args![hash, id.0]).await? == 1;
    if ended {
        note_own(tx, "identity.logout", id, json!({})).await?;
    }
    Ok(ended)
}

/// Ends all sessions of somebody, those that wait for a code too: their telephone is lost. Cost: those rows.
pub async fn end_all(tx: &mut WriteTx, id: PersonId, reason: &str) -> Result<u64> {
    let ended = tx.execute("DELETE FROM identity_session WHERE person = $1", args![id.0]).await?;
    note(tx, "identity.sessions-ended", id, json!({"sessions": ended, "reason": reason})).await?;
    Ok(ended)
}

/// Ends the sessions of somebody but one, by the hash of its secret: what lets them in changed.
pub(crate) async fn end_others(tx: &mut WriteTx, id: PersonId, keep: &str) -> Result<()> {
    tx.execute("DELETE FROM identity_session WHERE person = $1 AND hash <> $2", args![id.0, keep]).await?;
    Ok(())
}

/// When a session began that stands, and whether both factors were shown in it.
pub async fn session_begun(tx: &mut impl Query, hash: &str) -> Result<Option<(Moment, bool)>> {
    let sql = "SELECT made_at, strong FROM identity_session WHERE hash = $1 AND state = 'full'";
    tx.row(sql, args![hash]).await?.map(|row| Ok((Moment(row.i64(0)?), row.flag(1)?))).transpose()
}

/// Sessions of somebody that stand, the latest first.
pub async fn sessions(tx: &mut impl Query, id: PersonId, now: Moment) -> Result<Vec<Session>> {
    let sql = "SELECT hash, made_at, seen_at, label FROM identity_session
               WHERE person = $1 AND state = 'full' AND ends_at > $2 AND seen_at > $3 ORDER BY seen_at DESC";
    let session = |row: &Row| {
        Ok(Session { hash: row.text(0)?, made: Moment(row.i64(1)?), seen: Moment(row.i64(2)?), label: row.text(3)? })
    };
    tx.rows(sql, args![id.0, now, now.0 - IDLE]).await?.iter().map(session).collect()
}

/// Makes a token of a program; its id. `only`: `action resource`, each.
pub async fn add_token(
    tx: &mut WriteTx,
    id: PersonId,
    hash: &str,
    name: &str,
    only: &[String],
    ends: Moment,
) -> Result<i64> {
    let row = tx
        .row(
            "INSERT INTO identity_token (hash, person, name, only_for, made_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)
             RETURNING id",
            args![hash, id.0, name, serde_json::to_string(only)?, tx.now(), ends],
        )
        .await?;
    let number = row.map_or(Err(StoreError::Corrupt("no id".into())), |row| row.i64(0))?;
    note_own(tx, "identity.token", id, json!({"token": number, "name": name, "only": only})).await?;
    Ok(number)
}

/// Tokens of somebody, the newest first.
pub async fn tokens(tx: &mut impl Query, id: PersonId) -> Result<Vec<Token>> {
    let sql = "SELECT id, name, only_for, made_at, ends_at, used_at, revoked_at FROM identity_token WHERE person = $1
               ORDER BY id DESC";
    let token = |row: &Row| -> Result<Token> {
        Ok(Token {
            id: row.i64(0)?,
            name: row.text(1)?,
            only: serde_json::from_str(&row.text(2)?)?,
            made: Moment(row.i64(3)?),
            ends: Moment(row.i64(4)?),
            used: row.opt_i64(5)?.map(Moment),
            revoked: row.opt_i64(6)?.is_some(),
        })
    };
    tx.rows(sql, args![id.0]).await?.iter().map(token).collect()
}

/// Revokes a token of somebody's; whether there was one.
pub async fn revoke(tx: &mut WriteTx, id: PersonId, token: i64) -> Result<bool> {
    let sql = "UPDATE identity_token SET revoked_at = $3 WHERE id = $1 AND person = $2 AND revoked_at IS NULL";
    let done = tx.execute(sql, args![token, id.0, tx.now()]).await? == 1;
    if done {
        note_own(tx, "identity.token-revoked", id, json!({"token": token})).await?;
    }
    Ok(done)
}

/// Makes a code that is used once: `setup` of nobody, `invite` or `reset` of somebody. An older one of theirs ends.
pub async fn add_code(tx: &mut WriteTx, kind: &str, person: Option<PersonId>, hash: &str, long: i64) -> Result<()> {
    let sql = "DELETE FROM identity_code WHERE used_at IS NULL AND COALESCE(person, 0) = $1 AND kind <> $2";
    tx.execute(sql, args![person.map_or(0, |p| p.0), crate::recovery::KIND]).await?;
    let sql = "INSERT INTO identity_code (hash, kind, person, made_at, ends_at) VALUES ($1, $2, $3, $4, $5)";
    tx.execute_one(sql, args![hash, kind, person.map(|p| p.0), tx.now(), tx.now().0 + long]).await?;
    if let Some(person) = person {
        note(tx, "identity.code", person, json!({"kind": kind})).await?;
    }
    Ok(())
}

/// What a code by which somebody sets a password is: an invitation where they have none yet, else a reset.
pub fn code_kind(person: &Person) -> &'static str {
    if person.password.is_some() { "reset" } else { "invite" }
}

/// A new code by which somebody sets a password, for so long (microseconds): nowhere else is it kept as it is. Cost: three rows.
pub async fn new_code(tx: &mut WriteTx, person: &Person, long: i64) -> Result<String> {
    let code = secrets::code();
    add_code(tx, code_kind(person), Some(person.id), &secrets::hash(&code), long).await?;
    Ok(code)
}

/// Ends the codes of somebody by which a password is set; how many. Recovery codes are their own.
pub(crate) async fn end_codes(tx: &mut WriteTx, person: PersonId) -> Result<u64> {
    let sql = "DELETE FROM identity_code WHERE person = $1 AND used_at IS NULL AND kind <> $2";
    tx.execute(sql, args![person.0, crate::recovery::KIND]).await
}

/// What a code that stands is for; a recovery code sets nothing up. Cost: one row.
pub async fn code(tx: &mut impl Query, hash: &str, now: Moment) -> Result<Option<(String, Option<PersonId>)>> {
    let sql =
        "SELECT kind, person FROM identity_code WHERE hash = $1 AND used_at IS NULL AND ends_at > $2 AND kind <> $3";
    let row = tx.row(sql, args![hash, now, crate::recovery::KIND]).await?;
    row.map(|row| Ok((row.text(0)?, row.opt_i64(1)?.map(PersonId)))).transpose()
}

/// Uses a code up; whether nobody did meanwhile.
pub async fn use_code(tx: &mut WriteTx, hash: &str) -> Result<bool> {
    let sql = "UPDATE identity_code SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND ends_at > $2";
    Ok(tx.execute(sql, args![hash, tx.now()]).await? == 1)
}

/// How often, and when last, logins under a key failed.
pub async fn attempts(tx: &mut impl Query, key: &str) -> Result<(i64, Moment)> {
    let row = tx.row("SELECT count, last_at FROM identity_attempt WHERE key = $1", args![key]).await?;
    row.map_or(Ok((0, Moment(0))), |row| Ok((row.i64(0)?, Moment(row.i64(1)?))))
}

/// One more failed; after a day without one it is the first again.
pub async fn failed(tx: &mut WriteTx, key: &str) -> Result<()> {
    let now = tx.now().0;
    tx.execute("DELETE FROM identity_attempt WHERE last_at < $1", args![now - 24 * HOUR]).await?;
    let sql = "INSERT INTO identity_attempt (key, count, last_at) VALUES ($1, 1, $2)
               ON CONFLICT (key) DO UPDATE SET count = identity_attempt.count + 1, last_at = excluded.last_at";
    tx.execute(sql, args![key, now]).await?;
    Ok(())
}

/// A try that was counted was none: there was no room for it.
pub async fn not_tried(tx: &mut WriteTx, key: &str) -> Result<()> {
    tx.execute("UPDATE identity_attempt SET count = count - 1 WHERE key = $1 AND count > 0", args![key]).await?;
    Ok(())
}

/// It went well: nothing is remembered against it.
pub async fn succeeded(tx: &mut WriteTx, key: &str) -> Result<()> {
    tx.execute("DELETE FROM identity_attempt WHERE key = $1", args![key]).await?;
    Ok(())
}
