"""A small honest panel in memory: what the page needs to see of an alarm, without outputs and disks."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

from edge.contract.messages import AlarmMode, PanelPhase, rfc3339
from edge.ipc.panel import (
    Answer,
    Arm,
    Cancel,
    Contact,
    Ongoing,
    Outward,
    PanelView,
    Raise,
    Refusal,
    Request,
    SelfTest,
)

SIREN_S = 60.0
INPUTS = ("panic", "key", "lid", "mains")


class MemoryPanel:
    """Siren and lights follow at once; `answers` off makes it as silent as a hung thread."""

    def __init__(self, outputs: tuple[str, ...] = ("siren", "flood")) -> None:
        self.answers = True
        self.requests: list[Request] = []
        self._by_request_id: dict[str, Answer] = {}
        self._outputs = outputs
        self._changed = threading.Condition()
        self._view = PanelView(1, PanelPhase.IDLE, True, outputs=dict.fromkeys(outputs, False), mains=True,
                               inputs={name: Contact(name == "mains", None) for name in INPUTS})

    def request(self, request: Request, timeout_s: float = 5.0) -> Answer:
        with self._changed:
            if not self.answers:
                return Answer(False, Refusal.STOPPING)
            if isinstance(request, Raise) and request.request_id in self._by_request_id:
                return self._by_request_id[request.request_id]
            self.requests.append(request)
            match request:
                case Raise():
                    answer = self._raise(request)
                    if request.request_id:
                        self._by_request_id[request.request_id] = answer
                    return answer
                case Cancel():
                    return self._cancel()
                case Arm(_, armed):
                    self.show(armed=armed)
                    return Answer(True)
                case SelfTest():
                    return self._test()

    def view(self) -> PanelView:
        with self._changed:
            return self._view

    def wait(self, version: int, timeout_s: float) -> PanelView:
        with self._changed:
            self._changed.wait_for(lambda: self._view.version != version, timeout_s)
            return self._view

    def show(self, **changes: object) -> None:
        """Change the view by hand."""
        with self._changed:
            self._view = replace(self._view, version=self._view.version + 1, **changes)    # type: ignore[arg-type]
            self._changed.notify_all()

    def _raise(self, request: Raise) -> Answer:
        alarm_id = f"alarm-{len(self.requests)}"
        silent = request.mode is AlarmMode.SILENT
        outward = Outward((request.actor,), PanelPhase.IDLE, None, frozenset({alarm_id}))
        self.show(phase=PanelPhase.SILENT if silent else PanelPhase.SOUNDING,
                  outputs=self._all(not silent),
                  alarm=Ongoing(alarm_id, request.mode, request.actor, time.monotonic_ns(),
                                rfc3339(datetime.now(UTC)), SIREN_S),
                  outward=outward if silent else None)
        return Answer(True, alarm_id=alarm_id)

    def _cancel(self) -> Answer:
        if self._view.alarm is None:
            return Answer(False, Refusal.NOTHING)
        alarm_id = self._view.alarm.alarm_id
        self.show(phase=PanelPhase.COOLDOWN, alarm=None, outward=None, outputs=self._all(False))
        return Answer(True, alarm_id=alarm_id)

    def _test(self) -> Answer:
        """Begins with the light, and goes on until the test shows something else."""
        if self._view.phase is not PanelPhase.IDLE:
            return Answer(False, Refusal.BUSY)
        self.show(phase=PanelPhase.TEST, outputs=self._all(False) | {"flood": True})
        return Answer(True)

    def _all(self, on: bool) -> dict[str, bool]:
        return dict.fromkeys(self._outputs, on)
