"""A box's clock sorts nothing, counts nothing and hides nothing: the ward's time of receipt does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.messages import Severity
from tests.ward.samples import NOW, WARD, Box, new_event_id
from ward.store.changes import LOOK_AT_ONCE
from ward.store.database import connect
from ward.store.intake import ms_of
from ward.store.reader import Reader
from ward.store.rows import Cursor, EventFilter, EventRow
from ward.store.writer import Store

BOX_TIMES = [NOW, datetime(1970, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC),
             NOW - timedelta(hours=6), NOW + timedelta(minutes=3), datetime(2199, 12, 31, tzinfo=UTC)]


@dataclass(frozen=True)
class Made:
    """One event as a test makes it; `after_s` is when it comes, after the one before it."""

    box: str
    camera: str
    kind: str
    label: str
    severity: Severity
    box_time: datetime
    after_s: int


MADE = st.builds(Made, st.sampled_from(["hop-1", "hop-2"]), st.sampled_from(["gate", "yard"]),
                 st.sampled_from(["enter", "dwell"]), st.sampled_from(["person", "car"]),
                 st.sampled_from(Severity), st.sampled_from(BOX_TIMES), st.integers(0, 2))
FILTERS = st.builds(
    EventFilter, box=st.sampled_from([None, "to-12/hop-1"]), camera=st.sampled_from([None, "gate"]),
    kind=st.sampled_from([None, "dwell"]), severity=st.sampled_from([None, "alert"]),
    label=st.sampled_from([None, "car", "boat"]),
    from_ms=st.sampled_from([None, ms_of(NOW) + 2000]), until_ms=st.sampled_from([None, ms_of(NOW) + 5000]))


@settings(max_examples=40)
@given(made=st.lists(MADE, min_size=1, max_size=14), which=FILTERS, page=st.integers(1, 5))
def test_every_list_is_in_the_order_of_receipt(made: Sequence[Made], which: EventFilter, page: int) -> None:
    """
    Whatever boxes' clocks say and whatever is asked for: all that matches, once, the last to come first.
    """
    with TemporaryDirectory() as name:
        rows = stored(Path(name), made)
        reader = Reader(Path(name))
        found, before = list[str](), None
        while part := reader.events(which, page, before):
            found += [row.event_id for row in part]
            before = Cursor(part[-1].received_ms, part[-1].event_id)

        wanted = [row for row in rows if matches(row, which)]
        assert [row.event_id for row in sorted(
            wanted, key=lambda row: (row.received_ms, row.event_id), reverse=True)] == found
        assert sum(which.from_ms is None or row.received_ms >= which.from_ms for row in rows) == sum(
            reader.severities(which.from_ms or 0, 2**62).values())
        choices = reader.choices()
        assert {row.kind for row in rows} == set(choices.kinds)
        assert {(row.box, row.camera) for row in rows} == set(choices.cameras)


def stored(folder: Path, made: Sequence[Made]) -> list[EventRow]:
    boxes, now = {name: Box(name) for name in ("hop-1", "hop-2")}, NOW
    store = Store(folder, WARD)
    store._db.execute("PRAGMA synchronous = OFF")
    for each in made:
        now += timedelta(seconds=each.after_s)
        store.take([boxes[each.box].event(
            new_event_id(), camera=each.camera, kind=each.kind, label=each.label, severity=each.severity,
            time=each.box_time)], now)
    store.close()
    return Reader(folder).events(EventFilter(), 1000)


def matches(row: EventRow, which: EventFilter) -> bool:
    return (which.box in (None, row.box) and which.camera in (None, row.camera)
            and which.kind in (None, row.kind) and which.severity in (None, row.severity)
            and which.label in (None, row.label)
            and (which.from_ms or 0) <= row.received_ms < (which.until_ms or 2**62))


def test_events_of_2199_hide_nothing(tmp_path: Path) -> None:
    """
    48 of them, then one of now and one of a box in 2020: both stand above, and count as of today.
    """
    far = [Made("hop-1", "gate", "enter", "person", Severity.ALERT, BOX_TIMES[-1], 0)] * 48
    late = [Made("hop-2", "gate", "enter", "person", Severity.ALERT, time, 1) for time in BOX_TIMES[:3:2]]
    stored(tmp_path, far + late)
    reader = Reader(tmp_path)
    assert ["to-12/hop-2"] * 2 + ["to-12/hop-1"] * 46 == [row.box for row in reader.events(EventFilter(), 48)]
    assert {"alert": 50} == reader.severities(ms_of(NOW), ms_of(NOW) + 86_400_000)


def test_following_changes_goes_on_where_nothing_matches(tmp_path: Path) -> None:
    """
    One look reads a bounded number of changes and says how far it came; so looks lead to what matches.
    """
    store = Store(tmp_path, WARD)
    box, wanted = Box(), new_event_id()
    store.take([box.event(new_event_id()), box.event(wanted, label="boat")], NOW)
    store.close()
    db = connect(tmp_path)
    db.execute("UPDATE events SET change = ? WHERE event_id = ?", (3 * LOOK_AT_ONCE, wanted))
    db.execute("UPDATE counters SET value = ? WHERE name = 'changes'", (3 * LOOK_AT_ONCE,))
    db.close()
    reader, after, looks = Reader(tmp_path), 0, []
    while after < 3 * LOOK_AT_ONCE:
        changes = reader.changed(after, 10, EventFilter(label="boat"))
        looks.append([row.event_id for row in changes.rows])
        after = changes.upto
    assert [[], [], [wanted]] == looks
