"""Non-maximum suppression, as laws over any boxes."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.base.values import Rect
from edge.watch.vision.nms import Candidates, best_first, suppress

side = st.integers(0, 60).map(float)
box = st.tuples(side, side, side, side)
rows = st.lists(st.tuples(box, st.floats(0, 1, width=32), st.integers(0, 2)), max_size=30)
ious = st.floats(0, 1)

Rows = list[tuple[tuple[float, ...], float, int]]


def candidates(made: Rows) -> Candidates:
    return Candidates(np.array([row[0] for row in made], np.float32).reshape(-1, 4),
                      np.array([row[1] for row in made], np.float32),
                      np.array([row[2] for row in made], np.intp))


def as_rows(found: Candidates) -> list[tuple[Rect, float, int]]:
    return [(Rect(*box), score, kind) for box, score, kind in
            zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)]


@given(rows, ious)
def test_kept_boxes_of_a_class_do_not_overlap(made: Rows, max_iou: float) -> None:
    """
    No two kept boxes of one class overlap by more than max_iou.
    """
    kept = as_rows(suppress(best_first(candidates(made), 100), max_iou))

    assert all(a[2] != b[2] or a[0].iou(b[0]) <= max_iou + 1e-5
               for i, a in enumerate(kept) for b in kept[:i])


@given(rows, ious)
def test_what_is_dropped_has_a_better_rival(made: Rows, max_iou: float) -> None:
    """
    Kept boxes are some of the given ones, best first; each dropped one overlaps a kept one of its class
    that has at least its score.
    """
    given_rows = as_rows(best_first(candidates(made), 100))
    kept = as_rows(suppress(best_first(candidates(made), 100), max_iou))
    dropped = list(given_rows)
    for row in kept:
        dropped.remove(row)

    assert [row[1] for row in kept] == sorted((row[1] for row in kept), reverse=True)
    assert all(any(k[2] == d[2] and k[1] >= d[1] and k[0].iou(d[0]) > max_iou - 1e-5 for k in kept)
               for d in dropped)


@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.floats(0.2, 0.8))
@settings(max_examples=20)
def test_many_boxes_are_judged_one_by_one(seed: int, count: int, max_iou: float) -> None:
    """
    However many there are, a box is kept exactly when no better kept one of its class overlaps it too much.
    """
    random = np.random.default_rng(seed)
    corners, sizes = random.integers(0, 120, (count, 2)), random.integers(1, 60, (count, 2))
    boxes = np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)
    scores, classes = random.random(count).astype(np.float32), random.integers(0, 2, count)
    found = best_first(Candidates(boxes, scores, classes), count)
    expected: list[tuple[Rect, float, int]] = []
    for row in as_rows(found):
        most = max((row[0].iou(kept[0]) for kept in expected if kept[2] == row[2]), default=0.0)
        assume(abs(most - max_iou) > 1e-6)      # float32 cannot tell
        if most < max_iou:
            expected.append(row)

    assert expected == as_rows(suppress(found, max_iou))


def test_best_first_is_stable_and_cuts() -> None:
    """
    Equal scores keep their order; beyond `most` nothing is kept.
    """
    found = candidates([((0, 0, 1, 1), 0.5, 0), ((2, 2, 3, 3), 0.9, 1), ((4, 4, 5, 5), 0.5, 2)])

    assert [1, 0] == best_first(found, 2).classes.tolist()


def test_nothing_stays_nothing() -> None:
    """
    No candidates give no boxes, without a special case at the caller's.
    """
    assert 0 == len(suppress(best_first(candidates([]), 10), 0.5).scores)
