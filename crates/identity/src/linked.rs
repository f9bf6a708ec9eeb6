//! Logging in at a provider (OpenID Connect): which account is whose there, what they may do by its word, and until when.
//!
//! An account is linked by issuer and subject, which never change hands; never by an address of mail or a name. A role from
//! a claim stands to the last day that the session reaches (twelve hours: today, or tomorrow), and each login renews or ends
//! it: the provider is asked at logins alone, so nothing of its word outlives the longest session by more than that day's
//! rest. It is a role as any other, so that jobs, the trail and the table know one kind; `source` says who gave it.

use crate::{
    keeper::Identity,
    login::{Refused, Step, network, own, wrong},
    passkey::{ask, take},
    providers::{Doors, Given, Provider},
    rules::misplaced,
    secrets,
    store::{self as people, Begun, MINUTE, SESSION},
};
use kernel::{Actor, Clock, Day, Moment, PersonId, Phrase, Problem, Role, Scope};
use oidc::{Back, Flow, Told, Wrong};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeSet, net::IpAddr};
use store::{Migration, Query, Result as Stored, Row, StoreError, WriteTx, args};

pub const MIGRATION: Migration = Migration {
    room: "identity",
    version: 4,
    name: "accounts at providers, roles by their word",
    sql: "
CREATE TABLE identity_link (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, person INTEGER NOT NULL, provider TEXT NOT NULL,
    made_at INTEGER NOT NULL, used_at INTEGER, PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identity_link_person ON identity_link (person);
ALTER TABLE identity_grant ADD COLUMN source TEXT;
",
};

pub const STRONG: Migration = Migration {
    room: "identity",
    version: 5,
    name: "whether two factors were ever shown by an account at a provider",
    sql: "
ALTER TABLE identity_link ADD COLUMN strong INTEGER NOT NULL DEFAULT 0;
",
};

/// How long somebody may take at the provider.
const AWAY: i64 = 10 * MINUTE;

/// What waits for a browser to come back.
#[derive(Serialize, Deserialize)]
struct Waiting {
    provider: String,
    flow: Flow,
    /// Where it goes then.
    there: String,
    /// The hash of what only that browser knows.
    browser: String,
}

/// An account at a provider, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub provider: String,
    pub made: Moment,
    pub used: Option<Moment>,
}

/// Whoever came back, and where they go.
#[derive(Debug)]
pub enum Came {
    /// Logged in, or nearly.
    Entered(Step, String),
    /// The account that was logged in is linked.
    Linked,
}

/// Accounts at providers of somebody.
pub async fn of(tx: &mut impl Query, person: PersonId) -> Stored<Vec<Link>> {
    let sql = "SELECT provider, made_at, used_at FROM identity_link WHERE person = $1 ORDER BY provider, made_at";
    let link = |row: &Row| {
        let used = row.opt_i64(2)?.map(Moment);
        Ok(Link { provider: row.text(0)?, made: Moment(row.i64(1)?), used })
    };
    tx.rows(sql, args![person.0]).await?.iter().map(link).collect()
}

/// Takes away what links somebody to a provider, and the roles by its word; whether there was something.
pub async fn unlink(tx: &mut WriteTx, person: PersonId, provider: &str) -> Stored<bool> {
    let sql = "DELETE FROM identity_link WHERE person = $1 AND provider = $2";
    if tx.execute(sql, args![person.0, provider]).await? == 0 {
        return Ok(false);
    }
    renew(tx, person, provider, &[]).await?;
    people::note_own(tx, "identity.unlinked", person, json!({"provider": provider})).await?;
    Ok(true)
}

/// Two factors that were shown at providers count no more, until they are shown again: whoever lost one gets in anew.
pub(crate) async fn weaken(tx: &mut WriteTx, person: PersonId) -> Stored<()> {
    tx.execute("UPDATE identity_link SET strong = 0 WHERE person = $1", args![person.0]).await?;
    Ok(())
}

impl Doors {
    fn client(&self) -> Result<&oidc::Client, Refused> {
        self.client.as_ref().ok_or_else(|| wrong("oidc-unreachable"))
    }
}

fn refused(wrong: &Wrong) -> Refused {
    let (key, status) = match wrong {
        Wrong::Unreachable(_) | Wrong::Configured(_) => ("oidc-unreachable", 424),
        Wrong::Refused(_) => ("oidc-refused", 422),
        _ => ("oidc-wrong", 422),
    };
    Refused::Said(Problem { phrase: Phrase::new(key), place: None, status })
}

