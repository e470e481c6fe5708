"""Which cameras are there: WS-Discovery's probe, sent to all on the link or to one host, and the answers.

An answer is a stranger's: its sender's address alone is believed, and of what it says no more than a path and
a port. Nothing is connected to here.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from edge.onvif.exchange import CameraHost, path_in
from edge.onvif.soap import DEVICE_PATH
from edge.onvif.untrusted import UnreadableError, below, parse, shown

GROUP, PORT = "239.255.255.250", 3702       # of WS-Discovery
# Our port: the packet filter lets answers in here, since it cannot know to what they are one.
ANSWERS_TO = 37020
LISTEN_S = 4.0
MAX_CAMERAS = 256
_REPEAT_S = 0.5             # a datagram may be lost, or a camera asleep
_TIMES = 3
_DATAGRAM_BYTES = 65_535
_LIST_LENGTH = 4096         # characters of addresses or scopes
_SCOPE = "onvif://www.onvif.org/"

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>\
<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
<a:MessageID>urn:uuid:{message}</a:MessageID>\
<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered."""

    host: CameraHost
    path: str               # of its device service
    name: str               # what it calls itself; often the maker
    model: str
    misnamed: str = ""      # the host that it gives for itself, where that is not whence it answered


def find_cameras(hosts: Iterable[str] = (), listen_s: float = LISTEN_S, port: int = PORT,
                 enough: int = MAX_CAMERAS) -> list[FoundCamera]:
    """Those that answer within `listen_s`, by address; the search ends with `enough` of them.

    Args:
        hosts: asked one by one, wherever they are, and nobody else is believed; without any, all on the
            networks of this machine.
    """
    wanted, hosts = f"urn:uuid:{uuid.uuid4()}", list(hosts)
    targets = [address for host in hosts for address in _addresses(host)]
    if hosts and not targets:
        return []
    payload = _PROBE.format(message=wanted.removeprefix("urn:uuid:")).encode()
    found: dict[CameraHost, FoundCamera] = {}       # several may hang behind one address
    with contextlib.closing(_socket()) as ours:
        for datagram, sender in _answers(ours, payload, targets, listen_s, port):
            camera = camera_in(datagram, sender, wanted) if sender in targets or not hosts else None
            if camera is not None:
                found.setdefault(camera.host, camera)
            if len(found) >= enough:
                break
    return sorted(found.values(), key=lambda it: (*_order(it.host.host), it.host.port))


def camera_in(datagram: bytes, sender: str, message_id: str) -> FoundCamera | None:
    """The camera in one answer to our probe `message_id`; None where it is no such answer. Pure."""
    try:
        root = parse(datagram)
    except UnreadableError:
        return None
    about = next((shown(each.text or "") for each in below(root, "RelatesTo")), "")
    match = next(below(root, "ProbeMatch"), None)
    if match is None or (about and _bare(about) != _bare(message_id)):
        return None
    addresses = [address for address in _words(match, "XAddrs") if path_in(address)]
    chosen = next((it for it in addresses if _host(it) == sender), addresses[0] if addresses else "")
    scopes = _words(match, "Scopes")
    return FoundCamera(_camera_host(chosen, sender), path_in(chosen) or DEVICE_PATH, _scope(scopes, "name"),
                       _scope(scopes, "hardware"), shown(_host(chosen)) if _host(chosen) != sender else "")


def _words(match: Element, name: str) -> list[str]:
    """Those of a list, which may be longer than what is shown of it."""
    return next((each.text or "" for each in below(match, name)), "")[:_LIST_LENGTH].split()


def _bare(message_id: str) -> str:
    return message_id.strip().lower().rpartition(":")[2]


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "") if address else ""


def _camera_host(address: str, sender: str) -> CameraHost:
    parts = urlsplit(address)
    tls = parts.scheme.lower() == "https"
    try:
        port = parts.port
    except ValueError:
        port = None
    return CameraHost(sender, port or (443 if tls else 80), tls)


def _scope(scopes: list[str], kind: str) -> str:
    found = next((scope for scope in scopes if scope.lower().startswith(f"{_SCOPE}{kind}/")), "")
    return shown(unquote(found.rpartition("/")[2], errors="replace"))


def _order(host: str) -> tuple[int, ...]:
    """Senders are IPv4 addresses."""
    return tuple(socket.inet_aton(host))


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind(("", ANSWERS_TO))
    except OSError:                 # another search is on: without the box's packet filter any port will do
        made.bind(("", 0))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    made.setblocking(False)
    return made


def _addresses(host: str) -> list[str]:
    """Of IPv4; none of a name that nobody knows."""
    try:
        return [str(it[4][0]) for it in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)]
    except (OSError, UnicodeError):
        return []


def _answers(ours: socket.socket, payload: bytes, hosts: list[str], listen_s: float,
             port: int) -> Iterator[tuple[bytes, str]]:
    """Each datagram that comes in and the address of its sender."""
    began_s, sent = time.monotonic(), 0
    with selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)
        while (passed_s := time.monotonic() - began_s) < listen_s:
            if sent < _TIMES and passed_s >= sent * _REPEAT_S:
                _send(ours, payload, hosts, port)
                sent += 1
            if selector.select(min(0.1, listen_s - passed_s)):
                with contextlib.suppress(OSError):      # such as a refusal of a port that nobody has
                    datagram, sender = ours.recvfrom(_DATAGRAM_BYTES)
                    yield datagram, str(sender[0])


def _send(ours: socket.socket, payload: bytes, hosts: list[str], port: int) -> None:
    for host in hosts:
        with contextlib.suppress(OSError, UnicodeError):
            ours.sendto(payload, (host, port))
    for index, _ in [] if hosts else socket.if_nameindex():
        with contextlib.suppress(OSError):              # a network that is down, or has no multicast
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                            struct.pack("4s4si", bytes(4), bytes(4), index))
            ours.sendto(payload, (GROUP, port))
