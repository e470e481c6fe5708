"""A broker of MQTT 3.1.1 in front of a real one: it turns MQTT 5 away in the way that the test asks for."""

from __future__ import annotations

import contextlib
import socket
import threading

_CONNECT_BYTES = 9          # fixed header (2), "MQTT" with its length (6), level (1)


class OldBroker:
    """Passes MQTT 3.1.1 through; answers a CONNECT of MQTT 5 with `answer` and closes."""

    def __init__(self, port: int, answer: bytes) -> None:
        self._behind, self._answer = port, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []

    def __enter__(self) -> OldBroker:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60.0)
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                head = client.recv(_CONNECT_BYTES, socket.MSG_PEEK | socket.MSG_WAITALL)
                # The remaining length takes one byte or two.
                level = head[8] if head[2:4] == b"\x00\x04" else client.recv(10, socket.MSG_PEEK)[9]
                if level == 5:
                    client.sendall(self._answer)
                    client.close()
                else:
                    self._pass_through(client)

    def _pass_through(self, client: socket.socket) -> None:
        behind = socket.create_connection(("127.0.0.1", self._behind))
        self._open.append(behind)
        for one, other in ((client, behind), (behind, client)):
            thread = threading.Thread(target=_copy, args=(one, other), daemon=True)
            thread.start()
            self._threads.append(thread)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_RDWR)
