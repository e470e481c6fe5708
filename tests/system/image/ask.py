"""What a telephone on the box's network would ask it; prints the answer as JSON. Standard library only.

    ask.py name HOP-01-TO-12.local      its addresses by multicast DNS, each kind over its own protocol
    ask.py page ADDRESS NAME            the group page's status and certificate
    ask.py ports ADDRESS                which of the ports that people try are open for TCP
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

_MDNS = 5353
_GROUPS = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}
_RECORDS = {socket.AF_INET: 1, socket.AF_INET6: 28}     # A, AAAA
_CABLE = "tap0"
_IN, _HEADER = 1, 12
_TRIES, _TRY_S = 20, 3.0
_PORTS = (*range(1, 1101), 2375, 3306, 3389, 5353, 5355, 5432, 5900, 6379, 8000, 8080, 8443, 8883, 9090)


def name(wanted: str) -> dict[str, list[str]]:
    return {"ipv4": _resolved(wanted, socket.AF_INET), "ipv6": _resolved(wanted, socket.AF_INET6)}


def page(address: str, wanted: str) -> dict[str, Any]:
    """As a browser that knows nothing of the box's certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(address, 8443, timeout=120, context=trusting)
    connection.request("GET", "/", headers={"Host": f"{wanted}:8443"})
    status = connection.getresponse().status
    return {"status": status, "certificate": ssl.get_server_certificate((address, 8443), timeout=120)}


def ports(address: str) -> list[int]:
    """All at once, since a port that is dropped answers nothing."""
    asked = {}
    for port in _PORTS:
        asked[port] = socket.socket()
        asked[port].setblocking(False)
        with contextlib.suppress(BlockingIOError):
            asked[port].connect((address, port))
    time.sleep(20)
    return [port for port, line in asked.items() if _is_connected(line)]


def _is_connected(line: socket.socket) -> bool:
    try:
        line.getpeername()
    except OSError:
        return False
    return True


def _resolved(wanted: str, family: socket.AddressFamily) -> list[str]:
    group = _GROUPS[family]
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind(("", _MDNS))
        cable = socket.if_nametoindex(_CABLE)
        packed = socket.inet_pton(family, group)
        if family == socket.AF_INET:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", cable))
            line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            struct.pack("4s4si", packed, b"", cable))
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        else:
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, cable)
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, struct.pack("16sI", packed, cable))
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        for _ in range(_TRIES):
            line.sendto(_question(wanted, _RECORDS[family]), (group, _MDNS))
            found = _heard(line, wanted, family)
            if found:
                return found
    return []


def _heard(line: socket.socket, wanted: str, family: socket.AddressFamily) -> list[str]:
    end_s = time.monotonic() + _TRY_S
    while (left_s := end_s - time.monotonic()) > 0:
        line.settimeout(left_s)
        try:
            message = line.recv(9000)
        except TimeoutError:
            break
        found = _addresses(message, wanted, family)
        if found:
            return found
    return []


def _question(wanted: str, record: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in wanted.split("."))
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", record, _IN)


def _addresses(message: bytes, wanted: str, family: socket.AddressFamily) -> list[str]:
    """Of the answers that are about `wanted`."""
    _, flags, questions, *records = struct.unpack_from(">6H", message)
    if not flags & 0x8000:
        return []
    at, found = _HEADER, []
    for _ in range(questions):
        at = _name(message, at)[1] + 4
    for _ in range(sum(records)):
        owner, at = _name(message, at)
        kind, _, _, size = struct.unpack_from(">HHIH", message, at)
        at += 10
        if kind == _RECORDS[family] and owner.lower() == wanted.lower():
            found.append(socket.inet_ntop(family, message[at:at + size]))
        at += size
    return found


def _name(message: bytes, at: int) -> tuple[str, int]:
    """A name, and where what follows it begins (RFC 1035, 4.1.4)."""
    labels, end = [], 0
    while size := message[at]:
        if size >= 0xC0:
            end = end or at + 2
            at = (size & 0x3F) << 8 | message[at + 1]
        else:
            labels.append(message[at + 1:at + 1 + size].decode())
            at += 1 + size
    return ".".join(labels), end or at + 1


_ASKED: dict[str, Callable[..., Any]] = {"name": name, "page": page, "ports": ports}

if __name__ == "__main__":
    print(json.dumps(_ASKED[sys.argv[1]](*sys.argv[2:])))
