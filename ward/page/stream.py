"""The event stream: every change of an event that matches the filter, of any alarm, and a beat.

`id` is the change number, so that a browser which lost the server resumes where it was. Of an event
that changed twice in between, only the present state is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from edge.web.feed import event_stream, message
from ward.page.feed import POLL_S, DeskFeed
from ward.page.station import UNREADABLE
from ward.store.reader import Reader
from ward.store.rows import AlarmRow, EventFilter, EventRow

BEAT_S = 2.0
"""So that a page says within 10 s that the receiver is silent: see ward/station_health.py."""
RELOAD_AFTER = 300
"""A listener that is this many changes behind is told to load the page anew."""
_BATCH = 50
_COME_BACK_MS = 30_000          # of a stream that gave its place up for another
_CALLS = "calls"
_STANDING_S, _NEWS_S = 0.5, 2.0     # so long what one desk was told is told to others

Render = Callable[[EventRow | AlarmRow], dict[str, Any]]
Beat = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DeskWords:
    """How one desk is told things.

    Args:
        alike: desks with an equal one are told the same words of the same change.
        render: the words of one change.
        standing: what stands on every page, for all desks alike; it raises nothing where the store cannot be
            read.
        beat: the parts of this desk's page, of what `standing` gave; None: it wants none.
    """

    alike: Hashable
    render: Render
    standing: Callable[[], Any]
    beat: Beat | None


def stream(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter,
           words: DeskWords) -> Response:
    """Messages of type `event` and `alarm`, `beat` with every change and every few seconds (of what `words`
    has as its parts, that which is new since the last), and `reload`.

    Calls go first, in a beat of their own: cards of a flood of events hold no bell up.

    Args:
        after: the last change number that the listener has; None starts with what comes now.
    """
    if feed.closed:
        return PlainTextResponse("the page's server ends", status_code=503, headers={"Retry-After": "10"})
    return event_stream(_messages(reader, feed, after, which, words))


async def _messages(reader: Reader, feed: DeskFeed, after: int | None, which: EventFilter,
                    words: DeskWords) -> AsyncIterator[ServerSentEvent | bytes]:
    with feed.seat() as seat:
        seen, sent, is_first = after, dict[str, Any](), True
        while not (feed.closed or seat.is_over):
            parts = await _parts(feed, words)
            if seen is not None and _CALLS in parts and parts[_CALLS] != sent.get(_CALLS):
                sent |= {_CALLS: parts[_CALLS]}
                yield message("beat", {_CALLS: parts[_CALLS]}, seen)
            upto, news = await _news(reader, feed, seen, which, words, is_first)
            if upto is not None:
                seen, is_first = upto, False
            if news:
                feed.had_news(seat)
                yield news
            yield message("beat", {name: it for name, it in parts.items() if sent.get(name) != it}, seen)
            sent = parts
            if not seat.is_over:
                await feed.wait(feed.number if seen is None else seen, BEAT_S)
        if seat.is_over:
            yield ServerSentEvent(event="crowded", data="{}", retry=_COME_BACK_MS)


async def _parts(feed: DeskFeed, words: DeskWords) -> dict[str, Any]:
    """The parts of the page, which show all that had changed when they were asked for."""
    if words.beat is None:
        return {}
    standing = await feed.shared.get(("standing", feed.number), words.standing, _STANDING_S)
    return await run_in_threadpool(words.beat, standing)


async def _news(reader: Reader, feed: DeskFeed, seen: int | None, which: EventFilter, words: DeskWords,
                is_first: bool) -> tuple[int | None, bytes]:
    """What came after `seen`, encoded, and the number to go on from; None where the store cannot be read."""
    number = feed.number
    try:
        if is_first:
            return await run_in_threadpool(_first, reader, seen, which, words.render)
        assert seen is not None
        if number <= seen:
            return seen, b""
        # No further than `number`, so that desks which keep up go on from the same one and share what comes.
        return await feed.shared.get((seen, which, words.alike), lambda: _encoded(
            news_of(reader, seen, which, words.render, number)), _NEWS_S)
    except UNREADABLE:                 # the next turn asks again, from the same number
        await feed.closes_within(POLL_S)
        return None, b""


def _first(reader: Reader, seen: int | None, which: EventFilter, render: Render) -> tuple[int, bytes]:
    last = reader.last_change()
    if seen is None or seen > last:
        return last, b""
    if last - seen > RELOAD_AFTER:
        return _encoded((last, [message("reload", {}, last)]))
    return _encoded(news_of(reader, seen, which, render))


def _encoded(news: tuple[int, list[ServerSentEvent]]) -> tuple[int, bytes]:
    upto, messages = news
    return upto, b"".join(one.encode() for one in messages)


def news_of(reader: Reader, seen: int, which: EventFilter, render: Render,
            last: int | None = None) -> tuple[int, list[ServerSentEvent]]:
    """What changed after `seen`, up to `last` if that is given, and the number to go on from."""
    events, alarms = reader.changed(seen, _BATCH, which), reader.alarms.changed(seen, _BATCH)
    upto = min(events.upto, alarms.upto, events.upto if last is None else last)
    # Of the other, what lies beyond comes with the next batch.
    every: list[EventRow | AlarmRow] = [*events.rows, *alarms.rows]
    rows = sorted((row for row in every if row.change <= upto), key=lambda row: row.change)
    return upto, [message("alarm" if isinstance(row, AlarmRow) else "event", render(row), row.change)
                  for row in rows]
