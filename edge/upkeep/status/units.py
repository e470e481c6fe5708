"""The box's services, as systemd tells of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

UNITS = ("edgebox-guard.service", "edgebox-watch.service", "edgebox-uplink.service", "edgebox-page.service",
         "edgebox-firstboot.service", "edgebox-renew.timer")
_BOOTED = Path("/run/systemd/system")       # sd_booted(3)
_KEYS = ("Id", "LoadState", "ActiveState", "SubState", "Result", "StatusText", "NRestarts",
         "ActiveEnterTimestamp")
_LIMIT_S = 5.0
_SPEAKS = ("active", "activating", "reloading")


@dataclass(frozen=True, slots=True)
class Unit:
    name: str               # without what kind of unit it is: "edgebox-guard"
    active: str             # systemd's word: "active", "failed", "activating", "inactive"...
    since: str              # RFC 3339, UTC; "" where it was never active
    restarts: int
    text: str               # its own status line, in English; "" without
    result: str             # why it failed: systemd's word, such as "oom-kill"; "" where it did not

    @property
    def is_up(self) -> bool:
        return self.active in _SPEAKS


def booted() -> bool:
    return _BOOTED.is_dir()


def units(names: tuple[str, ...] = UNITS) -> list[Unit]:
    """Those that are installed; none where there is no systemd, or it does not answer."""
    if not booted():
        return []
    try:
        said = subprocess.run(
            ["systemctl", "show", "--timestamp=unix", *(f"--property={key}" for key in _KEYS), *names],
            capture_output=True, text=True, timeout=_LIMIT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return read(said)


def read(said: str) -> list[Unit]:
    """`systemctl show`: one paragraph a unit, one key=value a line."""
    found = [dict(line.split("=", 1) for line in part.splitlines() if "=" in line)
             for part in said.split("\n\n")]
    return [_unit(each) for each in found if each.get("LoadState") == "loaded"]


def _unit(shown: Mapping[str, str]) -> Unit:
    result = shown.get("Result", "success")
    active = shown.get("ActiveState", "")
    said = shown.get("StatusText", "") if active in _SPEAKS else ""      # systemd keeps it of what has ended
    return Unit(shown["Id"].rpartition(".")[0], active, _moment(shown.get("ActiveEnterTimestamp", "")),
                int(shown.get("NRestarts") or 0), said, "" if result == "success" else result)


def _moment(stamp: str) -> str:
    """The time in what --timestamp=unix prints, such as @1795600000."""
    seconds = stamp.removeprefix("@")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds.isdecimal() else ""
