"""Accepts connections, gives each a place, and begins TLS with those that have said something.

asyncio's own server accepts without end: each silent connection costs it a TLS object, 256 KB of buffer and
sixty seconds, and it logs every time that file descriptors run out. So we accept by ourselves, and hand
over to asyncio (`connect_accepted_socket`) what has come as far as the first byte of a handshake.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from asyncio import TimerHandle, sslproto
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from edge.web.addresses import source_of
from edge.web.places import ConnectionPlace, Places, Tally

log = logging.getLogger("web")

_BATCH = 64                    # accepted in a row, before others have their turn
_PAUSE_S = 0.2                 # without file descriptors, until the next try
_CLOSE_S = 2.0                 # for the peer's part in ending TLS
_TALLY_EVERY_S = 60.0

# A TLS record has at most 16 KB; the 256 KB that asyncio reads at once are of use to downloads alone.
# There is no parameter for it.
sslproto.SSLProtocol.max_size = 20 * 1024


@dataclass(frozen=True, slots=True)
class _Silent:
    """A connection that has said nothing yet: a file descriptor and a timer, no task and no TLS."""

    connection: socket.socket
    late: TimerHandle


class Acceptor:
    """Accepts connections from a listening socket that is not its own to close. Lives in one event loop."""

    def __init__(self, listening: socket.socket, places: Places,
                 make_protocol: Callable[[ConnectionPlace], asyncio.Protocol],
                 tls: ssl.SSLContext | None) -> None:
        self._listening, self._places, self._make_protocol = listening, places, make_protocol
        self._tls = tls
        self._silent_places = Places(places.limits.of_silent)
        self._loop = asyncio.get_running_loop()
        self._silent: dict[ConnectionPlace, _Silent] = {}
        self._handshakes: set[asyncio.Task[None]] = set()
        self._resuming: TimerHandle | None = None
        self._next_line = self._loop.call_later(_TALLY_EVERY_S, self._log_tally)

    def start(self) -> None:
        """Accept from now on."""
        self._loop.add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Accept nothing more, and end what has not come as far as a protocol."""
        self._loop.remove_reader(self._listening)
        self._next_line.cancel()
        if self._resuming is not None:
            self._resuming.cancel()
        for place in list(self._silent):
            self._drop(place)
        for handshake in self._handshakes:
            handshake.cancel()

    def _accept(self) -> None:
        for _ in range(_BATCH):
            try:
                connection, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:                     # out of file descriptors, or of memory
                self._pause()
                return
            self._admit(connection, source_of(address[0]))

    def _pause(self) -> None:
        """One goes, and the rest wait in the kernel: to ask at once again would only burn the processor."""
        self._loop.remove_reader(self._listening)
        self._silent_places.make_room()
        self._resuming = self._loop.call_later(_PAUSE_S, self.start)

    def _admit(self, connection: socket.socket, source: str) -> None:
        place = self._silent_places.enter(source, time.monotonic_ns())
        if place is None:
            connection.close()
            return
        connection.setblocking(False)
        late = self._loop.call_later(self._places.limits.head_s, self._end_late, place)
        self._silent[place] = _Silent(connection, late)
        place.end = partial(self._drop, place)
        self._loop.add_reader(connection, self._greet, place)

    def _forget(self, place: ConnectionPlace) -> _Silent:
        """It is no silent one any more."""
        silent = self._silent.pop(place)
        silent.late.cancel()
        self._loop.remove_reader(silent.connection)
        self._silent_places.leave(place)
        return silent

    def _drop(self, place: ConnectionPlace) -> None:
        self._forget(place).connection.close()

    def _end_late(self, place: ConnectionPlace) -> None:
        self._places.tally.late += 1
        self._drop(place)

    def _greet(self, waited: ConnectionPlace) -> None:
        """It has said something, or is gone."""
        silent = self._forget(waited)
        place = self._places.enter(waited.source, time.monotonic_ns()) if _says(silent.connection) else None
        if place is None:
            silent.connection.close()
            return
        handshake = self._loop.create_task(self._begin(silent.connection, place, silent.late.when()))
        place.end = handshake.cancel
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def _begin(self, connection: socket.socket, place: ConnectionPlace, until_s: float) -> None:
        """The handshake, and a protocol, which has the place from then on; or the end."""
        try:
            async with asyncio.timeout_at(until_s):
                await self._loop.connect_accepted_socket(
                    lambda: self._make_protocol(place), connection, ssl=self._tls,
                    ssl_shutdown_timeout=None if self._tls is None else _CLOSE_S)
        except (OSError, asyncio.CancelledError) as exc:       # ssl.SSLError and TimeoutError are OSErrors
            self._places.tally.late += isinstance(exc, TimeoutError)
            connection.close()
            self._places.leave(place)

    def _log_tally(self) -> None:
        """One line a minute, however many were turned away."""
        both = self._places, self._silent_places
        ended, refused = sum(each.tally.ended for each in both), sum(each.tally.refused for each in both)
        if ended or refused:
            source, count = self._places.largest()
            log.warning("crowded: ended=%d refused=%d late=%d open=%d most_from=%s most=%d", ended, refused,
                        self._places.tally.late, sum(map(len, both)), source, count)
        for each in both:
            each.tally = Tally()
        self._next_line = self._loop.call_later(_TALLY_EVERY_S, self._log_tally)


def _says(connection: socket.socket) -> bool:
    """Whether there is something to read, of a connection that may have been ended instead."""
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except OSError:
        return False
