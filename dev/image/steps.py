"""Running the tools that make an image: one line a step, with its time; their words only when they fail."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TOLD_LINES = 40


class BuildError(Exception):
    """A step failed. The text says which, and what its tool said last."""


@contextlib.contextmanager
def step(text: str, of: str = "image") -> Iterator[None]:
    """Say what is done, and how long it took; `of` is the command."""
    started = time.monotonic()
    print(f"{of}: {text} ...", file=sys.stderr, flush=True)
    yield
    print(f"{of}: {text}: {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)


def call(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None,
         folder: Path | None = None) -> None:
    """Run a tool with its output in `log`; how our own Python is run (PYTHON...) is none of its business.

    Raises:
        BuildError: it failed; with the end of its output.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with log.open("ab") as file:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=file,
                              stderr=file, cwd=folder, env=ours | dict(environment or {}), check=False)
    if done.returncode:
        told = log.read_text(errors="replace").splitlines()[-_TOLD_LINES:]
        raise BuildError("\n".join([*told, f"{command[0]} ended with {done.returncode}; all it said: {log}"]))


def answer(command: Sequence[str | Path]) -> str:
    """What a tool prints. Raises BuildError when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def foreign_programs(arch: str) -> None:
    """Let the kernel run programs of `arch` by QEMU. It stays so: another build may count on it."""
    folder = Path("/proc/sys/fs/binfmt_misc")
    if arch == answer(["dpkg", "--print-architecture"]).strip():
        return
    if not (folder / "register").exists():
        answer(["mount", "-t", "binfmt_misc", "none", folder])
    if not (folder / "qemu-aarch64").exists():
        answer(["update-binfmts", "--enable", "qemu-aarch64"])
