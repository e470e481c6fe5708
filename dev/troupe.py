"""A few processes started together, watched together, and ended in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

_STOP_S = 15.0
_READY_S = 30.0


_PR_SET_PDEATHSIG = 1         # <sys/prctl.h>
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    """End, in the child, when the one that started us is killed, who then cannot end us."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Troupe:
    """Processes of this environment's python, each with its log file. Ends them in reverse order.

    `command` is who starts them, for what is said when one of them fails.
    """

    def __init__(self, folder: Path, command: str) -> None:
        self._folder, self._command = folder, command
        self._cast: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Troupe:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None,
                 trace: TracebackType | None) -> None:
        # A second Ctrl-C would leave those behind that were not asked yet: they have sessions of their own.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for name in reversed(self._cast):
            self.stop(name)
        for reader in self._readers:
            reader.join(timeout=2)

    def start(self, name: str, module_and_arguments: list[str], *, ready: str | None = None,
              on_line: Callable[[str], None] | None = None, errors_too: bool = False,
              environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Run `python -m MODULE ARGS...`; with `ready`, wait until its log holds that text.

        Output and errors go to NAME.log; output, with `errors_too` errors as well, also line by line to
        `on_line`. The process has a session of its own, so that Ctrl-C reaches it through us, in our order.
        """
        path = self._folder / f"{name}.log"
        log = path.open("w", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments], text=True, bufsize=1,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors_too else log, start_new_session=True,
            preexec_fn=_die_with_parent, env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})})
        self._cast[name] = process

        def read() -> None:
            assert process.stdout is not None
            with log:
                for line in process.stdout:
                    log.write(line)
                    log.flush()
                    if on_line is not None:
                        on_line(line.rstrip("\n"))

        reader = threading.Thread(target=read, name=f"read-{name}", daemon=True)
        reader.start()
        self._readers.append(reader)
        if ready is not None and not self.wait_for(lambda: ready in path.read_text("utf-8"), _READY_S):
            raise SystemExit(f"{self._command}: {name} did not start; see {path}")
        return process

    def stop(self, name: str) -> None:
        """Ask it to end, and after a while make it."""
        process = self._cast[name]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_for(self, done: Callable[[], bool], limit_s: float = float("inf")) -> bool:
        """Wait until `done()`, or `limit_s` (then False). A process that died by itself ends all."""
        until_s = time.monotonic() + limit_s
        while not done():
            dead = [name for name, process in self._cast.items()
                    if process.poll() is not None and process.returncode != 0]
            if dead:
                code = self._cast[dead[0]].returncode
                raise SystemExit(f"{self._command}: {dead[0]} ended with exit code {code}; "
                                 f"see {self._folder}/{dead[0]}.log")
            if time.monotonic() > until_s:
                return False
            time.sleep(0.1)
        return True
