"""Something of the alarm that may fail, told once and tried again, later and later."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.gpio.pins import PinsError

log = logging.getLogger("alarm")


class Retry:
    """One thread. Time is an argument."""

    def __init__(self, what: str) -> None:
        self.error: RetryableError | PinsError | None = None    # why it does not work now
        self.at_ns = 0                                          # and when it is worth a try
        self._what, self._backoff = what, Backoff(first_s=0.25, cap_s=5.0)

    @property
    def fault(self) -> str:
        """Why it does not work now; "" while it does."""
        return "" if self.error is None else str(self.error)

    def may_run(self, now_ns: int) -> bool:
        """Whether it works, or it is time to try again."""
        return not self.fault or now_ns >= self.at_ns

    def is_due(self, now_ns: int) -> bool:
        """Whether it failed and it is time to try again."""
        return bool(self.fault) and now_ns >= self.at_ns

    def run(self, action: Callable[[], None], now_ns: int) -> bool:
        """Whether it worked; one log line per change of state.

        Missing pins count as well: a box without them still calls the ward.
        """
        try:
            action()
        except (RetryableError, PinsError) as exc:
            if not self.fault:
                log.error("%s failing, tried again until it works: error=\"%s\"", self._what, exc)
            self.error, self.at_ns = exc, now_ns + round(self._backoff.next_s() * NS_PER_S)
            return False
        if self.fault:
            log.info("%s working again: attempts=%d", self._what, self._backoff.attempts)
        self.error = None
        self._backoff.reset()
        return True
