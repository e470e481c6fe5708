"""Block arithmetic of the gate, held to its plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.watch.capture.background import Background, NoiseFloor, fit_light
from edge.watch.capture.blocks import (
    MAX_CLIP,
    clear_blocks,
    connected_parts,
    grown,
    mean_difference,
    texture_change,
)

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 4), st.integers(1, 4), st.integers(1, MAX_CLIP))
def test_mean_difference_is_its_definition(seed: int, rows: int, columns: int, clip: int) -> None:
    """
    The sums inside bytes and words are the plain mean of clipped absolute differences.
    """
    random = np.random.default_rng(seed)
    one, other = random.integers(0, 256, (2, rows * 8, columns * 8), np.uint8)
    one[:8, :8], other[:8, :8] = 255, 0

    got = mean_difference(one, other, clip, (np.empty_like(one), np.empty_like(one)))

    clipped = np.minimum(np.abs(one.astype(int) - other), clip)
    assert np.array_equal(clipped.reshape(rows, 8, columns, 8).mean(axis=(1, 3)), got)


@given(SEEDS, st.integers(1, 12), st.integers(1, 14), st.floats(0, 1))
def test_connected_parts_are_those_of_a_flood_fill(seed: int, rows: int, columns: int, share: float) -> None:
    """
    Every set block is in exactly one part, with all that it touches.
    """
    mask = np.random.default_rng(seed).random((rows, columns)) < share
    left, filled = {(int(row), int(column)) for row, column in np.argwhere(mask)}, set()
    while left:
        part, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            part.add((row, column))
            near = {(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)} & left
            left -= near
            edge += near
        filled.add(frozenset(part))

    parts = connected_parts(mask)

    assert filled == {frozenset((row, column) for row, start, stop in part.runs
                                for column in range(start, stop)) for part in parts}
    assert int(mask.sum()) == sum(part.blocks for part in parts)


@given(SEEDS, st.integers(1, 4), st.integers(1, 5))
def test_cleared_blocks_are_those_of_the_mask(seed: int, rows: int, columns: int) -> None:
    """
    Blocks in the mask become zero in every pixel, the others stay as they are.
    """
    random = np.random.default_rng(seed)
    values = random.integers(-32768, 32768, (rows * 8, columns * 8)).astype(np.int16)
    where = random.random((rows, columns)) < 0.5
    expected = np.where(np.kron(where, np.ones((8, 8))), 0, values)

    clear_blocks(values, where)

    assert np.array_equal(expected, values)


@given(SEEDS)
def test_texture_change_is_what_least_squares_leaves(seed: int) -> None:
    """
    Without saturation and with a gain within its range, the rest is that of a fit by textbook.
    """
    random = np.random.default_rng(seed)
    before = random.integers(20, 120, (48, 48), np.uint8)
    lit = before * random.uniform(0.7, 1.8) + random.integers(-15, 16, (48, 48))
    now = lit.clip(0, 240).astype(np.uint8)
    where = np.zeros((6, 6), np.bool_)
    where[2, 3] = True

    rest, change = texture_change(now, before, where)

    # The 16 x 16 around the block, in means of 2 x 2.
    new, old = (side[12:28, 20:36].reshape(8, 2, 8, 2).mean(axis=(1, 3)).ravel() for side in (now, before))
    down, right = np.mgrid[:8, :8].reshape(2, -1)
    terms = np.stack([old, np.ones(64), down, right], axis=1)
    errors = new - terms @ np.linalg.lstsq(terms, new, rcond=None)[0]
    assert rest[0] == pytest.approx(np.sqrt((errors**2).sum() / 60), abs=0.02)
    assert change[0] == pytest.approx(np.sqrt(((new - old)**2).mean()), abs=0.01)


def test_grown_takes_the_eight_neighbours() -> None:
    """
    One block becomes nine, and no more at the border than there are.
    """
    mask = np.zeros((5, 5), np.bool_)
    mask[2, 2] = True
    assert 9 == grown(mask).sum()
    mask[2, 2], mask[0, 0] = False, True
    assert 4 == grown(mask).sum()


@given(SEEDS, st.floats(0.7, 2), st.floats(-30, 30), st.floats(-1, 1), st.floats(-1, 1))
def test_light_leaves_no_rest(seed: int, gain: float, offset: float, right: float, down: float) -> None:
    """
    Gain, offset and slope of light are explained to within rounding; a thing is not.
    """
    random = np.random.default_rng(seed)
    before = np.kron(random.integers(40, 90, (10, 10)), np.ones((4, 4)))
    rows, columns = np.mgrid[:40, :40] - 20
    lit = np.clip(before * gain + offset + right * columns + down * rows, 0, 240)
    where = np.ones((5, 5), np.bool_)

    light, _ = texture_change(np.rint(lit).astype(np.uint8), before.astype(np.uint8), where)
    if lit.min() > 0:
        assert light.max() < 1
    lit[8:32, 16:24] = 250 - lit[8:32, 16:24]
    thing, change = texture_change(np.rint(lit).astype(np.uint8), before.astype(np.uint8), where)
    assert thing.max() > 5
    assert (change >= 0).all()


@pytest.mark.parametrize(("gain", "offset"), [(0.35, 20.0), (1.0, -12.0), (1.6, 5.0)])
def test_fit_light_is_not_misled_by_a_minority(gain: float, offset: float) -> None:
    """
    With a fifth of the samples on something else, gain is found within 2 % and offset within 1 level.
    """
    random = np.random.default_rng(0)
    before = random.integers(30, 130, 900).astype(np.int16)
    now = np.rint(before * gain + offset + random.normal(0, 3, 900)).astype(np.int16)
    now[:180] = 200

    got_gain, got_offset = fit_light(now, before)

    assert pytest.approx(gain, rel=0.02) == got_gain
    assert pytest.approx(offset, abs=1) == got_offset


def test_fit_light_of_a_blank_picture_is_an_offset() -> None:
    """
    A picture of one grey says nothing of the gain, and breaks nothing.
    """
    gain, offset = fit_light(np.full(900, 50, np.int16), np.full(900, 20, np.int16))
    assert 50 == 20 * gain + offset


@pytest.mark.parametrize("fps", [2, 5, 30])
def test_background_moves_by_time_not_by_frames(fps: int) -> None:
    """
    After 12.8 s, whatever the frame rate, about two thirds of a change are taken over, and none of it
    where frozen.
    """
    black, white = np.zeros((16, 16), np.uint8), np.full((16, 16), 200, np.uint8)
    background = Background(black, 0)
    frozen = np.array([[True, False], [False, False]])
    for index in range(1, round(12.8 * fps) + 1):
        background.blend(white, index * NS_PER_S // fps, frozen)

    assert 0.5 < background.picture[8:, 8:].mean() / 200 < 0.8
    assert 0 == background.picture[:8, :8].max()


def test_noise_floor_forgives_what_passes_by() -> None:
    """
    What is large in every window is the block's own; what is large in most, but not all, is not.
    """
    floor = NoiseFloor((1, 2), least_windows=2)
    for window in range(30):
        for _ in range(10):
            floor.add(np.array([[9.0, 2.0 if window % 8 == 0 else 20.0]], np.float32))
        floor.end_window()

    assert [[9.0, 2.0]] == floor.floor.tolist()
