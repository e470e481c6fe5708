"""A box that is no more: put away by hand, back by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ward.samples import NOW, WARD, Box, new_event_id
from ward.cli import main
from ward.store.desk import Desk
from ward.store.intake import Arrival, ms_of
from ward.store.reader import Reader
from ward.store.writer import Store

NOW_MS = ms_of(NOW)


def told(folder: Path, messages: Sequence[Arrival]) -> Reader:
    store = Store(folder, WARD)
    store.take(messages, NOW)
    store.close()
    return Reader(folder)


def listed(reader: Reader) -> list[str]:
    return [row.box for row in reader.boxes()]


def test_a_box_that_is_put_away_counts_no_more(tmp_path: Path) -> None:
    """
    It is neither listed nor missing; its events stay, and it is found by its name. Its neighbour stays.
    """
    old, new = Box("hop-1"), Box("hop-2")
    reader = told(tmp_path, [old.birth(), old.status("offline"), old.event(new_event_id()), new.birth(),
                             new.status("online")])
    assert Desk(tmp_path).retire("to-12/hop-1", NOW_MS)

    assert ["to-12/hop-2"] == listed(reader)
    assert ["online"] == [state for _, state, _ in reader.boxes_heard()]
    assert ["to-12/hop-1"] == [row.box for row in reader.boxes("to-12/hop-1")]
    assert 1 == reader.summary().events
    assert not Desk(tmp_path).retire("to-12/hop-9", NOW_MS)


def test_it_is_back_when_it_starts_again(tmp_path: Path) -> None:
    """
    What a broker has kept of it changes nothing; a birth of another boot does, and so does its word that it
    is online.
    """
    old = Box("hop-1")
    reader = told(tmp_path, [old.birth(), old.status("offline")])
    Desk(tmp_path).retire("to-12/hop-1", NOW_MS)
    told(tmp_path, [old.birth(), old.status("offline")])
    assert [] == listed(reader)

    told(tmp_path, [old.status("online")])
    assert ["to-12/hop-1"] == listed(reader)
    told(tmp_path, [old.status("offline")])
    assert [] == listed(reader)
    old.boot_id = "boot-b"
    told(tmp_path, [old.birth(), old.status("offline")])
    assert ["to-12/hop-1"] == listed(reader)


def at(monkeypatch: pytest.MonkeyPatch, after_s: int) -> None:
    monkeypatch.setattr("ward.cli.time.time_ns", lambda: (NOW_MS + after_s * 1000) * 1_000_000)


def test_the_tool_puts_away_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One that no last will was told of counts as online in the store; it was not heard for long, so it goes. A
    name that nobody has is told.
    """
    box = Box("hop-1")
    reader = told(tmp_path, [box.birth(), box.status("online")])
    at(monkeypatch, 3600)

    assert 0 == main(["retire", "to-12/hop-1", "--data", str(tmp_path)])
    assert [] == listed(reader)
    assert 68 == main(["retire", "to-12/hop-7", "--data", str(tmp_path)])
    assert "to-12/hop-7: no box of that name was ever heard" in capsys.readouterr().err


def test_the_tool_refuses_one_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box("hop-1")
    reader = told(tmp_path, [box.birth(), box.status("online")])
    at(monkeypatch, 20)

    assert 69 == main(["retire", "to-12/hop-1", "--data", str(tmp_path)])
    assert "is there, it was heard 20 s ago" in capsys.readouterr().err
    assert ["to-12/hop-1"] == listed(reader)
