"""What systemd itself says of units, be they the box's or the ward's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "systemd"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def units(folder: Path) -> list[Path]:
    kinds = (".service", ".target", ".timer", ".path")
    return sorted(path for path in folder.iterdir() if path.suffix in kinds)


def verified(name: str, together: Iterable[Path], folder: Path) -> tuple[int, str]:
    """Exit code and words of `systemd-analyze verify` on the unit `name`, with all units in one folder.

    It looks for the programs, so each becomes one that exists on any machine.
    """
    for path in together:
        text = re.sub(r"/usr/bin/edgebox(-[a-z]+)?", "/bin/true", path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(text, encoding="utf-8")
    told = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", name],
                          capture_output=True, text=True, timeout=60, cwd=folder,
                          env={"SYSTEMD_UNIT_PATH": f"{folder}:"})
    return told.returncode, told.stderr


def assert_hardened(path: Path) -> None:
    """Its exposure is at most 2.5 of 10."""
    told = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager",
                           str(path)], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout[-3000:]
