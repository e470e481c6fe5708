"""What watch and uplink have to reach, as the config says it. Pure, but for `resolved`."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.config.model import EdgeSettings
from edge.config.source import NETWORK, kind_of

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_DNS_PORT = 53


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A host of the config and a port, for TCP."""

    host: str           # a name or an address
    port: int


@dataclass(frozen=True, slots=True)
class Reachable:
    """The addresses and ports that one program may connect to."""

    tcp: frozenset[tuple[Address, int]]
    udp: frozenset[tuple[Address, int]]
    unresolved: tuple[str, ...] = ()        # names that have no address now


def of_watch(settings: EdgeSettings) -> set[Endpoint]:
    """The cameras on the network; a redirect to another host leads nowhere."""
    sources = [source for camera in settings.cameras.values() for source in (camera.source, camera.evidence)
               if source is not None]
    parts = [urlsplit(source) for source in sources if kind_of(source) in NETWORK]
    asked = {Endpoint(urlsplit(camera.source).hostname or "", camera.onvif_port)
             for camera in settings.cameras.values() if camera.onvif_port is not None}
    return asked | {Endpoint(part.hostname or "", part.port or _PORTS[part.scheme.lower()]) for part in parts}


def of_uplink(settings: EdgeSettings) -> set[Endpoint]:
    """The ward's broker."""
    return {Endpoint(settings.mqtt.host, settings.mqtt.port)}


def reach_of(endpoints: Iterable[Endpoint], name_servers: Iterable[Address],
             resolve: Callable[[str], list[Address]]) -> Reachable:
    """The addresses of `endpoints`; with a name among them the name servers', too.

    `resolve` gives the addresses of a name, none where it has none now.
    """
    tcp: set[tuple[Address, int]] = set()
    unresolved, has_names = list[str](), False
    for endpoint in sorted(endpoints):
        if (literal := _literal(endpoint.host)) is not None:
            tcp.add((literal, endpoint.port))
            continue
        has_names = True
        addresses = resolve(endpoint.host)
        tcp |= {(address, endpoint.port) for address in addresses}
        unresolved += [] if addresses else [endpoint.host]
    asked = {(server, _DNS_PORT) for server in name_servers} if has_names else set()
    return Reachable(frozenset(tcp | asked), frozenset(asked), tuple(unresolved))


def name_servers(resolv_conf: Path) -> list[Address]:
    """The name servers that resolv.conf(5) lists; none where it cannot be read."""
    try:
        lines = resolv_conf.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    words = (line.split() for line in lines)
    found = (_literal(parts[1]) for parts in words
             if len(parts) > 1 and parts[0] == "nameserver")
    return [address for address in found if address is not None]


def resolved(name: str) -> list[Address]:
    """The addresses of `name` as this machine finds them now; none where it finds none."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = (_literal(str(info[4][0])) for info in found)
    return sorted({address for address in addresses if address is not None}, key=str)


def _literal(host: str) -> Address | None:
    """Without the interface of a link-local one: nft refuses all sets for an element that has it."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
