//! From a name and a password to a session, step by step. Each step that fails says the same, whatever was wrong.
//!
//! Tries are counted by account and network before they are made, so that nobody locks others out: who knocks from elsewhere
//! meets no count. Those that failed are counted by their network alone, too, so that nobody tries one password on everybody.

use crate::{
    keeper::Identity,
    model::Person,
    password::{self, Busy},
    recovery, second, secrets,
    store::{self, Begun},
    told,
};
use kernel::{Actor, Clock, Moment, PersonId, Phrase, Problem, Scope};
use serde_json::json;
use std::net::IpAddr;

/// Failures that pass without waiting.
const FREE: i64 = 5;
/// The longest wait after more of them.
const LONGEST: i64 = 15 * store::MINUTE;
/// The same of a whole network within a day: an office, or a province behind one address, logs in from one, and waits with
/// whoever guesses there.
const FREE_NETWORK: i64 = 60;
const LONGEST_NETWORK: i64 = store::MINUTE;

/// Stands before a login in what a browser keeps of it: other things are sealed by the same key.
const FAMILIAR: &[u8] = b"familiar browser of ";

/// Where a login leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Logged in; the secret of the session.
    In(String),
    /// The second factor is asked for; the secret of the session that waits for it.
    Second(String),
}

/// Why it led nowhere.
#[derive(Debug)]
pub enum Refused {
    Said(Problem),
    Store(::store::StoreError),
}

impl From<::store::StoreError> for Refused {
    fn from(error: ::store::StoreError) -> Refused {
        Refused::Store(error)
    }
}

impl From<Busy> for Refused {
    fn from(_: Busy) -> Refused {
        Refused::Said(Problem { phrase: Phrase::new("login-busy"), place: None, status: 503 })
    }
}

pub(crate) fn wrong(key: &'static str) -> Refused {
    Refused::Said(Problem::input(Phrase::new(key)))
}

/// The network of an address: of IPv4 the first three numbers, of IPv6 the first four groups.
pub fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}")
        }
        IpAddr::V6(v6) => v6.segments()[..4].iter().map(|part| format!("{part:x}")).collect::<Vec<_>>().join(":"),
    }
}

/// Somebody acting on their own account, before a role is known.
pub(crate) fn own(person: PersonId) -> Actor {
    Actor { role: kernel::Role::Reader, person: Some(person), scope: Scope::PUBLIC }
}

/// How long to wait after so many failures of which some are free, at most so long, in microseconds.
fn wait(count: i64, (free, longest): (i64, i64)) -> i64 {
    if count < free { 0 } else { (1_000_000i64 << (count - free).min(20)).min(longest) }
}

/// Whether, after a wait that began then, another try must wait still.
fn waits(key: &'static str, wait: i64, last: Moment, now: Moment) -> Result<(), Refused> {
    let left = last.0 + wait - now.0;
    if left <= 0 {
        return Ok(());
    }
    let seconds = left.div_euclid(1_000_000) + 1;
    let phrase = Phrase::new(key).with("seconds", seconds);
    Err(Refused::Said(Problem { phrase, place: None, status: 429 }))
}

/// The same of an account in a network, or of a session.
fn waits_once(count: i64, last: Moment, now: Moment) -> Result<(), Refused> {
    waits("login-wait", wait(count, (FREE, LONGEST)), last, now)
}

/// Under what the failures of a network are counted: anew each day, since in a large one the last is never long ago.
fn network_key(from: IpAddr, now: Moment) -> String {
    secrets::hash(&format!("network {} {}", network(from), now.day()))
}

impl Identity {
    async fn may_try(&self, key: &str, now: Moment) -> Result<(), Refused> {
        let mut tx = self.store.read(&Scope::PUBLIC).await?;
        let (count, last) = store::attempts(&mut tx, key).await?;
        waits_once(count, last, now)
    }

    /// Whether somebody of this network may try a password or a code that is nobody's yet, or must wait for those who failed
    /// there. Cost: one row.
    pub(crate) async fn network_may_try(&self, from: IpAddr, now: Moment) -> Result<(), Refused> {
        let mut tx = self.store.read(&Scope::PUBLIC).await?;
        let (count, last) = store::attempts(&mut tx, &network_key(from, now)).await?;
        waits("login-wait-network", wait(count, (FREE_NETWORK, LONGEST_NETWORK)), last, now)
    }

