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
    kinds = (".service", ".target", ".timer", ".path", ".socket")
    return sorted(path for path in folder.iterdir() if path.suffix in kinds)


def verified(name: str, together: Iterable[Path], folder: Path) -> tuple[int, str]:
    """Exit code and words of `systemd-analyze verify` on the unit `name`, with all units in one folder.

    It looks for the programs, so each becomes one that exists on any machine.
    """
    for path in together:
        text = re.sub(r"/usr/bin/edgebox(-[a-z]+)?", "/bin/true", path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(text, encoding="utf-8")
    with_drop_ins(folder)
    told = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", name],
                          capture_output=True, text=True, timeout=60, cwd=folder,
                          env={"SYSTEMD_UNIT_PATH": f"{folder}:"})
    return told.returncode, told.stderr


def with_drop_ins(folder: Path) -> None:
    """Put what holds for every service of ours beside the units in `folder`."""
    for drop_in in UNITS.glob("*.service.d"):
        shutil.copytree(drop_in, folder / drop_in.name, dirs_exist_ok=True)


def exposure(path: Path, folder: Path) -> float:
    """How exposed systemd finds the unit with its drop-ins, 0 to 10; `folder` is an empty one."""
    shutil.copy(path, folder)
    if path.parent == UNITS:
        with_drop_ins(folder)
    told = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--json=off",
                           "--no-pager", path.name],
                          capture_output=True, text=True, timeout=60,
                          env={"SYSTEMD_UNIT_PATH": f"{folder}:"})
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found, told.stderr
    return float(found[1])
