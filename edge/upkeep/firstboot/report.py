"""report.json on the card: what became of the bundle, for whoever puts the card into a laptop.

docs/first-boot.md says what each field means. It holds no secret: neither code nor key, password or address.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from edge import __version__
from edge.base import durable
from edge.base.words import LANGUAGES, Words
from edge.contract.messages import rfc3339
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.signals import PATTERNS

log = logging.getLogger("firstboot")

FORMAT = "edgebox-report/1"


class SetupState(StrEnum):
    WORKING = "working"
    WAITING = "waiting"             # a fault that may pass by itself: tried again
    STOPPED = "stopped"             # a fault that somebody has to mend
    PROVISIONED = "provisioned"     # perhaps with a fault that the self-test found


@dataclass(frozen=True, slots=True)
class Report:
    """What is told. Frozen: each change makes another."""

    state: SetupState = SetupState.WORKING
    box: str = ""                   # {ward}.{group}.{box}, once a bundle was believed
    step: str = ""                  # under way, or where it stopped
    fault: SetupFault | None = None
    text: str = ""                  # of the fault: one line with the names of things
    clock_synchronised: bool = False
    clock_set_forward_from: str = ""
    certificate_until: str = ""
    self_test: Mapping[str, object] = field(default_factory=dict)

    def document(self, now: datetime) -> dict[str, object]:
        """The report as it lies on the card."""
        filled = {key: value for key, value in asdict(self).items() if value or isinstance(value, bool)}
        if self.fault is not None:
            pattern = PATTERNS[self.fault]
            filled |= {"flashes": {"long": pattern.long, "short": pattern.short},
                     **{language: fault_text(self.fault, language) for language in LANGUAGES}}
        return {"format": FORMAT, "firmware": __version__, "updated": rfc3339(now), **filled}


def fault_text(fault: SetupFault, language: str) -> str:
    """What a technician reads of `fault`: what it is, and what to do."""
    return Words(language, "edge.upkeep.firstboot.firstboot")(f"fault-{fault}")


class ReportFile:
    """Written only when something has changed: a card wears."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Report | None = None

    def write(self, report: Report, now: datetime) -> None:
        """Write `report` if it is new. A full or missing card is logged and tried at the next change."""
        if report == self._written:
            return
        raw = json.dumps(report.document(now), ensure_ascii=False, indent=1).encode() + b"\n"
        try:
            durable.write(self._path, raw, None)
            self._written = replace(report)
        except OSError as exc:
            log.warning("report not written: path=%s error=\"%s\"", self._path, exc.strerror)
