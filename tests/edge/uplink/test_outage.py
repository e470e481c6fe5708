"""The promise of the box: the broker away for 30 of 100 events, processes killed, and nothing is lost."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal.store import Journal
from tests.brokers import Broker, mosquitto, until
from tests.edge.journal.entries import MIB, picture_of
from tests.edge.journal.test_processes import start_writer
from tests.edge.uplink.box import start_guard
from tests.subscriber import Subscriber

EVENTS = 100
PICTURE_BYTES = 2000


class Desk:
    """What a ward's table holds that upserts events on (event_id, rev) and pictures on their topic."""

    def __init__(self, ward: Subscriber) -> None:
        self._ward = ward

    @property
    def events(self) -> dict[tuple[str, int], int]:
        """seq by (event_id, rev)."""
        records = [arrival.json for arrival in self._ward.on("/event/")]
        return {(record["data"]["event_id"], record["data"]["rev"]): record["seq"] for record in records}

    @property
    def pictures(self) -> dict[str, bytes]:
        return {a.topic.split("/")[-2]: a.payload for a in self._ward.on("/image/")}

    @property
    def complete(self) -> bool:
        return len(self.events) == len(self.pictures) == EVENTS

    def check(self) -> Counter[int]:
        """0 lost, 0 duplicate rows, the order by seq whole, pictures unchanged; how often each seq came."""
        wanted = [(f"event-{number:06d}", 0) for number in range(1, EVENTS + 1)]
        assert wanted == sorted(self.events)
        assert list(range(1, 2 * EVENTS, 2)) == [self.events[key] for key in wanted]   # pictures between
        assert {f"event-{number:06d}": picture_of(number, PICTURE_BYTES)
                for number in range(1, EVENTS + 1)} == self.pictures
        return Counter(a.json["seq"] for a in self._ward.on("/event/"))


class Site:
    """A box of two processes, a broker, and a desk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "journal.db"
        self.broker: Broker = mosquitto(folder / "broker")
        self.broker.start()
        self._subscriber = Subscriber(self.broker.port)
        self.desk = Desk(self._subscriber)
        self.guard = self.start_guard()
        self.writer = self.start_writer()
        self.book = Journal.open(self.path, 64 * MIB)

    def start_guard(self) -> subprocess.Popen[bytes]:
        return start_guard(self.path, self.broker.port, self._folder / "guard.log")

    def start_writer(self) -> subprocess.Popen[str]:
        return start_writer(self.path, EVENTS, every_s=0.01)

    def made(self) -> int:
        """Events so far; each has a picture, with a number of its own."""
        return self.book.last_seq() // 2

    def until_made(self, event: int) -> None:
        until(lambda: self.made() >= event, f"event {event} to be made")

    @property
    def log(self) -> str:
        return (self._folder / "guard.log").read_text()

    def close(self) -> None:
        for process in (self.writer, self.guard):
            process.kill()
            process.wait()
        if self.writer.stdout is not None:
            self.writer.stdout.close()
        self.book.close()
        self._subscriber.close()
        self.broker.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_broker_stopped_for_30_of_100_events(site: Site) -> None:
    """
    0 lost, 0 duplicate rows, order by seq whole; a line for each change, not for each attempt.
    """
    site.until_made(35)
    until(lambda: site.desk.events, "the first to arrive")
    site.broker.stop()
    site.until_made(site.made() + 30)
    assert site.book.depth().records >= 30
    site.broker.start()

    until(lambda: site.desk.complete, "all to arrive")
    until(lambda: site.book.depth().records == 0, "the journal to be emptied")

    times = site.desk.check()
    assert sum(times.values()) - EVENTS <= 20           # at most what was on its way is sent twice
    assert {} == site.book.counters()
    assert 2 == site.log.count("ward connected")
    assert 1 <= site.log.count("ward away") <= 3        # broke, shuts down, nobody listens: each told once


def test_broker_stopped_and_both_processes_killed_in_turn(site: Site) -> None:
    """
    As above, with kill -9 of the guard and of the writer, before, amid and after the outage.
    """
    site.until_made(15)
    site.guard.kill()
    site.guard.wait()
    site.guard = site.start_guard()
    site.until_made(25)
    site.writer.kill()
    site.writer.wait()
    site.writer = site.start_writer()
    site.until_made(35)
    site.broker.stop()
    site.until_made(45)
    site.guard.kill()
    site.guard.wait()
    site.until_made(50)
    site.writer.kill()
    site.writer.wait()
    site.guard, site.writer = site.start_guard(), site.start_writer()
    site.until_made(66)
    site.broker.start()
    site.until_made(80)
    site.guard.kill()
    site.guard.wait()
    site.writer.kill()
    site.writer.wait()
    site.guard, site.writer = site.start_guard(), site.start_writer()

    until(lambda: site.desk.complete, "all to arrive")
    until(lambda: site.book.depth().records == 0, "the journal to be emptied")

    site.desk.check()
    assert {} == site.book.counters()
