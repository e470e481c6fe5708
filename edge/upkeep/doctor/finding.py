"""What a check comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    SKIPPED = "skipped"     # could not be looked at now; says why
    WARN = "warn"           # works; somebody should look before long
    BAD = "bad"             # does not work


class Kind(StrEnum):
    """What a finding is about. First boot tells `camera` and `siren` apart from all others."""

    CAMERA = "camera"
    SIGHT = "sight"         # how small and how far away a camera's things may be
    MODEL = "model"
    SIREN = "siren"
    LIGHT = "light"         # every other output
    INPUT = "input"
    WARD = "ward"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    DISK = "disk"
    JOURNAL = "journal"
    POWER = "power"
    HEAT = "heat"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the self-test. `code` names its sentence in words.py; `values` stand in it."""

    kind: Kind
    name: str               # of the camera, output, file...; "" where there is but one
    state: State
    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    what: str = ""          # of an output or input, its kind in the config: "mains"


_WORST_LAST = {State.SKIPPED: 0, State.OK: 1, State.WARN: 2, State.BAD: 3}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst last, beside the verdict, where a technician's eye is; else as they were found."""
    return sorted(findings, key=lambda finding: _WORST_LAST[finding.state])


def verdict(findings: Iterable[Finding]) -> State:
    """Bad, warn or ok: what was skipped is no fault of the box."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.BAD, State.WARN) if state in states), State.OK)


def exit_code(findings: Iterable[Finding]) -> int:
    return {State.OK: 0, State.WARN: 1, State.BAD: 2}[verdict(findings)]
