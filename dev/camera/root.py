"""A small root of Debian trixie with libcamera of its backports, picamera2, and what a box runs. Made once.

libcamera 0.4 of trixie itself never finishes a picture of a virtual camera. What picamera2 imports and a
camera does not need (pykms, pidng) is in tests/system/camera/kit, as is the list of cameras.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from dev.image.recipe import configured_mirrors, release_of
from dev.image.steps import BuildError, answer, call, step
from dev.image.wheels import install_wheels

_PACKAGES = ("python3", "python3-libcamera", "python3-prctl", "libcamera-ipa")
_SUITES = ("trixie", "trixie-backports")
_KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
_NO_TEXTS = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/doc/*",
             "path-exclude=/usr/share/locale/*")
# Whatever version of it backports has: apt does not follow from one package of a suite to the next.
_PREFERENCES = "Package: *libcamera*\\nPin: release n=trixie-backports\\nPin-Priority: 900\\n"
_LOCKS = ("box", "camera")
_CAMERAS = Path("tests/system/camera/kit/virtual.yaml")
_CAMERAS_AT = Path("usr/share/libcamera/pipeline/virtual/virtual.yaml")
_MOUNTED = ("src", "models", "frames")


class ArchiveAwayError(Exception):
    """Debian's archive, or its backports, cannot be reached from here."""


class CameraRoot:
    """In `cache`, under a key of what it is made of. As root: it makes device nodes."""

    def __init__(self, source: Path, cache: Path) -> None:
        self._source, self._cache = source, cache
        self._log = cache / "root.log"

    def made(self) -> Path:
        """The root's folder.

        Raises:
            ArchiveAwayError: it must be made, and cannot be now.
            BuildError: a step failed.
        """
        folder = self._cache / f"root-{self._key()}"
        if folder.is_dir():
            return folder
        lines = self._lines()
        for old in self._cache.glob("root-*"):
            shutil.rmtree(old)
        fresh = self._cache / "new-root"
        shutil.rmtree(fresh, ignore_errors=True)
        self._log.unlink(missing_ok=True)
        with step(f"{', '.join(_PACKAGES)} and what they need, of {_SUITES[0]}", "camera"):
            self._debian(fresh, lines)
        with step("picamera2 and requirements/box.lock, each by its hash", "camera"):
            arch = answer(["dpkg", "--print-architecture"]).strip()
            for lock in _LOCKS:
                install_wheels(fresh / "opt" / "site", arch, self._cache, self._log, "--require-hashes",
                               "-r", str(self._source / "requirements" / f"{lock}.lock"))
        (fresh / _CAMERAS_AT).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._source / _CAMERAS, fresh / _CAMERAS_AT)
        for name in _MOUNTED:
            (fresh / name).mkdir()
        fresh.rename(folder)
        return folder

    def _key(self) -> str:
        parts = [self._source / "requirements" / f"{lock}.lock" for lock in _LOCKS]
        parts += [self._source / _CAMERAS, Path(__file__)]
        return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()[:16]

    def _lines(self) -> list[str]:
        """Of sources.list, from the mirror that apt uses here, once it has answered."""
        try:
            mirror, _ = configured_mirrors()
            lines = [f"deb [signed-by={_KEY}] {mirror} {suite} main" for suite in _SUITES]
            for line in lines:
                release_of(line)
        except BuildError as exc:
            raise ArchiveAwayError(str(exc)) from exc
        return lines

    def _debian(self, folder: Path, lines: list[str]) -> None:
        prefer = (f'mkdir -p "$1/etc/apt/preferences.d" && printf "{_PREFERENCES}" '
                  '> "$1/etc/apt/preferences.d/libcamera"')
        call(["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
              f"--include={','.join(_PACKAGES)}", *(f"--dpkgopt={option}" for option in _NO_TEXTS),
              "--aptopt=Acquire::Languages \"none\"", "--aptopt=Acquire::Retries \"3\"",
              f"--setup-hook={prefer}", _SUITES[0], folder, *lines], self._log)
