"""Desks with an open page, as far as the server knows: each holds a stream of events and reads all of it."""

from __future__ import annotations

import re
import selectors
import socket
import threading
import time
from collections.abc import Sequence

from edge.base.priority import favour_thread

_END = b"\r\n\r\n"
_RUNG = re.compile(rb'id=\\"a-([0-9a-f-]{36})\\" data-rings=\\"yes\\"')
_BEAT = b"event: beat"
_NOT_SAID_S = 30.0


class Desks:
    """Streams of the page at `port`, read in a thread; a desk rings by the beat that shows a call.

    The thread is favoured: officers sit at machines of their own.
    """

    def __init__(self, port: int, count: int) -> None:
        self._port, self._changed, self._stop = port, threading.Condition(), threading.Event()
        self._rung: dict[str, dict[int, int]] = {}      # call: desk: when, monotonic ns
        self.bytes = self.messages = 0
        self._heard: set[int] = set()
        self._desks = [_opened(port, number) for number in range(count)]
        self._thread = threading.Thread(target=self._read, name="desks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for desk in self._desks:
            desk.close()

    def wait_until_open(self, limit_s: float) -> bool:
        """Each has had its first beat."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._heard) == len(self._desks), limit_s)

    def next_call(self, known: Sequence[str], limit_s: float) -> tuple[str, list[int]] | None:
        """A call that is none of `known`, and when each desk rang, rising; None where not all did in time."""
        def everywhere() -> list[str]:
            return [call for call, rung in self._rung.items()
                    if len(rung) == len(self._desks) and call not in known]

        with self._changed:
            if not self._changed.wait_for(everywhere, limit_s):
                return None
            (call, *_) = everywhere()
            return call, sorted(self._rung[call].values())

    def _read(self) -> None:
        favour_thread()
        rest = [b""] * len(self._desks)
        with selectors.DefaultSelector() as ready:
            for number, desk in enumerate(self._desks):
                ready.register(desk, selectors.EVENT_READ, number)
            while not self._stop.is_set():
                for key, _ in ready.select(0.2):
                    part = self._desks[key.data].recv(1 << 18)
                    if not part:
                        ready.unregister(self._desks[key.data])
                        continue
                    *whole, rest[key.data] = (rest[key.data] + part).split(_END)
                    self._take(key.data, whole, len(part))

    def _take(self, desk: int, messages: Sequence[bytes], size: int) -> None:
        now_ns = time.monotonic_ns()
        self.bytes += size
        self.messages += len(messages)
        beats = [message for message in messages if _BEAT in message[:80]]
        if not beats:
            return
        with self._changed:
            self._heard.add(desk)
            for beat in beats:
                for call in _RUNG.findall(beat):
                    self._rung.setdefault(call.decode(), {}).setdefault(desk, now_ns)
            self._changed.notify_all()


def _opened(port: int, number: int) -> socket.socket:
    """As the page's script asks, of an officer of its own. HTTP/1.0: the answer then comes without chunks."""
    desk = socket.create_connection(("127.0.0.1", port), _NOT_SAID_S)
    desk.sendall(b"GET /events/stream?card&lang=vi HTTP/1.0\r\nHost: localhost\r\n"
                 b"Cookie: officer=desk-%d\r\n\r\n" % number)
    return desk
