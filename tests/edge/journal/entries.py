"""Entries for tests, and a process that appends them."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from edge.contract.messages import Role
from edge.contract.topics import Root
from edge.journal.entry import Entry, Picture, Rank
from edge.journal.store import Journal

ROOT = Root("ward-1", "group-1", "box-1")
MIB = 1024 * 1024
VIEWS = {Role.SCENE: Rank.SCENE, Role.BEFORE: Rank.BEFORE}


def picture_of(number: int, size_bytes: int = 3000) -> bytes:
    """Different for every number, so that a swapped one shows."""
    return (b"\xff\xd8%08d" % number) * (size_bytes // 10)


def make_entry(number: int, rank: Rank = Rank.NEW, picture_bytes: int = 0, *, pad: int = 0,
               picture_rank: Rank = Rank.IMAGE, rev: int = 0, ongoing: bool | None = None,
               views_bytes: int = 0) -> Entry:
    """With a subject of `picture_bytes`, and a scene and a before of `views_bytes` each."""
    event_id = f"event-{number:06d}"
    topic = ROOT.image(event_id, 0)
    pictures = [Picture(topic, event_id, 0, picture_of(number, picture_bytes),
                        picture_rank)] if picture_bytes else []
    view = picture_of(number, views_bytes)
    pictures += [Picture(f"{topic}/{role.value}", event_id, 0, view, view_rank, role)
                 for role, view_rank in VIEWS.items() if view]
    data = json.dumps({"event_id": event_id, "rev": rev, "rule": "night", "severity": "alert",
                       "pad": "x" * pad})
    return Entry(
        rank=rank, topic=ROOT.event("gate", "enter"), type="edgebox.event.enter", subject="gate",
        id=f"{event_id}.{rev}", time="2026-03-01T08:00:00.000Z", mono_ns=time.monotonic_ns(),
        boot_id="boot-1", data=data, event_id=event_id, rev=rev, pictures=tuple(pictures), ongoing=ongoing)


def make_state(number: int, camera: str = "gate") -> Entry:
    """A camera's state, retained; different for every number."""
    return Entry(
        rank=Rank.HEALTH, topic=ROOT.health(camera), type="edgebox.camera.health", subject=camera,
        id=f"{camera}.{number}", time=f"2026-03-01T08:00:00.{number % 1000:03d}Z",
        mono_ns=time.monotonic_ns(), boot_id="boot-1", data=json.dumps({"number": number}), retain=True)


def append_up_to(path: Path, last: int, every_s: float, picture_bytes: int) -> None:
    """Append until `last` is given, telling each seq on standard output once it is durable.

    An entry and its picture take two numbers, so a restart goes on where the journal stands.
    """
    journal = Journal.open(path, 64 * MIB)
    print("open", flush=True)
    while (number := journal.last_seq() // 2 + 1) <= last:
        entry = make_entry(number, picture_bytes=picture_bytes, ongoing=True)
        print(journal.append(replace(entry, id=f"{entry.id}.{os.getpid()}")), flush=True)
        time.sleep(every_s)
    journal.close()


if __name__ == "__main__":
    append_up_to(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
