"""A box that sees what it is told to: hands event records with pictures over as watch does, as a process.

Says at first how many events the journal has had. Then it reads numbers on standard input, one a line, hands
the events up to each over as fast as uplink takes them, again where it does not answer, and tells each once
it is durable. Event n gets seq 2 * n + 1, whoever makes it, since the first words of alarm and clock
come before and each has a picture; it is stamped n seconds after a given time. With `full` it has three,
scene and before as well, and twice as many numbers.

    python -m tests.e2e.writer RUNTIME_DIR BEGIN [BOX [full]]
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dev.trial_config import ROOT
from edge.base.clock import Stamp, boot_id
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S, Rect, Track
from edge.config.camera_model import RuleKind
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import Phase, Severity
from edge.contract.topics import Root
from edge.ipc.channels import WATCH_TO_UPLINK
from edge.ipc.records import RecordSink
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.glimpse import SceneShot
from edge.watch.evidence.record import Provenance, RecordMaker
from edge.watch.evidence.shot import Shot
from edge.watch.hit import Hit, HitPhase

V = TypeVar("V")
SIZE_PX = (1280, 720)
BEFORE = 2                  # records of the box itself: the state of its alarm and of its clock, told once


def event_id(number: int, begin: datetime) -> str:
    """A UUIDv7 of the time that event `number` is stamped with (RFC 9562, 5.7)."""
    ms = int((begin + timedelta(seconds=number)).timestamp() * 1000)
    return str(uuid.UUID(int=ms << 80 | 0x7 << 76 | 0b10 << 62 | number))


def draft(number: int, begin: datetime, full: bool = False) -> EventChange:
    """A person comes in: the first record of event `number`, with a picture of its own, or three."""
    now_ns = number * NS_PER_S
    rect = Rect(100.0, 200.0, 200.0, 500.0)
    track = Track(number, "person", 0.8, rect, now_ns - NS_PER_S, now_ns, True, ((now_ns, *rect.foot),))
    hit = Hit(number, HitPhase.BEGIN, "someone", RuleKind.ENTER, None,
              Severity.ALERT if number % 10 == 0 else Severity.INFO, track, rect, 1, now_ns, now_ns)
    shot = Shot(_pixels(number), rect, now_ns, float(number), False)
    scene, before = (SceneShot(_pixels(number + salt), (), None, now_ns, float(number), False)
                     for salt in (10**6, 2 * 10**6))
    made = EventChange("gate", event_id(number, begin), 0, Phase.NEW, hit, rect, float(number), now_ns,
                       SIZE_PX, shot)
    return replace(made, is_full=True, scene=scene, before=before) if full else made


def _pixels(number: int) -> npt.NDArray[np.uint8]:
    """Noise in blocks, like no other event's, of about ten kilobytes as a JPEG."""
    coarse = np.random.default_rng(number).integers(0, 256, (30, 20, 3), np.uint8)
    return np.kron(coarse, np.ones((10, 10, 1), np.uint8))


def retried(action: Callable[[], V]) -> V:
    """As watch's recorder does, for as long as it takes."""
    while True:
        try:
            return action()
        except RetryableError:
            time.sleep(0.05)


def main() -> None:
    runtime_dir, begin = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    root = Root(ROOT.ward, ROOT.group, sys.argv[3]) if sys.argv[3:] else ROOT
    full = "full" in sys.argv[4:]

    def stamp_at(mono_ns: int) -> Stamp:
        return Stamp(begin + timedelta(microseconds=mono_ns // 1000), mono_ns, boot_id(), True)

    maker = RecordMaker(Provenance(root, "0" * 16, "1" * 16), stamp_at, ThumbnailSettings(),
                        EvidenceSettings())
    sink = RecordSink(WATCH_TO_UPLINK.client(runtime_dir), answer_within_s=5.0)
    number = len(retried(sink.open_events))         # each event goes on, and no other was begun
    print("at", number, flush=True)
    for line in sys.stdin:
        while number < int(line):
            number += 1
            entry = maker.entry(draft(number, begin, full))
            retried(partial(sink.append_all, [entry]))
            print("stored", number, flush=True)
    sink.close()


if __name__ == "__main__":
    main()
