"""The names and addresses under which phones reach this box. Reads the kernel's tables, asks no network."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

_SIOCGIFADDR = 0x8915
_IF_INET6 = Path("/proc/net/if_inet6")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def own_names(configured: Iterable[str]) -> tuple[str, ...]:
    """`configured`, or the host's name with and without .local where it is empty; then this machine's own
    addresses, those of the local network before those of the machine alone. Without doubles, in order.

    IPv6 addresses are among them only where there is neither a configured name nor an IPv4 address: providers
    change their prefix every day, no phone is told of them, and each new one would cost a new certificate.
    """
    host, asked = socket.gethostname().split(".")[0].lower(), tuple(configured)
    given, numbers = asked or (f"{host}.local", host), _addresses4()
    if not asked and not numbers:
        numbers = _addresses6()
    return tuple(dict.fromkeys((*given, *numbers, *_LOCAL)))


def _addresses4() -> list[str]:
    """The first address of each interface: SIOCGIFADDR, netdevice(7)."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:                 # no address yet
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return [address for address in found if not ipaddress.ip_address(address).is_loopback]


def _addresses6() -> list[str]:
    """Global and unique local ones: a browser cannot use a link-local one."""
    try:
        lines = _IF_INET6.read_text().splitlines()
    except OSError:                         # no IPv6
        return []
    found = [ipaddress.IPv6Address(int(line.split()[0], 16)) for line in lines]
    return [str(address) for address in found if not (address.is_loopback or address.is_link_local)]
