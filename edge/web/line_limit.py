"""A log that strangers can provoke stays short: what is too much is counted, and said with the next line."""

from __future__ import annotations

import logging
import time
from threading import Lock

from edge.base.limiter import Limiter

_BURST, _EVERY_S = 10, 6.0     # so at most 20 lines in any minute


class LineLimit(logging.Filter):
    """Bounds the lines that one logger writes. Any thread."""

    def __init__(self) -> None:
        super().__init__()
        self._limiter, self._lock, self._left_out = Limiter(_BURST, _EVERY_S), Lock(), 0

    @classmethod
    def once_on(cls, logger: logging.Logger) -> None:
        """Add a limit to `logger`, unless it has one."""
        if not any(isinstance(each, cls) for each in logger.filters):
            logger.addFilter(cls())

    def filter(self, record: logging.LogRecord) -> bool:
        now_ns = time.monotonic_ns()
        with self._lock:
            if self._limiter.wait_s("", now_ns):
                self._left_out += 1
                return False
            self._limiter.count("", now_ns)
            left_out, self._left_out = self._left_out, 0
        if left_out:
            record.msg, record.args = f"{record.getMessage()} (and {left_out} lines before it left out)", ()
        return True
