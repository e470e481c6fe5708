-- A store of schema 2, as it was written by edgebox before alarms had a file of their own.
BEGIN TRANSACTION;
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
INSERT INTO "alarm_records" VALUES('019346b2-7c1a-7d3e-8f00-000000000001',0,'to-12/hop-1',2,0,1795404000000,'{"specversion":"1.0","id":"019346b2-7c1a-7d3e-8f00-000000000001.0","source":"/edge/v1/phan-dinh-phung/to-12/hop-1","type":"edgebox.alarm","time":"2026-11-23T03:20:00Z","datacontenttype":"application/json","dataschema":"edgebox/1.5","seq":2,"historical":false,"data":{"alarm_id":"019346b2-7c1a-7d3e-8f00-000000000001","rev":0,"phase":"raised","mode":"siren","raised_by":{"cause":"member","name":"Lan, số 14"},"outputs":["coi-ngo","den-pha"],"t":{"at":"2026-11-23T03:20:00Z","mono_ns":5,"boot_id":"boot-a","clock_synchronised":true,"until":"2026-11-23T03:21:00Z","remaining_s":60.0}}}');
INSERT INTO "alarm_records" VALUES('019346b2-7c1a-7d3e-8f00-000000000001',1,'to-12/hop-1',3,0,1795404000000,'{"specversion":"1.0","id":"019346b2-7c1a-7d3e-8f00-000000000001.1","source":"/edge/v1/phan-dinh-phung/to-12/hop-1","type":"edgebox.alarm","time":"2026-11-23T03:20:00Z","datacontenttype":"application/json","dataschema":"edgebox/1.5","seq":3,"historical":false,"data":{"alarm_id":"019346b2-7c1a-7d3e-8f00-000000000001","rev":1,"phase":"ended","mode":"siren","raised_by":{"cause":"member","name":"Lan, số 14"},"outputs":["coi-ngo","den-pha"],"t":{"at":"2026-11-23T03:20:00Z","mono_ns":5,"boot_id":"boot-a","clock_synchronised":true,"until":"2026-11-23T03:21:00Z","remaining_s":60.0}}}');
INSERT INTO "alarm_records" VALUES('019346b2-7c1a-7d3e-8f00-000000000002',0,'to-12/hop-1',7,0,1795404000000,'{"specversion":"1.0","id":"019346b2-7c1a-7d3e-8f00-000000000002.0","source":"/edge/v1/phan-dinh-phung/to-12/hop-1","type":"edgebox.alarm","time":"2026-11-23T03:20:00Z","datacontenttype":"application/json","dataschema":"edgebox/1.5","seq":7,"historical":false,"data":{"alarm_id":"019346b2-7c1a-7d3e-8f00-000000000002","rev":0,"phase":"raised","mode":"silent","raised_by":{"cause":"member","name":"Lan, số 14"},"outputs":["coi-ngo","den-pha"],"t":{"at":"2026-11-23T03:20:00Z","mono_ns":5,"boot_id":"boot-a","clock_synchronised":true,"until":"2026-11-23T03:21:00Z","remaining_s":60.0}}}');
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
INSERT INTO "alarms" VALUES('019346b2-7c1a-7d3e-8f00-000000000001',7,'to-12/hop-1','ended','siren',1,'member','Lan, số 14',NULL,NULL,'["coi-ngo", "den-pha"]',NULL,NULL,1795404000000,1795404060000,1795404000000,1,0,1795404000000,1795404000000);
INSERT INTO "alarms" VALUES('019346b2-7c1a-7d3e-8f00-000000000002',6,'to-12/hop-1','raised','silent',0,'member','Lan, số 14',NULL,NULL,'["coi-ngo", "den-pha"]',NULL,NULL,1795404000000,1795404060000,NULL,1,0,1795404000000,1795404000000);
CREATE TABLE alarms_seen (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm_id TEXT NOT NULL,
    officer  TEXT NOT NULL,
    seen_ms  INTEGER NOT NULL
) STRICT;
INSERT INTO "alarms_seen" VALUES(1,'019346b2-7c1a-7d3e-8f00-000000000001','Lan',1795404000005);
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
    metrics_ms      INTEGER,
    title           TEXT                          -- where it stands, as people call it; fit to be shown
) STRICT, WITHOUT ROWID;
INSERT INTO "boxes" VALUES('to-12/hop-1',1795404000000,1795404000000,0,0,0,'birth-1',1795404000000,'{"firmware":"0.1.0","contract":"edgebox/1.5","model":"0123456789abcdef","config":"fedcba9876543210","cameras":["cong-truoc","bai-xe"],"outputs":[],"command_keys":[],"boot_id":"boot-a","seq":0}','boot-a','online',1795404000000,NULL,NULL,NULL);
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
INSERT INTO "cameras" VALUES('to-12/hop-1','cong-truoc',0,8,1795404000000,'ok',1795404000000,'');
CREATE TABLE command_failures (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_id  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    failed_ms INTEGER NOT NULL
) STRICT;
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
CREATE TABLE command_signings (
    cmd_id    TEXT PRIMARY KEY,
    asked_id  TEXT NOT NULL,
    kid       TEXT NOT NULL,
    signed_ms INTEGER NOT NULL,
    document  TEXT NOT NULL                      -- as it was sent
) STRICT, WITHOUT ROWID;
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
CREATE TABLE counters (
    box   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (box, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "counters" VALUES('','changes',7);
INSERT INTO "counters" VALUES('','messages',9);
INSERT INTO "counters" VALUES('to-12/hop-1','image_bytes',286);
INSERT INTO "counters" VALUES('to-12/hop-1','json_bytes',4177);
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
INSERT INTO "events" VALUES('019346b2-7c1a-7d3e-8f00-000000000000',2,'to-12/hop-1','cong-truoc','enter','vao-san','san','person',1,0.87,'info','new',0,1795404000000,1795403998000,NULL,1,0,1795404000000,1795404000000,1,NULL,NULL,'{"subject":[0,"0d0111d1e7f6490e7611a69c0effb9d8e8904177726fdc84b84ab42196ae1dd5"]}');
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
INSERT INTO "images" VALUES('019346b2-7c1a-7d3e-8f00-000000000000',0,'subject','0d0111d1e7f6490e7611a69c0effb9d8e8904177726fdc84b84ab42196ae1dd5','to-12/hop-1',286,'verified',1795404000000);
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
CREATE TABLE lessons (
    box     TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,                    -- -1 where the record had none
    time_ms INTEGER NOT NULL,
    data    TEXT NOT NULL                        -- JSON of LessonsData
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('ward','phan-dinh-phung');
CREATE TABLE panels (
    box         TEXT PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,                -- -1 where the record had none
    time_ms     INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    data        TEXT NOT NULL                    -- JSON of PanelData
) STRICT, WITHOUT ROWID;
INSERT INTO "panels" VALUES('to-12/hop-1',0,4,1795404000000,1795404000000,'{"phase":"idle","armed":false,"outputs":{},"faults":[],"findings":[],"since":"2026-11-23T03:20:00Z"}');
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
INSERT INTO "records" VALUES('019346b2-7c1a-7d3e-8f00-000000000000',0,'to-12/hop-1','new',1,0,1795404000000,977,'{"specversion":"1.0","id":"019346b2-7c1a-7d3e-8f00-000000000000.0","source":"/edge/v1/phan-dinh-phung/to-12/hop-1","type":"edgebox.event.enter","time":"2026-11-23T03:20:00Z","datacontenttype":"application/json","dataschema":"edgebox/1.5","seq":1,"historical":false,"data":{"event_id":"019346b2-7c1a-7d3e-8f00-000000000000","rev":0,"phase":"new","severity":"info","camera":"cong-truoc","rule":"vao-san","kind":"enter","zone":"san","object":{"track":7,"class":"person","score":0.87,"rect":[0.4,0.3,0.5,0.7],"path":[[0.2,0.8],[0.45,0.7]],"count":1},"t":{"first_seen":"2026-11-23T03:19:58Z","decided":"2026-11-23T03:20:00Z","mono_ns":5,"boot_id":"boot-a","clock_synchronised":true},"image":{"topic":"edge/v1/phan-dinh-phung/to-12/hop-1/image/019346b2-7c1a-7d3e-8f00-000000000000/0","sha256":"0d0111d1e7f6490e7611a69c0effb9d8e8904177726fdc84b84ab42196ae1dd5","width":120,"height":160,"bytes":286,"masked":false},"pictures":[],"model":"0123456789abcdef","config":"fedcba9876543210"}}');
CREATE TABLE seq_runs (
    box       TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    PRIMARY KEY (box, epoch, first_seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "seq_runs" VALUES('to-12/hop-1',0,1,4);
INSERT INTO "seq_runs" VALUES('to-12/hop-1',0,7,8);
CREATE TABLE told_pictures (
    event_id    TEXT NOT NULL,
    rev         INTEGER NOT NULL,                 -- of the record
    role        TEXT NOT NULL,                    -- subject, scene, before
    picture_rev INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    PRIMARY KEY (event_id, rev, role)
) STRICT, WITHOUT ROWID;
INSERT INTO "told_pictures" VALUES('019346b2-7c1a-7d3e-8f00-000000000000',0,'subject',0,'0d0111d1e7f6490e7611a69c0effb9d8e8904177726fdc84b84ab42196ae1dd5');
CREATE INDEX events_by_receipt ON events (received_ms, event_id, severity);
CREATE INDEX events_by_combination ON events (box, camera, kind, label, severity, received_ms, event_id);
CREATE INDEX events_by_age ON events (keep_from_ms);
CREATE INDEX images_by_state ON images (state, received_ms);
CREATE UNIQUE INDEX incidents_open ON incidents (box, kind) WHERE put_away_ms IS NULL;
CREATE INDEX alarms_by_receipt ON alarms (received_ms, alarm_id);
CREATE INDEX alarms_by_box ON alarms (box, received_ms, alarm_id);
CREATE INDEX alarms_by_age ON alarms (keep_from_ms);
CREATE INDEX alarms_seen_by_alarm ON alarms_seen (alarm_id, id);
CREATE INDEX commands_by_box ON commands (box, asked_ms);
CREATE INDEX command_signings_by_command ON command_signings (asked_id);
CREATE INDEX command_failures_by_command ON command_failures (asked_id);
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
COMMIT;
PRAGMA application_id = 1701082980;
PRAGMA user_version = 2;
