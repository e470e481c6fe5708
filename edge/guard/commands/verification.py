"""Whether a command of the ward is obeyed, and what it asks of the alarm. Pure: time comes in.

Checked in this order, and the first that fails is the answer: size, JSON, retained, signature, form, box,
boot, name, times, repetition. What no known key has signed is read no further than its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError

from edge.base.limits import COMMAND_MAX_BYTES, COMMAND_MAX_LIFE_S
from edge.contract.command import Command, CommandName, CommandRefusal, is_cmd_id
from edge.contract.messages import AlarmCause, AlarmMode
from edge.contract.signing import ALG, VerifyKey, is_signed_by, unambiguous_object
from edge.contract.topics import Root
from edge.ipc.panel import Actor, Arm, Cancel, Raise, Request, SelfTest

SKEW_S = 5.0            # two clocks that a time server keeps differ by less


@dataclass(frozen=True, slots=True)
class CommandArrival:
    """One message to `cmd/{name}`."""

    name: str              # the last part of its topic
    payload: bytes         # at most one byte more than a command may have
    retained: bool


@dataclass(frozen=True, slots=True)
class CommandScope:
    """Whom a command must be meant for, and whom this box believes."""

    root: Root
    boot_id: str
    keys: Mapping[str, VerifyKey]       # by kid


class ObeyedCommands(Protocol):
    """Which commands were obeyed in this boot."""

    def knows(self, command: Command) -> bool: ...


@dataclass(frozen=True, slots=True)
class RefusedCommand:
    """It is not obeyed, and what is known of it."""

    reason: CommandRefusal
    cmd_id: str | None = None      # where one could be read, whoever wrote it
    issuer: str | None = None      # only where the signature held


def judge(arrival: CommandArrival, identity: CommandScope, now_utc: datetime,
          memory: ObeyedCommands) -> Command | RefusedCommand:
    """The command, where it is to be obeyed; by the box's own clock. Raises nothing, whatever arrives."""
    if len(arrival.payload) > COMMAND_MAX_BYTES:
        return RefusedCommand(CommandRefusal.OVERSIZED)
    document = _flat_object(arrival.payload)
    if document is None:
        return RefusedCommand(CommandRefusal.MALFORMED)
    cmd_id = _cmd_id(document)
    if arrival.retained:
        return RefusedCommand(CommandRefusal.RETAINED, cmd_id)
    forged = _not_signed(document, identity.keys)
    if forged is not None:
        return RefusedCommand(forged, cmd_id)
    try:
        command = Command.model_validate(document)
    except ValidationError:
        return RefusedCommand(CommandRefusal.MALFORMED, cmd_id)
    refusal = _not_ours(command, arrival.name, identity) or _not_now(command, now_utc)
    if refusal is None and memory.knows(command):
        refusal = CommandRefusal.REPEATED
    return command if refusal is None else RefusedCommand(refusal, cmd_id, command.issuer)


def request_of(command: Command) -> Request:
    """What an accepted command asks of the panel, which has limits of its own."""
    actor = Actor(AlarmCause.WARD, command.issuer)
    match command.name:
        case CommandName.SIREN:
            return Raise(actor, AlarmMode.SIREN, command.duration_s, request_id=command.cmd_id)
        case CommandName.LIGHT:
            return Raise(actor, AlarmMode.LIGHT, command.duration_s, request_id=command.cmd_id)
        case CommandName.SILENCE:
            return Cancel(actor)
        case CommandName.ARM | CommandName.DISARM:
            return Arm(actor, armed=command.name is CommandName.ARM)
        case CommandName.SELFTEST:
            return SelfTest(actor, with_siren=bool(command.with_siren))
        case CommandName.NOT_THAT:
            raise AssertionError("notthat asks nothing of the alarm: see lessons.py")


def _not_signed(document: Mapping[str, object],
                keys: Mapping[str, VerifyKey]) -> CommandRefusal | None:
    if not keys:
        return CommandRefusal.NO_KEYS
    if "sig" not in document or document.get("alg") != ALG:
        return CommandRefusal.BAD_SIGNATURE
    kid = document.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        return CommandRefusal.UNKNOWN_KEY
    return None if is_signed_by(document, key) else CommandRefusal.BAD_SIGNATURE


def _not_ours(command: Command, name: str, identity: CommandScope) -> CommandRefusal | None:
    if command.box != identity.root.path:
        return CommandRefusal.OTHER_BOX
    if command.boot_id != identity.boot_id:
        return CommandRefusal.OTHER_BOOT
    return None if command.name.value == name else CommandRefusal.OTHER_NAME


def _not_now(command: Command, now_utc: datetime) -> CommandRefusal | None:
    if command.expires - command.issued > timedelta(seconds=COMMAND_MAX_LIFE_S):
        return CommandRefusal.TOO_LONG_LIVED
    if command.issued > now_utc + timedelta(seconds=SKEW_S):
        return CommandRefusal.NOT_YET
    return CommandRefusal.EXPIRED if command.expires <= now_utc else None


def _cmd_id(document: Mapping[str, object]) -> str | None:
    found = document.get("cmd_id")
    return found if isinstance(found, str) and is_cmd_id(found) else None


def _flat_object(payload: bytes) -> dict[str, object] | None:
    """One JSON object of plain values; None for anything else."""
    document = unambiguous_object(payload)
    if document is None or any(isinstance(value, dict | list) for value in document.values()):
        return None
    return document
