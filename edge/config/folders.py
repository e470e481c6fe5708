"""Folders that the config names. Each program writes one below each of them, its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.errors import FatalError

if TYPE_CHECKING:       # `edgebox alarm off` silences a siren: it waits for no model to be loaded
    from edge.config.model import EdgeSettings


def state_folder(settings: EdgeSettings, program: str) -> Path:
    """Where `program` ("guard", "uplink", "page") keeps what survives a power cut; may not be there yet."""
    return settings.box.state_dir / program


def runtime_folder(settings: EdgeSettings, program: str) -> Path:
    """Where `program` keeps what survives its own end, in memory; may not be there yet."""
    return settings.box.runtime_dir / program


def made_state_folder(settings: EdgeSettings, program: str = "") -> Path:
    """Return `state_folder`, or `box.state_dir` itself; made where there is none.

    Raises FatalError: it cannot be made.
    """
    return _made(state_folder(settings, program), "box.state_dir")


def made_runtime_folder(settings: EdgeSettings, program: str) -> Path:
    """Return `runtime_folder`, made where there is none. Raises FatalError: it cannot be made."""
    return _made(runtime_folder(settings, program), "box.runtime_dir")


def _made(folder: Path, key: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FatalError(f"{key} {folder}: cannot make this folder: {exc.strerror}; "
                         "name one that this user may write", os.EX_CANTCREAT) from exc
    return folder
