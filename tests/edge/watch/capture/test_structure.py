"""What of a picture is its structure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edge.watch.capture.structure import likeness, structure_of
from edge.watch.capture.tiles import COLUMNS, ROWS, TILES

EDGES = np.random.default_rng(5).integers(40, 200, (18, 32))


def _picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    rows, columns = np.arange(height) * 18 // height, np.arange(width) * 32 // width
    return np.asarray(EDGES[rows][:, columns], np.uint8)


@pytest.mark.parametrize("size", [(360, 640), (1080, 1920), (1080, 1918), (48, 64), (33, 1001)])
def test_every_size_has_one_structure(size: tuple[int, int]) -> None:
    """
    Of a picture of any size, even one with fewer pixels than cells.
    """
    found = structure_of(_picture(*size))

    assert ((ROWS, COLUMNS, 2), (TILES,), (TILES,)) == (
        found.field.shape, found.coarse.shape, found.fine.shape)
    assert all(np.isfinite(part).all() for part in (found.field, found.coarse, found.fine))
    assert float(np.linalg.norm(found.field, axis=-1).max()) <= 5


def test_the_same_view_is_alike_in_any_size_light_and_contrast() -> None:
    """
    Half of the pixels, a third of the light, or dark for bright: the edges are where they were.
    """
    luma = _picture(720, 1280)
    here = structure_of(luma)

    for other in (_picture(360, 640), luma // 3 + 20, 255 - luma):
        assert np.median(likeness(here, structure_of(other))) > 0.9


def test_another_view_is_not_alike() -> None:
    """
    The view moved aside by a tenth of its width is another.
    """
    luma = _picture(360, 640)

    assert np.median(likeness(structure_of(luma), structure_of(np.roll(luma, 61, axis=1)))) < 0.3


def test_a_mask_is_no_structure() -> None:
    """
    A privacy mask and its border say nothing: a covered camera is not like its view for having the same mask.
    """
    luma = _picture(360, 640)
    luma[:, :320] = 0
    covered = np.full_like(luma, 90)
    covered[:, :320] = 0
    seen, hidden = structure_of(luma, masked=True), structure_of(covered, masked=True)

    assert 0 == np.abs(hidden.field).max() == hidden.coarse.max() == hidden.fine.max()
    assert likeness(seen, hidden).max() < 0.01 < np.abs(seen.field).max()


def test_what_blur_takes_away() -> None:
    """
    Sharpness falls with focus, and not with light.
    """
    luma = _picture(360, 640)
    soft = np.mean([np.roll(luma, step, axis) for step in range(-4, 5) for axis in (0, 1)], axis=0)
    sharp = structure_of(luma).sharpness

    assert structure_of(np.asarray(soft, np.uint8)).sharpness < sharp / 2
    assert 0.8 * sharp < structure_of(luma // 3 + 20).sharpness < 1.2 * sharp


def test_noise_is_no_structure() -> None:
    """
    Two pictures of nothing but noise are not alike, and hardly any of it stands out.
    """
    one, other = (np.random.default_rng(seed).integers(117, 124, (360, 640)).astype(np.uint8)
                  for seed in (1, 2))

    assert abs(np.median(likeness(structure_of(one), structure_of(other)))) < 0.2
    assert structure_of(one).coarse.max() < 1
