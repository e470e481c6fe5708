"""What a file of the store says of itself: whose it is, and how its lane stands with the broker."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from edge.base.sqlite import Connection
from ward.store.database import StoreError
from ward.store.intake import ms_of


def belongs_to(db: Connection, path: Path, ward: str) -> None:
    """Write the ward down in a new file. Raises StoreError: it is another's."""
    db.execute("INSERT OR IGNORE INTO meta VALUES ('ward', ?)", (ward,))
    found = db.execute("SELECT value FROM meta WHERE name = 'ward'").fetchone()[0]
    if found != ward:
        raise StoreError(f"{path}: keeps the events of ward {found!r}, asked for {ward!r}; "
                         "name another folder with --data")


def link_text(state: str, since: datetime, detail: str, now: datetime) -> str:
    """How a lane stands with its broker, as `rows.ReceiverLink` reads it."""
    return json.dumps({"state": state, "since_ms": ms_of(since), "detail": detail, "beat_ms": ms_of(now)})
