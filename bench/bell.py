"""Times the way from a press of a box's button to the bell at the desks of the ward, while much else goes on.

The real guard and uplink of one box, on a simulated pin; mosquitto; the ward's real receiver and page. Beside
them 200 events a second with pictures from other boxes, a store whose 100,000 events are all too old, so that
retention deletes them and their pictures meanwhile, and 40 desks that hold the stream of the page. A desk
rings by the beat that shows the call; the last of the 40 counts.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.bell_boxes import BOXES, RATE
from bench.bell_desks import Desks
from bench.delivery import running_broker
from bench.receiver import noise_jpeg
from bench.result import Figure, LeftOutError
from bench.store import fill
from dev.demo_box import free_port, make_ack_key
from dev.trial_config import ROOT, trial_config
from dev.troupe import Troupe
from edge.base.sqlite import look, transaction
from edge.contract.messages import Role
from edge.gpio import simulated
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from ward.store.database import FILE_NAME, connect
from ward.store.desk import Desk
from ward.store.intake import ms_of
from ward.store.pictures import PictureFolder, PictureName

DESKS, OLD_EVENTS, KEEP_DAYS = 40, 100_000, 30
PRESSES, QUIET_PRESSES = 150, 60
QUICK_PRESSES, QUICK_QUIET_PRESSES, QUICK_OLD_EVENTS = 20, 8, 30_000
MOST_S = 2.0
_PATIENCE_S = 30.0
_SETTLE_S = 3.0
_LINKS = 20_000             # of one file, as many as file systems take
SIREN_PIN, BUTTON_PIN, HOLD_S = 17, 5, 0.1

AS_A_WARDS = "max_inflight_messages 100\nmax_queued_messages 0\n"
BOX = """
ack = "ward"
ack_keys = ["{ack_key}"]
[alarm]
siren_s = 0.15
[outputs.siren]
kind = "siren"
pin = {siren}
[inputs.gate]
kind = "panic"
pin = {button}
hold_s = {hold_s}
[cameras.plaza]
source = "none.mp4"
"""


@dataclass(frozen=True, slots=True)
class Bells:
    """Seconds from each press until the first and until the last desk rang."""

    first_s: tuple[float, ...]
    last_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What went on meanwhile."""

    took_s: float
    told: str               # as the boxes say it themselves
    events: int             # stored
    expired: int            # deleted by retention
    swept_presses: int      # so many presses had come before retention was done


