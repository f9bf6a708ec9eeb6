//! Tables of reporting, prefixed `reporting_`. Whatever belongs to a unit carries the period, so that a scope is held against
//! the tree of that time.

use ::store::Migration;

pub const MIGRATIONS: &[Migration] = &[FIRST, RETURNS, TERMS, CLOSED_WITH, DOUBTS, PUSHES, ACCEPTED];

const FIRST: Migration = Migration {
    room: "reporting",
    version: 1,
    name: "campaigns, criteria of units, actions, entries, comments",
    sql: "
CREATE TABLE reporting_campaign (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, search TEXT NOT NULL, period TEXT NOT NULL, province INTEGER NOT NULL,
    sets TEXT NOT NULL, as_of INTEGER NOT NULL, opens INTEGER NOT NULL, due INTEGER NOT NULL, review_due INTEGER NOT NULL,
    comments_stop INTEGER NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL
) STRICT;
CREATE TABLE reporting_unit (
    campaign INTEGER NOT NULL, unit INTEGER NOT NULL, period TEXT NOT NULL, name TEXT NOT NULL, search TEXT NOT NULL,
    ord TEXT NOT NULL, parent INTEGER, state TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL,
    asked INTEGER NOT NULL, filled INTEGER NOT NULL, waiting INTEGER NOT NULL, returned INTEGER NOT NULL,
    accepted INTEGER NOT NULL, comments INTEGER NOT NULL, PRIMARY KEY (campaign, unit)
) STRICT;
CREATE INDEX reporting_unit_state ON reporting_unit (campaign, state, ord);
CREATE TABLE reporting_item (
    campaign INTEGER NOT NULL, unit INTEGER NOT NULL, set_id TEXT NOT NULL, criterion TEXT NOT NULL, period TEXT NOT NULL,
    place INTEGER NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, asked INTEGER NOT NULL, filled INTEGER NOT NULL,
    agency INTEGER, officer INTEGER, PRIMARY KEY (campaign, unit, set_id, criterion)
) STRICT;
CREATE INDEX reporting_item_state ON reporting_item (campaign, state, since);
CREATE TABLE reporting_reviewer (
    campaign INTEGER NOT NULL, set_id TEXT NOT NULL, criterion TEXT NOT NULL, agency INTEGER NOT NULL,
    PRIMARY KEY (campaign, set_id, criterion)
) STRICT;
CREATE TABLE reporting_action (
    id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, unit INTEGER NOT NULL, set_id TEXT NOT NULL, criterion TEXT NOT NULL,
    period TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    actor TEXT NOT NULL, person INTEGER
) STRICT;
CREATE INDEX reporting_action_unit ON reporting_action (campaign, unit, id);
CREATE TABLE reporting_entry (
    campaign INTEGER NOT NULL, unit INTEGER NOT NULL, measure INTEGER NOT NULL, period TEXT NOT NULL, value TEXT, num TEXT,
    den TEXT, note TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, person INTEGER,
    PRIMARY KEY (campaign, unit, measure)
) STRICT;
CREATE TABLE reporting_hand (
    campaign INTEGER NOT NULL, unit INTEGER NOT NULL, measure INTEGER NOT NULL, person INTEGER NOT NULL,
    PRIMARY KEY (campaign, unit, measure, person)
) STRICT;
CREATE TABLE reporting_accepted (
    campaign INTEGER NOT NULL, unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL, origin INTEGER NOT NULL,
    revision INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (campaign, unit, measure, origin)
) STRICT;
CREATE TABLE reporting_comment (
    id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL,
    text TEXT NOT NULL, at INTEGER NOT NULL, person INTEGER, actor TEXT NOT NULL, answers INTEGER, closed_at INTEGER,
    closed_by TEXT
) STRICT;
CREATE INDEX reporting_comment_unit ON reporting_comment (campaign, unit, measure);
",
};

/// Deadlines laid down as so many working days: JSON of `model::Terms`.
const TERMS: Migration = Migration {
    room: "reporting",
    version: 11,
    name: "deadlines in working days",
    sql: "ALTER TABLE reporting_campaign ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';",
};

/// Whether doubts that nobody answered keep a unit from sending: not in campaigns of before.
const DOUBTS: Migration = Migration {
    room: "reporting",
    version: 13,
    name: "doubts keep a unit from sending",
    sql: "ALTER TABLE reporting_campaign ADD COLUMN doubts_stop INTEGER NOT NULL DEFAULT 0;",
};

/// Years being closed, and the pieces of their snapshots until they are put together.
const RETURNS: Migration = Migration {
    room: "reporting",
    version: 10,
    name: "returns",
    sql: "
CREATE TABLE reporting_return (
    id INTEGER PRIMARY KEY, province INTEGER NOT NULL, period TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    publish INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, asked_at INTEGER NOT NULL, actor TEXT NOT NULL,
    done_at INTEGER, sha256 TEXT, size INTEGER NOT NULL, attachment INTEGER, units INTEGER NOT NULL, figures INTEGER NOT NULL,
    verdicts INTEGER NOT NULL
) STRICT;
CREATE INDEX reporting_return_province ON reporting_return (province, period);
CREATE TABLE reporting_return_part (
    return_id INTEGER NOT NULL, kind TEXT NOT NULL, part INTEGER NOT NULL, body TEXT NOT NULL, items INTEGER NOT NULL,
    PRIMARY KEY (return_id, kind, part)
) STRICT;
",
};

/// Campaigns that a year's closing closed: opening the year opens them again.
const CLOSED_WITH: Migration = Migration {
    room: "reporting",
    version: 12,
    name: "campaigns closed with their year",
    sql: "
ALTER TABLE reporting_campaign ADD COLUMN closed_with INTEGER;
",
};

/// Installations that take returns, and what was sent to which.
const PUSHES: Migration = Migration {
    room: "reporting",
    version: 14,
    name: "returns sent on",
    sql: "
CREATE TABLE reporting_receiver (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, search TEXT NOT NULL, kind TEXT NOT NULL, url TEXT NOT NULL, sealed TEXT NOT NULL,
    publish INTEGER NOT NULL, state TEXT NOT NULL, made_at INTEGER NOT NULL
) STRICT;
CREATE TABLE reporting_push (
    id INTEGER PRIMARY KEY, return_id INTEGER NOT NULL, receiver INTEGER NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL, status INTEGER, answer TEXT NOT NULL, asked_at INTEGER NOT NULL, ended_at INTEGER
) STRICT;
CREATE INDEX reporting_push_return ON reporting_push (return_id, id);
",
};

/// The values of shorter periods that were accepted: their entries keep no history.
const ACCEPTED: Migration = Migration {
    room: "reporting",
    version: 15,
    name: "accepted values of shorter periods",
    sql: "
ALTER TABLE reporting_accepted ADD COLUMN value TEXT;
ALTER TABLE reporting_accepted ADD COLUMN num TEXT;
ALTER TABLE reporting_accepted ADD COLUMN den TEXT;
",
};
