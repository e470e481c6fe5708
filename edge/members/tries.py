"""How wrong codes slow down and lock: one ladder a member, one bucket a box. Pure.

A try is counted as wrong before it is looked at, and given back when it was right. So neither parallel
tries nor pulling the plug between them buys one that is not counted.

    wrong in a row      1   2   3    4     5 to 14       15
    then wait           -   -   5 s  10 s  5 min each    until a leader, technician or the tool unlocks

So whoever holds a member's phone has 15 guesses at the code, in 50 minutes. The bucket of the box holds 20
wrong codes and forgets one in 30 s, so that many accounts are no quicker than one. The least that Decision
724/QD-BTTTT wants is 5 failures, then 5 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.members.timing import Wait

LOCK_AT = 5                        # wrong ones in a row: from here on, a long wait after each
LOCK_S = 300.0
LOCK_FOR_GOOD_AT = 15
BUCKET = 20                        # wrong codes of all members together
BUCKET_STEP_S = 30.0

_NO_WAIT = Wait()
_SHORT_S = {3: 5.0, 4: 10.0}


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong codes of one member, in a row, and the wait that they cost."""

    failures: int = 0              # in a row
    wait: Wait = _NO_WAIT

    @property
    def locked_for_good(self) -> bool:
        return self.failures >= LOCK_FOR_GOOD_AT

    @property
    def left(self) -> int:
        """Wrong ones before the next long lock; 0 while every one locks."""
        return max(0, LOCK_AT - self.failures)

    def wait_s(self, now: Stamp) -> float | None:
        """Seconds until the next try; None: until somebody unlocks."""
        return None if self.locked_for_good else self.wait.left_s(now)

    def counted(self, now: Stamp) -> Tries:
        """The tries with one wrong code more."""
        failures = self.failures + 1
        return Tries(failures, Wait.until(_wait_after_s(failures), now))

    def without(self, reserved: Tries) -> Tries:
        """The tries once the one that made `reserved` of them was right: only what came after it remains."""
        failures = max(0, self.failures - reserved.failures)
        if failures == 0:
            return Tries()
        limit_ns = round(_wait_after_s(failures) * NS_PER_S)
        return Tries(failures, Wait(min(self.wait.ns, limit_ns), self.wait.mono_ns, self.wait.boot_id))


def _wait_after_s(failures: int) -> float:
    return LOCK_S if failures >= LOCK_AT else _SHORT_S.get(failures, 0.0)


def bucket_wait_s(debt: Wait, now: Stamp) -> float:
    """Seconds until the box takes another code, by what it owes. The generic cell rate algorithm."""
    return max(0.0, debt.left_s(now) - (BUCKET - 1) * BUCKET_STEP_S)


def bucket_counted(debt: Wait, now: Stamp) -> Wait:
    return Wait.until(debt.left_s(now) + BUCKET_STEP_S, now)


def bucket_without(debt: Wait, now: Stamp) -> Wait:
    """What the box owes after one code that was counted turned out right."""
    return Wait.until(max(0.0, debt.left_s(now) - BUCKET_STEP_S), now)
