"""Which detection belongs to which track."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.testing import assert_allclose

from edge.base.values import Rect
from edge.watch.vision.association import Floats, assign, iou_matrix, nesting_matrix

LIMIT = 1.5

_costs = npst.arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(0, 5)),
                     elements=st.one_of(st.floats(0, 2, width=16), st.just(np.inf)))
_rects = st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1, max_size=5)


def cheapest(cost: Floats) -> float:
    """The least total cost by trying everything."""
    n, m = cost.shape
    padded = np.concatenate([np.where(cost < LIMIT, cost, np.inf), np.full((n, n), LIMIT)], axis=1)
    return min(sum(float(padded[row, column]) for row, column in enumerate(columns))
               for columns in itertools.permutations(range(m + n), n))


@given(_costs)
@settings(deadline=None, max_examples=60)
def test_assignment_is_the_cheapest_there_is(cost: Floats) -> None:
    """
    No other choice of pairs costs less; no column is given twice, no pair costs the limit or more.
    """
    rows, columns = assign(cost, LIMIT)

    assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(rows)
    assert (cost[rows, columns] < LIMIT).all()
    assert_allclose(cost[rows, columns].sum() + LIMIT * (len(cost) - len(rows)), cheapest(cost))


@given(_rects, _rects)
def test_iou_matrix_agrees_with_rect(a: list[tuple[int, ...]], b: list[tuple[int, ...]]) -> None:
    """
    The vectorised overlap is that of `Rect.iou`, for empty and inverted rects too.
    """
    want = [[Rect(*p).iou(Rect(*q)) for q in b] for p in a]

    assert_allclose(iou_matrix(np.array(a, dtype=float), np.array(b, dtype=float)), want)


@given(_rects, _rects)
def test_nesting_is_the_share_of_the_smaller(a: list[tuple[int, ...]], b: list[tuple[int, ...]]) -> None:
    """
    1 where one lies in the other, and never less than the overlap.
    """
    one, other = np.array(a, dtype=float), np.array(b, dtype=float)
    want = [[Rect(*p).intersection(Rect(*q)).area / min(Rect(*p).area, Rect(*q).area)
             if min(Rect(*p).area, Rect(*q).area) else 0 for q in b] for p in a]

    assert_allclose(nesting_matrix(one, other), want)
    assert (nesting_matrix(one, other) >= iou_matrix(one, other)).all()
