"""The self-test at the end of first boot: a program of its own, whose result is kept and reported.

It leaves `{"checks": [{"kind": "camera", "name": "gate", "state": "bad", "text": "..."}, ...]}`
(edge/upkeep/doctor). What it finds keeps no box from being provisioned: a siren must not wait for a camera.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable
from edge.base.redact import printable
from edge.base.supervisor import beat
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.files import disk_faults

log = logging.getLogger("firstboot")

LIMIT_S = 180.0
_MAX_BYTES = 256 * 1024
BAD = "bad"
_FAULTS = {"camera": SetupFault.BAD_CAMERA,
           "siren": SetupFault.NO_SIREN_ANSWER}      # any other kind: SELF_TEST
_NOT_RUN = b'{"checks": []}\n'
_POLL_S = 0.2
_TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class SelfTestProgram:
    """`command` leaves JSON at `result`; () where there is none to be done."""

    command: tuple[str, ...]
    result: Path

    def run(self, stop: threading.Event) -> bytes:
        """What it found; or that it did not get so far. Raises FirstbootError."""
        if not self.command:
            return _NOT_RUN
        with disk_faults(self.result):
            self.result.unlink(missing_ok=True)
        try:
            ended = _ended(self.command, stop)
        except OSError as exc:
            return _broken(f"cannot be started: {exc.strerror}")
        if not ended:
            return _broken(f"has not ended within {LIMIT_S:.0f} s")
        with disk_faults(self.result):
            said = durable.read(self.result, _MAX_BYTES) if self.result.exists() else b""
        return said if _checks(said) is not None else _broken("said nothing that can be read")

    def fault(self, result: Path) -> tuple[SetupFault | None, str]:
        """The worst of what is kept at `result`, and its text; None for a good box."""
        with disk_faults(result):
            checks = (_checks(durable.read(result, _MAX_BYTES)) or []) if result.exists() else []
        for kind, fault in (*_FAULTS.items(), ("", SetupFault.SELF_TEST)):
            for check in checks:
                if check.get("state") == BAD and kind in ("", check.get("kind")):
                    return fault, _line(check)
        return None, ""


def _ended(command: tuple[str, ...], stop: threading.Event) -> bool:
    """Whether it came to its own end, before `LIMIT_S` and before `stop`."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline_s = time.monotonic() + LIMIT_S
        while True:
            try:
                process.wait(_POLL_S)
                return True
            except subprocess.TimeoutExpired:
                beat()
                if stop.is_set() or time.monotonic() > deadline_s:
                    process.kill()
                    return False


def _checks(raw: bytes) -> list[dict[str, object]] | None:
    try:
        checks = json.loads(raw)["checks"]
    except (ValueError, KeyError, TypeError):
        return None
    return [check for check in checks if isinstance(check, dict)] if isinstance(checks, list) else None


def _broken(text: str) -> bytes:
    log.warning("self-test: error=\"%s\"", text)
    return json.dumps({"checks": [{"kind": "self-test", "name": "", "state": BAD,
                                   "text": f"the self-test {text}"}]}).encode()


def _line(check: dict[str, object]) -> str:
    return ": ".join(_words(check, "kind", "name", "text"))[:_TEXT_CHARS]


def _words(check: dict[str, object], *keys: str) -> Iterator[str]:
    for key in keys:
        text = check.get(key)
        if isinstance(text, str) and text:
            yield printable(text)
