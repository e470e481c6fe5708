"""Everything that `edgebox status` tells, gathered without touching what runs: no pin, no camera, no lock."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from edge import __version__
from edge.base import clock
from edge.base.findings import Finding
from edge.config.folders import runtime_folder, state_folder
from edge.config.load import Config
from edge.config.model import EdgeSettings
from edge.contract.findings import findings_of
from edge.contract.lessons import LessonsData
from edge.health import last_result, power, rules
from edge.health.link import guard_runs, read_link, uplink_runs
from edge.health.records import state_in
from edge.health.reference_file import summary
from edge.health.system import System
from edge.health.wear import acks, certificates, disks, journal
from edge.ipc.channels import Program
from edge.journal.entry import Present
from edge.journal.look import JournalSnapshot
from edge.upkeep.status.units import Unit, units


@dataclass(frozen=True, slots=True)
class LastReport:
    """One camera, or the last event: what was said of it last, and when."""

    name: str
    state: str
    since: str
    detail: str


@dataclass(frozen=True, slots=True)
class Status:
    """One moment of a box. Times are RFC 3339, UTC."""

    box: str
    title: str
    firmware: str
    config: str
    up_s: float
    at: str
    clock_synchronised: bool
    provisioned: bool
    units: tuple[Unit, ...]                 # empty without systemd
    guard_runs: bool
    ward_up: bool | None                    # None: no uplink runs
    ward_since: str
    queue: Mapping[str, int]                # records that are owed, by rank
    pictures: int
    counters: Mapping[str, int]
    cameras: tuple[LastReport, ...]
    views: Mapping[str, str]                # of each camera: confirmed, unconfirmed, unknown
    last_event: LastReport | None
    lessons: tuple[Mapping[str, object], ...]   # what the ward has taught, as guard published it last
    camera_alarm: bool                      # any rule may raise an alarm
    alarm: Mapping[str, object]             # PanelData as the alarm published it last; empty before
    faults: tuple[Finding, ...]             # that the alarm found
    outputs: Mapping[str, str]              # the kind of each, by its name
    upkeep: tuple[Finding, ...]             # certificates, disk, journal, acks, power, heat
    doctor: Mapping[str, object]            # of the last self-test: at, verdict, bad, warn; empty before
    unseen: tuple[str, ...]                 # folders that this user may not look into

    @property
    def is_guard_dead(self) -> bool:
        """What was told of alarm, outputs and inputs is of another time, and no button works."""
        return not self.guard_runs and not self.unseen

    @property
    def is_watch_dead(self) -> bool:
        """As systemd has it; without it nobody knows, and what was told of cameras stands."""
        return any(unit.name == "edgebox-watch" and not unit.is_up for unit in self.units)


def gather(config: Config, system: System) -> Status:
    settings = config.settings
    box, now = settings.box, datetime.now(UTC)
    seen, of_journal = journal(settings)
    present: Mapping[str, Present] = seen.present if seen else {}
    root = box.root
    own = box.runtime_dir / Program.UPLINK
    link = read_link(own) if uplink_runs(own) else None
    return Status(
        box=f"{box.ward}/{box.group}/{box.id}", title=box.title or box.id, firmware=__version__,
        config=config.short_hash, up_s=_up_s(), at=now.isoformat(timespec="seconds"),
        clock_synchronised=clock.clock_synchronised(),
        provisioned=(box.state_dir / "provisioned").exists(),
        units=tuple(units()), guard_runs=guard_runs(box.runtime_dir / Program.GUARD),
        ward_up=link.up if link else None, ward_since=link.since if link else "",
        queue=seen.by_rank if seen else {}, pictures=seen.pictures if seen else 0,
        counters=seen.counters if seen else {},
        cameras=tuple(_camera(name, present.get(root.health(name))) for name in settings.cameras),
        views={name: _view(settings, name) for name in settings.cameras},
        last_event=_event(seen), lessons=_lessons(present.get(root.lessons), now),
        camera_alarm=settings.may_cameras_raise,
        alarm=(panel := _data(present.get(root.panel))), faults=findings_of(panel),
        outputs={name: it.kind.value for name, it in settings.outputs.items()},
        upkeep=(*certificates(settings, now), *disks(settings.box.state_dir, system), of_journal,
                *acks(settings, seen, now), *rules.board(power.read(system))),
        doctor=_tested(settings), unseen=tuple(map(str, _unseen(settings))))


def _unseen(settings: EdgeSettings) -> Iterator[Path]:
    for folder in (state_folder(settings, Program.UPLINK), runtime_folder(settings, Program.GUARD),
                   runtime_folder(settings, Program.UPLINK)):
        if os.access(folder, os.F_OK) and not os.access(folder, os.R_OK | os.X_OK):
            yield folder


def _camera(name: str, present: Present | None) -> LastReport:
    said = _data(present)
    return LastReport(name, state_in(said), str(said.get("since", "")), str(said.get("detail", "")))


def _view(settings: EdgeSettings, name: str) -> str:
    known = summary(state_folder(settings, Program.WATCH), name)
    if known is None:
        return "unknown"
    return "confirmed" if known.is_confirmed else "unconfirmed"


def _event(seen: JournalSnapshot | None) -> LastReport | None:
    """Camera, rule and what was seen; who it is about is nobody's business here."""
    if seen is None or seen.last_event is None:
        return None
    said = _data(seen.last_event)
    about = said.get("object")
    label = about.get("class", "") if isinstance(about, dict) else ""
    return LastReport(f"{said.get('camera', '')}/{said.get('rule', '')}", str(said.get("phase", "")),
                      seen.last_event.time, str(label))


def _lessons(present: Present | None, now: datetime) -> tuple[Mapping[str, object], ...]:
    """Those that still hold; none where they cannot be read, as of another release."""
    try:
        told = LessonsData.model_validate(_data(present)).lessons
    except ValidationError:
        return ()
    return tuple(lesson.model_dump(mode="json", by_alias=True) for lesson in told if now < lesson.until)


def _data(present: Present | None) -> dict[str, object]:
    found = {} if present is None else json.loads(present.data)
    return found if isinstance(found, dict) else {}


def _tested(settings: EdgeSettings) -> dict[str, object]:
    summary = last_result.summary(settings.box.state_dir)
    return {} if summary is None else summary.model_dump(mode="json")


def _up_s() -> float:
    try:
        return float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
