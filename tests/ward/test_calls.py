"""What stands on top of every page: nothing that one box does hides the call of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase
from tests.ward.samples import NOW, WARD, Box, new_event_id
from tests.ward.test_order import BOX_TIMES
from ward.page.alarm_pages import page_of
from ward.page.calls import PER_BOX, calls_of
from ward.page.cut_off import cut_off_since_ms
from ward.store.calls import CallStore
from ward.store.desk import Desk
from ward.store.intake import Arrival, ms_of
from ward.store.reader import Reader
from ward.store.rows import EventFilter, LastCallRow, ReceiverLink
from ward.store.writer import Store

NOW_MS = ms_of(NOW)
BOXES = ["hop-1", "hop-2", "hop-3"]


@dataclass(frozen=True)
class Call:
    """One alarm as a test makes it; `clock` is which of BOX_TIMES its box believes in, unsynchronised."""

    box: str
    is_silent: bool
    has_ended: bool
    is_taken: bool
    clock: int


CALLS = st.builds(Call, st.sampled_from(BOXES), st.booleans(), st.booleans(), st.booleans(),
                  st.integers(0, len(BOX_TIMES) - 1))


def store_calls(folder: Path, calls: Sequence[Call]) -> list[str]:
    """Each comes a second after the one before; their ids."""
    boxes, ids, store = {name: Box(name) for name in BOXES}, [], Store(folder, WARD)
    store._db.execute("PRAGMA synchronous = OFF")
    for second, call in enumerate(calls):
        ids.append(new_event_id())
        mode = AlarmMode.SILENT if call.is_silent else AlarmMode.SIREN
        made = [boxes[call.box].alarm(ids[-1], mode=mode, time=BOX_TIMES[call.clock], synchronised=False)]
        if call.has_ended:
            made.append(boxes[call.box].alarm(ids[-1], 1, AlarmPhase.ENDED, mode=mode, left_s=None,
                                              time=BOX_TIMES[call.clock], synchronised=False))
        store.take(made, NOW + timedelta(seconds=second))
    store.close()
    desk = Desk(folder)
    for alarm_id, call in zip(ids, calls, strict=True):
        if call.is_taken:
            desk.seen(alarm_id, "Lan", NOW_MS)
    return ids


@settings(max_examples=25)
@example(calls=[Call("hop-1", False, False, True, 0)] * 3 + [Call("hop-1", False, True, False, 0)])
@given(calls=st.lists(CALLS, max_size=9))
def test_what_is_on_is_on_top(calls: Sequence[Call]) -> None:
    """
    In every order of arrival, by every clock: boxes with a call that is on and that nobody took come first,
    silent ones of them before others, then the oldest; every call is shown or counted, and such a one rings.
    """
    with TemporaryDirectory() as name:
        ids = store_calls(Path(name), calls)
        told = calls_of(Reader(Path(name)), NOW_MS + 30_000)

        wanted = {box: sum(call.box == box and not (call.has_ended and call.is_taken) for call in calls)
                  for box in BOXES}
        assert {f"to-12/{box}": count for box, count in wanted.items() if count} == {
            each.box: len(each.views) + each.more for each in told.boxes}
        best = {f"to-12/{box}": min((call.has_ended, call.is_taken, not call.is_silent, ids.index(alarm_id))
                                    for alarm_id, call in zip(ids, calls, strict=True)
                                    if call.box == box and not (call.has_ended and call.is_taken))
                for box, count in wanted.items() if count}
        assert sorted(best, key=lambda box: best[box]) == [each.box for each in told.boxes]
        assert [ids[best[each.box][-1]] for each in told.boxes] == [
            each.views[0].row.alarm_id for each in told.boxes]
        for each in told.boxes:
            untaken = any(call.box == each.box[6:] and not call.is_taken for call in calls)
            assert untaken == any(view.rings for view in each.views)


@pytest.mark.parametrize("count", [8, 300])
def test_a_flood_of_one_box_hides_no_silent_call(tmp_path: Path, count: int) -> None:
    """
    A silent call, then many newer ones of another box: the silent one is on top, the others are counted.
    """
    ids = store_calls(tmp_path, [Call("hop-1", True, False, False, 0)]
                      + [Call("hop-2", False, False, False, 5)] * count)
    told = calls_of(Reader(tmp_path), NOW_MS + 30_000)
    assert [("to-12/hop-1", 1, 0), ("to-12/hop-2", PER_BOX, count - PER_BOX)] == [
        (each.box, len(each.views), each.more) for each in told.boxes]
    assert ids[0] == told.boxes[0].views[0].row.alarm_id
    assert told.boxes[0].views[0].rings
    assert count + 1 == told.count


def test_a_box_is_taken_as_a_whole(tmp_path: Path) -> None:
    """
    All of its calls that came until the page was shown; one that came since rings on.
    """
    ids = store_calls(tmp_path, [Call("hop-2", False, True, False, 0)] * 5)
    group = calls_of(Reader(tmp_path), NOW_MS + 4000).boxes[0]
    later = new_event_id()
    store = Store(tmp_path, WARD)
    store.take([Box("hop-2").alarm(later, synchronised=False)], NOW + timedelta(seconds=20))
    store.close()

    assert 5 == Desk(tmp_path).seen_all("to-12/hop-2", group.upto_ms, "Lan", NOW_MS)

    rest = calls_of(Reader(tmp_path), NOW_MS + 30_000).boxes[0]
    assert ([later], 0) == ([view.row.alarm_id for view in rest.views], rest.more)
    assert not {later} & set(ids)


def test_the_list_has_some_of_each_box(tmp_path: Path) -> None:
    """
    Of a box that floods five, and how many more; what is left out is on the page of that box alone.
    """
    store_calls(tmp_path, [Call("hop-1", False, True, True, 0)] + [Call("hop-2", False, True, True, 0)] * 30)
    rows = Reader(tmp_path).alarms.alarms(100)
    part = page_of(rows, 40, 5)
    assert ["to-12/hop-2"] * 5 + ["to-12/hop-1"] == [row.box for row in part.shown]
    assert {rows[4].alarm_id: 25} == part.more
    assert (31, rows[-1]) == (part.looked_at, part.last)
    full = page_of(rows, 5, 40)
    assert (5, rows[4]) == (full.looked_at, full.last)


CONNECTED = ReceiverLink("connected", NOW_MS - 3_600_000, "", NOW_MS + 900_000)
LOST = ReceiverLink("retrying", NOW_MS + 200_000, "", NOW_MS + 900_000)


def last_call(state: str, state_s: float, heard_s: float) -> LastCallRow:
    """Of a box whose call came at NOW; seconds after that."""
    return LastCallRow("to-12/hop-1", None, state, NOW_MS + round(state_s * 1000),
                       NOW_MS + round(heard_s * 1000), "", NOW_MS, None, None)


@pytest.mark.parametrize(("row", "link", "after_s", "since_s"), [
    (last_call("offline", 45, 45), CONNECTED, 46, 45),          # the will of a cable cut at once
    (last_call("offline", 119, 119), CONNECTED, 600, 119),
    (last_call("offline", 121, 121), CONNECTED, 600, None),     # it was there for a minute and more
    (last_call("offline", -5, 0), CONNECTED, 600, None),        # it was offline before
    (last_call("online", -900, 30), CONNECTED, 100, None),      # it may still speak
    (last_call("online", -900, 30), CONNECTED, 181, 30),
    (last_call("online", -900, 61), CONNECTED, 900, None),
    (last_call("online", -900, -20), CONNECTED, 900, 0),        # the call itself was its last word
    (last_call("online", -900, 30), LOST, 900, 30),             # silent before our broker was lost
    (last_call("online", -900, 60), LOST, 900, None),           # may be waiting there
    (last_call("online", -900, 0), None, 900, None),
])
def test_silence_after_a_call(row: LastCallRow, link: ReceiverLink | None, after_s: float,
                              since_s: float | None) -> None:
    """
    A last will, or no word, that began within a minute of a call; not what is our own link's fault.
    """
    since_ms = cut_off_since_ms(row, link, NOW_MS + round(after_s * 1000))
    assert since_s == (None if since_ms is None else (since_ms - NOW_MS) / 1000)


@pytest.mark.parametrize("cause", [AlarmCause.TAMPER, AlarmCause.MEMBER, AlarmCause.BUTTON, AlarmCause.WARD])
def test_a_box_cut_off_after_a_call_rings_until_it_is_taken(tmp_path: Path, cause: AlarmCause) -> None:
    """
    It stands on top also when the call itself is over and taken; taken it stands there still; back it is
    gone. Not after what the ward itself has commanded.
    """
    box, alarm_id, store = Box(), new_event_id(), Store(tmp_path, WARD)
    store.take([box.birth(), box.status("online"), box.alarm(alarm_id, cause=cause)], NOW)
    store.take([box.alarm(alarm_id, 1, AlarmPhase.SILENCED, cause=cause, left_s=None)],
               NOW + timedelta(seconds=5))
    store.take([box.status("offline")], NOW + timedelta(seconds=50))
    desk, reader, later_ms = Desk(tmp_path), Reader(tmp_path), NOW_MS + 3 * 86_400_000
    desk.seen(alarm_id, "Lan", NOW_MS + 6000)

    told = calls_of(reader, later_ms).boxes
    if cause is AlarmCause.WARD:
        assert [] == told
        store.close()
        return
    assert [True] == [each.cut_off.rings for each in told if each.cut_off]
    assert desk.seen_cut_off(alarm_id, "Minh", later_ms)
    assert not desk.seen_cut_off(new_event_id(), "Minh", later_ms)
    taken = calls_of(reader, later_ms).boxes[0].cut_off
    assert taken is not None
    assert (False, "Minh") == (taken.rings, taken.row.seen_by)
    assert [] == calls_of(reader, later_ms, frozenset({box.key})).boxes
    store.take([box.status("online")], NOW + timedelta(days=3))
    store.close()
    assert [] == calls_of(reader, later_ms).boxes


@pytest.mark.parametrize(("connected_s", "said_late", "rings"), [
    (-3600, False, True),       # nothing can have waited at the broker: the box's clock is behind
    (-5, False, False),         # it may have
    (-3600, True, False)])      # the box says so itself
def test_a_clock_that_is_behind_makes_no_call_late(tmp_path: Path, connected_s: int, said_late: bool,
                                                   rings: bool) -> None:
    """
    A call by a clock that is said to be set and is six hours behind: it is on, on top, and rings.
    """
    store = Store(tmp_path, WARD)
    store.take([Box().alarm(new_event_id(), time=NOW - timedelta(hours=6), historical=said_late)], NOW)
    store.close()
    lane = CallStore(tmp_path, WARD)
    lane.tell_link("connected", NOW + timedelta(seconds=connected_s), "", NOW)
    lane.close()
    [told] = calls_of(Reader(tmp_path), NOW_MS + 30_000).boxes
    assert (rings, "open" if rings else "unknown") == (told.views[0].rings, told.views[0].state)
    [over] = calls_of(Reader(tmp_path), NOW_MS + 200_000).boxes
    assert "unknown" == over.views[0].state


def odd(arrival: Arrival) -> Arrival:
    """The same with a field of a version to come, in JSON that Python takes and SQLite does not."""
    return Arrival(arrival.topic, arrival.payload[:-1] + b',"later":NaN}')


def test_json_that_sqlite_does_not_take_hides_nothing(tmp_path: Path) -> None:
    """
    What a box sends in JSON that our parser takes and SQLite's refuses is shown, and so are others' calls.
    """
    box, call, event_id = Box(), new_event_id(), new_event_id()
    store = Store(tmp_path, WARD)
    store.take([odd(box.alarm(call)), Box(name="hop-2").alarm(new_event_id()),
                odd(box.event(event_id, historical=True))], NOW)
    store.close()
    reader = Reader(tmp_path)
    assert 2 == len(calls_of(reader, NOW_MS + 30_000).boxes)
    assert 2 == len(reader.alarms.alarms(9)) == len(reader.alarms.last_calls())
    assert [(event_id, False)] == [(row.event_id, row.said_late)
                                   for row in reader.events(EventFilter(), 9)]
