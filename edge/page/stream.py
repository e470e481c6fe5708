"""The live word of the box to one phone: what changed, at once; and a beat, so that silence tells too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import anyio.to_thread
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from edge.base.words import Text, Words
from edge.ipc.panel import View
from edge.members.values import Session
from edge.page.feed import Feed
from edge.page.language import page_words
from edge.page.request_context import Reply, visit_of
from edge.page.router import Need, Router, may_enter
from edge.page.scene import is_silent_caller
from edge.web.feed import event_stream, message

BEAT_S = 2.0
_MAX_OF_PHONE = 6              # tabs


class Teller(Protocol):
    """One page's word. Called in the event loop."""

    def news(self, view: View, words: Words, member_id: str) -> dict[str, object]:
        """All that it shows of `view` to one member, in one language."""
        ...

    def beat(self, member_id: str) -> dict[str, object]:
        """What is told where nothing has changed."""
        ...


class Stream:
    """Of one page; lives in one event loop."""

    def __init__(self, front: Router, feed: Feed, teller: Teller, need: Need = Need.MEMBER) -> None:
        """`need`: who may listen, looked at again whenever the roster changes."""
        self._front, self._feed, self._teller, self._need = front, feed, teller, need
        self._of_phone: dict[str, list[object]] = {}      # tickets of its open streams, oldest first
        self._rendered: dict[tuple[str, str], dict[str, object]] = {}     # by language and silent caller
        self._rendered_of = -1

    async def open(self, request: Request, session: Session) -> Response:
        visit = visit_of(request, b"", session)
        if self._feed.is_full:
            return self._front.reply(visit, Reply(False, Text("too-many"), 503, wait_s=2.0))
        return event_stream(self._messages(request, session, visit.words.language))

    async def _messages(self, request: Request, session: Session,
                        language: str) -> AsyncIterator[ServerSentEvent]:
        feed, ticket = self._feed, object()
        tickets = self._of_phone.setdefault(session.phone.id, [])
        tickets.append(ticket)
        del tickets[:-_MAX_OF_PHONE]            # the oldest end: one that went out of range may linger
        seen = roster_version = -1
        try:
            with feed.listening():
                while not feed.closed and ticket in tickets:
                    if roster_version != feed.roster_version:
                        roster_version = feed.roster_version
                        now = await anyio.to_thread.run_sync(self._front.session_of, request)
                        if now is None or not may_enter(now, self._need):
                            yield message("gone", {})
                            return
                    changed, seen = feed.number != seen, feed.number
                    yield self._message(session.member.id, language, changed)
                    await feed.wait(seen, BEAT_S)
        finally:
            if ticket in tickets:
                tickets.remove(ticket)
            if not tickets:
                self._of_phone.pop(session.phone.id, None)

    def _message(self, member_id: str, language: str, changed: bool) -> ServerSentEvent:
        beat = self._teller.beat(member_id)
        if not changed:
            return message("beat", beat)
        return message("state", self._news(member_id, language) | beat)

    def _news(self, member_id: str, language: str) -> dict[str, object]:
        """Made once for all phones that see the same."""
        feed = self._feed
        if self._rendered_of != feed.number:
            self._rendered, self._rendered_of = {}, feed.number
        mine = member_id if is_silent_caller(feed.view, member_id) else ""
        if (language, mine) not in self._rendered:
            self._rendered[language, mine] = self._teller.news(feed.view, page_words(language), member_id)
        return self._rendered[language, mine]
