-- The ward's store; PRAGMA user_version tells the schema's version. Times are milliseconds UTC since 1970.
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
    birth_id        TEXT,
    birth_ms        INTEGER,
    birth           TEXT,                         -- JSON of BirthData
    boot_id         TEXT,                         -- of the latest birth
    state           TEXT,                         -- online, offline
    state_ms        INTEGER,                      -- since when, on the ward's clock
    metrics         TEXT,                         -- JSON of MetricsData, the latest
    metrics_ms      INTEGER,
    title           TEXT,                         -- where it stands, as people call it; fit to be shown
    journal         TEXT                          -- the present one, by its latest birth
) STRICT, WITHOUT ROWID;

-- The lives of a box's journal: its numbers are of one of them.
CREATE TABLE journals (
    box       TEXT NOT NULL,
    journal   TEXT NOT NULL,                      -- its epoch; a count of ours where the box names none
    place     INTEGER NOT NULL,                   -- 0, 1, ... as we first heard of them
    owed_from INTEGER,                            -- every seq above it is owed to us, by its births
    settled   INTEGER,                            -- of those up to it the box owes none any more
    born      INTEGER,                            -- highest seq that a birth told
    given     INTEGER,                            -- highest seq that anything told: a picture's stands in its record
    lost_told INTEGER NOT NULL DEFAULT 0,         -- so many lost numbers are told as an incident
    PRIMARY KEY (box, journal)
) STRICT, WITHOUT ROWID;

-- The latest births of each box in the order in which they came; one that comes again is known.
CREATE TABLE births (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    box      TEXT NOT NULL,
    birth_id TEXT NOT NULL,
    boot_id  TEXT NOT NULL,
    UNIQUE (box, birth_id)
) STRICT;

-- Which seq have arrived, of records and of pictures, as runs without a hole: a healthy box has one row.
CREATE TABLE seq_runs (
    box       TEXT NOT NULL,
    journal   TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    PRIMARY KEY (box, journal, first_seq)
) STRICT, WITHOUT ROWID;

-- Which seq never come, as the box has told by tombstones.
CREATE TABLE shed_runs (
    box       TEXT NOT NULL,
    journal   TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    PRIMARY KEY (box, journal, first_seq)
) STRICT, WITHOUT ROWID;

-- What the box gave up, by the tombstones themselves.
CREATE TABLE tombstones (
    box         TEXT NOT NULL,
    journal     TEXT NOT NULL,
    first_seq   INTEGER NOT NULL,
    last_seq    INTEGER NOT NULL,
    what        TEXT NOT NULL,                    -- update, end, picture, health, event, record
    why         TEXT NOT NULL,                    -- full, unreadable, refused
    event_id    TEXT,                             -- where all of it is of one
    sha256      TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (box, journal, first_seq, last_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_age ON tombstones (received_ms);

-- What a box told of its clock, each change once: what it makes of earlier times of that boot is computed.
CREATE TABLE clocks (
    box          TEXT NOT NULL,
    boot_id      TEXT NOT NULL,
    from_mono_ns INTEGER NOT NULL,
    record_id    TEXT NOT NULL,
    state        TEXT NOT NULL,                   -- synchronised, holding, never
    offset_ms    INTEGER NOT NULL,
    bound_ms     INTEGER,
    received_ms  INTEGER NOT NULL,
    PRIMARY KEY (box, boot_id, from_mono_ns, record_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX clocks_by_age ON clocks (received_ms);

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
    json_bytes   INTEGER NOT NULL,
    envelope     TEXT NOT NULL,                   -- as it came
    PRIMARY KEY (event_id, rev)
) STRICT, WITHOUT ROWID;

-- What each record tells of pictures: their place in the event, and what they must hash to.
CREATE TABLE told_pictures (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,                 -- of the record
    role        TEXT NOT NULL,                    -- subject, scene, before
    picture_rev INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    journal     TEXT,
    seq         INTEGER,                          -- its own number; NULL where the box gives pictures none
    width       INTEGER,                          -- in px; NULL in records of an older store
    height      INTEGER,
    PRIMARY KEY (event_id, rev, role)
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
    ended_why          TEXT,                      -- ended, left, view-lost; NULL: not ended, or not told
    riders             INTEGER,                   -- on a two-wheeler; NULL: not counted
    pictures           TEXT NOT NULL DEFAULT '{}' -- JSON: of each role the best verified one: [rev, sha256]
) STRICT, WITHOUT ROWID;

-- Lists are in the order of our own receipt: a box's clock sorts nothing. `severity` is there to be counted.
CREATE INDEX events_by_receipt ON events (received_ms, event_id, severity);
-- Whatever is asked for is some of these combinations, each in order; what there is to ask for, all of them.
CREATE INDEX events_by_combination ON events (box, camera, kind, label, severity, received_ms, event_id);
CREATE INDEX events_by_age ON events (keep_from_ms);

CREATE TABLE images (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    role        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    box         TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'verified', 'quarantined')),
    received_ms INTEGER NOT NULL,
    width       INTEGER,                          -- in px, of the picture itself; NULL in an older store
    height      INTEGER,
    is_broken   INTEGER NOT NULL DEFAULT 0,       -- it does not decode
    PRIMARY KEY (event_id, rev, role, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX images_by_state ON images (state, received_ms);

-- box '' counts what cannot be laid at any one box.
CREATE TABLE counters (
    box   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (box, name)
) STRICT, WITHOUT ROWID;

-- What somebody at the ward must know of; one open row per box and kind. box '' is the station itself.
CREATE TABLE incidents (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    box         TEXT NOT NULL,
    kind        TEXT NOT NULL,                   -- ward/store/incidents.py
    first_ms    INTEGER NOT NULL,
    last_ms     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    detail      TEXT NOT NULL,                   -- JSON object, of the last time
    put_away_ms INTEGER                          -- NULL: open
) STRICT;

CREATE UNIQUE INDEX incidents_open ON incidents (box, kind) WHERE put_away_ms IS NULL;

CREATE TABLE panels (
    box         TEXT PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,                -- -1 where the record had none
    time_ms     INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    data        TEXT NOT NULL                    -- JSON of PanelData
) STRICT, WITHOUT ROWID;

-- What boxes have learned not to tell.
CREATE TABLE lessons (
    box     TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,                    -- -1 where the record had none
    time_ms INTEGER NOT NULL,
    data    TEXT NOT NULL                        -- JSON of LessonsData
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
