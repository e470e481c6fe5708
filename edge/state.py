"""The box's folder of lasting state, shared by watch, guard and the tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config.model import EdgeSettings
from edge.errors import FatalError
from edge.journal.store import Journal

if TYPE_CHECKING:
    from edge.members.roster import Roster


def open_journal(settings: EdgeSettings) -> Journal:
    """Open the journal in `box.state_dir`, making the folder where there is none.

    Raises:
        FatalError: the folder cannot be made, or as `Journal.open`.
        RetryableError: as `Journal.open`.
    """
    return Journal.open(_folder(settings) / "journal.db", settings.journal.max_bytes)


def open_roster(settings: EdgeSettings) -> Roster:
    """Open the members in `box.state_dir`, as `open_journal` does. Raises as `Roster.open`."""
    from edge.members.roster import Roster  # argon2 is not for watch

    return Roster.open(_folder(settings) / "members.db")


def _folder(settings: EdgeSettings) -> Path:
    folder = settings.box.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FatalError(f"box.state_dir {folder}: cannot make this folder: {exc.strerror}; "
                         "name one that this user may write", os.EX_CANTCREAT) from exc
    return folder
