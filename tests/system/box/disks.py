"""Disks of a box: ext4 in files, mounted here and bound into its namespaces.

What lies in the file is what a disk would hold: writes that nobody waited for are still in the kernel's
memory. So a copy of the file, taken when all processes are dead, is what a power cut leaves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path


class Disk:
    """One file with an ext4, mounted at `folder` between `mount` and `unmount`."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path, self.folder = path, path.with_suffix("")
        self._mounted = False
        with path.open("wb") as file:
            file.truncate(size_bytes)
        # No journal of its own writes at leisure: lazy initialisation would go on behind a test's back.
        call("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0", path)
        self.folder.mkdir()

    def mount(self) -> None:
        call("mount", "-o", "loop,noatime", self.path, self.folder)
        self._mounted = True

    def unmount(self) -> None:
        if self._mounted:
            call("umount", self.folder)
            self._mounted = False

    def fill(self, left_bytes: int) -> Path:
        """Take all room but `left_bytes`, as root can; the file that has it."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 * 1024))
        os.truncate(filler, filler.stat().st_size - left_bytes)
        return filler

    def sync(self) -> None:
        """As when a card is taken out of a laptop."""
        call("sync", "--file-system", self.folder)

    def cut(self) -> None:
        """Lose what was not written yet. Nobody may have anything open on it."""
        kept = self.path.with_suffix(".cut")
        call("cp", "--sparse=always", self.path, kept)
        self.unmount()
        kept.replace(self.path)
        self.mount()

    def remove(self) -> None:
        self.unmount()
        self.path.unlink(missing_ok=True)
        shutil.rmtree(self.folder)


def call(*words: str | Path) -> str:
    """Run a tool; what it says. Fails with its own words."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr.strip() or done.returncode}"
    return done.stdout
