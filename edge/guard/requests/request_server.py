"""The sockets of page and of root's tools, and the roster behind them.

    roster          opens the roster, again where it is damaged or was replaced, and tends it
    acts            writes the log of acts
    outlook         follows the alarm, for what phones are shown
    surroundings    looks at what is around it
    page-to-guard-0, page-to-guard-calls-0, tools-to-guard-0...    one a connection

None of them shares a lock with the button's way to the siren, which they reach through the panel's queue.
While there is no roster every request is refused for now: siren and buttons need none.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from edge.base.backoff import Backoff
from edge.base.errors import FatalError, RetryableError
from edge.base.sockets import Server
from edge.base.supervisor import Supervisor, beat
from edge.config.model import EdgeSettings
from edge.guard.requests.act_log import ActLog
from edge.guard.requests.outlook import Outlook
from edge.guard.requests.page_requests import PageRequests
from edge.guard.requests.tool_requests import ToolRequests
from edge.ipc import page_guard, tools_guard
from edge.ipc.channels import PAGE_CALLS_TO_GUARD, PAGE_TO_GUARD, TOOLS_TO_GUARD, Channel
from edge.ipc.health import Chores, Surroundings
from edge.ipc.messages import Handler, Message
from edge.ipc.panel import Panel
from edge.members.roster import Roster
from edge.members.values import Act

log = logging.getLogger("requests")

_TEND_S = 60.0
_TURN_S = 1.0
_DISK_SILENT_S = 120.0         # a worn card may take so long


class _Open(NamedTuple):
    roster: Roster
    page: PageRequests
    tools: ToolRequests


class RequestServer:
    """First `start`, and `close` after the supervisor's threads have ended."""

    def __init__(self, panel: Panel, chores: Chores, surroundings: Callable[[], Surroundings],
                 open_roster: Callable[[], Roster], tell: Callable[[str], None]) -> None:
        """`tell` hears why there is no roster, "" once there is one."""
        self._panel, self._chores, self._open_roster, self._tell = panel, chores, open_roster, tell
        self._outlook, self._acts = Outlook(panel, surroundings), ActLog(self._note)
        self._open: _Open | None = None
        self._fault = "the roster is not open yet"
        self._servers: list[Server] = []

    def start(self, supervisor: Supervisor, settings: EdgeSettings) -> None:
        """A socket that cannot be made is logged and costs its own sender alone."""
        handlers: tuple[tuple[Channel, Callable[[bytes], bytes]], ...] = (
            (PAGE_CALLS_TO_GUARD, Handler(PAGE_CALLS_TO_GUARD.name, page_guard.CALL_REQUESTS, self._of_page)),
            (PAGE_TO_GUARD, Handler(PAGE_TO_GUARD.name, page_guard.ORDINARY_REQUESTS, self._of_page)),
            (TOOLS_TO_GUARD, Handler(TOOLS_TO_GUARD.name, tools_guard.REQUESTS, self._of_tools)))
        for channel, handler in handlers:
            try:
                self._servers.append(channel.server(settings.box.runtime_dir, handler))
            except FatalError as exc:       # systemd holds them on a box, so this is a laptop's
                log.error("nobody can ask by this way: socket=%s error=\"%s\"", channel.name, exc)
        supervisor.start("roster", self.run, silent_s=_DISK_SILENT_S)
        supervisor.start("acts", self._acts.run, silent_s=_DISK_SILENT_S)
        supervisor.start("outlook", self._outlook.run)
        supervisor.start("surroundings", self._outlook.run_around, silent_s=_DISK_SILENT_S)
        for server in self._servers:
            server.start(supervisor, silent_s=_DISK_SILENT_S)

    @property
    def is_open(self) -> bool:
        """Whether there is a roster, so that requests are answered."""
        return self._open is not None

    def close(self) -> None:
        for server in self._servers:
            server.close()
        if self._open is not None:
            self._open.roster.close()

    def run(self, stop: threading.Event) -> None:
        """Keep a roster open, and tend it, until `stop`."""
        backoff, tended_s = Backoff(1.0, 30.0), time.monotonic()
        while not stop.is_set():
            beat()
            if self._open is None:
                if self._try_open():
                    backoff = Backoff(1.0, 30.0)
                else:
                    stop.wait(backoff.next_s())
                    continue
            if time.monotonic() - tended_s > _TEND_S:
                tended_s = time.monotonic()
                self._tend()
            stop.wait(_TURN_S)

    def _try_open(self) -> bool:
        try:
            roster = self._open_roster()
        except (RetryableError, FatalError) as exc:
            self._lose(exc)
            return False
        self._open = _Open(roster, PageRequests(self._panel, roster, self._outlook, self._chores, self._acts),
                           ToolRequests(roster))
        self._fault = ""
        self._tell("")
        log.info("roster open: members=%d", sum(not member.revoked for member in roster.members()))
        return True

    def _tend(self) -> None:
        with contextlib.suppress(RetryableError):       # only when phones were last seen
            self._now().roster.tend()

    def _of_page(self, asked: page_guard.Asked) -> Message:
        try:
            return self._now().page.answer(asked)
        except FatalError as exc:
            raise self._lose(exc) from exc

    def _of_tools(self, asked: tools_guard.Asked) -> Message:
        try:
            return self._now().tools.answer(asked)
        except FatalError as exc:
            raise self._lose(exc) from exc

    def _note(self, act: Act) -> None:
        self._now().roster.note(act)

    def _now(self) -> _Open:
        if (held := self._open) is None:
            raise RetryableError(self._fault)
        return held

    def _lose(self, exc: RetryableError | FatalError) -> RetryableError:
        """The roster cannot be used: it is opened again until it can. A thread may use the old one still."""
        self._open = None
        if self._fault != str(exc):
            log.error("roster cannot be used, tried again until it can: error=\"%s\"", exc)
        self._fault = str(exc)
        self._tell(self._fault)
        return RetryableError(self._fault)
