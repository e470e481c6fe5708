"""Folders that the config names."""

from __future__ import annotations

import os
from pathlib import Path

from edge.base.errors import FatalError
from edge.config.model import EdgeSettings


def made_state_folder(settings: EdgeSettings) -> Path:
    """Return `box.state_dir`, made where there was none. Raises FatalError: it cannot be made."""
    folder = settings.box.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FatalError(f"box.state_dir {folder}: cannot make this folder: {exc.strerror}; "
                         "name one that this user may write", os.EX_CANTCREAT) from exc
    return folder
