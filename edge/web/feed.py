"""What open pages wait for: a number that rises with every change, and those who wait for the next."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

_SEND_S = 10.0                 # a page that takes nothing any more is let go after this
_NO_PINGS_S = 3600             # ours beat by themselves


class ChangeFeed:
    """Lives in one event loop, until `close`."""

    def __init__(self, most_listeners: int) -> None:
        self.number, self.closed, self.listeners = 0, False, 0
        self._most_listeners = most_listeners
        self._news, self._end = asyncio.Event(), asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Takes no further listener, since there are too many, or since it is closed."""
        return self.closed or self.listeners >= self._most_listeners

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """One more listens within."""
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Wait until `number` is above `seen`, the feed closed, or the time over."""
        if self.closed or self.number > seen:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout_s)

    async def closes_within(self, timeout_s: float) -> bool:
        """Wait so long, but no longer than it is open; say whether it is closed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._end.wait(), timeout_s)
        return self.closed

    def change_to(self, number: int) -> None:
        """Those who wait now wake; who comes later waits for the next."""
        self.number = number
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """End all who listen; again changes nothing."""
        self.closed = True
        self._end.set()
        self.change_to(self.number)


def message(name: str, data: Mapping[str, object], number: int | None = None) -> ServerSentEvent:
    """One of an event stream; a browser that lost us comes back with the last `number` that it had."""
    return ServerSentEvent(event=name, data=json.dumps(data), id=None if number is None else str(number))


def event_stream(messages: AsyncIterator[ServerSentEvent | bytes]) -> Response:
    """The answer that sends `messages` as they come; bytes are some that were encoded before."""
    return EventSourceResponse(messages, ping=_NO_PINGS_S, send_timeout=_SEND_S)
