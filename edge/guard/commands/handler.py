"""Where commands of the ward are taken in, judged, handed to the panel and answered: a thread of its own.

Whoever brings them only puts them down here, and never waits for the panel. A command is obeyed at most
once: it is written down before it is obeyed, and one that was taken in just before a kill is not obeyed at
all. Its answer goes the way of all records, by uplink's journal.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from edge.base import clock
from edge.base.backoff import Backoff
from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.limits import COMMAND_MAX_BYTES
from edge.base.retry import Retry
from edge.base.supervisor import beat
from edge.config.folders import runtime_folder
from edge.config.model import EdgeSettings
from edge.contract.command import Command, CommandName, CommandRefusal, CommandResultData
from edge.contract.signing import load_keys
from edge.contract.topics import Root, is_slug, parse
from edge.guard.commands.answers import AnswerPace, Answers
from edge.guard.commands.lessons import LessonBook
from edge.guard.commands.replay_guard import FILE, ReplayGuard
from edge.guard.commands.verification import CommandArrival, CommandScope, RefusedCommand, judge, request_of
from edge.ipc.channels import Program
from edge.ipc.panel import Panel, Refusal
from edge.ipc.records import Records

log = logging.getLogger("commands")

WAITING_MAX = 64
LESSONS_WAITING_MAX = 16        # of them "not that": the rest of the room is for calls
LESSONS_PER_MINUTE = 12         # more than an officer presses; apart from what other commands may have
_LOOK_S = 1.0


def open_desk(settings: EdgeSettings, root: Root, panel: Panel, records: Records,
              lessons: LessonBook) -> CommandHandler:
    """The desk of the box that `settings` describe. Raises ConfigError: a key cannot be used."""
    now = clock.now()
    identity = CommandScope(root, now.boot_id, load_keys(settings.commands.keys))
    seen = ReplayGuard.load(runtime_folder(settings, Program.GUARD) / FILE, now.boot_id, now.utc)
    return CommandHandler(identity, panel, records, seen, lessons, settings.commands.max_per_minute)


class CommandHandler:
    """`arrived` for any one thread; `run` is the body of another."""

    def __init__(self, identity: CommandScope, panel: Panel, records: Records, seen: ReplayGuard,
                 lessons: LessonBook, max_per_minute: int,
                 now: Callable[[], Stamp] = clock.now) -> None:
        self._identity, self._panel, self._seen, self._now = identity, panel, seen, now
        self._lessons, self._records = lessons, records
        self._waiting: queue.Queue[CommandArrival] = queue.Queue(WAITING_MAX)
        self._dropped = self._dropped_answered = 0      # the one is `arrived`'s, the other `run`'s
        self._pace, self._lesson_pace = AnswerPace(max_per_minute), AnswerPace(LESSONS_PER_MINUTE)
        self._answers = Answers(identity.root, records)
        self._telling = Retry("lessons wait", "lessons are told again", log, Backoff(1.0, 30.0))

    def arrived(self, topic: str, payload: bytes, retained: bool) -> None:
        """Put a message down for `run`; returns at once. What is no command to this box is passed over."""
        address = parse(topic)
        if address is None or address.root != self._identity.root or address.leaf[:-1] != ("cmd",):
            return
        name = address.leaf[1] if is_slug(address.leaf[1]) else ""
        if name == CommandName.NOT_THAT and self._waiting.qsize() >= LESSONS_WAITING_MAX:
            self._dropped += 1
            return
        try:
            self._waiting.put_nowait(CommandArrival(name, payload[:COMMAND_MAX_BYTES + 1], retained))
        except queue.Full:
            self._dropped += 1

    def run(self, stop: threading.Event) -> None:
        """Judge, obey and answer until `stop` is set."""
        while not stop.is_set():
            beat()
            self.step(_LOOK_S)
        for arrival in self._taken(0.0):        # nothing is begun any more
            self._refuse(arrival.name, Refusal.STOPPING)
        self._answers.write(self._now().mono_ns, last=True)

    def step(self, wait_s: float) -> None:
        """Wait for a command, `wait_s` at most; deal with all that wait, then store the answers."""
        for arrival in self._taken(wait_s):
            beat()
            stamp = self._now()
            self._answers.add(self._outcome(arrival, stamp), stamp)
        while self._dropped_answered < self._dropped:
            self._dropped_answered += 1
            self._refuse("", CommandRefusal.TOO_MANY)
        stamp = self._now()
        self._answers.write(stamp.mono_ns)
        if self._telling.may_run(stamp.mono_ns):
            self._telling.run(lambda: self._lessons.tell(self._identity.root, self._records, stamp),
                              stamp.mono_ns)

    def _taken(self, wait_s: float) -> Iterator[CommandArrival]:
        """What waits; the first is waited for."""
        with suppress(queue.Empty):
            yield self._waiting.get(timeout=wait_s)
            for _ in range(WAITING_MAX):
                yield self._waiting.get_nowait()

    def _refuse(self, name: str, reason: CommandRefusal | Refusal) -> None:
        """Unread."""
        stamp = self._now()
        self._answers.add(_result(name, stamp, reason), stamp)

    def _outcome(self, arrival: CommandArrival, stamp: Stamp) -> CommandResultData:
        command = judge(arrival, self._identity, stamp.utc, self._seen)
        if isinstance(command, RefusedCommand):
            return _result(arrival.name, stamp, command.reason, command.cmd_id, command.issuer)
        reason = self._not_taken_on(command, stamp)
        if reason is not None:
            return _result(arrival.name, stamp, reason, command.cmd_id, command.issuer)
        if command.name is CommandName.NOT_THAT:
            return _result(arrival.name, stamp, self._lessons.obey(command, stamp.utc), command.cmd_id,
                           command.issuer)
        answer = self._panel.request(request_of(command))
        refusal = None if answer.accepted else answer.refusal or Refusal.STOPPING
        return _result(arrival.name, stamp, refusal, command.cmd_id, command.issuer, answer.alarm_id)

    def _not_taken_on(self, command: Command, stamp: Stamp) -> CommandRefusal | None:
        """Write it down as obeyed, or say why it is not."""
        pace = self._lesson_pace if command.name is CommandName.NOT_THAT else self._pace
        if not pace.takes(stamp.mono_ns):
            return CommandRefusal.TOO_MANY
        try:
            self._seen.note(command)
        except RetryableError as exc:
            log.error("command cannot be written down, so it is refused: error=\"%s\"", exc)
            return CommandRefusal.UNREADY
        return None


def _result(name: str, stamp: Stamp, reason: CommandRefusal | Refusal | None, cmd_id: str | None = None,
            issuer: str | None = None, alarm_id: str = "") -> CommandResultData:
    """The answer as of `stamp`; accepted where there is no `reason` against it."""
    return CommandResultData(
        cmd_id=cmd_id, name=name, accepted=reason is None, reason=None if reason is None else reason.value,
        alarm_id=alarm_id or None, issuer=issuer, at=stamp.utc, clock_synchronised=stamp.clock_synchronised)
