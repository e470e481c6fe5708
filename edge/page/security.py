"""What every request passes first: host, origin and size are looked at; and what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.page.addresses import is_address

MAX_BODY_BYTES = 4096
BODY_TIMEOUT_S = 10.0

# No Strict-Transport-Security: a browser that heard it lets nobody past the warning about a self-made
# certificate, and nothing answers on plain HTTP anyway.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                               "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
                               "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",            # "no-referrer" would take the Origin off our own forms
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


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
        headers = Headers(scope=scope)
        if not self._is_ours(headers):
            await PlainTextResponse("unknown host", 421)(scope, receive, with_headers(send))
        elif scope["method"] not in ("GET", "HEAD") and not is_same_origin(headers):
            await PlainTextResponse("not from this page", 403)(scope, receive, with_headers(send))
        else:
            try:
                body = await _body(headers, receive) if scope["method"] == "POST" else None
            except (ValueError, TimeoutError) as exc:
                status = 408 if isinstance(exc, TimeoutError) else 413
                answer = PlainTextResponse("too slow or too large", status, {"Connection": "close"})
                await answer(scope, receive, with_headers(send))
                return
            await self._app(scope, receive if body is None else _replay(body, receive), with_headers(send))

    def _is_ours(self, headers: Headers) -> bool:
        host = host_of(headers.get("host", ""))
        return is_address(host) or host in self._names()


def host_of(header: str) -> str:
    """The Host header without its port, brackets and case; "" where it is no host."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_same_origin(headers: Headers) -> bool:
    """Whether our own page sent it. Every browser that can show the page sends one of the two."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and origin in (None, f"https://{headers.get('host')}")


async def _body(headers: Headers, receive: Receive) -> bytes:
    """All of it. Raises ValueError beyond MAX_BODY_BYTES, TimeoutError where it trickles in."""
    if headers.get("content-length", "0").isdecimal() is False:
        raise ValueError("no length")
    if int(headers.get("content-length", "0")) > MAX_BODY_BYTES:
        raise ValueError("too large")
    body = bytearray()
    async with asyncio.timeout(BODY_TIMEOUT_S):
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                raise ValueError("too large")
            if not message.get("more_body"):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replaying() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


def with_headers(send: Send) -> Send:
    """HEADERS on every answer; pages are never stored by a cache."""
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
