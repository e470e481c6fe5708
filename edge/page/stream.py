"""The live word of the box to one phone: what changed, at once; and a beat, so that silence tells too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import anyio.to_thread
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from edge.base.errors import EdgeError
from edge.base.words import Text, Words
from edge.ipc.page_guard import Look, Seen
from edge.ipc.shown import Shown
from edge.members.values import PhoneSession
from edge.page.feed import Feed
from edge.page.guard_link import GuardLink, StrangerError
from edge.page.language import page_words
from edge.page.refusals import refusal
from edge.page.request_context import Reply, RequestContext, visit_of
from edge.page.router import Need, Router
from edge.web.feed import event_stream, message
from edge.web.protocol import note_listening

BEAT_S = 2.0
_MAX_OF_PHONE = 6              # tabs


class PageNews(Protocol):
    """One page's word. Called in the event loop."""

    def news(self, shown: Shown, words: Words, *, is_away: bool = False) -> dict[str, object]:
        """All that it shows of `shown`, in one language; `is_away`: guard gives no answer since."""
        ...

    def beat(self, shown: Shown, *, is_away: bool = False) -> dict[str, object]:
        """What is told where nothing has changed."""
        ...


class Stream:
    """The event stream of one open page; lives in one event loop."""

    def __init__(self, front: Router, guard: GuardLink, feed: Feed, teller: PageNews,
                 need: Need = Need.MEMBER) -> None:
        """`need`: who may listen, as guard says, again and again."""
        self._front, self._guard, self._feed, self._teller, self._need = front, guard, feed, teller, need
        self._of_phone: dict[str, list[object]] = {}      # tickets of its open streams, oldest first
        self._rendered: dict[tuple[str, str, int, bool], dict[str, object]] = {}
        self._rendered_of = -1

    async def open(self, request: Request, session: PhoneSession) -> Response:
        visit = visit_of(request, b"", session)
        if self._feed.is_full:
            return self._front.reply(visit, Reply(False, Text("too-many"), 503, wait_s=2.0))
        try:
            seen = await anyio.to_thread.run_sync(self._guard.ask, Look(credential=visit.credential), Seen)
        except StrangerError:
            return self._front.turn_away(visit)
        except EdgeError as exc:
            return self._front.reply(visit, refusal(exc))
        note_listening(request)
        return event_stream(self._messages(visit, session.phone.id, seen.shown))

    async def _messages(self, visit: RequestContext, phone_id: str,
                        shown: Shown) -> AsyncIterator[ServerSentEvent]:
        feed, ticket, credential = self._feed, object(), visit.credential
        tickets = self._of_phone.setdefault(phone_id, [])
        tickets.append(ticket)
        del tickets[:-_MAX_OF_PHONE]            # the oldest end: one that went out of range may linger
        feed.enter(credential)
        sent: tuple[str, int, bool] | None = None
        try:
            while not feed.closed and ticket in tickets:
                if not self._may_listen(credential):
                    yield message("gone", {})
                    return
                number, shown = feed.number, feed.shown_to(credential) or shown
                before, sent = sent, (shown.run, shown.number, feed.is_away)
                yield self._message(shown, visit.words.language, sent != before)
                await feed.wait(number, BEAT_S)
        finally:
            feed.leave(credential)
            if ticket in tickets:
                tickets.remove(ticket)
            if not tickets:
                self._of_phone.pop(phone_id, None)

    def _may_listen(self, credential: str) -> bool:
        standing = self._feed.standing_of(credential)
        return standing != "gone" and not (standing == "member" and self._need is Need.KEEPER)

    def _message(self, shown: Shown, language: str, changed: bool) -> ServerSentEvent:
        beat = self._teller.beat(shown, is_away=self._feed.is_away)
        if not changed:
            return message("beat", beat)
        return message("state", self._news(shown, language) | beat)

    def _news(self, shown: Shown, language: str) -> dict[str, object]:
        """Made once for all phones that see the same."""
        feed = self._feed
        if self._rendered_of != feed.number:
            self._rendered, self._rendered_of = {}, feed.number
        key = language, shown.run, shown.number, feed.is_away
        if key not in self._rendered:
            self._rendered[key] = self._teller.news(shown, page_words(language), is_away=feed.is_away)
        return self._rendered[key]
