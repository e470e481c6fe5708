"""What the page shows besides the alarm and the members. Values only: guard fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.ipc.health import Health


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The box around the alarm, at one moment."""

    cameras: Mapping[str, str] = field(default_factory=dict)   # id -> a CameraState's value
    ward_connected: bool = False       # to the ward's broker; says nothing about what has arrived
    title: str = ""                    # how people call the box
    health: Health = field(default_factory=Health)         # for keepers
