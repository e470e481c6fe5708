"""How often something may be done: one limiter, the generic cell rate algorithm. Pure: time comes in.

A key has `burst` tries at once; each comes back after `every_s`. What is kept of a key is one number, when it
has all its tries again, and of the keys the thousand that were heard last.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from edge.base.values import NS_PER_S

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


class Flow:
    """What all who ask may do together: `burst` at once, each comes back after `every_s`. Any thread."""

    def __init__(self, burst: int, every_s: float) -> None:
        self._limiter, self._lock = Limiter(burst, every_s), Lock()

    def wait_s(self, mono_s: float) -> float:
        """Count one in any case; return how long the caller has to wait before it goes on."""
        mono_ns = round(mono_s * NS_PER_S)
        with self._lock:
            wait_s = self._limiter.wait_s("", mono_ns)
            self._limiter.count("", mono_ns)
            return wait_s

    def take(self, mono_s: float) -> float:
        """0 where it may be done now, which counts; else the seconds until then."""
        mono_ns = round(mono_s * NS_PER_S)
        with self._lock:
            wait_s = self._limiter.wait_s("", mono_ns)
            if not wait_s:
                self._limiter.count("", mono_ns)
            return wait_s
