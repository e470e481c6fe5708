"""How often strangers may try, and keepers may have done. Pure: time comes in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from threading import Lock

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


class Pace:
    """Something that is done at most once in `every_s`, whoever asks. Any thread."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._next_s, self._lock = every_s, 0.0, Lock()

    def take(self, mono_s: float) -> float:
        """0 where it may be done now, which counts; else the seconds until then."""
        with self._lock:
            if mono_s < self._next_s:
                return self._next_s - mono_s
            self._next_s = mono_s + self._every_s
            return 0.0


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
