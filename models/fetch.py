"""Get files out of packages in a registry: only those that are needed, checked, resumable.

A wheel is a zip: its directory stands at the end, so a few ranges bring one member of it without the
rest. An sdist is a .tar.gz and must come whole. Where the server ignores ranges, so must a wheel.
Nothing of a package is ever run.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, cast
from urllib.parse import unquote, urlsplit

from edge.base.errors import FatalError
from models import locate
from models.package import Package, PackageFile
from models.remote import RangesIgnoredError, Remote

Progress = Callable[[str, int, int], None]
"""Told while bytes come: what of (a file's name), bytes that are there, bytes in all."""

_TAIL_BYTES = 64 * 1024         # holds the directory of most wheels
_CHUNK_BYTES = 256 * 1024
_LOCAL_HEADER = struct.Struct("<26xHH")     # of a zip member: ends in the lengths of its name and extra


def fetch_members(package: Package, folder: Path, progress: Progress,
                  find: Callable[[Package], str] | None = None,
                  pause: Callable[[float], None] = time.sleep) -> dict[str, Path]:
    """Bring every member into `folder`, under its bare name, and return the paths by that name.

    What is there already with the right hash is left alone, so a second call needs no network. An
    interrupted download continues from its `.part` file. Safe to call from two processes at once.

    Args:
        find: tells the package's address; pip does without it.
        pause: waits between tries, seconds.

    Raises:
        RetryableError: no network, or it broke; what came so far is kept.
        FatalError: a file is not what its hash says, or the package lacks it; the bad file is removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            missing = tuple(each for each in package.members if not _is_there(folder / each.name, each))
            if missing:
                url = (find or _address)(package)
                _bring(replace(package, members=missing), url, folder, progress, pause)
    except OSError as exc:
        raise FatalError(f"{exc.filename or folder}: {exc.strerror}; free the disk or name another folder",
                         os.EX_CANTCREAT) from exc
    return {each.name: folder / each.name for each in package.members}


def members_from_archive(package: Package, archive: Path, folder: Path) -> None:
    """Take the members out of a wheel or sdist that lies here. Raises FatalError as `fetch_members`."""
    _check_archive(package, archive)
    try:
        if package.kind == "wheel":
            with zipfile.ZipFile(archive) as wheel:
                _need(package.members, wheel.namelist(), archive.name)
                for member in package.members:
                    with wheel.open(member.path) as source:
                        _install(_blocks(source), member, folder)
        else:
            with tarfile.open(archive, "r:gz") as sdist:
                _need(package.members, [each.name for each in sdist if each.isfile()], archive.name)
                for member in package.members:
                    with cast("IO[bytes]", sdist.extractfile(member.path)) as source:
                        _install(_blocks(source), member, folder)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as exc:
        raise FatalError(f"{archive.name}: broken or truncated: {exc}; fetch it again") from exc


def _address(package: Package) -> str:
    if package.kind == "wheel":
        return locate.wheel_url(package.name, package.version)
    return locate.sdist_url(package.name, package.version)


def _bring(package: Package, url: str, folder: Path, progress: Progress,
           pause: Callable[[float], None]) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file":                  # a mirror on a disk
        members_from_archive(package, Path(unquote(parts.path)), folder)
        return
    remote = Remote(url, pause)
    if package.kind == "wheel":
        try:
            _bring_by_ranges(remote, package.members, folder, progress)
        except RangesIgnoredError:
            pass
        else:
            return
    archive = folder / f"{remote.name}.part"
    remote.download(archive, 0, None, partial(progress, remote.name))
    try:
        members_from_archive(package, archive, folder)
    finally:
        archive.unlink()


def _bring_by_ranges(remote: Remote, members: Sequence[PackageFile], folder: Path,
                     progress: Progress) -> None:
    size, tail = remote.size_and_tail(_TAIL_BYTES)
    try:
        with zipfile.ZipFile(_Ranges(remote, size, tail)) as wheel:
            directory = {info.filename: info for info in wheel.infolist()}
    except zipfile.BadZipFile as exc:
        raise FatalError(f"{remote.name}: not a wheel: {exc}") from exc
    _need(members, directory, remote.name)
    for member in members:
        info = directory[member.path]
        header = remote.read(info.header_offset, _LOCAL_HEADER.size)
        start = info.header_offset + _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(header))
        part = folder / f"{member.name}.part"
        remote.download(part, start, info.compress_size, partial(progress, member.name))
        try:
            with part.open("rb") as source:
                _install(_inflated(source, info, member), member, folder)
        finally:
            part.unlink()


def _need(members: Sequence[PackageFile], names: Container[str], archive: str) -> None:
    for member in members:
        if member.path not in names:
            raise FatalError(f"{archive}: want {member.path!r} in it, found no such file")


class _Ranges(io.RawIOBase):
    """A remote file as `zipfile` wants one. Its tail is here; what lies before it is asked for."""

    def __init__(self, remote: Remote, size: int, tail: bytes) -> None:
        self._remote, self._size, self._tail, self._at = remote, size, tail, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        start, tail_from = self._at, self._size - len(self._tail)
        self._at = max(start, end)
        if start >= end:
            return b""
        if start >= tail_from:
            return self._tail[start - tail_from:end - tail_from]
        return self._remote.read(start, end - start)


def _inflated(source: IO[bytes], info: zipfile.ZipInfo, member: PackageFile) -> Iterator[bytes]:
    if info.compress_type == zipfile.ZIP_STORED:
        yield from _blocks(source)
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise FatalError(f"{member.name}: want it stored or deflated, found method {info.compress_type}")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for block in _blocks(source):
            yield inflate.decompress(block)
        yield inflate.flush()
    except zlib.error as exc:
        raise FatalError(f"{member.name}: broken on the way: {exc}; fetch it again") from exc


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(_CHUNK_BYTES):
        yield block


def _install(content: Iterator[bytes], member: PackageFile, folder: Path) -> None:
    """Write a member beside its place and move it there when its hash is right."""
    unchecked = folder / f"{member.name}.unchecked"
    digest, written = hashlib.sha256(), 0
    try:
        with unchecked.open("wb") as file:
            for block in content:
                written += len(block)
                if written > member.bytes:      # an archive may claim to unpack to anything
                    break
                digest.update(block)
                file.write(block)
        if written != member.bytes:
            found = "more" if written > member.bytes else str(written)
            raise FatalError(f"{member.name}: want {member.bytes} bytes, found {found}; fetch it again")
        if digest.hexdigest() != member.sha256:
            raise FatalError(f"{member.name}: wrong content: want sha256 {member.sha256[:16]}..., "
                             f"found {digest.hexdigest()[:16]}...; do not use it, fetch it again")
        unchecked.rename(folder / member.name)
    finally:
        unchecked.unlink(missing_ok=True)


def _check_archive(package: Package, archive: Path) -> None:
    if package.sha256 is None:
        if package.kind == "sdist":
            raise FatalError(f"{package.name}: an sdist needs the sha256 of the whole file")
        return
    found = _sha256(archive)
    if found != package.sha256:
        raise FatalError(f"{archive.name}: wrong content: want sha256 {package.sha256[:16]}..., "
                         f"found {found[:16]}...; do not use it, fetch it again")


def _is_there(path: Path, member: PackageFile) -> bool:
    return path.is_file() and path.stat().st_size == member.bytes and _sha256(path) == member.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process fetches into `folder`."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
