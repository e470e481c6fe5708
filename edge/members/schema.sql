-- The members of one group, and the log of what they did. PRAGMA user_version tells the schema's version.
-- Look at it while the box runs:  sqlite3 -readonly members.db 'SELECT id, name, role FROM member'

-- One row. `revision` rises with everything that changes who may come in; the page polls it.
CREATE TABLE roster (
    revision  INTEGER NOT NULL,
    key_check BLOB    NOT NULL          -- tells whether members.key is the one that the codes were made with
) STRICT;

CREATE TABLE member (
    id       TEXT    PRIMARY KEY,
    name     TEXT    NOT NULL,
    name_key TEXT    NOT NULL,          -- the name without case; unique among those who are not revoked
    role     TEXT    NOT NULL CHECK (role IN ('member', 'leader', 'technician')),
    code     TEXT    NOT NULL,          -- argon2id of HMAC(members.key, code); '' once revoked
    created  TEXT    NOT NULL,          -- RFC 3339, UTC, as the box believed it; so are all times
    revoked  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX member_name ON member (name_key) WHERE revoked = 0;

CREATE TABLE phone (
    seq       INTEGER PRIMARY KEY,      -- the order in which they came; no clock tells it
    id        TEXT    NOT NULL UNIQUE,
    member_id TEXT    NOT NULL REFERENCES member (id),
    label     TEXT    NOT NULL,
    secret    BLOB    NOT NULL UNIQUE,  -- SHA-256 of 256 random bits
    created   TEXT    NOT NULL,
    last_seen TEXT,                     -- to the hour
    revoked   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX phone_of_member ON phone (member_id);

CREATE TABLE invite (
    seq          INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    token        BLOB    NOT NULL UNIQUE,   -- SHA-256 of 160 random bits
    role         TEXT    NOT NULL,
    name         TEXT    NOT NULL,      -- '' where the invited says it
    member_id    TEXT    NOT NULL,      -- '' for a new member; else it gives this one a phone
    by_id        TEXT    NOT NULL,
    by_name      TEXT    NOT NULL,
    lasts_s      REAL    NOT NULL,
    utc          TEXT    NOT NULL,      -- from here on: when it was made, on both clocks
    mono_ns      INTEGER NOT NULL,
    boot_id      TEXT    NOT NULL,
    synchronised INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('open', 'used', 'withdrawn'))
) STRICT;

-- Waits that hold over restarts; edge/members/tries.py. `subject` '' is the bucket of the box.
CREATE TABLE tries (
    subject  TEXT    PRIMARY KEY,
    failures INTEGER NOT NULL,
    wait_ns  INTEGER NOT NULL,          -- from mono_ns of boot_id on
    mono_ns  INTEGER NOT NULL,
    boot_id  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER member_came   AFTER INSERT ON member BEGIN UPDATE roster SET revision = revision + 1; END;
CREATE TRIGGER member_went   AFTER DELETE ON member BEGIN UPDATE roster SET revision = revision + 1; END;
CREATE TRIGGER member_change AFTER UPDATE OF name, role, revoked ON member
    BEGIN UPDATE roster SET revision = revision + 1; END;
CREATE TRIGGER phone_came    AFTER INSERT ON phone BEGIN UPDATE roster SET revision = revision + 1; END;
CREATE TRIGGER phone_went    AFTER DELETE ON phone BEGIN UPDATE roster SET revision = revision + 1; END;
CREATE TRIGGER phone_change  AFTER UPDATE OF label, secret, revoked, member_id ON phone
    BEGIN UPDATE roster SET revision = revision + 1; END;

-- The log: rows are added at the end, and the oldest forgotten; nothing else.
CREATE TABLE act (
    seq          INTEGER PRIMARY KEY,
    utc          TEXT    NOT NULL,
    mono_ns      INTEGER NOT NULL,
    boot_id      TEXT    NOT NULL,
    synchronised INTEGER NOT NULL,
    what         TEXT    NOT NULL,
    who          TEXT    NOT NULL,
    name         TEXT    NOT NULL,      -- of who, at that time
    subject      TEXT    NOT NULL,
    detail       TEXT    NOT NULL,      -- JSON
    prev         BLOB    NOT NULL,      -- SHA-256 of the row before, 32 zero bytes of the first
    sha256       BLOB    NOT NULL       -- of this row: prev and all of the above
) STRICT;

-- One row: where the log begins and ends, so that a lost end is noticed.
CREATE TABLE act_range (
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    sha256    BLOB    NOT NULL          -- of the row last_seq
) STRICT;

CREATE TRIGGER act_never_changes BEFORE UPDATE ON act
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER act_never_goes BEFORE DELETE ON act WHEN old.seq >= (SELECT first_seq FROM act_range)
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER act_only_at_the_end BEFORE INSERT ON act WHEN new.seq != (SELECT last_seq + 1 FROM act_range)
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER act_range_only_grows BEFORE UPDATE ON act_range
    WHEN new.last_seq NOT IN (old.last_seq, old.last_seq + 1) OR new.first_seq < old.first_seq
        OR (new.last_seq = old.last_seq AND new.sha256 != old.sha256)
        OR (new.first_seq > old.first_seq AND new.first_seq > old.last_seq - 40000)
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER act_range_stays BEFORE DELETE ON act_range
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;

-- Every token that a bundle has ever brought: `invite` forgets its oldest rows, and none comes twice.
CREATE TABLE brought (
    token BLOB PRIMARY KEY              -- as in `invite`
) STRICT, WITHOUT ROWID;

CREATE TRIGGER brought_stays BEFORE DELETE ON brought BEGIN SELECT raise(ABORT, 'a token is brought once'); END;
