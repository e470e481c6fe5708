"""`edgebox members` while guard runs: guard is asked, and nobody else opens the roster."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from edge.cli import main
from edge.gpio.pins import hold
from edge.members.values import Credential, MemberRole
from tests.edge.page.conftest import leader, stand  # noqa: F401 - fixtures
from tests.edge.page.stand import LEADER, Stand

CONFIG = """
[box]
ward = "phuong-1"
group = "to-12"
id = "hop-1"
state_dir = "{folder}"
runtime_dir = "{folder}"
[mqtt]
host = "127.0.0.1"
tls = false
[page]
names = ["hop-1.local"]
[cameras.ngo]
source = "test.mp4"
"""


@pytest.fixture
def box(stand: Stand) -> Path:  # noqa: F811
    """The config of the stand's box."""
    path = stand.folder / "edge.toml"
    path.write_text(CONFIG.format(folder=stand.folder), encoding="utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str], box: Path, *arguments: str) -> object:
    capsys.readouterr()
    assert os.EX_OK == main(["members", *arguments, "--json", "--config", str(box)])
    content: object = json.loads(capsys.readouterr().out)
    return content


def test_everything_goes_through_guard(
        stand: Stand, leader: Credential, box: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """
    Guard holds its lock, as it does while it runs: list, invite, revoke, log and verify work all the same.
    """
    with hold(stand.folder / "guard"):
        invite = told(capsys, box, "invite", "--name", "Lan")
        assert isinstance(invite, dict)
        listed = told(capsys, box, "list")
        assert isinstance(listed, dict)
        assert [LEADER] == [member["name"] for member in listed["members"]]
        assert [invite["id"]] == [it["id"] for it in listed["invites"]]
        told(capsys, box, "revoke", invite["id"])
        acts = told(capsys, box, "log", "--limit", "2")
        assert isinstance(acts, list)
        assert ["invited", "invite-withdrawn"] == [act["what"] for act in acts]
        verified = told(capsys, box, "verify")
        assert isinstance(verified, dict)
        assert verified["whole"]
    assert [] == stand.roster.invites()


def test_what_the_roster_refuses_is_told(
        stand: Stand, leader: Credential, box: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """
    In the same words and with the same exit code as without guard.
    """
    code = main(["members", "invite", "--name", LEADER, "--config", str(box)])

    assert os.EX_DATAERR == code
    assert "name: taken" in capsys.readouterr().err


def test_without_guard_its_lock_is_held(
        stand: Stand, box: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """
    Guard is stopped: the roster is opened here; where another process works the pins, it is left alone.
    """
    stand.stop_guard()
    told(capsys, box, "invite", "--role", MemberRole.LEADER)
    with hold(stand.folder / "guard"):
        assert os.EX_TEMPFAIL == main(["members", "list", "--config", str(box)])
    assert "works the alarm's pins" in capsys.readouterr().err
    stand.start_guard()
