-- The ward's calls for help, in a file of their own: nothing else can fill it, hold it or slow it down.
-- The rest is in ward.db; rules of schema.sql.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    box   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (box, name)
) STRICT, WITHOUT ROWID;

-- Each message of an alarm in the order in which it came, for the file of the rest: which numbers are here.
CREATE TABLE numbers (
    arrival     INTEGER PRIMARY KEY AUTOINCREMENT,
    box         TEXT NOT NULL,
    epoch       TEXT,
    seq         INTEGER,
    received_ms INTEGER NOT NULL
) STRICT;

-- One row per record of an alarm. The first to come with a rev stays, as with events.
CREATE TABLE alarm_records (
    alarm_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    box         TEXT NOT NULL,
    seq         INTEGER,
    historical  INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    envelope    TEXT NOT NULL,                   -- as it came
    PRIMARY KEY (alarm_id, rev)
) STRICT, WITHOUT ROWID;

-- One row per alarm: what its records add up to. Could be computed from `alarm_records`.
CREATE TABLE alarms (
    alarm_id           TEXT PRIMARY KEY,
    change             INTEGER NOT NULL UNIQUE,  -- of one count with that of events
    box                TEXT NOT NULL,
    phase              TEXT NOT NULL,
    mode               TEXT NOT NULL,
    rev                INTEGER NOT NULL,
    cause              TEXT NOT NULL,            -- who raised it
    name               TEXT NOT NULL,
    by_cause           TEXT,                     -- who did what the highest rev tells, where that is another
    by_name            TEXT,
    outputs            TEXT NOT NULL,            -- JSON, of the highest rev
    event_id           TEXT,
    reason             TEXT,
    time_ms            INTEGER NOT NULL,         -- raised, as the lowest rev tells it
    until_ms           INTEGER,                  -- ends by itself: box's clock where that is set, else ours
    ended_ms           INTEGER,
    clock_synchronised INTEGER NOT NULL,
    historical         INTEGER NOT NULL,
    received_ms        INTEGER NOT NULL,
    keep_from_ms       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX alarms_by_receipt ON alarms (received_ms, alarm_id);
CREATE INDEX alarms_by_box ON alarms (box, received_ms, alarm_id);
CREATE INDEX alarms_by_age ON alarms (keep_from_ms);

-- Who at the ward has seen an alarm: the first such row counts. Only ever added to, while the alarm is kept.
CREATE TABLE alarms_seen (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm_id TEXT NOT NULL,
    officer  TEXT NOT NULL,
    seen_ms  INTEGER NOT NULL
) STRICT;

CREATE INDEX alarms_seen_by_alarm ON alarms_seen (alarm_id, id);

CREATE TRIGGER alarms_seen_stay BEFORE UPDATE ON alarms_seen
    BEGIN SELECT RAISE(ABORT, 'who saw an alarm is only added to'); END;
