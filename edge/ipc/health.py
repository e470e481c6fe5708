"""What keepers are shown of the box's health, and what they may have done about it.

Values and a protocol: guard fills them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Protocol

from edge.base.findings import Finding, Kind

MAX_BUNDLE_BYTES = 8 * 1024 * 1024     # far more than any has


class Stage(StrEnum):
    """How far something is that another service does for guard."""

    IDLE = "idle"              # not asked for since guard has run
    ASKED = "asked"            # and not begun yet
    RUNNING = "running"
    DONE = "done"
    UNSERVED = "unserved"      # nobody took it up: there is no systemd that would
    BROKEN = "broken"          # begun, and it came to no end


@dataclass(frozen=True, slots=True)
class JobProgress:
    stage: Stage = Stage.IDLE
    done: int = 0              # of `steps`, while it runs; 0 of 0 where nobody tells
    steps: int = 0
    about: Kind | None = None  # what is looked at now

    @property
    def is_going(self) -> bool:
        return self.stage in (Stage.ASKED, Stage.RUNNING)


@dataclass(frozen=True, slots=True)
class Tested:
    """The last self-test."""

    at_utc: str                # RFC 3339, as the box believed it
    findings: tuple[Finding, ...]      # the worst first


@dataclass(frozen=True, slots=True)
class SupportBundle:
    """A support bundle that can be had."""

    made_utc: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Health:
    """The box's health at one moment."""

    tested: Tested | None = None       # None: never yet
    now: tuple[Finding, ...] = ()        # what can be looked at without a self-test
    test: JobProgress = JobProgress()
    support: JobProgress = JobProgress()
    bundle: SupportBundle | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the page shows besides the alarm and the members, at one moment: guard fills it in."""

    cameras: Mapping[str, str] = field(default_factory=dict)   # id -> a CameraState's value
    ward_connected: bool = False       # to the ward's broker; says nothing about what has arrived
    title: str = ""                    # how people call the box
    health: Health = field(default_factory=Health)         # for keepers


class Chores(Protocol):
    """What keepers may have done. Any thread may call any of these; none waits for its end.

    `start_...` gives 0, or the seconds after which it may be asked for again. Raises RetryableError where it
    cannot be asked for now.
    """

    def start_test(self) -> float: ...

    def start_bundle(self) -> float: ...

    def open_bundle(self) -> BinaryIO | None:
        """The last bundle that was made, at most MAX_BUNDLE_BYTES long, to be closed; None without."""
        ...
