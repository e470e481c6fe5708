"""The alarm's working state as a file: what a restart goes on from.

Two copies of one form. The working copy lies in memory (`box.runtime_dir`) and is written before any output
changes; it survives whatever happens to the process. The lasting copy lies on the card (`box.state_dir`),
fsynced, and survives a power cut. Each is replaced whole, never changed.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.base.errors import RetryableError
from edge.contract.messages import AlarmData
from edge.guard.alarm.state import from_json

log = logging.getLogger("alarm")

FILE = "alarm.json"


class DamagedError(ValueError):
    """This file does not read back as it was written."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything that outlives the process."""

    state: str                                              # of the machine, as `to_json` has it
    boot_id: str
    mono_ns: int                                            # as of when, of that boot
    owed: tuple[AlarmData, ...] = ()                        # told to nobody yet, in order
    active: Mapping[str, bool] = field(default_factory=dict)    # inputs, as last seen


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    state: str
    boot_id: str
    mono_ns: int
    owed: tuple[AlarmData, ...]
    active: dict[str, bool]


def encode(copy: Copy) -> bytes:
    """Two lines: the content as JSON, and its checksum, since a worn card flips bits."""
    line = json.dumps({
        "state": copy.state, "boot_id": copy.boot_id, "mono_ns": copy.mono_ns,
        "owed": [data.model_dump(mode="json") for data in copy.owed],
        "active": dict(copy.active)}).encode()
    return line + b"\n" + _checksum(line) + b"\n"


def decode(content: bytes) -> Copy:
    """Raises DamagedError."""
    line, _, rest = content.partition(b"\n")
    if rest != _checksum(line) + b"\n":
        raise DamagedError("the checksum does not fit")
    try:
        form = _Form.model_validate_json(line)
    except ValidationError as exc:
        raise DamagedError(f"{exc.error_count()} faults, the first: {exc.errors()[0]['msg']}") from exc
    return Copy(form.state, form.boot_id, form.mono_ns, form.owed, form.active)


def write(path: Path, copy: Copy, *, durable: bool) -> None:
    """Replace the file at `path`; a reader finds the old one or the new one, whole.

    `durable`: on the disk when this returns, which may take seconds; else in the page cache, which survives
    the process. Raises RetryableError.
    """
    new = path.with_suffix(".new")
    try:
        if durable:                 # on the card, whose folder may have come later than we
            path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with open(handle, "wb", closefd=False) as file:
                file.write(encode(copy))
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)
        new.replace(path)
        if durable:
            _sync_folder(path.parent)
    except OSError as exc:
        raise RetryableError(f"{path}: cannot save the alarm's state: {exc.strerror}") from exc


def load(paths: Iterable[Path], boot_id: str) -> Copy | None:
    """The best of the copies at `paths`: of this boot before others, then the latest, then the first named.

    One that is damaged is put aside as `alarm.json.damaged` and told; where none is left there is None.
    """
    copies = [copy for copy in map(_read, paths) if copy is not None]
    return max(copies, key=lambda copy: (copy.boot_id == boot_id, copy.mono_ns * (copy.boot_id == boot_id)),
               default=None)


def _put_aside(path: Path, why: Exception) -> None:
    """Keep a file that cannot be used for whoever looks into it; somebody must."""
    log.error("alarm state damaged, put aside: file=%s error=\"%s\"", path, why)
    with suppress(OSError):
        path.replace(path.with_name(f"{path.name}.damaged"))


def _read(path: Path) -> Copy | None:
    try:
        copy = decode(path.read_bytes())
        from_json(copy.state)
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as exc:
        _put_aside(path, exc)
        return None
    return copy


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksum(line: bytes) -> bytes:
    return f'"{zlib.crc32(line):08x}"'.encode()
