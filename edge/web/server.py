"""A web server as a thread under our supervisor: uvicorn, a socket of ours, and an end that does not hang."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from edge.base.supervisor import beat
from edge.base.wake import StopEvent
from edge.web.acceptor import Acceptor
from edge.web.line_limit import LineLimit
from edge.web.places import ConnectionLimits, ConnectionPlace, Places
from edge.web.protocol import PatientProtocol

_TURN_S = 1.0                   # the Date that answers carry, and a sign of life
_STOP_POLL_S = 0.1              # of a stop that wakes nobody
_GRACE_S = 2
_OTHER_FILES = 160             # file descriptors that are left to all but connections
_MAX_HEAD_BYTES = 16 * 1024
_CHATTY = ("uvicorn.error", "asyncio", "page")     # a stranger's nonsense is a line of theirs


class WebServer:
    """Serves `app` on `listening`, over TLS with `tls`, until told to stop.

    >>> listening = listen("127.0.0.1", 8800, "--port 8800", "choose another")      # doctest: +SKIP
    >>> supervisor.start("page", WebServer(app, listening).run)                     # doctest: +SKIP
    """

    def __init__(self, app: ASGIApp, listening: socket.socket, tls: ssl.SSLContext | None = None,
                 limits: ConnectionLimits | None = None, *, on_end: Callable[[], None] | None = None,
                 has_lifespan: bool = False, behind_proxy: bool = False) -> None:
        """
        Args:
            on_end: ends what would never end by itself, such as event streams; called in the event loop.
            has_lifespan: `app` wants to be told of start and end.
            behind_proxy: believe a proxy on this machine about who has sent a request.
        """
        self._socket = listening
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.places = Places((limits or ConnectionLimits()).within(files - _OTHER_FILES))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, ws="none", log_level="warning",
            lifespan="on" if has_lifespan else "off", proxy_headers=behind_proxy,
            timeout_graceful_shutdown=_GRACE_S, h11_max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._server = _Server(config, self.places, tls, on_end or (lambda: None))
        for name in _CHATTY:
            LineLimit.once_on(logging.getLogger(name))

    def run(self, stop: threading.Event, *beside: Callable[[], Awaitable[None]]) -> None:
        """Serve until `stop`, or until one of `beside`, which run in the same event loop, has ended.

        `on_end` has to end those of `beside`. What one of them raises comes out, once all have ended.
        """
        asyncio.run(self._run(stop, beside))

    def close(self) -> None:
        """Stop listening, of a server that never ran."""
        self._socket.close()

    async def _run(self, stop: threading.Event, beside: tuple[Callable[[], Awaitable[None]], ...]) -> None:
        tasks = [asyncio.ensure_future(self._server.serve([self._socket])),
                 *(asyncio.ensure_future(each()) for each in beside)]
        asked, turn_s = asyncio.Event(), _STOP_POLL_S
        if isinstance(stop, StopEvent):
            asyncio.get_running_loop().add_reader(stop, asked.set)
            turn_s = _TURN_S
        ending = asyncio.ensure_future(asked.wait())
        while not stop.is_set() and not any(task.done() for task in tasks):
            await asyncio.wait([*tasks, ending], timeout=turn_s, return_when=asyncio.FIRST_COMPLETED)
            beat()
        if isinstance(stop, StopEvent):
            asyncio.get_running_loop().remove_reader(stop)
        ending.cancel()
        self._server.end()
        await asyncio.wait(tasks)
        await asyncio.gather(*tasks)


class _Server(uvicorn.Server):
    """Accepts by ourselves, ends the streams before it waits for them; leaves signals to the process."""

    def __init__(self, config: uvicorn.Config, places: Places, tls: ssl.SSLContext | None,
                 on_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._places, self._tls, self._on_end = places, tls, on_end
        self._acceptor: Acceptor | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ended.set()
        self._on_end()

    async def main_loop(self) -> None:
        """As uvicorn's, which wakes ten times a second."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _TURN_S)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])           # all but listening
        assert sockets is not None
        self._acceptor = Acceptor(sockets[0], self._places, self._protocol, self._tls)
        self._acceptor.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
        self._on_end()
        await super().shutdown(sockets)

    def _protocol(self, place: ConnectionPlace) -> PatientProtocol:
        return PatientProtocol(place, self._places, config=self.config, server_state=self.server_state,
                               app_state=self.lifespan.state)
