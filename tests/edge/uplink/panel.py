"""A panel that writes down what it was asked and answers as it is told."""

from __future__ import annotations

import threading

from edge.contract.messages import PanelPhase
from edge.ipc.panel import Answer, PanelView, Request


class FakePanel:
    def __init__(self, *answers: Answer) -> None:
        """Gives `answers` one after the other, then says yes."""
        self.asked: list[Request] = []
        self._answers = list(answers)
        self.go = threading.Event()         # clear it, and the panel takes its time
        self.go.set()

    def request(self, request: Request, timeout_s: float = 5.0) -> Answer:
        self.asked.append(request)
        assert self.go.wait(30.0)
        return self._answers.pop(0) if self._answers else Answer(True, alarm_id="alarm-1")

    def view(self) -> PanelView:
        return PanelView(0, PanelPhase.IDLE, armed=False)

    def wait(self, version: int, timeout_s: float) -> PanelView:
        return self.view()
