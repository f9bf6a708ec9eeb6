//! The tables of notices, letters and webhooks, prefixed `web_`.

use store::Migration;

pub const MIGRATIONS: &[Migration] = &[FIRST, SECOND, THIRD, FOURTH];

/// Letters that were written before each had an end: a week after they were written, in microseconds, as those written since.
const FOURTH: Migration = Migration {
    room: "web",
    version: 4,
    name: "an end for each letter that waits",
    sql: "
UPDATE web_outbox SET ends_at = at + 604800000000 WHERE state = 'waiting' AND ends_at IS NULL;
",
};

/// A secret that was changed stands beside the new one for a while; an address that was deleted goes when its calls are gone.
const THIRD: Migration = Migration {
    room: "web",
    version: 3,
    name: "secrets of webhooks changed, addresses deleted",
    sql: "
ALTER TABLE web_webhook ADD COLUMN old_sealed TEXT;
ALTER TABLE web_webhook ADD COLUMN old_until INTEGER;
",
};

/// What happened, who outside wants to hear of it, and how each call went.
const SECOND: Migration = Migration {
    room: "web",
    version: 2,
    name: "events, webhooks, calls",
    sql: "
CREATE TABLE web_webhook (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, sealed TEXT NOT NULL,
    state TEXT NOT NULL, made_at INTEGER NOT NULL, made_by INTEGER, failing_since INTEGER, search TEXT NOT NULL
) STRICT;
CREATE TABLE web_event (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
    hook INTEGER, spread INTEGER NOT NULL
) STRICT;
CREATE INDEX web_event_waiting ON web_event (id) WHERE spread = 0;
CREATE TABLE web_call (
    id INTEGER PRIMARY KEY, hook INTEGER NOT NULL, event INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL, ended_at INTEGER, problem TEXT
) STRICT;
CREATE UNIQUE INDEX web_call_event ON web_call (hook, event);
CREATE INDEX web_call_due ON web_call (due_at) WHERE state = 'waiting';
",
};

const FIRST: Migration = Migration {
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
};
