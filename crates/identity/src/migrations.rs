//! The tables of people. What has landed never changes: what is missing is added by the next one.

use store::Migration;

pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "identity",
    version: 1,
    name: "people, roles, sessions, tokens, codes",
    sql: "
CREATE TABLE identity_person (
    id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, search TEXT NOT NULL, ord TEXT NOT NULL,
    email TEXT, lang TEXT NOT NULL, password TEXT, password_at INTEGER, totp TEXT, totp_step INTEGER NOT NULL,
    disabled INTEGER NOT NULL, demo INTEGER NOT NULL, version INTEGER NOT NULL, made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX identity_person_ord ON identity_person (ord, id);
CREATE TABLE identity_grant (
    id INTEGER PRIMARY KEY, person INTEGER NOT NULL, role TEXT NOT NULL, unit INTEGER, agency INTEGER, criteria TEXT,
    from_day INTEGER NOT NULL, to_day INTEGER, given_by INTEGER, given_at INTEGER NOT NULL, ended_by INTEGER,
    ended_at INTEGER, reason TEXT
) STRICT;
CREATE INDEX identity_grant_person ON identity_grant (person);
CREATE INDEX identity_grant_role ON identity_grant (role);
CREATE INDEX identity_grant_unit ON identity_grant (unit);
CREATE TABLE identity_session (
    hash TEXT PRIMARY KEY, person INTEGER NOT NULL, state TEXT NOT NULL, made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, label TEXT NOT NULL
) STRICT;
CREATE INDEX identity_session_person ON identity_session (person);
CREATE INDEX identity_session_ends ON identity_session (ends_at);
CREATE TABLE identity_token (
    id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, person INTEGER NOT NULL, name TEXT NOT NULL, only_for TEXT NOT NULL,
    made_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, used_at INTEGER, revoked_at INTEGER
) STRICT;
CREATE INDEX identity_token_person ON identity_token (person);
CREATE TABLE identity_code (
    hash TEXT PRIMARY KEY, kind TEXT NOT NULL, person INTEGER, made_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE TABLE identity_attempt (key TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;
CREATE INDEX identity_attempt_last ON identity_attempt (last_at);
",
}, Migration {
    room: "identity",
    version: 2,
    name: "what wants a second administrator",
    sql: "
CREATE TABLE identity_proposal (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, person INTEGER NOT NULL, details TEXT NOT NULL, half TEXT,
    asked_by INTEGER, asked_at INTEGER NOT NULL, decided_by INTEGER, decided_at INTEGER, decision TEXT, reason TEXT
) STRICT;
CREATE INDEX identity_proposal_open ON identity_proposal (asked_at) WHERE decision IS NULL;
CREATE INDEX identity_proposal_person ON identity_proposal (person);
",
}, crate::passkey::MIGRATION, crate::linked::MIGRATION, crate::linked::STRONG];
