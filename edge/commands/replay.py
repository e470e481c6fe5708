"""`edgebox replay`: the pipeline of `watch` over recordings, as fast as it goes, onto standard output.

A composition root. Time is media time, so the same recording gives the same events on any machine.
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.base.arguments import labels, moment, rate_fps
from edge.base.clock import Stamp, boot_id
from edge.base.errors import ConfigError, FatalError
from edge.base.values import NS_PER_S
from edge.config.camera_model import AtEnd, CameraSettings, RuleKind, RuleSettings
from edge.config.load import load
from edge.config.model import EvidenceSettings, ModelSettings, ThumbnailSettings
from edge.contract.messages import Envelope, Role
from edge.contract.topics import Root, to_slug
from edge.journal.entry import Picture
from edge.watch.capture.address import CameraError
from edge.watch.capture.stream import open_stream
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.record import Provenance, RecordMaker
from edge.watch.installed import Loaded, load_detector, refuse_unknown_labels, unknown_labels
from edge.watch.pipeline import CameraPipeline

STREET = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
_NOT_WHOLE = 1      # everything there is was analysed, but something is missing of a recording


@dataclass(frozen=True, slots=True)
class Take:
    """One recording and the camera that it stands for."""

    camera_id: str
    settings: CameraSettings


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """Everything that a replay does, decided before anything is opened."""

    takes: tuple[Take, ...]
    model: ModelSettings
    thumbnail: ThumbnailSettings
    evidence: EvidenceSettings
    root: Root
    config_hash: str
    start: datetime | None       # wall time of each first frame; None: now, and schedules are open


def plan(videos: Sequence[str], config_path: Path | None, fps: float | None = None,
         classes: Sequence[str] = STREET, start: datetime | None = None) -> ReplayPlan:
    """Decide which recording stands for which camera. Raises ConfigError or FatalError.

    Every recording is there and may be read, or none is begun.
    """
    if config_path is None:
        rule = RuleSettings(kind=RuleKind.ENTER, classes=tuple(classes))
        takes = [_unconfigured(video, rule) for video in videos]
        _refuse_absent(takes)
        return ReplayPlan(_at_fps(takes, fps), ModelSettings(), ThumbnailSettings(), EvidenceSettings(),
                    Root("replay", "replay", "replay"), "", start)
    config = load(config_path)
    settings = config.settings
    takes = [_matched(video, settings.cameras, config_path) for video in videos]
    _refuse_absent(takes)
    return ReplayPlan(_at_fps(takes, fps), settings.model, settings.thumbnail, settings.evidence,
                settings.box.root, config.short_hash, start)


def _unconfigured(video: str, rule: RuleSettings) -> Take:
    settings = CameraSettings(source="recording", rules={"enter": rule})
    return _take(to_slug(Path(video).stem), video, settings)


def _matched(video: str, cameras: Mapping[str, CameraSettings], config_path: Path) -> Take:
    """The camera for `video`: named by `CAMERA=VIDEO`, by the file's name, or the only one. An existing file
    is meant.
    """
    named, _, path = video.partition("=")
    if not _exists(video) and named in cameras:
        return _take(named, path, cameras[named])
    stem = to_slug(Path(video).stem)
    if stem in cameras:
        return _take(stem, video, cameras[stem])
    if len(cameras) == 1 and (_exists(video) or "=" not in video):
        only = next(iter(cameras))
        return _take(only, video, cameras[only])
    raise FatalError(f"{video}: which camera of {config_path} is this? write CAMERA={video}, "
                     f"CAMERA one of {', '.join(cameras)}")


def _exists(video: str) -> bool:
    try:
        return Path(video).exists()
    except (OSError, ValueError):       # too long for a name, a NUL in it
        return False


def _take(camera_id: str, video: str, settings: CameraSettings) -> Take:
    """A recording asks nothing of any alarm, whatever the rules of its camera do.

    Its path is absolute, so that no name looks like anything but a file's.
    """
    quiet = {name: rule.model_copy(update={"alarm": None}) for name, rule in settings.rules.items()}
    return Take(camera_id, settings.model_copy(
        update={"source": str(Path(video).absolute()), "at_end": AtEnd.STOP, "rules": quiet}))


def _refuse_absent(takes: Sequence[Take]) -> None:
    faults = [fault for take in takes if (fault := _absence(Path(take.settings.source)))]
    if faults:
        raise FatalError("\n".join(faults), os.EX_NOINPUT)


def _absence(path: Path) -> str | None:
    """Why there is no recording at `path`; None where there is one."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return f"{path}: is a folder; name one video file in it"
        if not stat.S_ISREG(kind):          # opening a pipe would wait for ever
            return f"{path}: want a recording, found no regular file"
        path.open("rb").close()
    except (OSError, ValueError) as exc:    # ValueError: a NUL in the name
        return f"{path}: cannot read the recording: {getattr(exc, 'strerror', exc)}; check the path"
    return None


