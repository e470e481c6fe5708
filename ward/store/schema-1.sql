-- The ward's store, version 1 (PRAGMA user_version). Times are milliseconds UTC since 1970. What later versions
-- add stands in schema-2.sql and so on: a new store runs them all, an older one those that it lacks.
-- `box` is always "group/box" of the topic. A record is kept as it came, byte for byte, so that
-- its signature can be checked later; the columns beside it are read from it.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE boxes (
    box             TEXT PRIMARY KEY,
    first_heard_ms  INTEGER NOT NULL,
    heard_ms        INTEGER NOT NULL,
    epoch           INTEGER NOT NULL DEFAULT 0,   -- rises when the box starts its journal anew
    owed_from       INTEGER,                      -- every seq above it is owed to us, by its births
    given           INTEGER,                      -- highest seq that a birth told
    birth_id        TEXT,
    birth_ms        INTEGER,
    birth           TEXT,                         -- JSON of BirthData
    boot_id         TEXT,                         -- of the latest birth
    state           TEXT,                         -- online, offline
    state_ms        INTEGER,                      -- since when, on the ward's clock
    metrics         TEXT,                         -- JSON of MetricsData, the latest
    metrics_ms      INTEGER
) STRICT, WITHOUT ROWID;

-- Which seq have arrived, as runs without a hole: a healthy box has one row.
CREATE TABLE seq_runs (
    box       TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    PRIMARY KEY (box, epoch, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE cameras (
    box      TEXT NOT NULL,
    camera   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,                    -- -1 where the record had none
    time_ms  INTEGER NOT NULL,
    state    TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    detail   TEXT NOT NULL,
    PRIMARY KEY (box, camera)
) STRICT, WITHOUT ROWID;

-- One row per phase of an event. The first to come with a rev stays: evidence is not overwritten.
CREATE TABLE records (
    event_id     TEXT NOT NULL,
    rev          INTEGER NOT NULL,
    box          TEXT NOT NULL,
    phase        TEXT NOT NULL,
    seq          INTEGER,
    historical   INTEGER NOT NULL,
    received_ms  INTEGER NOT NULL,
    image_rev    INTEGER,                         -- the picture that it tells, and
    image_sha256 TEXT,                            -- what that must hash to
    json_bytes   INTEGER NOT NULL,
    envelope     TEXT NOT NULL,                   -- as it came
    PRIMARY KEY (event_id, rev)
) STRICT, WITHOUT ROWID;

-- One row per event: what its records add up to. Could be computed from `records` and `images`.
CREATE TABLE events (
    event_id           TEXT PRIMARY KEY,
    change             INTEGER NOT NULL UNIQUE,   -- rises with every change; a page resumes from it
    box                TEXT NOT NULL,
    camera             TEXT NOT NULL,
    kind               TEXT NOT NULL,
    rule               TEXT NOT NULL,
    zone               TEXT,
    label              TEXT NOT NULL,
    count              INTEGER NOT NULL,
    score              REAL NOT NULL,
    severity           TEXT NOT NULL,
    phase              TEXT NOT NULL,
    rev                INTEGER NOT NULL,
    time_ms            INTEGER NOT NULL,          -- decided, as the lowest rev tells it
    first_seen_ms      INTEGER NOT NULL,
    ended_ms           INTEGER,
    clock_synchronised INTEGER NOT NULL,
    historical         INTEGER NOT NULL,
    received_ms        INTEGER NOT NULL,
    keep_from_ms       INTEGER NOT NULL,          -- retention counts from here
    picture_wanted     INTEGER NOT NULL,
    picture_rev        INTEGER,                   -- the best verified one, if any
    picture_sha256     TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_time ON events (time_ms, event_id);
CREATE INDEX events_by_age ON events (keep_from_ms);

CREATE TABLE images (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    box         TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'verified', 'quarantined')),
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (event_id, rev, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX images_by_state ON images (state, received_ms);

-- box '' counts what cannot be laid at any one box.
CREATE TABLE counters (
    box   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (box, name)
) STRICT, WITHOUT ROWID;
