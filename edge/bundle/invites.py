"""`invites.json` of a bundle: whom the ward invites to a box's group, by the hashes of their tokens.

The tokens themselves are on the handover sheet that the technician prints, and nowhere else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from edge.base.errors import FatalError
from edge.contract.messages import Sha256
from edge.members.errors import MemberNameError
from edge.members.people import good_name
from edge.members.values import Expected, MemberRole

FORMAT: Literal["edgebox-invites/1"] = "edgebox-invites/1"
MAX_INVITES = 8
_MAX_BYTES = 16 * 1024
_MEND = "make a new bundle with `edgebox-provision box renew`"


def _name(text: str) -> str:
    try:
        good = not text or good_name(text) == text
    except MemberNameError:
        good = False
    if not good:
        raise ValueError("want a name as the roster keeps it, or nothing")
    return text


class BundleInvite(BaseModel):
    """One person. Strict, as the bundle's list is: what is not known is refused, since it was signed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    role: MemberRole
    name: Annotated[str, AfterValidator(_name)]     # "" where the invited says it
    token_sha256: Sha256


class InviteList(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["edgebox-invites/1"]
    invites: Annotated[tuple[BundleInvite, ...], Field(max_length=MAX_INVITES)]

    @property
    def expected(self) -> tuple[Expected, ...]:
        """The invites as the roster takes them."""
        return tuple(Expected(each.role, each.name, bytes.fromhex(each.token_sha256))
                     for each in self.invites)


def listing(expected: tuple[Expected, ...]) -> bytes:
    """The file that says so. Raises ValidationError: a name that no roster keeps, or too many."""
    made = InviteList(format=FORMAT, invites=tuple(
        BundleInvite(role=each.role, name=each.name, token_sha256=each.token.hex()) for each in expected))
    return made.model_dump_json(indent=1).encode() + b"\n"


def read_invites(path: Path) -> tuple[Expected, ...]:
    """Raises FatalError: it cannot be read, or is no such file; the message holds nothing of it."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise FatalError(f"{path}: is larger than {_MAX_BYTES} bytes; {_MEND}", os.EX_DATAERR)
        return InviteList.model_validate_json(raw).expected
    except OSError as exc:
        raise FatalError(f"{path}: cannot be read: {exc.strerror}; {_MEND}", os.EX_NOINPUT) from exc
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise FatalError(f"{path}: {f'{where}: ' if where else ''}{first['msg']}; {_MEND}",
                         os.EX_DATAERR) from exc
