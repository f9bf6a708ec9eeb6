//! Routes and the permission table, made in one step so that neither can be without the other.

use crate::{
    Site,
    permissions::{self, Holders},
};
use axum::{Router, routing::MethodRouter};
use kernel::Role;
use std::time::Duration;

/// A row of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub method: &'static str,
    pub path: &'static str,
    pub action: &'static str,
    pub resource: &'static str,
    /// Whether everybody may; else the rule of its action and resource says who ([`crate::permissions`]).
    pub public: bool,
    /// Whether whoever imports for a whole province may send more than [`MOST_BYTES`], up to [`MOST_BYTES_LARGE`], by saying
    /// `large=true`; its answer may take an hour.
    pub large: bool,
}

impl Permission {
    /// Everybody for whom this row may let a request pass, in the order of the roles.
    pub fn roles(&self) -> Vec<Role> {
        let held = Role::ALL.iter().copied();
        match permissions::rule_of(self.action, self.resource).map(|rule| rule.who) {
            _ if self.public => held.collect(),
            Some(Holders::Own) => held.filter(|role| role.is_held()).collect(),
            Some(Holders::Roles(roles)) => held.filter(|role| roles.iter().any(|(one, _)| one == role)).collect(),
            None => Vec::new(),
        }
    }
}

/// What a request may send.
pub const MOST_BYTES: usize = 51_000_000;
/// What anybody may write.
pub const MOST_BYTES_PUBLIC: usize = 64_000;
pub const MOST_BYTES_LARGE: usize = 500_000_000;

/// How long an answer may take, and where much may be sent.
pub(crate) const TIME: Duration = Duration::from_secs(120);
pub(crate) const TIME_LARGE: Duration = Duration::from_secs(3_600);

/// A room's routes with their rows.
#[derive(Default)]
pub struct Routes {
    pub(crate) router: Router<Site>,
    pub table: Vec<Permission>,
}

impl Routes {
    pub fn new() -> Routes {
        Routes::default()
    }

    /// A page or answer that anybody may read.
    pub fn read(self, path: &'static str, resource: &'static str, handler: MethodRouter<Site>) -> Routes {
        self.add(Permission { method: "GET", path, action: "read", resource, public: true, large: false }, handler)
    }

    /// A page or answer for those whom a rule names.
    pub fn read_inside(self, path: &'static str, resource: &'static str, handler: MethodRouter<Site>) -> Routes {
        self.add(Permission { method: "GET", path, action: "read", resource, public: false, large: false }, handler)
    }

    /// A write of those whom a rule names, only from the same site or by API.
    pub fn write(
        self,
        path: &'static str,
        action: &'static str,
        resource: &'static str,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method: "POST", path, action, resource, public: false, large: false }, handler)
    }

    /// A write that anybody may send, of few bytes ([`MOST_BYTES_PUBLIC`]), only from the same site or by a program. The
    /// handler limits how many it takes.
    pub fn write_public(
        self,
        path: &'static str,
        action: &'static str,
        resource: &'static str,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method: "POST", path, action, resource, public: true, large: false }, handler)
    }

    /// A write that may be large; see [`Permission::large`].
    pub fn write_large(
        self,
        path: &'static str,
        action: &'static str,
        resource: &'static str,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method: "POST", path, action, resource, public: false, large: true }, handler)
    }

    /// A route of any method for those whom a rule names: of a protocol that has more of them than GET and POST, or a GET
    /// that may have to write. With `slow` its answer may take an hour.
    pub fn by(
        self,
        method: &'static str,
        path: &'static str,
        (action, resource): (&'static str, &'static str),
        slow: bool,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method, path, action, resource, public: false, large: slow }, handler)
    }

    /// What a protocol offers (OPTIONS), told to anybody.
    pub fn offers(self, path: &'static str, resource: &'static str, handler: MethodRouter<Site>) -> Routes {
        self.add(Permission { method: "OPTIONS", path, action: "ask", resource, public: true, large: false }, handler)
    }

    fn add(mut self, row: Permission, handler: MethodRouter<Site>) -> Routes {
        // The guard holds each request against these rows before a handler runs.
        self.router = self.router.route(row.path, handler);
        self.table.push(row);
        self
    }

    pub fn merge(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }
}
