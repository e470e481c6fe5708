"""PicoDet's answer, on made tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from edge.watch.vision import picodet

Outputs = dict[str, npt.NDArray[np.float32]]
Change = Callable[[Outputs], object]

CLASSES, BINS, SIDE = 3, 8, 128


def outputs() -> Outputs:
    """An answer that sees nothing: every score 0, every distance spread evenly over its bins."""
    made: Outputs = {}
    for stride in picodet.STRIDES:
        cells = SIDE // stride
        made[f"s{stride}"] = np.zeros((1, CLASSES, cells, cells), np.float32)
        made[f"d{stride}"] = np.zeros((1, 4 * BINS, cells, cells), np.float32)
    return made


def put(made: Outputs, stride: int, row: int, column: int, kind: int, score: float,
        bins: tuple[int, int, int, int]) -> None:
    """One object: distances of whole bins to the left, top, right and bottom."""
    made[f"s{stride}"][0, kind, row, column] = score
    for side, chosen in enumerate(bins):
        made[f"d{stride}"][0, side * BINS + chosen, row, column] = 50.0


def test_box_from_whole_bins() -> None:
    """
    A distance of bin b is b strides from the middle of the cell.
    """
    made = outputs()
    put(made, 16, row=2, column=3, kind=1, score=0.75, bins=(1, 2, 3, 0))

    found = picodet.decode(made, 0.5)

    centre_x, centre_y = 3.5 * 16, 2.5 * 16
    np.testing.assert_allclose(
        found.boxes, [[centre_x - 16, centre_y - 32, centre_x + 48, centre_y]], atol=1e-3)
    assert ([0.75], [1]) == (found.scores.tolist(), found.classes.tolist())


def test_an_even_spread_means_the_middle_bin() -> None:
    """
    Undecided logits give the expectation: 3.5 of bins 0 to 7.
    """
    made = outputs()
    made["s64"][0, 0, 0, 0] = 0.9

    found = picodet.decode(made, 0.5)

    np.testing.assert_allclose(found.boxes, [[32 - 224, 32 - 224, 32 + 224, 32 + 224]])


def test_every_stride_and_class_is_found_once() -> None:
    """
    Objects on all four grids, and two classes of one cell, come out with their own boxes and scores,
    the best first, and no more than asked for.
    """
    made = outputs()
    for index, stride in enumerate(picodet.STRIDES):
        put(made, stride, row=1, column=0, kind=index % CLASSES, score=0.5 + index / 10, bins=(1, 1, 1, 1))
    put(made, 8, row=1, column=0, kind=2, score=0.9, bins=(1, 1, 1, 1))

    found = picodet.decode(made, 0.45)

    expected = [(8, 2, 0.9), (64, 0, 0.8), (32, 2, 0.7), (16, 1, 0.6), (8, 0, 0.5)]
    centres = [[0.5 * s - s, 1.5 * s - s, 0.5 * s + s, 1.5 * s + s] for s, _, _ in expected]
    np.testing.assert_allclose(found.boxes, centres, atol=1e-3)
    assert [kind for _, kind, _ in expected] == found.classes.tolist()
    np.testing.assert_allclose(found.scores, [score for _, _, score in expected])
    best = picodet.decode(made, 0.45, most=2)
    np.testing.assert_allclose(best.boxes, centres[:2], atol=1e-3)
    assert [2, 0] == best.classes.tolist()


def test_only_wanted_classes_are_decoded() -> None:
    """
    Of two objects in one cell only the wanted one comes out, under its own index.
    """
    made = outputs()
    put(made, 8, 0, 0, kind=0, score=0.9, bins=(1, 1, 1, 1))
    put(made, 8, 0, 0, kind=2, score=0.5, bins=(1, 1, 1, 1))

    found = picodet.decode(made, 0.25, np.array([1, 2]))

    assert ([0.5], [2]) == (found.scores.tolist(), found.classes.tolist())
    assert [] == picodet.decode(made, 0.25, np.array([], np.intp)).scores.tolist()


def test_threshold_is_exclusive_and_nothing_is_fine() -> None:
    """
    A score equal to the threshold does not count; no hit at all is an empty answer.
    """
    made = outputs()
    put(made, 8, 0, 0, 0, 0.5, (1, 1, 1, 1))

    assert (0, 4) == picodet.decode(made, 0.5).boxes.shape
    assert (1, 4) == picodet.decode(made, 0.25).boxes.shape


def test_huge_logits_do_not_overflow() -> None:
    """
    Logits of any size give finite boxes.
    """
    made = outputs()
    made["s8"][0, 0, 0, 0] = 0.9
    made["d8"] += 1e4

    assert np.isfinite(picodet.decode(made, 0.5).boxes).all()


@pytest.mark.parametrize(("change", "expected"), [
    (lambda made: made.pop("d16"), "want outputs ['d16', "),
    (lambda made: made.update(s8=made["s8"][:, :2]), "want output 's8' (1, 3, 16, 16), found (1, 2, 16, 16)"),
    (lambda made: made.update(d8=made["d8"][:, :30]), "want output 'd8' (1, 4 x bins, 16, 16), found (1, 30"),
    (lambda made: made.update(d64=made["d64"][0]), "want output 'd64' (1, 4 x bins, 2, 2), found (32, 2, 2)"),
])
def test_check_names_the_output_that_does_not_fit(change: Change, expected: str) -> None:
    """
    Outputs of another family, class count or size are told with what was wanted and found.
    """
    made = outputs()
    picodet.check(made, CLASSES, (SIDE, SIDE))
    change(made)

    with pytest.raises(ValueError, match="want output") as caught:
        picodet.check(made, CLASSES, (SIDE, SIDE))

    assert expected in str(caught.value)
