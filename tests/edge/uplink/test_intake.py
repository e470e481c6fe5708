"""Records handed over by a real socket: stored once, judged, bounded; whatever else comes ends nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.base.sockets import Server, listening
from edge.base.supervisor import Supervisor
from edge.ipc.channels import GUARD_TO_UPLINK, WATCH_TO_UPLINK, Channel
from edge.ipc.messages import Handler
from edge.ipc.records import MAX_ENTRIES, MAX_PICTURE_BYTES, REFUSED, REQUESTS, RecordSink
from edge.journal.entry import Rank
from edge.journal.store import Journal
from edge.uplink.intake import MAX_COUNTERS, Intake
from edge.uplink.permissions import Permissions
from tests.brokers import until
from tests.edge.journal.entries import MIB, ROOT
from tests.edge.uplink import records


class Uplink:
    """The part that takes records, on real sockets and a real journal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.journal = folder, Journal.open(folder / "journal.db", 64 * MIB)
        self.intakes, self._servers, self._supervisor = dict[str, Intake](), list[Server](), Supervisor()
        for channel in (WATCH_TO_UPLINK, GUARD_TO_UPLINK):
            intake = Intake(channel.sender, self.journal, Permissions(ROOT, ("gate",)))
            self.intakes[channel.name] = intake
            server = serve(channel, folder, intake)
            server.start(self._supervisor)
            self._servers.append(server)

    def close(self) -> None:
        self._supervisor.stop.set()
        assert [] == self._supervisor.join(60.0)
        assert self._supervisor.failure is None
        for server in self._servers:
            server.close()
        self.journal.close()


def serve(channel: Channel, folder: Path, intake: Intake) -> Server:
    listener = listening(channel.name, channel.path(folder), channel.limits.backlog)
    return Server(channel.name, listener, channel.uids(), channel.limits,
                  Handler(channel.name, REQUESTS, intake.answer))


def sink(folder: Path, channel: Channel = WATCH_TO_UPLINK) -> RecordSink:
    return RecordSink(channel.client(folder), answer_within_s=5.0)


@pytest.fixture
def uplink(tmp_path: Path) -> Iterator[Uplink]:
    made = Uplink(tmp_path)
    yield made
    made.close()


def test_records_arrive_whole_and_in_order(uplink: Uplink) -> None:
    """
    Twenty events with three pictures each, more than one request holds, and a counter.
    """
    entries = [records.event(pictures=3) for _ in range(20)]

    assert list(range(1, 81, 4)) == sink(uplink.folder).append_all(entries)
    sink(uplink.folder).count_all({"records": 20})

    owed = uplink.journal.owed(100)
    assert [(it.topic, it.payload, it.id) for it in owed if it.seq] == [
        (it.topic, it.data.encode(), it.id) for it in entries]
    assert {records.JPEG} == {it.payload for it in owed if it.seq is None}
    assert (60, {"records": 20}) == (uplink.journal.depth().pictures, uplink.journal.counters())


def test_the_largest_pictures_that_a_config_allows_fit(uplink: Uplink) -> None:
    """
    Eight events with three pictures of half a megabyte each.
    """
    large = tuple(replace(it, jpeg=records.JPEG.ljust(MAX_PICTURE_BYTES, b"x"))
                  for it in records.event("e", pictures=3).pictures)
    entries = [records.event(f"e{number}", pictures=0) for number in range(MAX_ENTRIES)]
    entries = [replace(it, pictures=tuple(
        replace(one, event_id=it.event_id, topic=ROOT.image(it.event_id, 0, one.role)) for one in large))
        for it in entries]

    assert list(range(1, 4 * MAX_ENTRIES, 4)) == sink(uplink.folder).append_all(entries)
    assert 3 * MAX_ENTRIES == uplink.journal.depth().pictures


def test_a_record_that_may_not_be_written_costs_the_others_nothing(uplink: Uplink) -> None:
    """
    It is refused by its place, counted, and neither stored nor tried again.
    """
    entries = [records.event(), records.alarm(), replace(records.event(), id="x" * 300), records.event()]

    assert [1, REFUSED, REFUSED, 3] == sink(uplink.folder).append_all(entries)
    assert 4 == uplink.journal.last_seq()
    assert 0 < uplink.intakes[WATCH_TO_UPLINK.name].refused


