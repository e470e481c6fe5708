"""How a visit is let in and answered: the one place that decides who reaches which handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from urllib.parse import urlencode

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.base.errors import EdgeError, RetryableError
from edge.base.finding_words import FindingWords
from edge.base.words import LANGUAGES, Text, Words
from edge.members.values import MemberRole, PhoneSession
from edge.page import show
from edge.page.assets import Assets
from edge.page.guard_link import GuardLink, StrangerError
from edge.page.language import script_texts
from edge.page.refusals import refusal
from edge.page.request_context import (
    LANGUAGE,
    VIEW,
    Reply,
    RequestContext,
    credential_of,
    visit_of,
)
from edge.web.protocol import recognise

COOKIE_S = 400 * 86_400            # browsers keep none for longer
_CALLING = 16                      # threads for calls for help; no other request takes them
_ORDINARY = 8

Handler = Callable[[RequestContext], Response]


class Need(StrEnum):
    """Who reaches a handler."""

    NOBODY = "nobody"              # anybody who found the box
    MEMBER = "member"              # any phone with a credential
    KEEPER = "keeper"              # a leader's or a technician's


class Router:
    """Templates, sessions and the rules of both. Any thread.

    What it lets in is let in by guard's word, and every deed is judged again there.
    """

    def __init__(self, guard: GuardLink, assets: Assets, place: str) -> None:
        """`place` is how people call the box."""
        self._guard, self.assets, self._place = guard, assets, place
        self._templates = show.environment()
        self._calling, self._ordinary = CapacityLimiter(_CALLING), CapacityLimiter(_ORDINARY)

    def route(self, path: str, handler: Handler, need: Need = Need.MEMBER, method: str = "GET",
              urgent: bool = False) -> Route:
        """`handler` runs in a thread, since it waits for guard; an `urgent` one's way nothing else fills."""
        async def endpoint(request: Request) -> Response:
            return await self.answer(request, handler, need, urgent=urgent)

        return Route(path, endpoint, methods=[method])

    async def answer(self, request: Request, handler: Handler, need: Need, *,
                     urgent: bool = False) -> Response:
        body = await request.body()
        return await anyio.to_thread.run_sync(self._answer, request, body, handler, need, urgent,
                                              limiter=self._calling if urgent else self._ordinary)

    def open_to(self, endpoint: Callable[[Request, PhoneSession], Awaitable[Response]],
                need: Need = Need.MEMBER) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint of the event loop for phones with a credential; 401 for all others."""
        async def guarded(request: Request) -> Response:
            try:
                session = await anyio.to_thread.run_sync(self.session_of, request, limiter=self._ordinary)
            except RetryableError as exc:
                return self.reply(visit_of(request, b"", None), refusal(exc))
            if session is None:
                return self.turn_away(visit_of(request, b"", None))
            if not may_enter(session, need):
                return self._not_allowed(visit_of(request, b"", session))
            return await endpoint(request, session)

        return guarded

    def session_of(self, request: Request, urgent: bool = False) -> PhoneSession | None:
        """Raises RetryableError: guard is away."""
        credential = credential_of(request)
        session = self._guard.session_of(credential, urgent=urgent) if credential else None
        if session is not None:
            recognise(request)
        return session

    def turn_away(self, visit: RequestContext) -> Response:
        """Send to the sign-in page, or answer 401 where no page was asked for."""
        request = visit.request
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/sign-in", 303)
        return JSONResponse({"ok": False, "text": visit.words("sign-in-title")}, 401)

    def html(self, visit: RequestContext, template: str, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self.render(visit, template, **values), status)

    def render(self, visit: RequestContext, template: str, **values: object) -> str:
        words, request = visit.words, visit.request

        def with_query(**changed: str) -> str:
            address = request.url.path if request.method == "GET" else _page_of(request.url.path)
            return f"{address}?{urlencode({**request.query_params, **changed})}"

        return self._templates.get_template(template).render(
            sun=visit.sun, member=visit.session and visit.session.member, keeper=visit.is_keeper,
            static=self.assets.base, place=self._place, here=request.url.path, with_query=with_query,
            **_helpers(words), **values)

    def render_part(self, template: str, words: Words, **values: object) -> str:
        """A part of a page, for its script to put in place."""
        return self._templates.get_template(template).render(**_helpers(words), **values)

    def reply(self, visit: RequestContext, reply: Reply) -> Response:
        """JSON to a script; a page, or the way back where all went well, to a plain form."""
        text = visit.words.say(reply.text)
        if visit.wants_json:
            headers = {"Retry-After": str(max(1, round(reply.wait_s)))} if reply.wait_s else None
            return JSONResponse({"ok": reply.ok, "text": text, "wait_s": reply.wait_s, **reply.more},
                                reply.status, headers)
        if reply.ok:
            return RedirectResponse(reply.back, 303)
        if reply.wait_s:
            text += " " + visit.words("js-wait", n=show.lasting(visit.words, reply.wait_s))
        return self.html(visit, "message.html", reply.status, text=text, good=reply.ok, call=reply.call,
                         back=reply.back)

    def fail(self, request: Request, key: str, status: int) -> Response:
        """The answer where no handler gave one: strangers learn nothing but the way in."""
        try:
            visit = visit_of(request, b"", self.session_of(request))
        except RetryableError as exc:
            return self.reply(visit_of(request, b"", None), refusal(exc))
        if visit.session is None:
            return self.turn_away(visit)
        return self.reply(visit, Reply(False, Text(key), status))

    def _not_allowed(self, visit: RequestContext) -> Response:
        return self.reply(visit, Reply(False, Text("denied-not-allowed"), 403))

    def _answer(self, request: Request, body: bytes, handler: Handler, need: Need, urgent: bool) -> Response:
        visit = visit_of(request, body, None)
        try:
            visit = replace(visit, session=self.session_of(request, urgent))
            answer = self._let_in(visit, handler, need)
        except StrangerError:               # revoked meanwhile
            return self.turn_away(visit)
        except EdgeError as exc:
            return self.reply(visit, refusal(exc, _page_of(request.url.path)))
        _remember_choices(request, answer)
        return answer

    def _let_in(self, visit: RequestContext, handler: Handler, need: Need) -> Response:
        if need is not Need.NOBODY and visit.session is None:
            return self.turn_away(visit)
        if visit.session is not None and not may_enter(visit.session, need):
            return self._not_allowed(visit)
        return handler(visit)


def may_enter(session: PhoneSession, need: Need) -> bool:
    return need is not Need.KEEPER or session.member.role is not MemberRole.MEMBER


def set_cookie(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=COOKIE_S, path="/", secure=True, httponly=True, samesite="strict")


def drop_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")


def _helpers(words: Words) -> dict[str, object]:
    return {"w": words, "f": FindingWords(words.language), "script_texts": lambda: script_texts(words),
            "ago": lambda moment: show.ago(words, moment),
            "lasting": lambda seconds: show.lasting(words, seconds), "left": show.left,
            "since": lambda seconds: show.since(words, seconds),
            "clock_at": lambda utc: show.clock_at(words, utc), "moment": show.moment,
            "initial": show.initial}


def _remember_choices(request: Request, answer: Response) -> None:
    if request.query_params.get("lang") in LANGUAGES:
        set_cookie(answer, LANGUAGE, request.query_params["lang"])
    if request.query_params.get("view") in ("auto", "sun"):
        set_cookie(answer, VIEW, request.query_params["view"])


def _page_of(path: str) -> str:
    """Where the form stood that was posted to `path`: the answer's language link cannot post again."""
    first = "/" + path.split("/")[1]
    return first if first in ("/join", "/members", "/me", "/check") else "/"