impl Identity {
    /// The address at the provider to which a browser is sent. `redirect` is our page it comes back to, `browser` what only
    /// that browser knows, `there` where it goes then, `link` whose account is to be linked. Cost: one row; the provider.
    pub async fn to_provider(
        &self,
        provider: &Provider,
        redirect: &str,
        browser: &str,
        there: &str,
        link: Option<PersonId>,
        from: IpAddr,
        clock: &dyn Clock,
    ) -> Result<String, Refused> {
        let begun = self.doors.client()?.start(&provider.asked(), redirect, clock.now()).await;
        let (address, flow) = begun.map_err(|wrong| {
            tracing::warn!(provider = provider.name, %wrong, "a provider was asked in vain");
            refused(&wrong)
        })?;
        let challenge = flow.state.clone();
        let (there, browser) = (there.to_owned(), secrets::hash(browser));
        let waiting = Waiting { provider: provider.name.clone(), flow, there, browser };
        let state = serde_json::to_string(&waiting).map_err(StoreError::from)?;
        let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
        ask(&mut tx, "oidc", link, &network(from), &challenge, &state, AWAY).await?;
        tx.commit().await?;
        Ok(address)
    }

    /// Whoever comes back from a provider: once, in the browser that was sent there. `me` is who is logged in. Cost: the
    /// provider; of the store a row, then those of a login and of the roles.
    pub async fn from_provider(
        &self,
        provider: &Provider,
        redirect: &str,
        browser: &str,
        back: &Back,
        me: Option<PersonId>,
        label: &str,
        clock: &dyn Clock,
    ) -> Result<Came, Refused> {
        let (waiting, link) = {
            let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
            let taken = take(&mut tx, "oidc", &back.state).await?;
            tx.commit().await?;
            let Some((state, link)) = taken else { return Err(wrong("oidc-late")) };
            (serde_json::from_str::<Waiting>(&state).map_err(StoreError::from)?, link)
        };
        if waiting.provider != provider.name
            || waiting.browser != secrets::hash(browser)
            || (link.is_some() && link != me)
        {
            return Err(wrong("oidc-late"));
        }
        let told = self.doors.client()?.finish(&provider.asked(), redirect, &waiting.flow, back, clock.now()).await;
        let told = told.map_err(|wrong| {
            tracing::warn!(provider = provider.name, %wrong, "what a provider said does not hold");
            refused(&wrong)
        })?;
        match link {
            Some(person) => self.link(provider, &told, person, clock).await,
            None => Ok(Came::Entered(self.enter_by(provider, &told, label, clock).await?, waiting.there)),
        }
    }

    async fn link(
        &self,
        provider: &Provider,
        told: &Told,
        person: PersonId,
        clock: &dyn Clock,
    ) -> Result<Came, Refused> {
        let mut tx = self.store.write(&own(person), clock).await?;
        match linked(&mut tx, told).await? {
            Some(whose) if whose != person => return Err(wrong("oidc-linked-elsewhere")),
            Some(_) => {}
            None => add_link(&mut tx, provider, told, person).await?,
        }
        tx.commit().await?;
        Ok(Came::Linked)
    }

    /// A login by a provider's word.
    async fn enter_by(
        &self,
        provider: &Provider,
        told: &Told,
        label: &str,
        clock: &dyn Clock,
    ) -> Result<Step, Refused> {
        let known = {
            let mut tx = self.store.read(&Scope::PUBLIC).await?;
            linked(&mut tx, told).await?
        };
        let actor = known.map_or(Actor::SYSTEM, own);
        let mut tx = self.store.write(&actor, clock).await?;
        let person = match known {
            Some(person) => person,
            None if provider.create => make(&mut tx, provider, told).await?,
            None => return Err(wrong("oidc-unknown")),
        };
        let Some(person) = people::get(&mut tx, person).await?.filter(|person| !person.disabled && !person.demo) else {
            return Err(wrong("oidc-unknown"));
        };
        let gives: Vec<Given> = provider.gives(told).into_iter().collect();
        renew(&mut tx, person.id, &provider.name, &gives).await?;
        // Who showed two factors there once has a second factor: a password alone proves nothing any more ([`crate::fresh`]).
        let strong = provider.is_strong(told);
        let sql = "UPDATE identity_link SET used_at = $3, strong = CASE WHEN $4 = 1 THEN 1 ELSE strong END
                   WHERE issuer = $1 AND subject = $2";
        let values = args![told.issuer.as_str(), told.subject.as_str(), tx.now(), i64::from(strong)];
        tx.execute(sql, values).await?;
        let secret = secrets::secret();
        let begun = match () {
            () if strong => Begun::Strong,
            () if person.totp.is_none() => Begun::Full,
            () => Begun::Half,
        };
        self.begin(&mut tx, &secret, person.id, begun, label).await?;
        tx.commit().await?;
        Ok(if begun == Begun::Half { Step::Second(secret) } else { Step::In(secret) })
    }
}

/// Whose account this is here.
async fn linked(tx: &mut impl Query, told: &Told) -> Stored<Option<PersonId>> {
    let sql = "SELECT person FROM identity_link WHERE issuer = $1 AND subject = $2";
    let row = tx.row(sql, args![told.issuer.as_str(), told.subject.as_str()]).await?;
    row.map(|row| row.i64(0)).transpose().map(|id| id.map(PersonId))
}

