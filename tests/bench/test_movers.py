"""Things that move as things do in front of a camera."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench import movers
from bench.scenes import perspective


@pytest.mark.parametrize("mover", movers.MOVERS, ids=lambda mover: mover.name)
def test_the_same_seed_gives_the_same_pictures_inside_of_the_picture(mover: movers.Mover) -> None:
    """Time goes on, rects are not empty, and nothing lies outside."""
    first, again = (list(movers.pictures(mover, 5, seed=3)) for _ in range(2))

    assert first == again
    assert all(before < after for (before, _), (after, _) in pairwise(first))
    for _, found in first:
        for each in found:
            assert each.rect.area > 0
            assert each.rect == each.rect.clipped(movers.WIDTH, movers.HEIGHT)


def test_a_car_that_comes_grows_and_one_that_goes_is_its_mirror_in_time() -> None:
    """4 % high at first, half of the picture when it leaves it."""
    coming = [rect for step in range(40) if (rect := perspective(step / 10, True, 0)) is not None]
    going = [rect for step in range(40) if (rect := perspective(step / 10, False, 0)) is not None]

    assert all(before.height < after.height for before, after in pairwise(coming))
    assert coming[0].height == pytest.approx(0.043, abs=0.001)
    assert coming[0].foot[1] == pytest.approx(going[-1].foot[1], abs=0.01)
