//! Who acts, and on what.

use crate::{PersonId, UnitId};

/// What an actor may be. People's roles come with logins; until then there are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Anybody: reads what is published.
    Reader,
    /// Whoever sits at the machine, on loopback, with `--local-admin`.
    LocalAdmin,
    /// The program itself: migrations, jobs, the demo.
    System,
}

impl Role {
    /// Every role, in the order of the permission table.
    pub const ALL: [Role; 3] = [Role::Reader, Role::LocalAdmin, Role::System];

    /// The stable name used in the permission table and in audit lines.
    pub fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::LocalAdmin => "local_admin",
            Role::System => "system",
        }
    }
}

/// Who acts: every action takes one, every audit line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub role: Role,
    pub person: Option<PersonId>,
}

impl Actor {
    pub const READER: Actor = Actor { role: Role::Reader, person: None };
    pub const LOCAL_ADMIN: Actor = Actor { role: Role::LocalAdmin, person: None };
    pub const SYSTEM: Actor = Actor { role: Role::System, person: None };

    /// What this actor may reach: the reader the published side of every unit, the others everything.
    pub fn scope(&self) -> Scope {
        match self.role {
            Role::Reader => Scope { units: UnitScope::All, working: false },
            Role::LocalAdmin | Role::System => Scope { units: UnitScope::All, working: true },
        }
    }
}

/// Which units a scope reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitScope {
    All,
    /// The subtree under each of these units.
    Under(Vec<UnitId>),
}

/// What may be reached; the store answers no query without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub units: UnitScope,
    /// Whether unpublished (working) versions may be read.
    pub working: bool,
}
