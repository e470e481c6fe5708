"""What a full journal gives up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.journal.entry import LOSS_ORDER, Rank
from edge.journal.loss import Part, Plan, plan

sizes = st.integers(1, 50)
pictures = st.builds(Part, st.sampled_from([Rank.IMAGE, Rank.ALERT_IMAGE]), sizes)


def test_an_entry_that_fits_costs_nothing() -> None:
    """
    Up to the bound, exactly, nothing is shed.
    """
    assert Plan(True, True, 0) == plan({Rank.UPDATE: 70}, Part(Rank.NEW, 10), Part(Rank.IMAGE, 20), 100)


def test_less_important_things_give_way() -> None:
    """
    A new event sheds what comes before it in the order of loss, and older ones of its own rank.
    """
    assert Plan(True, False, 10) == plan({Rank.UPDATE: 60, Rank.NEW: 40}, Part(Rank.NEW, 10), None, 100)
    assert Plan(True, False, 10) == plan({Rank.NEW: 100}, Part(Rank.NEW, 10), None, 100)


def test_the_least_important_newcomer_is_itself_lost() -> None:
    """
    An update does not push out events; nothing is shed in vain when it does not fit.
    """
    assert Plan(False, False, 0) == plan({Rank.NEW: 95, Rank.UPDATE: 3}, Part(Rank.UPDATE, 10), None, 100)


def test_a_picture_is_lost_before_its_record() -> None:
    """
    An ordinary picture that does not fit leaves its record in; of equal rank, the picture goes as well.
    """
    held = {Rank.NEW: 85}

    assert Plan(True, False, 0) == plan(held, Part(Rank.NEW, 10), Part(Rank.IMAGE, 20), 100)
    assert Plan(True, False, 0) == plan(held, Part(Rank.UPDATE, 10), Part(Rank.UPDATE, 20), 100)


def test_no_picture_without_its_record() -> None:
    """
    Where the record is worth less than its picture, both go together.
    """
    assert Plan(False, False, 0) == plan({Rank.NEW: 95}, Part(Rank.UPDATE, 10), Part(Rank.IMAGE, 1), 100)


def test_an_alarm_is_stored_over_the_bound() -> None:
    """
    When all but alarms is shed and it still does not fit, an alarm is stored all the same.
    """
    held = {Rank.ALARM: 100, Rank.NEW: 5}

    assert Plan(True, False, 5) == plan(held, Part(Rank.ALARM, 10), Part(Rank.ALERT_IMAGE, 10), 100)


@given(st.dictionaries(st.sampled_from(Rank), sizes), st.builds(Part, st.sampled_from(Rank), sizes),
       st.none() | pictures, st.integers(1, 200))
def test_the_bound_holds(held: dict[Rank, int], record: Part, picture: Part | None, max_bytes: int) -> None:
    """
    After any plan the bound is kept, unless alarms alone exceed it or it was exceeded before; alarms stay.
    """
    decision = plan(held, record, picture, max_bytes)

    stored = record.bytes * decision.store_record
    stored += picture.bytes if picture and decision.store_picture else 0
    after = sum(held.values()) - decision.shed_bytes + stored
    unsheddable = held.get(Rank.ALARM, 0) + record.bytes * (record.rank is Rank.ALARM)
    assert after <= max(max_bytes, unsheddable, sum(held.values()))
    assert decision.shed_bytes <= sum(held.get(rank, 0) for rank in LOSS_ORDER)
    assert decision.store_record or (record.rank is not Rank.ALARM and not decision.store_picture)
