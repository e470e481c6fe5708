"""A path to a broker that can swallow what goes over it, as a lost NAT entry or a dead mobile cell does.

TCP's own answers still come, since the kernel gives them: only what is sent never arrives.
"""

from __future__ import annotations

import contextlib
import socket
import threading


class SwallowingProxy:
    """Forwards each connection to `port` on loopback, from entering to leaving."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.is_down = False                # what connects now leads nowhere
        self.connections = 0
        self._open: list[socket.socket] = []
        self._dead: set[int] = set()        # numbers of connections that lead nowhere
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> SwallowingProxy:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for end in self._open:
            end.close()

    def swallow(self) -> None:
        """All connections that there are lead nowhere from now on, for ever."""
        self._dead |= set(range(self.connections + 1))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, server]
                if self.is_down:
                    self._dead.add(self.connections)
                for source, sink in ((client, server), (server, client)):
                    thread = threading.Thread(target=self._forward, args=(source, sink, self.connections))
                    self._threads.append(thread)
                    thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if number not in self._dead:
                    sink.sendall(data)
        if number not in self._dead:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
