"""A receiver of what boxes tell, on one page of plain paho, written from docs/contract.md alone.

It keeps every record and every picture in one SQLite file, answers each message after its commit (PUBACK) and
says in signed acks what it has. It ends with its connection: let systemd start it again (Restart=always). It
needs Python 3.11, SQLite 3.38, paho-mqtt 2, cryptography, rfc8785, and an Ed25519 key whose public half the
boxes' bundles name (`mqtt.ack_keys`); for TLS the authority's certificate, and its own with the key:

    openssl genpkey -algorithm ed25519 -out ack.key
    python receiver.py ack.key events.db 10.0.0.2 8883 ca.pem receiver.pem receiver.key

The last word about each event, and the pictures that a record has named and that are not here yet:

    SELECT max(name), body FROM record WHERE kind = 'event' GROUP BY box, substr(name, 1, 36);
    SELECT topic FROM wanted;
"""

import base64
import hashlib
import json
import sqlite3
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import rfc8785
from cryptography.hazmat.primitives.serialization import load_pem_private_key

key_file, store, host, port, *tls = sys.argv[1:]
key, db = load_pem_private_key(Path(key_file).read_bytes(), None), sqlite3.connect(store)
kid = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
db.executescript("""CREATE TABLE IF NOT EXISTS box (root PRIMARY KEY, epoch, acked_ms, due_s);
CREATE TABLE IF NOT EXISTS record (box, kind, name, came_s, body, PRIMARY KEY (box, kind, name));
CREATE TABLE IF NOT EXISTS wanted (box, epoch, topic, sha256, seq, PRIMARY KEY (box, topic));
CREATE TABLE IF NOT EXISTS picture (topic, sha256, jpeg, PRIMARY KEY (topic, sha256));
CREATE TABLE IF NOT EXISTS run (box, epoch, low, high, PRIMARY KEY (box, epoch, low))""")


def sql(words, *values):
    return db.execute(words, values).fetchall()


def cover(box, epoch, low, high):           # joins the numbers low to high with the runs that they touch
    sql("UPDATE box SET due_s = min(due_s, ?) WHERE root = ?", time.monotonic() + 0.5, box)
    if epoch and isinstance(low, int) and isinstance(high, int) and 0 <= low <= high < 2**53:
        touched = "DELETE FROM run WHERE box = ? AND epoch = ? AND low <= ? AND high >= ? RETURNING low, high"
        runs = [(low, high), *sql(touched, box, epoch, high + 1, low - 1)]
        sql("INSERT INTO run VALUES (?, ?, ?, ?)", box, epoch, min(runs)[0], max(high for _, high in runs))


def take_record(box, kind, body):
    name, epoch, seq, data = map(json.loads(body).get, ("id", "epoch", "seq", "data"))
    cover(box, epoch, seq, seq)             # first: what breaks the contract is not to come again for ever
    name = f"{data[kind + '_id']}.{data['rev']}" if kind in ("event", "alarm") else name
    sql("REPLACE INTO record VALUES (?, ?, ?, unixepoch(), ?)", box, kind, name, body)
    for told in filter(None, [data.get("image"), *data.get("pictures", [])]):       # of an event
        sql("REPLACE INTO wanted VALUES (?,?,?,?,?)", box, epoch, *map(told.get, ("topic", "sha256", "seq")))
    for shed in data.get("shed", []):                                               # of a tombstone
        cover(box, epoch, shed["first_seq"], shed["last_seq"])
    if kind == "birth":                     # no record has number 0, so that the first run begins with it
        epoch, owed = str(data.get("epoch") or ""), int(data.get("oldest_seq") or 1)
        cover(box, epoch, 0, min(max(owed, 1), 2**53) - 1)
        sql("INSERT INTO box VALUES (?, ?2, 0, 0) ON CONFLICT DO UPDATE SET epoch = ?2", box, epoch)


def on_message(client, _, message):
    box, kind = "/".join(message.topic.split("/")[:5]), message.topic.split("/")[5]
    with db:                                # the commit, and only then the PUBACK
        try:
            if kind == "image":
                sha256 = hashlib.sha256(message.payload).hexdigest()
                sql("REPLACE INTO picture VALUES (?, ?, ?)", message.topic, sha256, message.payload)
            elif kind not in ("ack", "cmd"):
                take_record(box, kind, message.payload)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
                sqlite3.InterfaceError, sqlite3.ProgrammingError) as exc:
            print(f"passed over {message.topic}: {exc!r}", flush=True)
    client.ack(message.mid, message.qos)    # a full disk ends us before this: the broker brings it again


def on_connect(client, _data, flags, _reason, _properties):
    if not flags.session_present:           # the broker had kept nothing for us, which the boxes have to know
        sql(f"PRAGMA user_version = {time.time_ns() % 2**31}")
    client.subscribe("edge/v1/+/+/+/+/#", 1)
    sql("UPDATE box SET due_s = 0")


def publish_acks(client):
    with db:
        for picture in sql("DELETE FROM wanted WHERE (topic, sha256) IN (SELECT topic, sha256 FROM picture)"
                           " RETURNING box, epoch, seq, seq"):
            cover(*picture)
        due = sql("UPDATE box SET due_s = ?, acked_ms = max(acked_ms + 1, ?) WHERE due_s <= ? AND epoch <> ''"
                  " RETURNING root, epoch, strftime('%Y-%m-%dT%H:%M:%fZ', acked_ms / 1000.0, 'unixepoch')",
                  time.monotonic() + 600, time.time_ns() // 10**6, time.monotonic())
    for box, epoch, now in due:
        runs = sql("SELECT low, high FROM run WHERE box = ? AND epoch = ? ORDER BY low LIMIT 101", box, epoch)
        calls = sum(sql("SELECT name FROM record WHERE box = ? AND kind = 'alarm'"
                        " AND came_s > unixepoch() - 600 ORDER BY came_s DESC LIMIT 64", box), ())
        ack = {"box": box, "epoch": epoch, "upto_seq": runs[0][1], "beyond": runs[1:], "calls": calls,
               "session": str(sql("PRAGMA user_version")), "ward_time": now, "kid": kid, "alg": "Ed25519"}
        ack["sig"] = base64.b64encode(key.sign(rfc8785.dumps(ack))).decode()
        client.publish(f"{box}/ack", json.dumps(ack), qos=1, retain=True)


client = paho.Client(paho.CallbackAPIVersion.VERSION2, "receiver", clean_session=False, manual_ack=True)
client.on_connect, client.on_message = on_connect, on_message
if tls:
    client.tls_set(*tls)
client.connect(host, int(port))
while client.loop(0.2) == paho.MQTT_ERR_SUCCESS:
    publish_acks(client)
