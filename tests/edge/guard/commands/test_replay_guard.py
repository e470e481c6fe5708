"""The file of the commands that were obeyed, whatever another program lays in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contract.command import Command
from edge.contract.topics import Root
from edge.guard.commands.replay_guard import FILE, ReplayGuard
from tests import strange
from tests.edge.guard.commands.orders import Ward

BOOT, NOW = "1c9e3f6a-5d0e-4b62-8f0d-2f5f3d9e7a11", datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ORDER = Command.model_validate_json(Ward(Root("w", "g", "b"), BOOT, NOW).order())


@pytest.mark.parametrize("name", [FILE, f".{FILE}.new"])
@pytest.mark.parametrize("kind", strange.KINDS)
def test_what_another_program_lays_there_obeys_nothing_twice(tmp_path: Path, name: str, kind: str) -> None:
    """
    Where the file is none of ours, nothing issued before now is obeyed; nothing hangs, nothing else is
    written over, and from then on it is written again.
    """
    other = tmp_path / "members.db"
    other.write_bytes(b"the roster")
    strange.lie(kind, tmp_path / name, other)

    def use() -> None:
        replay_guard = ReplayGuard.load(tmp_path / FILE, BOOT, NOW)
        assert replay_guard.knows(ORDER) is (name == FILE)
        replay_guard.note(ORDER)
        assert ReplayGuard.load(tmp_path / FILE, BOOT, NOW).knows(ORDER)

    strange.within(5.0, use)
    assert b"the roster" == other.read_bytes()