async fn add_link(tx: &mut WriteTx, provider: &Provider, told: &Told, person: PersonId) -> Stored<()> {
    let sql = "INSERT INTO identity_link (issuer, subject, person, provider, made_at) VALUES ($1, $2, $3, $4, $5)";
    let (issuer, subject) = (told.issuer.as_str(), told.subject.as_str());
    tx.execute_one(sql, args![issuer, subject, person.0, provider.name.as_str(), tx.now()]).await?;
    let details = json!({"provider": provider.name, "subject": told.subject});
    people::note_own(tx, "identity.linked", person, details).await
}

/// An account for whoever has none. One that has their name already is somebody else's, whatever the provider says.
async fn make(tx: &mut WriteTx, provider: &Provider, told: &Told) -> Result<PersonId, Refused> {
    let login = told.text(&provider.login_claim).unwrap_or(&told.subject);
    let login: String = login.split_whitespace().collect::<Vec<_>>().join("-").chars().take(80).collect();
    let name = told.text(&provider.name_claim).unwrap_or(&login).trim().chars().take(120).collect::<String>();
    let taken = people::by_login(tx, &login).await?.is_some() || login.chars().count() < 3;
    let login = if taken { format!("{login}@{}", provider.name) } else { login };
    let email = told.text("email").filter(|email| web::notices::outbox::is_address(email));
    let person = match people::add(tx, &login, &name, email, "vi", false).await {
        Err(error) if error.is_duplicate() => return Err(wrong("oidc-name-taken")),
        person => person?,
    };
    add_link(tx, provider, told, person).await?;
    Ok(person)
}

/// Roles by a provider's word: what it gives now stands until the session that begins must have ended; what it gave and gives
/// no more ends at once. Cost: the roles it gave, the units it names.
async fn renew(tx: &mut WriteTx, person: PersonId, provider: &str, gives: &[Given]) -> Stored<()> {
    let today = tx.now().day();
    let until = Moment(tx.now().0 + SESSION).day();
    let codes: Vec<&str> = gives.iter().filter_map(|given| given.unit.as_deref()).collect();
    let units = units::store::meant_by(tx, &codes).await?;
    // A role in a unit that is none, or where it is not held, is no role; never one everywhere.
    let wanted: BTreeSet<Key> = gives
        .iter()
        .filter_map(|given| {
            let unit = match &given.unit {
                Some(code) => {
                    let unit = units.get(code.as_str())?;
                    if misplaced(Role::from_name(given.role)?, Some(unit), &[], (today, Some(until))).is_some() {
                        tracing::warn!(provider, role = given.role, code, "a claim's role is not held in such a unit");
                        return None;
                    }
                    Some(unit.id.0)
                }
                None => None,
            };
            Some((given.role.to_owned(), unit, given.criteria.clone()))
        })
        .collect();
    let sql = "SELECT id, role, unit, criteria FROM identity_grant
               WHERE person = $1 AND source = $2 AND ended_at IS NULL AND (to_day IS NULL OR to_day >= $3)";
    let rows = tx.rows(sql, args![person.0, provider, today.epoch_days()]).await?;
    let (mut kept, mut ended, mut held) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in &rows {
        let key: Key = (row.text(1)?, row.opt_i64(2)?, row.opt_text(3)?);
        if wanted.contains(&key) && held.insert(key) {
            kept.push(row.i64(0)?);
        } else {
            ended.push(row.i64(0)?);
        }
    }
    let new: Vec<&Key> = wanted.difference(&held).collect();
    if !kept.is_empty() {
        let sql = format!("UPDATE identity_grant SET to_day = $1 WHERE id IN ({})", numbers(&kept));
        tx.execute(&sql, args![until.epoch_days()]).await?;
    }
    if !ended.is_empty() {
        let sql = format!("UPDATE identity_grant SET ended_at = $1, reason = $2 WHERE id IN ({})", numbers(&ended));
        tx.execute(&sql, args![tx.now(), provider]).await?;
    }
    if !new.is_empty() {
        give(tx, person, provider, &new, (today, until)).await?;
    }
    if !(new.is_empty() && ended.is_empty()) {
        let details = json!({"provider": provider, "given": new, "ended": ended, "to": until});
        people::note_own(tx, "identity.provider-roles", person, details).await?;
    }
    Ok(())
}

/// What makes a role the same: which, where, for what.
type Key = (String, Option<i64>, Option<String>);

fn numbers(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

async fn give(tx: &mut WriteTx, person: PersonId, provider: &str, new: &[&Key], days: (Day, Day)) -> Stored<()> {
    let now = tx.now();
    let row = |(role, unit, criteria): &&Key| {
        args![person.0, role.as_str(), *unit, criteria.clone(), days.0.epoch_days(), days.1.epoch_days(), now, provider]
    };
    let rows: Vec<_> = new.iter().map(row).collect();
    let columns = ["person", "role", "unit", "criteria", "from_day", "to_day", "given_at", "source"];
    tx.insert_many("identity_grant", &columns, rows.into_iter()).await?;
    Ok(())
}
