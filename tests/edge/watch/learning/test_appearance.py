"""How something looks, in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.base.values import Rect
from edge.watch.learning.appearance import ALIKE, SIZE, appearance, decoded, encoded, likeness
from tests.edge.watch.learning.street import clothes

ALL = Rect(0, 0, 50, 120)


@pytest.mark.parametrize("change", [
    lambda luma: luma // 2, lambda luma: 255 * (luma / 255) ** 0.6, lambda luma: luma * 0.4 + 90,
    lambda luma: luma + np.random.default_rng(1).normal(0, 6, luma.shape)])
def test_light_changes_little(change: object) -> None:
    """
    Half the light, another gamma, haze and a night's noise: the same thing.
    """
    luma = clothes(1).astype(np.float64)
    other = np.clip(change(luma), 0, 255).astype(np.uint8)      # type: ignore[operator]
    one, two = appearance(clothes(1), ALL), appearance(other, ALL)
    assert one is not None
    assert two is not None
    assert likeness(one, two) > ALIKE


def test_people_differ() -> None:
    """
    Of two hundred people in other clothes none looks like another.
    """
    looks = [look for seed in range(200) if (look := appearance(clothes(seed), ALL)) is not None]
    pairs = np.array(looks) @ np.array(looks).T
    assert float(np.max(pairs - np.eye(200))) < ALIKE


@given(arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))),
       st.tuples(*[st.floats(-100, 200)] * 4))
def test_any_rect_of_any_picture(luma: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
                                 sides: tuple[float, float, float, float]) -> None:
    """
    Flat, cut or empty: an appearance that is most like itself and survives being written down, or none where
    it would be too small.
    """
    look = appearance(luma, Rect(*sides))
    if look is not None:
        assert (SIZE,) == look.shape
        assert np.all(np.isfinite(look))
        again = decoded(encoded(look))
        assert not look.any() or likeness(look, again) > 0.99


def test_what_is_no_appearance_is_refused() -> None:
    """
    Numbers of another release, or none of ours.
    """
    with pytest.raises(ValueError, match="want 256 bytes, got 3"):
        decoded(b"abc")
