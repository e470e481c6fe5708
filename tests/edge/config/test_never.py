"""Rules that can never fire are named, and what can fire is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.load import fault_lines, load, read_text
from edge.config.never import MOST_AT_ONCE, never_notes
from edge.watch.vision.detector import MAX_DETECTIONS
from tests.edge.config.files import GOOD, written

# Line 11 on: a zone at the lower left, one at the top, a line down the middle, one along the lower border.
PLACES = """\
zones.yard = [[0.1, 0.5], [0.5, 0.5], [0.5, 0.9], [0.1, 0.9]]
zones.far = [[0, 0], [1, 0], [1, 0.2], [0, 0.2]]
lines.middle = [[0.5, 0.1], [0.5, 0.9]]
lines.lower = [[0.1, 0.995], [0.9, 1]]
"""
RULE = "[cameras.gate.rules.r]\n"
LEFT_HALF = "masks = [[[0, 0], [0.55, 0], [0.55, 1], [0, 1]]]\n"


def notes_in(folder: Path, text: str) -> list[str]:
    """Without the camera and the rule, of which there is but one."""
    path = written(folder, GOOD + text)
    notes = fault_lines(never_notes(load(path).settings), read_text(path), "")
    return [note.removeprefix(":").replace("cameras.gate.", "").replace("rules.r.", "") for note in notes]


def rule(text: str, kind: str = "enter") -> str:
    """Of the camera in `PLACES`; `text` begins in line 17."""
    return PLACES + RULE + f"kind = '{kind}'\n" + text


@pytest.mark.parametrize(("text", "note"), [
    # hours
    (rule("[[cameras.gate.rules.r.schedule]]\ndays = []"),
     "18: schedule[0].days: no day at all, so this rule can never fire; leave it out for every day"),
    (rule("schedule = [{ end = 05:00:00 }, { days = [] }]"),
     "17: schedule[1].days: no day at all, so this window never opens; leave it out for every day"),
    ("[[alarm.schedule]]\ndays = []",
     "12: alarm.schedule[0].days: no day at all, so the box is never armed by it; leave it out for every"
     " day"),
    (rule("schedule = [{ start = 08:00:00, end = 09:00:00 }]\ndwell_s = 3601", "dwell"),
     "18: dwell_s: can never fire: its schedule is open for 3600 s at most, and time before that does "
     "not count"),
    (rule("schedule = [{ start = 23:59:00 }]\ncrowd_s = 61", "crowd"),
     "18: crowd_s: can never fire: its schedule is open for 60 s at most, and time before that does not "
     "count"),
    # places
    ("masks = [[[0, 0], [1, 0], [1, 1], [0, 1]]]\n" + RULE + "kind = 'enter'",
     "11: masks: cover the whole picture: no rule of this camera can ever fire"),
    ("masks = [[[0, 0], [1, 0], [0, 1]], [[1, 0], [1, 1], [0, 1]]]\n" + rule("zone = 'yard'"),
     "11: masks: cover the whole picture: no rule of this camera can ever fire"),
    (LEFT_HALF + rule("zone = 'yard'"),
     "18: zone: can never fire: masks cover all of the zone"),
    (LEFT_HALF + rule("line = 'middle'", "cross"),
     "18: line: can never fire: masks cover all of the line"),
    (rule("line = 'lower'", "cross"),
     "17: line: can never fire: the line lies on the picture's border, beyond which nothing is seen; "
     "move it inwards by a twentieth"),
    # sizes
    (rule("min_height_ratio = 1"),
     "17: min_height_ratio: can never fire: what stands there with its top in the picture is at most 0.9"
     " of it high"),
    (rule("zone = 'far'\nmin_height_ratio = 0.25"),
     "18: min_height_ratio: can never fire: what stands there with its top in the picture is at most 0.2"
     " of it high"),
    # time
    (PLACES + "track.confirm_s = 600",
     "15: track.confirm_s: nothing counts until seen for 600 s: who passes makes no event; 0.3 is "
     "usual"),
    (PLACES + "fps = 0.5",
     "15: fps: below one a second: who passes is seen too rarely to be followed"),
    (PLACES + "stall_s = 0.2",
     "15: stall_s: cameras are late by more than that now and then: this one is lost all the time, and "
     "who was there with it; 10 is usual"),
    (rule("cooldown_s = 604800"),
     "17: cooldown_s: after one event this rule tells nothing for 168 hours, whoever comes"),
    (PLACES + "track.lost_s = 0.1",
     "15: track.lost_s: who is hidden for a moment is gone and comes anew: enter tells of them again, and "
     "dwell hardly ever; 2 is usual"),
    (PLACES + "motion.idle_interval_s = 3600\n" + RULE + "kind = 'dwell'",
     "15: motion.idle_interval_s: dwell of who stands still may be told later by that much; 10 is usual"),
    # what is looked for
    (PLACES + "motion.min_area_ratio = 0.5",
     "15: motion.min_area_ratio: a person half as high as the picture covers 0.06 of it: what is smaller"
     " wakes nothing; 0.001 is usual"),
    ("[model]\nthreshold = 0.95",
     "12: model.threshold: hardly any detection scores 0.95, so that no rule fires; 0.4 is usual"),
    (rule(f"crowd_count = {MOST_AT_ONCE + 1}", "crowd"),
     "17: crowd_count: can never fire: at most 100 objects of a picture are followed"),
    (rule("min_riders = 3\nclasses = ['person', 'car']"),
     "17: min_riders: has no effect: no bicycle or motorcycle in classes"),
    (rule("riders = true\nclasses = ['motorcycle']"),
     "17: riders: has no effect: no person in classes; it is for rules about people"),
])
def test_what_can_never_fire_is_named_once(tmp_path: Path, text: str, note: str) -> None:
    """
    Each with the line of the key that is in the way, and why.
    """
    assert [note] == notes_in(tmp_path, text)


@pytest.mark.parametrize("text", [
    rule("zone = 'yard'"), rule("line = 'middle'", "cross"), rule("zone = 'far'\nmin_height_ratio = 0.2"),
    "masks = [[[0, 0], [0.45, 0], [0.45, 1], [0, 1]]]\n" + rule("zone = 'yard'"),
    rule("min_height_ratio = 0.9\ncooldown_s = 3600"),
    PLACES + "motion = { enabled = false, min_area_ratio = 1.0 }",
    rule("schedule = [{ start = 22:00:00, end = 05:00:00 }]\ndwell_s = 25200", "dwell"),
    rule("schedule = [{ days = ['sun'], start = 20:00:00 }, { days = ['mon'], end = 06:00:00 }]\n"
         "dwell_s = 36000", "dwell"),
    rule("crowd_count = 100", "crowd"),
    "motion.idle_interval_s = 3600\n" + rule("zone = 'yard'"),
    rule("min_riders = 3\nclasses = ['motorcycle']\nseverity = 'warning'"),
    rule("riders = true\nclasses = ['person', 'car']"),
])
def test_what_can_fire_is_left_in_peace(tmp_path: Path, text: str) -> None:
    """
    A zone that masks leave a part of, a dwell as long as its night, one over midnight of two windows.
    """
    assert [] == notes_in(tmp_path, text)


def test_a_crowd_is_bounded_by_what_the_detector_tells() -> None:
    """
    The config's word for it and the detector's are one number.
    """
    assert MAX_DETECTIONS == MOST_AT_ONCE
