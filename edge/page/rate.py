"""How often strangers may try. Pure: time comes in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from edge.base.values import NS_PER_S

_MAX_KEPT = 1000


class Allowance:
    """A token bucket for each address and one for all together. Not thread-safe: one event loop's own."""

    def __init__(self, burst: int, per_minute: float, burst_all: int, per_minute_all: float) -> None:
        self._burst, self._step_ns = burst, 60 * NS_PER_S / per_minute
        self._burst_all, self._step_all_ns = burst_all, 60 * NS_PER_S / per_minute_all
        self._full_at_ns: OrderedDict[str, float] = OrderedDict()    # when an address's bucket is full again
        self._all_full_at_ns = 0.0

    def take(self, address: str, mono_ns: int) -> bool:
        """Whether `address` may try now; counts it if so."""
        source = _source(address)
        mine = max(self._full_at_ns.get(source, 0.0), mono_ns) + self._step_ns
        everybodys = max(self._all_full_at_ns, mono_ns) + self._step_all_ns
        if mine - mono_ns > self._burst * self._step_ns:
            return False
        if everybodys - mono_ns > self._burst_all * self._step_all_ns:
            return False
        self._full_at_ns[source], self._all_full_at_ns = mine, everybodys
        self._full_at_ns.move_to_end(source)
        while len(self._full_at_ns) > _MAX_KEPT:
            self._full_at_ns.popitem(last=False)
        return True


def _source(address: str) -> str:
    """One household's: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
