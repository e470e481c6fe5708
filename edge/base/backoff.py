"""How long to wait before trying again: exponential, capped, with jitter.

Jitter keeps a hundred boxes from knocking on a broker in step after a power cut.
"""

from __future__ import annotations

import random


class Backoff:
    """Delays for one thing that is retried. Not thread-safe."""

    def __init__(self, first_s: float = 1.0, cap_s: float = 60.0, rng: random.Random | None = None) -> None:
        self._first_s, self._cap_s = first_s, cap_s
        self._rng = rng or random.Random()
        self.attempts = 0

    def next_s(self) -> float:
        """The delay before the next attempt: doubles from `first_s` to `cap_s`, minus up to a half.

        Source: "equal jitter" in Brooker, "Exponential Backoff and Jitter" (AWS, 2015).
        """
        ceiling = min(self._cap_s, self._first_s * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        return ceiling / 2 + self._rng.uniform(0, ceiling / 2)

    def reset(self) -> None:
        """It worked: start from `first_s` again."""
        self.attempts = 0
