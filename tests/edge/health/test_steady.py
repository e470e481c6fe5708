"""What comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.health.steady import MAX_HOLD_NS, Notice, Steady


def _play(reports: Sequence[tuple[float, str]], until_s: float = 3000) -> list[tuple[int, str, int]]:
    """What was told when, and how often it had come; time is looked at every second."""
    steady, told, waiting = Steady("ok"), [], list(reports)
    for second in range(round(until_s)):
        made: list[Notice[str] | None] = []
        while waiting and waiting[0][0] <= second:
            made.append(steady.report(waiting.pop(0)[1], second * NS_PER_S))
        made.append(steady.look(second * NS_PER_S))
        told += [(second, it.value, it.count) for it in made if it is not None]
    return told


def test_the_first_times_are_told_at_once() -> None:
    """
    Somebody who cuts a cable and somebody who mends it are not waited for.
    """
    assert [(1, "ok", 1), (10, "lost", 1), (15, "ok", 1), (100, "lost", 1), (101, "ok", 1)] == _play(
        [(1, "ok"), (10, "lost"), (15, "ok"), (100, "lost"), (101, "ok")])


def test_what_flaps_is_told_once_and_counted() -> None:
    """
    A loose plug, a hundred times in a thousand seconds: told at first, as its count doubles, and last.
    """
    flaps = [(10 * turn + after, state) for turn in range(100) for after, state in ((0, "lost"), (5, "ok"))]

    told = _play(flaps)

    assert [("lost", 1), ("ok", 1)] * 2 + [("lost", count) for count in (1, 2, 4, 8, 16, 32, 64)] == [
        (value, count) for _, value, count in told[:-1]]
    assert ("ok", 98) == told[-1][1:]
    assert 995 < told[-1][0] <= 995 + MAX_HOLD_NS // NS_PER_S


def test_another_fault_is_told_meanwhile() -> None:
    """
    A camera that is lost and comes back dark is dark.
    """
    assert [(1, "lost", 1), (5, "dark", 1), (9, "ok", 1)] == _play(
        [(1, "lost"), (5, "dark"), (6, "dark"), (9, "ok")])


def test_old_trouble_is_forgotten() -> None:
    """
    Three times in a day are no flapping.
    """
    reports = [(1000 * turn + after, state) for turn in range(3) for after, state in ((0, "lost"), (9, "ok"))]

    assert [at for at, _ in reports] == [at for at, _, _ in _play(reports)]


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(("ok", "lost", "dark"))), min_size=1,
                max_size=80))
def test_what_is_told_last_is_how_it_is(reports: list[tuple[int, str]]) -> None:
    """
    Whatever came and went, some time later everybody knows how it is; and nothing is told twice in a row.
    """
    reports.sort(key=lambda report: report[0])

    told = _play([(float(at), value) for at, value in reports], until_s=1700)

    assert reports[-1][1] == told[-1][1]
    assert all(one[1:] != other[1:] for one, other in pairwise(told))
    assert len(told) <= 2 * len(reports)
