"""How often strangers may, and who counts as one."""

from __future__ import annotations

from edge.base.values import NS_PER_S
from edge.web.addresses import source_of
from edge.web.limits import Allowance

NOW = 10 * NS_PER_S


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


def test_a_source_is_a_household() -> None:
    """
    Of public IPv6 addresses a network of 64 bits; on our own network each telephone; what is no address
    stands for itself.
    """
    assert ["192.168.1.5", "192.168.1.5", "2001:db8::/64", "fe80::1", "fd00::7", "testclient"] == [
        source_of(address) for address in
        ("192.168.1.5", "::ffff:192.168.1.5", "2001:db8::7", "fe80::1%eth0", "fd00::7", "testclient")]
