"""An image file: packed by xz, zstd or not at all; what its partition table says; its SHA-256 beside it."""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from provisioning.flash.faults import FlashError, FlashFault
from provisioning.flash.gpt import GptError, Table, read_table
from provisioning.flash.layout import PARTITIONS

CHUNK_BYTES = 4 * 1024 * 1024
_SUM = re.compile(r"([0-9a-fA-F]{64})(?:\s+\*?(.+))?")
_MAGIC = {b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
Told = Callable[[int, int], None]           # bytes done, of how many


@dataclass(frozen=True, slots=True)
class CardImage:
    """One that has the partitions of ours."""

    path: Path
    table: Table
    packed: str                 # "xz", "zst" or ""
    packed_sum: str             # SHA-256 in hex of the file as it is; "" when not known
    sum: str                    # of what is written; "" when not known

    @property
    def size_bytes(self) -> int:
        return self.table.size_bytes


def read_image(path: Path) -> CardImage:
    """Look at its beginning. Raises FlashError: no file, no image of ours, or a sum that is none."""
    packed = _packing(path)
    try:
        with _opened(path, packed) as file:
            table = read_table(file)
    except GptError as exc:
        raise FlashError(FlashFault.IMAGE_WRONG, path=str(path), detail=str(exc)) from exc
    missing = [name for name in PARTITIONS if table.named(name) is None]
    if missing:
        raise FlashError(FlashFault.IMAGE_WRONG, path=str(path), detail=f"no partition {', '.join(missing)}")
    of_file, of_content = _sums(path, packed)
    return CardImage(path, table, packed, of_file, of_content)


@contextlib.contextmanager
def opened(image: CardImage) -> Iterator[IO[bytes]]:
    """What is to be written. Its `read` raises FlashError where the file is damaged."""
    with _opened(image.path, image.packed) as file:
        yield file


def check_file(image: CardImage, told: Told) -> None:
    """Whether the file is whole, where its sum is known. Raises FlashError."""
    if not image.packed_sum:
        return
    digest, done, total = hashlib.sha256(), 0, image.path.stat().st_size
    with image.path.open("rb") as file:
        while part := file.read(CHUNK_BYTES):
            digest.update(part)
            done += len(part)
            told(done, total)
    if digest.hexdigest() != image.packed_sum:
        raise FlashError(FlashFault.IMAGE_SUM, path=str(image.path))


def _packing(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(6)
    except OSError as exc:
        raise FlashError(FlashFault.IMAGE_MISSING, path=str(path), why=exc) from exc
    return next((packed for magic, packed in _MAGIC.items() if head.startswith(magic)), "")


@contextlib.contextmanager
def _opened(path: Path, packed: str) -> Iterator[IO[bytes]]:
    try:
        match packed:
            case "xz":
                with lzma.open(path, "rb") as xz:
                    yield xz
            case "zst":
                with _unzstd(path) as plain:
                    yield plain
            case _:
                with path.open("rb") as file:
                    yield file
    except (lzma.LZMAError, EOFError) as exc:
        raise FlashError(FlashFault.IMAGE_DAMAGED, path=str(path)) from exc


@contextlib.contextmanager
def _unzstd(path: Path) -> Iterator[IO[bytes]]:
    """What `zstd` unpacks (Python can from 3.14 on); where it ends early, so does what is read."""
    try:
        process = subprocess.Popen(("zstd", "-dcq", "--", str(path)), stdout=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError as exc:
        raise FlashError(FlashFault.NO_ZSTD, path=str(path)) from exc
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def _sums(path: Path, packed: str) -> tuple[str, str]:
    """The sums of the file and of what is in it, from IMAGE.sha256 as `sha256sum` writes it."""
    beside = path.with_name(f"{path.name}.sha256")
    try:
        lines = beside.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return "", ""
    except (OSError, ValueError) as exc:
        raise FlashError(FlashFault.IMAGE_SUM, path=str(beside)) from exc
    of_file = of_content = ""
    sums = [found for line in lines if (found := _SUM.fullmatch(line.strip()))]
    for found in sums:
        name = Path(found[2]).name if found[2] else path.name
        if len(sums) == 1 and packed == _suffix_of(name):
            name = path.name        # both files were given another name
        if name == path.name:
            of_file = found[1].lower()
        elif packed and name == path.name.removesuffix(f".{packed}"):
            of_content = found[1].lower()
    if not of_file and not of_content:
        raise FlashError(FlashFault.IMAGE_SUM, path=str(beside))
    return of_file, of_content


def _suffix_of(name: str) -> str:
    return next((packed for packed in _MAGIC.values() if name.endswith(f".{packed}")), "")
