"""How often strangers may try something. Pure: time comes in."""

from __future__ import annotations

from edge.base.limiter import Limiter
from edge.web.addresses import source_of


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
