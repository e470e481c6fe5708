"""How often somebody may: the one limiter, and what is made of it."""

from __future__ import annotations

from edge.base.values import NS_PER_S
from edge.web.addresses import source_of
from edge.web.limits import Allowance, Limiter, Pace

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


def test_an_allowance_is_each_households_own() -> None:
    """
    One address's tries cost another nothing; a household's IPv6 addresses are one; time gives tries back.
    """
    allowance = Allowance(burst=2, per_minute=1, burst_all=5, per_minute_all=60)

    assert [True, True, False] == [allowance.take("192.168.1.5", NOW) for _ in range(3)]
    assert [True, True, False] == [allowance.take(f"2001:db8::{n}", NOW) for n in range(3)]
    assert [True, False] == [allowance.take(f"192.168.1.{n}", NOW) for n in (6, 7)]
    later = NOW + 60 * NS_PER_S
    assert [True, False] == [allowance.take("::ffff:192.168.1.5", later) for _ in range(2)]


def test_a_pace_is_everybodys() -> None:
    """
    Once in ten seconds; who comes too soon is told how long it is.
    """
    pace = Pace(10.0)
    assert [0, 10, 4, 0, 10] == [pace.take(at_s) for at_s in (5.0, 5.0, 11.0, 15.0, 15.0)]


def test_a_source_is_a_household() -> None:
    """
    Of public IPv6 addresses a network of 64 bits; on our own network each telephone; what is no address
    stands for itself.
    """
    assert ["192.168.1.5", "192.168.1.5", "2001:db8::/64", "fe80::1", "fd00::7", "testclient"] == [
        source_of(address) for address in
        ("192.168.1.5", "::ffff:192.168.1.5", "2001:db8::7", "fe80::1%eth0", "fd00::7", "testclient")]
