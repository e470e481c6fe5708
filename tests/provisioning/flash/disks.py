"""Real loop devices as cards, and small images with the partitions of ours."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.flash.layout import PARTITIONS

MIB = 1024 * 1024
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def tool(name: str) -> str:
    found = shutil.which(name, path=SBIN)
    if found is None:
        pytest.skip(f"needs {name}")
    return found


def call(*command: str, given: str = "") -> str:
    return subprocess.run((tool(command[0]), *command[1:]), input=given, check=True, capture_output=True,
                          text=True).stdout


def make_image(path: Path, size_mib: int = 12, names: tuple[str, ...] = PARTITIONS) -> Path:
    """GPT by sfdisk; the first partition FAT, the others no two alike."""
    noise = random.Random(7)
    rest = b"\x5a" * (MIB // 16 * 15)
    path.write_bytes(b"".join(noise.randbytes(MIB // 16) + rest for _ in range(size_mib)))
    parts = [f'start={2048 + 2048 * at * (size_mib // 12)}, size={2048 * (size_mib // 12)}, name="{name}"'
             for at, name in enumerate(names)]
    with path.open("rb+") as file:
        file.write(bytes(MIB))
    call("sfdisk", "-q", str(path), given="label: gpt\n" + "\n".join(parts))
    call("mformat", "-i", f"{path}@@{MIB}", "-T", str(2048 * (size_mib // 12)), "-h", "2", "-s", "16", "::")
    return path


@contextlib.contextmanager
def loop(backing: Path, *options: str) -> Iterator[Path]:
    if os.geteuid():
        pytest.skip("needs root for a loop device")
    try:
        device = call("losetup", "--find", "--show", *options, str(backing)).strip()
    except subprocess.CalledProcessError as exc:
        pytest.skip(f"no loop device: {exc.stderr}")
    try:
        yield Path(device)
    finally:
        subprocess.run((tool("losetup"), "-d", device), check=True)


def blank(path: Path, size_mib: int, fill: bytes = b"\xa5") -> Path:
    """A card with something else on it."""
    path.write_bytes(fill * (size_mib * MIB))
    return path