def _at_fps(takes: Sequence[Take], fps: float | None) -> tuple[Take, ...]:
    if fps is None:
        return tuple(takes)
    return tuple(replace(take, settings=take.settings.model_copy(update={"fps": fps})) for take in takes)


class ReplaySummary:
    """Running totals of a replay."""

    def __init__(self) -> None:
        self._started_s, self._cpu_started_s = time.monotonic(), time.process_time()
        self.decoded = self.frames = self.inferences = self.inference_px = self.events = 0
        self.records = self.images = self.json_bytes = 0
        self.media_s = 0.0
        self.faults: list[str] = []         # what is missing of recordings, for people
        self.remarks: list[str] = []        # what is uncommon about them

    def as_dict(self) -> dict[str, float]:
        return {
            "frames": self.frames, "decoded": self.decoded, "inferences": self.inferences,
            "inference_px": self.inference_px,
            "events": self.events, "records": self.records, "images": self.images,
            "json_bytes": self.json_bytes, "media_s": round(self.media_s, 3),
            "faults": len(self.faults),
            "cpu_s": round(time.process_time() - self._cpu_started_s, 3),
            "wall_s": round(time.monotonic() - self._started_s, 3)}


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """One record, as it would go to the ward, and the frame whose rect it tells."""

    camera_id: str
    video_s: float
    envelope: Envelope
    event_id: str
    rev: int
    pictures: tuple[Picture, ...]

    def as_json(self) -> str:
        record = self.envelope.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(record | {"video_s": round(self.video_s, 3), "camera": self.camera_id},
                          ensure_ascii=False, separators=(",", ":"))


