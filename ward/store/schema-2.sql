-- Version 2: alarms, the state of each box's alarm panel, and what the ward did about them.

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
    change             INTEGER NOT NULL UNIQUE,  -- of the same count as that of events
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

CREATE INDEX alarms_by_time ON alarms (time_ms, alarm_id);
CREATE INDEX alarms_by_age ON alarms (keep_from_ms);

-- Who at the ward has seen an alarm: the first such row counts. Only ever added to, while the alarm is kept.
CREATE TABLE alarms_seen (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm_id TEXT NOT NULL,
    officer  TEXT NOT NULL,
    seen_ms  INTEGER NOT NULL
) STRICT;

CREATE INDEX alarms_seen_by_alarm ON alarms_seen (alarm_id, id);

CREATE TABLE panels (
    box         TEXT PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,                -- -1 where the record had none
    time_ms     INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    data        TEXT NOT NULL                    -- JSON of PanelData
) STRICT, WITHOUT ROWID;

-- What was asked of boxes, by whom. A log: only ever added to, and kept for as long as the store.
CREATE TABLE commands (
    asked_id   TEXT PRIMARY KEY,                 -- the cmd_id of its first signing
    change     INTEGER NOT NULL,
    box        TEXT NOT NULL,                    -- group/box; as typed where no such box was found
    name       TEXT NOT NULL,
    duration_s REAL,
    with_siren INTEGER NOT NULL,
    issuer     TEXT NOT NULL,
    asked_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX commands_by_box ON commands (box, asked_ms);

-- Each document that was signed and given to the broker; a second one where the box's clock is wrong.
CREATE TABLE command_signings (
    cmd_id    TEXT PRIMARY KEY,
    asked_id  TEXT NOT NULL,
    kid       TEXT NOT NULL,
    signed_ms INTEGER NOT NULL,
    document  TEXT NOT NULL                      -- as it was sent
) STRICT, WITHOUT ROWID;

CREATE INDEX command_signings_by_command ON command_signings (asked_id);

-- What we found out ourselves: offline, no-answer, no-way, ...
CREATE TABLE command_failures (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_id  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    failed_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX command_failures_by_command ON command_failures (asked_id);

-- What boxes answered, to commands of this store and to others.
CREATE TABLE command_results (
    box         TEXT NOT NULL,
    record_id   TEXT NOT NULL,                   -- the record's own id: it comes to the receiver and the sender
    cmd_id      TEXT,
    accepted    INTEGER NOT NULL,
    reason      TEXT,
    alarm_id    TEXT,
    received_ms INTEGER NOT NULL,
    envelope    TEXT NOT NULL,                   -- as it came
    PRIMARY KEY (box, record_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX command_results_by_command ON command_results (cmd_id, box);
CREATE INDEX command_results_by_age ON command_results (received_ms);

CREATE TRIGGER commands_stay BEFORE UPDATE ON commands
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER commands_remain BEFORE DELETE ON commands
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER command_signings_stay BEFORE UPDATE ON command_signings
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER command_signings_remain BEFORE DELETE ON command_signings
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER command_failures_stay BEFORE UPDATE ON command_failures
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER command_failures_remain BEFORE DELETE ON command_failures
    BEGIN SELECT RAISE(ABORT, 'the log of commands is only added to'); END;
CREATE TRIGGER command_results_stay BEFORE UPDATE ON command_results
    BEGIN SELECT RAISE(ABORT, 'an answer is kept as it came'); END;
CREATE TRIGGER alarms_seen_stay BEFORE UPDATE ON alarms_seen
    BEGIN SELECT RAISE(ABORT, 'who saw an alarm is only added to'); END;
