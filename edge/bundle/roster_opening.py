"""The roster where the config has it, with those whom the ward's bundle invites."""

from __future__ import annotations

import contextlib
import logging

from edge.base.errors import FatalError
from edge.bundle.invites import read_invites
from edge.config.folders import made_state_folder
from edge.config.model import EdgeSettings
from edge.ipc.channels import Program
from edge.members.roster import Roster
from edge.members.values import Expected

log = logging.getLogger("state")


def open_roster(settings: EdgeSettings) -> Roster:
    """Open the members in guard's folder. Raises as `Roster.open`."""
    return Roster.open(made_state_folder(settings, Program.GUARD) / "members.db")


def open_guards_roster(settings: EdgeSettings) -> Roster:
    """Open the roster as `open_roster` does, with those taken in whom the ward's bundle invites.

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
    path = settings.members.invites_file
    try:
        return None if path is None else read_invites(path)
    except FatalError as exc:
        log.error("nobody is invited by the bundle: error=\"%s\"", exc)
        return None
