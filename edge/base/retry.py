"""Something that may fail, logged once and tried again, later and later."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.base.backoff import Backoff
from edge.base.errors import EdgeError, RetryableError
from edge.base.values import NS_PER_S


class Retry:
    """One thing that is tried again. One thread; time is an argument, CLOCK_MONOTONIC in nanoseconds.

    Whoever must not wait asks `may_run` or `is_due` before `run`; whoever may, waits for `wait_s` after it.
    """

    def __init__(self, failing: str, working: str, log: logging.Logger, backoff: Backoff | None = None, *,
                 failures: tuple[type[EdgeError], ...] = (RetryableError,),
                 passing: tuple[type[EdgeError], ...] = ()) -> None:
        """`failing` and `working` are what the log gets at a change of state.

        Args:
            backoff: between attempts; 0.25 s to 5 s without one.
            failures: what is tried again; all else is raised.
            passing: of these, what is raised all the same.
        """
        self.error: EdgeError | None = None         # why it does not work now
        self.at_ns = 0                              # and when it is worth a try
        self._failing, self._working, self._log = failing, working, log
        self._backoff = backoff or Backoff(first_s=0.25, cap_s=5.0)
        self._failures, self._passing = failures, passing

    @property
    def fault(self) -> str:
        """Why it does not work now; "" while it does."""
        return "" if self.error is None else str(self.error)

    @property
    def attempts(self) -> int:
        """That failed, in a row."""
        return self._backoff.attempts

    def may_run(self, now_ns: int) -> bool:
        """Whether it works, or it is time to try again."""
        return self.error is None or now_ns >= self.at_ns

    def hasten(self) -> None:
        """There is a reason to think that it works again: the next try need not wait."""
        self.at_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Whether it failed and it is time to try again."""
        return self.error is not None and now_ns >= self.at_ns

    def wait_s(self, now_ns: int) -> float:
        """Seconds until it is worth a try; 0 while it works."""
        return max(0.0, (self.at_ns - now_ns) / NS_PER_S) if self.error is not None else 0.0

    def run(self, action: Callable[[], object], now_ns: int) -> bool:
        """Whether it worked; one log line per change of state."""
        try:
            action()
        except self._failures as exc:
            if isinstance(exc, self._passing):
                raise
            wait_s = self._backoff.next_s()
            if self.error is None:
                self._log.error("%s: error=\"%s\" retry_in_s=%.1f", self._failing, exc, wait_s)
            self.error, self.at_ns = exc, now_ns + round(wait_s * NS_PER_S)
            return False
        if self.error is not None:
            self._log.info("%s: attempts=%d", self._working, self._backoff.attempts)
            self.error = None
            self._backoff.reset()
        return True