def test_events_and_retained_topics_are_told(uplink: Uplink) -> None:
    """
    Which events are open, and what a topic said last; nothing where it said nothing.
    """
    entry, state = records.event(), records.panel()
    sink(uplink.folder).append_all([entry])
    guards = sink(uplink.folder, GUARD_TO_UPLINK)
    guards.append_all([state])

    assert [entry.event_id] == [it.event_id for it in sink(uplink.folder).open_events()]
    said = guards.said_last(ROOT.panel)
    assert said is not None
    assert state.data == said.data
    assert guards.said_last(ROOT.alarm) is None


def test_a_sender_that_invents_counters_fills_no_journal(uplink: Uplink) -> None:
    """
    Beyond a thousand names no new one is taken.
    """
    watch = sink(uplink.folder)
    for start in range(0, MAX_COUNTERS + 400, 400):
        with contextlib.suppress(RetryableError):
            watch.count_all({f"invented_{number}": 1 for number in range(start, start + 400)})

    assert MAX_COUNTERS >= len(uplink.journal.counters()) >= MAX_COUNTERS - 400


def test_an_uplink_that_dies_between_commit_and_answer_stores_once(tmp_path: Path) -> None:
    """
    It is killed after the transaction, before it says so: handed over again, each record has the seq that it
    had, and nothing is owed twice.
    """
    entries = [records.event(), records.event()]
    dying = subprocess.Popen([sys.executable, "-m", __name__, str(tmp_path)], stdout=subprocess.PIPE)
    assert dying.stdout is not None
    assert b"ready\n" == dying.stdout.readline()
    with dying.stdout, pytest.raises(RetryableError, match="closed the connection"):
        sink(tmp_path).append_all(entries)
    assert 9 == dying.wait(60)

    next_one = Uplink(tmp_path)
    assert [1, 3, 5] == sink(tmp_path).append_all([*entries, records.event()])
    assert 3 == len(next_one.journal.owed(9, ranks=[Rank.NEW]))
    next_one.close()


FOREIGN = [
    b"", b"{", b"null", b"[]", b'{"kind":"append"}', b'{"kind":"append","entries":[{}]}', b"\xff" * 1000,
    b'{"kind":"count","counts":{"x":1e400}}', b'{"kind":"count","counts":{"\\u0000":1}}',
    b'{"kind":"count","counts":{"a":-1}}', b'{"kind":"what-present","topic":"' + b"x" * 1000 + b'"}',
    b"[" * 100_000, b'{"kind":"beat","cameras":{}}', b'{"a":' * 50_000,
]


@pytest.mark.parametrize("channel", [WATCH_TO_UPLINK, GUARD_TO_UPLINK], ids=lambda channel: channel.name)
def test_foreign_lines_end_nothing(uplink: Uplink, channel: Channel) -> None:
    """
    Garbage, a line without an end, one that is cut, a hundred connections: then the sender is served again.
    """
    for line in FOREIGN:
        with _connected(channel, uplink.folder) as stranger:
            stranger.sendall(line + b"\n")
            assert b"refused" in stranger.recv(4096)
    with _connected(channel, uplink.folder) as stranger, contextlib.suppress(OSError):
        for _ in range(80):
            stranger.sendall(b"x" * 65536)
    for _ in range(100):
        _connected(channel, uplink.folder).close()

    entry = records.event() if channel is WATCH_TO_UPLINK else records.alarm()
    assert [1] == sink(uplink.folder, channel).append_all([entry])


def _connected(channel: Channel, folder: Path) -> socket.socket:
    stranger = socket.socket(socket.AF_UNIX)
    stranger.settimeout(10.0)
    until(lambda: stranger.connect_ex(str(channel.path(folder))) == 0, "a place in the backlog")
    return stranger


def die_after_commit(folder: Path) -> None:
    """An uplink that is gone before it can answer."""
    journal = Journal.open(folder / "journal.db", 64 * MIB)
    intake = Intake(WATCH_TO_UPLINK.sender, journal, Permissions(ROOT, ("gate",)),
                    lambda entries: os._exit(9))
    supervisor = Supervisor()
    serve(WATCH_TO_UPLINK, folder, intake).start(supervisor)
    print("ready", flush=True)
    supervisor.stop.wait()


if __name__ == "__main__":
    die_after_commit(Path(sys.argv[1]))
