"""Every name in the roster and its log, for whoever must keep them out of a text. Reads only."""

from __future__ import annotations

import contextlib
from pathlib import Path

from edge.base import sqlite
from edge.base.errors import RetryableError

_QUERIES = ("SELECT name FROM member", "SELECT label FROM phone", "SELECT name FROM invite",
            "SELECT by_name FROM invite", "SELECT name FROM act", "SELECT subject FROM act")


def all_names(path: Path) -> frozenset[str]:
    """The names of members, phones and invites, now and before; none where there is no roster at `path`.

    Raises:
        RetryableError: they cannot be read, not by this user or not at all.
    """
    try:
        if not path.exists():
            return frozenset()
        with contextlib.closing(sqlite.look(path)) as db:
            rows = [row for query in _QUERIES for row in db.execute(query)]
    except (sqlite.Error, OSError) as exc:
        raise RetryableError(f"{path}: cannot be read: {exc}; run as root") from exc
    return frozenset(name for (name,) in rows if name.strip())
