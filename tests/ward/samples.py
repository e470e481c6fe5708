"""Messages as a box sends them, built from the contract's own types."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import uuid6
from PIL import Image as PillowImage

from edge.base.findings import Finding
from edge.contract.command import CommandResultData
from edge.contract.findings import finding_data
from edge.contract.messages import (
    AlarmCause,
    AlarmData,
    AlarmMode,
    AlarmPhase,
    AlarmTimes,
    BirthData,
    CameraState,
    Ending,
    Envelope,
    EventData,
    EventPicture,
    HealthData,
    Image,
    Message,
    MetricsData,
    Object,
    PanelData,
    PanelPhase,
    Phase,
    Role,
    SelfTestSummary,
    Severity,
    StatusData,
    TimeData,
    Times,
    TombstoneData,
    Who,
    to_json,
)
from edge.contract.topics import Root
from ward.store.intake import Arrival

NOW = datetime(2026, 11, 23, 3, 20, 0, tzinfo=UTC)
WARD = "phan-dinh-phung"
SIZES = {Role.SUBJECT: (480, 640), Role.SCENE: (640, 360), Role.BEFORE: (640, 360)}


def jpeg_of(size: tuple[int, int], mark: bytes = b"") -> bytes:
    """A small gray JPEG; with another `mark`, other bytes that look the same."""
    made = io.BytesIO()
    PillowImage.new("L", size, 90).save(made, "JPEG", quality=20)
    return made.getvalue()[:-2] + mark + b"\xff\xd9"


JPEG = jpeg_of((120, 160))
THREE = {role: jpeg_of(SIZES[role], role.encode()) for role in Role}
BEFORE_S = 1.2


@cache
def size_of(jpeg: bytes) -> tuple[int, int]:
    with PillowImage.open(io.BytesIO(jpeg)) as picture:
        return picture.size


def new_event_id() -> str:
    return str(uuid6.uuid7())


@dataclass
class Box:
    """A box with a journal's counter. Its messages are given a fresh `seq` in order of making."""

    name: str = "hop-1"
    group: str = "to-12"
    ward: str = WARD
    boot_id: str = "boot-a"
    seq: int = 0
    epoch: str | None = None      # with one, pictures have numbers of their own, after that of their record
    root: Root = field(init=False)

    def __post_init__(self) -> None:
        self.root = Root(self.ward, self.group, self.name)

    @property
    def key(self) -> str:
        return f"{self.group}/{self.name}"

    def record(self, topic: str, kind: str, data: Message, time: datetime = NOW, *, id: str | None = None,
               numbered: bool = True, historical: bool = False) -> Arrival:
        if numbered:
            self.seq += 1
        envelope = Envelope(
            id=id or new_event_id(), source=self.root.source, type=kind, time=time,
            seq=self.seq if numbered else None, epoch=self.epoch if numbered else None,
            historical=historical, data=data.model_dump(mode="json", by_alias=True, exclude_none=True))
        return Arrival(topic, to_json(envelope).encode())

    def event(self, event_id: str, rev: int = 0, phase: Phase = Phase.NEW, *, jpeg: bytes | None = None,
              camera: str = "cong-truoc", kind: str = "enter", label: str = "person", count: int = 1,
              severity: Severity = Severity.INFO, time: datetime = NOW, synchronised: bool = True,
              historical: bool = False, rule: str = "vao-san", zone: str | None = "san", score: float = 0.87,
              rect: tuple[float, float, float, float] = (0.4, 0.3, 0.5, 0.7),
              path: Sequence[tuple[float, float]] = ((0.2, 0.8), (0.45, 0.7)), masked: bool = False,
              image_rev: int | None = None, pictures: Mapping[Role, bytes] | None = None,
              ended: Ending | None = None, riders: int | None = None) -> Arrival:
        """With `jpeg` a thumbnail; with `pictures` one of each role, as a rule that asks for them gets."""
        told, image = rev if image_rev is None else image_rev, None
        full = tuple(self.told(event_id, told, role, shown, time, masked, self._picture_seq(number))
                     for number, (role, shown) in enumerate((pictures or {}).items()))
        if pictures and Role.SUBJECT in pictures:
            jpeg = pictures[Role.SUBJECT]
        if jpeg is not None:
            width, height = size_of(jpeg)
            image = Image(topic=self.root.image(event_id, told), sha256=hashlib.sha256(jpeg).hexdigest(),
                          width=width, height=height, bytes=len(jpeg), masked=masked,
                          seq=next((it.seq for it in full if it.role is Role.SUBJECT),
                                   self._picture_seq(len(full))))
        data = EventData(
            event_id=event_id, rev=rev, phase=phase, severity=severity, camera=camera, rule=rule, kind=kind,
            zone=zone, object=Object(track=7, label=label, score=score, rect=rect, path=tuple(path),
                                     count=count, riders=riders),
            t=Times(first_seen=time - timedelta(seconds=2), decided=time, mono_ns=5, boot_id=self.boot_id,
                    clock_synchronised=synchronised),
            image=image, pictures=full, ended=ended, model="0123456789abcdef", config="fedcba9876543210")
        made = self.record(self.root.event(camera, kind), f"edgebox.event.{kind}", data, time,
                           id=f"{event_id}.{rev}", historical=historical)
        if self.epoch is not None:
            self.seq += len(full) or int(image is not None)
        return made

    def _picture_seq(self, number: int) -> int | None:
        """Of the first, second... picture of the record that is being made."""
        return None if self.epoch is None else self.seq + 2 + number

    def told(self, event_id: str, rev: int, role: Role, jpeg: bytes, time: datetime,
             masked: bool = False, seq: int | None = None) -> EventPicture:
        """What a record tells of one picture: others pixelated, `before` so much earlier than the rest."""
        ago_s = BEFORE_S if role is Role.BEFORE else 0.0
        width, height = size_of(jpeg)
        return EventPicture(
            role=role, topic=self.root.image(event_id, rev, role), width=width, height=height,
            sha256=hashlib.sha256(jpeg).hexdigest(), bytes=len(jpeg), media_s=100.0 - ago_s,
            at=time - timedelta(seconds=ago_s), masked=masked, pixelated=role is not Role.SUBJECT,
            seq=seq)

    def picture(self, event_id: str, rev: int = 0, jpeg: bytes = JPEG, role: Role = Role.SUBJECT) -> Arrival:
        return Arrival(self.root.image(event_id, rev, role), jpeg)

    def pictures(self, event_id: str, rev: int = 0, pictures: Mapping[Role, bytes] = THREE) -> list[Arrival]:
        return [self.picture(event_id, rev, jpeg, role) for role, jpeg in pictures.items()]

    def birth(self, time: datetime = NOW, *, id: str | None = None, seq: int | None = None,
              doctor: SelfTestSummary | None = None, title: str | None = None,
              oldest: int | None = None) -> Arrival:
        data = BirthData(firmware="0.1.0", model="0123456789abcdef", config="fedcba9876543210",
                         cameras=("cong-truoc", "bai-xe"), boot_id=self.boot_id,
                         seq=self.seq if seq is None else seq, doctor=doctor, title=title,
                         epoch=self.epoch, oldest_seq=oldest)
        return self.record(self.root.topic("birth"), "edgebox.birth", data, time, id=id, numbered=False)

    def status(self, state: str, boot_id: str | None = None) -> Arrival:
        data = StatusData.model_validate({"state": state, "boot_id": boot_id or self.boot_id})
        return self.record(self.root.topic("status"), "edgebox.status", data, numbered=False)

    def health(self, camera: str = "cong-truoc", state: CameraState = CameraState.OK, time: datetime = NOW,
               detail: str = "", numbered: bool = True) -> Arrival:
        data = HealthData(camera=camera, state=state.plain, exact=state, since=time, detail=detail)
        return self.record(self.root.health(camera), "edgebox.health", data, time, numbered=numbered)

    def tombstone(self, *runs: tuple[int, int], of: str = "event", event_id: str | None = None,
                  why: str = "full") -> Arrival:
        """Of runs of numbers, both ends included."""
        data = TombstoneData.model_validate({"why": why, "shed": [
            {"first_seq": first, "last_seq": last, "of": of, "event_id": event_id, "sha256": "0" * 64}
            for first, last in runs]})
        return self.record(self.root.tombstone, "edgebox.tombstone", data)

    def time(self, from_mono_ns: int, offset_ms: int = 0, *, state: str = "synchronised",
             bound_ms: int | None = None) -> Arrival:
        data = TimeData.model_validate({"boot_id": self.boot_id, "state": state, "from_mono_ns": from_mono_ns,
                                        "offset_ms": offset_ms, "bound_ms": bound_ms})
        return self.record(self.root.time, "edgebox.time", data)

    def metrics(self, **counters: int) -> Arrival:
        data = MetricsData(counters=counters, gauges={"temperature_c": 51.5, "disk_free_ratio": 0.62})
        return self.record(self.root.topic("metrics"), "edgebox.metrics", data, numbered=False)

    def alarm(self, alarm_id: str, rev: int = 0, phase: AlarmPhase = AlarmPhase.RAISED, *,
              mode: AlarmMode = AlarmMode.SIREN, cause: AlarmCause = AlarmCause.MEMBER,
              name: str = "Lan, số 14", by: Who | None = None,
              outputs: Sequence[str] = ("coi-ngo", "den-pha"), event_id: str | None = None,
              reason: str | None = None, time: datetime = NOW,
              left_s: float | None = 60.0, synchronised: bool = True, historical: bool = False) -> Arrival:
        until = time + timedelta(seconds=left_s) if left_s is not None and 0 <= left_s < 1e6 else None
        data = AlarmData(
            alarm_id=alarm_id, rev=rev, phase=phase, mode=mode, raised_by=Who(cause=cause, name=name), by=by,
            outputs=tuple(outputs), event_id=event_id, reason=reason,
            t=AlarmTimes(at=time, mono_ns=5, boot_id=self.boot_id, clock_synchronised=synchronised,
                         until=until, remaining_s=left_s))
        return self.record(self.root.alarm, "edgebox.alarm", data, time, id=f"{alarm_id}.{rev}",
                           historical=historical)

    def panel(self, phase: PanelPhase = PanelPhase.IDLE, time: datetime = NOW, *, armed: bool = False,
              outputs: dict[str, bool] | None = None, faults: Sequence[str] = (),
              findings: Sequence[Finding] = (), mains: bool | None = None) -> Arrival:
        """`faults` alone are those of a box that sends no codes."""
        data = PanelData(phase=phase, armed=armed, outputs=outputs or {}, mains=mains, since=time,
                         faults=(*faults, *(it.line for it in findings)),
                         findings=tuple(map(finding_data, findings)))
        return self.record(self.root.panel, "edgebox.panel", data, time)

    def result(self, cmd_id: str | None, accepted: bool = True, reason: str | None = None, *,
               id: str | None = None) -> Arrival:
        data = CommandResultData(cmd_id=cmd_id, name="siren", accepted=accepted, reason=reason, at=NOW,
                                 clock_synchronised=True)
        return self.record(self.root.command_result, "edgebox.command.result", data, id=id)
