"""What every answer of a page carries: nothing from elsewhere runs in it, and nobody elsewhere reads it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


def takes_gzip(accepted: str) -> bool:
    """What Accept-Encoding says of gzip; a browser that says nothing of it gets the file as it is."""
    for part in accepted.split(","):
        coding, _, quality = part.replace(" ", "").lower().partition(";q=")
        if coding == "gzip":
            return quality == "" or quality.strip("0.") != ""
    return False


class HeadersMiddleware:
    """HEADERS on every answer of `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, with_headers(send))


def with_headers(send: Send) -> Send:
    """HEADERS on every answer sent; no cache stores one whose handler has not said that it may."""
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
