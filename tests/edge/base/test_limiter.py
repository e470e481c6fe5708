from __future__ import annotations

import pytest

from edge.base.limiter import Flow, Limiter
from edge.base.values import NS_PER_S

NOW = 10 * NS_PER_S


def test_tries_come_back_one_by_one() -> None:
    """
    Five at once, then one a minute; what was forgiven is free; nobody waits for another.
    """
    limiter = Limiter(5, 60.0)
    for _ in range(5):
        assert 0 == limiter.wait_s("a", NOW)
        limiter.count("a", NOW)
    assert 60 == limiter.wait_s("a", NOW)
    assert 1 == limiter.wait_s("a", NOW + 59 * NS_PER_S)
    assert 0 == limiter.wait_s("a", NOW + 60 * NS_PER_S)
    assert 0 == limiter.wait_s("b", NOW)
    limiter.count("a", NOW)
    assert 120 == limiter.wait_s("a", NOW)
    limiter.forget("a")
    assert 0 == limiter.wait_s("a", NOW)


def test_a_flood_of_addresses_is_not_kept() -> None:
    """
    A thousand keys, those heard last.
    """
    limiter = Limiter(1, 60.0)
    for number in range(5000):
        limiter.count(str(number), NOW)
    assert 1000 == len(limiter)
    assert (0, 60) == (limiter.wait_s("0", NOW), limiter.wait_s("4999", NOW))


def test_a_pace_is_everybodys() -> None:
    """
    Once in ten seconds; who comes too soon is told how long it is.
    """
    pace = Flow(1, 10.0)
    assert [0, 10, 4, 0, 10] == [pace.take(at_s) for at_s in (5.0, 5.0, 11.0, 15.0, 15.0)]


def test_flow() -> None:
    """
    A burst passes at once, what is beyond it waits as the rate says, and idle time earns a burst at most.
    """
    flow = Flow(burst=2, every_s=0.1)

    assert [0.0, 0.0, 0.1, 0.2] == [pytest.approx(flow.wait_s(100.0)) for _ in range(4)]
    assert [0.0, 0.0, 0.1] == [pytest.approx(flow.wait_s(1000.0)) for _ in range(3)]
