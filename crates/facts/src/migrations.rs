//! Tables of figures and verdicts, prefixed `facts_`.

use store::Migration;

pub const MIGRATIONS: &[Migration] = &[
    FIRST,
    SECOND,
    THIRD,
    FOURTH,
    FIFTH,
    SIXTH,
    SEVENTH,
    EIGHTH,
    NINTH,
    crate::checks::MIGRATION,
    crate::checks::RUNS,
    PERSON,
];

/// Who wrote a line: nobody reviews what they entered, by whichever door. Lines of before say nothing.
const PERSON: Migration = Migration {
    room: "facts",
    version: 13,
    name: "who wrote a figure",
    sql: "ALTER TABLE facts_history ADD COLUMN person INTEGER;",
};

/// Years that provinces closed, and opened again.
const EIGHTH: Migration = Migration {
    room: "facts",
    version: 8,
    name: "closed years",
    sql: "
CREATE TABLE facts_closed (
    province INTEGER NOT NULL, period TEXT NOT NULL, number INTEGER NOT NULL, closed_at INTEGER NOT NULL,
    closed_by TEXT NOT NULL, snapshot TEXT NOT NULL, reopened_at INTEGER, reopened_by TEXT, reason TEXT,
    PRIMARY KEY (province, period, number)
) STRICT;
",
};

/// Pieces that come in part by part: how much of each is on the disk. The bytes lie in a file of their own until all are there.
const SEVENTH: Migration = Migration {
    room: "facts",
    version: 7,
    name: "evidence that comes in part by part",
    sql: "
CREATE TABLE facts_incoming (
    id TEXT PRIMARY KEY, unit INTEGER NOT NULL, actor TEXT NOT NULL, person INTEGER, name TEXT NOT NULL, size INTEGER NOT NULL,
    received INTEGER NOT NULL, parts INTEGER NOT NULL, fields TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
    evidence INTEGER, refused TEXT
) STRICT;
CREATE INDEX facts_incoming_person ON facts_incoming (person);
CREATE INDEX facts_incoming_until ON facts_incoming (until);
",
};

