//! How the tables of units came to be.

use ::store::Migration;

pub const MIGRATIONS: &[Migration] = &[
    Migration {
        room: "units",
        version: 1,
        name: "units, tree, succession, agencies",
        sql: "
CREATE TABLE units_unit (
    id INTEGER PRIMARY KEY, level TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
    search TEXT NOT NULL, ord TEXT NOT NULL, parent INTEGER, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    lat REAL, lon REAL, confidence TEXT NOT NULL, note TEXT NOT NULL, version INTEGER NOT NULL
) STRICT;
CREATE INDEX units_unit_code ON units_unit (code, from_day);
CREATE TABLE units_tree (
    ancestor INTEGER NOT NULL, unit INTEGER NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    PRIMARY KEY (ancestor, unit, from_day)
) STRICT;
CREATE INDEX units_tree_unit ON units_tree (unit);
CREATE TABLE units_succession (
    from_unit INTEGER NOT NULL, to_unit INTEGER NOT NULL, day INTEGER NOT NULL, whole INTEGER NOT NULL,
    main INTEGER NOT NULL, confidence TEXT NOT NULL, PRIMARY KEY (from_unit, to_unit)
) STRICT;
CREATE INDEX units_succession_to ON units_succession (to_unit);
CREATE TABLE units_group (
    code TEXT NOT NULL, unit INTEGER NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,
    PRIMARY KEY (code, unit, from_day)
) STRICT;
CREATE TABLE units_attribute (
    unit INTEGER NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL, from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL, confidence TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (unit, attribute, from_day)
) STRICT;
CREATE TABLE units_agency (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL, kind TEXT NOT NULL, name_vi TEXT NOT NULL, name_en TEXT NOT NULL,
    from_day INTEGER NOT NULL, to_day INTEGER NOT NULL, successor INTEGER, confidence TEXT NOT NULL
) STRICT;
",
    },
    Migration {
        room: "units",
        version: 2,
        name: "sources of succession, boundaries",
        sql: "
ALTER TABLE units_succession ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE units_boundary (
    unit INTEGER PRIMARY KEY, geometry TEXT NOT NULL, area_km2 REAL NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX units_unit_parent ON units_unit (parent);
",
    },
    Migration {
        room: "units",
        version: 3,
        name: "files of boundaries between their check and their commit",
        sql: "
CREATE TABLE units_upload (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
",
    },
    Migration {
        room: "units",
        version: 4,
        name: "units corrected here, whatever else of them was edited",
        sql: "
ALTER TABLE units_unit ADD COLUMN corrected INTEGER NOT NULL DEFAULT 0;
UPDATE units_unit SET corrected = 1 WHERE version > 1;
",
    },
    Migration {
        room: "units",
        version: 5,
        name: "how often units and their succession changed",
        sql: "
CREATE TABLE units_changes (id INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
INSERT INTO units_changes (id, count) VALUES (1, 0);
",
    },
    Migration {
        room: "units",
        version: 6,
        name: "reorganisations prepared",
        sql: "
CREATE TABLE units_plan (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    version INTEGER NOT NULL, drafted_at INTEGER NOT NULL, drafted_by TEXT NOT NULL, drafter INTEGER,
    decided_at INTEGER, decided_by TEXT, why TEXT, done_at INTEGER, said TEXT
) STRICT;
",
    },
    Migration {
        room: "units",
        version: 7,
        name: "agencies edited here",
        sql: "
ALTER TABLE units_agency ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
",
    },
    Migration {
        room: "units",
        version: 8,
        name: "whose agency it is",
        sql: "
CREATE TABLE units_agency_unit (agency INTEGER NOT NULL, unit INTEGER NOT NULL, PRIMARY KEY (agency, unit)) STRICT;
",
    },
    Migration {
        room: "units",
        version: 9,
        name: "working days",
        sql: "
CREATE TABLE units_calendar (
    day INTEGER PRIMARY KEY, kind TEXT NOT NULL, name_vi TEXT NOT NULL, name_en TEXT NOT NULL, source TEXT NOT NULL,
    confidence TEXT NOT NULL, note TEXT NOT NULL, version INTEGER NOT NULL, edited INTEGER NOT NULL
) STRICT;
",
    },
    Migration {
        room: "units",
        version: 10,
        name: "who decided about a reorganisation",
        sql: "
ALTER TABLE units_plan ADD COLUMN decider INTEGER;
",
    },
];
