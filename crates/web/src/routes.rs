//! Routes and the permission table, made in one step so that neither can be without the other.

use crate::Site;
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
    pub roles: &'static [Role],
    /// Whether a local admin may send more than [`MOST_BYTES`], up to [`MOST_BYTES_LARGE`], by saying `large=true`; its
    /// answer may take an hour.
    pub large: bool,
}

/// What a request may send.
pub const MOST_BYTES: usize = 51_000_000;
/// What anybody may write.
pub const MOST_BYTES_PUBLIC: usize = 64_000;
pub const MOST_BYTES_LARGE: usize = 500_000_000;

/// How long an answer may take, and where much may be sent.
pub(crate) const TIME: Duration = Duration::from_secs(120);
pub(crate) const TIME_LARGE: Duration = Duration::from_secs(3_600);

/// Everybody.
pub const ANYBODY: &[Role] = &[Role::Reader, Role::LocalAdmin, Role::System];
/// Those who may write until people log in.
pub const WRITERS: &[Role] = &[Role::LocalAdmin, Role::System];

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
        self.add(Permission { method: "GET", path, action: "read", resource, roles: ANYBODY, large: false }, handler)
    }

    /// A page or answer for those who may write.
    pub fn read_inside(self, path: &'static str, resource: &'static str, handler: MethodRouter<Site>) -> Routes {
        self.add(Permission { method: "GET", path, action: "read", resource, roles: WRITERS, large: false }, handler)
    }

    /// A write: only writers, only from the same site or by API.
    pub fn write(
        self,
        path: &'static str,
        action: &'static str,
        resource: &'static str,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method: "POST", path, action, resource, roles: WRITERS, large: false }, handler)
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
        self.add(Permission { method: "POST", path, action, resource, roles: ANYBODY, large: false }, handler)
    }

    /// A write that may be large; see [`Permission::large`].
    pub fn write_large(
        self,
        path: &'static str,
        action: &'static str,
        resource: &'static str,
        handler: MethodRouter<Site>,
    ) -> Routes {
        self.add(Permission { method: "POST", path, action, resource, roles: WRITERS, large: true }, handler)
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
