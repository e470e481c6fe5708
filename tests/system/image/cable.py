"""A cable to the machine that boots; at its other end stands a telephone that asks by the network."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.system.box.disks import call

BOX, TELEPHONE = "10.219.0.2", "10.219.0.1"
_ASK = Path(__file__).with_name("ask.py")
_numbers = itertools.count(1)


class Cable:
    """A network namespace that holds nothing but the cable's end; QEMU starts in it. Needs root."""

    def __init__(self) -> None:
        self._name = f"edgebox-{os.getpid()}-cable{next(_numbers)}"
        call("ip", "netns", "add", self._name)
        call(*self.inside, "ip", "tuntap", "add", "dev", "tap0", "mode", "tap")
        call(*self.inside, "ip", "address", "add", f"{TELEPHONE}/24", "dev", "tap0")
        for link in ("lo", "tap0"):
            call(*self.inside, "ip", "link", "set", link, "up")

    @property
    def inside(self) -> tuple[str, ...]:
        """Before a command that is to run at this end."""
        return "ip", "netns", "exec", self._name

    def ask(self, *words: str, timeout_s: float) -> Any:
        """What `ask.py` finds out over the network."""
        told = subprocess.run([*self.inside, sys.executable, str(_ASK), *words], check=True,
                              capture_output=True, text=True, timeout=timeout_s)
        return json.loads(told.stdout)

    def close(self) -> None:
        call("ip", "netns", "delete", self._name)


@contextlib.contextmanager
def laid_cable() -> Iterator[Cable]:
    cable = Cable()
    try:
        yield cable
    finally:
        cable.close()
