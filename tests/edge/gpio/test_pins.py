"""The files by which processes agree who works the pins, and which are driven."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.gpio.pins import PinsError, hold, open_factory, remembered
from tests import strange


@pytest.mark.parametrize("kind", ["FIFO", "link", "folder"])
def test_what_lies_in_the_locks_place_stops_no_guard(tmp_path: Path, kind: str) -> None:
    """
    It gives way; no other file is written over, and there is still one holder at a time.
    """
    other = tmp_path / "members.db"
    other.write_bytes(b"the roster")
    strange.lie(kind, tmp_path / "guard.lock", other)

    def use() -> None:
        with hold(tmp_path):
            assert f"{os.getpid()}\n" == (tmp_path / "guard.lock").read_text()
            with pytest.raises(PinsError, match=f"process {os.getpid()} works"), hold(tmp_path):
                pytest.fail("two at once")

    strange.within(5.0, use)
    assert b"the roster" == other.read_bytes()


@pytest.mark.parametrize("kind", strange.KINDS)
def test_what_lies_in_place_of_the_driven_pins_is_no_harm(tmp_path: Path, kind: str,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Then none is known; with the next claim they are written anew.
    """
    monkeypatch.setenv("EDGEBOX_PINS", f"simulated:{tmp_path / 'pins'}")
    other = tmp_path / "members.db"
    other.write_bytes(b"the roster")
    strange.lie(kind, tmp_path / "outputs.json", other)

    def use() -> None:
        assert {} == remembered(tmp_path)
        pins = open_factory(tmp_path)
        pins.remember({17: True})
        pins.close()
        assert {17: True} == remembered(tmp_path)

    strange.within(5.0, use)
    assert b"the roster" == other.read_bytes()
