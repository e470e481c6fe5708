"""The bench's store is one that the page reads."""

from __future__ import annotations

from pathlib import Path

from bench.store import fill
from tests.ward.samples import NOW
from ward.store.reader import Reader
from ward.store.rows import EventFilter


def test_the_store_is_filled(tmp_path: Path) -> None:
    """
    With as many events as asked, of several boxes, each with its record, in the order of receipt.
    """
    fill(tmp_path, 60, NOW)
    reader = Reader(tmp_path)
    rows = reader.events(EventFilter(), 100)
    assert 61 == len(rows)
    assert len({row.box for row in rows}) > 10
    assert rows == sorted(rows, key=lambda row: row.received_ms, reverse=True)
    found = reader.event(rows[5].event_id)
    assert found is not None
    assert [0] == [record.rev for record in found[1]]
    labelled = reader.events(EventFilter(label="car"), 100)
    assert [row.event_id for row in rows if row.label == "car"] == [row.event_id for row in labelled]
