"""A camera that was taken over, or never was one: what it answers cannot harm, hang or lead elsewhere."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.onvif.device import OnvifDevice, stream_at
from edge.onvif.exchange import CameraHost, path_in
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.soap import OnvifLogin, SoapClient
from edge.onvif.untrusted import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT, UnreadableError, parse, shown
from tests.brokers import Authority, free_port
from tests.onvif_camera import PASSWORD, USER, camera
from tests.onvif_dialects import DAHUA, HIKVISION

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n"
LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha">'
          + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
          + b"]><a>&j;</a>")
FILE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
WEB = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>'


@pytest.mark.parametrize("raw", [
    LAUGHS, FILE, WEB, PARAMETER, b"<!DOCTYPE a><a/>", FILE.decode().encode("utf-16"),
    b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), b"<a>" * 100_000,
    b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", b"<a>" + b"x" * MAX_BYTES + b"</a>",
    b"", b"\0", b"<a", b"<a></b>", b"not XML", b"<a/><b/>", b"\xff\xfe<\0a\0/\0>\0",
    b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-'], ids=range(18))
def test_xml_that_attacks_is_refused(raw: bytes) -> None:
    """
    Entities that multiply, name files or other machines, in whatever encoding; nests and heaps: each is
    refused at once, in words that hold nothing of it.
    """
    with pytest.raises(UnreadableError) as caught:
        parse(raw)
    assert len(str(caught.value)) < 60


def test_letters_that_are_none() -> None:
    """
    What is no UTF-8 costs its own letters; what is shown is one short line that drives no terminal.
    """
    element = parse('<?xml version="1.0" encoding="gb2312"?><a>cổng</a>'.encode())
    assert "cổng" == element.text
    assert "a b" == shown("a\x1b\n\u202e b")
    assert not set("\x1b\n\u202e\x9b") & set(shown("\x1b[2J\n\u202ex\x9b"))
    assert MAX_TEXT == len(shown("x" * 10_000))


@pytest.mark.parametrize(("address", "path"), [
    ("http://192.168.1.64/onvif/Media?a=b", "/onvif/Media?a=b"),
    ("https://evil.example:8443/onvif/Media", "/onvif/Media"), ("file:///etc/passwd", None),
    ("gopher://127.0.0.1/x", None), ("http://[::1", None), ("http://x/a\r\nHost: b", None), ("/onvif", None),
    ("http://x/a b", None), ("http://x", None), ("", None)])
def test_of_an_address_the_path_is_taken(address: str, path: str | None) -> None:
    """
    Where a camera says that its services are counts for the path alone: its host and port are never knocked
    at. A line break in it would make a request of its own.
    """
    assert path == path_in(address)


@pytest.mark.parametrize(("told", "address"), [
    ("rtsp://10.9.8.7:554/stream1", "rtsp://cam:554/stream1"),
    ("rtsp://admin:secret@10.9.8.7/s?a=b&c", "rtsp://cam:554/s?a=b&c"),
    ("RTSP://x:8554/a", "rtsp://cam:8554/a"), ("rtsp://x:99999/a", None), ("http://x/a", None), ("", None),
    ("rtsp://x/a@b", None), ("rtsp://x/a\nb", None), ("rtsp://x/" + "a" * 2000, None), ("file:///a", None)])
def test_a_stream_is_at_the_camera(told: str, address: str | None) -> None:
    """
    A stream's address keeps its port and path; the host is the camera's that was asked, user and password go.
    """
    assert address == stream_at(told, "cam")


def client(port: int, within_s: float = 5.0) -> SoapClient:
    return SoapClient(CameraHost("127.0.0.1", port), OnvifLogin(USER, PASSWORD), within_s)


@contextlib.contextmanager
def saying(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listener that does `serve` with each connection; yields its port."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as connection, contextlib.suppress(OSError):
                        serve(connection)

        threading.Thread(target=run, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def heard(connection: socket.socket) -> None:
    """Take in the whole request: what is left unread would end the connection before the answer is read."""
    raw = b""
    while not raw.endswith(b"Envelope>"):
        raw += connection.recv(65536) or b"Envelope>"


def drip(connection: socket.socket) -> None:
    heard(connection)
    connection.sendall(OK)
    for _ in range(1000):
        connection.sendall(b"X")
        time.sleep(0.05)


def drip_handshake(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x40\x00")      # the head of a record of 16 KiB
    for _ in range(1000):
        connection.sendall(b"\x02")
        time.sleep(0.05)


def flood(connection: socket.socket) -> None:
    heard(connection)
    connection.sendall(OK + b"\r\n<a>")
    for _ in range(64):
        connection.sendall(b"x" * 65536)


def says(raw: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(raw)

    return serve


@pytest.mark.parametrize(("serve", "fault"), [
    (drip, OnvifFault.SILENT), (flood, OnvifFault.BAD_ANSWER),
    (lambda connection: time.sleep(2), OnvifFault.SILENT),
    (says(b"SSH-2.0-x\r\n"), OnvifFault.NO_ONVIF),
    (says(OK + b"X: y\r\n" * 1000 + b"\r\n"), OnvifFault.NO_ONVIF),
    (says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
     OnvifFault.ELSEWHERE),
    (says(OK + b"Content-Length: 99999999\r\n\r\nx"), OnvifFault.NO_ONVIF),
    (says(OK + b"\r\n" + LAUGHS), OnvifFault.BAD_ANSWER),
    (says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), OnvifFault.NO_ONVIF)],
    ids=["drip", "flood", "silence", "ssh", "headers", "redirect", "short", "bomb", "404"])
def test_an_answer_has_bounds(serve: Callable[[socket.socket], None], fault: OnvifFault) -> None:
    """
    A byte now and then, megabytes, silence, another protocol, endless headers, a redirect, an answer that
    ends early: each ends in the time given, under the name of what it is.
    """
    with saying(serve) as port:
        began_s = time.monotonic()
        with pytest.raises(OnvifError) as caught:
            client(port, 0.5).learn_time()
        assert fault is caught.value.fault
        assert time.monotonic() - began_s < 30


@pytest.mark.parametrize(("serve", "fault"), [
    (drip_handshake, OnvifFault.SILENT),
    (lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), OnvifFault.NO_ONVIF)])
def test_a_handshake_has_bounds(serve: Callable[[socket.socket], None], fault: OnvifFault) -> None:
    """
    One that drips ends in the time given, as any answer does; what is no TLS is said at once.
    """
    with saying(serve) as port, pytest.raises(OnvifError) as caught:
        SoapClient(CameraHost("127.0.0.1", port, tls=True), within_s=0.5).learn_time()
    assert fault is caught.value.fault


def test_a_camera_behind_tls(tmp_path: Path) -> None:
    """
    Its certificate is its own, and nobody's that we know: it is taken all the same.
    """
    issued = Authority(tmp_path / "ca").issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.cert, issued.key)
    with camera(DAHUA, tls=context) as running:
        device = OnvifDevice(SoapClient(CameraHost("127.0.0.1", running.port, tls=True),
                                        OnvifLogin(USER, PASSWORD)))
        assert DAHUA.maker == device.identity().maker


def test_nobody_there() -> None:
    """
    A port at which nothing listens, and a name that nobody knows.
    """
    for host, port, fault in (("127.0.0.1", free_port(), OnvifFault.REFUSED),
                              ("no-such.invalid", 80, OnvifFault.NO_HOST)):
        with pytest.raises(OnvifError) as caught:
            SoapClient(CameraHost(host, port), within_s=5.0).learn_time()
        assert fault is caught.value.fault


def test_a_camera_that_turns_hostile_in_the_middle() -> None:
    """
    It has said who it is, and then answers with a bomb, with nonsense, or with numbers beyond all measure.
    """
    for instead in (OK + b"\r\n" + LAUGHS, OK + b"Content-Length: 4\r\n\r\n<a/>", b"\r\n\r\n"):
        with camera(DAHUA) as running:
            device = OnvifDevice(client(running.port))
            running.instead = instead
            with pytest.raises(OnvifError):
                device.profiles()
    with camera(HIKVISION) as running:
        running.encoders[0].size, running.encoders[0].fps = (10 ** 30, -5), 10 ** 12
        encoder = OnvifDevice(client(running.port)).profiles()[0].encoder
        assert encoder is not None
        assert (None, None, None) == (encoder.width, encoder.height, encoder.fps)


def test_a_password_that_is_repeated_is_taken_out() -> None:
    """
    A camera's own words may hold what was sent to it.
    """
    words = f"no user with {PASSWORD.replace(' ', '  ')}".replace("<", "&lt;")
    fault = (f'<s:Envelope xmlns:s="s"><s:Body><s:Fault><s:Reason><s:Text>{words}</s:Text></s:Reason>'
             "</s:Fault></s:Body></s:Envelope>")
    with camera(DAHUA) as running:
        device = OnvifDevice(client(running.port))
        running.instead = OK + b"\r\n" + fault.encode()
        with pytest.raises(OnvifError, match="no user with") as caught:
            device.identity()
        assert PASSWORD not in str(caught.value)
