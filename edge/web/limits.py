"""How often somebody may do something: one limiter, the generic cell rate algorithm. Pure: time comes in.

A key has `burst` tries at once; each comes back after `every_s`. What is kept of a key is one number, when it
has all its tries again, and of the keys the thousand that were heard last.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from edge.base.values import NS_PER_S
from edge.web.addresses import source_of

_MAX_KEYS = 1000


class Limiter:
    """Tries by key. Not thread-safe: one event loop's own."""

    def __init__(self, burst: int, every_s: float) -> None:
        self._step_ns = round(every_s * NS_PER_S)
        self._most_ns = burst * self._step_ns
        self._full_at_ns: OrderedDict[str, int] = OrderedDict()

    def wait_s(self, key: str, mono_ns: int) -> float:
        """Seconds until `key` may try; 0 where it may now."""
        owed_ns = max(self._full_at_ns.get(key, 0) - mono_ns, 0) + self._step_ns
        return max(0, owed_ns - self._most_ns) / NS_PER_S

    def count(self, key: str, mono_ns: int) -> None:
        """A try of `key`, whether it was free to or not."""
        self._full_at_ns[key] = max(self._full_at_ns.pop(key, 0), mono_ns) + self._step_ns
        while len(self._full_at_ns) > _MAX_KEYS:
            self._full_at_ns.popitem(last=False)

    def forget(self, key: str) -> None:
        """`key` has all its tries again."""
        self._full_at_ns.pop(key, None)

    def __len__(self) -> int:
        """Keys that are kept."""
        return len(self._full_at_ns)


class Allowance:
    """Tries of strangers: a limit for each household and one for all together. Not thread-safe."""

    def __init__(self, burst: int, per_minute: float, burst_all: int, per_minute_all: float) -> None:
        self._each, self._all = Limiter(burst, 60 / per_minute), Limiter(burst_all, 60 / per_minute_all)

    def take(self, address: str, mono_ns: int) -> bool:
        """Whether `address` may try now; counts it if so."""
        source = source_of(address)
        if self._each.wait_s(source, mono_ns) or self._all.wait_s("", mono_ns):
            return False
        self._each.count(source, mono_ns)
        self._all.count("", mono_ns)
        return True


class Pace:
    """Something that is done at most once in `every_s`, whoever asks. Any thread."""

    def __init__(self, every_s: float) -> None:
        self._limiter, self._lock = Limiter(1, every_s), Lock()

    def take(self, mono_s: float) -> float:
        """0 where it may be done now, which counts; else the seconds until then."""
        mono_ns = round(mono_s * NS_PER_S)
        with self._lock:
            wait_s = self._limiter.wait_s("", mono_ns)
            if not wait_s:
                self._limiter.count("", mono_ns)
            return wait_s
