"""The file of the commands that were obeyed, whatever another program lays in its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.command import Command
from edge.contract.topics import Root
from edge.guard.commands.replay_guard import FILE, ReplayGuard
from tests import strange
from tests.edge.guard.commands.orders import Ward
from tests.mounts import own_card

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


def test_a_run_folder_without_room_obeys_once_and_a_restart_nothing_of_before(tmp_path: Path) -> None:
    """
    Memory is full: commands are obeyed, each once. Guard starts anew: nothing that was issued before is
    obeyed, what is issued from then on is, and with room again all of it is written down.
    """
    later = Command.model_validate_json(Ward(Root("w", "g", "b"), BOOT, NOW + timedelta(seconds=9)).order())
    with own_card(tmp_path / "run") as memory:
        replay_guard = ReplayGuard.load(tmp_path / "run" / FILE, BOOT, NOW)
        memory.fill_up()
        replay_guard.note(ORDER)
        assert replay_guard.knows(ORDER)

        anew = ReplayGuard.load(tmp_path / "run" / FILE, BOOT, NOW)
        assert anew.knows(ORDER)
        assert not anew.knows(later)
        anew.note(later)
        memory.make_room()
        another = ORDER.model_copy(update={"cmd_id": "0198c0de-7a5b-7c3d-9e1f-2a4b6c8d0e00"})
        anew.note(another)
        last = ReplayGuard.load(tmp_path / "run" / FILE, BOOT, NOW)
        assert all(map(last.knows, (ORDER, later, another)))
