"""Entries as watch and guard make them, for tests of what uplink takes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from edge.base.clock import Stamp
from edge.contract.command import CommandResultData
from edge.contract.messages import (
    AlarmCause,
    AlarmData,
    AlarmMode,
    AlarmPhase,
    AlarmTimes,
    CameraState,
    EventData,
    Object,
    PanelData,
    PanelPhase,
    Phase,
    Role,
    Severity,
    Times,
    Who,
    to_json,
)
from edge.guard.alarm.records import alarm_entry, panel_entry
from edge.guard.commands.answers import RESULT_TYPE
from edge.health.records import health_entry
from edge.journal.entry import Entry, Picture, Rank
from tests.edge.journal.entries import ROOT

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
STAMP = Stamp(NOW, 7, "boot-1", True)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20


def event(event_id: str | None = None, camera: str = "gate", pictures: int = 1, **changes: Any) -> Entry:
    """A new event with so many pictures; `changes` of the entry."""
    event_id = event_id or str(uuid.uuid4())
    data = EventData(
        event_id=event_id, rev=0, phase=Phase.NEW, severity=Severity.INFO, camera=camera, rule="night",
        kind="enter", object=Object.model_validate({"class": "person", "score": 0.9, "rect": (0, 0, 1, 1)}),
        t=Times(first_seen=NOW, decided=NOW, mono_ns=7, boot_id="boot-1", clock_synchronised=True),
        model="m", config="c")
    shown = tuple(Picture(ROOT.image(event_id, 0, role), event_id, 0, JPEG, rank, role) for role, rank in (
        (Role.SUBJECT, Rank.IMAGE), (Role.SCENE, Rank.SCENE), (Role.BEFORE, Rank.BEFORE)))[:pictures]
    made = Entry(rank=Rank.NEW, topic=ROOT.event(camera, "enter"), type="edgebox.event.enter", subject=camera,
                 id=f"{event_id}.0", time="2026-03-01T08:00:00.000Z", mono_ns=7, boot_id="boot-1",
                 data=to_json(data), event_id=event_id, pictures=shown, ongoing=True)
    return replace(made, **changes)


def call(rev: int = 0, phase: AlarmPhase = AlarmPhase.RAISED, alarm_id: str = "a1") -> AlarmData:
    """What a button told."""
    times = AlarmTimes(at=NOW, mono_ns=7, boot_id="boot-1", clock_synchronised=True)
    return AlarmData(alarm_id=alarm_id, rev=rev, phase=phase, mode=AlarmMode.SIREN, t=times,
                     raised_by=Who(cause=AlarmCause.BUTTON, name="gate-button"))


def alarm(rev: int = 0, alarm_id: str = "a1") -> Entry:
    return alarm_entry(ROOT, call(rev, alarm_id=alarm_id))


def panel() -> Entry:
    return panel_entry(ROOT, PanelData(phase=PanelPhase.IDLE, armed=False, outputs={}, since=NOW), STAMP)


def health(camera: str = "gate", state: CameraState = CameraState.LOST) -> Entry:
    return health_entry(ROOT, camera, state, "why", STAMP)


def result() -> Entry:
    data = CommandResultData(name="siren", accepted=True, at=NOW, clock_synchronised=True)
    return Entry(rank=Rank.ANSWER, topic=ROOT.command_result, type=RESULT_TYPE, subject=ROOT.box,
                 id=str(uuid.uuid4()), time="2026-03-01T08:00:00.000Z", mono_ns=7, boot_id="boot-1",
                 data=to_json(data))
