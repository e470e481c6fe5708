"""Whether the box has its connection to the ward, told by a file that others may have laid hands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.health.link import WardLink, guard_runs, read_link, write_link
from tests import strange


@pytest.mark.parametrize("kind", strange.KINDS)
def test_what_another_program_lays_there_holds_nobody_up(tmp_path: Path, kind: str) -> None:
    """
    What is no file of ours tells nothing, and is written anew with the next change.
    """
    other = tmp_path / "members.db"
    other.write_bytes(b"the roster")
    strange.lie(kind, tmp_path / "ward.json", other)
    strange.lie(kind, tmp_path / "guard.lock", other)

    def use() -> None:
        assert read_link(tmp_path) is None
        assert not guard_runs(tmp_path)
        write_link(tmp_path, True, "2026-01-31T21:59:00Z")
        assert WardLink(True, "2026-01-31T21:59:00Z") == read_link(tmp_path)

    strange.within(5.0, use)
    assert b"the roster" == other.read_bytes()


@pytest.mark.parametrize("content", ["", "[]", "7", "{}", "[" * 900])
def test_what_is_none_of_ours_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "ward.json").write_text(content)
    assert read_link(tmp_path) is None
