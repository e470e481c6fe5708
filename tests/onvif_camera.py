"""A camera that speaks ONVIF, on loopback: a web server with a maker's dialect, and WS-Discovery."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree.ElementTree import Element, fromstring
from xml.sax.saxutils import escape

from tests.onvif_dialects import TDS, TR2, TRT, TT, Dialect, Encoder

USER, PASSWORD = "viewer", "pa:ss <wört>"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_TER = "http://www.onvif.org/ver10/error"
GROUP, PORT = "239.255.255.250", 3702


def tag(name: str, *inside: object) -> str:
    """An element; its own prefix for tt is put in when it is sent."""
    return f"<{name}>{''.join(str(each) for each in inside)}</{name}>"


class Refusal(Exception):  # noqa: N818 - a camera's own word
    """A SOAP fault, and the status that it comes with."""

    def __init__(self, subcode: str, text: str, status: int = 400) -> None:
        super().__init__(subcode)
        self.subcode, self.text, self.status = subcode, text, status


class OnvifCamera:
    """Runs until it is closed. What requests changed, and what they were, is there to be looked at."""

    def __init__(self, dialect: Dialect, streams: tuple[str, ...] = (), password: str = PASSWORD,
                 address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        """`streams`: real RTSP addresses instead of the maker's."""
        self.dialect, self.password = dialect, password
        self.streams = streams or dialect.streams
        self.encoders = [deepcopy(each) for each in dialect.encoders]
        self.time_server, self.by_server = "", False
        self.asked: list[str] = []              # names of requests, in order
        self.refused = 0                        # requests with a wrong password or none
        self.instead: bytes | None = None       # what to send, as it is, to whatever is asked
        camera = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                camera._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="camera",
                         daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # One request ----------------------------------------------------------------------------------------

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        body = fromstring(raw).find(f"{{{_SOAP}}}Body")
        assert body is not None
        request = body[0]
        name = request.tag.rpartition("}")[2]
        self.asked.append(name)
        if self.instead is not None:
            handler.wfile.write(self.instead)
            handler.close_connection = True
            return
        if name != "GetSystemDateAndTime" and not self._lets_in(handler, raw.decode()):
            self.refused += 1
            self._turn_away(handler)
            return
        try:
            inside = self._answer(name, request)
            status = 200
        except Refusal as exc:
            inside, status = self._fault(exc), exc.status
        self._send(handler, status, inside)

    def _send(self, handler: BaseHTTPRequestHandler, status: int, inside: str, *headers: str) -> None:
        prefix, schema = self.dialect.envelope, self.dialect.schema
        text = (f'<?xml version="1.0" encoding="UTF-8"?>\r\n<{prefix}:Envelope xmlns:{prefix}="{_SOAP}" '
                f'xmlns:{schema}="{TT}" xmlns:trt="{TRT}" xmlns:tr2="{TR2}" xmlns:tds="{TDS}" '
                f'xmlns:ter="{_TER}"><{prefix}:Body>{inside}</{prefix}:Body></{prefix}:Envelope>')
        text = re.sub(r"(</?)tt:", rf"\1{schema}:", text)
        body = text.encode().replace(b"GARBLED", self.dialect.garbled_name)
        handler.send_response(status)
        for header in headers:
            handler.send_header("WWW-Authenticate", header)
        handler.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _fault(self, refusal: Refusal) -> str:
        prefix = self.dialect.envelope
        return (f'<{prefix}:Fault><{prefix}:Code><{prefix}:Value>{prefix}:Sender</{prefix}:Value>'
                f'<{prefix}:Subcode><{prefix}:Value>ter:{refusal.subcode}</{prefix}:Value></{prefix}:Subcode>'
                f'</{prefix}:Code><{prefix}:Reason><{prefix}:Text xml:lang="en">{refusal.text}'
                f'</{prefix}:Text></{prefix}:Reason></{prefix}:Fault>')

    # The login ------------------------------------------------------------------------------------------

    @property
    def time(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.dialect.ahead_s)

    def _lets_in(self, handler: BaseHTTPRequestHandler, text: str) -> bool:
        match self.dialect.login:
            case "any":
                return True
            case "token":
                return self._right_token(text)
            case kind:
                return self._right_digest(handler, "sha256" if kind == "sha256" else "md5")

    def _right_token(self, text: str) -> bool:
        found = {name: match[1] for name in ("Username", "Password", "Nonce", "Created")
                 if (match := re.search(rf"<{name}[^>]*>([^<]*)</{name}>", text))}
        if len(found) < 4 or found["Username"] != USER:
            return False
        created = datetime.strptime(found["Created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        limit_s = self.dialect.token_within_s
        if limit_s and abs((created - self.time).total_seconds()) > limit_s:
            return False
        right = hashlib.sha1(base64.b64decode(found["Nonce"]) + found["Created"].encode()
                             + self.password.encode()).digest()
        return base64.b64decode(found["Password"]) == right

    def _right_digest(self, handler: BaseHTTPRequestHandler, name: str) -> bool:
        def hashed(text: str) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        told = dict(re.findall(r'(\w+)="?([^",]*)"?', handler.headers.get("Authorization", "")))
        secret = hashed(f"{USER}:{self.dialect.maker}:{self.password}")
        middle = f"{told.get('nc')}:{told.get('cnonce')}:{told.get('qop')}"
        right = hashed(f"{secret}:n0nce:{middle}:{hashed(f'POST:{handler.path}')}")
        return told.get("uri") == handler.path and told.get("response") == right

    def _turn_away(self, handler: BaseHTTPRequestHandler) -> None:
        fault = self._fault(Refusal("NotAuthorized", "Sender not Authorized"))
        challenges = {"digest": ("MD5",), "sha256": ("MD5-strange", "SHA-256")}.get(self.dialect.login, ())
        self._send(handler, 401 if challenges else 400, fault, *(
            f'Digest realm="{self.dialect.maker}", qop="auth", nonce="n0nce", algorithm={each}'
            for each in challenges))

    # What it answers ------------------------------------------------------------------------------------

    def _answer(self, name: str, request: Element) -> str:
        media2 = TR2 in request.tag
        if media2 and not self.dialect.media2_works:
            raise Refusal("ActionNotSupported", "Optional Action Not Implemented", 500)
        made: Any = getattr(self, f"_{re.sub('(?=[A-Z])', '_', name).lower().lstrip('_')}", None)
        if made is None:
            raise Refusal("ActionNotSupported", "Optional Action Not Implemented", 500)
        prefix = "tr2" if media2 else "trt" if TRT in request.tag else "tds"
        return f"<{prefix}:{name}Response>{made(request, media2)}</{prefix}:{name}Response>"

    def _get_system_date_and_time(self, _: Element, __: bool) -> str:
        at = self.time
        clock = tag("tt:Time", tag("tt:Hour", at.hour), tag("tt:Minute", at.minute),
                    tag("tt:Second", at.second))
        day = tag("tt:Date", tag("tt:Year", at.year), tag("tt:Month", at.month), tag("tt:Day", at.day))
        return tag("tds:SystemDateAndTime",
                   tag("tt:DateTimeType", "NTP" if self.by_server else "Manual"),
                   tag("tt:DaylightSavings", "false"), tag("tt:TimeZone", tag("tt:TZ", "CST-7:00:00")),
                   tag("tt:UTCDateTime" if self.dialect.tells_utc else "tt:LocalDateTime", clock, day))

    def _get_device_information(self, _: Element, __: bool) -> str:
        return (tag("tds:Manufacturer", self.dialect.maker) + tag("tds:Model", self.dialect.model, "GARBLED")
                + tag("tds:FirmwareVersion", "V5.7.3\u200e\n build 220112"))

    def _address(self, path: str) -> str:
        host = self.dialect.own_host or "127.0.0.1"
        return f"http://{host}:{self.dialect.own_port or self.port}{path}"

    def _get_services(self, _: Element, __: bool) -> str:
        if not self.dialect.has_services:
            raise Refusal("ActionNotSupported", "Optional Action Not Implemented", 500)
        services = [(TDS, self.dialect.device_path), (TRT, self.dialect.media_path)]
        services += [(TR2, self.dialect.media2_path)] if self.dialect.media2_path else []
        return "".join(
            tag("tds:Service", tag("tds:Namespace", namespace), tag("tds:XAddr", self._address(path)))
            for namespace, path in services)

    def _get_capabilities(self, _: Element, __: bool) -> str:
        return tag("tds:Capabilities", *(tag(f"tt:{name}", tag("tt:XAddr", self._address(path)))
                                         for name, path in (("Device", self.dialect.device_path),
                                                            ("Media", self.dialect.media_path))))

    def _get_profiles(self, _: Element, media2: bool) -> str:
        if media2:
            return "".join(
                f'<tr2:Profiles token="{it.profile}" fixed="true">' + tag("tr2:Name", it.name)
                + tag("tr2:Configurations", self._encoder(it, "tr2:VideoEncoder", True)) + "</tr2:Profiles>"
                for it in self.encoders)
        audio = f'<trt:Profiles token="audio">{tag("tt:Name", "audio")}</trt:Profiles>'
        return audio + "".join(
            f'<trt:Profiles token="{it.profile}" fixed="true">' + tag("tt:Name", it.name)
            + self._encoder(it, "tt:VideoEncoderConfiguration", False) + "</trt:Profiles>"
            for it in self.encoders if it.codec != "H265")

    def _encoder(self, it: Encoder, element: str, media2: bool) -> str:
        width, height = it.size
        attributes = f' GovLength="{it.gov}" Profile="Main"' if media2 else ""
        constant = f' ConstantBitRate="{str(it.constant).lower()}"' if media2 else ""
        rate = (tag("tt:FrameRateLimit", it.fps) + tag("tt:EncodingInterval", 1)
                + tag("tt:BitrateLimit", it.kbps))
        multicast = tag("tt:Multicast", tag("tt:Address", tag("tt:Type", "IPv4"),
                                            tag("tt:IPv4Address", "0.0.0.0")),
                        tag("tt:Port", 8860), tag("tt:TTL", 128), tag("tt:AutoStart", "false"))
        h264 = "" if media2 else tag("tt:H264", tag("tt:GovLength", it.gov), tag("tt:H264Profile", "Main"))
        inside = (tag("tt:Name", it.name) + tag("tt:UseCount", 1) + tag("tt:Encoding", it.codec)
                  + tag("tt:Resolution", tag("tt:Width", width), tag("tt:Height", height))
                  + tag("tt:Quality", 4)
                  + f"<tt:RateControl{constant}>{rate}</tt:RateControl>" + h264 + multicast
                  + tag("tt:SessionTimeout", "PT5S"))
        return f'<{element} token="{it.token}"{attributes}>{inside}</{element}>'

    def _of(self, request: Element) -> int:
        token = next((each.text for each in request.iter() if each.tag.endswith("}ProfileToken")), "")
        return next(index for index, it in enumerate(self.encoders) if it.profile == token)

    def _get_stream_uri(self, request: Element, media2: bool) -> str:
        address = escape(self.streams[self._of(request)].format(host=self.dialect.own_host or "127.0.0.1"))
        return tag("tr2:Uri", address) if media2 else tag("trt:MediaUri", tag("tt:Uri", address))

    def _get_video_encoder_configuration_options(self, request: Element, media2: bool) -> str:
        it = self.encoders[self._of(request)]
        if media2:
            return ('<tr2:Options GovLengthRange="1 250" FrameRatesSupported="25 20 15 12 10 8 6 4 2 1" '
                    f'ConstantBitRateSupported="true">{tag("tt:Encoding", it.codec)}</tr2:Options>')
        return tag("trt:Options", tag(
            "tt:H264", tag("tt:GovLengthRange", tag("tt:Min", 1), tag("tt:Max", 150)),
            tag("tt:FrameRateRange", tag("tt:Min", 1), tag("tt:Max", 25))))

    def _set_video_encoder_configuration(self, request: Element, media2: bool) -> str:
        configuration = next(each for each in request if each.tag.endswith("}Configuration"))
        assert configuration.tag.startswith(f"{{{TR2 if media2 else TRT}}}")
        texts = {each.tag.rpartition("}")[2]: each for each in configuration.iter()}
        if self.dialect.wants_multicast and "IPv4Address" not in texts:
            raise Refusal("ConfigModify", "The configuration parameters are not possible to set")
        assert {each.tag.rpartition("}")[0] for each in configuration} == {f"{{{TT}"}
        it = next(each for each in self.encoders if each.token == configuration.get("token"))
        it.fps = int(texts["FrameRateLimit"].text or "")
        if "gov" not in self.dialect.ignores:
            it.gov = int(configuration.get("GovLength", "") or texts["GovLength"].text or "")
        it.constant = texts["RateControl"].get("ConstantBitRate", str(it.constant).lower()) == "true"
        return ""

    def _get_n_t_p(self, _: Element, __: bool) -> str:
        manual = tag("tt:NTPManual", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", self.time_server))
        return tag("tds:NTPInformation", tag("tt:FromDHCP", "false"), manual if self.time_server else "")

    def _set_n_t_p(self, request: Element, _: bool) -> str:
        self.time_server = next(each.text or "" for each in request.iter()
                                if each.tag == f"{{{TT}}}IPv4Address")
        return ""

    def _set_system_date_and_time(self, request: Element, _: bool) -> str:
        texts = {each.tag.rpartition("}")[2]: each.text for each in request.iter()}
        assert "CST-7:00:00" == texts["TZ"]
        self.by_server = texts["DateTimeType"] == "NTP"
        return ""

    def _get_users(self, _: Element, __: bool) -> str:
        return "".join(tag("tds:User", tag("tt:Username", name), tag("tt:UserLevel", level))
                       for name, level in (("other", "Operator"), (USER, "Administrator")))

    def _set_user(self, request: Element, _: bool) -> str:
        texts = {each.tag.rpartition("}")[2]: each.text for each in request.iter()}
        assert (USER, "Administrator") == (texts["Username"], texts["UserLevel"])
        self.password = texts["Password"] or ""
        return ""

    def _set_synchronization_point(self, request: Element, _: bool) -> str:
        self._of(request)
        return ""


@contextlib.contextmanager
def camera(dialect: Dialect, *, streams: tuple[str, ...] = (), password: str = PASSWORD,
           address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[OnvifCamera]:
    made = OnvifCamera(dialect, streams, password, address, tls)
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def answering(*answers: Callable[[str], bytes], group: bool = False, sender: str = "") -> Iterator[int]:
    """Answers probes by UDP; each of `answers` makes a datagram of a probe's message id. Yields the port.

    Args:
        group: it hears what is sent to all on loopback, as cameras do.
        sender: the address of ours that the answers come from.
    """
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind((GROUP, PORT) if group else ("127.0.0.1", 0))
        if group:
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack(
                "4s4si", socket.inet_aton(GROUP), bytes(4), socket.if_nametoindex("lo")))
        ours.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    datagram, asker = ours.recvfrom(65535)
                    found = re.search(rb"MessageID>([^<]*)<", datagram)
                    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as back:
                        back.bind((sender, 0))
                        for answer in answers:
                            back.sendto(answer(found[1].decode() if found else ""), asker)

        thread = threading.Thread(target=serve, name="discovery", daemon=True)
        thread.start()
        try:
            yield int(ours.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def probe_match(message_id: str, addresses: str, scopes: str, relates: str | None = None) -> bytes:
    """What a camera answers to a probe."""
    return (f'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{_SOAP}" '
            'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Header><wsa:RelatesTo>'
            f'{message_id if relates is None else relates}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body>'
            '<d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>'
            f'<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs></d:ProbeMatch></d:ProbeMatches>'
            '</SOAP-ENV:Body></SOAP-ENV:Envelope>').encode()
