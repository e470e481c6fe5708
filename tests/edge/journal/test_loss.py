"""What a full journal gives up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.journal.entry import LOSS_ORDER, Rank
from edge.journal.loss import Part, SheddingPlan, plan

sizes = st.integers(1, 50)
pictures = st.lists(st.builds(Part, st.sampled_from([Rank.IMAGE, Rank.ALERT_IMAGE, Rank.SCENE, Rank.BEFORE]),
                              sizes), max_size=3)


def test_an_entry_that_fits_costs_nothing() -> None:
    """
    Up to the bound, exactly, nothing is shed.
    """
    assert SheddingPlan(True, (True,), 0) == plan({Rank.UPDATE: 70}, Part(Rank.NEW, 10), [Part(Rank.IMAGE,
                                                                                               20)], 100)


def test_less_important_things_give_way() -> None:
    """
    A new event sheds what comes before it in the order of loss, and older ones of its own rank.
    """
    assert SheddingPlan(True, (), 10) == plan({Rank.UPDATE: 60, Rank.NEW: 40}, Part(Rank.NEW, 10), [], 100)
    assert SheddingPlan(True, (), 10) == plan({Rank.NEW: 100}, Part(Rank.NEW, 10), [], 100)


def test_the_least_important_newcomer_is_itself_lost() -> None:
    """
    An update does not push out events; nothing is shed in vain when it does not fit.
    """
    assert SheddingPlan(False, (), 0) == plan({Rank.NEW: 95, Rank.UPDATE: 3}, Part(Rank.UPDATE, 10), [], 100)


def test_a_picture_is_lost_before_its_record() -> None:
    """
    An ordinary picture that does not fit leaves its record in; of equal rank, the picture goes as well.
    """
    held = {Rank.NEW: 85}

    assert SheddingPlan(True, (False,), 0) == plan(held, Part(Rank.NEW, 10), [Part(Rank.IMAGE, 20)], 100)
    assert SheddingPlan(True, (False,), 0) == plan(held, Part(Rank.UPDATE, 10), [Part(Rank.UPDATE, 20)], 100)


def test_of_three_pictures_the_least_goes_first() -> None:
    """
    Before, then scene, then subject give way, one by one; what stays keeps its place.
    """
    three = [Part(Rank.ALERT_IMAGE, 30), Part(Rank.SCENE, 20), Part(Rank.BEFORE, 20)]

    told = [plan({Rank.NEW_ALERT: held}, Part(Rank.NEW_ALERT, 10), three, 100) for held in (20, 21, 41, 61)]

    assert [(True, True, True), (True, True, False), (True, False, False), (False, False, False)] == [
        decision.store_pictures for decision in told]
    assert all(decision.store_record for decision in told)


def test_no_picture_without_its_record() -> None:
    """
    Where the record is worth less than its picture, both go together.
    """
    assert SheddingPlan(False, (False,), 0) == plan({Rank.NEW: 95}, Part(Rank.UPDATE, 10), [Part(Rank.IMAGE,
                                                                                                 1)], 100)


def test_an_alarm_is_stored_over_the_bound() -> None:
    """
    When all but alarms is shed and it still does not fit, an alarm is stored all the same.
    """
    held = {Rank.ALARM: 100, Rank.NEW: 5}

    assert SheddingPlan(True, (False,), 5) == plan(held, Part(Rank.ALARM, 10), [Part(Rank.ALERT_IMAGE, 10)],
                                                   100)


@given(st.dictionaries(st.sampled_from(Rank), sizes), st.builds(Part, st.sampled_from(Rank), sizes),
       pictures, st.integers(1, 200))
def test_the_bound_holds(held: dict[Rank, int], record: Part, pictures: list[Part], max_bytes: int) -> None:
    """
    After any plan the bound is kept, unless alarms alone exceed it or it was exceeded before; alarms stay.
    """
    decision = plan(held, record, pictures, max_bytes)

    stored = record.bytes * decision.store_record
    stored += sum(part.bytes for part, kept in zip(pictures, decision.store_pictures, strict=True) if kept)
    after = sum(held.values()) - decision.shed_bytes + stored
    never_lost = record.rank not in LOSS_ORDER
    unsheddable = sum(size for rank, size in held.items() if rank not in LOSS_ORDER)
    unsheddable += record.bytes * never_lost
    assert after <= max(max_bytes, unsheddable, sum(held.values()))
    assert decision.shed_bytes <= sum(held.get(rank, 0) for rank in LOSS_ORDER)
    assert decision.store_record or not (never_lost or any(decision.store_pictures))
