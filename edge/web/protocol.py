"""One HTTP connection: it comes to its point, or it ends.

uvicorn waits for ever for the rest of a request's head, treats all connections alike, and keeps the client's
certificate to itself. It has no setting for any of it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.web.places import ConnectionPlace, Places

_RECOGNISE, _LISTEN, _CERTIFICATE = "recognise", "listen", "client_certificate"    # in a request's state


def recognise(request: Request) -> None:
    """Who has sent `request` is known: the connection is no stranger's any more. Any thread.

    Of a request that came over no connection of ours (in a test) nothing.
    """
    note = getattr(request.state, _RECOGNISE, None)
    if note is not None:
        note()


def note_listening(request: Request) -> None:
    """The answer to `request` is an event stream: where places are short, its page can come back. In the
    server's event loop.
    """
    note = getattr(request.state, _LISTEN, None)
    if note is not None:
        note()


def client_certificate(request: Request) -> bytes | None:
    """DER of the certificate that the handshake has verified; None where the client has shown none."""
    found: bytes | None = getattr(request.state, _CERTIFICATE, None)
    return found


class PatientProtocol(H11Protocol):
    """Lives in the server's event loop. Its patience is that of `places.limits`."""

    def __init__(self, place: ConnectionPlace, places: Places, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._place, self._places, self._limits = place, places, places.limits
        self._deadline: asyncio.TimerHandle | None = None
        self._owes_head = False
        self.timeout_keep_alive = self._limits.rest_s

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._place.end = transport.abort
        tls = transport.get_extra_info("ssl_object")
        self.app_state = {**self.app_state, _RECOGNISE: self._recognise_soon, _LISTEN: self._listen,
                          _CERTIFICATE: None if tls is None else tls.getpeercert(binary_form=True)}
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering:
            self._begin_answer()
        elif not self._owes_head:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_answering:              # the next request was here already
            self._begin_answer()
        else:
            self._place.idle_since_ns, self._place.listening_since_ns = time.monotonic_ns(), None
            self._until(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._until(None)
        self._places.leave(self._place)
        super().connection_lost(exc)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._owes_head = True
        self._until(self._limits.head_s)

    def _begin_answer(self) -> None:
        """Note that we answer; while the body is not whole it is we who wait, and the connection remains
        idle.
        """
        if not self.cycle.more_body:
            self._place.idle_since_ns = self._place.listening_since_ns = None
        if not self._owes_head and self._deadline is not None:
            return                          # further parts of a body buy no more time
        self._owes_head = False
        self._until(None if self._place.is_known else self._limits.answer_s)

    def _until(self, limit_s: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if limit_s is None else self.loop.call_later(limit_s, self._end_late)

    def _end_late(self) -> None:
        if not self._place.is_known or self._owes_head:
            self._places.tally.late += 1
            self.transport.abort()

    def _listen(self) -> None:
        self._place.listening_since_ns = time.monotonic_ns()

    def _recognise_soon(self) -> None:
        self.loop.call_soon_threadsafe(self._recognise)

    def _recognise(self) -> None:
        self._places.recognise(self._place, time.monotonic_ns())
        if self._place.is_known:
            self.timeout_keep_alive = self._limits.known_rest_s
