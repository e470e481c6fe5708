"""The promise of the project: the ward's broker away, processes killed, and nothing lost or doubled.

A real guard, a real uplink and a real receiver; events are handed over by a process that goes as far as it is
told, so that each outage covers exactly the events that it shall.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO

from tests.e2e.stage import BOX, END_S, Stage, surroundings
from tests.e2e.writer import BEFORE, event_id

EVENTS = 100
CAMERA = """
[cameras.gate]
source = "rtsp://127.0.0.1/never-opened-by-guard"
"""


class Writer:
    """The process of writer.py over all its lives, and what it has told."""

    def __init__(self, stage: Stage, *words: str) -> None:
        self._stage, self._words = stage, words
        stage.until(lambda: stage.book.last_seq() == BEFORE, "guard to tell the state of its alarm")
        self.stored: list[int] = []         # each event that it told to be durable
        self.begin_utc = datetime.now(UTC) - timedelta(seconds=EVENTS)     # the ward forgets what is old
        self._at = 0
        self._process = self._begin()

    def _begin(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.writer", str(self._stage.state / "run"),
             self.begin_utc.isoformat(), *self._words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings())

    def up_to(self, number: int) -> None:
        """Append the events up to `number` and wait until they are durable."""
        self.begin(number)
        self.until(number)

    def begin(self, number: int) -> None:
        """Have the events up to `number` appended, without waiting."""
        _pipe(self._process.stdin).write(f"{number}\n")
        _pipe(self._process.stdin).flush()

    def until(self, number: int) -> None:
        while self._at < number:
            line = _pipe(self._process.stdout).readline()
            assert line, "the writer ended by itself"
            self._take(line)

    def kill_and_restart(self) -> None:
        """kill -9 wherever it is; the next one goes on where the journal stands."""
        self.kill()
        self._process = self._begin()

    def kill(self) -> None:
        self._process.kill()
        for line in _pipe(self._process.stdout):            # what it had told before it died counts
            self._take(line)
        self._process.wait(END_S)
        _pipe(self._process.stdout).close()
        _pipe(self._process.stdin).close()

    def _take(self, line: str) -> None:
        if line.endswith("\n"):                             # a kill may have cut the last one
            word, number = line.split()
            self._at = int(number)
            self.stored += [int(number)] if word == "stored" else []


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@contextmanager
def writing(stage: Stage, *words: str) -> Iterator[Writer]:
    """A writer, started with `words` as its last arguments."""
    writer = Writer(stage, *words)
    try:
        yield writer
    finally:
        writer.kill()


def check(stage: Stage, writer: Writer) -> None:
    """0 lost, 0 duplicate rows, order by seq whole, every picture verified, no loss counted anywhere."""
    stage.until_delivered()
    made, seen = stage.book.counters(), stage.summary()

    assert (EVENTS, {"new": EVENTS}) == (seen["events"], seen["records"])
    assert (EVENTS, 0, 0) == (seen["images"], seen["images_pending"], seen["quarantined"])
    assert EVENTS == len(list((stage.ward_data / "images").rglob("*.jpg")))
    for number in range(1, EVENTS + 1):
        found = stage.desk.event(event_id(number, writer.begin_utc))
        assert found is not None, f"event {number} is lost"
        row, (record,), (image,) = found
        assert row.subject is not None
        assert (2 * number - 1 + BEFORE, "verified", image.sha256) == (
            record.seq, image.state, row.subject.sha256)

    box = stage.box
    assert ({BOX: 0}, (), 0, 2 * EVENTS + BEFORE) == (seen["gaps"], box.gaps, box.waiting, box.last_seq)
    assert 0 == box.restarts                        # nothing made the ward believe in another journal
    assert {} == made                               # a loss would be counted here
    assert (0, {"messages"}) == (seen["refused"], set(seen["counters"]))
    assert sorted(set(writer.stored)) == writer.stored
    assert 2 * EVENTS + BEFORE == stage.book.last_seq()


def test_broker_stopped_for_30_of_100_events(stage: Stage) -> None:
    """
    30 of 100 events are made while there is no broker: all 100 arrive, once each, and the box lives on.
    """
    stage.ward()
    config = stage.config(CAMERA)
    uplink, guard = stage.uplink(config), stage.guard(config)
    with writing(stage) as writer:
        writer.up_to(35)
        stage.until(lambda: stage.desk.summary().events > 10, "the first to arrive")
        stage.broker.stop()
        writer.up_to(65)
        assert stage.book.depth().records >= 30
        stage.broker.start()
        writer.up_to(EVENTS)
        check(stage, writer)

    assert list(range(1, EVENTS + 1)) == writer.stored
    assert guard.running
    assert uplink.running
    assert 2 == uplink.text.count("ward connected")


def test_broker_stopped_and_every_process_killed_in_turn(stage: Stage) -> None:
    """
    As above, and kill -9 of uplink, of guard, of the writer, and of the ward's receiver, before, amid and
    after the outage: each is started again, and all 100 events are there once.
    """
    ward, config = stage.ward(), stage.config(CAMERA)
    uplink, guard = stage.uplink(config), stage.guard(config)
    with writing(stage) as writer:
        writer.up_to(10)
        writer.begin(30)
        writer.until(15)
        uplink.kill()
        uplink = stage.uplink(config)
        writer.until(20)
        guard.kill()
        guard = stage.guard(config)
        writer.kill_and_restart()
        writer.up_to(35)
        stage.until(lambda: stage.desk.summary().events > 5, "some to arrive")

        ward.kill()                         # the broker keeps for it what comes now
        writer.up_to(45)
        stage.broker.stop()
        writer.begin(75)
        writer.until(55)
        uplink.kill()
        guard.kill()
        writer.kill_and_restart()
        uplink, guard = stage.uplink(config), stage.guard(config)
        writer.up_to(75)
        stage.broker.start()
        ward = stage.ward()

        writer.begin(EVENTS)
        stage.until(lambda: stage.desk.summary().events > 50, "more to arrive")
        uplink.kill()
        ward.kill()
        uplink, ward = stage.uplink(config), stage.ward()
        writer.until(EVENTS)
        check(stage, writer)

    assert EVENTS - 2 <= len(writer.stored)         # each kill may have come before it could tell
    assert guard.running
    assert uplink.running
    assert ward.running
