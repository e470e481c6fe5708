"""Tell open pages that something changed: one poll of the store for all of them.

Receiver and page may be two processes, so the store is asked. A poll reads one number; it runs only
while somebody looks.
"""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool

from edge.base.errors import RetryableError
from edge.web.feed import ChangeFeed
from ward.store.reader import Reader

log = logging.getLogger("page")

POLL_S = 0.25
_MAX_LISTENERS = 100


class DeskFeed(ChangeFeed):
    """Its `number` is the store's last change."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(_MAX_LISTENERS)
        self._reader = reader

    async def run(self) -> None:
        """Poll until `close`. A busy store is asked again; what follows is told late, not lost."""
        while not self.closed:
            if self.listeners:
                try:
                    change = await run_in_threadpool(self._reader.last_change)
                except RetryableError as exc:
                    log.debug("store busy: error=\"%s\"", exc)
                else:
                    if change != self.number:
                        self.change_to(change)
            await self.closes_within(POLL_S)
