"""What we want out of a package of a registry: which files, and the hashes that they must have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file inside a package."""

    path: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class Package:
    """One file of a registry, and what we want out of it."""

    name: str
    version: str
    kind: Literal["wheel", "sdist"]
    members: tuple[PackageFile, ...]
    sha256: str | None = None           # of the whole file; an sdist needs it
