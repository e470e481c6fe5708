"""Log lines as entries of systemd's journal: each `key=value` of a line is a field besides.

So `journalctl EDGEBOX_CAMERA=gate` shows all that was ever said of one camera. The other fields (PRIORITY,
LOGGER, THREAD_NAME, CODE_FILE ...) are those of systemd.journal-fields(7), set by systemd-python.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import sys
from collections.abc import Iterator

PREFIX = "EDGEBOX_"

# One conversion of a format string, with the key before it if there is one: name=%s, error="%s".
_CONVERSION = re.compile(r'(?:\b(?P<key>[a-z][a-z0-9_]*)="?)?(?P<how>%[-#0 +]*[0-9]*(?:\.[0-9]+)?[a-zA-Z%])')


def handler() -> logging.Handler | None:
    """A handler for the root logger; None where standard error goes elsewhere, or without systemd-python."""
    if not _goes_to_journal():
        return None
    try:
        journal = importlib.import_module("systemd.journal")
    except ImportError:
        return None
    made: logging.Handler = journal.JournalHandler(SYSLOG_IDENTIFIER="edgebox")
    made.addFilter(_add_fields)
    return made


def fields(template: str, args: object) -> Iterator[tuple[str, str]]:
    """The fields of one log call, as `logging` has its format string and arguments.

    "camera lost: camera=%s attempt=%d" with ("gate", 2) gives EDGEBOX_CAMERA=gate and EDGEBOX_ATTEMPT=2.
    """
    if not isinstance(args, tuple):
        return
    values = iter(args)
    for found in _CONVERSION.finditer(template):
        if found["how"].endswith("%"):
            continue
        value = next(values, None)
        if found["key"]:
            yield PREFIX + found["key"].upper(), found["how"] % (value,)


def _add_fields(record: logging.LogRecord) -> bool:
    """A filter, since systemd-python sends whatever a record bears."""
    record.__dict__.update(fields(str(record.msg), record.args))
    return True


def _goes_to_journal() -> bool:
    """Whether systemd's journal reads our standard error: JOURNAL_STREAM names its device:inode
    (systemd.exec(5)).
    """
    stream = os.environ.get("JOURNAL_STREAM")
    if stream is None:
        return False
    found = os.fstat(sys.stderr.fileno())
    return stream == f"{found.st_dev}:{found.st_ino}"
