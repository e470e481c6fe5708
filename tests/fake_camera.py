"""A fake RTSP camera on loopback whose faults are chosen by the path: rtsp://127.0.0.1:PORT/MODE+MODE=VALUE.

It plays pictures that it coded itself, again and again, over TCP or UDP, and does what real cameras were seen
to do: refuse in every way, hang up, fall silent, send garbage, redirect, ask for the password in clear.
Modes are read where they act; `Viewer.modes` has those of one connection.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Self

import av

from tests.media import moving_block

USER, PASSWORD = "cam", "s3cret-w0rd"
_PAYLOAD_BYTES = 1300
_SDP = ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns={title}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n")


def coded(count: int, gop: int, codec: str = "libx264", size: tuple[int, int] = (160, 120)) -> list[bytes]:
    """Pictures in Annex B, parameter sets before each key frame."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt, context.time_base, context.gop_size = "yuv420p", Fraction(1, 10), gop
    context.options = {"preset": "ultrafast", "tune": "zerolatency",
                       "x264-params": f"scenecut=0:keyint={gop}"}
    units: list[bytes] = []
    for index, pixels in enumerate(moving_block(count, *size)):
        picture = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
        picture.pts = index
        units += [bytes(packet) for packet in context.encode(picture)]
    return units + [bytes(packet) for packet in context.encode(None)]


def nals(unit: bytes) -> list[bytes]:
    """Its parts, without start codes."""
    return [part.rstrip(b"\0") for part in unit.split(b"\0\0\1")[1:]]


class FakeCamera:
    """A context manager over the server. `requests` is what was asked of it, by path."""

    def __init__(self, units: Sequence[bytes], port: int = 0) -> None:
        self.units = units
        self.requests: dict[str, list[str]] = {}
        self.down_until_s: dict[str, float] = {}
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        self._stop = threading.Event()

    def url(self, modes: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{modes}"

    def asked(self, modes: str, method: str) -> int:
        """How often `method` was asked at this path."""
        return sum(each.startswith(f"{method} ") for each in self.requests.get(modes, []))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=Viewer(self, connection, self._stop).serve, daemon=True).start()


