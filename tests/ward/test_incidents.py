"""What somebody at the ward must know of: told once, counted, and put away."""

from __future__ import annotations

from pathlib import Path

from edge.base.sqlite import transaction
from tests.ward.samples import NOW, Box
from tests.ward.test_store import fill
from ward.store import incidents
from ward.store.database import connect
from ward.store.desk import Desk
from ward.store.incidents import IncidentKind
from ward.store.reader import Reader


def test_an_incident_is_one_row_until_it_is_put_away(tmp_path: Path) -> None:
    """
    The same again is counted, with what was found last; after somebody has put it away a new one opens.
    """
    box = Box()
    fill(tmp_path, [box.birth(NOW, title="Chợ 12")])
    db, reader, desk = connect(tmp_path), Reader(tmp_path), Desk(tmp_path)
    for at_ms in (1000, 2000):
        with transaction(db):
            incidents.tell(db, box.key, IncidentKind.LOST, at_ms, {"numbers": at_ms})
            incidents.tell(db, "", IncidentKind.SESSION_NEW, at_ms, {})
    station, row = reader.incidents(10)

    assert ("", "session-new", None) == (station.box, station.kind, station.box_title)
    assert (box.key, "lost", 1000, 2000, 2, {"numbers": 2000}, None, "Chợ 12") == (
        row.box, row.kind, row.first_ms, row.last_ms, row.count, row.detail, row.put_away_ms, row.box_title)
    assert desk.put_away(row.incident_id, 3000)
    assert not desk.put_away(row.incident_id, 4000)

    with transaction(db):
        incidents.tell(db, box.key, IncidentKind.LOST, 5000, {})
    db.close()
    assert [("", 2, None), (box.key, 1, None), (box.key, 2, 3000)] == sorted(
        (row.box, row.count, row.put_away_ms) for row in reader.incidents(10))
