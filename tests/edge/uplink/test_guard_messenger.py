"""What uplink says to guard: commands as they came, what the ward has, how the link is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.base.limits import COMMAND_MAX_BYTES
from edge.base.sockets import Server, listening
from edge.base.supervisor import Supervisor
from edge.ipc.channels import UPLINK_TO_GUARD
from edge.ipc.messages import Done, Handler, Message
from edge.ipc.uplink_guard import REQUESTS, AckPayload, Asked, Delivered, UplinkState, WardCommand
from edge.journal.store import Journal
from edge.uplink.guard_messenger import MAX_ACKS, MAX_COMMANDS, STATE_EVERY_S, GuardMessenger
from tests.edge.journal.entries import MIB, ROOT
from tests.edge.uplink import records


class FakeGuard:
    """A real socket, whose handler notes what came."""

    def __init__(self, folder: Path) -> None:
        self.came: list[Asked] = []
        channel = UPLINK_TO_GUARD
        self._supervisor = Supervisor()
        self._server = Server(channel.name, listening(channel.name, channel.path(folder), 4), channel.uids(),
                              channel.limits, Handler(channel.name, REQUESTS, self._take))
        self._server.start(self._supervisor)

    def _take(self, message: Asked) -> Message:
        self.came.append(message)
        return Done()

    def commands(self) -> list[bytes]:
        return [it.payload for it in self.came if isinstance(it, WardCommand)]

    def close(self) -> None:
        self._supervisor.stop.set()
        self._supervisor.join()
        self._server.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", MIB)
    yield opened
    opened.close()


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def messenger(folder: Path, journal: Journal, clock: Clock | None = None) -> GuardMessenger:
    return GuardMessenger(UPLINK_TO_GUARD.client(folder), journal, ROOT, clock or Clock())


def test_commands_are_kept_until_guard_takes_them(tmp_path: Path, journal: Journal) -> None:
    """
    As they came, byte for byte, in order; those beyond the bound are dropped and counted, what is longer than
    any command is cut.
    """
    uplink = messenger(tmp_path, journal)
    payloads = [b"\x00\xff{", b"x" * 10_000, *(b"%d" % number for number in range(MAX_COMMANDS))]
    for payload in payloads:
        uplink.command(ROOT.command("siren"), payload, True)
    with pytest.raises(RetryableError):
        uplink.step()
    guard = FakeGuard(tmp_path)
    uplink.step()

    assert 2 == uplink.commands_dropped
    assert [payload[:COMMAND_MAX_BYTES + 1] for payload in payloads[:MAX_COMMANDS]] == guard.commands()
    uplink.step()
    assert MAX_COMMANDS == len(guard.commands()), "each once"
    guard.close()


def test_guard_hears_which_calls_the_ward_has(tmp_path: Path, journal: Journal) -> None:
    """
    Once they were delivered, and again where guard hands over what the ward has had for long.
    """
    clock, entries = Clock(), [records.alarm(0), records.alarm(1), records.panel()]
    uplink, guard = messenger(tmp_path, journal, clock), FakeGuard(tmp_path)
    journal.append_all(entries)
    uplink.stored(entries)
    uplink.step()
    assert not [it for it in guard.came if isinstance(it, Delivered)]

    journal.settle([1])
    for _ in range(2):
        clock.now_s += 1
        uplink.step()
    assert [("a1.0",)] == [it.ids for it in guard.came if isinstance(it, Delivered)]

    later = messenger(tmp_path, journal, clock)     # started anew: guard hands everything over again
    later.stored(entries)
    later.step()
    assert [("a1.0",)] * 2 == [it.ids for it in guard.came if isinstance(it, Delivered)]
    guard.close()


def test_the_state_is_said_at_each_change_and_once_in_a_while(tmp_path: Path, journal: Journal) -> None:
    """
    With the journal's figures; another run is told by another name.
    """
    clock = Clock()
    uplink, guard = messenger(tmp_path, journal, clock), FakeGuard(tmp_path)
    uplink.step()
    uplink.step()
    uplink.ward_connected(True)
    uplink.step()
    uplink.journal_fault("the disk is full " * 100)
    uplink.step()
    clock.now_s += STATE_EVERY_S
    uplink.step()
    messenger(tmp_path, journal).step()

    states = [it for it in guard.came if isinstance(it, UplinkState)]
    assert [False, True, True, True, False] == [it.ward_connected for it in states]
    assert ["", "", "the disk is full", "the disk is full", ""] == [it.fault[:16] for it in states]
    assert 2 == len({it.run for it in states})
    assert all(it.journal is not None for it in states)
    guard.close()


def test_acks_reach_guard_as_they_came(tmp_path: Path, journal: Journal) -> None:
    """
    Byte for byte, in order; while guard is away the newest are kept. A ward that is silent is in the state.
    """
    uplink = messenger(tmp_path, journal)
    for number in range(MAX_ACKS + 3):
        uplink.ack(b"\xff%d" % number)
    with pytest.raises(RetryableError):
        uplink.step()
    guard = FakeGuard(tmp_path)
    uplink.step()
    uplink.ward_silent(True)
    uplink.step()

    assert [b"\xff%d" % number for number in range(3, MAX_ACKS + 3)] == [
        it.payload for it in guard.came if isinstance(it, AckPayload)]
    assert [False, True] == [it.unacknowledged for it in guard.came if isinstance(it, UplinkState)]
    guard.close()
