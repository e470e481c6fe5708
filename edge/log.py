"""One line per change of state: `LEVEL thread event: key=value ...`. Journald adds the time."""

from __future__ import annotations

import logging
import os
import sys


def set_up(verbose: bool = False) -> None:
    """Log to standard error; with a time stamp only where journald does not add its own."""
    stamp = "" if os.environ.get("JOURNAL_STREAM") else "%(asctime)s "
    logging.basicConfig(
        stream=sys.stderr, level=logging.DEBUG if verbose else logging.INFO, force=True,
        format=f"{stamp}%(levelname)-5s %(threadName)s  %(message)s", datefmt="%H:%M:%S")
    logging.addLevelName(logging.WARNING, "WARN")
