"""What a test does to logging ends with the test: programs set up the whole process' logging."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def own_logging() -> Iterator[None]:
    """Put root's handlers and level and the name of warnings back as they were.

    A handler that is left behind writes to a stream that pytest has closed, and fails in the next test.
    """
    root = logging.getLogger()
    handlers, level, warning = list(root.handlers), root.level, logging.getLevelName(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.addLevelName(logging.WARNING, warning)
