"""Tell open pages that something changed: one poll of the store for all of them.

Receiver and page may be two processes, so the store is asked. A poll reads one number; it runs only
while somebody looks.
"""

from __future__ import annotations

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from edge.base.errors import RetryableError
from ward.store.reader import Reader

log = logging.getLogger("page")

POLL_S = 0.25
MAX_LISTENERS = 100


class DeskFeed:
    """Lives in one event loop, from `run` to `close`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._news = asyncio.Event()
        self._change = 0
        self.closed = False
        self.listeners = 0

    async def run(self) -> None:
        """Poll until `close`. A busy store is asked again; what follows is told late, not lost."""
        while not self.closed:
            if self.listeners:
                try:
                    change = await run_in_threadpool(self._reader.last_change)
                except RetryableError as exc:
                    log.debug("store busy: error=\"%s\"", exc)
                else:
                    if change != self._change:
                        self._change = change
                        self._wake()
            await asyncio.sleep(POLL_S)

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Until there is a change after `seen`, the feed closed, or the time is over."""
        if self.closed or self._change > seen:
            return
        try:
            await asyncio.wait_for(self._news.wait(), timeout_s)
        except TimeoutError:
            return

    def close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        """Those who wait now wake; who comes later waits for the next."""
        news, self._news = self._news, asyncio.Event()
        news.set()