/// Evidence: a file of a unit, what it proves, what looks the same. `teller`: who says when and where it was taken; `away`:
/// metres outside the unit; `b0`…`b3`: the four parts of `hash`, by which near ones are found; `distance` -1: the same file.
const SIXTH: Migration = Migration {
    room: "facts",
    version: 6,
    name: "evidence",
    sql: "
CREATE TABLE facts_evidence (
    id INTEGER PRIMARY KEY, unit INTEGER NOT NULL, sha256 TEXT NOT NULL, attachment INTEGER NOT NULL, name TEXT NOT NULL,
    search TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, actor TEXT NOT NULL, person INTEGER,
    at INTEGER NOT NULL, note TEXT NOT NULL, is_public INTEGER NOT NULL, width INTEGER, height INTEGER, pages INTEGER,
    taken TEXT, lat REAL, lon REAL, teller TEXT, away INTEGER, approximate INTEGER, looked_at INTEGER, preview INTEGER,
    hash INTEGER, b0 INTEGER, b1 INTEGER, b2 INTEGER, b3 INTEGER, scan TEXT NOT NULL, scan_said TEXT, scanned_at INTEGER,
    covered INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX facts_evidence_file ON facts_evidence (unit, sha256);
CREATE INDEX facts_evidence_sha256 ON facts_evidence (sha256);
CREATE INDEX facts_evidence_b0 ON facts_evidence (b0);
CREATE INDEX facts_evidence_b1 ON facts_evidence (b1);
CREATE INDEX facts_evidence_b2 ON facts_evidence (b2);
CREATE INDEX facts_evidence_b3 ON facts_evidence (b3);
CREATE TABLE facts_evidence_use (
    evidence INTEGER NOT NULL, unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL, at INTEGER NOT NULL,
    actor TEXT NOT NULL, ended_at INTEGER, ended_actor TEXT, ended_why TEXT, PRIMARY KEY (unit, period, measure, evidence)
) STRICT;
CREATE INDEX facts_evidence_use_piece ON facts_evidence_use (evidence);
CREATE TABLE facts_evidence_alike (
    evidence INTEGER NOT NULL, other INTEGER NOT NULL, other_unit INTEGER NOT NULL, other_at INTEGER NOT NULL,
    distance INTEGER NOT NULL, PRIMARY KEY (evidence, other)
) STRICT;
",
};

/// Figures held while they are reviewed (1), or locked (2).
const NINTH: Migration = Migration {
    room: "facts",
    version: 9,
    name: "holds",
    sql: "
CREATE TABLE facts_hold (
    unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL, strength INTEGER NOT NULL,
    PRIMARY KEY (unit, period, measure)
) STRICT;
",
};

/// The law as administrators change it: what is laid on the shipped sets, sets that were entered, and one line a change, by
/// which every process finds that it must read the law again. A body is JSON of `rulebook::Overlay`, or of a set.
const FIFTH: Migration = Migration {
    room: "facts",
    version: 5,
    name: "overlays, confirmations, drafts of sets",
    sql: "
CREATE TABLE facts_law_step (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL
) STRICT;
CREATE TABLE facts_overlay (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, set_id TEXT NOT NULL, number TEXT NOT NULL, signed INTEGER NOT NULL,
    issuer TEXT NOT NULL, document TEXT NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER, body TEXT NOT NULL,
    search TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, ended_at INTEGER, ended_by TEXT, ended_why TEXT
) STRICT;
CREATE INDEX facts_overlay_set ON facts_overlay (set_id);
CREATE TABLE facts_draft (
    id INTEGER PRIMARY KEY, set_id TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL,
    file TEXT NOT NULL, body TEXT NOT NULL, drafted_at INTEGER NOT NULL, drafted_by TEXT NOT NULL, drafter INTEGER,
    decided_at INTEGER, decided_by TEXT, why TEXT
) STRICT;
CREATE INDEX facts_draft_set ON facts_draft (set_id);
",
};

/// Mistakes that readers tell of.
const FOURTH: Migration = Migration {
    room: "facts",
    version: 4,
    name: "reports of mistakes",
    sql: "
CREATE TABLE facts_report (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, page TEXT NOT NULL, unit INTEGER, measure TEXT,
    set_id TEXT, indicator TEXT, text TEXT NOT NULL, contact TEXT NOT NULL, search TEXT NOT NULL, answer TEXT,
    answered_at INTEGER, answered_by TEXT
) STRICT;
CREATE INDEX facts_report_at ON facts_report (at);
",
};

/// What a large upload needs: how many figures it has, and the answer of the job that committed it.
const SECOND: Migration = Migration {
    room: "facts",
    version: 2,
    name: "large uploads",
    sql: "
ALTER TABLE facts_upload ADD COLUMN figures INTEGER NOT NULL DEFAULT 0;
CREATE TABLE facts_job (job INTEGER PRIMARY KEY, name TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
",
};

/// Figures published after they were recorded, the law in use, what was judged again. A line that was recorded as published
/// needs no row in `facts_publication`.
const THIRD: Migration = Migration {
    room: "facts",
    version: 3,
    name: "figures published later, law in use, judged again",
    sql: "
CREATE TABLE facts_publication (revision INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL) STRICT;
CREATE TABLE facts_law (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE facts_rejudged (
    law INTEGER NOT NULL, unit INTEGER NOT NULL, set_id TEXT NOT NULL, period TEXT NOT NULL, edition INTEGER NOT NULL,
    before TEXT, after TEXT NOT NULL, PRIMARY KEY (law, unit, set_id, period, edition)
) STRICT;
",
};

const FIRST: Migration = Migration {
    room: "facts",
    version: 1,
    name: "measures, figures, history, verdicts",
    sql: "
CREATE TABLE facts_measure (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE facts_history (
    revision INTEGER PRIMARY KEY, unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL,
    origin INTEGER NOT NULL, value TEXT, num TEXT, den TEXT, shadow REAL, stage TEXT NOT NULL, actor TEXT NOT NULL,
    at INTEGER NOT NULL, source TEXT NOT NULL, note TEXT, import INTEGER
) STRICT;
CREATE INDEX facts_history_figure ON facts_history (unit, period, measure, origin);
CREATE TABLE facts_figure (
    unit INTEGER NOT NULL, period TEXT NOT NULL, measure INTEGER NOT NULL, origin INTEGER NOT NULL, stage TEXT NOT NULL,
    working INTEGER NOT NULL, published INTEGER, PRIMARY KEY (unit, period, measure, origin)
) STRICT;
CREATE TABLE facts_ruletext (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, set_id TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE facts_verdict (
    unit INTEGER NOT NULL, set_id TEXT NOT NULL, period TEXT NOT NULL, edition INTEGER NOT NULL, verdict TEXT NOT NULL,
    confidence TEXT NOT NULL, ruletext INTEGER NOT NULL, version TEXT NOT NULL, revision INTEGER NOT NULL,
    criteria TEXT NOT NULL, passed INTEGER NOT NULL, unconfirmed INTEGER NOT NULL, total INTEGER NOT NULL,
    failing INTEGER NOT NULL, shortfall REAL NOT NULL, judged_at INTEGER NOT NULL,
    PRIMARY KEY (unit, set_id, period, edition)
) STRICT;
CREATE INDEX facts_verdict_totals ON facts_verdict (set_id, period, edition, unit, verdict, confidence);
CREATE TABLE facts_import (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, source TEXT NOT NULL, content_hash TEXT NOT NULL,
    added INTEGER NOT NULL, changed INTEGER NOT NULL, unchanged INTEGER NOT NULL, published INTEGER NOT NULL
) STRICT;
CREATE TABLE facts_upload (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
",
};
