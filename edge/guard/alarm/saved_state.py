"""The alarm's working state as a file: what a restart goes on from.

Two copies of one form. The working copy lies in memory (`box.runtime_dir`) and is written before any output
changes; it survives whatever happens to the process. The lasting copy lies on the card (`box.state_dir`),
fsynced, and survives a power cut. Each is replaced whole, never changed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from edge.base import durable
from edge.base.errors import RetryableError
from edge.contract.messages import AlarmData
from edge.guard.alarm.state import Saved

log = logging.getLogger("alarm")

FILE = "alarm.json"
_MAX_BYTES = 4 * 1024 * 1024        # more than all that may be owed, no more than guard has room for


class DamagedStateError(ValueError):
    """This file does not read back as it was written."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything that outlives the process; as JSON it has the same shape."""

    saved: Saved                                            # of the machine, and as of when
    mono_ns: int                                            # how old the copy is, of `saved.boot_id`
    owed: tuple[AlarmData, ...] = ()                        # not in the journal yet, in order
    active: Mapping[str, bool] = field(default_factory=dict)    # inputs, as last seen
    version: Literal[1] = 1                                 # of this form

    @property
    def boot_id(self) -> str:
        return self.saved.boot_id


@cache
def _adapter() -> TypeAdapter[Copy]:
    return TypeAdapter(Copy)


def encode(copy: Copy) -> bytes:
    return durable.sealed(json.dumps(_adapter().dump_python(copy, mode="json")).encode())


def decode(content: bytes) -> Copy:
    """Raises DamagedError."""
    try:
        return _adapter().validate_json(durable.unsealed(content), strict=True)
    except ValidationError as exc:      # a ValueError as well
        first = exc.errors()[0]
        raise DamagedStateError(f"{exc.error_count()} faults, the first: {'.'.join(map(str, first['loc']))}: "
                           f"{first['msg']}") from exc
    except ValueError as exc:
        raise DamagedStateError(str(exc)) from exc


def write(path: Path, copy: Copy, *, lasting: bool) -> None:
    """Replace the file at `path`; a reader finds the old one or the new one, whole.

    `lasting`: on the disk when this returns, which may take seconds; else in the page cache, which survives
    the process. Raises RetryableError.
    """
    try:
        if lasting:                 # on the card, whose folder may have come later than we
            path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, encode(copy), lasting=lasting)
    except OSError as exc:
        raise RetryableError(f"{path}: cannot save the alarm's state: {exc.strerror}") from exc


def load(paths: Iterable[Path], boot_id: str) -> Copy | None:
    """The best of the copies at `paths`: of this boot before others, then the latest, then the first named.

    What is damaged, or no file of ours, is put aside as `alarm.json.damaged` and logged; where none is left
    there is None. Never waits, whatever lies there.
    """
    copies = [copy for copy in map(_read, paths) if copy is not None]
    return max(copies, key=lambda copy: (copy.boot_id == boot_id, copy.mono_ns * (copy.boot_id == boot_id)),
               default=None)


def _put_aside(path: Path, why: Exception) -> None:
    """Keep a file that cannot be used for whoever looks into it; somebody must."""
    log.error("alarm state damaged, put aside: file=%s error=\"%s\"", path, why)
    durable.put_aside(path)


def _read(path: Path) -> Copy | None:
    try:
        return decode(durable.read(path, _MAX_BYTES, owners=durable.trusted(path.parent)))
    except FileNotFoundError:
        return None
    except (DamagedStateError, OSError) as exc:
        _put_aside(path, exc)
        return None
