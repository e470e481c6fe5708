"""What may be asked of the box's alarm, and what it answers: the words that alarm, page and delivery share.

"Panel" is the trade's name for the control unit of an alarm system. `edge.guard.alarm` is the panel; the page
knows it only by the protocol `Panel`, since no program's room imports another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from edge.base.findings import Finding
from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase, Severity


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. Whoever makes a request has already checked that this one may ask it."""

    cause: AlarmCause
    name: str              # as the ward reads it: an input's id, a member's name, an issuer, "gate/night"
    member_id: str = ""    # of a member; "" otherwise

    @property
    def is_person(self) -> bool:
        """Whether somebody at the place itself acts: pause and hourly count do not bind them."""
        return self.cause in (AlarmCause.BUTTON, AlarmCause.MEMBER)

    def is_same(self, other: Actor) -> bool:
        """A member is one by id, whatever the name is by now."""
        return self.member_id == other.member_id if self.member_id else self == other


@dataclass(frozen=True, slots=True)
class Raise:
    """Raise an alarm."""

    actor: Actor
    mode: AlarmMode
    duration_s: float | None = None      # None: as configured; never beyond the configured one or the limits
    severity: Severity = Severity.ALERT  # of the event, where a rule asks
    event_id: str = ""                   # of that event
    request_id: str = ""                 # the same one twice is one alarm; "" is never the same


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the alarm, silence everything."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class Arm:
    """Arm, or disarm, by hand: holds until the schedule's next change."""

    actor: Actor
    armed: bool


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Drive every output for a moment, lights before sirens; an alarm breaks it off."""

    actor: Actor
    with_siren: bool = False             # the default is quiet


Request = Raise | Cancel | Arm | SelfTest


class Refusal(StrEnum):
    """Why a request was not obeyed. Told to whoever asked, to the ward and in the log."""

    PAUSE = "pause"                # too soon after the last sounding
    PER_HOUR = "per-hour"          # too many within the hour
    DISARMED = "disarmed"          # a rule's alarm while the box is disarmed
    STALE = "stale"                # of an event that is too old, or of another boot
    BUSY = "busy"                  # a self-test while an alarm is on
    NOTHING = "nothing"            # a cancel where there is no alarm
    STOPPING = "stopping"          # guard ends or its alarm thread does not answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. By the time it is given the outputs stand and the record is durable."""

    accepted: bool
    refusal: Refusal | None = None
    alarm_id: str = ""             # of the alarm that was raised, joined or cancelled


@dataclass(frozen=True, slots=True)
class Ongoing:
    """The alarm that is on."""

    alarm_id: str
    mode: AlarmMode
    actor: Actor
    since_mono_ns: int
    since_utc: str                 # RFC 3339; as trustworthy as the box's clock
    remaining_s: float             # until it ends by itself, as of the view
    siren_in_s: float | None = None    # while the light is on first: until the siren follows
    event_id: str = ""
    at_ward: bool = False          # the ward has said that it has what it was told of this call


@dataclass(frozen=True, slots=True)
class Outward:
    """What everybody at the place but its callers may know while a silent call is open."""

    callers: tuple[Actor, ...]     # each may know the whole of it
    phase: PanelPhase              # as if nobody had called in silence
    alarm: Ongoing | None          # what is loud, with who made it so
    hidden: frozenset[str] = frozenset()    # alarms whose records tell of the call


@dataclass(frozen=True, slots=True)
class Contact:
    """An input, debounced."""

    active: bool | None            # None: not read yet
    changed_mono_ns: int | None    # when it changed last; None: not since guard has run


@dataclass(frozen=True, slots=True)
class PanelView:
    """The panel at one moment. `version` rises with every change but that of a pattern's level."""

    version: int
    phase: PanelPhase
    armed: bool
    arming_in_s: float | None = None             # during the exit delay
    alarm: Ongoing | None = None
    outputs: Mapping[str, bool] = field(default_factory=dict)   # id -> is it on (a pulsing siren is on)
    faults: tuple[Finding, ...] = ()
    mains: bool | None = None                    # False: on battery; None: no such input
    outward: Outward | None = None               # only while a silent call is open
    inputs: Mapping[str, Contact] = field(default_factory=dict)     # id ->; of silent buttons never anything


class Panel(Protocol):
    """Any thread may call any of these."""

    def request(self, request: Request, timeout_s: float = 5.0) -> Answer:
        """Do it and say what came of it; `Refusal.STOPPING` when the panel does not answer in time."""
        ...

    def view(self) -> PanelView: ...

    def wait(self, version: int, timeout_s: float) -> PanelView:
        """The view as soon as its version differs from `version`, or as it is after `timeout_s`."""
        ...
