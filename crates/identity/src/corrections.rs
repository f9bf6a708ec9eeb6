//! Name, login and address of somebody, corrected.
//!
//! By a login and an address an account is reached: of somebody with power they are never one administrator's doing. What one
//! asks for waits for a second administrator ([`crate::proposals`]), as power itself does. Of everybody else one administrator
//! is enough, who gives their codes alone, too.

use crate::{
    model::{Account, Person},
    proposals::{self, WAITS},
    rules::is_login,
    store::{self as people, keys, login_key, note},
    told,
};
use kernel::{Moment, PersonId, Phrase, Problem};
use serde_json::{Map, Value, json};
use store::{Query, Result, StoreError, WriteTx, args};
use web::notices::outbox::{self, is_address};

/// The fields, as forms and the trail call them.
pub const FIELDS: [&str; 3] = ["name", "login", "email"];

/// What stands against something: the field and the key of a phrase.
pub type Wrong = (&'static str, &'static str);

impl Account {
    /// As it was typed, in the form in which it is kept.
    pub fn typed(login: &str, name: &str, email: &str) -> Account {
        let email = Some(email.trim()).filter(|email| !email.is_empty()).map(str::to_owned);
        Account { login: login_key(login), name: name.trim().to_owned(), email }
    }

    pub fn of(person: &Person) -> Account {
        Account { login: person.login.clone(), name: person.name.clone(), email: person.email.clone() }
    }

    /// What is wrong with it by itself, of several the first.
    pub fn wrong(&self) -> Option<Wrong> {
        match () {
            () if !is_login(&self.login) => Some(("login", "login-bad")),
            () if self.name.is_empty() => Some(("name", "name-missing")),
            () if self.email.as_deref().is_some_and(|email| !is_address(email)) => Some(("email", "email-bad")),
            () => None,
        }
    }

    pub fn value(&self, field: &str) -> Option<&str> {
        match field {
            "name" => Some(&self.name),
            "login" => Some(&self.login),
            _ => self.email.as_deref(),
        }
    }

    /// The fields in which it differs from another.
    pub fn differs(&self, other: &Account) -> Vec<&'static str> {
        FIELDS.into_iter().filter(|field| self.value(field) != other.value(field)).collect()
    }

    /// These fields of it, for a line of the trail.
    fn part(&self, fields: &[&str]) -> Value {
        fields.iter().map(|field| ((*field).to_owned(), json!(self.value(field)))).collect::<Map<_, _>>().into()
    }
}

/// What was done of a correction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The fields that are others now.
    pub changed: Vec<&'static str>,
    /// What waits for a second administrator, by its number.
    pub waits: Option<i64>,
    pub version: i64,
}

/// Why nothing was corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    Wrong(Wrong),
    /// Somebody changed the account meanwhile; as it is now.
    Overtaken(Box<Person>),
}

/// Whether two administrators are needed for somebody's login and address: whoever holds power or will, and whoever it is
/// asked for, since whoever lets it pass knows them by what stands there. Cost: their roles and what waits for them.
pub async fn takes_two(tx: &mut impl Query, person: PersonId, now: Moment) -> Result<bool> {
    if proposals::has_power(tx, person, now.day()).await? {
        return Ok(true);
    }
    let sql = "SELECT id FROM identity_proposal WHERE person = $1 AND kind = 'grant' AND decision IS NULL AND asked_at > $2 LIMIT 1";
    Ok(tx.row(sql, args![person.0, now.0 - WAITS]).await?.is_some())
}

/// Corrects what an account says of somebody, as whoever corrects saw it at a version. Of somebody for whom it takes two the
/// name is corrected, login and address are asked for; the same asked for again is one, another takes its place. `None`
/// where there is nobody. Cost: some ten rows; where the address is another one the letters of the outbox.
pub async fn correct(
    tx: &mut WriteTx,
    id: PersonId,
    seen: i64,
    wanted: &Account,
) -> Result<Option<std::result::Result<Done, Refused>>> {
    let Some(person) = people::get(tx, id).await? else { return Ok(None) };
    if person.version != seen {
        return Ok(Some(Err(Refused::Overtaken(Box::new(person)))));
    }
    let wrong = |wrong| Ok(Some(Err(Refused::Wrong(wrong))));
    if let Some(found) = wanted.wrong() {
        return wrong(found);
    }
    let now = Account::of(&person);
    let reached: Vec<&str> = wanted.differs(&now).into_iter().filter(|field| *field != "name").collect();
    if reached.contains(&"login") && people::by_login(tx, &wanted.login).await?.is_some() {
        return wrong(("login", "login-taken"));
    }
    let (moment, by) = (tx.now(), tx.actor().person);
    let alone = reached.is_empty() || proposals::is_alone(tx.actor()) || !takes_two(tx, id, moment).await?;
    if !alone && proposals::seconds(tx, by, id, moment.day()).await? == 0 {
        return wrong((if reached[0] == "login" { "login" } else { "email" }, "account-nobody"));
    }
    let at_once = match alone {
        true => wanted.clone(),
        false => Account { name: wanted.name.clone(), ..now.clone() },
    };
    let changed = match write(tx, &person, &at_once).await {
        // Somebody else took it meanwhile.
        Err(error) if error.is_duplicate() => return wrong(("login", "login-taken")),
        changed => changed?,
    };
    let version = person.version + i64::from(!changed.is_empty());
    let waits = if alone { None } else { Some(ask(tx, &person, wanted, &reached).await?) };
    Ok(Some(Ok(Done { changed, waits, version })))
}

