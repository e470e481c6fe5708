"""The thread that speaks to guard: what came of the ward as it came, what the broker has, how the link is.

Commands go first, then acks. What guard did not take is kept and said again, up to a bound: guard may be
starting, and judges by itself what is too old.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.limits import COMMAND_MAX_BYTES
from edge.base.retry import Retry
from edge.base.sockets import Client
from edge.contract.topics import Root
from edge.ipc.to_guard import keep_saying, say
from edge.ipc.uplink_guard import (
    MAX_DELIVERED,
    AckPayload,
    Delivered,
    JournalFigures,
    UplinkState,
    WardCommand,
)
from edge.journal.entry import Entry, Rank
from edge.journal.reopening_journal import AnyJournal

log = logging.getLogger("to-guard")

MAX_COMMANDS = 64
MAX_ACKS = 16               # each names the calls of ten minutes
MAX_CALLS = 4096            # whose delivery guard waits to hear of; beyond, it asks by handing over again
STATE_EVERY_S = 10.0
_DELIVERED_EVERY_S = 0.5
_FULL_TEXT = 500


class GuardMessenger:
    """`run` is the thread's body; `command`, `stored` and the setters are for any thread."""

    def __init__(self, client: Client, journal: AnyJournal, root: Root,
                 now_s: Callable[[], float] = time.monotonic) -> None:
        self._client, self._journal, self._root, self._now_s = client, journal, root, now_s
        self._run = uuid.uuid4().hex
        self._mutex, self._wake = threading.Lock(), threading.Event()
        self._commands: deque[WardCommand] = deque()
        self._acks: deque[bytes] = deque(maxlen=MAX_ACKS)       # a newer one says more than an older one
        self._calls: dict[str, None] = {}       # ids of alarm records that guard keeps until it hears
        self._connected, self._fault, self._unacknowledged = False, "", False
        self._said: UplinkState | None = None
        self._said_s = self._looked_s = 0.0
        self._answering = Retry("guard does not answer", "guard answers again", log, Backoff(0.1, 2.0))
        self.commands_dropped = 0

    def command(self, topic: str, payload: bytes, retained: bool) -> None:
        """Put a message of the ward's down; returns at once."""
        with self._mutex:
            if len(self._commands) >= MAX_COMMANDS:
                self.commands_dropped += 1
                dropped = self.commands_dropped
            else:
                self._commands.append(WardCommand(topic=topic, payload=payload[:COMMAND_MAX_BYTES + 1],
                                              retained=retained))
                dropped = 0
        self._wake.set()
        if dropped & (dropped - 1) == 0 and dropped:
            log.warning("command dropped, guard takes none: topic=%s dropped=%d", topic, dropped)

    def ack(self, payload: bytes) -> None:
        """Put an ack of the ward's down; returns at once."""
        with self._mutex:
            self._acks.append(payload)
        self._wake.set()

    def stored(self, entries: Sequence[Entry]) -> None:
        """Guard has handed these over: it is told once the broker has those that are calls."""
        with self._mutex:
            self._calls |= dict.fromkeys(entry.id for entry in entries if entry.rank is Rank.ALARM)
            while len(self._calls) > MAX_CALLS:
                del self._calls[next(iter(self._calls))]

    def ward_connected(self, connected: bool) -> None:
        self._connected = connected
        self._wake.set()

    def ward_silent(self, silent: bool) -> None:
        """Whether the broker takes everything and the ward acknowledges nothing."""
        self._unacknowledged = silent
        self._wake.set()

    def journal_fault(self, text: str) -> None:
        """Why the journal is away; "" when it works."""
        self._fault = text[:_FULL_TEXT]
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Say what there is to say until `stop`."""
        keep_saying(stop, self._wake, self._answering, self.step, _DELIVERED_EVERY_S)

    def step(self) -> None:
        """One turn. Raises RetryableError: guard is away."""
        self._say_commands()
        self._say_acks()
        self._say_state()
        self._say_delivered()

    def _say_commands(self) -> None:
        while True:
            with self._mutex:
                first = self._commands[0] if self._commands else None
            if first is None:
                return
            say(self._client, first)
            with self._mutex:
                self._commands.popleft()

    def _say_acks(self) -> None:
        while True:
            with self._mutex:
                first = self._acks[0] if self._acks else None
            if first is None:
                return
            say(self._client, AckPayload(payload=first))
            with self._mutex:
                if self._acks and self._acks[0] is first:       # else newer ones have pushed it out
                    self._acks.popleft()

    def _say_state(self) -> None:
        figures = None
        now_s = self._now_s()
        if self._said is not None and now_s - self._said_s < STATE_EVERY_S and (
                self._connected, self._fault, self._unacknowledged) == (
                self._said.ward_connected, self._said.fault, self._said.unacknowledged):
            return
        with suppress(RetryableError):
            depth = self._journal.depth()
            figures = JournalFigures(records=depth.records, bytes=depth.bytes, lost=depth.lost)
        state = UplinkState(run=self._run, ward_connected=self._connected, fault=self._fault, journal=figures,
                            unacknowledged=self._unacknowledged)
        say(self._client, state)
        self._said, self._said_s = state, now_s

    def _say_delivered(self) -> None:
        with self._mutex:
            calls = list(self._calls)
        now_s = self._now_s()
        if not calls or now_s - self._looked_s < _DELIVERED_EVERY_S:
            return
        self._looked_s = now_s
        done: list[str] = []
        with suppress(RetryableError):          # the journal is away: later
            done = self._journal.delivered(self._root.alarm, calls)
        for start in range(0, len(done), MAX_DELIVERED):
            batch = done[start:start + MAX_DELIVERED]
            say(self._client, Delivered(ids=tuple(batch)))
            with self._mutex:
                for one in batch:
                    self._calls.pop(one, None)
