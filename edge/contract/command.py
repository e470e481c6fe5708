"""What the ward orders a box to do, and the box's answer."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edge.base.limits import LIGHT_MAX_S
from edge.contract.lessons import LessonFields
from edge.contract.messages import Message

_RFC3339 = (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
            r"(Z|[+-][0-9]{2}:[0-9]{2})")
_CMD_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class CommandName(StrEnum):
    SIREN = "siren"
    LIGHT = "light"
    SILENCE = "silence"
    ARM = "arm"
    DISARM = "disarm"
    SELFTEST = "selftest"
    NOT_THAT = "notthat"       # what an event was about is none: not there again; or the undoing of that


def _moment(given: object) -> object:
    """Text as RFC 3339 has it, with its zone: pydantic alone would take a count of seconds as well."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("want a time with its zone")
    elif not isinstance(given, str) or not re.fullmatch(_RFC3339, given):
        raise ValueError("want a time such as 2026-03-01T08:00:00.000Z, with its zone")
    return given


def _one_line(text: str) -> str:
    """It is shown to people, at the place and in logs."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("want one line of printable text")
    return text


Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_moment)]


class Command(LessonFields):
    """What the ward sends to `cmd/{name}`, as it is, without an envelope.

    Strict: what is not known is refused, since it was signed and would have meant something. `sig` is Ed25519
    (RFC 8032) over the RFC 8785 canonical form of all the rest, base64 with padding; see signing.py.
    """

    cmd_id: Annotated[str, Field(pattern=f"^{_CMD_ID}$")]            # a UUID, never used again
    name: Annotated[CommandName, Field(strict=False)]
    box: Annotated[str, Field(min_length=1, max_length=200)]          # its root: edge/v1/{ward}/{group}/{box}
    boot_id: Annotated[str, Field(min_length=1, max_length=64)]       # of its latest birth
    issued: Moment
    expires: Moment                                                   # after `issued`, 300 s at most
    issuer: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]
    duration_s: Annotated[float, Field(gt=0, le=LIGHT_MAX_S)] | None = None      # of siren and light alone
    with_siren: bool | None = None                                    # of selftest alone: sound it, too
    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    alg: Literal["Ed25519"]
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]

    @model_validator(mode="after")
    def _fits(self) -> Command:
        if self.expires <= self.issued:
            raise ValueError("expires: want a time after issued")
        if self.duration_s is not None and self.name not in (CommandName.SIREN, CommandName.LIGHT):
            raise ValueError("duration_s: only siren and light have one")
        if self.with_siren is not None and self.name is not CommandName.SELFTEST:
            raise ValueError("with_siren: only selftest has it")
        if (self.teaches or self.undo is not None) is not (self.name is CommandName.NOT_THAT):
            raise ValueError("event_id, undo: notthat has one of them, and no other command")
        return self


def is_cmd_id(text: str) -> bool:
    return re.fullmatch(_CMD_ID, text) is not None


class CommandRefusal(StrEnum):
    """Why a command was not obeyed, where it was not the panel that refused."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"            # no flat JSON object, or not of the form
    RETAINED = "retained"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"    # unsigned, or not by that key
    OTHER_BOX = "other-box"
    OTHER_BOOT = "other-boot"
    OTHER_NAME = "other-name"          # sent to another topic than it was signed for
    EXPIRED = "expired"
    NOT_YET = "not-yet"                # issued in the future
    TOO_LONG_LIVED = "too-long-lived"
    REPEATED = "repeated"
    TOO_MANY = "too-many"
    NO_KEYS = "no-keys"                # this box obeys nobody: its config names no ward key
    UNREADY = "unready"                # nothing here can note that it was obeyed, so it would be obeyed twice
    NO_RULE = "no-such-rule"          # of `notthat`: no such camera or rule here, or not about that class
    SIREN_RULE = "siren-rule"          # a rule that may sound the siren learns nothing from afar
    TOO_LARGE = "too-large"            # the place is more than a quarter of the picture, or empty
    TOO_MANY_LESSONS = "too-many-lessons"
    NO_LESSON = "no-such-lesson"       # nothing to undo: it is undone, or forgotten by its time


class CommandResultData(Message):
    """The answer to one command."""

    cmd_id: str | None = None              # absent where none could be read
    name: str                              # of the topic; "" where that is no name, or in a flood
    accepted: bool
    reason: str | None = None              # a CommandRefusal, or why the panel refused
    alarm_id: str | None = None
    issuer: str | None = None              # only where the signature held
    at: datetime                           # by the box's clock: a refused sender can tell how wrong it is
    clock_synchronised: bool
