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

from edge.web.feed import event_stream, message
from ward.page.feed import DeskFeed
from ward.page.station import UNREADABLE
from ward.store.reader import Reader
from ward.store.rows import AlarmRow, EventFilter, EventRow

BEAT_S = 2.0
"""So that a page says within 10 s that the receiver is silent: see ward/station_health.py."""
RELOAD_AFTER = 300
"""A listener that is this many changes behind is told to load the page anew."""
_BATCH = 50
_COME_BACK_MS = 30_000          # of a stream that gave its place up for another

Render = Callable[[EventRow | AlarmRow], dict[str, Any]]
Beat = Callable[[], dict[str, Any]]


def stream(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter, render: Render,
           beat: Beat) -> Response:
    """Messages of type `event` and `alarm` (JSON by `render`), `beat` with every change and every few
    seconds (of what `beat` gives, that which is new since the last), and `reload`.

    Args:
        after: the last change number that the listener has; None starts with what comes now.
        beat: raises nothing where the store cannot be read.
    """
    if feed.closed:
        return PlainTextResponse("the page's server ends", status_code=503, headers={"Retry-After": "10"})
    return event_stream(_messages(reader, feed, after, which, render, beat))


async def _messages(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter, render: Render,
                    beat: Beat) -> AsyncIterator[ServerSentEvent]:
    with feed.seat() as seat:
        seen, sent = after, dict[str, Any]()
        step = _first
        while not (feed.closed or seat.is_over):
            upto, news = await run_in_threadpool(step, reader, seen, which, render)
            if upto is not None:
                seen, step = upto, _next
            if news:
                feed.had_news(seat)
            for one in news:
                yield one
            parts = await run_in_threadpool(beat)
            yield message("beat", {name: it for name, it in parts.items() if sent.get(name) != it}, seen)
            sent = parts
            if not seat.is_over:
                await feed.wait(feed.number if seen is None else seen, BEAT_S)
        if seat.is_over:
            yield ServerSentEvent(event="crowded", data="{}", retry=_COME_BACK_MS)


def _first(reader: Reader, seen: int | None, which: EventFilter,
           render: Render) -> tuple[int | None, list[ServerSentEvent]]:
    try:
        last = reader.last_change()
    except UNREADABLE:
        return None, []
    if seen is None or seen > last:
        return last, []
    if last - seen > RELOAD_AFTER:
        return last, [message("reload", {}, last)]
    return _next(reader, seen, which, render)


def _next(reader: Reader, seen: int | None, which: EventFilter,
          render: Render) -> tuple[int | None, list[ServerSentEvent]]:
    assert seen is not None
    try:
        return news_of(reader, seen, which, render)
    except UNREADABLE:                 # the next turn asks again, from the same number
        return None, []


def news_of(reader: Reader, seen: int, which: EventFilter,
            render: Render) -> tuple[int, list[ServerSentEvent]]:
    """What changed after `seen`, and the number to go on from."""
    events, alarms = reader.changed(seen, _BATCH, which), reader.alarms.changed(seen, _BATCH)
    upto = min(events.upto, alarms.upto)        # of the other, what lies beyond comes with the next batch
    every: list[EventRow | AlarmRow] = [*events.rows, *alarms.rows]
    rows = sorted((row for row in every if row.change <= upto), key=lambda row: row.change)
    return upto, [message("alarm" if isinstance(row, AlarmRow) else "event", render(row), row.change)
                  for row in rows]
