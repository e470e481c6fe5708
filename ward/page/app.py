"""The routes of the page. Everything is a GET, and nothing here changes the store.

Handlers that touch the store are plain functions: Starlette runs them in threads, so that a slow
disk stops no event stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from edge.contract.messages import Severity
from ward.export import box_json, event_json, image_json, record_json, summary_json
from ward.page.detail import describe, numbers_missing_before, summary_of
from ward.page.feed import Feed
from ward.page.guard import HeadersMiddleware
from ward.page.query import Query, cursor_of, place_of
from ward.page.show import Show
from ward.page.status import box_views, status_of
from ward.page.stream import stream
from ward.page.words import LANGUAGES, Words
from ward.store.database import StoreBusyError
from ward.store.intake import is_event_id
from ward.store.reader import Reader

PAGE_SIZE = 48
_API_LIMIT = 500
_STATIC = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
           "icon.svg": "image/svg+xml"}
_LANGUAGE_COOKIE_S = 365 * 86_400


def make_app(reader: Reader, feed: Feed, zone: tzinfo, open_to_all: bool = False) -> Starlette:
    """The application.

    Args:
        open_to_all: answer under any host name, and say on every page that there is no sign-in.
            Otherwise only names of this machine are answered, so that no web site elsewhere can
            point a name of its own here and read along.
    """
    pages = _Pages(reader, feed, zone, open_to_all)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        polling = asyncio.create_task(feed.run())
        yield
        feed.close()
        await polling

    routes = [
        Route("/", pages.events), Route("/boxes", pages.boxes), Route("/events/stream", pages.stream),
        Route("/events/{event_id}", pages.event), Route("/images/{event_id}/{rev:int}", pages.image),
        Route("/static/{name}", pages.static), Route("/api/events", pages.api_events),
        Route("/api/events/{event_id}", pages.api_event), Route("/api/boxes", pages.api_boxes),
        Route("/api/summary", pages.api_summary),
    ]
    hosts = ["*"] if open_to_all else ["localhost", "127.0.0.1", "[::1]", "::1"]
    return Starlette(
        routes=routes, lifespan=lifespan,
        middleware=[Middleware(HeadersMiddleware),
                    Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
        exception_handlers={404: pages.not_found, StoreBusyError: pages.busy})


class _Pages:
    """The handlers. Stateless but for the reader and the compiled templates; any thread."""

    def __init__(self, reader: Reader, feed: Feed, zone: tzinfo, open_to_all: bool) -> None:
        self._reader, self._feed, self._zone, self._open_to_all = reader, feed, zone, open_to_all
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("ward.page", "templates"), autoescape=True,
            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        folder = files("ward.page.static")
        self._static = {name: (folder / name).read_bytes() for name in _STATIC}
        self._build = hashlib.sha256(b"".join(self._static.values())).hexdigest()[:8]

    def events(self, request: Request) -> Response:
        show = self._show(request)
        query = Query.of(request.query_params, show)
        cursor = cursor_of(query.before)
        change = self._reader.last_change()     # before the rows: what comes in between is told again
        rows = self._reader.events(query.filter(show), PAGE_SIZE + 1, cursor)
        more = len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
        return self._html(request, show, "events.html", rows=rows, query=query, change=change,
                          is_first=cursor is None, choices=self._reader.choices(),
                          older=query.address(before=place_of(rows[-1])) if more else "",
                          severities=[severity.value for severity in reversed(Severity)])

    def event(self, request: Request) -> Response:
        show, event_id = self._show(request), request.path_params["event_id"]
        found = self._reader.event(event_id) if is_event_id(event_id) else None
        if found is None:
            raise HTTPException(404)
        view = describe(self._reader, found)
        gaps = [(gap.first_seq, gap.last_seq) for box in self._reader.boxes() if box.box == view.row.box
                for gap in box.gaps]
        return self._html(request, show, "event.html", view=view, row=view.row,
                          after_gap=numbers_missing_before(view.phases, gaps))

    def boxes(self, request: Request) -> Response:
        show = self._show(request)
        return self._html(request, show, "boxes.html", boxes=box_views(self._reader.boxes()))

    def image(self, request: Request) -> Response:
        event_id, rev = request.path_params["event_id"], request.path_params["rev"]
        path = self._reader.picture(event_id, rev) if is_event_id(event_id) and rev < 100 else None
        if path is None or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/jpeg", content_disposition_type="inline",
                            headers={"Cache-Control": "private, max-age=3600"})

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        return Response(self._static[name], media_type=_STATIC[name],
                        headers={"Cache-Control": "private, max-age=86400"})

    async def stream(self, request: Request) -> Response:
        show = self._show(request)
        which = Query.of(request.query_params, show).filter(show)
        after = _number(request.headers.get("last-event-id") or request.query_params.get("after"))
        with_card = "card" in request.query_params

        def render(row: Any) -> dict[str, Any]:
            now = self._show(request)
            event = {"event": event_json(row), "fresh": now.is_fresh(row), "place": place_of(row)}
            if with_card:
                event |= {"card": self._render("card.html", now, row=row), "announce": now.announcement(row)}
            return event

        def beat() -> dict[str, Any]:
            now = self._show(request)
            if not with_card:
                return {}
            return {"status": self._render("status.html", now, status=status_of(self._reader, now))}

        return stream(self._reader, self._feed, after, which, render, beat)

    def api_events(self, request: Request) -> Response:
        """With `since`: what changed after that change number, oldest first. Else the newest first."""
        show, params = self._show(request), request.query_params
        query = Query.of(params, show)
        limit = min(_number(params.get("limit")) or 100, _API_LIMIT)
        change, since = self._reader.last_change(), _number(params.get("since"))
        if since is not None:
            rows = self._reader.changed(since, limit, query.filter(show))
            change = rows[-1].change if len(rows) == limit else max([change, *(row.change for row in rows)])
            return JSONResponse({"events": [event_json(row) for row in rows], "change": change})
        rows = self._reader.events(query.filter(show), limit, cursor_of(query.before))
        return JSONResponse({"events": [event_json(row) for row in rows], "change": change,
                             "older": place_of(rows[-1]) if len(rows) == limit else None})

    def api_event(self, request: Request) -> Response:
        event_id = request.path_params["event_id"]
        found = self._reader.event(event_id) if is_event_id(event_id) else None
        if found is None:
            return JSONResponse({"error": f"no event {event_id[:60]!r}"}, 404)
        row, records, images = found
        return JSONResponse(event_json(row) | summary_of(describe(self._reader, found)) | {
            "records": [record_json(record) for record in records],
            "images": [image_json(image) for image in images]})

    def api_boxes(self, _: Request) -> Response:
        return JSONResponse({"boxes": [box_json(row) for row in self._reader.boxes()]})

    def api_summary(self, _: Request) -> Response:
        return JSONResponse(summary_json(self._reader.summary()))

    def not_found(self, request: Request, _: Exception) -> Response:
        return self._html(request, self._show(request), "not_found.html", status_code=404)

    def busy(self, request: Request, _: Exception) -> Response:
        words = self._show(request).words
        return Response(words("busy"), 503, {"Retry-After": "5", "Refresh": "5"}, "text/plain; charset=utf-8")

    def _show(self, request: Request) -> Show:
        asked = request.query_params.get("lang") or request.cookies.get("lang") or LANGUAGES[0]
        return Show(Words(asked), self._zone, datetime.now(UTC))

    def _html(self, request: Request, show: Show, template: str, status_code: int = 200,
              **values: object) -> Response:
        page = self._render(template, show, status=status_of(self._reader, show), build=self._build,
                            path=request.url.path, open_to_all=self._open_to_all, ward=self._reader.ward(),
                            lang_address="?" + urlencode({**request.query_params, "lang": show.words.other}),
                            **values)
        answer = HTMLResponse(page, status_code)
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie("lang", show.words.language, max_age=_LANGUAGE_COOKIE_S, samesite="strict",
                              httponly=True)
        return answer

    def _render(self, template: str, show: Show, **values: object) -> str:
        return self._templates.get_template(template).render(show=show, w=show.words, place_of=place_of,
                                                             **values)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