    /// Counts a try before it is made, in a transaction of its own, so that many sent at once are not all the first; the
    /// how-manieth it is. What succeeds is forgotten afterwards ([`store::succeeded`]). Cost: two rows.
    pub(crate) async fn try_once(&self, key: &str, clock: &dyn Clock) -> Result<i64, Refused> {
        // Looking first does not stand in writers' way.
        self.may_try(key, clock.now()).await?;
        let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
        tx.lock(&format!("identity.attempt {key}")).await?;
        let (count, last) = store::attempts(&mut tx, key).await?;
        waits_once(count, last, clock.now())?;
        store::failed(&mut tx, key).await?;
        tx.commit().await?;
        Ok(count + 1)
    }

    /// What a hash said; where there was no room for one, the try was none.
    pub(crate) async fn hash_tried(
        &self,
        key: &str,
        said: Result<bool, Busy>,
        clock: &dyn Clock,
    ) -> Result<bool, Refused> {
        if said.is_err() {
            let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
            store::not_tried(&mut tx, key).await?;
            tx.commit().await?;
        }
        Ok(said?)
    }

    /// Counts a failure against its network, after it was made: what goes well is never counted, and so many at once as one
    /// network has places ([`password::SHARE`]) is little beside what is free. Whoever it was of waits for one transaction,
    /// so that nobody tells by the time who is known here. Cost: one row; a line where it is of somebody.
    pub(crate) async fn note_failure(
        &self,
        person: Option<PersonId>,
        from: IpAddr,
        clock: &dyn Clock,
    ) -> Result<(), Refused> {
        let mut tx = self.store.write(&Actor::SYSTEM, clock).await?;
        // Of nobody we know there is nothing more to say; the request stands in the log.
        if let Some(person) = person {
            store::note_own(&mut tx, "identity.login-failed", person, json!({})).await?;
        }
        // Last: whoever else fails in this network waits for this row.
        let key = network_key(from, tx.now());
        store::failed(&mut tx, &key).await?;
        Ok(tx.commit().await?)
    }

    /// What a browser keeps in which somebody gave the password of a login: there they do not wait for whoever guesses in their
    /// network. It opens nothing.
    pub fn familiar(&self, login: &str) -> String {
        self.key.seal(&[FAMILIAR, store::login_key(login).as_bytes()].concat())
    }

    /// Whether what a browser kept is of this login.
    pub fn is_familiar(&self, kept: &str, login: &str) -> bool {
        let opened = self.key.open(kept).unwrap_or_default();
        opened.strip_prefix(FAMILIAR).is_some_and(|of| of == store::login_key(login).as_bytes())
    }

    /// A login by password. `label` names the browser for its owner's list; `kept`: what it keeps of an earlier one. Cost: one
    /// hash and as many transactions, whoever it is; five rows.
    pub async fn by_password(
        &self,
        login: &str,
        password: &str,
        from: IpAddr,
        (label, kept): (&str, &str),
        clock: &dyn Clock,
    ) -> Result<Step, Refused> {
        let network = network(from);
        let key = secrets::hash(&format!("{} {network}", store::login_key(login)));
        match self.network_may_try(from, clock.now()).await {
            // Opened only where it matters: what does not open has the key read again.
            Err(Refused::Said(_)) if self.is_familiar(kept, login) => {}
            may => may?,
        }
        self.try_once(&key, clock).await?;
        let person = {
            let mut tx = self.store.read(&Scope::PUBLIC).await?;
            store::by_login(&mut tx, login).await?
        };
        let known = person.as_ref().filter(|p| !p.disabled).and_then(|p| p.password.as_deref());
        let long = password.chars().count() > password::MOST;
        let said = password::is(&network, if long { "" } else { password }, known).await;
        if !self.hash_tried(&key, said, clock).await? || long {
            self.note_failure(person.map(|p| p.id), from, clock).await?;
            return Err(wrong("login-wrong"));
        }
        let Some(person) = person else { return Err(wrong("login-wrong")) };
        self.enter(&person, &key, label, clock).await
    }

