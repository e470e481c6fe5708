"""A network between a client and a port of this machine, which can be cut as a modem's is: what is sent is
swallowed, and nobody is told.
"""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress

_READ_BYTES = 65536
_TURN_S = 0.05


class Cable:
    """Listens on `port`. `cut` and `restore` are for any thread; one thread of its own carries bytes."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._peers: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._whole, self._open = threading.Event(), True
        self._whole.set()
        self._hang_up = threading.Event()
        self._far = set[socket.socket]()        # ends at the target
        self.sent_bytes = 0                     # towards it
        self._thread = threading.Thread(target=self._run, name="cable")
        self._thread.start()

    @property
    def is_whole(self) -> bool:
        return self._whole.is_set()

    def cut(self) -> None:
        """From now on bytes go nowhere."""
        self._whole.clear()

    def restore(self) -> None:
        """Connections of before stay dead, as after a lost NAT; new ones get through."""
        self._hang_up.set()
        self._whole.set()

    def close(self) -> None:
        self._open = False
        self._thread.join()
        for one in [*self._peers, self._listener]:
            one.close()
        self._selector.close()

    def _run(self) -> None:
        while self._open:
            if self._hang_up.is_set():
                self._hang_up.clear()
                for one in [*self._peers]:
                    self._drop(one)
            for key, _ in self._selector.select(_TURN_S):
                assert isinstance(key.fileobj, socket.socket)
                self._carry(key.fileobj)

    def _carry(self, source: socket.socket) -> None:
        if source is self._listener:
            self._accept()
            return
        try:
            read = source.recv(_READ_BYTES)
        except OSError:
            read = b""
        if not read:
            self._drop(source)
        elif self._whole.is_set() and source in self._peers:
            self.sent_bytes += len(read) if source not in self._far else 0
            try:
                self._peers[source].sendall(read)
            except OSError:
                self._drop(source)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target_port), 5.0)
        except OSError:
            near.close()
            return
        self._far.add(far)
        for one, other in ((near, far), (far, near)):
            one.settimeout(5.0)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _drop(self, one: socket.socket) -> None:
        other = self._peers.pop(one, None)
        for each in (one, other):
            if each is not None:
                self._peers.pop(each, None)
                self._far.discard(each)
                with suppress(KeyError, ValueError):
                    self._selector.unregister(each)
                each.close()
