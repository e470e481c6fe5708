"""What was found of a part of the box, as codes and values. Pure.

A finding is made into words at the screen, in the reader's language (`edge.base.finding_words`), and never
parsed back from them: the self-test's, what wears out, and the alarm's faults all have this one form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    OK = "ok"
    SKIPPED = "skipped"     # could not be looked at now; says why
    WARN = "warn"           # works; somebody should look before long
    BAD = "bad"             # does not work


class Kind(StrEnum):
    """What a finding is about. First boot tells `camera` and `siren` apart from all others."""

    CAMERA = "camera"
    STREAM = "stream"       # what a camera on the network sends, and how it is set
    SIGHT = "sight"         # how small and how far away a camera's things may be
    MODEL = "model"
    SIREN = "siren"
    LIGHT = "light"         # every other output
    INPUT = "input"
    WARD = "ward"
    ACK = "ack"             # by whose word what was sent is let go of
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    DISK = "disk"
    JOURNAL = "journal"
    POWER = "power"
    HEAT = "heat"
    VERSION = "version"
    PINS = "pins"           # outputs and inputs as a whole
    BOX = "box"             # the whole, or a part that a newer version knows
    ALARM = "alarm"         # the alarm's own state on disk
    RECEIVER = "receiver"   # of the ward's station, as are the two below
    BROKER = "broker"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `code` names its sentence in findings.ftl; `values` are filled in there."""

    kind: Kind
    name: str               # of the camera, output, file...; "" where there is but one
    state: State
    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    what: str = ""          # of an output or input, its kind in the config: "mains"
    since_utc: str = ""     # of what comes and goes: since when, RFC 3339
    count: int = 1          # and how often it has come since then

    @property
    def line(self) -> str:
        """The finding for logs and systemd, in English: `input gate-button: input-stuck`."""
        error = self.values.get("error")
        return f"{self.kind} {self.name}".rstrip() + f": {self.code}" + (f": {error}" if error else "")


_WORST_LAST = {State.SKIPPED: 0, State.OK: 1, State.WARN: 2, State.BAD: 3}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst last, beside the verdict, where a technician's eye is; else as they were found."""
    return sorted(findings, key=lambda finding: _WORST_LAST[finding.state])


def verdict(findings: Iterable[Finding]) -> State:
    """Bad, warn or ok: what was skipped is no fault of the box."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.BAD, State.WARN) if state in states), State.OK)


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """How many there are, by the value of each State."""
    states = [finding.state for finding in findings]
    return {state.value: states.count(state) for state in State}


def exit_code(findings: Iterable[Finding]) -> int:
    """What a command ends with: 0 for ok, 1 for warn, 2 for bad."""
    return {State.OK: 0, State.WARN: 1, State.BAD: 2}[verdict(findings)]
