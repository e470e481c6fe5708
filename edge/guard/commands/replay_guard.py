"""Which commands were obeyed in this boot: none is obeyed twice, not even after a restart.

A command of another boot is refused as such, so the file lies in `box.runtime_dir`, which is memory, and need
not outlive a power cut: a card that is read-only or full bars nothing. Where even memory has no room, the
file is emptied, which needs none: a next run that finds it empty obeys nothing that was issued before its
start. Wall time plays no part in forgetting, since a box's clock may go back: the newest commands are kept
one by one, and of the forgotten ones the latest `issued`, at or before which nothing is new any more.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from edge.base import durable
from edge.base.errors import RetryableError
from edge.contract.command import Command

log = logging.getLogger("commands")

FILE = "commands.json"
KEPT = 1000                 # more than anybody sends within a command's life
_MAX_BYTES = 1024 * 1024


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    boot_id: str
    forgotten: AwareDatetime | None
    obeyed: dict[str, AwareDatetime]        # cmd_id -> issued


class ReplayGuard:
    """The commands that were obeyed. One thread."""

    def __init__(self, path: Path, boot_id: str, forgotten: datetime | None = None,
                 obeyed: dict[str, datetime] | None = None) -> None:
        """Use `ReplayGuard.load`."""
        self._path, self._boot_id, self._forgotten, self._obeyed = path, boot_id, forgotten, obeyed or {}

    @classmethod
    def load(cls, path: Path, boot_id: str, now_utc: datetime) -> ReplayGuard:
        """What the last run of this boot has left at `path`.

        Where that cannot be read, everything that was issued up to now counts as obeyed.
        """
        try:
            form = _Form.model_validate_json(
                durable.read(path, _MAX_BYTES, owners=durable.trusted(path.parent)))
        except FileNotFoundError:
            return cls(path, boot_id)
        except (OSError, ValidationError) as exc:
            log.error("commands obeyed so far are unknown: file=%s error=\"%s\"; none issued before now is "
                      "obeyed", path, type(exc).__name__)
            return cls(path, boot_id, now_utc)
        if form.boot_id != boot_id:
            return cls(path, boot_id)
        return cls(path, boot_id, form.forgotten, dict(form.obeyed))

    def knows(self, command: Command) -> bool:
        """Whether it was, or may have been, obeyed before."""
        return command.cmd_id in self._obeyed or (
            self._forgotten is not None and command.issued <= self._forgotten)

    def note(self, command: Command) -> None:
        """It is about to be obeyed; when this returns, the next run knows as well, or that it knows too
        little.

        Raises:
            RetryableError: neither could be written, and the command counts as not obeyed.
        """
        obeyed = {**self._obeyed, command.cmd_id: command.issued}
        forgotten = self._forgotten
        while len(obeyed) > KEPT:
            oldest = min(obeyed, key=obeyed.__getitem__)
            gone = obeyed.pop(oldest)
            forgotten = gone if forgotten is None else max(forgotten, gone)
        self._keep(_Form(boot_id=self._boot_id, forgotten=forgotten, obeyed=obeyed))
        self._obeyed, self._forgotten = obeyed, forgotten

    def _keep(self, form: _Form) -> None:
        try:
            self._write(form.model_dump_json().encode())
        except RetryableError as exc:
            self._write(b"")
            log.error("commands obeyed are known to this run alone; the next one obeys none that was issued "
                      "before its start: error=\"%s\"", exc)

    def _write(self, content: bytes) -> None:
        try:
            with suppress(FileExistsError):
                self._path.parent.mkdir(parents=True)
            durable.write(self._path, content, lasting=False)
        except OSError as exc:
            raise RetryableError(f"{self._path}: cannot be written: {exc.strerror}; check box.runtime_dir "
                                 "and its room") from exc