def figures(broker: Path, quick: bool) -> tuple[list[Figure], list[str]]:
    """The row of the bell, and what a reader must know."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as disk, \
            running_broker(broker, Path(disk), AS_A_WARDS) as mqtt_port, \
            Troupe(Path(disk), "bench alarm") as troupe:
        house = _Ward(Path(disk), mqtt_port, troupe)
        house.open(QUICK_OLD_EVENTS if quick else OLD_EVENTS)
        with closing(Desks(house.page_port, DESKS)) as desks:
            if not desks.wait_until_open(_PATIENCE_S):
                raise LeftOutError(f"bench alarm: not all of {DESKS} desks had a beat of the page")
            quiet = house.presses(desks, QUICK_QUIET_PRESSES if quick else QUIET_PRESSES)
            bells, load = house.under_load(desks, QUICK_PRESSES if quick else PRESSES)
    return [*_rows(bells, quiet)], [
        f"bell: {len(bells.last_s)} presses on {os.cpu_count()} cores, the hold of {HOLD_S} s in it, {DESKS} "
        f"desks, each call taken (\"seen\") before the next press; without load {len(quiet.last_s)} presses",
        f"meanwhile {RATE} events a second with a picture each were due of {BOXES} boxes, which {load.told}; "
        f"{load.events / load.took_s:.0f} a second were stored",
        f"retention deleted {load.expired} events with their pictures meanwhile, and was under way at "
        f"{load.swept_presses} of the presses"]


def _rows(bells: Bells, quiet: Bells) -> Iterator[Figure]:
    name = "press to bell at the last of 40 desks, loaded ward"
    for word, of, target in (("median", statistics.median, None), ("p95", _p95, None), ("p99", _p99, MOST_S),
                             ("most", max, None)):
        yield Figure(f"{name}, {word}", of(bells.last_s), "s", target, reference=of(quiet.last_s),
                     reference_name="without load")
    yield Figure("the same at the first desk, p99", _p99(bells.first_s), "s", reference=_p99(quiet.first_s),
                 reference_name="without load")


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


class _Ward:
    """One box that calls, and the ward's programs."""

    def __init__(self, disk: Path, mqtt_port: int, troupe: Troupe) -> None:
        self._disk, self._mqtt_port, self._troupe = disk, mqtt_port, troupe
        self._data, self._pins, self.page_port = disk / "ward", disk / "bell-pins", free_port()
        self._ack_key, self._public = make_ack_key(_made(disk / "keys"))
        self._rng, self._rung = random.Random(7), list[str]()

    def open(self, old_events: int) -> None:
        """Returns when the box and the ward are ready; retention deletes nothing yet."""
        _fill(self._data, old_events)
        config = self._disk / "bell.toml"
        config.write_text(trial_config(BOX.format(
            ack_key=self._public, siren=SIREN_PIN, button=BUTTON_PIN, hold_s=HOLD_S),
            state=self._disk / "bell-state", run=self._disk / "bell-run", mqtt_port=self._mqtt_port))
        simulated.press(self._pins, BUTTON_PIN, "high")
        self._receive(keep_days=3650)
        self._troupe.start("ward-page", [
            "ward.cli", "page", "--data", str(self._data), "--port", str(self.page_port)], ready="page:")
        pins = {PINS_VARIABLE: f"{SIMULATED}{self._pins}"}
        self._troupe.start("bell-uplink", ["edge.cli", "uplink", "--config", str(config)],
                           ready="uplink ready")
        self._troupe.start("bell-guard", ["edge.cli", "guard", "--config", str(config)], ready="roster open",
                           environment=pins)
        time.sleep(_SETTLE_S)

    def presses(self, desks: Desks, count: int) -> Bells:
        """Presses one after the other, each when the one before has rung everywhere and was taken."""
        first_s, last_s = list[float](), list[float]()
        desk = Desk(self._data)
        for _ in range(count):
            time.sleep(self._rng.uniform(0.1, 0.4))     # at any moment of whatever else goes on
            pressed_ns = time.monotonic_ns()
            simulated.press(self._pins, BUTTON_PIN, "low")
            time.sleep(HOLD_S * 2)
            simulated.press(self._pins, BUTTON_PIN, "high")
            found = desks.next_call(self._rung, _PATIENCE_S)
            if found is None:
                raise SystemExit(f"bench alarm: a press did not ring at {DESKS} desks within "
                                 f"{_PATIENCE_S:.0f} s")
            call, rung_ns = found
            self._rung.append(call)
            desk.seen(call, "bench", ms_of(datetime.now(UTC)))
            first_s.append((rung_ns[0] - pressed_ns) / 1e9)
            last_s.append((rung_ns[-1] - pressed_ns) / 1e9)
        return Bells(tuple(first_s), tuple(last_s))

    def under_load(self, desks: Desks, count: int) -> tuple[Bells, Load]:
        """The same while the other boxes tell their events and retention deletes what is old."""
        said = list[str]()
        self._troupe.start("bell-boxes", ["bench.bell_boxes", str(self._mqtt_port)], ready="telling",
                           on_line=said.append)
        time.sleep(_SETTLE_S)
        self._troupe.stop("receiver")
        self._receive(KEEP_DAYS)
        since_s, since = time.monotonic(), datetime.now(UTC)
        first_s, last_s, swept = list[float](), list[float](), 0
        while len(last_s) < count:
            swept += 5 * self._has_expired(since)
            bells = self.presses(desks, 5)
            first_s += bells.first_s
            last_s += bells.last_s
        took_s = time.monotonic() - since_s
        self._troupe.stop("bell-boxes")
        with closing(look(self._data / FILE_NAME)) as db:
            stored = db.execute("SELECT count(*) FROM events WHERE received_ms BETWEEN ? AND ?", (
                ms_of(since), ms_of(since) + took_s * 1000)).fetchone()[0]
            expired = db.execute("SELECT value FROM counters WHERE name = 'expired_events'").fetchone()
        load = Load(took_s, said[-1], stored, expired[0] if expired else 0, swept)
        return Bells(tuple(first_s), tuple(last_s)), load

    def _has_expired(self, now: datetime) -> bool:
        """Whether retention still has something to do."""
        before_ms = ms_of(now - timedelta(days=KEEP_DAYS))
        with closing(look(self._data / FILE_NAME)) as db:
            return bool(db.execute("SELECT EXISTS (SELECT 1 FROM events WHERE keep_from_ms < ?)",
                                   (before_ms,)).fetchone()[0])

    def _receive(self, keep_days: int) -> None:
        self._troupe.start("receiver", [
            "ward.cli", "receive", "--data", str(self._data), "--ward", ROOT.ward, "--broker",
            f"127.0.0.1:{self._mqtt_port}", "--no-tls", "--keep-days", str(keep_days), "--ack-key",
            str(self._ack_key)], ready="lane=calls")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _fill(folder: Path, count: int) -> None:
    """Events that are all older than they may be kept, a picture each: links to a few files, since room for
    so many is not the point.
    """
    now = datetime.now(UTC) - timedelta(days=KEEP_DAYS + 2)
    fill(folder, count, now, ROOT.ward)
    jpeg, pictures, shown = noise_jpeg(random.Random(5)), PictureFolder(folder), Path()
    with closing(connect(folder)) as db, transaction(db):
        rows = db.execute("SELECT event_id, box, received_ms FROM events").fetchall()
        for number, (event_id, box, received_ms) in enumerate(rows):
            name = PictureName(event_id, 0, Role.SUBJECT, f"{number:064x}")
            path = pictures.path(name, False)
            if number % _LINKS == 0:
                pictures.write(name, jpeg, False)
                shown = path
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.hardlink_to(shown)
            db.execute("INSERT INTO images VALUES (?, 0, 'subject', ?, ?, ?, 'verified', ?, 200, 240, 0)",
                       (event_id, name.sha256, box, len(jpeg), received_ms))
