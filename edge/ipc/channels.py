"""Who may say what to whom: every socket between the programs of a box, in one table.

One socket a sender and receiver, so that no sender fills the way by which another's requests come; of page
two, so that its ordinary requests, which may wait for a disk or a code's hash, never fill the way of a call
for help. Each may be connected to by its sender's user alone. Where all programs run under one user (on a
laptop, in `./run box` and tests) that user is every sender; root's tools have sockets of their own.
"""

from __future__ import annotations

import logging
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.base.errors import FatalError
from edge.base.sockets import Client, Limits, Server, listening
from edge.base.supervisor import Supervisor

log = logging.getLogger("ipc")

_KIB = 1024
_MIB = 1024 * _KIB


class Program(StrEnum):
    """A program of the box, and who is not one: root's command-line tools."""

    WATCH = "watch"
    GUARD = "guard"
    UPLINK = "uplink"
    PAGE = "page"
    TOOLS = "tools"

    @property
    def user(self) -> str:
        """The system user that it runs as on a box."""
        return "root" if self is Program.TOOLS else f"edgebox-{self.value}"


@dataclass(frozen=True, slots=True)
class Channel:
    """One socket."""

    sender: Program
    receiver: Program
    limits: Limits
    purpose: str = ""           # where a sender has more than one to a receiver

    @property
    def name(self) -> str:
        """FileDescriptorName= of its .socket unit."""
        return f"{self.sender}-to-{self.receiver}" + (f"-{self.purpose}" if self.purpose else "")

    def path(self, runtime_dir: Path) -> Path:
        return runtime_dir / "sockets" / f"{self.name}.sock"

    def client(self, runtime_dir: Path) -> Client:
        """A connection for the sender."""
        return Client(self.path(runtime_dir), f"edgebox {self.receiver}", self.limits.answer_bytes)

    def server(self, runtime_dir: Path, handle: Callable[[bytes], bytes]) -> Server:
        """The receiver's end, listening. Raises FatalError: the socket cannot be made."""
        listener = listening(self.name, self.path(runtime_dir), self.limits.backlog)
        return Server(self.name, listener, self.uids(), self.limits, handle)

    def uids(self) -> frozenset[int]:
        """Users that may connect: the sender's; our own where we do not run under our program's user."""
        own, users = os.getuid(), set[int]()
        if (sender := _uid(self.sender.user)) is not None:
            users.add(sender)
        if own != _uid(self.receiver.user):
            users.add(own)
        return frozenset(users)


class Servers:
    """The receiver's ends of a program that goes on without those that it could not get.

    `open` all of them, then `start`; `close` after the supervisor's threads have ended. One thread.
    """

    def __init__(self) -> None:
        self.faults: tuple[str, ...] = ()       # one for each socket that could not be made
        self._servers: list[Server] = []

    def open(self, channel: Channel, runtime_dir: Path, handle: Callable[[bytes], bytes]) -> None:
        """Listen on `channel`; where that cannot be, it is logged and costs the channel's sender alone.

        On a box systemd holds the sockets, so it is a laptop's, or a unit without its Sockets=, that fails.
        """
        try:
            self._servers.append(channel.server(runtime_dir, handle))
        except FatalError as exc:
            log.error("nobody can ask by this way: socket=%s error=\"%s\"", channel.name, exc)
            self.faults += (f"socket {channel.name}: {exc}",)

    def start(self, supervisor: Supervisor, silent_s: float = 30.0) -> None:
        """Take requests in threads of `supervisor`. `silent_s`: the longest that one may take."""
        for server in self._servers:
            server.start(supervisor, silent_s=silent_s)

    def close(self) -> None:
        """Give the sockets back."""
        for server in self._servers:
            server.close()


# A record with three pictures is some 400 KiB of JSON; a batch has up to eight.
_RECORDS = Limits(line_bytes=4 * _MIB, connections=1, backlog=4, per_second=50.0, burst=50)
_FEW = Limits(line_bytes=64 * _KIB, connections=2, backlog=8, per_second=20.0, burst=40)

WATCH_TO_UPLINK = Channel(Program.WATCH, Program.UPLINK, _RECORDS)
GUARD_TO_UPLINK = Channel(Program.GUARD, Program.UPLINK, _RECORDS)
WATCH_TO_GUARD = Channel(Program.WATCH, Program.GUARD, _FEW)
UPLINK_TO_GUARD = Channel(Program.UPLINK, Program.GUARD, _FEW)
# Page keeps its connections open. An answer to it may be a long list of members.
PAGE_TO_GUARD = Channel(Program.PAGE, Program.GUARD, Limits(
    line_bytes=64 * _KIB, connections=8, backlog=16, per_second=100.0, burst=200, answer_bytes=2 * _MIB))
PAGE_CALLS_TO_GUARD = Channel(Program.PAGE, Program.GUARD, Limits(
    line_bytes=4 * _KIB, connections=8, backlog=16, per_second=200.0, burst=400), "calls")
TOOLS_TO_GUARD = Channel(Program.TOOLS, Program.GUARD, Limits(
    line_bytes=64 * _KIB, connections=2, backlog=8, per_second=20.0, burst=40, answer_bytes=2 * _MIB))

CHANNELS = (WATCH_TO_UPLINK, GUARD_TO_UPLINK, WATCH_TO_GUARD, UPLINK_TO_GUARD, PAGE_TO_GUARD,
            PAGE_CALLS_TO_GUARD, TOOLS_TO_GUARD)


def _uid(user: str) -> int | None:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None
