"""Python packages for a root of Debian's, whatever Python this machine runs."""

from __future__ import annotations

import sys
from pathlib import Path

from dev.image.steps import call

PYTHON = "3.13"     # trixie's
_PLATFORM = {"arm64": "aarch64-manylinux_2_40", "amd64": "x86_64-manylinux_2_40"}


def install_wheels(folder: Path, arch: str, cache: Path, log: Path, *what: str) -> None:
    """Unpack the wheels of `what`, as pip's arguments name them, into `folder`. Raises BuildError.

    By uv, since pip would read a lock's conditions as if for this machine's Python.
    """
    call([sys.executable, "-m", "uv", "pip", "install", "--target", folder, "--python", sys.executable,
          "--python-version", PYTHON, "--python-platform", _PLATFORM[arch],
          "--only-binary", ":all:", "--no-deps", "--link-mode", "copy",
          "--cache-dir", cache / "uv", *what], log)
    (folder / ".lock").unlink(missing_ok=True)
