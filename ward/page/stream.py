"""The event stream: every change of an event that matches the filter, of any alarm, and a beat.

`id` is the change number, so that a browser which lost the server resumes where it was. Of an event
that changed twice in between, only the present state is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from edge.base.errors import RetryableError
from edge.web.feed import event_stream, message
from ward.page.feed import DeskFeed
from ward.store.reader import Reader
from ward.store.rows import AlarmRow, EventFilter, EventRow

BEAT_S = 5.0
RELOAD_AFTER = 300
"""A listener that is this many changes behind is told to load the page anew."""
_BATCH = 50


def stream(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter,
           render: Callable[[EventRow | AlarmRow], dict[str, Any]],
           beat: Callable[[], dict[str, Any]]) -> Response:
    """Messages of type `event` and `alarm` (JSON by `render`), `beat` with every change and every few
    seconds (JSON by `beat`), and `reload`.

    Args:
        after: the last change number that the listener has; None starts with what comes now.
    """
    if feed.is_full:
        return PlainTextResponse("too many open pages", status_code=503, headers={"Retry-After": "10"})
    return event_stream(_messages(reader, feed, after, which, render, beat))


async def _messages(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter,
                    render: Callable[[EventRow | AlarmRow], dict[str, Any]],
                    beat: Callable[[], dict[str, Any]]) -> AsyncIterator[ServerSentEvent]:
    with feed.listening():
        last = await run_in_threadpool(reader.last_change)
        seen = last if after is None or after > last else after
        if last - seen > RELOAD_AFTER:
            seen = last
            yield message("reload", {}, seen)
        while not feed.closed:
            try:
                seen, news = await run_in_threadpool(news_of, reader, seen, which, render, beat)
            except RetryableError:             # the next turn asks again, from the same number
                news = []
            for one in news:
                yield one
            await feed.wait(seen, BEAT_S)


def news_of(reader: Reader, seen: int, which: EventFilter,
          render: Callable[[EventRow | AlarmRow], dict[str, Any]],
          beat: Callable[[], dict[str, Any]]) -> tuple[int, list[ServerSentEvent]]:
    """What changed after `seen`, and a beat that carries the number to resume from."""
    events, alarms = reader.changed(seen, _BATCH, which), reader.alarms.changed(seen, _BATCH)
    upto = min(events.upto, alarms.upto)        # of the other, what lies beyond comes with the next batch
    every: list[EventRow | AlarmRow] = [*events.rows, *alarms.rows]
    rows = sorted((row for row in every if row.change <= upto), key=lambda row: row.change)
    messages = [message("alarm" if isinstance(row, AlarmRow) else "event", render(row), row.change)
                for row in rows]
    messages.append(message("beat", beat(), upto))
    return upto, messages
