"""What the kernel says of a disk: how big, whose, used by whom. Reads sysfs and procfs; writes nothing."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioning.flash.faults import FlashError, FlashFault

SECTOR = 512                    # sysfs counts in these, whatever the disk does
CARD_MAX_BYTES = 520_000_000_000        # "512 GB", as they are sold
_SYSTEM = ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home")
_NO_CARDS = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd)\d*")
_SWAP = "swap"
_SYS, _MOUNTS, _SWAPS = Path("/sys"), Path("/proc/self/mountinfo"), Path("/proc/swaps")


@dataclass(frozen=True, slots=True)
class Device:
    """A whole disk, or a card in its reader."""

    path: Path
    size_bytes: int
    model: str
    removable: bool             # a card or stick, by what the kernel knows
    read_only: bool
    mounts: tuple[str, ...]     # where any part of it is mounted; "swap" for swap space
    holders: tuple[str, ...]    # what else is built on a part of it

    @property
    def is_system(self) -> bool:
        return any(place in _SYSTEM or place == _SWAP for place in self.mounts)


def read_device(path: Path) -> Device:
    """Raises FlashError: no such thing, or no whole disk."""
    try:
        found = path.stat()
    except OSError as exc:
        raise FlashError(FlashFault.NOT_THERE, path=str(path), why=exc) from exc
    if not stat.S_ISBLK(found.st_mode):
        raise FlashError(FlashFault.NOT_BLOCK, path=str(path))
    number = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    folder = (_SYS / "dev" / "block" / number).resolve()
    if (folder / "partition").exists():
        raise FlashError(FlashFault.PARTITION, path=str(path), disk=f"/dev/{folder.parent.name}")
    return _described(path, folder, _SYS)


def likely_cards(sys: Path = _SYS) -> list[Device]:
    """Removable disks, and those behind USB or an MMC slot, but for what holds this computer's system."""
    folders = [folder.resolve() for folder in sorted((sys / "block").iterdir())]
    found = [_described(Path("/dev") / folder.name, folder, sys) for folder in folders
             if not _NO_CARDS.fullmatch(folder.name)]
    return [device for device in found if device.removable and device.size_bytes and not device.is_system]


def refusal(device: Device, image_bytes: int, any_size: bool) -> FlashError | None:
    """Why nothing may be written to `device`. Pure."""
    path = str(device.path)
    if device.is_system:
        return FlashError(FlashFault.SYSTEM, path=path, places=", ".join(device.mounts))
    if device.mounts:
        return FlashError(FlashFault.MOUNTED, path=path, places=", ".join(device.mounts))
    if device.holders:
        return FlashError(FlashFault.HELD, path=path, names=", ".join(device.holders))
    if not device.size_bytes:
        return FlashError(FlashFault.EMPTY, path=path)
    if device.read_only:
        return FlashError(FlashFault.READ_ONLY, path=path)
    if device.size_bytes > CARD_MAX_BYTES and not any_size:
        return FlashError(FlashFault.TOO_BIG, path=path, size=in_gb(device.size_bytes))
    if device.size_bytes < image_bytes:
        return FlashError(FlashFault.TOO_SMALL, path=path, size=in_gb(device.size_bytes),
                          want=in_gb(image_bytes))
    return None


def in_gb(size_bytes: int) -> str:
    """The size as it is printed on a card: decimal."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 100_000_000 else f"{size_bytes / 1e6:.1f} MB"


def _described(path: Path, folder: Path, sys: Path) -> Device:
    parts = [folder, *(child for child in folder.iterdir() if (child / "partition").exists())]
    holders = tuple(sorted(_holders(parts, sys)))
    everything = [*parts, *(sys / "block" / name for name in holders)]
    numbers = {_text(part / "dev") for part in everything}
    removable = _text(folder / "removable") == "1" or "/usb" in str(folder) or "/mmc" in str(folder)
    return Device(path, int(_text(folder / "size") or 0) * SECTOR, _model(folder), removable,
                  _text(folder / "ro") == "1", tuple(sorted(_mounts(numbers))), holders)


def _holders(parts: list[Path], sys: Path) -> Iterator[str]:
    """Names of block devices built on these, and on those again."""
    for part in parts:
        for holder in (part / "holders").iterdir() if (part / "holders").is_dir() else ():
            yield holder.name
            yield from _holders([sys / "block" / holder.name], sys)


def _mounts(numbers: set[str]) -> Iterator[str]:
    """Where devices of these numbers are mounted. Source: proc(5), mountinfo: third number, fifth place."""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        fields, source = before.split(" "), after.split(" ")[1:2]
        # btrfs gives each file system a number of its own; its source names the device.
        if fields[2] in numbers or (source and _number(source[0]) in numbers):
            yield fields[4].replace("\\040", " ")
    for line in _SWAPS.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        if _number(line.split()[0]) in numbers:
            yield _SWAP


def _number(path: str) -> str:
    try:
        found = os.stat(path)       # noqa: PTH116 - not every source is a path
    except (OSError, ValueError):
        return ""
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if stat.S_ISBLK(found.st_mode) else ""


def _model(folder: Path) -> str:
    names = (_text(folder / "device" / key) for key in ("vendor", "model", "name"))
    return " ".join(" ".join(name for name in names if name).split())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
