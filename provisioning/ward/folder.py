"""The ward's folder: what lies where. `edgebox-provision ward init` makes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from provisioning.errors import WordedError


@dataclass(frozen=True, slots=True)
class WardFolder:
    """Paths only; nothing is read."""

    path: Path

    @property
    def settings(self) -> Path:
        return self.path / "ward.toml"

    @property
    def root_certificate(self) -> Path:
        """The anchor that is baked into the image of this ward's boxes."""
        return self.path / "root.crt"

    @property
    def root_key(self) -> Path:
        """The root's key, in a sub-folder of its own, which is moved to a stick and locked away."""
        return self.path / "offline" / "root.key"

    @property
    def issuing_certificate(self) -> Path:
        return self.path / "issuing.crt"

    @property
    def issuing_key(self) -> Path:
        return self.path / "issuing.key"

    @property
    def chain(self) -> Path:
        """Issuing CA and root: whom boxes, broker and enrolment server believe."""
        return self.path / "ward-ca.pem"

    @property
    def bundle_certificate(self) -> Path:
        return self.path / "bundle.crt"

    @property
    def bundle_key(self) -> Path:
        return self.path / "bundle.key"

    @property
    def command_key(self) -> Path:
        return self.path / "command.key"

    @property
    def command_public(self) -> Path:
        return self.path / "command.key.pub"

    @property
    def ack_key(self) -> Path:
        """What the receiver signs with that the ward has something."""
        return self.path / "ack.key"

    @property
    def next_ack_key(self) -> Path:
        """The one after it, while that changes."""
        return self.path / "ack-next.key"

    @property
    def broker(self) -> Path:
        """What the broker's machine gets."""
        return self.path / "broker"

    @property
    def est_certificate(self) -> Path:
        return self.path / "est" / "server.crt"

    @property
    def est_key(self) -> Path:
        return self.path / "est" / "server.key"

    @property
    def clients(self) -> Path:
        return self.path / "clients"

    @property
    def enrolment(self) -> Path:
        return self.path / "enrolment.db"

    @property
    def inventory(self) -> Path:
        return self.path / "inventory.csv"

    @property
    def sheet(self) -> Path:
        return self.path / "recovery.pdf"


def open_folder(path: Path) -> WardFolder:
    """Raises FatalError when there is no ward at `path`, or one that this user may not see."""
    folder = WardFolder(path)
    try:
        there = folder.settings.is_file()
    except PermissionError as exc:
        raise WordedError("ward-denied", os.EX_NOPERM, path=str(path)) from exc
    if not there:
        raise WordedError("ward-missing", os.EX_NOINPUT, path=str(path))
    return folder
