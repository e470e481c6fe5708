-- Who may come to the ward's broker, by which certificate. PRAGMA user_version tells the schema's version.
-- Look at it at any time:  sqlite3 -readonly enrolment.db 'SELECT name, kind, added, revoked FROM holder'

-- Whoever may come to the broker: a box, or a program of the ward. All times RFC 3339, UTC.
CREATE TABLE holder (
    name    TEXT PRIMARY KEY,       -- the common name (CN): phuong-5.to-12.hop-01 of a box
    kind    TEXT NOT NULL CHECK (kind IN ('box', 'client')),
    may     TEXT NOT NULL,          -- of a client: what its ACL allows, as words; '' of others
    added   TEXT NOT NULL,
    revoked TEXT,
    why     TEXT
) STRICT, WITHOUT ROWID;

-- One-time codes: SHA-256 of 75 random bits, which nobody guesses back.
CREATE TABLE code (
    sha256  BLOB PRIMARY KEY,
    name    TEXT NOT NULL REFERENCES holder (name),
    made    TEXT NOT NULL,
    expires TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('open', 'used', 'withdrawn')),
    used    TEXT,
    key     BLOB                    -- SHA-256 of the public key that it was used with
) STRICT, WITHOUT ROWID;

CREATE INDEX code_of_name ON code (name);

CREATE TABLE certificate (
    serial     TEXT PRIMARY KEY,    -- lower-case hex, as openssl tells it but for the case
    name       TEXT NOT NULL REFERENCES holder (name),
    key        BLOB NOT NULL,       -- SHA-256 of its public key
    not_before TEXT NOT NULL,
    not_after  TEXT NOT NULL,
    issued     TEXT NOT NULL,
    revoked    TEXT,
    pem        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_of_name ON certificate (name, key);