def replay(what: ReplayPlan, loaded: Loaded, summary: ReplaySummary) -> Iterator[ReplayRecord]:
    """Yield the records of every recording, one after the other; `summary` grows meanwhile."""
    seq = 0
    for take in what.takes:
        began = what.start or datetime.now(UTC)

        def stamp_at(mono_ns: int, began: datetime = began) -> Stamp:
            moment = began.astimezone(UTC) + timedelta(microseconds=mono_ns // 1000)
            return Stamp(moment, mono_ns, boot_id(), what.start is not None)

        maker = RecordMaker(Provenance(what.root, loaded.short_hash, what.config_hash), stamp_at,
                            what.thumbnail, what.evidence)
        for draft in _drafts(take, what, loaded, summary):
            entry = maker.entry(draft)
            seq += 1
            envelope = Envelope(id=entry.id, source=what.root.source, type=entry.type,
                                time=datetime.fromisoformat(entry.time), subject=entry.subject, seq=seq,
                                data=json.loads(entry.data))
            summary.records += 1
            summary.images += len(entry.pictures)
            summary.json_bytes += len(envelope.model_dump_json(by_alias=True, exclude_none=True))
            yield ReplayRecord(take.camera_id, draft.media_s, envelope, draft.event_id, draft.rev,
                               entry.pictures)


def _drafts(take: Take, what: ReplayPlan, loaded: Loaded, summary: ReplaySummary) -> Iterator[EventChange]:
    """Raises FatalError where a camera would be tried again: a file does not mend."""
    try:
        yield from _seen(take, what, loaded, summary)
    except CameraError as exc:
        raise FatalError(f"{take.settings.source}: {exc.reason}", os.EX_DATAERR) from exc


def _seen(take: Take, what: ReplayPlan, loaded: Loaded, summary: ReplaySummary) -> Iterator[EventChange]:
    pipeline = CameraPipeline(take.camera_id, take.settings, what.thumbnail, what.evidence, loaded.traits)
    mono_ns = 0
    with open_stream(take.camera_id, take.settings, live=False, pace=pipeline.pace) as stream:
        for frame in stream:
            mono_ns = frame.mono_ns
            local = (what.start + timedelta(seconds=frame.media_s)) if what.start else None
            motion = pipeline.gate(frame)
            if motion.passes:
                yield from pipeline.infer(frame, motion, loaded.detector, local)
            else:
                yield from pipeline.hold(frame, local)
        summary.decoded += stream.decoded
    summary.faults += [f"{take.settings.source}: {line}" for line in stream.course.faults()]
    summary.remarks += [f"{take.settings.source}: {line}" for line in stream.course.remarks()]
    yield from pipeline.lose_view()
    summary.frames += pipeline.counts.analysed
    summary.inferences += pipeline.counts.inferred
    summary.inference_px += pipeline.counts.inference_px
    summary.events += pipeline.counts.events
    summary.media_s += mono_ns / NS_PER_S


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "replay", help="run recordings through the pipeline and print the events",
        description="Run recordings through the very pipeline of `edgebox watch`, as fast as it goes. "
                    "Without --config every person and vehicle that enters the picture is an event.")
    parser.add_argument("videos", nargs="+", metavar="[CAMERA=]VIDEO",
                        help="a recording; CAMERA names the camera of the config that it stands for")
    parser.add_argument("--config", type=Path, metavar="FILE", help="take cameras, zones and rules from here")
    parser.add_argument("--json", action="store_true", help="one contract record a line, the summary last")
    parser.add_argument("--images", type=Path, metavar="DIR", help="write the pictures here")
    parser.add_argument("--fps", type=rate_fps, metavar="N", help="pictures a second that are looked at")
    parser.add_argument("--classes", type=labels, default=",".join(STREET), metavar="A,B",
                        help="without --config: what to look for (default: %(default)s)")
    parser.add_argument("--start", type=moment, metavar="TIME",
                        help="wall time of the first frame, for schedules, e.g. 2026-11-23T22:00")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    what = plan(args.videos, args.config, args.fps, args.classes, args.start)
    if args.images:
        _make_folder(args.images)
    loaded = load_detector(what.model)
    if args.config is None:
        for fault in unknown_labels(args.classes, loaded):
            raise ConfigError(f"--classes: {fault}")
    for take in what.takes:
        refuse_unknown_labels(take.camera_id, take.settings, loaded, args.config)
    summary = ReplaySummary()
    for record in replay(what, loaded, summary):
        if args.images:
            for picture in record.pictures:
                _write(args.images / _file_name(picture), picture.jpeg)
        print(record.as_json() if args.json else _line(record), flush=True)
    for line in (*summary.faults, *summary.remarks):
        print(f"edgebox: {line}", file=sys.stderr, flush=True)
    print(json.dumps({"summary": summary.as_dict()}) if args.json else _summary_line(summary))
    return _NOT_WHOLE if summary.faults else os.EX_OK


def _file_name(picture: Picture) -> str:
    """`EVENT-REV.jpg` of the subject, as ever; `EVENT-REV-ROLE.jpg` of the others."""
    role = "" if picture.role is Role.SUBJECT else f"-{picture.role.value}"
    return f"{picture.event_id}-{picture.rev}{role}.jpg"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _cannot_write(folder, exc) from exc


def _write(path: Path, jpeg: bytes) -> None:
    try:
        path.write_bytes(jpeg)
    except OSError as exc:
        raise _cannot_write(path, exc) from exc


def _cannot_write(path: Path, exc: OSError) -> FatalError:
    return FatalError(f"--images: {path}: cannot write: {exc.strerror}; name another folder",
                      os.EX_CANTCREAT)


def _line(record: ReplayRecord) -> str:
    data = record.envelope.data
    seen = data["object"]
    return (f"{record.video_s:8.2f} s  {record.camera_id}  {data['phase']:<6}  {data['kind']:<5}  "
            f"{seen['class']}  score={seen['score']:.2f}  event={record.event_id}")


def _summary_line(summary: ReplaySummary) -> str:
    return " ".join(f"{name}={value}" for name, value in summary.as_dict().items())

