-- The journal of one box: everything owed to the ward. PRAGMA user_version tells the schema's version.
-- Look at it while the box runs:  sqlite3 -readonly journal.db 'SELECT rank, count(*) FROM item GROUP BY rank'

CREATE TABLE item (
    row_id   INTEGER PRIMARY KEY,   -- its number at the ward; a picture's that schema 1 wrote is negative: none
    record   INTEGER NOT NULL,      -- row_id of the record that it is, or that the picture belongs to
    rank     INTEGER NOT NULL,      -- edge.journal.entry.Rank; delivered by rank, then row_id
    topic    TEXT    NOT NULL,
    retain   INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    time     TEXT    NOT NULL,      -- RFC 3339, UTC, as the box believed it
    mono_ns  INTEGER NOT NULL,
    boot_id  TEXT    NOT NULL,
    event_id TEXT    NOT NULL,      -- '' where the record is no event
    rev      INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,      -- what the row counts against the bound
    checksum INTEGER NOT NULL,      -- CRC-32 of the row, since SQLite keeps none: a worn card flips bits
    payload  BLOB    NOT NULL       -- JSON of the record's data, or the JPEG; last, since it is long
) STRICT;

CREATE INDEX item_in_order ON item (rank);      -- SQLite appends row_id

-- Which of them are to be published, in the order of delivery. What is held and not in here was published, and
-- waits for the ward's ack. Kept by the triggers and unsent.py.
CREATE TABLE unsent (
    rank   INTEGER NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (rank, row_id)
) STRICT, WITHOUT ROWID;

-- What is held, kept by the triggers, so that the bound and the gauges never count rows.
CREATE TABLE held (
    rank    INTEGER NOT NULL,
    picture INTEGER NOT NULL,
    rows    INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (rank, picture)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER item_added AFTER INSERT ON item BEGIN
    INSERT INTO held VALUES (new.rank, new.row_id <> new.record, 1, new.bytes)
        ON CONFLICT DO UPDATE SET rows = rows + 1, bytes = bytes + excluded.bytes;
    INSERT INTO unsent VALUES (new.rank, new.row_id);
END;

CREATE TRIGGER item_gone AFTER DELETE ON item BEGIN
    UPDATE held SET rows = rows - 1, bytes = bytes - old.bytes
        WHERE rank = old.rank AND picture = (old.row_id <> old.record);
    DELETE FROM unsent WHERE rank = old.rank AND row_id = old.row_id;
END;

-- What the ward has, kept for a while in case it is put back to a backup; as table `item`. acked_rows.py
CREATE TABLE acked (
    row_id   INTEGER PRIMARY KEY,
    record   INTEGER NOT NULL,
    rank     INTEGER NOT NULL,
    topic    TEXT    NOT NULL,
    retain   INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    time     TEXT    NOT NULL,
    mono_ns  INTEGER NOT NULL,
    boot_id  TEXT    NOT NULL,
    event_id TEXT    NOT NULL,
    rev      INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload  BLOB    NOT NULL,
    ward_ms  INTEGER NOT NULL       -- the ward's time when it said that it has it
) STRICT;

CREATE INDEX acked_by_age ON acked (ward_ms);

CREATE TABLE acked_size (bytes INTEGER NOT NULL) STRICT;     -- one row, kept by the triggers
INSERT INTO acked_size VALUES (0);

CREATE TRIGGER acked_added AFTER INSERT ON acked BEGIN
    UPDATE acked_size SET bytes = bytes + new.bytes;
END;

CREATE TRIGGER acked_gone AFTER DELETE ON acked BEGIN
    UPDATE acked_size SET bytes = bytes - old.bytes;
END;

-- One row. `last` is the highest number given; `ceiling` is reserved in journal.seq, which outlives this file.
CREATE TABLE sequence (
    last    INTEGER NOT NULL,
    ceiling INTEGER NOT NULL,
    epoch   TEXT    NOT NULL        -- 16 hex digits: another one begins when this file and journal.seq are lost
) STRICT;

-- What was given up and no tombstone has told yet; tombstones.py bounds it.
CREATE TABLE shed (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    of        TEXT    NOT NULL,
    event_id  TEXT    NOT NULL,     -- '' where they are of none, or of several
    why       TEXT    NOT NULL,
    sha256    TEXT    NOT NULL,     -- of the payload; of several numbers over their digests
    checksum  INTEGER NOT NULL      -- CRC-32 of the row
) STRICT;

-- The ward's ack that was believed last: one row, or none before the first. ward_word.py
CREATE TABLE ward_ack (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    ward_time TEXT    NOT NULL,     -- RFC 3339
    session   TEXT    NOT NULL,
    upto_seq  INTEGER NOT NULL,
    checksum  INTEGER NOT NULL      -- CRC-32 of the row
) STRICT;

-- Events that were begun and not ended, whether or not their records are still held; ongoing.py bounds it.
CREATE TABLE open_event (
    event_id TEXT    PRIMARY KEY,
    seq      INTEGER NOT NULL,      -- of its first record: the order in which they began
    rev      INTEGER NOT NULL,      -- from here on, of its latest record
    topic    TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    data     TEXT    NOT NULL,      -- JSON
    checksum INTEGER NOT NULL       -- CRC-32 of the row
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Records that were taken in, whether or not they are still held; accepted.py bounds it.
CREATE TABLE accepted (
    seq          INTEGER PRIMARY KEY,
    is_call      INTEGER NOT NULL,      -- of an alarm: these are remembered longer
    name         TEXT    NOT NULL UNIQUE,   -- topic and id
    is_delivered INTEGER NOT NULL       -- the broker has had it
) STRICT;

-- The latest retained record of each topic, delivered or not: what is the case now. present.py bounds it.
-- And under the name last-event, what an event said last.
CREATE TABLE present (
    topic    TEXT    PRIMARY KEY,
    seq      INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    time     TEXT    NOT NULL,      -- RFC 3339, UTC, as the box believed it
    data     TEXT    NOT NULL,      -- JSON
    checksum INTEGER NOT NULL       -- CRC-32 of the row
) STRICT, WITHOUT ROWID;
