"""Rules that can never fire, or as good as never, by what their camera and they themselves say. Pure.

Each note names the key that is in the way, so that nobody waits for an event which cannot come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.base.values import TWO_WHEELERS
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.config.cover import PICTURE, area_left, line_left
from edge.config.model import EdgeSettings
from edge.config.schedule import ScheduleSettings, longest_open_s
from edge.config.shapes import Point
from edge.config.tables import KeyFault

MOST_AT_ONCE = 100              # objects that the detector tells of one picture

_NEVER = "can never fire: "
_ALL_COVERED = 0.01             # less of an area than this is left for no foot
_WHOLE_HEIGHT = 0.9             # nobody whose head and feet are in the picture is higher
_BORDER = 0.01                  # a foot must be so far beyond a line to have crossed it
_LONGEST_PASSING_S = 10.0       # who walks through a picture is in it about so long
_SLOWEST_FPS = 1.0
_SUREST = 0.8                   # the best of true detections score little more
_LARGEST_MOTION = 0.06          # what a person half as high as the picture covers of it
_SHORTEST_STALL_S = 1.0         # cameras give a picture every 0.04 to 0.5 s, now and then late
_SHORTEST_LOST_S = 0.5          # somebody who passes in front hides another for about so long
_LONGEST_IDLE_S = 300.0
_LONGEST_COOLDOWN_S = 12 * 3600.0


def never_notes(settings: EdgeSettings) -> Iterator[KeyFault]:
    """Keys from the root of the file."""
    threshold = settings.model.threshold
    if threshold > _SUREST:
        yield KeyFault(("model", "threshold"), f"hardly any detection scores {threshold:g}, so that no rule "
                                               "fires; 0.4 is usual")
    for note in _of_windows(settings.alarm.schedule, "the box is never armed by it"):
        yield note.under("alarm")
    for name, camera in settings.cameras.items():
        for note in _of_camera(camera):
            yield note.under("cameras", name)


def _of_camera(camera: CameraSettings) -> Iterator[KeyFault]:
    yield from _of_pace(camera)
    yield from _of_motion(camera)
    blind = area_left(PICTURE, camera.masks) < _ALL_COVERED
    if blind:
        yield KeyFault(("masks",), "cover the whole picture: no rule of this camera can ever fire")
    for name, rule in camera.rules.items():
        for note in _of_rule(rule):
            yield note.under("rules", name)
        for note in () if blind else _of_place(camera, rule):
            yield note.under("rules", name)


def _of_pace(camera: CameraSettings) -> Iterator[KeyFault]:
    """What keeps every object of a camera from being followed for long enough."""
    track = camera.track
    if camera.fps < _SLOWEST_FPS:
        yield KeyFault(("fps",), "below one a second: who passes is seen too rarely to be followed")
    if camera.stall_s < _SHORTEST_STALL_S:
        yield KeyFault(("stall_s",), "cameras are late by more than that now and then: this one is lost all "
                                     "the time, and who was there with it; 10 is usual")
    if track.confirm_s > _LONGEST_PASSING_S:
        yield KeyFault(("track", "confirm_s"), f"nothing counts until seen for {track.confirm_s:g} s: who "
                                               "passes makes no event; 0.3 is usual")
    if track.lost_s < _SHORTEST_LOST_S:
        yield KeyFault(("track", "lost_s"), "who is hidden for a moment is gone and comes anew: enter tells "
                                            "of them again, and dwell hardly ever; 2 is usual")


def _of_motion(camera: CameraSettings) -> Iterator[KeyFault]:
    """What keeps a camera from looking."""
    motion = camera.motion
    if not motion.enabled:
        return
    if motion.min_area_ratio > _LARGEST_MOTION:
        yield KeyFault(("motion", "min_area_ratio"),
                       f"a person half as high as the picture covers {_LARGEST_MOTION:g} of it: what is "
                       "smaller wakes nothing; 0.001 is usual")
    lasting = {RuleKind.DWELL, RuleKind.CROWD} & {rule.kind for rule in camera.rules.values()}
    if lasting and motion.idle_interval_s > _LONGEST_IDLE_S:
        yield KeyFault(("motion", "idle_interval_s"),
                       f"{' and '.join(sorted(lasting))} of who stands still may be told later by that much; "
                       "10 is usual")


def _of_rule(rule: RuleSettings) -> Iterator[KeyFault]:
    """What keeps a rule from firing wherever it looks."""
    if rule.min_riders and TWO_WHEELERS.isdisjoint(rule.classes):
        yield KeyFault(("min_riders",), f"has no effect: no {' or '.join(sorted(TWO_WHEELERS))} in classes")
    if rule.riders and "person" not in rule.classes:
        yield KeyFault(("riders",), "has no effect: no person in classes; it is for rules about people")
    if rule.kind is RuleKind.CROWD and rule.crowd_count > MOST_AT_ONCE:
        yield KeyFault(("crowd_count",), f"{_NEVER}at most {MOST_AT_ONCE} objects of a picture are followed")
    if rule.kind in (RuleKind.ENTER, RuleKind.CROSS) and rule.cooldown_s > _LONGEST_COOLDOWN_S:
        yield KeyFault(("cooldown_s",), "after one event this rule tells nothing for "
                                        f"{rule.cooldown_s / 3600:g} hours, whoever comes")
    yield from _of_windows(rule.schedule, "this rule can never fire")
    key = {RuleKind.DWELL: "dwell_s", RuleKind.CROWD: "crowd_s"}.get(rule.kind)
    if key and 0 < (open_s := longest_open_s(rule.schedule)) < getattr(rule, key):
        yield KeyFault((key,), f"{_NEVER}its schedule is open for {open_s:g} s at most, and time before that "
                               "does not count")


def _of_windows(windows: Sequence[ScheduleSettings], so: str) -> Iterator[KeyFault]:
    """Windows that never open; `so` is what it means where no other does."""
    what = f"so {so}" if longest_open_s(windows) == 0 else "so this window never opens"
    for index, window in enumerate(windows):
        if not window.days:
            yield KeyFault(("schedule", index, "days"), f"no day at all, {what}; leave it out for every day")


def _of_place(camera: CameraSettings, rule: RuleSettings) -> Iterator[KeyFault]:
    """The faults of the place where a rule looks: nothing of its size can stand there."""
    place: Sequence[Point] = PICTURE
    if rule.line is not None:
        place = camera.lines[rule.line]
        if line_left(place, camera.masks) < _ALL_COVERED:
            yield KeyFault(("line",), f"{_NEVER}masks cover all of the line")
        elif _is_border(place):
            yield KeyFault(("line",), f"{_NEVER}the line lies on the picture's border, beyond which nothing "
                                      "is seen; move it inwards by a twentieth")
    elif rule.zone is not None:
        place = camera.zones[rule.zone]
        if area_left(place, camera.masks) < _ALL_COVERED:
            yield KeyFault(("zone",), f"{_NEVER}masks cover all of the zone")
    lowest = min(max(y for _, y in place), _WHOLE_HEIGHT)
    if rule.min_height_ratio is not None and rule.min_height_ratio > lowest:
        yield KeyFault(("min_height_ratio",), f"{_NEVER}what stands there with its top in the picture is at "
                                              f"most {lowest:g} of it high")


def _is_border(line: Sequence[Point]) -> bool:
    """Whether both ends are at the same border."""
    return any(max(ends) < _BORDER or min(ends) > 1 - _BORDER for ends in zip(*line, strict=True))
