-- Version 4: several pictures an event, each by its role; why an event ended, and how many ride.

-- What each record tells of pictures: their place in the event, and what they must hash to.
CREATE TABLE told_pictures (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,                -- of the record
    role        TEXT NOT NULL,                   -- subject, scene, before
    picture_rev INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    PRIMARY KEY (event_id, rev, role)
) STRICT, WITHOUT ROWID;

INSERT INTO told_pictures SELECT event_id, rev, 'subject', image_rev, image_sha256 FROM records
    WHERE image_rev IS NOT NULL;
ALTER TABLE records DROP COLUMN image_rev;
ALTER TABLE records DROP COLUMN image_sha256;

ALTER TABLE images RENAME TO images_without_role;
DROP INDEX images_by_state;

CREATE TABLE images (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    role        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    box         TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'verified', 'quarantined')),
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (event_id, rev, role, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX images_by_state ON images (state, received_ms);

INSERT INTO images SELECT event_id, rev, 'subject', sha256, box, bytes, state, received_ms
    FROM images_without_role;
DROP TABLE images_without_role;

ALTER TABLE events ADD COLUMN ended_why TEXT;    -- ended, left, view-lost; NULL: not ended, or not told
ALTER TABLE events ADD COLUMN riders INTEGER;    -- on a two-wheeler; NULL: not counted
ALTER TABLE events ADD COLUMN pictures TEXT NOT NULL DEFAULT '{}';
                                                 -- JSON: of each role the best verified one, as [rev, sha256]

UPDATE events SET pictures = json_object('subject', json_array(picture_rev, picture_sha256))
    WHERE picture_rev IS NOT NULL;
ALTER TABLE events DROP COLUMN picture_rev;
ALTER TABLE events DROP COLUMN picture_sha256;
