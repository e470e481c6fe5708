"""The roster where the config has it, with those whom the ward's bundle invites."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from edge.base import clock
from edge.base.clock import Stamp
from edge.base.errors import FatalError
from edge.bundle.invites import read_invites
from edge.config.folders import made_state_folder, runtime_folder, state_folder
from edge.config.model import EdgeSettings
from edge.ipc.channels import Program
from edge.members import working_copy
from edge.members.codes import Cost
from edge.members.roster import Roster
from edge.members.values import Expected

log = logging.getLogger("state")

_FILE = "members.db"


def open_roster(settings: EdgeSettings) -> Roster:
    """Open the members in guard's folder. Raises as `Roster.open`."""
    return Roster.open(made_state_folder(settings, Program.GUARD) / _FILE)


def open_guards_roster(settings: EdgeSettings) -> Roster:
    """Open the roster as `open_roster` does, with those taken in whom the ward's bundle invites, and with
    what a copy has gone on with while the card could not be written.

    For guard alone, whose user writes the roster. Raises as `Roster.open`, `Roster.expect`.
    """
    roster = open_roster(settings)
    with contextlib.ExitStack() as undo:
        undo.callback(roster.close)
        take_copy_back(roster, _copy_folder(settings) / _FILE)
        expected = _invited(settings)
        for invite in () if expected is None else roster.expect(expected):
            log.info("invited by the bundle: invite=%s role=%s", invite.id, invite.role)
        undo.pop_all()
    return roster


def open_roster_copy(settings: EdgeSettings) -> Roster:
    """Open the copy in memory with which guard goes on while the card cannot be written.

    Raises as `working_copy.prepare`, `Roster.open`.
    """
    return copied(state_folder(settings, Program.GUARD) / _FILE, _copy_folder(settings))


def copied(path: Path, folder: Path, now: Callable[[], Stamp] = clock.now,
           cost: Cost | None = None) -> Roster:
    """The copy in `folder` of the roster at `path`, open; raises as `open_roster_copy`."""
    return Roster.open(working_copy.prepare(path, folder), now, cost, is_copy=True)


def take_copy_back(roster: Roster, copy: Path, now: Callable[[], Stamp] = clock.now) -> None:
    """Let `roster` adopt the copy at `copy`, where there is one, which then is no more."""
    if not copy.exists():
        return
    try:
        with contextlib.closing(Roster.open(copy, now, is_copy=True)) as lent:
            if not roster.take_back(lent):
                log.error("copy of the members left out: error=\"the card has changed since it was made\"")
    except FatalError as exc:
        log.error("copy of the members left out: error=\"%s\"", exc)
    working_copy.remove(copy.parent)


def _copy_folder(settings: EdgeSettings) -> Path:
    return runtime_folder(settings, Program.GUARD) / working_copy.FOLDER


def _invited(settings: EdgeSettings) -> tuple[Expected, ...] | None:
    """None where the config names no list, or one that cannot be used: that costs the page nothing."""
    path = settings.members.invites_file
    try:
        return None if path is None else read_invites(path)
    except FatalError as exc:
        log.error("nobody is invited by the bundle: error=\"%s\"", exc)
        return None
