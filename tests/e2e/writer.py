"""A box that sees what it is told to: appends event records with pictures as watch does, as a process.

Says at first which seq the journal stands at. Then it reads numbers on standard input, one a line,
appends the events up to each as fast as it goes, and tells the seq of each once it is durable. Event n
gets seq n + 1, whoever makes it, since guard's first word of its alarm comes before; it is stamped n seconds
after a given time.
"""

from __future__ import annotations

import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dev.trial_config import ROOT
from edge.base.clock import Stamp, boot_id
from edge.base.values import NS_PER_S, Rect, Track
from edge.config.camera_model import RuleKind
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import Phase, Severity
from edge.journal.store import Journal
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.record import Provenance, RecordMaker
from edge.watch.evidence.shot import Shot
from edge.watch.hit import Hit, HitPhase
from tests.e2e.stage import MIB

SIZE_PX = (1280, 720)
BEFORE = 1                  # records of the box itself: the state of its alarm, told once


def event_id(number: int, begin: datetime) -> str:
    """A UUIDv7 of the time that event `number` is stamped with (RFC 9562, 5.7)."""
    ms = int((begin + timedelta(seconds=number)).timestamp() * 1000)
    return str(uuid.UUID(int=ms << 80 | 0x7 << 76 | 0b10 << 62 | number))


def draft(number: int, begin: datetime) -> EventChange:
    """A person comes in: the first record of event `number`, with a picture of its own."""
    now_ns = number * NS_PER_S
    rect = Rect(100.0, 200.0, 200.0, 500.0)
    track = Track(number, "person", 0.8, rect, now_ns - NS_PER_S, now_ns, True, ((now_ns, *rect.foot),))
    hit = Hit(number, HitPhase.BEGIN, "someone", RuleKind.ENTER, None,
              Severity.ALERT if number % 10 == 0 else Severity.INFO, track, rect, 1, now_ns, now_ns)
    shot = Shot(_pixels(number), rect, now_ns, float(number), False)
    return EventChange("gate", event_id(number, begin), 0, Phase.NEW, hit, rect, float(number), now_ns,
                       SIZE_PX,
                 shot)


def _pixels(number: int) -> npt.NDArray[np.uint8]:
    """Noise in blocks, like no other event's, of about ten kilobytes as a JPEG."""
    coarse = np.random.default_rng(number).integers(0, 256, (30, 20, 3), np.uint8)
    return np.kron(coarse, np.ones((10, 10, 1), np.uint8))


def main() -> None:
    path, begin = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])

    def stamp_at(mono_ns: int) -> Stamp:
        return Stamp(begin + timedelta(microseconds=mono_ns // 1000), mono_ns, boot_id(), True)

    maker = RecordMaker(Provenance(ROOT, "0" * 16, "1" * 16), stamp_at, ThumbnailSettings(),
                        EvidenceSettings())
    journal = Journal.open(path, 64 * MIB)
    number = journal.last_seq() - BEFORE
    print("at", number + BEFORE, flush=True)
    for line in sys.stdin:
        while number < int(line):
            number += 1
            print("stored", journal.append(maker.entry(draft(number, begin))), flush=True)
    journal.close()


if __name__ == "__main__":
    main()
