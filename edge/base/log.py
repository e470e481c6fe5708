"""One line per change of state: `LEVEL thread event: key=value ...`. The journal adds the time."""

from __future__ import annotations

import logging
import sys

from edge.base import journald

_LINE = "%(levelname)-5s %(threadName)s  %(message)s"


def set_up(verbose: bool = False) -> None:
    """Log to systemd's journal where it reads our standard error, else there, with a time stamp."""
    logging.addLevelName(logging.WARNING, "WARN")
    to_journal = journald.handler()
    logging.basicConfig(
        handlers=[to_journal or logging.StreamHandler(sys.stderr)], force=True, datefmt="%H:%M:%S",
        level=logging.DEBUG if verbose else logging.INFO,
        format=_LINE if to_journal else f"%(asctime)s {_LINE}")