/// Asks a second administrator for a login and an address; the number of what waits.
async fn ask(tx: &mut WriteTx, person: &Person, wanted: &Account, fields: &[&str]) -> Result<i64> {
    let details = json!({"login": wanted.login, "email": wanted.email}).to_string();
    let sql = "SELECT id FROM identity_proposal WHERE person = $1 AND kind = 'account' AND details = $2
               AND decision IS NULL AND asked_at > $3";
    if let Some(row) = tx.row(sql, args![person.id.0, details.as_str(), tx.now().0 - WAITS]).await? {
        return row.i64(0);
    }
    replace(tx, person.id).await?;
    let id = proposals::ask(tx, "account", person.id, &details, None).await?;
    let (before, after) = (Account::of(person).part(fields), wanted.part(fields));
    note(tx, "identity.correct-asked", person.id, json!({"proposal": id, "before": before, "after": after})).await?;
    Ok(id)
}

/// What was asked for before is forgotten: it was asked of what stands no more.
async fn replace(tx: &mut WriteTx, person: PersonId) -> Result<u64> {
    let sql = "UPDATE identity_proposal SET decision = 'replaced', decided_at = $2
               WHERE person = $1 AND kind = 'account' AND decision IS NULL";
    tx.execute(sql, args![person.0, tx.now()]).await
}

/// What a second administrator let pass. Cost: some ten rows, and the letters of the outbox.
pub(crate) async fn passed(tx: &mut WriteTx, id: PersonId, login: &str, email: Option<&str>) -> Result<()> {
    let gone = || StoreError::Corrupt("a proposal for nobody".into());
    let person = people::get(tx, id).await?.ok_or_else(gone)?;
    if login != person.login && people::by_login(tx, login).await?.is_some() {
        let problem = Problem::conflict(Phrase::new("login-taken"), 409).at_field("login");
        return Err(StoreError::Refused(Box::new(problem)));
    }
    let email = email.map(str::to_owned);
    write(tx, &person, &Account { login: login.to_owned(), name: person.name.clone(), email }).await.map(drop)
}

/// Writes what differs; which fields these were.
async fn write(tx: &mut WriteTx, person: &Person, new: &Account) -> Result<Vec<&'static str>> {
    let now = Account::of(person);
    let changed = new.differs(&now);
    if changed.is_empty() {
        return Ok(changed);
    }
    let id = person.id;
    let (search, order) = keys(&new.name, &new.login);
    let sql =
        "UPDATE identity_person SET login = $2, name = $3, email = $4, search = $5, ord = $6, version = version + 1
               WHERE id = $1 AND version = $7";
    let given = args![id.0, new.login.as_str(), new.name.as_str(), new.email.clone(), search, order, person.version];
    if tx.execute(sql, given).await? != 1 {
        let problem = Problem::conflict(Phrase::new("account-overtaken"), 412);
        return Err(StoreError::Refused(Box::new(problem)));
    }
    let mut details = json!({"before": now.part(&changed), "after": new.part(&changed)});
    if now.email != new.email {
        // What was written to the old mailbox opens nothing any more, and what waits does not go there.
        details["codes_ended"] = people::end_codes(tx, id).await?.into();
        details["letters_given_up"] = outbox::give_up_of(tx, id).await?.into();
    }
    if changed.iter().any(|field| *field != "name") {
        replace(tx, id).await?;
    }
    note(tx, "identity.correct", id, details).await?;
    told::corrected(tx, id, person.version + 1, &changed).await?;
    Ok(changed)
}
