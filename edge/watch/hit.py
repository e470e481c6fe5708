"""What a rule decided about a track: the value that passes from rules to evidence.

It stands apart from edge/base/values.py because it names the kinds and severities of the config.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.base.values import Rect, Track
from edge.config.camera_model import RuleKind
from edge.contract.messages import AlarmWish, Ending, Severity


class HitPhase(StrEnum):
    BEGIN = "begin"
    END = "end"


@dataclass(frozen=True, slots=True)
class Hit:
    """The beginning or the end of what one rule is about. Every BEGIN gets exactly one END."""

    hit_id: int            # pairs BEGIN and END; unique per engine
    phase: HitPhase
    rule: str              # its name in the config
    kind: RuleKind
    zone: str | None       # of the zone or line
    severity: Severity
    track: Track           # the object; for a crowd its largest member
    rect: Rect             # pixels; of the track, or around the whole crowd
    count: int             # 1, or how many for a crowd
    since_ns: int          # when what the rule is about began
    mono_ns: int           # of this decision
    wish: AlarmWish | None = None      # what the rule asks of the alarm when it begins
    ending: Ending | None = None       # of an END: why
