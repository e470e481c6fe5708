"""`edgebox watch`: everything that is heavy and can crash, from cameras to records for uplink.

A composition root: it names the concrete adapters. One thread a camera (capture and gate), one
inference thread, one recorder, one that speaks to guard. It ends when told to, when a thread dies, or when
every camera is a file that has ended.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta

from edge.base import clock
from edge.base.clock import SleepWatch, Stamp, TrustedTime
from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor, beat
from edge.base.values import Frame
from edge.config.folders import made_runtime_folder, state_folder
from edge.config.load import Config
from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.health import power
from edge.health.system import System
from edge.ipc.channels import WATCH_TO_GUARD, WATCH_TO_UPLINK, Program
from edge.ipc.records import Records, RecordSink
from edge.watch.camera_crashes import CAPTURE, EVIDENCE, CameraCrashes
from edge.watch.camera_states import CameraReport, CameraStates
from edge.watch.capture.camera import CameraStats, run_camera
from edge.watch.capture.evidence_stream import EvidenceStream
from edge.watch.enlarger import Enlarger
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.record import Provenance, RecordMaker
from edge.watch.guard_reporter import GuardReporter
from edge.watch.installed import Loaded, load_detector
from edge.watch.learning.things_folder import ThingsFolder
from edge.watch.pipeline import CameraPipeline
from edge.watch.recorder import Recorder
from edge.watch.references import References
from edge.watch.slots import Slots, Work
from edge.watch.strain_watch import StrainWatch

log = logging.getLogger("watch")

_CAMERA_SILENT_S = 90.0         # beyond its stall_s: opening it, and the pause before the next attempt
_REWOUND_S = 0.5                # what led to a motion waits so long for inference, picture by picture
_STATES_EVERY_S = 0.5
_DISK_SILENT_S = 120.0          # a worn card may keep one write for a minute


def watch(config: Config, supervisor: Supervisor, notifier: Notifier) -> None:
    """Run until `supervisor.stop` is set or nothing is left to watch. Raises FatalError before any thread.

    Whether the model knows the classes of the rules is the loader's to refuse:
    see `edge.commands.check.model_faults`.
    """
    settings = config.settings
    loaded = load_detector(settings.model)
    root = settings.box.root
    stats = {name: CameraStats() for name in settings.cameras}
    sink = RecordSink(WATCH_TO_UPLINK.client(settings.box.runtime_dir), gauges=lambda: {
        f"lag_ms.{name}": round(each.lag_ms, 1) for name, each in stats.items()})
    try:
        maker = RecordMaker(Provenance(root, loaded.short_hash, config.short_hash), stamp_at,
                            settings.thumbnail, settings.evidence)
        _Watch(config, supervisor, loaded, sink, maker, root, stats).run(notifier)
    finally:
        sink.close()


class _Watch:
    """The threads of one run and what they share."""

    def __init__(self, config: Config, supervisor: Supervisor, loaded: Loaded, records: Records,
                 maker: RecordMaker, root: Root, stats: Mapping[str, CameraStats]) -> None:
        self._cameras, self._supervisor, self._loaded = config.settings.cameras, supervisor, loaded
        self._stats = stats
        self._larger = {name: EvidenceStream(name, camera, self._stats[name])
                        for name, camera in self._cameras.items() if camera.evidence is not None}
        folder = made_runtime_folder(config.settings, Program.WATCH)
        self._things, self._crashes = ThingsFolder(folder), CameraCrashes(folder, clock.boot_id())
        self._pipelines = {
            name: CameraPipeline(name, camera, config.settings.thumbnail, config.settings.evidence,
                                 loaded.traits, self._larger.get(name), self._things.restored(name))
            for name, camera in self._cameras.items()}
        self._references = References(state_folder(config.settings, Program.WATCH), self._cameras)
        self._slots = Slots(self._cameras)
        self._recorder = Recorder(records, maker, root, stamp_at, self._counts)
        self._enlarger = Enlarger(self._larger, self._recorder.submit, self._crashes.working_for)
        self._states = CameraStates(self._cameras, self._tell)
        self._reporter = GuardReporter(WATCH_TO_GUARD.client(config.settings.box.runtime_dir), stamp_at,
                                       lambda: not supervisor.hung(time.monotonic()),
                                       self._recorder.tell_states_again, self._muted)
        self._states_due_s = 0.0
        self._time, self._sleep = TrustedTime(), SleepWatch()
        self._strain = StrainWatch(lambda: power.read(System()), time.monotonic())

    def run(self, notifier: Notifier) -> None:
        supervisor = self._supervisor
        self._crashes.name_threads_of_signals()
        gc.freeze()             # what is loaded by now stays: each full collection would look through it
        recorder = supervisor.start("recorder", self._recorder.run, silent_s=_DISK_SILENT_S)
        supervisor.start("to-guard", self._reporter.run)
        enlarger = supervisor.start("enlarger", self._enlarger.run)
        supervisor.start("references", self._references.run, silent_s=_DISK_SILENT_S)
        inference = supervisor.start("inference", self._infer)
        for name, camera in self._cameras.items():
            supervisor.start(f"{CAPTURE}-{name}", lambda stop, name=name: self._capture(name, stop),  # type: ignore[misc]
                       silent_s=camera.stall_s + _CAMERA_SILENT_S)
        for name in self._larger:
            supervisor.start(f"{EVIDENCE}-{name}", lambda stop, name=name: self._read(name, stop),  # type: ignore[misc]
                             silent_s=self._cameras[name].stall_s + _CAMERA_SILENT_S)
        log.info("watching: cameras=%s model=%s", ",".join(self._cameras), self._loaded.name)
        notifier.ready(f"watching {', '.join(self._cameras)}")
        supervisor.hold(notifier.feed, notifier.feed_every_s, last=inference,
                        on_hung=self._crashes.blame_hung)
        inference.join()                     # ends after the last camera has
        for name in self._cameras:
            self._states.report(name, CameraState.LOST, "the box has stopped watching")
            self._things.write(name, self._pipelines[name].kept_back.things)
        self._enlarger.finish()
        enlarger.join()
        self._recorder.finish()
        recorder.join()
        log.info("watch ended: %s", " ".join(f"{name}={count}" for name, count in self._totals().items()))

    def _capture(self, name: str, stop: threading.Event) -> None:
        pipeline = self._pipelines[name]

        def on_frame(frame: Frame) -> None:
            motion = pipeline.gate(frame)
            if frame.mono_ns <= pipeline.rewound_ns:        # they come as fast as they are decoded
                self._slots.wait_taken(name, _REWOUND_S)
            if self._slots.put(name, frame, motion, pipeline.urgency(frame, motion)):
                pipeline.counts.skipped += 1

        def on_health(state: CameraState, detail: str) -> None:
            self._states.report(name, state, detail)

        try:
            self._crashes.wait_aside(name, stop, on_health)
            with self._crashes.working_for(name):
                run_camera(name, self._cameras[name], on_frame=on_frame, on_health=on_health, stop=stop,
                           stats=self._stats[name], pace=pipeline.pace, tamper=self._references.of(name))
        finally:
            self._slots.end(name)

    def _read(self, name: str, stop: threading.Event) -> None:
        """The camera's large stream; it waits for the small one by itself."""
        with self._crashes.working_for(name):
            self._larger[name].run(stop)

    def _tell(self, report: CameraReport) -> None:
        self._reporter.camera(report.camera_id, report.state)
        self._recorder.health(report)

    def _look_at_states(self) -> None:
        """In turns: with many cameras that move there are a hundred looks a second."""
        if time.monotonic() < self._states_due_s:
            return
        self._states_due_s = time.monotonic() + _STATES_EVERY_S
        for name, stream in self._larger.items():
            self._states.note(name, stream.fault and f"evidence: {stream.fault}")
        self._states.look()

    def _infer(self, stop: threading.Event) -> None:
        running = set(self._cameras)
        while running:
            beat()
            self._relieve()
            work = self._slots.take(timeout_s=0.5)
            self._look_at_states()
            if work is None and self._supervisor.failure:
                return
            for draft in self._unseen(running, work) + self._seen(work):
                self._reporter.submit(draft)        # first: a call for help waits for no picture
                self._enlarger.submit(draft)
            if work is not None and work.frame is None:
                running.discard(work.camera_id)

    def _relieve(self) -> None:
        relief = self._strain.look(time.monotonic())
        if relief is None:
            return
        for pipeline in self._pipelines.values():
            pipeline.relieve(relief)
        self._reporter.relief(relief)

    def _learn(self, camera_id: str) -> None:
        """What the ward has taught meanwhile counts from this picture on; what was learned here is kept."""
        kept_back = self._pipelines[camera_id].kept_back
        kept_back.learn(self._reporter.lessons())
        self._things.write_if_due(camera_id, kept_back.things, time.monotonic())

    def _muted(self) -> Mapping[str, int]:
        """How many events were kept back for each lesson."""
        muted = Counter[str]()
        for pipeline in self._pipelines.values():
            muted.update(dict(pipeline.kept_back.muted))
        return muted

    def _seen(self, work: Work | None) -> list[EventChange]:
        if work is None:
            return []
        pipeline = self._pipelines[work.camera_id]
        if work.frame is None or work.motion is None:
            return pipeline.lose_view()
        self._learn(work.camera_id)
        local = self._time.local(clock.now())
        with self._crashes.blamed_on(work.camera_id):
            if work.motion.passes:
                return pipeline.infer(work.frame, work.motion, self._loaded.detector, local)
            return pipeline.hold(work.frame, local)

    def _unseen(self, running: Iterable[str], work: Work | None) -> list[EventChange]:
        """What to tell of the time in which a camera gave no picture, or the whole box slept.

        Pictures that wait are not missing, however late inference is.
        """
        if self._sleep.woke():
            return [draft for name in running for draft in self._pipelines[name].lose_view()]
        now_ns = time.monotonic_ns()
        silent = [name for name in running if not self._slots.waits(name)
                  and (work is None or name != work.camera_id)]
        return [draft for name in silent for draft in self._pipelines[name].expire(now_ns)]

    def _counts(self) -> Mapping[str, int]:
        """Per camera, as `frames_decoded.gate`."""
        counts = {f"frames_decoded.{name}": stats.decoded for name, stats in self._stats.items()}
        counts |= {f"late.{name}": stats.late for name, stats in self._stats.items()}
        for name, pipeline in self._pipelines.items():
            counts |= {f"{key}.{name}": value for key, value in asdict(pipeline.counts).items()}
        return {**counts, **self._strain.counts, **self._enlarger.counts(), **self._reporter.counts()}

    def _totals(self) -> dict[str, int]:
        totals: dict[str, int] = {}
        for key, value in self._counts().items():
            kind = key.split(".")[0]
            totals[kind] = totals.get(kind, 0) + value
        return totals


def stamp_at(mono_ns: int) -> Stamp:
    """What the clocks showed at a pipeline time of this boot, as believed now."""
    now = clock.now()
    ago = timedelta(microseconds=(now.mono_ns - mono_ns) // 1000)
    return replace(now, utc=now.utc - ago, mono_ns=mono_ns)
