"""Where a bundle goes: a mounted card, a folder, or the first partition of an image. Whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edge.base.durable import sync_folder, write_new
from edge.bundle import form
from provisioning.errors import WordedError
from provisioning.flash.gpt import SECTOR, GptError, read_table
from provisioning.flash.layout import BUNDLE_PARTITION

LEAST_FREE_BYTES = 2 * 1024 * 1024
_FRESH = f"{form.FOLDER}.new"
_MCOPY_S = 60
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that gets `edge-bundle/`, or an image or unmounted card whose first partition does."""

    path: Path
    image: bool = False


def mounted_cards() -> list[Path]:
    """Where cards with our image are mounted. None where `lsblk` is not there."""
    try:
        listed = subprocess.run(("lsblk", "-J", "-o", "PATH,PARTLABEL,FSTYPE,MOUNTPOINT"), check=True,
                                capture_output=True, timeout=20, stdin=subprocess.DEVNULL).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return cards_in(listed)


def cards_in(lsblk: bytes) -> list[Path]:
    """The mount points of partitions that are named as our image's first, in what `lsblk -J` printed."""
    found, waiting = [], list(json.loads(lsblk)["blockdevices"])
    while waiting:
        device = waiting.pop(0)
        waiting += device.get("children", ())
        if device.get("partlabel") == BUNDLE_PARTITION and device.get("mountpoint"):
            found.append(Path(device["mountpoint"]))
    return found


def check_place(place: Place, identity: str, replace: bool) -> None:
    """Raise FatalError where a bundle of `identity` could not be written, or would replace another box's."""
    if place.image:
        _bundle_offset(place.path)
        return
    folder = place.path
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as exc:
        raise WordedError("card-missing", os.EX_NOINPUT, path=str(folder), why=exc) from exc
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise WordedError("card-locked", os.EX_CANTCREAT, path=str(folder))
    if free_bytes < LEAST_FREE_BYTES:
        raise WordedError("card-full", os.EX_CANTCREAT, path=str(folder), free=str(free_bytes // 1024),
                        least=str(LEAST_FREE_BYTES // 1024))
    there = _whose(folder / form.FOLDER)
    if there not in ("", identity) and not replace:
        raise WordedError("card-other", os.EX_CANTCREAT, path=str(folder), name=there)


def write_bundle(place: Place, files: Files) -> Path:
    """Put `edge-bundle` there, instead of an older one; returns where. Raises FatalError.

    A report of the box's life before is taken away: it would be read as of this bundle.
    """
    if place.image:
        return _write_into(place.path, files)
    target, fresh = place.path / form.FOLDER, place.path / _FRESH
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        _fill(fresh, files)
        if target.exists():
            shutil.rmtree(target)
        (place.path / form.REPORT).unlink(missing_ok=True)
        fresh.rename(target)
        sync_folder(place.path)
    except OSError as exc:
        shutil.rmtree(fresh, ignore_errors=True)
        raise WordedError("card-unwritten", os.EX_IOERR, path=str(place.path), why=exc) from exc
    return target


def _fill(folder: Path, files: Files) -> None:
    """Write `files` below `folder`, on disk when it returns. The modes count on a disk; FAT has none."""
    folder.mkdir(mode=0o700)
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_new(path, raw, None)
    for made in (*(path for path in folder.iterdir() if path.is_dir()), folder):
        sync_folder(made)


def _whose(folder: Path) -> str:
    """The box whose bundle lies there, as it says itself; "" where there is none, "?" where none can tell."""
    try:
        listed = json.loads((folder / form.LIST).read_bytes())
        return f"{listed['ward']}.{listed['group']}.{listed['box']}"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return "?"


def _bundle_offset(image: Path) -> int:
    try:
        with image.open("rb") as file:
            table = read_table(file)
    except OSError as exc:
        raise WordedError("image-unreadable", os.EX_NOINPUT, path=str(image), why=exc) from exc
    except GptError as exc:
        raise WordedError("image-other", os.EX_DATAERR, path=str(image), detail=str(exc)) from exc
    first = table.named(BUNDLE_PARTITION)
    if first is None:
        raise WordedError("image-other", os.EX_DATAERR, path=str(image),
                        detail=f"has no partition {BUNDLE_PARTITION!r}")
    return first.first_sector * SECTOR


def _write_into(image: Path, files: Files) -> Path:
    """Write the bundle into an image by mtools, which need neither root nor a kernel that knows FAT."""
    drive = f"{image}@@{_bundle_offset(image)}"
    with tempfile.TemporaryDirectory() as scratch:
        _fill(Path(scratch) / form.FOLDER, files)
        _mtools("mdeltree", drive, f"::/{form.FOLDER}", may_fail=True)
        _mtools("mdel", drive, f"::/{form.REPORT}", may_fail=True)
        _mtools("mcopy", drive, "-s", str(Path(scratch) / form.FOLDER), "::/")
    with image.open("rb+") as file:
        os.fsync(file.fileno())
    return image


def _mtools(tool: str, drive: str, *arguments: str, may_fail: bool = False) -> None:
    command = (tool, "-i", drive, *arguments)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_MCOPY_S, stdin=subprocess.DEVNULL,
                              env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}, text=True)
    except FileNotFoundError as exc:
        raise WordedError("mtools-missing", os.EX_UNAVAILABLE, tool=tool) from exc
    except subprocess.TimeoutExpired as exc:
        raise WordedError("mtools-hung", os.EX_IOERR, tool=tool, seconds=str(_MCOPY_S)) from exc
    if done.returncode and not may_fail:
        said = " ".join(done.stderr.split())[:200]
        raise WordedError("mtools-failed", os.EX_IOERR, tool=tool, detail=said)
