"""The lights that a view is known in."""

from __future__ import annotations

import numpy as np

from edge.watch.capture.structure import Structure
from edge.watch.capture.tiles import COLUMNS, ROWS, TILES
from edge.watch.capture.view_reference import (
    LEARN_LOOKS,
    MAX_REGIMES,
    Regime,
    RegimeLearner,
    ViewReference,
)


def _structure(seed: int, level: float = 50.0) -> Structure:
    field = np.random.default_rng(seed).normal(0, 0.4, (ROWS, COLUMNS, 2)).astype(np.float32)
    return Structure(field, np.full(TILES, level, np.float32), np.full(TILES, level, np.float32))


def _regime(seed: int) -> Regime:
    return Regime(_structure(seed), np.ones(TILES, np.float32))


def _learned(looks: list[Structure]) -> Regime | None:
    learner = RegimeLearner()
    return [learner.take(looks[index % len(looks)]) for index in range(LEARN_LOOKS)][-1]


def test_a_regime_is_the_mean_of_a_minute() -> None:
    """
    What stays is steady; what is another in each look is not, and counts for nothing.
    """
    still, moving = _structure(0), [_structure(seed) for seed in range(1, 9)]
    half = COLUMNS // 2
    looks = [Structure(np.concatenate([still.field[:, :half], other.field[:, half:]], axis=1), still.coarse,
                       still.fine) for other in moving]

    regime = _learned(looks)

    assert regime is not None
    left, right = regime.steady.reshape(6, 8)[:, :4], regime.steady.reshape(6, 8)[:, 4:]
    assert left.min() > 0.95
    assert right.max() < 0.6


def test_nothing_to_hold_on_to_is_no_regime() -> None:
    """
    A bare wall, of which each look shows other noise, is none; the next minute is tried again.
    """
    assert _learned([_structure(seed) for seed in range(LEARN_LOOKS)]) is None


def test_the_regime_that_fits_best_is_taken() -> None:
    """
    By day the day, by night the night; another view agrees with neither.
    """
    reference = ViewReference((_regime(1), _regime(2)))

    assert [(0, True), (1, True)] == [
        ((it := reference.match(_structure(seed))).index, it.agreement > 0.99) for seed in (1, 2)]
    assert reference.match(_structure(3)).agreement < 0.2


def test_what_was_not_seen_for_longest_goes_first() -> None:
    """
    A reference is bounded: a light that comes back stays, one that does not makes room.
    """
    reference = ViewReference(tuple(_regime(seed) for seed in range(MAX_REGIMES)))
    look = _structure(0)
    reference = reference.adapted(look, reference.match(look)).with_regime(_regime(99))

    assert MAX_REGIMES == len(reference.regimes)
    assert [True, False] == [reference.match(_structure(seed)).agreement > 0.99 for seed in (0, 1)]


def test_a_regime_follows_slowly() -> None:
    """
    Leaves that grow are followed within hours, and one look changes next to nothing.
    """
    reference, grown = ViewReference((_regime(1),)), _structure(2)
    once = reference.adapted(grown, reference.match(grown))
    assert once.match(_structure(1)).agreement > 0.99

    for _ in range(3000):
        reference = reference.adapted(grown, reference.match(grown))
    assert reference.match(grown).agreement > 0.9
