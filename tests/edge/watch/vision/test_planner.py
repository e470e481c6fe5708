"""Where the detector looks next, and what that costs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S, Rect
from edge.watch.vision.life import Seen
from edge.watch.vision.look import STEP_PX, Look
from edge.watch.vision.planner import FULL_INTERVAL_NS, Budget, LookPlanner, shape_of

SIZE = (1920, 1080)
BUDGET = Budget.of(5, 416)
STEP_NS = NS_PER_S // 5


def life(rect: Rect, *, resting: bool = False, track_id: int = 1) -> Seen:
    return Seen(track_id, "person", rect, True, True, resting, 0, 0)


def walker(x: float, height: float = 60) -> Rect:
    return Rect(x, 500, x + 0.4 * height, 500 + height)


def looks(planner: LookPlanner, rects: list[Rect], count: int = 20) -> list[Look | None]:
    return [planner.plan(rects, [], [], SIZE, (1 + i) * STEP_NS) for i in range(count)]


rects_in_picture = st.builds(
    lambda x, y, w, h: Rect(x, y, min(1920.0, x + w), min(1080.0, y + h)),
    st.floats(0, 1900), st.floats(0, 1060), st.floats(8, 1920), st.floats(8, 1080))


@given(st.lists(rects_in_picture, min_size=1, max_size=6))
def test_a_close_look_holds_all_that_moves(rects: list[Rect]) -> None:
    """
    A window lies in the picture, on even pixels, holds every moving part, and enters in a shape that networks
    take, hardly stretched.
    """
    for look in looks(LookPlanner(BUDGET), rects, 3):
        assert look is not None
        assert (0, 0) == (look.input_px[0] % STEP_PX, look.input_px[1] % STEP_PX)
        window = look.window
        if window is None:
            continue
        assert (0, 0) <= (window.x0, window.y0)
        assert (window.x1, window.y1) <= SIZE
        assert {0.0} == {side % 2 for side in (window.x0, window.y0)}
        assert all(window.x0 <= rect.x0 + 1 and window.x1 >= rect.x1 - 1
                   and window.y0 <= rect.y0 + 1 and window.y1 >= rect.y1 - 1 for rect in rects)
        stretch = (look.input_px[0] / window.width) / (look.input_px[1] / window.height)
        assert 0.8 <= stretch <= 1.25


@pytest.mark.slow
@given(st.lists(st.lists(rects_in_picture, max_size=4), min_size=40, max_size=80))
def test_the_budget_holds_in_the_long_run(pictures: list[list[Rect]]) -> None:
    """
    Whatever moves where, looks cost at most a tenth more than the budget, taken over eight seconds and more,
    when pictures come at the rate that the planner asks for.
    """
    planner, now_ns, spent_px = LookPlanner(BUDGET), 0, 0
    for rects in pictures:
        now_ns += round(NS_PER_S / planner.fps)
        look = planner.plan(rects, [], [], SIZE, now_ns)
        spent_px += look.cost_px if look else 0

    assert spent_px <= 1.1 * BUDGET.px_per_s * now_ns / NS_PER_S + BUDGET.wide_px


def test_a_small_walker_is_looked_at_closely_and_cheaply() -> None:
    """
    Somebody 60 px high in 1080 lines is 100 px high in the input, at far less than the usual cost.
    """
    close = [look for look in looks(LookPlanner(BUDGET), [walker(700)]) if look and look.window]

    assert 15 <= len(close)
    assert {True} == {95 <= 60 * look.enlargement(*SIZE) <= 130 for look in close}
    assert {True} == {look.cost_px < 0.5 * 416 ** 2 for look in close}


def test_nothing_is_unseen_for_two_seconds() -> None:
    """
    While one corner is looked at closely the whole is looked at again and again.
    """
    times = [i for i, look in enumerate(looks(LookPlanner(BUDGET), [walker(100)], 60))
             if look is not None and look.window is None]

    assert 0 == times[0]
    assert {True} == {(after - before) * STEP_NS <= FULL_INTERVAL_NS + STEP_NS
                      for before, after in pairwise(times)}


def test_a_busy_picture_gets_fewer_looks_with_more_pixels() -> None:
    """
    Where all the picture moves the rate halves and the input doubles, at the same cost.
    """
    planner = LookPlanner(BUDGET)
    everywhere = [Rect(0, 200, 300, 1000), Rect(1500, 0, 1900, 900)]
    wide = looks(planner, everywhere)[-1]

    assert 2.5 == planner.fps
    assert wide is not None
    assert wide.window is None
    assert 1.9 * 416 ** 2 <= wide.cost_px <= 2.02 * 416 ** 2


def test_what_rests_is_not_looked_at() -> None:
    """
    A parked car on which nothing moves stays out of the window, and alone it is worth no close look at all.
    """
    planner = LookPlanner(BUDGET)
    parked = life(Rect(1500, 400, 1800, 600), resting=True)
    planner.plan([], [], [parked], SIZE, STEP_NS)

    assert planner.plan([], [], [parked], SIZE, 2 * STEP_NS) is None
    look = planner.plan([walker(100)], [], [parked], SIZE, 3 * STEP_NS)
    assert look is not None
    assert look.window is not None
    assert look.window.x1 < 1500


def test_the_window_lies_where_it_goes() -> None:
    """
    Somebody whom no motion tells of is in the window with the way of the next third of a second.
    """
    planner = LookPlanner(BUDGET)
    planner.plan([], [], [life(walker(500))], SIZE, STEP_NS)
    look = planner.plan([], [], [life(walker(540))], SIZE, 2 * STEP_NS)

    assert look is not None
    assert look.window is not None
    assert look.window.x1 >= 540 + 24 + 60


@given(st.floats(100_000, 900_000), st.floats(0.4, 3.0))
def test_shapes_keep_to_cost_and_aspect(cost_px: float, aspect: float) -> None:
    """
    A shape costs at most a hundredth too much and stretches by less than a fifth.
    """
    width, height = shape_of(cost_px, aspect)

    assert width * height <= 1.01 * cost_px
    assert 0.8 < width / height / aspect < 1.25
    assert width * height >= 0.75 * cost_px
