"""What the alarm machine is told besides requests, and what it wants recorded. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from edge.contract.messages import AlarmMode, AlarmPhase
from edge.ipc.panel import Actor, Refusal, Request


@dataclass(frozen=True, slots=True)
class Pressed:
    """An input became active, debounced."""

    input_id: str


@dataclass(frozen=True, slots=True)
class Released:
    input_id: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; nothing else."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The arming schedule, or a key switch, has changed its mind."""

    armed: bool
    by: Actor | None = None    # the key switch; None: the schedule


@dataclass(frozen=True, slots=True)
class OutputsFailed:
    """The adapter cannot drive outputs: `text` says why, "" that it works again."""

    text: str


Signal = Request | Pressed | Released | Scheduled | Tick | OutputsFailed


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about an alarm that the ward must know."""

    alarm_id: str
    rev: int
    phase: AlarmPhase
    mode: AlarmMode
    raised_by: Actor
    by: Actor | None = None
    outputs: tuple[str, ...] = ()
    event_id: str = ""
    refusal: Refusal | None = None
    remaining_s: float | None = None
