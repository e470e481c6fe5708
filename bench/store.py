"""What a page of the ward costs with a million events, and what the order of lists costs the writer.

The store is filled with copies of what the receiver itself makes of one event, under other names and times,
and is kept in `.cache` for the next run. Figures are CPU time of the process, of whole requests.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import uuid6
from starlette.testclient import TestClient

from bench.result import Figure, Result
from edge.base.sqlite import Connection, transaction
from edge.contract.messages import Envelope, EventData, Object, Phase, Severity, Times, to_json
from edge.contract.topics import Root
from ward.page.app import make_app
from ward.page.feed import DeskFeed
from ward.page.stream import RELOAD_AFTER, news_of
from ward.store.database import connect, schema
from ward.store.desk import Desk
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.rows import EventFilter
from ward.store.writer import Store

EVENTS, QUICK_EVENTS, BOXES, DAYS = 1_000_000, 50_000, 40, 30
TURNS, WRITTEN = 9, 1000
MOST_MS = 50.0
WARD, BOX = "bench", "to-01/hop-1"
_SEVERITIES = ("info",) * 12 + ("warning",) * 3 + ("alert",)
_KINDS = ("enter",) * 6 + ("cross",) * 3 + ("dwell",) * 2 + ("crowd",)
_LABELS = ("person",) * 8 + ("motorcycle",) * 6 + ("car",) * 3 + ("truck", "bus")
_LIST_INDEXES = ("events_by_receipt", "events_by_combination")
_BATCH = 20_000

PAGES = {
    "first page": "/", "by severity": "/?severity=alert", "by box": f"/?camera={BOX}",
    "by camera": f"/?camera={BOX}/gate", "by kind": "/?kind=crowd", "by class": "/?class=truck",
    "by a day": "/?day={day}", "by four": f"/?camera={BOX}&severity=info&kind=enter&class=person",
    "nothing matches": "/?class=boat&severity=alert",
    "a page of 15 days ago": "/?severity=info&before={before}", "alarms": "/alarms", "boxes": "/boxes"}


def run(args: argparse.Namespace) -> Result:
    count = QUICK_EVENTS if args.quick else EVENTS
    # To the hour, so that a store of this hour is found again; the latest event is of this hour.
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    folder, made_s = filled(Path(os.environ.get("EDGEBOX_CACHE", ".cache")), count, now)
    figures = [Figure(f"{name}, median", cpu_ms, "ms of CPU", target=MOST_MS)
               for name, cpu_ms in _pages(folder, now)]
    figures.append(Figure("a stream resumed with a filter, median", _resumed(folder), "ms of CPU",
                          target=MOST_MS))
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        with_ms, without_ms = (_written(Path(name) / str(dropped), dropped) for dropped in (False, True))
    figures.append(Figure("an event stored, median", with_ms, "ms of CPU", reference=without_ms,
                          reference_name="without the indexes of lists"))
    return Result("store", tuple(figures), (
        f"{count} events of {BOXES} boxes in {DAYS} days, one record each, "
        + (f"made in {made_s:.0f} s" if made_s else "from .cache"),
        f"of each figure {TURNS} requests; events stored one by one, into 20000 others"))


def filled(cache: Path, count: int, now: datetime) -> tuple[Path, float]:
    """A store with `count` events until `now`, from the cache where one of this day is there; and the seconds
    that making it took.
    """
    script = hashlib.sha256(schema().script.encode() + Path(__file__).read_bytes()).hexdigest()[:12]
    folder = cache / f"bench-store-{script}-{count}-{now:%Y%m%d}"
    if folder.exists():
        return folder, 0.0
    for old in cache.glob("bench-store-*"):
        shutil.rmtree(old)
    began_s, part = time.monotonic(), folder.with_name(folder.name + "-part")
    cache.mkdir(parents=True, exist_ok=True)
    fill(part, count, now)
    part.rename(folder)
    return folder, time.monotonic() - began_s


def fill(folder: Path, count: int, now: datetime, ward: str = WARD) -> None:
    """Put `count` events of the days until `now` into the store in `folder`, made where there is none."""
    store, arrival = Store(folder, ward), _event(1, now, ward)
    store.take([arrival], now)
    store.close()
    db = connect(folder)
    db.execute("PRAGMA synchronous = OFF")
    indexes = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE tbl_name IN"
                                            " ('events', 'records') AND type = 'index' AND sql NOT NULL")]
    for index in indexes:
        db.execute(f"DROP INDEX {index.split()[2] if 'UNIQUE' not in index else index.split()[3]}")
    numbers = random.Random(1)
    end_ms = round(now.timestamp() * 1000)
    for first in range(0, count, _BATCH):
        with transaction(db):
            _copy(db, numbers, range(first, min(first + _BATCH, count)), count, end_ms)
    for index in indexes:
        db.execute(index)
    db.execute("UPDATE counters SET value = ? WHERE box = '' AND name = 'changes'", (count + 1,))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _copy(db: Connection, numbers: random.Random, places: Sequence[int], count: int, end_ms: int) -> None:
    event, record = (_named(db.execute(f"SELECT * FROM {table} ORDER BY received_ms LIMIT 1"))  # noqa: S608
                     for table in ("events", "records"))
    events, records = [], []
    for place in places:
        number, at_ms = numbers.randrange(BOXES), end_ms - (count - place) * DAYS * 86_400_000 // count
        key = {"event_id": _event_id(at_ms, numbers), "box": f"to-{number % 10 + 1:02}/hop-{number + 1}",
               "received_ms": at_ms}
        events.append(event | key | {
            "change": place + 2, "camera": numbers.choice(("gate", "yard")), "kind": numbers.choice(_KINDS),
            "label": numbers.choice(_LABELS), "severity": numbers.choice(_SEVERITIES), "time_ms": at_ms - 900,
            "first_seen_ms": at_ms - 3000, "keep_from_ms": at_ms - 900})
        records.append(record | key | {"seq": place + 2})
    for table, rows in (("events", events), ("records", records)):
        marks = ", ".join(f":{name}" for name in rows[0])
        db.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)  # noqa: S608


def _named(found: sqlite3.Cursor) -> dict[str, object]:
    return dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))


def _event_id(at_ms: int, numbers: random.Random) -> str:
    """A UUIDv7 of that moment."""
    text = f"{at_ms:012x}7{numbers.getrandbits(12):03x}8{numbers.getrandbits(60):015x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _event(seq: int, now: datetime, ward: str = WARD) -> Arrival:
    root = Root(ward, *BOX.split("/"))
    data = EventData(
        event_id=str(uuid6.uuid7()), rev=0, phase=Phase.NEW, severity=Severity.INFO, camera="gate",
        rule="yard", kind="enter", zone="yard", object=Object(
            track=1, label="person", score=0.8, rect=(0.4, 0.3, 0.5, 0.7), path=((0.2, 0.8), (0.45, 0.7)),
            count=1),
        t=Times(first_seen=now - timedelta(seconds=2), decided=now, mono_ns=5, boot_id="boot",
                clock_synchronised=True), model="0" * 16, config="0" * 16)
    envelope = Envelope(id=f"{data.event_id}.0", source=root.source, type="edgebox.event.enter", time=now,
                        seq=seq, data=data.model_dump(mode="json", by_alias=True, exclude_none=True))
    return Arrival(root.event("gate", "enter"), to_json(envelope).encode())


def _pages(folder: Path, now: datetime) -> Iterator[tuple[str, float]]:
    reader = Reader(folder)
    app = make_app(reader, DeskFeed(reader), ZoneInfo("Asia/Ho_Chi_Minh"), Desk(folder))
    before_ms = round((now - timedelta(days=15)).timestamp() * 1000)
    values = {"day": f"{now - timedelta(days=3):%Y-%m-%d}",
              "before": f"{before_ms}.{_event_id(before_ms, random.Random(2))}"}
    with TestClient(app, base_url="http://127.0.0.1:8800") as client:
        for name, address in PAGES.items():
            def ask(address: str) -> None:
                assert client.get(address).status_code == 200
            yield name, _cpu_ms(partial(ask, address.format(**values)))


def _resumed(folder: Path) -> float:
    reader = Reader(folder)
    after, which = reader.last_change() - RELOAD_AFTER, EventFilter(severity="alert", label="boat")
    return _cpu_ms(lambda: news_of(reader, after, which, lambda row: {}))


def _written(folder: Path, without_indexes: bool) -> float:
    """Into a store of 20000 others; CPU of one event."""
    now = datetime.now(UTC)
    fill(folder, 20_000, now)
    db = connect(folder)
    if without_indexes:
        for name in _LIST_INDEXES:
            db.execute(f"DROP INDEX {name}")
    db.close()
    store, made = Store(folder, WARD), iter([_event(100_000 + n, now) for n in range(WRITTEN)])
    spent_ms = _cpu_ms(lambda: store.take([next(made)], now), WRITTEN)
    store.close()
    return spent_ms


def _cpu_ms(act: Callable[[], object], turns: int = TURNS) -> float:
    spent = []
    for _ in range(turns):
        began_ns = time.process_time_ns()
        act()
        spent.append((time.process_time_ns() - began_ns) / 1e6)
    return statistics.median(spent)
