"""The routes of the page. All that reads is a GET and changes nothing; the few POSTs stand in desk.py.

Handlers that touch the store are plain functions: Starlette runs them in threads, so that a slow
disk stops no event stream.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from edge.base.security_contact import WELL_KNOWN
from edge.contract.messages import Role, Severity
from edge.web.headers import HeadersMiddleware
from edge.web.security_txt import security_txt
from ward.command.send import Sender
from ward.export import alarm_json, event_json, image_json, record_json, summary_json
from ward.page.alarm_pages import AlarmPages
from ward.page.alarm_show import fresh_json, view_of
from ward.page.box_pages import BoxPages
from ward.page.desk import DeskPages
from ward.page.detail import describe, numbers_missing_before, summary_of
from ward.page.feed import DeskFeed
from ward.page.query import Query, cursor_of, number_of, place_of
from ward.page.render import STATIC, Renderer, StandingParts
from ward.page.station import StationWatch
from ward.page.stream import DeskWords, stream
from ward.store.database import StoreBusyError, StoreError
from ward.store.desk import Desk
from ward.store.intake import MAX_REV, is_event_id
from ward.store.reader import Reader
from ward.store.rows import AlarmRow, EventRow

PAGE_SIZE = 48
_API_LIMIT = 500
CAMERA_BUDGET_MB = 100


def make_app(reader: Reader, feed: DeskFeed, zone: tzinfo, desk: Desk, sender: Sender | None = None, *,
             station: StationWatch | None = None, open_to_all: bool = False,
             commands_from_others: bool = False, camera_budget_mb: int = CAMERA_BUDGET_MB,
             security_contact: str = "") -> Starlette:
    """The application.

    Args:
        station: the store's surroundings; None: by the store alone.
        sender: commands boxes; None leaves that out of the page.
        open_to_all: answer under any host name, and say on every page that there is no sign-in.
            Otherwise only names of this machine are answered, so that no web site elsewhere can
            point a name of its own here and read along.
        commands_from_others: take what changes something not only from this machine.
        camera_budget_mb: what a camera should send a day at most.
        security_contact: whom to tell of a security hole; empty: nobody was named.
    """
    renderer = Renderer(reader, station or StationWatch(reader, reader.folder), zone, open_to_all,
                        commanding=sender is not None)
    acts = DeskPages(reader, renderer, desk, sender, commands_from_others, camera_budget_mb)
    pages, alarms = _Pages(reader, feed, renderer, acts.may_act), AlarmPages(reader, renderer)
    boxes = BoxPages(reader, renderer)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        polling = asyncio.create_task(feed.run())
        yield
        feed.close()
        await polling

    routes = [
        Route("/", pages.events), Route("/boxes", boxes.list), Route("/events/stream", pages.stream),
        Route("/events/{event_id}", pages.event), Route("/images/{event_id}/{rev:int}", pages.image),
        Route("/images/{event_id}/{rev:int}/{role}", pages.image),
        Route("/alarms", alarms.list), Route("/alarms/{alarm_id}", alarms.alarm),
        Route("/boxes/{group}/{box}", acts.box), Route("/officer", acts.officer_form),
        Route("/officer", acts.officer, methods=["POST"]),
        Route("/alarms/{alarm_id}/seen", acts.seen, methods=["POST"]),
        Route("/alarms/{alarm_id}/cut-off/seen", acts.seen_cut_off, methods=["POST"]),
        Route("/boxes/{group}/{box}/gaps", boxes.gaps), Route("/incidents", boxes.incidents),
        Route("/incidents/{incident_id}/put-away", acts.put_incident_away, methods=["POST"]),
        Route("/boxes/{group}/{box}/put-away", acts.retire, methods=["POST"]),
        Route("/api/incidents", boxes.api_incidents),
        Route("/boxes/{group}/{box}/seen", acts.seen_all, methods=["POST"]),
        Route("/events/{event_id}/notthat", acts.teach, methods=["POST"]),
        Route("/boxes/{group}/{box}/commands", acts.command, methods=["POST"]),
        Route("/static/{name}", pages.static), Route("/api/events", pages.api_events),
        Route("/api/events/{event_id}", pages.api_event), Route("/api/boxes", boxes.api_boxes),
        Route("/api/alarms", alarms.api_alarms), Route("/api/alarms/{alarm_id}", alarms.api_alarm),
        Route("/api/calls", alarms.api_calls), Route("/api/commands", acts.api_commands),
        Route("/api/summary", pages.api_summary),
        Route(WELL_KNOWN, lambda _: security_txt(security_contact, datetime.now(UTC))),
    ]
    hosts = ["*"] if open_to_all else ["localhost", "127.0.0.1", "[::1]", "::1"]
    return Starlette(
        routes=routes, lifespan=lifespan,
        middleware=[Middleware(HeadersMiddleware),
                    Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
        exception_handlers={404: pages.not_found, HTTPException: pages.refused,
                            StoreBusyError: pages.down, StoreError: pages.down})


class _Pages:
    """The handlers. Stateless but for the reader and the compiled templates; any thread."""

    def __init__(self, reader: Reader, feed: DeskFeed, renderer: Renderer,
                 may_act: Callable[[Request], bool]) -> None:
        self._reader, self._feed, self._renderer, self._may_act = reader, feed, renderer, may_act

    def events(self, request: Request) -> Response:
        show = self._renderer.show(request)
        query = Query.of(request.query_params, show)
        cursor = cursor_of(query.before)
        change = self._reader.last_change()     # before the rows: what comes in between is told again
        rows = self._reader.events(query.filter(show), PAGE_SIZE + 1, cursor)
        more = len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
        return self._renderer.html(request, show, "events.html", rows=rows, query=query, change=change,
                          is_first=cursor is None, choices=self._reader.choices(),
                          older=query.address(before=place_of(rows[-1])) if more else "",
                          severities=[severity.value for severity in reversed(Severity)])

    def event(self, request: Request) -> Response:
        show, event_id = self._renderer.show(request), request.path_params["event_id"]
        found = self._reader.event(event_id) if is_event_id(event_id) else None
        if found is None:
            raise HTTPException(404)
        view = describe(self._reader, found, show.now_ms)
        gaps = [(it.gap.first_seq, it.gap.last_seq) for it in self._reader.losses.gaps(view.row.box)]
        return self._renderer.html(request, show, "event.html", view=view, row=view.row,
                          may_act=self._may_act(request), clock=self._reader.event_clock(event_id),
                          after_gap=numbers_missing_before(view.phases, gaps))

    def image(self, request: Request) -> Response:
        event_id, rev = request.path_params["event_id"], request.path_params["rev"]
        role = request.path_params.get("role", Role.SUBJECT)
        known = is_event_id(event_id) and rev <= MAX_REV and role in set(Role)
        path = self._reader.picture(event_id, rev, Role(role)) if known else None
        if path is None or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/jpeg", content_disposition_type="inline",
                            headers={"Cache-Control": "private, max-age=3600"})

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404)
        return Response(self._renderer.static[name], media_type=STATIC[name],
                        headers={"Cache-Control": "private, max-age=86400"})

    async def stream(self, request: Request) -> Response:
        show = self._renderer.show(request)
        which = Query.of(request.query_params, show).filter(show)
        after = number_of(request.headers.get("last-event-id") or request.query_params.get("after"))
        with_card = "card" in request.query_params

        def render(row: EventRow | AlarmRow) -> dict[str, Any]:
            now = self._renderer.show(request)
            if isinstance(row, AlarmRow):
                return {"alarm": alarm_json(row) | fresh_json(view_of(self._reader, row, now.now_ms))}
            link = self._reader.link() if row.historical else None
            event = {"event": event_json(row), "fresh": now.is_fresh(row, link), "place": place_of(row)}
            if with_card:
                event |= {"card": self._renderer.render("card.html", now, row=row),
                          "announce": now.announcement(row)}
            return event

        def beat(standing: StandingParts) -> dict[str, Any]:
            return self._renderer.beat(request, standing)

        words = DeskWords((show.words.language, with_card), render, self._renderer.standing,
                          beat if with_card else None)
        return stream(self._reader, self._feed, after, which, words)

    def api_events(self, request: Request) -> Response:
        """The newest events first; with `since`, what changed after that change number, oldest first."""
        show, params = self._renderer.show(request), request.query_params
        query = Query.of(params, show)
        limit = min(number_of(params.get("limit")) or 100, _API_LIMIT)
        change, since = self._reader.last_change(), number_of(params.get("since"))
        if since is not None:
            changes = self._reader.changed(since, limit, query.filter(show))
            return JSONResponse({"events": [event_json(row) for row in changes.rows],
                                 "change": changes.upto, "last": change})
        rows = self._reader.events(query.filter(show), limit, cursor_of(query.before))
        return JSONResponse({"events": [event_json(row) for row in rows], "change": change,
                             "older": place_of(rows[-1]) if len(rows) == limit else None})

    def api_event(self, request: Request) -> Response:
        event_id = request.path_params["event_id"]
        found = self._reader.event(event_id) if is_event_id(event_id) else None
        if found is None:
            return JSONResponse({"error": f"no event {event_id[:60]!r}"}, 404)
        row, records, images = found
        view = describe(self._reader, found, self._renderer.show(request).now_ms)
        return JSONResponse(event_json(row) | summary_of(view) | {
            "records": [record_json(record) for record in records],
            "images": [image_json(image) for image in images]})

    def api_summary(self, _: Request) -> Response:
        return JSONResponse(summary_json(self._reader.summary()))

    def not_found(self, request: Request, _: Exception) -> Response:
        return self._renderer.html(request, self._renderer.show(request), "not_found.html", status_code=404)

    def refused(self, request: Request, exc: Exception) -> Response:
        """What a desk may not do, or did not say rightly: a sentence, for the script and for people."""
        assert isinstance(exc, HTTPException)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"state": "refused", "text": exc.detail}, exc.status_code)
        return self._renderer.html(request, self._renderer.show(request), "refused.html", exc.status_code,
                                   text=exc.detail)

    def down(self, request: Request, _: Exception) -> Response:
        """The store cannot be read, for now or until somebody acts: said large, and to programs."""
        if request.url.path.startswith("/api/"):
            words = self._renderer.show(request).words
            return JSONResponse({"error": words("busy")}, 503, {"Retry-After": "5"})
        return self._renderer.down(request)