    /// Begins a session under its secret; where they are too many now, the oldest ends, and its owner is told. Cost: their
    /// sessions.
    pub(crate) async fn begin(
        &self,
        tx: &mut ::store::WriteTx,
        secret: &str,
        person: PersonId,
        begun: Begun,
        label: &str,
    ) -> ::store::Result<()> {
        let hash = secrets::hash(secret);
        store::begin(tx, &hash, person, begun, label).await?;
        if begun == Begun::Half {
            return Ok(());
        }
        let ended = store::end_oldest(tx, &hash, person, self.most_sessions).await?;
        told::sessions_ended(tx, person, &ended, self.most_sessions).await
    }

    /// A new session: whatever secret the browser brought is not the one it goes on with.
    async fn enter(&self, person: &Person, key: &str, label: &str, clock: &dyn Clock) -> Result<Step, Refused> {
        let secret = secrets::secret();
        let begun = if person.totp.is_none() || person.demo { Begun::Full } else { Begun::Half };
        let mut tx = self.store.write(&own(person.id), clock).await?;
        store::succeeded(&mut tx, key).await?;
        self.begin(&mut tx, &secret, person.id, begun, label).await?;
        tx.commit().await?;
        Ok(if begun == Begun::Half { Step::Second(secret) } else { Step::In(secret) })
    }

    /// A login as somebody of the demo, where the site is one. Cost: two rows.
    pub async fn as_demo(&self, id: PersonId, label: &str, clock: &dyn Clock) -> Result<Step, Refused> {
        let person = {
            let mut tx = self.store.read(&Scope::PUBLIC).await?;
            store::get(&mut tx, id).await?
        };
        match person.filter(|person| self.demo && person.demo && !person.disabled) {
            Some(person) => self.enter(&person, "", label, clock).await,
            None => Err(wrong("login-wrong")),
        }
    }

    /// Takes a code of somebody's second factor, by time or of recovery; whether it was one. Of two that bring the same code at
    /// once one comes first. Cost: two rows.
    pub(crate) async fn code_taken(
        &self,
        tx: &mut ::store::WriteTx,
        person: &Person,
        code: &str,
    ) -> ::store::Result<bool> {
        let secret = person.totp.as_deref().and_then(|sealed| self.key.open(sealed));
        match secret.and_then(|secret| second::step(&secret, code, tx.now(), person.totp_step)) {
            Some(step) => store::take_step(tx, person.id, step).await,
            None => recovery::take(tx, person.id, code).await,
        }
    }

    /// The second step: a code by time of whoever the waiting session is. Cost: four rows.
    pub async fn by_code(
        &self,
        waiting: &str,
        code: &str,
        from: IpAddr,
        label: &str,
        clock: &dyn Clock,
    ) -> Result<String, Refused> {
        let hash = secrets::hash(waiting);
        let person = {
            let mut tx = self.store.read(&Scope::PUBLIC).await?;
            match store::half(&mut tx, &hash, clock.now()).await? {
                Some(id) => store::get(&mut tx, id).await?,
                None => None,
            }
        };
        let Some(person) = person.filter(|person| !person.disabled) else { return Err(wrong("login-again")) };
        let key = secrets::hash(&format!("second {} {}", person.id, network(from)));
        self.try_once(&key, clock).await?;
        let secret = secrets::secret();
        let mut tx = self.store.write(&own(person.id), clock).await?;
        if !self.code_taken(&mut tx, &person, code).await? {
            drop(tx);
            self.note_failure(Some(person.id), from, clock).await?;
            return Err(wrong("login-code-wrong"));
        }
        store::succeeded(&mut tx, &key).await?;
        store::end(&mut tx, person.id, &hash).await?;
        self.begin(&mut tx, &secret, person.id, Begun::Full, label).await?;
        tx.commit().await?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let one = |count| wait(count, (FREE, LONGEST));
        assert_eq!([0, 4, 5, 6, 9, 80].map(one), [0, 0, 1_000_000, 2_000_000, 16_000_000, LONGEST]);
        let all = |count| wait(count, (FREE_NETWORK, LONGEST_NETWORK));
        assert_eq!([0, 59, 60, 61, 66, 999].map(all), [0, 0, 1_000_000, 2_000_000, LONGEST_NETWORK, LONGEST_NETWORK]);
    }

    #[test]
    fn a_network_is_the_neighbourhood_of_an_address() {
        for (address, wanted) in [("203.0.113.9", "203.0.113"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2")] {
            assert_eq!(network(address.parse().expect("an address")), wanted);
        }
    }
}
