"""A store of an older version becomes one of this: in one transaction, so that a crash leaves the old one."""

from __future__ import annotations

import logging
from pathlib import Path

from edge.base import sqlite
from edge.base.sqlite import Connection, Schema, transaction

log = logging.getLogger("store")

_OLDEST = 2


def migrate(db: Connection, schema: Schema, path: Path) -> None:
    """Bring the database at `path` to `schema`, where it is of a version from which we know the way."""
    if not _is_older(db, schema):
        return
    with transaction(db):
        if _is_older(db, schema):           # else somebody else was quicker
            schema.lay_missing(db)
            db.execute(f"PRAGMA user_version = {schema.version}")
            log.info("store brought to a newer version: path=%s schema=%d", path, schema.version)


def _is_older(db: Connection, schema: Schema) -> bool:
    return schema.is_ours(db) and _OLDEST <= sqlite.version(db) < schema.version
