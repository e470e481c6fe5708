"""What all open pages are told: the panel, what is around it, and the roster's version, as they change.

Lives in one event loop. The panel wakes it by `wait`; the rest is looked at a few times a second.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from edge.base.errors import RetryableError
from edge.ipc.health import Surroundings
from edge.ipc.panel import Ongoing, Panel, View
from edge.page.scene import Past, visible
from edge.web.feed import ChangeFeed

LOOK_S = 0.5
_MAX_LISTENERS = 200
_PANEL_WAIT_S = 1.0
_TEND_S = 60.0

T = TypeVar("T")


class Watched(Protocol):
    """The roster, as far as the feed needs it."""

    def version(self) -> int: ...

    def tend(self) -> None: ...


class Feed(ChangeFeed):
    """Of the group's page."""

    def __init__(self, panel: Panel, roster: Watched, surroundings: Callable[[], Surroundings]) -> None:
        super().__init__(_MAX_LISTENERS)
        self._panel, self._roster, self._surroundings = panel, roster, surroundings
        self.run_id = secrets.token_hex(4)      # versions of another run say nothing about this one's
        self.view: View = panel.view()
        self.around: Surroundings = surroundings()
        self.past: Past | None = None
        self.driven_ns: dict[str, int] = {}     # by output: when it was seen on last, CLOCK_MONOTONIC
        self.roster_version = -1
        self._threads = CapacityLimiter(2)      # its own: no request keeps it waiting

    async def run(self) -> None:
        """Until `close`. What the panel or the roster raises comes out of here."""
        tasks = [asyncio.create_task(self._follow_panel()), asyncio.create_task(self._look_around())]
        try:
            await asyncio.gather(*tasks)        # no TaskGroup: it would hide an error of ours in a group
        finally:
            self.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    def note_view(self, view: View) -> None:
        """The panel's view is now `view`."""
        if view.version == self.view.version:
            return
        before, now, self.view = visible(self.view, "").alarm, visible(view, "").alarm, view
        if before is not None and not _same(before, now):
            self.past = Past(before.actor, before.since_utc, time.monotonic_ns())
        self.driven_ns |= {name: time.monotonic_ns() for name, is_on in view.outputs.items() if is_on}
        self._changed()

    async def _follow_panel(self) -> None:
        while not self.closed:
            version = self.view.version
            self.note_view(await self._in_thread(lambda: self._panel.wait(version, _PANEL_WAIT_S)))  # noqa: B023

    async def _look_around(self) -> None:
        tended_s = time.monotonic()
        while not self.closed:
            around, version = await self._in_thread(self._look)
            if (around, version) != (self.around, self.roster_version):
                self.around, self.roster_version = around, version
                self._changed()
            if time.monotonic() - tended_s > _TEND_S:
                tended_s = time.monotonic()
                await self._in_thread(self._tend)
            await asyncio.sleep(LOOK_S)

    def _look(self) -> tuple[Surroundings, int]:
        try:
            return self._surroundings(), self._roster.version()
        except RetryableError:                  # a busy disk: the next look asks again
            return self.around, self.roster_version

    def _tend(self) -> None:
        try:
            self._roster.tend()
        except RetryableError:
            return                              # only when phones were last seen

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    def _changed(self) -> None:
        self.change_to(self.number + 1)


def _same(before: Ongoing, now: Ongoing | None) -> bool:
    return now is not None and now.alarm_id == before.alarm_id
