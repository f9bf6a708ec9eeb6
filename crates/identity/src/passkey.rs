//! Passkeys of people: tables, registering one, logging in by one. What the standard asks is in the crate `passkeys`; here is
//! who asked whom what, once.
//!
//! A question is kept here for five minutes and goes with its first answer, right or wrong. An answer whose counter went
//! back is refused and noted: somebody has a copy of the key.

use crate::{
    keeper::Identity,
    login::{Refused, Step, network, own, wrong},
    secrets,
    store::{self as people, Begun},
};
use kernel::{Actor, Clock, Moment, PersonId};
use passkeys::{Asked, Handle, Made, Party, Passkey, Shown, WAIT};
use serde_json::json;
use std::net::IpAddr;
use store::{Migration, Query, Result as Stored, Row, StoreError, WriteTx, args};
use web::Who;

pub const MIGRATION: Migration = Migration {
    room: "identity",
    version: 3,
    name: "passkeys, questions that wait for an answer, sessions that showed two factors",
    sql: "
CREATE TABLE identity_passkey (
    id INTEGER PRIMARY KEY, credential TEXT NOT NULL UNIQUE, person INTEGER NOT NULL, handle TEXT NOT NULL,
    name TEXT NOT NULL, public_key TEXT NOT NULL, state TEXT NOT NULL, made_at INTEGER NOT NULL, used_at INTEGER
) STRICT;
CREATE INDEX identity_passkey_person ON identity_passkey (person);
CREATE TABLE identity_question (
    challenge TEXT PRIMARY KEY, kind TEXT NOT NULL, person INTEGER, origin TEXT NOT NULL, state TEXT NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT;
CREATE INDEX identity_question_ends ON identity_question (ends_at);
CREATE INDEX identity_question_origin ON identity_question (origin, ends_at);
ALTER TABLE identity_session ADD COLUMN strong INTEGER NOT NULL DEFAULT 0;
",
};

/// How many questions of one origin (a network, a person) wait at once; the oldest go first, so that nobody fills the table.
const WAITING: i64 = 50;
/// How many passkeys somebody has at most.
pub const MOST: usize = 20;
/// The longest name of a passkey, in characters.
pub const NAME: usize = 60;

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub name: String,
    pub made: Moment,
    pub used: Option<Moment>,
}

/// Keeps a question until `wait` microseconds have passed. Those that ended are forgotten on the way.
pub(crate) async fn ask(
    tx: &mut WriteTx,
    kind: &str,
    person: Option<PersonId>,
    origin: &str,
    challenge: &str,
    state: &str,
    wait: i64,
) -> Stored<()> {
    let now = tx.now().0;
    tx.execute("DELETE FROM identity_question WHERE ends_at < $1", args![now]).await?;
    let sql = "DELETE FROM identity_question WHERE origin = $1 AND challenge NOT IN
               (SELECT challenge FROM identity_question WHERE origin = $1 ORDER BY ends_at DESC LIMIT $2)";
    tx.execute(sql, args![origin, WAITING - 1]).await?;
    let sql = "INSERT INTO identity_question (challenge, kind, person, origin, state, ends_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute_one(sql, args![challenge, kind, person.map(|p| p.0), origin, state, now + wait]).await?;
    Ok(())
}

/// Takes a question away: its state, and whom it was asked. Nobody gets it twice.
pub(crate) async fn take(tx: &mut WriteTx, kind: &str, challenge: &str) -> Stored<Option<(String, Option<PersonId>)>> {
    let sql =
        "DELETE FROM identity_question WHERE challenge = $1 AND kind = $2 AND ends_at > $3 RETURNING state, person";
    let row = tx.row(sql, args![challenge, kind, tx.now()]).await?;
    row.map(|row| Ok((row.text(0)?, row.opt_i64(1)?.map(PersonId)))).transpose()
}

/// Passkeys of somebody, the newest first. Cost: those rows.
pub async fn of(tx: &mut impl Query, person: PersonId) -> Stored<Vec<Listed>> {
    let sql = "SELECT id, name, made_at, used_at FROM identity_passkey WHERE person = $1 ORDER BY id DESC";
    let listed = |row: &Row| {
        let used = row.opt_i64(3)?.map(Moment);
        Ok(Listed { id: row.i64(0)?, name: row.text(1)?, made: Moment(row.i64(2)?), used })
    };
    tx.rows(sql, args![person.0]).await?.iter().map(listed).collect()
}

