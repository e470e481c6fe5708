"""What the kernel tells of disk, power and heat, read below a root that a test can make up.

Sources: Documentation/ABI/testing/sysfs-fs-ext4 and sysfs-bus-mmc of the kernel; the Raspberry Pi kernel's
drivers rpi_volt (raspberrypi-hwmon) and `get_throttled` of the firmware.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CHRONYC_S = 5.0


@dataclass(frozen=True, slots=True)
class Space:
    """How full one file system is."""

    free_bytes: int
    total_bytes: int
    read_only: bool


@dataclass(frozen=True, slots=True)
class System:
    """`root` is / on a box. What is not there is None, or is left out."""

    root: Path = Path("/")

    def ext4_errors(self) -> dict[str, int]:
        """Errors that each ext4 file system has counted since it was made, by its device."""
        return {path.parent.name: count for path in self._glob("sys/fs/ext4/*/errors_count")
                if (count := _number(path)) is not None}

    def life_used(self) -> dict[str, int]:
        """Tenths of its life that a memory card has used up, the worse of its two kinds of cells; 11: more.

        eMMC and a few SD cards tell; most SD cards do not.
        """
        told = {path.parts[-3]: _text(path).split() for path in self._glob("sys/block/*/device/life_time")}
        return {name: most for name, parts in told.items() if 0 < (most := max(map(_hex, parts), default=0))}

    def undervolted(self) -> bool | None:
        for name in self._glob("sys/class/hwmon/hwmon*/name"):
            if _text(name) == "rpi_volt":
                return _text(name.with_name("in0_lcrit_alarm")) == "1"
        return None

    def throttled(self) -> int | None:
        """The firmware's bits: 0 to 3 now, 16 to 19 since the start."""
        for path in self._glob("sys/devices/platform/soc*/*firmware/get_throttled"):
            with contextlib.suppress(ValueError):
                return int(_text(path), 16)
        return None

    def temperature_c(self) -> float | None:
        """The temperature of the hottest zone; None where there is none."""
        millis = [told for path in self._glob("sys/class/thermal/thermal_zone*/temp")
                  if (told := _number(path)) is not None]
        return max(millis) / 1000 if millis else None

    def release(self) -> str:
        """The image's commit; "" where this is no image of ours."""
        lines = _text(self.root / "usr/lib/edgebox/release").splitlines()
        return next((line.partition("=")[2] for line in lines if line.startswith("commit=")), "")

    def _glob(self, pattern: str) -> Iterable[Path]:
        return sorted(self.root.glob(pattern))


def space(folder: Path) -> Space:
    """Raises OSError."""
    told = os.statvfs(folder)
    return Space(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize,
                 bool(told.f_flag & os.ST_RDONLY))


def time_source() -> str:
    """Where chrony has its time from; "" where it has none, or is not here."""
    try:
        said = subprocess.run(["chronyc", "-n", "-c", "tracking"], capture_output=True, text=True,
                              timeout=_CHRONYC_S, check=True).stdout.strip().split(",")
    except (OSError, subprocess.SubprocessError):
        return ""
    return said[1] if len(said) > 2 and said[2] != "0" else ""      # stratum 0: not synchronised


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
