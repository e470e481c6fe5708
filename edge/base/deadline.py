"""A time limit for all that goes over a connection, not for each read of it alone."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def ended_at(connection: socket.socket, end_s: float) -> Iterator[None]:
    """Within it the connection is shut down at `end_s`, by time.monotonic(): who waits for it hears its end.

    Whoever drips a byte a second is within every limit of a single read: the whole has one, too.
    """
    def end() -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)    # of TLS, too: not a byte more goes out

    timer = threading.Timer(max(0.0, end_s - time.monotonic()), end)
    timer.name, timer.daemon = "deadline", True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
