"""A server on real sockets: who is waited for, how long, and what it does without file descriptors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.web.line_limit import LineLimit
from edge.web.listening import listen
from edge.web.places import ConnectionLimits
from edge.web.protocol import client_certificate, note_listening, recognise
from edge.web.server import WebServer
from tests.brokers import Authority, free_port, until

LIMITS = ConnectionLimits(places=40, strangers=20, per_source=10, head_s=0.4, answer_s=0.6)
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def slow(request: Request) -> Response:
    """Longer than strangers may take; phones that are known say so first."""
    if request.url.path == "/known":
        await asyncio.to_thread(recognise, request)
    await asyncio.sleep(1.0)
    return PlainTextResponse("slow")


async def quick(request: Request) -> Response:
    return PlainTextResponse("no certificate" if client_certificate(request) is None else "a certificate")


async def listen_on(request: Request) -> Response:
    """An event stream of a phone that is known."""
    async def beats() -> AsyncIterator[bytes]:
        while True:
            yield b"beat"
            await asyncio.sleep(0.05)

    await asyncio.to_thread(recognise, request)
    note_listening(request)
    return StreamingResponse(beats())


class Served:
    def __init__(self, tls: ssl.SSLContext | None, limits: ConnectionLimits) -> None:
        self.port = free_port()
        app = Starlette(routes=[Route("/quick", quick), Route("/slow", slow), Route("/known", slow),
                                Route("/listen", listen_on)])
        self.server = WebServer(app, listen("127.0.0.1", self.port, "port", "choose another"), tls, limits)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def answer(self, path: bytes, connection: socket.socket | None = None) -> bytes:
        """The whole of it; b"" where there is none."""
        with connection or self.connect() as asking:
            asking.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % path)
            return ended(asking)


def ended(connection: socket.socket) -> bytes:
    """What came until the other side ended it."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1000):
            got += part
    return got


def arrived(connection: socket.socket, last: bytes) -> bytes:
    """What came as far as `last`."""
    got = b""
    while last not in got and (part := connection.recv(1000)):
        got += part
    return got


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None, limits: ConnectionLimits = LIMITS) -> Iterator[Served]:
    served = Served(tls, limits)
    try:
        yield served
    finally:
        served.stop()


def test_nobody_is_waited_for_without_end() -> None:
    """
    Who says nothing, or trickles a head, is gone after `head_s`; one who is quick is answered, also a second
    time over the same connection.
    """
    with serving() as served, served.connect() as silent, served.connect() as trickling:
        began_s = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in GET % b"/quick":
                trickling.sendall(bytes([byte]))
                time.sleep(0.1)
        assert b"" == ended(trickling)
        assert b"" == ended(silent)
        assert time.monotonic() - began_s < 8.0
        with served.connect() as keeping:
            for _ in range(2):
                keeping.sendall(GET % b"/quick")
                assert arrived(keeping, b"no certificate").startswith(b"HTTP/1.1 200")
                time.sleep(2 * LIMITS.head_s)


def test_a_handshake_has_to_end(tmp_path: Path) -> None:
    """
    Half a handshake is closed like silence; a whole one is served, and tells who has come with a certificate.
    """
    ward = Authority(tmp_path / "ca")
    issued = ward.issue("localhost")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(ward.ca))
    server.load_cert_chain(issued.cert, issued.key)
    server.load_verify_locations(ward.ca)
    server.verify_mode = ssl.CERT_OPTIONAL
    with serving(server, ConnectionLimits(head_s=3.0)) as served:
        half = served.connect()
        half.sendall(b"\x16\x03\x01\x02\x00\x01")
        for said in (b"no certificate", b"a certificate"):
            secured = client.wrap_socket(served.connect(), server_hostname="localhost")
            assert said in served.answer(b"/quick", secured)
            client.load_cert_chain(issued.cert, issued.key)
        assert b"" == ended(half)
        half.close()


def test_strangers_answers_have_to_end() -> None:
    """
    A stranger's request is broken off after `answer_s`; one that was recognised takes its time.
    """
    with serving() as served:
        assert b"" == served.answer(b"/slow")
        assert served.answer(b"/known").endswith(b"slow")


def test_without_file_descriptors_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    """
    When the process has none left, connections wait in the kernel, with no line in the log and no busy
    processor; once it has some again, they are served.
    """
    waiting = [socket.socket() for _ in range(3)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving() as served, contextlib.ExitStack() as held:
        assert served.answer(b"/quick")
        for each in waiting:
            held.enter_context(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            for each in waiting:
                each.connect(("127.0.0.1", served.port))
                each.sendall(GET % b"/quick")
            before_s = time.process_time()
            time.sleep(1.0)
            busy_s = time.process_time() - before_s
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in waiting:
            each.settimeout(10)
            assert arrived(each, b"no certificate").startswith(b"HTTP/1.1 200")
    assert busy_s < 0.5
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_what_strangers_send_is_a_few_lines() -> None:
    """
    A thousand lines of one logger are ten, and how many were left out is said with the next.
    """
    lines: list[str] = []
    logger = logging.getLogger("test.line_limit")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())      # type: ignore[method-assign]
    logger.addHandler(handler)
    LineLimit.once_on(logger)
    LineLimit.once_on(logger)
    for number in range(1000):
        logger.warning("nonsense: n=%d", number)
    assert 10 == len(lines)
    assert 1 == len(logger.filters)


def test_who_hangs_up_costs_its_address_nothing() -> None:
    """
    Connections that were opened and closed without a word leave the address its tries.
    """
    limits = ConnectionLimits(per_source=3, per_second=0.01)
    with serving(limits=limits) as served:
        for _ in range(10):
            served.connect().close()
        time.sleep(0.5)
        assert served.answer(b"/quick").endswith(b"no certificate")


def test_open_pages_keep_no_call_out() -> None:
    """
    With a page listening on every place the next connection is answered; the oldest page loses its stream.
    """
    limits = ConnectionLimits(places=4, known_per_source=4)
    with serving(limits=limits) as served, contextlib.ExitStack() as kept:
        pages = [kept.enter_context(served.connect()) for _ in range(4)]
        for page in pages:
            page.sendall(GET % b"/listen")
            arrived(page, b"beat")
        assert served.answer(b"/quick").endswith(b"no certificate")
        ended(pages[0])
        arrived(pages[1], b"beat")


def test_the_end_waits_for_nobody() -> None:
    """
    Silent connections and a stream that never ends hold up no stop.
    """
    with serving() as served, served.connect(), served.connect() as asking:
        asking.sendall(GET % b"/known")
        until(lambda: len(served.server.places) == 1, "the request to be there")
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 5.0
