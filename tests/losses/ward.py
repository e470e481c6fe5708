"""The ward of a storm: its receiver as a process, on a disk of its own that can be filled and put back."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from dev.trial_config import ROOT
from tests.e2e.stage import Actor, surroundings

_DISK_MB = 192


class StormWard:
    """Everything lies in `folder`; the store on a small file system in memory. Root only."""

    def __init__(self, folder: Path, broker_port: int, ack_key: Path) -> None:
        folder.mkdir()
        self._folder, self.data, self._backup = folder, folder / "disk" / "store", folder / "backup"
        self._ballast = folder / "disk" / "ballast"
        self._port, self._key = broker_port, ack_key
        (folder / "disk").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "storm", folder / "disk"],
                       check=True)
        self._receiver: Actor | None = None
        self._said = 0                      # how long the log was when it was started last

    def start(self) -> None:
        command = [sys.executable, "-m", "ward.cli", "receive", "--ward", ROOT.ward, "--no-tls",
                   "--broker", f"127.0.0.1:{self._port}", "--data", str(self.data),
                   "--ack-key", str(self._key)]
        log = self._folder / "ward.log"
        self._said = len(log.read_text(encoding="utf-8")) if log.exists() else 0
        self._receiver = Actor("ward", command, log, surroundings(), None)

    def kill(self) -> None:
        if self._receiver is not None:
            self._receiver.kill()
            self._receiver = None

    @property
    def receives(self) -> bool:
        """Whether the lane of calls said last that it is connected."""
        if self._receiver is None or not self._receiver.running:
            return False
        said = [line for line in self._receiver.text[self._said:].splitlines() if "lane=calls" in line]
        return bool(said) and "broker connected" in said[-1]

    def calls(self) -> list[tuple[str, float]]:
        """Each record of an alarm that the store has, by its id, and when it came."""
        return [(f"{alarm_id}.{rev}", received_ms / 1000) for alarm_id, rev, received_ms in self._rows(
            "calls.db", "SELECT alarm_id, rev, received_ms FROM alarm_records")]

    def events(self) -> tuple[set[str], set[str]]:
        """Ids of all events in the store, and of those whose picture is verified."""
        return ({event_id for event_id, in self._rows("ward.db", "SELECT event_id FROM events")},
                {event_id for event_id, in self._rows(
                    "ward.db", "SELECT event_id FROM images WHERE state = 'verified'")})

    def stored_bytes(self) -> int:
        """Of all that the store has of records and pictures, each once."""
        return sum(size for size, in (
            *self._rows("ward.db", "SELECT json_bytes FROM records"),
            *self._rows("ward.db", "SELECT bytes FROM images"),
            *self._rows("calls.db", "SELECT length(envelope) FROM alarm_records")))

    def _rows(self, name: str, query: str) -> list[Any]:
        """Read beside the receiver; nothing while there is no such file yet, or it is put back."""
        try:
            with closing(sqlite3.connect(f"file:{self.data / name}?mode=ro", uri=True, timeout=1.0)) as db:
                return db.execute(query).fetchall()
        except sqlite3.Error:
            return []

    @property
    def ended_by_itself(self) -> bool:
        return self._receiver is not None and self._receiver.failed

    def back_up(self) -> None:
        """Keep the store as it is; the receiver does not run."""
        shutil.rmtree(self._backup, ignore_errors=True)
        shutil.copytree(self.data, self._backup)

    def restore(self) -> bool:
        """Put the store back to the last backup; False where there is none. The receiver does not run."""
        if not self._backup.exists():
            return False
        shutil.rmtree(self.data)
        shutil.copytree(self._backup, self.data)
        return True

    def fill_disk(self) -> None:
        """Leave no byte to whoever writes."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(65536))

    def empty_disk(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        subprocess.run(["umount", "-l", self._folder / "disk"], check=False)
