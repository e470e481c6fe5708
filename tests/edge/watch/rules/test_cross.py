"""Kind cross."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.config.camera_model import Direction, RuleKind, RuleSettings
from tests.edge.watch.rules.world import FRAME_S, UPRIGHT, Camera, at


def rule(direction: Direction = Direction.ANY, cooldown_s: float = 0) -> RuleSettings:
    return RuleSettings(kind=RuleKind.CROSS, line="line", direction=direction, cooldown_s=cooldown_s)


NS_PER_MS = 1_000_000
BOTH = {"lr": rule(Direction.LEFT_TO_RIGHT), "rl": rule(Direction.RIGHT_TO_LEFT), "any": rule()}


def walk(camera: Camera, *xs: float, y: float = 0.5) -> list[str]:
    """Track 1 along `xs`, a frame each; return what began as `rule@x`."""
    begun = []
    for x in xs:
        begun += [f"{hit.rule}@{x}" for hit in camera.see(at(1, x, y)) if hit.phase == "begin"]
        camera.clock.advance(FRAME_S)
    return begun


def test_directions() -> None:
    """With a line drawn from the bottom up, left and right are those of the picture."""
    assert ["lr@0.6", "any@0.6"] == walk(Camera(BOTH), 0.3, 0.4, 0.6, 0.7)
    assert ["rl@0.4", "any@0.4"] == walk(Camera(BOTH), 0.7, 0.6, 0.4, 0.3)


def test_line_drawn_the_other_way_swaps_the_sides() -> None:
    """Looking down the picture, its right is on the left."""
    camera = Camera(BOTH, lines={"line": (UPRIGHT[1], UPRIGHT[0])})

    assert ["rl@0.6", "any@0.6"] == walk(camera, 0.4, 0.6)


def test_level_line_is_crossed_downwards_from_left_to_right() -> None:
    """Drawn from the picture's left to its right, above is left: the second drawing of the docstring."""
    camera = Camera(BOTH, lines={"line": ((0.1, 0.5), (0.9, 0.5))})
    hits = [hit for y in (0.3, 0.7) for hit in camera.see(at(1, 0.5, y))]

    assert ["lr", "any"] == [hit.rule for hit in hits]


def test_fast_objects_do_not_slip_through() -> None:
    """One that is first left and next right of the line has crossed it."""
    assert ["lr@1.0", "any@1.0"] == walk(Camera(BOTH), 0.0, 1.0)


def test_beside_the_line_is_not_across() -> None:
    """A path past the line's end does not count, nor does walking around it and back through."""
    assert [] == walk(Camera(BOTH), 0.3, 0.7, y=0.95)
    camera = Camera(BOTH)
    camera.see(at(1, 0.3, 0.5))
    camera.see(at(1, 0.3, 0.95))
    camera.see(at(1, 0.7, 0.95))
    assert ["rl@0.3", "any@0.3"] == walk(camera, 0.7, 0.3)


def test_slipping_around_the_end_is_no_crossing() -> None:
    """Through the line just beside its end and back around that end leaves the foot where it was."""
    camera = Camera(rule())
    for x, y in ((0.495, 0.895), (0.505, 0.895), (0.505, 0.905), (0.495, 0.905), (0.4, 0.9), (0.3, 0.5)):
        camera.see(at(1, x, y))

    assert [] == camera.told


def test_trembling_on_the_line_is_at_most_one_crossing() -> None:
    """What counts is the sum of the crossings once the foot is away from the line."""
    assert ["lr@0.52", "any@0.52"] == walk(Camera(BOTH), 0.48, *[0.495, 0.505] * 20, 0.52, 0.6)


def test_touching_and_turning_back_is_no_crossing() -> None:
    """Over by less than the slack and back again is nothing, in either direction."""
    assert [] == walk(Camera(BOTH), 0.4, 0.505, 0.4, 0.508, 0.495, 0.4)


def test_a_second_crossing_ends_the_first() -> None:
    """One open event per track: turning back within two seconds ends the first and begins the next."""
    camera = Camera(rule())
    walk(camera, 0.4, 0.6, 0.4)
    camera.watch(3, at(1, 0.3))

    assert ["0.2 begin 1", "0.4 end 1", "0.4 begin 1", "2.4 end 1"] == camera.told


def test_event_ends_after_two_seconds_or_with_its_track() -> None:
    """Whichever comes first, also while the object is lost."""
    camera = Camera(rule())
    walk(camera, 0.4, 0.6)
    camera.watch(2)
    camera.watch(1, at(1, 0.7))
    camera.see(at(2, 0.4))
    camera.see(at(2, 0.6))
    camera.see(ended=[at(2, 0.7), at(1, 0.7)])

    assert ["0.2 begin 1", "2.2 end 1", "3.4 begin 2", "3.4 end 2"] == camera.told


def test_since_is_the_crossing_not_the_decision() -> None:
    """The foot passes the line first and gets away from it later."""
    camera = Camera(rule())
    hits = [hit for x in (0.48, 0.502, 0.505, 0.52) for hit in camera.watch(FRAME_S, at(1, x))]

    assert [(200, 600)] == [(hit.since_ns // NS_PER_MS, hit.mono_ns // NS_PER_MS) for hit in hits]


def test_path_before_confirmation_counts() -> None:
    """Something that crossed while its track was being confirmed has crossed, once."""
    camera = Camera(rule(Direction.LEFT_TO_RIGHT))
    camera.clock.advance(5)
    hits = camera.watch(1, at(1, 0.8, path=[(4.5, 0.3, 0.5), (4.7, 0.45, 0.5), (4.9, 0.6, 0.5)]))

    assert [4.9] == [hit.since_ns / NS_PER_S for hit in hits]
    assert ["5 begin 1"] == camera.told


def test_predictions_do_not_cross() -> None:
    """A lost object that is predicted over the line has crossed when it is measured there."""
    camera = Camera(rule())
    camera.watch(1, at(1, 0.4))
    camera.watch(1, at(1, 0.7, matched=False))
    camera.watch(1, at(1, 0.4))
    camera.watch(1, at(1, 0.7, matched=False))
    camera.watch(1, at(1, 0.7))

    assert ["4 begin 1"] == camera.told


def test_other_classes_and_cooldown_pass_over_for_good() -> None:
    """A crossing that nobody asked for does not come back when label or cool-down change."""
    camera = Camera(rule(cooldown_s=5))
    camera.see(at(1, 0.4), at(2, 0.4), at(3, 0.4, label="dog"))
    camera.see(at(1, 0.6), at(2, 0.6), at(3, 0.6, label="dog"))
    camera.watch(6, at(1, 0.6), at(2, 0.6), at(3, 0.6))
    camera.see(at(1, 0.6), at(2, 0.4), at(3, 0.6))

    assert ["0 begin 1", "2 end 1", "6 begin 2"] == camera.told


@given(st.lists(st.floats(0, 1), max_size=40))
def test_crossings_alternate(xs: list[float]) -> None:
    """Over a line through the whole picture nobody crosses twice in one direction without coming back."""
    camera = Camera(BOTH, lines={"line": ((0.5, 1.0), (0.5, 0.0))})
    begun = [told.split("@")[0] for told in walk(camera, *xs)]
    directed = [name for name in begun if name != "any"]

    assert len(directed) == begun.count("any")
    assert all(a != b for a, b in pairwise(directed))
