"""All routes of the group's page, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edge.base import clock
from edge.base.security_contact import WELL_KNOWN
from edge.base.words import Words
from edge.config.model import InputKind, OutputKind
from edge.page.assets import PUBLIC, Assets
from edge.page.calls import Calling
from edge.page.checks import Checking
from edge.page.feed import Feed
from edge.page.guard_link import GuardLink
from edge.page.join import Joining
from edge.page.language import page_words
from edge.page.members import Keeping
from edge.page.request_context import RequestContext, visit_of
from edge.page.router import Need, Router
from edge.page.security import SecurityMiddleware
from edge.page.stream import Stream
from edge.web.headers import HEADERS, takes_gzip
from edge.web.security_txt import security_txt

_FOREVER = "private, max-age=31536000, immutable"      # the address changes with the content


def make_app(guard: GuardLink, feed: Feed, kinds: Mapping[str, OutputKind], inputs: Mapping[str, InputKind],
             *, camera_alarm: bool, title: str, names: Callable[[], Collection[str]], address: str,
             authority: bytes | None, self_made: bool, security_contact: str = "") -> Starlette:
    """The application; `feed` must run beside it.

    Args:
        kinds: the outputs of the config, in its order; `inputs` likewise.
        camera_alarm: any camera's rule may raise an alarm.
        title: how people call the box.
        names: host names that the page is known by.
        address: where phones find it, for invites made on the box itself.
        authority: PEM of who signed the certificate, where phones can install it.
        security_contact: whom to tell of a security hole; empty: nobody was named.
    """
    assets = Assets()
    front = Router(guard, assets, title)
    calling = Calling(front, guard, kinds, camera_alarm)
    own = _Own(front, assets, authority, security_contact)
    stream = Stream(front, guard, feed, calling)
    routes = [*calling.routes(), *Joining(front, guard, authority is not None).routes(),
              *Keeping(front, guard, self_made, address).routes(),
              *Checking(front, guard, feed, kinds, inputs).routes(), *own.routes(),
              Route("/stream", front.open_to(stream.open))]

    async def http_fault(request: Request, exc: Exception) -> Response:
        status = exc.status_code if isinstance(exc, HTTPException) else 500
        return await asyncio.to_thread(front.fail, request, "not-found" if status == 404 else "bad-request",
                                       status)

    async def nonsense(request: Request, exc: Exception) -> Response:
        """What does not fit into any message to guard: no form of ours sends it."""
        return await asyncio.to_thread(front.fail, request, "bad-request", 400)

    async def own_fault(request: Request, _: Exception) -> Response:
        return PlainTextResponse(_words(request)("broken"), 500, HEADERS)

    return Starlette(routes=routes, middleware=[Middleware(SecurityMiddleware, names=names)],
                     exception_handlers={HTTPException: http_fault, ValidationError: nonsense,
                                         Exception: own_fault})


def _words(request: Request) -> Words:
    return visit_of(request, b"", None).words


class _Own:
    """The page's own files, and what makes it installable."""

    def __init__(self, front: Router, assets: Assets, authority: bytes | None, contact: str) -> None:
        self._front, self._assets, self._authority, self._contact = front, assets, authority, contact

    def routes(self) -> list[Route]:
        route = self._front.route
        return [route("/static/{build}/{name}", self.static, Need.NOBODY), route("/sw.js", self.worker),
                route("/manifest.webmanifest", self.manifest), route("/offline", self.offline),
                route("/ca.crt", self.ca), route(WELL_KNOWN, self.security, Need.NOBODY)]

    def static(self, visit: RequestContext) -> Response:
        build, name = visit.request.path_params["build"], visit.request.path_params["name"]
        if visit.session is None and name not in PUBLIC:
            return self._front.turn_away(visit)
        found = self._assets.find(build, name)
        if found is None:
            raise HTTPException(404)
        content, headers = found[0], {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        packed = self._assets.packed(name)
        if packed is not None and takes_gzip(visit.request.headers.get("accept-encoding", "")):
            content, headers["Content-Encoding"] = packed, "gzip"
        return Response(content, media_type=found[1], headers=headers)

    def security(self, _: RequestContext) -> Response:
        return security_txt(self._contact, clock.now().utc)

    def worker(self, _: RequestContext) -> Response:
        return Response(self._assets.worker, media_type="text/javascript; charset=utf-8",
                        headers={"Cache-Control": "no-cache"})

    def manifest(self, visit: RequestContext) -> Response:
        words, base = visit.words, self._assets.base
        icons = [{"src": f"{base}/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
                 for size in (192, 512)]
        icons.append({"src": f"{base}/icon-mask.png", "sizes": "512x512", "type": "image/png",
                      "purpose": "maskable"})
        return JSONResponse({
            "id": "/", "start_url": "/", "scope": "/", "display": "standalone", "lang": words.language,
            "name": words("app"), "short_name": words("app-short"), "background_color": "#10181b",
            "theme_color": "#0f3d4a", "orientation": "portrait", "icons": icons},
            media_type="application/manifest+json")

    def offline(self, visit: RequestContext) -> Response:
        """The page that the service worker keeps, in both languages, for whoever holds the phone then."""
        return self._front.html(visit, "offline.html", vi=page_words("vi"), en=page_words("en"))

    def ca(self, _: RequestContext) -> Response:
        if self._authority is None:
            raise HTTPException(404)
        return Response(self._authority, media_type="application/x-x509-ca-cert",
                        headers={"Content-Disposition": 'attachment; filename="edgebox-ca.crt"'})
