"""The box's folder of lasting state, shared by watch, guard and the tools."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config.model import EdgeSettings
from edge.errors import FatalError
from edge.journal.store import Journal

if TYPE_CHECKING:
    from edge.members.roster import Roster
    from edge.members.values import Expected

log = logging.getLogger("state")


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


def open_guards_roster(settings: EdgeSettings) -> Roster:
    """As `open_roster`, with those taken in whom the ward's bundle invites.

    For guard alone, whose user writes the roster. Raises as `Roster.open`, `Roster.expect`.
    """
    roster = open_roster(settings)
    with contextlib.ExitStack() as undo:
        undo.callback(roster.close)
        expected = _invited(settings)
        for invite in () if expected is None else roster.expect(expected):
            log.info("invited by the bundle: invite=%s role=%s", invite.id, invite.role)
        undo.pop_all()
    return roster


def _invited(settings: EdgeSettings) -> tuple[Expected, ...] | None:
    """None where the config names no list, or one that cannot be used: that costs the page nothing."""
    from edge.bundle.invites import read_invites

    path = settings.members.invites_file
    try:
        return None if path is None else read_invites(path)
    except FatalError as exc:
        log.error("nobody is invited by the bundle: error=\"%s\"", exc)
        return None


def _folder(settings: EdgeSettings) -> Path:
    folder = settings.box.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FatalError(f"box.state_dir {folder}: cannot make this folder: {exc.strerror}; "
                         "name one that this user may write", os.EX_CANTCREAT) from exc
    return folder
