"""The alarm machine, played: a box with one of everything, and a clock that is moved by hand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from edge.base.values import NS_PER_S
from edge.config.model import (
    AlarmSettings,
    Confirm,
    InputKind,
    InputSettings,
    OutputKind,
    OutputSettings,
    Pattern,
)
from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase, Severity
from edge.guard.alarm.levels import wanted
from edge.guard.alarm.machine import deadline_ns, resume, step
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.saved_state import Copy, decode, encode
from edge.guard.alarm.signals import Fact, Pressed, Released, Signal, Tick
from edge.guard.alarm.state import AlarmState, Saved
from edge.guard.alarm.view import ProgressOf, view_of
from edge.ipc.panel import Actor, Answer, CallProgress, PanelView, Raise

BOOT = "boot-1"

BUTTON = Actor(AlarmCause.BUTTON, "gate-button")
MEMBER = Actor(AlarmCause.MEMBER, "Chị Lan", "m1")
OTHER = Actor(AlarmCause.MEMBER, "Anh Bình", "m2")
WARD = Actor(AlarmCause.WARD, "Trực ban")
RULE = Actor(AlarmCause.RULE, "gate/night")
TAMPER = Actor(AlarmCause.TAMPER, "cabinet")

OUTPUTS = {
    "siren": OutputSettings(kind=OutputKind.SIREN, pin=17),
    "strobe": OutputSettings(kind=OutputKind.STROBE, pin=27),
    "flood": OutputSettings(kind=OutputKind.FLOOD, pin=22),
    "beacon": OutputSettings(kind=OutputKind.BEACON, pin=23),
    "buzzer": OutputSettings(kind=OutputKind.BUZZER, pin=24),
}
INPUTS = {
    "panic": InputSettings(kind=InputKind.PANIC, pin=5),
    "twice": InputSettings(kind=InputKind.PANIC, pin=6, confirm=Confirm.SECOND_PRESS),
    "remote": InputSettings(kind=InputKind.REMOTE, pin=7),
    "quiet": InputSettings(kind=InputKind.SILENT, pin=8),
    "lid": InputSettings(kind=InputKind.TAMPER, pin=9),
    "key": InputSettings(kind=InputKind.KEY, pin=10),
}


def make_policy(outputs: Mapping[str, OutputSettings] = OUTPUTS, **alarm: Any) -> Policy:
    return Policy.of(AlarmSettings(**alarm), outputs, INPUTS)


def call(actor: Actor, mode: AlarmMode = AlarmMode.SIREN, **more: Any) -> Raise:
    return Raise(actor, mode, **more)


def rule(mode: AlarmMode = AlarmMode.SIREN, severity: Severity = Severity.ALERT) -> Raise:
    return Raise(RULE, mode, severity=severity, event_id="event-1")


def written(state: AlarmState, now_ns: int, boot_id: str) -> bytes:
    """What a restart finds of `state`."""
    return encode(Copy(Saved(state, now_ns, boot_id), now_ns))


def reread(kept: bytes) -> Saved:
    return decode(kept).saved


class Played:
    """One box from its start at 1000 s of its clock, an hour after its latest sounding."""

    def __init__(self, policy: Policy | None = None, **alarm: Any) -> None:
        self.policy = policy or make_policy(**alarm)
        self.now_ns = 1000 * NS_PER_S
        self.state = AlarmState(self.now_ns, self.now_ns - 3600 * NS_PER_S)
        self.facts: list[Fact] = []
        self._ids = 0

    def tell(self, signal: Signal) -> Answer | None:
        self._ids += 1
        new_id = str(uuid.UUID(int=self._ids))
        after = step(self.state, signal, self.policy, self.now_ns, new_id)
        self.state = after.state
        self.facts += after.facts
        return after.answer

    def ask(self, signal: Signal) -> Answer:
        answer = self.tell(signal)
        assert answer is not None
        return answer

    def wait(self, seconds: float) -> None:
        """Let time pass as a thread would: a Tick at every deadline and one at the end."""
        until_ns = self.now_ns + round(seconds * NS_PER_S)
        while (due_ns := deadline_ns(self.state, self.policy)) is not None and due_ns <= until_ns:
            self.now_ns = max(self.now_ns, due_ns)
            self.tell(Tick())
        self.now_ns = until_ns
        self.tell(Tick())

    def leap(self, seconds: float) -> None:
        """Let time pass unseen."""
        self.now_ns += round(seconds * NS_PER_S)

    def press(self, input_id: str, seconds: float = 1.0) -> None:
        self.tell(Pressed(input_id))
        self.wait(seconds)
        self.tell(Released(input_id))

    def restart(self, off_s: float = 0.0, *, now_s: float | None = None, boot: str = BOOT) -> None:
        kept = written(self.state, self.now_ns, BOOT)
        self.now_ns = round(now_s * NS_PER_S) if now_s is not None else self.now_ns + round(off_s * NS_PER_S)
        after = resume(reread(kept), self.now_ns, boot, self.policy)
        self.state = after.state
        self.facts += after.facts

    @property
    def phase(self) -> PanelPhase:
        return self.state.phase

    @property
    def on(self) -> set[str]:
        return set(wanted(self.state, self.policy, self.now_ns))

    @property
    def view(self) -> PanelView:
        return self.view_with(lambda alarm_id, revs: CallProgress())

    def view_with(self, progress: ProgressOf) -> PanelView:
        return view_of(self.state, self.policy, self.now_ns, version=7, since_utc="2026-01-01T00:00:00.000Z",
                       faults=(), mains=None, inputs={}, progress=progress)

    @property
    def story(self) -> list[str]:
        return [fact.phase.value for fact in self.facts]


def steady(kind: OutputKind, pin: int, max_on_s: float | None = None,
           pattern: Pattern = Pattern.STEADY) -> OutputSettings:
    return OutputSettings(kind=kind, pin=pin, max_on_s=max_on_s, pattern=pattern)
