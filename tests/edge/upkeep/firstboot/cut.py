"""Runs `edgebox` in processes of its own, and cuts their power: SIGKILL right before the n-th effect.

An effect is whatever Python announces to audit hooks (PEP 578): a file opened, renamed or removed, a folder
made, a program started, a connection opened. Nothing in the product knows of it. The modules are imported
once and each run is a fork, so that a hundred cuts take seconds.

Reads lines of JSON: {"arguments": [...], "environment": {...}, "root": "...", "cut_at": 17 or null}; answers
with lines of JSON: {"status": what waitpid told, "effects": how many there were, "said": "..."}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from typing import Any

import edge.commands.firstboot  # imported before the fork
import edge.commands.renew  # noqa: F401
from edge.cli import main

_EFFECTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "subprocess.Popen",
            "socket.connect")


class Counter:
    """Counts effects; ends the process at the one that was asked for."""

    def __init__(self, root: str, cut_at: int | None, told: int) -> None:
        self._root, self._cut_at, self._told = root, cut_at, told
        self.count = 0

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event not in _EFFECTS and not (event == "open" and self._is_ours(*given)):
            return
        self.count += 1
        os.pwrite(self._told, b"%8d" % self.count, 0)
        if self.count == self._cut_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_ours(self, path: object, mode: object, flags: int) -> bool:
        """Opened to be written, below the box's folder."""
        return bool(flags & (os.O_WRONLY | os.O_RDWR)) and str(path).startswith(self._root)


def run(order: dict[str, Any]) -> dict[str, object]:
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            os.environ.update(order["environment"])
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            sys.addaudithook(Counter(order["root"], order["cut_at"], told.fileno()))
            code = main(order["arguments"])
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        told.seek(0)
        return {"status": status, "effects": int(told.read() or 0), "said": said.read().decode()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
