"""How much of its life something has left: a certificate, a revocation list. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class LifeState(IntEnum):
    """How much of a certificate's life is over; also the exit code of `ward status`, as monitoring tools know
    it.
    """

    GOOD = 0
    DUE = 1             # two thirds of its life are over
    OVER = 2


@dataclass(frozen=True, slots=True)
class Expiry:
    begins: datetime
    ends: datetime

    def state(self, now: datetime) -> LifeState:
        """A life that has not begun is over as well: nobody accepts it."""
        if not self.begins <= now <= self.ends:
            return LifeState.OVER
        return LifeState.DUE if now - self.begins >= (self.ends - self.begins) * 2 / 3 else LifeState.GOOD
