"""The service manager's ear: a NOTIFY_SOCKET that keeps what a process says to it."""

from __future__ import annotations

import socket
import threading
import uuid
from pathlib import Path

# systemd-python is a library of the system's; this is the one call of it that we use, after sd_notify(3).
_DAEMON = '''\
import os
import socket


def notify(message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(message.encode(), os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
'''


class Ear:
    """`environment` is for one process; `lines` is what it has said, in order."""

    def __init__(self, folder: Path, watchdog_s: float) -> None:
        package = folder / "library" / "systemd"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "daemon.py").write_text(_DAEMON)
        name = f"edgebox-{uuid.uuid4()}"
        self.lines: list[str] = []
        self.environment = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": str(round(watchdog_s * 1e6))}
        self.library = folder / "library"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{name}")
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def ready(self) -> bool:
        return "READY=1" in self.lines

    @property
    def status(self) -> str:
        """What `systemctl status` would show now."""
        told = [line.removeprefix("STATUS=") for line in self.lines if line.startswith("STATUS=")]
        return told[-1] if told else ""

    @property
    def meals(self) -> int:
        """How often the watchdog was fed."""
        return self.lines.count("WATCHDOG=1")

    def _listen(self) -> None:
        while True:
            self.lines += self._socket.recv(65536).decode().splitlines()
