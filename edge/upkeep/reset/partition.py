"""The data partition: which one it is, and a new file system on it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from edge.base.errors import FatalError

FSTAB = Path("/etc/fstab")
_BY = {"PARTUUID": "by-partuuid", "UUID": "by-uuid", "LABEL": "by-label", "PARTLABEL": "by-partlabel"}
_LIMIT_S = 300.0


def device_of(folder: Path, fstab: Path = FSTAB) -> Path | None:
    """The device that `fstab` mounts at `folder`; None where it mounts none, since it is part of another."""
    try:
        lines = fstab.read_text("utf-8").splitlines()
    except OSError:
        return None
    for parts in (line.split() for line in lines if not line.lstrip().startswith("#")):
        if len(parts) > 2 and parts[1] == str(folder) and parts[2] == "ext4":
            key, _, value = parts[0].partition("=")
            return Path("/dev/disk", _BY[key], value) if key in _BY else Path(parts[0])
    return None


def make_file_system(device: Path) -> None:
    """Make the file system that the image has there. Raises FatalError."""
    command = ["mkfs.ext4", "-q", "-F", "-L", "data", "-m", "1", "-E", "nodiscard,lazy_itable_init=0",
               str(device)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_LIMIT_S)
    except subprocess.CalledProcessError as exc:
        said = exc.stderr.decode("utf-8", "replace").strip()
        raise FatalError(f"{device}: mkfs.ext4: {said}; write the image to the card again") from exc
    except (OSError, subprocess.SubprocessError) as exc:
        raise FatalError(f"{device}: mkfs.ext4: {exc}; write the image to the card again") from exc