fn bytes(text: &str) -> Stored<Vec<u8>> {
    hex::decode(text).map_err(|_| StoreError::Corrupt("a passkey is no hexadecimal text".into()))
}

fn handle(text: &str) -> Stored<Handle> {
    Handle::try_from(bytes(text)?).map_err(|_| StoreError::Corrupt("a handle of another length".into()))
}

/// The handle and the credentials of somebody.
async fn held(tx: &mut impl Query, person: PersonId) -> Stored<Option<(Handle, Vec<Vec<u8>>)>> {
    let sql = "SELECT handle, credential FROM identity_passkey WHERE person = $1";
    let rows = tx.rows(sql, args![person.0]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let ids = rows.iter().map(|row| bytes(&row.text(1)?)).collect::<Stored<_>>()?;
    Ok(Some((handle(&first.text(0)?)?, ids)))
}

/// Removes a passkey of somebody's; whether there was one.
pub async fn remove(tx: &mut WriteTx, person: PersonId, id: i64) -> Stored<bool> {
    let sql = "DELETE FROM identity_passkey WHERE id = $1 AND person = $2 RETURNING name";
    let Some(row) = tx.row(sql, args![id, person.0]).await? else { return Ok(false) };
    let details = json!({"passkey": id, "name": row.text(0)?});
    people::note_own(tx, "identity.passkey-removed", person, details).await?;
    Ok(true)
}

/// Removes all of somebody's: whoever lost a device gets in anew.
pub(crate) async fn remove_all(tx: &mut WriteTx, person: PersonId) -> Stored<()> {
    let removed = tx.execute("DELETE FROM identity_passkey WHERE person = $1", args![person.0]).await?;
    if removed > 0 {
        people::note_own(tx, "identity.passkey-removed", person, json!({"all": removed})).await?;
    }
    Ok(())
}

fn own_fault(refused: passkeys::Refused) -> Refused {
    Refused::Store(StoreError::Corrupt(format!("passkey: {refused}")))
}

impl Identity {
    /// Asks somebody's browser for a new passkey. Whoever calls has seen that it is still them ([`Identity::prove`]).
    pub async fn ask_passkey(
        &self,
        party: &Party,
        person: &crate::model::Person,
        clock: &dyn Clock,
    ) -> Result<Asked, Refused> {
        let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
        let (handle, has) = held(&mut tx, person.id).await?.unwrap_or_else(|| (secrets::random(), Vec::new()));
        if has.len() >= MOST {
            return Err(wrong("passkey-most"));
        }
        let asked = passkeys::ask_new(party, handle, &person.login, &person.name, has).map_err(own_fault)?;
        let state = format!("{} {}", hex::encode(handle), hex::encode(&asked.state));
        let origin = format!("person {}", person.id);
        ask(&mut tx, "passkey-new", Some(person.id), &origin, &asked.challenge, &state, WAIT).await?;
        tx.commit().await?;
        Ok(asked)
    }

    /// Keeps the passkey that a browser made for whom it was asked; the session showed two factors by it, and every other one
    /// ends. Cost: four rows; their sessions.
    pub async fn add_passkey(
        &self,
        party: &Party,
        who: &Who,
        name: &str,
        answer: &str,
        clock: &dyn Clock,
    ) -> Result<(), Refused> {
        let Ok(made) = Made::read(answer) else { return Err(wrong("passkey-wrong")) };
        let Ok(challenge) = made.challenge() else { return Err(wrong("passkey-wrong")) };
        let person = who.person;
        let mut tx = self.store.write(&own(person), clock).await?;
        let question = take(&mut tx, "passkey-new", &challenge).await?.filter(|(_, whom)| *whom == Some(person));
        let Some((state, _)) = question else { return Err(wrong("passkey-late")) };
        let (handle_text, state) = state.split_once(' ').unwrap_or_default();
        let kept = match made.hold(party, &bytes(state)?, handle(handle_text)?) {
            Ok(kept) => kept,
            Err(why) => {
                // The question is gone, whatever came of it.
                people::note_own(&mut tx, "identity.passkey-refused", person, json!({"why": why.to_string()})).await?;
                tx.commit().await?;
                return Err(wrong("passkey-wrong"));
            }
        };
        let name = match name.trim() {
            "" => "passkey".to_owned(),
            name => name.chars().take(NAME).collect(),
        };
        let sql = "INSERT INTO identity_passkey (credential, person, handle, name, public_key, state, made_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
        let hex = |bytes: &[u8]| hex::encode(bytes);
        let values =
            args![hex(&kept.id), person.0, handle_text, name.as_str(), hex(&kept.key), hex(&kept.state), tx.now()];
        let row = match tx.row(sql, values).await {
            Err(error) if error.is_duplicate() => return Err(wrong("passkey-known")),
            row => row?,
        };
        let id = row.map_or(Err(StoreError::Corrupt("no id".into())), |row| row.i64(0))?;
        tx.execute("UPDATE identity_session SET strong = 1 WHERE hash = $1", args![who.session.as_str()]).await?;
        people::end_others(&mut tx, person, &who.session).await?;
        people::note_own(&mut tx, "identity.passkey", person, json!({"passkey": id, "name": name})).await?;
        Ok(tx.commit().await?)
    }

    /// Asks whoever comes to the login to show a passkey. Cost: one row.
    pub async fn ask_any_passkey(&self, party: &Party, from: IpAddr, clock: &dyn Clock) -> Result<Asked, Refused> {
        let asked = passkeys::ask(party).map_err(own_fault)?;
        let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
        let state = hex::encode(&asked.state);
        ask(&mut tx, "passkey", None, &network(from), &asked.challenge, &state, WAIT).await?;
        tx.commit().await?;
        Ok(asked)
    }

    /// A login by a passkey that verified its owner: both factors at once. Cost: four rows.
    pub async fn by_passkey(
        &self,
        party: &Party,
        answer: &str,
        label: &str,
        clock: &dyn Clock,
    ) -> Result<Step, Refused> {
        let Ok(shown) = Shown::read(answer) else { return Err(wrong("passkey-wrong")) };
        let Ok(challenge) = shown.challenge() else { return Err(wrong("passkey-wrong")) };
        let credential = hex::encode(shown.id());
        let sql = "SELECT k.id, k.person, k.handle, k.public_key, k.state FROM identity_passkey k
                   JOIN identity_person p ON p.id = k.person AND p.disabled = 0 WHERE k.credential = $1";
        let found = {
            let mut tx = self.store.read(&kernel::Scope::PUBLIC).await?;
            tx.row(sql, args![credential.as_str()]).await?.map(|row| PersonId(row.i64(1).unwrap_or_default()))
        };
        let actor = found.map_or(Actor::SYSTEM, own);
        let mut tx = self.store.write(&actor, clock).await?;
        let Some((state, _)) = take(&mut tx, "passkey", &challenge).await? else { return Err(wrong("passkey-late")) };
        let row = tx.row(sql, args![credential]).await?;
        let (Some(row), Some(person)) = (row, found) else {
            if let Some(person) = found {
                people::note_own(&mut tx, "identity.login-failed", person, json!({"how": "passkey"})).await?;
            }
            tx.commit().await?;
            return Err(wrong("passkey-unknown"));
        };
        let (id, old) = (row.i64(0)?, row.text(4)?);
        let (handle, key) = (handle(&row.text(2)?)?, bytes(&row.text(3)?)?);
        let kept = Passkey { id: shown.id().to_vec(), handle, key, state: bytes(&old)? };
        let new = match shown.hold(party, &bytes(&state)?, &kept) {
            Ok(new) => hex::encode(new),
            Err(why) => {
                let counter = why == passkeys::Refused::Counter;
                let action = if counter { "identity.passkey-counter" } else { "identity.login-failed" };
                let details = json!({"how": "passkey", "passkey": id, "why": why.to_string()});
                people::note_own(&mut tx, action, person, details).await?;
                tx.commit().await?;
                return Err(wrong(if counter { "passkey-counter" } else { "passkey-wrong" }));
            }
        };
        let sql = "UPDATE identity_passkey SET state = $2, used_at = $3 WHERE id = $1 AND state = $4";
        // Of two that show one state of the counter one comes first.
        if tx.execute(sql, args![id, new, tx.now(), old]).await? != 1 {
            return Err(wrong("passkey-wrong"));
        }
        let secret = secrets::secret();
        self.begin(&mut tx, &secret, person, Begun::Strong, label).await?;
        tx.commit().await?;
        Ok(Step::In(secret))
    }
}
