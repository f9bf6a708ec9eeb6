//! The nouns: a person, a role held, a session, a token.

use kernel::{AgencyId, CriterionRef, Day, Moment, PersonId, Role, UnitId};

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// What they type to log in.
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    /// `vi` or `en`.
    pub lang: String,
    /// The hash of their password in PHC form; `None` until they set one.
    pub password: Option<String>,
    /// The sealed secret of their second factor.
    pub totp: Option<String>,
    /// The last step of time whose code was taken.
    pub totp_step: i64,
    pub disabled: bool,
    /// A made-up person of the demo: logs in by a button, where the demo says so.
    pub demo: bool,
    pub made: Moment,
    /// Counts what was changed of the account: whoever corrects it names the one they saw.
    pub version: i64,
}

/// A role held, or once held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: i64,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub unit_name: String,
    /// The unit's last day, where it has one.
    pub unit_last: Option<Day>,
    pub agency: Option<AgencyId>,
    /// Its name in Vietnamese and in English.
    pub agency_name: Option<(String, String)>,
    pub criteria: Option<Vec<CriterionRef>>,
    pub from: Day,
    pub to: Option<Day>,
    pub ended: bool,
    /// The provider by whose word it is held.
    pub source: Option<String>,
}

impl Held {
    /// Whether it stands on a day.
    pub fn stands(&self, today: Day) -> bool {
        self.from <= today && self.lasts(today)
    }

    /// Whether it stands on a day, or will.
    pub fn lasts(&self, today: Day) -> bool {
        !self.ended && self.to.is_none_or(|to| to >= today)
    }

    /// Whether its unit was no more on a day.
    pub fn is_of_past(&self, today: Day) -> bool {
        self.unit_last.is_some_and(|last| last < today)
    }
}

/// What an account says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub login: String,
    pub name: String,
    pub email: Option<String>,
}

/// A role to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    pub person: PersonId,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub agency: Option<AgencyId>,
    pub criteria: Option<Vec<CriterionRef>>,
    pub from: Day,
    pub to: Option<Day>,
}

/// What waits for a second administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Grant(NewGrant),
    /// A code to set a password by, for somebody with power.
    Code,
    /// Another login or address of mail, for somebody with power.
    Account {
        login: String,
        email: Option<String>,
    },
}

/// Something that one administrator asks for and another lets pass or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub id: i64,
    pub person: PersonId,
    pub asked: Asked,
    /// The sealed first half of a code.
    pub half: Option<String>,
    pub by: Option<PersonId>,
    pub at: Moment,
}

/// A session of somebody, as they see it themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it without being its secret.
    pub hash: String,
    pub made: Moment,
    pub seen: Moment,
    pub label: String,
}

/// A token of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: i64,
    pub name: String,
    pub only: Vec<String>,
    pub made: Moment,
    pub ends: Moment,
    pub used: Option<Moment>,
    pub revoked: bool,
}
