"""Where in a camera's picture its rules may ask for the alarm. Pure."""

from __future__ import annotations

from edge.base.values import Rect
from edge.config.camera_model import CameraSettings, RuleSettings
from edge.config.fields import Point

EVERYWHERE = Rect(0.0, 0.0, 1.0, 1.0)
_NEAR_RATIO = 0.05      # who stands so near to a line or zone may be in it at the next picture


def alarm_places(camera: CameraSettings) -> tuple[Rect, ...]:
    """A rect around the zone or line of each rule with `alarm`, in ratios of the picture, at all hours."""
    return tuple(_place(rule, camera) for rule in camera.rules.values() if rule.alarm is not None)


def _place(rule: RuleSettings, camera: CameraSettings) -> Rect:
    points: tuple[Point, ...]
    if rule.line is not None:
        points = camera.lines[rule.line]
    elif rule.zone is not None:
        points = camera.zones[rule.zone]
    else:
        return EVERYWHERE
    around = Rect.around(Rect(x, y, x, y) for x, y in points)
    return Rect(around.x0 - _NEAR_RATIO, around.y0 - _NEAR_RATIO, around.x1 + _NEAR_RATIO,
                around.y1 + _NEAR_RATIO)
