"""What the alarm remembers. Values only; saved_state.py carries them over a restart.

Every moment is CLOCK_MONOTONIC in nanoseconds and stands in a field whose name ends in `_ns`; no duration
does. So `shift` moves them all, and a field that is added later cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from edge.contract.messages import AlarmMode, PanelPhase
from edge.ipc.panel import Actor, Answer, Raise

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    from_ns: int
    until_ns: int          # exclusive

    @property
    def long_ns(self) -> int:
        return self.until_ns - self.from_ns

    def holds(self, now_ns: int) -> bool:
        return self.from_ns <= now_ns < self.until_ns


@dataclass(frozen=True, slots=True)
class Join:
    """A person's join that was told."""

    actor: Actor
    mode: AlarmMode
    at_ns: int
    times: int = 1             # that it was, in this alarm
    rev: int = 0               # of the fact that told it


@dataclass(frozen=True, slots=True)
class Alarm:
    """The alarm that is on: up to three calls at once, each with its own time. It ends with the last of them.

    `siren` and `lights` begin at the request that turned them on, or that a person renewed them by; an
    escalation begins `siren` anew. An output's longest time counts from there.
    """

    alarm_id: str
    rev: int                           # of its latest fact
    mode: AlarmMode                    # the loudest that was asked for
    actor: Actor
    since_ns: int
    event_id: str
    siren: Span | None = None
    lights: Span | None = None
    silent: Span | None = None
    follows: Span | None = None        # lights first: when the siren will be on
    follows_unasked: bool = False      # and whether no person asked for it
    silent_by: tuple[Actor, ...] = ()  # who called in silence, the first one first
    parted: tuple[str, ...] = ()       # the alarms that the silent call was part of before
    joins: tuple[Join, ...] = ()       # the latest one of each person and mode
    loud_by: Actor | None = None       # who made it loud or bright, first
    loud_since_ns: int | None = None
    loud_rev: int = 0                  # of the fact that told it

    @property
    def outward(self) -> Alarm | None:
        """What of it everybody at the place may know: nothing of a silent call, nor of who made it."""
        bare = replace(self, silent=None, silent_by=(), parted=())
        if not bare.ends_ns or self.loud_by is None or self.loud_since_ns is None:
            return None
        return replace(bare, actor=self.loud_by, since_ns=self.loud_since_ns)

    @property
    def loud_revs(self) -> frozenset[int]:
        """The facts by which it became loud or bright, and by which people asked for that since: those whose
        way to the ward may be shown to all.
        """
        return frozenset({self.loud_rev, *(it.rev for it in self.joins if it.mode is not AlarmMode.SILENT
                                           and it.rev > self.loud_rev)})

    def is_of(self, actor: Actor) -> bool:
        """Whether `actor` is a caller in silence."""
        return any(it.is_same(actor) for it in self.silent_by)

    @property
    def ends_ns(self) -> tuple[int, ...]:
        """When each call ends by itself, the last one last."""
        return tuple(sorted(it.until_ns for it in (self.siren, self.lights, self.silent) if it is not None))


@dataclass(frozen=True, slots=True)
class EntryDelay:
    """A rule asked while armed: it is given time to be disarmed in."""

    alarm_id: str
    request: Raise
    due_ns: int


@dataclass(frozen=True, slots=True)
class Press:
    """An input that is down, or that was pressed once and waits for the second time."""

    input_id: str
    since_ns: int
    is_down: bool = True
    is_spent: bool = False     # it has done what it may do until it is released
    is_shown: bool = True      # a silent call shows nothing, not even that it is being made


@dataclass(frozen=True, slots=True)
class SelfTesting:
    since_ns: int
    with_siren: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What the schedule ("") or a key switch (its input's id) said last: only a change counts."""

    by: str
    armed: bool


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    request_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class AlarmState:
    now_ns: int                                # of the latest signal; what follows is as of then
    loud_until_ns: int                         # end of the latest sounding; a pause counts from it
    alarm: Alarm | None = None
    entry: EntryDelay | None = None
    test: SelfTesting | None = None
    presses: tuple[Press, ...] = ()
    armed: bool = False
    arming_at_ns: int | None = None            # end of the exit delay
    said: tuple[Said, ...] = ()
    cooldown_until_ns: int | None = None
    unasked_ns: tuple[int, ...] = ()           # beginnings of soundings that no person asked for
    answered: tuple[AnsweredRequest, ...] = ()        # the latest requests that have an id
    fault: str = ""                            # why outputs cannot be driven

    @classmethod
    def initial(cls, now_ns: int) -> AlarmState:
        """The state of a box that knows nothing of before: for all but persons as if a sounding had just
        ended.
        """
        return cls(now_ns, loud_until_ns=now_ns)

    @property
    def confirming(self) -> Press | None:
        """The first press that waits to be confirmed, of those that may be shown."""
        return next((press for press in self.presses if press.is_shown and not press.is_spent), None)

    @property
    def phase(self) -> PanelPhase:
        """What matters most of what is the case."""
        return PanelPhase.FAULT if self.fault else self.phase_in_books

    @property
    def phase_in_books(self) -> PanelPhase:
        """The phase, were outputs not at fault."""
        match self:
            case AlarmState(alarm=Alarm(siren=Span())):
                return PanelPhase.SOUNDING
            case AlarmState(alarm=Alarm(lights=Span())):
                return PanelPhase.LIGHT
            case AlarmState(alarm=Alarm()):
                return PanelPhase.SILENT
            case AlarmState(test=SelfTesting()):
                return PanelPhase.TEST
            case AlarmState(entry=EntryDelay()):
                return PanelPhase.ENTRY
            case _ if self.confirming is not None:
                return PanelPhase.CONFIRMING
            case AlarmState(cooldown_until_ns=int()):
                return PanelPhase.COOLDOWN
        return PanelPhase.IDLE


def shift(value: T, by_ns: int) -> T:
    """Move every moment in `value` by `by_ns`."""
    if isinstance(value, tuple):
        return tuple(shift(item, by_ns) for item in value)     # type: ignore[return-value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    moved: dict[str, Any] = {field.name: _moved(field.name, getattr(value, field.name), by_ns)
                             for field in fields(value)}
    return replace(value, **moved)


def _moved(name: str, value: Any, by_ns: int) -> Any:
    if not name.endswith("_ns"):
        return shift(value, by_ns)
    if isinstance(value, tuple):
        return tuple(moment + by_ns for moment in value)
    return None if value is None else value + by_ns


@dataclass(frozen=True, slots=True)
class Saved:
    """A state as it was saved, and when."""

    state: AlarmState
    saved_ns: int
    boot_id: str
