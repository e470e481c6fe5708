"""The log of acts before the roster: what is written, and what one member cannot push out of it."""

from __future__ import annotations

from edge.base.testing import FakeClock
from edge.base.values import NS_PER_S
from edge.guard.requests.act_log import AT_ONCE, ActLog
from edge.members import acts
from edge.members.values import Act

DAY_S = 24 * 3600


def test_a_day_of_the_same_act_leaves_the_log_its_others() -> None:
    """
    One phone raises four times a second for a day: the log has some 1,500 of it, with how many are left out;
    what the same member and others do besides is there, each of it.
    """
    written, clock = list[Act](), FakeClock()
    log = ActLog(written.append, lambda: clock.now_ns / NS_PER_S)
    for quarter in range(DAY_S * 4):
        log.now(Act("alarm-raised", "m-1"))
        if quarter % 20_000 == 0:
            log.now(Act("disarmed", "m-1"))
            log.now(Act("alarm-raised", "m-2"))
        clock.advance(0.25)

    flood = [act for act in written if (act.what, act.who) == ("alarm-raised", "m-1")]
    assert AT_ONCE + DAY_S // 60 - 1 <= len(flood) <= AT_ONCE + DAY_S // 60
    assert 20 * len(flood) < acts.KEEP, "three weeks of it"
    assert {} == flood[AT_ONCE - 1].detail
    assert {"left_out": 239} == flood[-1].detail
    assert 18 + 18 == len(written) - len(flood)
