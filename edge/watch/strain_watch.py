"""How hot the board is and how well it is fed, asked now and then, and what is given up for that."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping

from edge.health.power import BoardStrain
from edge.watch.relief import Relief, ReliefGovernor

log = logging.getLogger("watch")

_EVERY_S = 5.0


class StrainWatch:
    """Asks the board every five seconds and says when another step of relief is due. One thread."""

    def __init__(self, strain: Callable[[], BoardStrain], now_s: float) -> None:
        """`strain` reads the board; `now_s` is CLOCK_MONOTONIC."""
        self._strain, self._looked_s = strain, now_s
        self._governor = ReliefGovernor()
        self._lasted_s = Counter[str]()

    @property
    def counts(self) -> Mapping[str, int]:
        """For how many seconds each step has been in force, as `relief_s.STEP`."""
        return self._lasted_s

    def look(self, now_s: float) -> Relief | None:
        """The step that is in force from now on; None where it is the one before, or nobody was asked."""
        past_s = now_s - self._looked_s
        if past_s < _EVERY_S:
            return None
        governor, self._looked_s = self._governor, now_s
        if governor.relief:
            self._lasted_s[f"relief_s.{governor.relief.name.lower()}"] += round(past_s)
        strain = self._strain()
        if not governor.look(strain, now_s):
            return None
        log.warning("relief changed: step=%s celsius=%s undervolted=%s slowed=%s",
                    governor.relief.name.lower(), strain.temperature_c, strain.undervolted, strain.slowed)
        return governor.relief
