"""The ward's files, there whole or not at all, with faults told in the technician's language."""

from __future__ import annotations

import os
from pathlib import Path

from edge.base import durable
from provisioning.errors import WordedError


def write_new(path: Path, content: bytes | str, mode: int) -> None:
    """Write a file where nothing of that name is. Raises FatalError."""
    try:
        durable.write_new(path, _raw(content), mode)
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(path), why=exc) from exc


def replace(path: Path, content: bytes | str, mode: int) -> None:
    """Put a file in place of what is there. Written by root, it belongs to whom the folder belongs to.

    Raises FatalError; then the old file is still there.
    """
    try:
        folder = path.parent.stat()
        durable.write(path, _raw(content), mode, owner=(folder.st_uid, folder.st_gid))
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(path), why=exc) from exc


def _raw(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