class Viewer:
    """One connection."""

    def __init__(self, camera: FakeCamera, connection: socket.socket, stop: threading.Event) -> None:
        self._camera, self._socket, self._stop = camera, connection, stop
        self._read = connection.makefile("rb")
        self._nonce = f"n{random.randrange(10**9)}"
        self._udp: tuple[str, int] | None = None
        self.path, self.modes = "", dict[str, str]()

    def serve(self) -> None:
        with contextlib.suppress(OSError, EOFError), self._socket:
            for method, url, head in self._requested():
                if not self._answer(method, url, head):
                    return

    def _requested(self) -> Iterator[tuple[str, str, str]]:
        while not self._stop.is_set():
            first = self._read.read(1)
            if first == b"$":           # what the viewer tells about what it got (RTCP)
                self._read.read(struct.unpack(">xH", self._read.read(3))[0])
                continue
            head = first
            while not head.endswith(b"\r\n\r\n"):
                line = self._read.readline()
                if not line:
                    return
                head += line
            text = head.decode()
            method, url = text.split(" ")[:2]
            path = re.sub(r"^rtsps?://[^/]*/", "", url).split("/")[0].split("?")[0]
            self.path = self.path or path
            pairs = (mode.partition("=") for mode in self.path.split("+"))
            self.modes = {name: value for name, _, value in pairs}
            self._camera.requests.setdefault(self.path, []).append(text)
            yield method, url, text

    def _reply(self, head: str, status: str, *headers: str, body: bytes = b"") -> None:
        count = re.search(r"(?i)cseq:\s*(\d+)", head)
        if count is None:
            raise OSError("no request")
        lines = [f"RTSP/1.0 {status}", f"CSeq: {count[1]}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._socket.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body)

    def _answer(self, method: str, url: str, head: str) -> bool:
        """Whether the connection goes on."""
        modes = self.modes
        if time.monotonic() < self._camera.down_until_s.get(self.path, 0) or modes.get("closeat") == method:
            return False
        if modes.get("muteat") == method:
            return not self._stop.wait(60)
        if modes.get("rawat") == method:
            self._socket.sendall(b"\x00\xff" * 5000)
            return False
        if "http" in modes:
            self._socket.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return False
        if "code" in modes and method == modes.get("at", "DESCRIBE"):
            self._reply(head, f"{modes['code']} Some Words")
        elif method != "OPTIONS" and not self._knows(method, head):
            self._reply(head, "401 Unauthorized", *self._challenges())
        else:
            return self._obey(method, url, head)
        return True

    def _obey(self, method: str, url: str, head: str) -> bool:
        match method:
            case "DESCRIBE" if "redirect" in self.modes and not self.modes.get("there"):
                self._reply(head, "302 Moved", f"Location: {self._location()}")
            case "DESCRIBE":
                self._reply(head, "200 OK", "Content-Type: application/sdp",
                            f"Content-Base: {url.rstrip('/')}/", body=self._sdp())
            case "SETUP":
                self._set_up(head)
            case "PLAY":
                self._reply(head, "200 OK", "Session: 1234")
                threading.Thread(target=self._play, daemon=True).start()
            case "TEARDOWN":
                return False
            case _:
                self._reply(head, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        return True

    def _location(self) -> str:
        here = f"rtsp://127.0.0.1:{self._camera.port}"
        return {"same": f"{here}/there", "creds": f"rtsp://x:y@127.0.0.1:{self._camera.port}/there",
                "loop": f"{here}/redirect=loop", "host": "rtsp://127.0.0.2:9/there", "file": "file:///etc/passwd",
                "http": "http://127.0.0.1:9/x", "none": ""}[self.modes["redirect"]]

    def _challenges(self) -> list[str]:
        kinds = {"basic": 'Basic realm="R"', "odd": 'Negotiate realm="R"',
                 "digest": f'Digest realm="R", nonce="{self._nonce}"',
                 "qop": f'Digest realm="R", nonce="{self._nonce}", qop="auth"',
                 "sha256": f'Digest realm="R", nonce="{self._nonce}", algorithm=SHA-256'}
        modes = set(self.modes)
        if "turncoat" in modes and self._camera.asked(self.path, "DESCRIBE") > 2:     # it was asked before
            modes = {"basic"}
        return [f"WWW-Authenticate: {text}" for name, text in kinds.items() if name in modes]

    def _knows(self, method: str, head: str) -> bool:
        if not self._challenges():
            return True
        told = re.search(r"(?im)^authorization: (\w+) (.*?)\r?$", head)
        if told is None or "refuse" in self.modes:
            return False
        if told[1] == "Basic":
            return "basic" in self.modes and base64.b64decode(told[2]) == f"{USER}:{PASSWORD}".encode()
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', told[2]))
        kind = hashlib.sha256 if given.get("algorithm") == "SHA-256" else hashlib.md5

        def hashed(text: str) -> str:
            return kind(text.encode()).hexdigest()

        middle = f"{given['nc']}:{given['cnonce']}:auth:" if "qop" in given else ""
        return given.get("response") == hashed(
            f"{hashed(f'{USER}:R:{PASSWORD}')}:{self._nonce}:{middle}{hashed(method + ':' + given['uri'])}")

    def _sdp(self) -> bytes:
        modes, sets = self.modes, [nal for nal in nals(self._camera.units[0]) if nal[0] & 31 in (7, 8)]
        sprop = ";sprop-parameter-sets=" + ",".join(base64.b64encode(each).decode() for each in sets)
        if "badsprop" in modes:
            sprop = ";sprop-parameter-sets=Z00AKZpkAyAS/+AtwEBAUAAA,!!!"
        codec = modes.get("codec", "H264")
        space = " " if "space" in modes else ""
        video = (f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec}/90000{space}\r\n"
                 f"a=fmtp:96 packetization-mode=1{'' if 'nosprop' in modes else sprop}\r\n"
                 "a=control:track1\r\n")
        sound = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n"
        text = _SDP.format(title="Cổng" if "title" in modes else "-")
        if "noorigin" in modes:
            text = text.replace("o=- 0 0 IN IP4 127.0.0.1\r\n", "")
        text += sound if "sound" in modes or "soundonly" in modes else ""
        text += "" if "soundonly" in modes else video
        text += video.replace("track1", "track4") if "two" in modes else ""
        return text.encode("latin-1", "replace") if "latin" in modes else text.encode()

    def _set_up(self, head: str) -> None:
        asked = re.search(r"(?im)^transport: (.*?)\r?$", head)
        assert asked
        over_tcp = "TCP" in asked[1].upper()
        if ("udponly" in self.modes and over_tcp) or ("tcponly" in self.modes and not over_tcp):
            self._reply(head, "461 Unsupported Transport")
        elif over_tcp and "nonmatch" not in self.modes:
            self._reply(head, "200 OK", "Session: 1234;timeout=60",
                        "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        else:
            port = re.search(r"client_port=(\d+)", asked[1])
            self._udp = ("127.0.0.1", int(port[1])) if port else None
            self._udp_from = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._udp_from.bind(("127.0.0.1", 0))
            mine = self._udp_from.getsockname()[1]
            self._reply(head, "200 OK", "Session: 1234;timeout=60",
                        f"Transport: RTP/AVP;unicast;client_port={port[1] if port else 0}-0;"
                        f"server_port={mine}-{mine + 1}")

    def _play(self) -> None:
        with contextlib.suppress(OSError):
            modes, fps = self.modes, float(self.modes.get("fps", "25"))
            began_s, sequence, chance = time.monotonic(), 1, random.Random(7)
            self._stop.wait(float(modes.get("wait", "0")))
            for index in range(1_000_000):
                place = (index + int(modes.get("start", "0"))) % len(self._camera.units)
                if self._interrupts(index) or self._stop.wait(
                        max(0.0, began_s + float(modes.get("wait", "0")) + index / fps - time.monotonic())):
                    return
                parts = nals(self._camera.units[0 if "frozen" in modes else place])
                if "nokeys" in modes:
                    parts = [nal for nal in parts if nal[0] & 31 == 1]
                if "noinband" in modes:
                    parts = [nal for nal in parts if nal[0] & 31 not in (6, 7, 8)]
                for packet in _rtp(parts, sequence, _stamp(modes, index, fps)):
                    sequence += 1
                    if chance.random() * 100 >= float(modes.get("loss", "0")):
                        self._send(_garbled(packet, chance) if index >= int(modes.get("garbleat", "999999"))
                                   else packet)

    def _interrupts(self, index: int) -> bool:
        """Whether the stream ends here, in the way that was chosen."""
        modes = self.modes
        if index == int(modes.get("silentat", "-1")):
            self._stop.wait(60)
        if index == int(modes.get("rawfrom", "-1")):
            until_s = time.monotonic() + float(modes.get("rawfor", "60"))
            while time.monotonic() < until_s and not self._stop.wait(0.02):
                self._socket.sendall(bytes(random.randrange(256) for _ in range(500)))
        if index == int(modes.get("endat", "-1")):
            self._camera.down_until_s[self.path] = time.monotonic() + float(modes.get("downfor", "0"))
            if "reset" in modes:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.shutdown(socket.SHUT_RDWR)
            return True
        return False

    def _send(self, packet: bytes) -> None:
        if self._udp is not None:
            self._udp_from.sendto(packet, self._udp)
        else:
            self._socket.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)


def _stamp(modes: Mapping[str, str], index: int, fps: float) -> int:
    """In 90 kHz."""
    if "stampzero" in modes:
        return 0
    jump = 90_000 * int(modes.get("stampjump", "0")) if index % 20 == 19 else 0
    return (int(modes.get("stampfrom", "1000")) + round(index * 90_000 / float(modes.get("stampfps", fps)))
            + jump) % 2**32


def _rtp(parts: Sequence[bytes], sequence: int, stamp: int) -> Iterator[bytes]:
    """RTP packets of one picture (RFC 6184), in fragments where a part is long."""
    for number, nal in enumerate(parts):
        last = number == len(parts) - 1
        pieces = [nal[at:at + _PAYLOAD_BYTES] for at in range(1, len(nal), _PAYLOAD_BYTES)]
        for place, piece in enumerate(pieces):
            ends = place == len(pieces) - 1
            kind = bytes([nal[0] & 0xe0 | 28, (place == 0) << 7 | ends << 6 | nal[0] & 31])
            head = struct.pack(">BBHII", 0x80, (last and ends) << 7 | 96, sequence & 0xffff, stamp, 1234)
            yield head + (kind + piece if len(pieces) > 1 else nal)
            sequence += 1


def _garbled(packet: bytes, chance: random.Random) -> bytes:
    return packet[:14] + chance.randbytes(len(packet) - 14)
