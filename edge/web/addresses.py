"""Hosts and addresses as a server sees them: texts, from headers and sockets. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")


def is_address(host: str) -> bool:
    """Whether it is an IPv4 or IPv6 address, without brackets: no name that a stranger can have chosen."""
    return _parsed(host) is not None


def is_loopback(host: str) -> bool:
    """Whether it is an address of this machine alone; a name never is."""
    found = _parsed(host)
    return found is not None and found.is_loopback


def host_of(header: str) -> str:
    """The Host header without its port, brackets and case; "" where it is no host."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def source_of(address: str) -> str:
    """Whom limits count as one: an address, but of a public IPv6 address its /64 network, a household's.

    On the network that we hang in ourselves all have the same /64, and each telephone is its own.

    >>> source_of("2001:db8::7"), source_of("::ffff:192.168.1.5"), source_of("fe80::1%eth0")
    ('2001:db8::/64', '192.168.1.5', 'fe80::1')
    """
    found = _parsed(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        if not (found.is_link_local or found.is_loopback or found in _UNIQUE_LOCAL):
            return str(ipaddress.ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
