"""Enrolment servers that do what a good one does not."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from provisioning.ward.certificates import make_server, new_key, pem_of
from provisioning.ward.keys import bare
from tests.edge.upkeep.firstboot.stand import WardStand

Answer = Callable[[socket.socket, bytes], None]      # to a request's body


def server_context(ward: WardStand, folder: Path, host: str, now: datetime) -> ssl.SSLContext:
    """A certificate of the ward for `host`, made at `now`."""
    key = new_key()
    certificate = make_server(ward.issuing, [host], key.public_key(), now)
    path = folder / f"server-{host}-{now:%Y}.pem"
    path.write_bytes(bare(key) + pem_of(certificate) + ward.issuing.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextmanager
def answering(context: ssl.SSLContext, answer: Answer) -> Iterator[str]:
    """Serve connection after connection by `answer`; gives the URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    answer(connection, _request_body(connection))
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _request_body(connection: ssl.SSLSocket) -> bytes:
    with connection.makefile("rb") as lines:
        length = 0
        while (line := lines.readline().strip().lower()):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return lines.read(length)


def saying(status: str, body: bytes) -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    return lambda connection, _: connection.sendall(head + body)


def random_bytes(connection: socket.socket, body: bytes) -> None:
    connection.sendall(os.urandom(2000))
