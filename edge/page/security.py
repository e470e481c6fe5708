"""What every request to the group's page passes first: host, origin and size are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.web.addresses import host_of, is_address
from edge.web.body import TooLargeError, whole_body
from edge.web.headers import with_headers
from edge.web.origin import is_same_origin


class SecurityMiddleware:
    """Turns away what no phone of the group sends, with a word in English: no person gets to see it.

    `names` gives the names that the page is known by; any numeric address is let through as well, since
    only a name can be pointed here by somebody elsewhere (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, names: Callable[[], Collection[str]]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, sending = Headers(scope=scope), with_headers(send)
        if not self._is_ours(headers):
            await PlainTextResponse("unknown host", 421)(scope, receive, sending)
        elif scope["method"] not in ("GET", "HEAD") \
                and not is_same_origin(headers, f"https://{headers.get('host')}"):
            await PlainTextResponse("not from this page", 403)(scope, receive, sending)
        else:
            body = None
            try:
                if scope["method"] == "POST":
                    body = await whole_body(Request(scope, receive).stream())
            except ClientDisconnect:
                return
            except (TooLargeError, TimeoutError) as exc:
                status = 408 if isinstance(exc, TimeoutError) else 413
                answer = PlainTextResponse("too slow or too large", status, {"Connection": "close"})
                await answer(scope, receive, sending)
                return
            await self._app(scope, receive if body is None else _replay(body, receive), sending)

    def _is_ours(self, headers: Headers) -> bool:
        host = host_of(headers.get("host", ""))
        return is_address(host) or host in self._names()


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replaying() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying
