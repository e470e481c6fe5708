"""One scale for the scores of all classes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import Detection, Rect
from edge.watch.vision.scores import BAR, ClassTraits, ScoreScale

RECT = Rect(0, 0, 10, 10)
SCALE = ScoreScale({"motorcycle": ClassTraits(bar=0.25)})


def scaled(label: str, score: float, least: float = 0.0) -> list[float]:
    return [each.score for each in SCALE.apply([Detection(RECT, label, score)], least)]


def test_the_bar_of_each_class_is_the_bar_of_all() -> None:
    """
    A motorcycle's 0.25 counts as much as a car's 0.4; the ends of the scale stay where they are.
    """
    assert [pytest.approx(BAR)] == scaled("motorcycle", 0.25)
    assert [pytest.approx(0.4)] == scaled("car", 0.4)
    assert [0.0] == scaled("motorcycle", 0.0)
    assert [pytest.approx(1.0)] == scaled("motorcycle", 1.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_order_within_a_class_stays(one: float, other: float) -> None:
    """
    Who has the higher score of two motorcycles has it on the common scale, too.
    """
    (first,), (second,) = scaled("motorcycle", one), scaled("motorcycle", other)

    assert first <= second or one >= other


@given(st.floats(0, 1), st.floats(0.01, 0.99), st.sampled_from(["car", "motorcycle"]))
def test_nothing_is_lost_below_the_least_own_score(score: float, least: float, label: str) -> None:
    """
    A detector that is asked for no less than `least_own` gives all that reach `least` on the scale.
    """
    reaches = bool(scaled(label, score, least))

    assert not reaches or score >= SCALE.least_own({"car", "motorcycle"}, least) - 1e-9
