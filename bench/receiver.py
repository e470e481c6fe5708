"""How many messages a second the ward's store takes, on the disk of this folder.

References in the same run: each picture synced for itself, file and folder, as it was until one sync served a
whole batch; and the least that is durable, one write and fsync a message.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import uuid6
from PIL import Image

from bench.result import Figure, Result
from edge.base import durable
from edge.contract.messages import Envelope, EventData, Object, Phase, Severity, Times, to_json
from edge.contract.messages import Image as ImageFacts
from edge.contract.topics import Root
from ward.store.intake import Arrival
from ward.store.pictures import PictureFolder, PictureName
from ward.store.writer import Store

BATCH = 64                  # as many as one turn of the receiver takes
LIVES, QUICK_LIVES = 400, 100
ROUNDS = 3
SIZE_PX = (200, 240)
TIMES_FASTER = 2.5
SLOW_DISK = 1000            # fsyncs a second: with more, it is not the disk that bounds
ROOT = Root("bench", "bench", "bench")


class SyncedOneByOne(PictureFolder):
    """Each picture is on disk when `write` returns: two fsyncs, one of the file and one of its folder."""

    def write(self, name: PictureName, jpeg: bytes, quarantined: bool) -> None:
        target = self.path(name, quarantined)
        target.parent.mkdir(parents=True, exist_ok=True)
        durable.write(target, jpeg)


def run(args: argparse.Namespace) -> Result:
    messages = _messages(QUICK_LIVES if args.quick else LIVES)
    ways: dict[str, Callable[[Path], float]] = {
        "bare": lambda folder: _bare(folder, messages),
        "one by one": lambda folder: _taken(folder, messages, SyncedOneByOne(folder)),
        "batch": lambda folder: _taken(folder, messages, PictureFolder(folder))}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    # Beside the repository, not in /tmp, which may be memory and then has no fsync to pay.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        for number in range(ROUNDS):            # in turns, since others use this disk as well
            for way, measured in ways.items():
                folder = Path(name) / f"{way}-{number}"
                folder.mkdir()
                rates[way].append(len(messages) / measured(folder))
    median = {way: statistics.median(values) for way, values in rates.items()}
    target = TIMES_FASTER * median["one by one"] if median["bare"] < SLOW_DISK else None
    return Result("receiver", (
        Figure("messages stored a second, median", median["batch"], "/s", better="higher",
               target=target, reference=median["one by one"],
               reference_name="each picture synced for itself"),
        Figure("the same as it was, median", median["one by one"], "/s", better="higher",
               reference=median["bare"], reference_name="bare write + fsync a message")), (
        f"{len(messages)} messages, a picture of {SIZE_PX[0]}x{SIZE_PX[1]} px to two records, in batches of "
        f"{BATCH}; {ROUNDS} rounds in turns",
        f"a target is held only where the disk does fewer than {SLOW_DISK} fsyncs a second, a bound of our "
        "own choice: with many more, syncs cost little and the CPU bounds both ways"))


def _taken(folder: Path, messages: Sequence[Arrival], pictures: PictureFolder) -> float:
    """The seconds that storing all of them takes."""
    with closing(Store(folder, ROOT.ward, pictures=pictures)) as store:
        began_s = time.monotonic()
        for start in range(0, len(messages), BATCH):
            store.take(messages[start:start + BATCH], datetime.now(UTC))
        return time.monotonic() - began_s


def _bare(folder: Path, messages: Sequence[Arrival]) -> float:
    began_s = time.monotonic()
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for message in messages:
        os.write(handle, message.payload)
        os.fsync(handle)
    os.close(handle)
    return time.monotonic() - began_s


def _messages(lives: int) -> list[Arrival]:
    """Whole lives of events: a record, its picture, its end."""
    dice = random.Random(1)
    made, seq = list[Arrival](), 0
    for _ in range(lives):
        event_id, jpeg = str(uuid6.uuid7()), noise_jpeg(dice)
        made += [_event(event_id, 0, Phase.NEW, seq + 1, jpeg), Arrival(ROOT.image(event_id, 0), jpeg),
                 _event(event_id, 1, Phase.END, seq + 2, None)]
        seq += 2
    return made


def noise_jpeg(dice: random.Random) -> bytes:
    """Of noise, as large as a thumbnail may be; each another one."""
    made = io.BytesIO()
    Image.frombytes("L", SIZE_PX, dice.randbytes(SIZE_PX[0] * SIZE_PX[1])).save(made, "JPEG", quality=60)
    return made.getvalue()


def _event(event_id: str, rev: int, phase: Phase, seq: int, jpeg: bytes | None) -> Arrival:
    now = datetime.now(UTC)
    image = None if jpeg is None else ImageFacts(
        topic=ROOT.image(event_id, rev), sha256=sha256(jpeg).hexdigest(), width=SIZE_PX[0], height=SIZE_PX[1],
        bytes=len(jpeg), masked=False)
    data = EventData(
        event_id=event_id, rev=rev, phase=phase, severity=Severity.INFO, camera="gate", rule="enter",
        kind="enter", object=Object(label="person", score=0.8, rect=(0.1, 0.1, 0.2, 0.4)),
        t=Times(first_seen=now, decided=now, mono_ns=1, boot_id="bench", clock_synchronised=True),
        image=image, model="0123456789abcdef", config="fedcba9876543210")
    envelope = Envelope(id=f"{event_id}.{rev}", source=ROOT.source, type="edgebox.event.enter", time=now,
                        seq=seq, data=data.model_dump(mode="json", by_alias=True, exclude_none=True))
    return Arrival(ROOT.event("gate", "enter"), to_json(envelope).encode())
