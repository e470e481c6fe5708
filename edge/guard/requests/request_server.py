"""The sockets of page and of root's tools, and the roster behind them.

    roster          opens the roster, again where it is damaged or was replaced, and tends it
    acts            writes the log of acts
    outlook         follows the alarm, for what phones are shown
    surroundings    looks at what is around it
    page-to-guard-0, page-to-guard-calls-0, tools-to-guard-0...    one a connection

None of them shares a lock with the button's way to the siren, which they reach through the panel's queue.
While there is no roster every request is refused for now: siren and buttons need none. While its card cannot
be written there is a copy in memory (`edge.members.working_copy`), so that a code ends an alarm all the same.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from edge.base.backoff import Backoff
from edge.base.errors import EdgeError, FatalError, RetryableError
from edge.base.retry import Retry
from edge.base.supervisor import Supervisor, beat
from edge.config.model import EdgeSettings
from edge.guard.requests.act_log import ActLog
from edge.guard.requests.outlook import Outlook
from edge.guard.requests.page_requests import PageRequests
from edge.guard.requests.tool_requests import ToolRequests
from edge.ipc import page_guard, tools_guard
from edge.ipc.channels import PAGE_CALLS_TO_GUARD, PAGE_TO_GUARD, TOOLS_TO_GUARD, Servers
from edge.ipc.health import Chores, Surroundings
from edge.ipc.messages import Handler, Message
from edge.ipc.panel import Panel
from edge.members.errors import UnwritableError
from edge.members.roster import Roster
from edge.members.values import Act

log = logging.getLogger("requests")

_TEND_S = 60.0
_TURN_S = 1.0
_DISK_SILENT_S = 120.0         # a worn card may take so long
T = TypeVar("T")


class _Open(NamedTuple):
    roster: Roster
    page: PageRequests
    tools: ToolRequests


class RequestServer:
    """First `start`, and `close` after the supervisor's threads have ended."""

    def __init__(self, panel: Panel, chores: Chores, surroundings: Callable[[], Surroundings],
                 open_roster: Callable[[], Roster], open_copy: Callable[[], Roster],
                 roster_fault: Callable[[str], None]) -> None:
        """`roster_fault` is called with why there is no roster, or but a copy; with "" once there is one."""
        self._panel, self._chores = panel, chores
        self._open_roster, self._open_copy = open_roster, open_copy
        self._roster_fault = roster_fault
        self._switching = threading.Lock()
        self._outlook, self._acts = Outlook(panel, surroundings), ActLog(self._note)
        self._open: _Open | None = None
        self._opening = Retry("roster cannot be opened", "roster opened after all", log, Backoff(1.0, 30.0),
                              failures=(RetryableError, FatalError))
        self._fault = "the roster is not open yet"
        self._servers = Servers()

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The sockets that could not be made, each with why."""
        return self._servers.faults

    def start(self, supervisor: Supervisor, settings: EdgeSettings) -> None:
        """Take requests from now on; there is an answer once the roster is open."""
        folder = settings.box.runtime_dir
        self._servers.open(PAGE_CALLS_TO_GUARD, folder,
                           Handler(PAGE_CALLS_TO_GUARD.name, page_guard.CALL_REQUESTS, self._of_page))
        self._servers.open(PAGE_TO_GUARD, folder,
                           Handler(PAGE_TO_GUARD.name, page_guard.ORDINARY_REQUESTS, self._of_page))
        self._servers.open(TOOLS_TO_GUARD, folder,
                           Handler(TOOLS_TO_GUARD.name, tools_guard.REQUESTS, self._of_tools))
        supervisor.start("roster", self.run, silent_s=_DISK_SILENT_S)
        supervisor.start("acts", self._acts.run, silent_s=_DISK_SILENT_S)
        supervisor.start("outlook", self._outlook.run)
        supervisor.start("surroundings", self._outlook.run_around, silent_s=_DISK_SILENT_S)
        self._servers.start(supervisor, silent_s=_DISK_SILENT_S)

    @property
    def is_open(self) -> bool:
        """Whether there is a roster, so that requests are answered."""
        return self._open is not None

    def close(self) -> None:
        self._servers.close()
        if self._open is not None:
            self._open.roster.close()

    def run(self, stop: threading.Event) -> None:
        """Keep a roster open, and tend it, until `stop`."""
        tended_s = time.monotonic()
        while not stop.is_set():
            beat()
            now_ns = time.monotonic_ns()
            if self._open is None or self._open.roster.is_copy:
                if self._opening.may_run(now_ns) and not self._opening.run(self._open_once, now_ns):
                    self._do_without(self._opening.error)
            elif time.monotonic() - tended_s > _TEND_S:
                tended_s = time.monotonic()
                self._tend()
            stop.wait(_TURN_S)

    def _open_once(self) -> None:
        roster = self._open_roster()
        with self._switching:
            self._use(roster)
        self._report("")
        log.info("roster open: members=%d", sum(not member.revoked for member in roster.members()))

    def _use(self, roster: Roster) -> None:
        """From the next request on. A thread may use the former one still."""
        self._open = _Open(roster, PageRequests(self._panel, roster, self._outlook, self._chores, self._acts),
                           ToolRequests(roster))

    def _do_without(self, error: EdgeError | None) -> None:
        """There is no roster, or none that can be written: then a copy will do."""
        with contextlib.suppress(RetryableError):
            if isinstance(error, UnwritableError):
                self._go_on_from_copy(error)
        self._report(str(error))

    def _go_on_from_copy(self, error: UnwritableError) -> None:
        """Raises RetryableError: there is no copy either."""
        with self._switching:
            if self._open is None or not self._open.roster.is_copy:
                try:
                    self._use(self._open_copy())
                except FatalError as exc:
                    raise RetryableError(str(exc)) from exc
                log.error("members cannot be written, going on from a copy in memory: error=\"%s\"", error)
        self._report(str(error))

    def _tend(self) -> None:
        with contextlib.suppress(RetryableError):       # only when phones were last seen
            self._now().roster.tend()

    def _of_page(self, asked: page_guard.Asked) -> Message:
        return self._ask(lambda held: held.page.answer(asked))

    def _of_tools(self, asked: tools_guard.Asked) -> Message:
        return self._ask(lambda held: held.tools.answer(asked))

    def _note(self, act: Act) -> None:
        self._ask(lambda held: held.roster.note(act))

    def _ask(self, question: Callable[[_Open], T]) -> T:
        """Ask the roster, or once more its copy where the card refuses. Raises RetryableError."""
        try:
            return self._ask_once(question)
        except UnwritableError as exc:
            self._go_on_from_copy(exc)
            return self._ask_once(question)

    def _ask_once(self, question: Callable[[_Open], T]) -> T:
        held = self._now()
        try:
            return question(held)
        except FatalError as exc:
            raise self._lose(held, exc) from exc

    def _now(self) -> _Open:
        if (held := self._open) is None:
            raise RetryableError(self._fault)
        return held

    def _lose(self, held: _Open, exc: FatalError) -> RetryableError:
        """The roster cannot be used: it is opened again until it can. A thread may use the old one still."""
        with self._switching:
            if self._open is held:
                log.error("roster lost, opened again: error=\"%s\"", exc)
                self._open = None
                self._report(str(exc))
        return RetryableError(str(exc))

    def _report(self, fault: str) -> None:
        """Say why there is no roster, or but a copy, "" once there is one, to whoever asks and to guard."""
        self._fault = fault
        self._roster_fault(fault)
