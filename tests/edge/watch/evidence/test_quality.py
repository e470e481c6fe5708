"""What a picture of an object is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import Rect
from edge.watch.evidence.quality import Quality, Shapes, freedom_of, holds_two, is_whole

MAN = Rect(100, 100, 140, 200)
GOOD = Quality(side_px=100, sharpness=0.9, freedom=0.9, shape=1.0, whole=True)


@pytest.mark.parametrize(("others", "freedom"), [
    ([], 1.0), ([Rect(300, 100, 340, 200)], 1.0), ([Rect(100, 150, 140, 250)], 0.5),
    ([Rect(100, 50, 140, 150)], 0.825), ([Rect(90, 90, 150, 210)] * 2, 0.05)],
    ids=["alone", "far off", "half hidden", "in front of somebody", "hidden"])
def test_who_is_in_front_costs_most(others: list[Rect], freedom: float) -> None:
    """
    Who stands lower hides, who stands higher is hidden; both are in the picture, and the first is worse.
    """
    assert freedom == pytest.approx(freedom_of(MAN, 0.0, others))


def test_whoever_is_in_the_margin_costs_a_little() -> None:
    """
    The object shall be the main thing: a neighbour beside it is no second subject, but not nothing.
    """
    beside = [Rect(142, 100, 182, 200)]

    assert 1.0 == freedom_of(MAN, 0.0, beside)
    assert 0.9 < freedom_of(MAN, 0.25, beside) < 1.0


def shape_after(*rects: Rect) -> float:
    shapes = Shapes()
    for rect in rects:
        shapes.note(rect)
    return shapes.usual()


def test_an_object_that_keeps_or_steadily_changes_its_size_is_as_usual() -> None:
    """
    Standing, walking with open legs, and a car that comes nearer by a fifth each picture.
    """
    assert 1.0 == shape_after(MAN)
    assert 1.0 == shape_after(*[MAN] * 20)
    assert 1.0 == shape_after(*[MAN, Rect(95, 100, 145, 200)] * 5)
    assert 1.0 == shape_after(*[Rect(0, 0, 40 * 1.2 ** n, 30 * 1.2 ** n) for n in range(12)])


@pytest.mark.parametrize("strange", [
    Rect(100, 100, 180, 200), Rect(100, 100, 140, 145), Rect(60, 50, 140, 250)],
    ids=["twice as wide", "without legs", "two people"])
def test_a_sudden_change_is_strange(strange: Rect) -> None:
    """
    Something stands in front, or two are taken for one: the picture counts half at most.
    """
    assert shape_after(*[MAN] * 6, strange) < 0.5


def test_two_in_one_rect_are_seen_by_the_parts() -> None:
    """
    A detector that takes two for one finds each of them, too; of one person it finds at most a part.
    """
    both, upper, lower = Rect(100, 100, 140, 300), Rect(100, 100, 138, 205), Rect(103, 195, 140, 298)

    assert holds_two(both, [both, upper, lower])
    assert not holds_two(both, [both, upper])
    assert not holds_two(both, [both, upper, upper.grown(0.02)])
    assert not holds_two(both, [])


@pytest.mark.parametrize(("rect", "whole"), [
    (MAN, True), (Rect(0, 100, 40, 200), False), (Rect(100, 400, 140, 479.5), False),
    (Rect(-9, 0, 9, 9), False)])
def test_whole_is_what_the_border_does_not_cut(rect: Rect, whole: bool) -> None:
    """
    A rect that ends at the border goes on beyond it.
    """
    assert whole is is_whole(rect, 640, 480)


@pytest.mark.parametrize("worse", [
    Quality(400, 0.9, 0.9, 1.0, whole=False), Quality(400, 0.5, 0.9, 1.0, whole=True),
    Quality(400, 0.9, 0.6, 1.0, whole=True), Quality(400, 0.9, 0.9, 0.4, whole=True),
    Quality(60, 1.0, 1.0, 1.0, whole=True)], ids=["cut", "blurred", "less free", "strange", "far smaller"])
def test_size_alone_makes_no_better_picture(worse: Quality) -> None:
    """
    What is much worse in one respect does not keep what was there, however large it is.
    """
    assert not worse.keeps(GOOD)


def test_a_smaller_picture_is_better_where_it_is_clearer() -> None:
    """
    One person alone, after a first picture of two in one: that is worth an update.
    """
    two = Quality(170, 1.0, 0.85, 0.4, whole=True)
    one = Quality(120, 1.0, 1.0, 1.0, whole=True)

    assert one.worth > 1.4 * two.worth
    assert one.keeps(two)


@given(st.floats(1, 1000), st.floats(0.3, 1), st.floats(0.05, 1), st.floats(0.3, 1), st.booleans())
def test_every_picture_keeps_itself(side: float, sharp: float, free: float, shape: float,
                                    whole: bool) -> None:
    """
    And no picture is better than the same without a fault.
    """
    quality = Quality(side, sharp, free, shape, whole)

    assert quality.keeps(quality)
    assert 0 < quality.worth <= Quality(side, 1.0, 1.0, 1.0, whole=True).worth
