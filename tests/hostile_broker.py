"""A broker that was taken over: it answers CONNECT as it should, then sends what its test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HUGE_BYTES = 256 * 1024 * 1024 - 1      # the most that a header can name
_CONNACK = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}
_CHUNK = b"\0" * 65_536


def remaining_length(length: int) -> bytes:
    """As MQTT writes it: seven bits a byte, the lowest first."""
    coded = bytearray()
    while True:
        length, low = divmod(length, 128)
        coded.append(low | (0x80 if length else 0))
        if not length:
            return bytes(coded)


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + remaining_length(len(body)) + body


def publish_body(topic: str, payload: bytes, level: int, mid: int | None = None) -> bytes:
    """What stands behind a PUBLISH's fixed header; with `mid`, of QoS 1 and more."""
    head = len(topic).to_bytes(2) + topic.encode() + (b"" if mid is None else mid.to_bytes(2))
    return head + (b"\0" if level == 5 else b"") + payload


def endless_publish(length: int = HUGE_BYTES) -> Iterator[bytes]:
    """A PUBLISH that names a body of `length` bytes, and the body, for whoever reads it."""
    yield bytes([0x30]) + remaining_length(length)
    for _ in range(length // len(_CHUNK)):
        yield _CHUNK


def peak_kb(pid: int) -> int:
    """The most memory that a process ever had, resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


class HostileBroker:
    """Sends each who connects what `attack` makes for their version (4: MQTT 3.1.1, 5), then waits."""

    def __init__(self, attack: Callable[[int], Iterator[bytes]], answers_connect: bool = True) -> None:
        self._attack, self._answers_connect = attack, answers_connect
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.came_s: list[float] = []       # when each connection came
        self.sent_bytes = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> HostileBroker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(60.0)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.came_s.append(time.monotonic())
                client.settimeout(10.0)
                with client, contextlib.suppress(OSError):
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        connect = client.recv(4096)
        if b"MQTT" not in connect:      # gone again
            return
        level = connect[connect.index(b"MQTT") + 4]
        if self._answers_connect:
            client.sendall(_CONNACK[level])
        for part in self._attack(level):
            client.sendall(part)
            self.sent_bytes += len(part)
        while client.recv(4096):
            pass
