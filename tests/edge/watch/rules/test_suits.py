"""Which objects a rule is about: riders, machines, and how large they must be."""

from __future__ import annotations

from typing import Any

import pytest

from edge.config.camera_model import RuleKind, RuleSettings
from tests.edge.watch.rules.world import Camera, at


def enter(**changes: Any) -> RuleSettings:
    return RuleSettings(kind=RuleKind.ENTER, zone="yard", **changes)


def test_riders_are_no_pedestrians() -> None:
    """Of a walker and a rider the rule about people tells the walker, and both where it says riders."""
    camera = Camera({"walkers": enter(), "all": enter(riders=True)})
    hits = camera.watch(1, at(1, 0.4), at(2, 0.6, mount=3))

    assert [("walkers", 1), ("all", 1), ("all", 2)] == [(hit.rule, hit.track.track_id) for hit in hits]


def test_who_gets_off_enters_then() -> None:
    """A rider in the zone is nobody to the rule until the machine is left."""
    camera = Camera(enter())
    camera.watch(3, at(1, 0.5, mount=2))
    camera.watch(3, at(1, 0.5))

    assert ["3 begin 1"] == camera.told


def test_who_turns_out_to_be_a_rider() -> None:
    """An event that was begun goes on to its own end; a dwell under way starts anew after getting off."""
    camera = Camera({"enter": enter(), "dwell": RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=5)})
    camera.watch(3, at(1, 0.5))
    camera.watch(3, at(1, 0.5, mount=2))
    camera.watch(6, at(1, 0.5))
    camera.watch(2, at(1, 0.1))

    assert ["0 begin 1", "11 begin 1", "13 end 1", "13 end 1"] == camera.told


def test_a_rider_crosses_no_line_of_walkers() -> None:
    """Judged when the foot is over the line; getting off beyond it does not make up for it."""
    camera = Camera(RuleSettings(kind=RuleKind.CROSS, line="line"))
    for x in (0.4, 0.6):
        camera.see(at(1, x, mount=2))
    camera.see(at(1, 0.7))

    assert [] == camera.told


def test_so_many_riders() -> None:
    """Two-wheelers with fewer are passed over; what is no two-wheeler has none to count."""
    camera = Camera(enter(classes=("motorcycle", "bicycle", "car"), min_riders=3))
    camera.watch(2, at(1, 0.3, label="motorcycle", riders=2), at(2, 0.4, label="car"),
                 at(3, 0.5, label="bicycle", riders=3))
    camera.watch(2, at(1, 0.3, label="motorcycle", riders=3))

    assert ["0 begin 2", "0 begin 3", "2 begin 1"] == camera.told


@pytest.mark.parametrize(("height", "told"), [(0.09, ["0 begin 1"]), (0.07, [])])
def test_a_two_wheeler_is_as_high_as_with_its_riders(height: float, told: list[str]) -> None:
    """The limit judges the rect of the track, which is of both."""
    camera = Camera(enter(classes=("motorcycle",)))
    camera.see(at(1, 0.5, label="motorcycle", riders=1, height=height))

    assert told == camera.told


def test_limits_are_the_models_unless_the_rule_sets_one() -> None:
    """By class; 0.08 for a class that the model says nothing about."""
    classes = ("person", "car", "dog")
    camera = Camera({"model": enter(classes=classes), "own": enter(classes=classes, min_height_ratio=0.2)},
                    least_heights={"person": 0.1, "car": 0.04})
    hits = camera.see(at(1, 0.3, height=0.09), at(2, 0.4, height=0.11), at(3, 0.5, label="car", height=0.05),
                      at(4, 0.6, label="dog", height=0.07), at(5, 0.7, label="dog", height=0.21))

    assert {"model": [2, 3, 5], "own": [5]} == {
        rule: [hit.track.track_id for hit in hits if hit.rule == rule] for rule in ("model", "own")}
