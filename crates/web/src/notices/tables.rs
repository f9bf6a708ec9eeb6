//! The tables of notices and letters, prefixed `web_`.

use store::Migration;

pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "web",
    version: 1,
    name: "notices, choices, letters",
    sql: "
CREATE TABLE web_matter (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, person INTEGER, role TEXT, kind TEXT NOT NULL,
    text_vi TEXT NOT NULL, text_en TEXT NOT NULL, link TEXT NOT NULL, unit INTEGER, search TEXT NOT NULL,
    spread INTEGER NOT NULL
) STRICT;
CREATE INDEX web_matter_waiting ON web_matter (id) WHERE spread = 0;
CREATE TABLE web_notice (
    id INTEGER PRIMARY KEY, matter INTEGER NOT NULL, person INTEGER NOT NULL, way TEXT NOT NULL, told INTEGER NOT NULL,
    read_at INTEGER
) STRICT;
CREATE UNIQUE INDEX web_notice_person ON web_notice (person, matter);
CREATE INDEX web_notice_unread ON web_notice (person) WHERE read_at IS NULL;
CREATE INDEX web_notice_morning ON web_notice (person) WHERE told = 0;
CREATE TABLE web_bell (person INTEGER PRIMARY KEY, unread INTEGER NOT NULL) STRICT;
CREATE TABLE web_choice (
    person INTEGER NOT NULL, kind TEXT NOT NULL, way TEXT NOT NULL, PRIMARY KEY (person, kind)
) STRICT;
CREATE TABLE web_outbox (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, template TEXT NOT NULL, person INTEGER, address TEXT NOT NULL,
    name TEXT NOT NULL, lang TEXT NOT NULL, subject TEXT NOT NULL, sealed TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL, at INTEGER NOT NULL, due_at INTEGER NOT NULL, ends_at INTEGER, ended_at INTEGER, problem TEXT,
    search TEXT NOT NULL
) STRICT;
CREATE INDEX web_outbox_due ON web_outbox (due_at) WHERE state = 'waiting';
CREATE INDEX web_outbox_state ON web_outbox (state, id);
",
}];
