//! Who asks: the edge's view of people. The crate that keeps them gives the site an implementation.

use crate::permissions;
use axum::http::{HeaderMap, header};
use futures::future::BoxFuture;
use kernel::{Actor, Grant, Moment, PersonId, Role};
use std::{collections::HashMap, sync::Arc};
use store::{ReadTx, Result};

/// The name of the cookie of a session where the site is reached by https, and where it is not.
pub const COOKIE: [&str; 2] = ["__Host-langso", "langso"];

/// Somebody who is logged in, or a program with a token, as of this request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    pub person: PersonId,
    pub name: String,
    /// The roles held today.
    pub grants: Vec<Grant>,
    /// Names the session or token, not the secret.
    pub session: String,
    /// Of a token what it was made for: `action resource`; `None` of a person's own session, which may all that they may.
    pub only: Option<Vec<String>>,
    /// What must be done before anything else: the path of that page.
    pub first: Option<&'static str>,
}

impl Who {
    /// Whether a token was made for this; a person's own session needs none.
    pub fn token_allows(&self, action: &str, resource: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|one| one.split_once(' ') == Some((action, resource))))
    }
}

/// What a request shows of who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim<'a> {
    Cookie(&'a str),
    Bearer(&'a str),
}

/// A cookie by its name, the first that is there.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|text| text.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
}

/// How to reach somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub email: Option<String>,
    /// `vi` or `en`.
    pub lang: String,
}

/// The people of a site.
pub trait People: Send + Sync {
    /// Whose session or token this is, with the roles they hold today; nobody's where it is none, has ended or was revoked.
    fn who<'a>(&'a self, tx: &'a mut ReadTx, claim: Claim<'a>, now: Moment) -> BoxFuture<'a, Result<Option<Who>>>;

    /// A person with the roles held today: for what they asked for earlier (a queued job).
    fn person<'a>(&'a self, tx: &'a mut ReadTx, person: PersonId, now: Moment) -> BoxFuture<'a, Result<Option<Who>>>;

    /// Names and addresses of people, of locked accounts, too.
    fn contacts<'a>(
        &'a self,
        tx: &'a mut ReadTx,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<HashMap<PersonId, Contact>>>;

    /// Who holds this role today.
    fn holders<'a>(
        &'a self,
        tx: &'a mut ReadTx,
        role: kernel::Role,
        now: Moment,
    ) -> BoxFuture<'a, Result<Vec<PersonId>>>;

    /// The one name under which a session's cookie is read: where the site is reached by https no other, since any page of the
    /// same host could set the plain one.
    fn cookie(&self) -> &'static str {
        COOKIE[1]
    }

    /// Who asks where a request shows nothing: a reader, on every site that has people.
    fn nobody(&self) -> Actor {
        Actor::READER
    }

    /// Whether nobody can log in.
    fn alone(&self) -> bool {
        false
    }
}

/// A site without people: everybody is one actor. For tests and for commands at the machine.
pub struct Everybody(pub Actor);

impl People for Everybody {
    fn who<'a>(&'a self, _: &'a mut ReadTx, _: Claim<'a>, _: Moment) -> BoxFuture<'a, Result<Option<Who>>> {
        Box::pin(async { Ok(None) })
    }

    fn person<'a>(&'a self, _: &'a mut ReadTx, _: PersonId, _: Moment) -> BoxFuture<'a, Result<Option<Who>>> {
        Box::pin(async { Ok(None) })
    }

    fn contacts<'a>(
        &'a self,
        _: &'a mut ReadTx,
        _: &'a [PersonId],
    ) -> BoxFuture<'a, Result<HashMap<PersonId, Contact>>> {
        Box::pin(async { Ok(HashMap::new()) })
    }

    fn holders<'a>(&'a self, _: &'a mut ReadTx, _: kernel::Role, _: Moment) -> BoxFuture<'a, Result<Vec<PersonId>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn nobody(&self) -> Actor {
        self.0.clone()
    }

    fn alone(&self) -> bool {
        true
    }
}

/// Who reads a page: what it shows depends on what they may do next.
#[derive(Clone, Debug)]
pub struct Reader {
    pub who: Option<Arc<Who>>,
    /// As whom a request is let in that shows nobody.
    pub nobody: Actor,
    /// Their notices that they have not read.
    pub unread: i64,
}

impl Reader {
    pub fn stranger(site: &crate::Site) -> Reader {
        Reader { who: None, nobody: site.people.nobody(), unread: 0 }
    }

    /// As whom this reader would do something; `None` where they may not.
    pub fn admitted(&self, action: &str, resource: &str) -> Option<Actor> {
        match &self.who {
            Some(who) => permissions::admit(action, resource, who),
            // Who works at the machine itself may all there is.
            None => (self.nobody.role == Role::LocalAdmin).then(|| self.nobody.clone()),
        }
    }

    /// As whom this reader would do something, one actor a role; none where they may not.
    pub fn actors(&self, action: &str, resource: &str) -> Vec<Actor> {
        match &self.who {
            Some(who) => permissions::actors(action, resource, who),
            None => self.admitted(action, resource).into_iter().collect(),
        }
    }

    pub fn may(&self, action: &str, resource: &str) -> bool {
        self.admitted(action, resource).is_some()
    }
}
