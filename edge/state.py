"""The box's folder of lasting state, shared by watch and guard."""

from __future__ import annotations

import os

from edge.config.model import EdgeSettings
from edge.errors import FatalError
from edge.journal.store import Journal


def open_journal(settings: EdgeSettings) -> Journal:
    """Open the journal in `box.state_dir`, making the folder where there is none.

    Raises:
        FatalError: the folder cannot be made, or as `Journal.open`.
        RetryableError: as `Journal.open`.
    """
    folder = settings.box.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FatalError(f"box.state_dir {folder}: cannot make this folder: {exc.strerror}; "
                         "name one that this user may write", os.EX_CANTCREAT) from exc
    return Journal.open(folder / "journal.db", settings.journal.max_bytes)
