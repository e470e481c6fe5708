"""Tell open pages that something changed: one poll of the store for all of them.

Receiver and page may be two processes, so the store is asked. A poll reads one number; it runs only
while somebody looks.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool

from edge.web.feed import ChangeFeed
from ward.page.shared import SharedAnswers
from ward.page.station import UNREADABLE
from ward.store.reader import Reader

log = logging.getLogger("page")

POLL_S = 0.25
MAX_STREAMS = 200
"""Below the places of the server, so that pages are answered beside them."""


class StreamSeat:
    """One open stream's."""

    def __init__(self, used: int) -> None:
        self.used = used            # the higher, the later it was opened or had news
        self.is_over = False        # another one has taken it: end


class DeskFeed(ChangeFeed):
    """Its `number` is the store's last change; `shared` has what desks ask in common. In one event loop."""

    def __init__(self, reader: Reader, most_streams: int = MAX_STREAMS) -> None:
        super().__init__(most_streams)
        self._reader, self._most = reader, most_streams
        self.shared = SharedAnswers()
        self._seats, self._uses = set[StreamSeat](), itertools.count()

    @contextlib.contextmanager
    def seat(self) -> Iterator[StreamSeat]:
        """A place for one more stream: the one that had no news for longest gives its own up, never the
        newcomer.
        """
        while len(self._seats) >= self._most:
            oldest = min(self._seats, key=lambda seat: seat.used)
            oldest.is_over = True
            self._seats.discard(oldest)
            self.change_to(self.number)         # it waits: wake it
        seat = StreamSeat(next(self._uses))
        self._seats.add(seat)
        try:
            with self.listening():
                yield seat
        finally:
            self._seats.discard(seat)

    def had_news(self, seat: StreamSeat) -> None:
        seat.used = next(self._uses)

    async def run(self) -> None:
        """Poll until `close`. A store that cannot be read is asked again; what follows is told late, not
        lost.
        """
        while not self.closed:
            if self.listeners:
                try:
                    change = await run_in_threadpool(self._reader.last_change)
                except UNREADABLE as exc:
                    log.debug("store not read: error=\"%s\"", exc)
                else:
                    if change != self.number:
                        self.change_to(change)
            await self.closes_within(POLL_S)
