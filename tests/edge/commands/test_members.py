"""`edgebox members`: a technician keeps the roster at the box, while guard has it open."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import segno

from edge.cli import main
from edge.members.roster import Roster
from edge.members.values import Act, MemberRole
from tests.edge.config.files import GOOD, written
from tests.edge.members.rosters import CODE, QUICK, WRONG

PAGE = '\n[page]\nnames = ["to12.local"]\n'


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The config of a box, with its state beside it."""
    folders = 'id = "hop-01"\nstate_dir = "state"\nruntime_dir = "run"'
    return written(tmp_path, GOOD.replace('id = "hop-01"', folders) + PAGE)


def guards(box: Path) -> Roster:
    """As guard has it open; a quick hash, which either may verify."""
    folder = box.parent / "state" / "guard"
    folder.mkdir(parents=True, exist_ok=True)
    return Roster.open(folder / "members.db", cost=QUICK)


def told(capsys: pytest.CaptureFixture[str], box: Path, *arguments: str) -> str:
    """Standard output of a command that succeeds."""
    capsys.readouterr()
    assert 0 == main(["members", *arguments, "--config", str(box)])
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], box: Path, *arguments: str) -> tuple[int, str]:
    code = main(["members", *arguments, "--config", str(box)])
    return code, capsys.readouterr().err


def test_from_invite_to_revoked(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    What the tool prints lets a phone in at guard; what it revokes is out at guard at once; all is in the log
    under whoever ran it.
    """
    guard = guards(box)
    out = told(capsys, box, "invite", "--role", "leader", "--name", "Cô Sáu", "--expires", "36h")
    token = re.search(r"^https://to12\.local:8443/join#([0-9A-Z]{32})$", out, re.MULTILINE)
    assert token is not None
    assert "Mời Cô Sáu vào tổ, vai trò: tổ trưởng" in out
    assert "trong 1 ngày 12 giờ" in out

    made = guard.redeem(token[1], "", CODE, "Samsung A15")
    assert MemberRole.LEADER is made.member.role
    listed = told(capsys, box, "list")
    for text in (made.member.id, "Cô Sáu, tổ trưởng", made.phone.id, "Samsung A15, chưa vào lần nào"):
        assert text in listed
    version = guard.version()
    told(capsys, box, "revoke", made.phone.id)

    assert version < guard.version()
    assert None is guard.authenticate(made.secret)
    told(capsys, box, "revoke", made.member.id)
    assert "Cô Sáu, tổ trưởng, đã gỡ" in told(capsys, box, "list")
    log = told(capsys, box, "log")
    assert ["mời vào tổ i-", "vào tổ p-", "gỡ điện thoại p-", "gỡ thành viên m-"] == re.findall(
        r": ([^:]* [ipm]-)", log)
    assert [True, False, True, True] == ["tool:" in line for line in log.splitlines()]
    assert token[1] not in log


def test_an_invite_can_be_taken_back(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    By the id that it was printed with; it is listed until then.
    """
    made = json.loads(told(capsys, box, "invite", "--json", "--expires", "30m"))
    assert made["id"] in told(capsys, box, "list")
    assert 1800 == made["expires_s"]
    assert re.fullmatch(r"https://to12\.local:8443/join#[0-9A-Z]{32}", made["address"])

    told(capsys, box, "revoke", made["id"])

    assert made["id"] not in told(capsys, box, "list")


def test_the_qr_code_is_that_of_the_address(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    In the terminal and as a picture, which nobody else may read and which replaces no file.
    """
    png = box.parent / "invite.png"
    out = told(capsys, box, "invite", "--png", str(png))
    address = re.search(r"^https://.*$", out, re.MULTILINE)
    assert address is not None
    code, drawn, picture = segno.make(address[0], error="m", micro=False), io.StringIO(), io.BytesIO()
    code.terminal(drawn, compact=True)
    code.save(picture, kind="png", scale=8)

    assert drawn.getvalue() in out
    assert (picture.getvalue(), 0o600) == (png.read_bytes(), png.stat().st_mode & 0o777)
    invites = len(json.loads(told(capsys, box, "list", "--json"))["invites"])
    exit_code, error = refused(capsys, box, "invite", "--png", str(png))
    assert os.EX_CANTCREAT == exit_code
    assert "File exists" in error
    other = box.parent / "other.png"
    assert os.EX_DATAERR == refused(capsys, box, "invite", "--member", "m-x", "--png", str(other))[0]
    assert not other.exists()
    assert invites == len(json.loads(told(capsys, box, "list", "--json"))["invites"])


def test_another_phone_and_a_locked_code(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    `--member` invites a phone for somebody who is in; `unlock` lets wrong codes be forgotten.
    """
    guard = guards(box)
    one = guard.redeem(guard.invite(MemberRole.MEMBER, "tool").token, "Bà Năm", CODE, "")
    for _ in range(3):
        guard.check_code(one.member.id, WRONG)
    assert not guard.check_code(one.member.id, CODE).ok

    assert "Đã mở khóa" in told(capsys, box, "unlock", one.member.id)
    assert guard.check_code(one.member.id, CODE).ok
    out = told(capsys, box, "invite", "--member", one.member.id, "--lang", "en")
    assert "Another phone for Bà Năm" in out
    token = re.search(r"#(\w+)$", out, re.MULTILINE)
    assert token is not None
    assert 2 == len(guard.redeem(token[1], "", CODE, "tablet").member.phones)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_word_is_there_in_both_languages(
        box: Path, capsys: pytest.CaptureFixture[str], language: str) -> None:
    """
    Every command prints in either, also about what is locked, revoked, unnamed or noted by somebody else.
    """
    guard = guards(box)
    assert told(capsys, box, "list", "--lang", language)
    one = guard.redeem(guard.invite(MemberRole.LEADER, "tool").token, "Bà Năm", CODE, "")
    guard.authenticate(one.secret)
    guard.tend()
    guard.check_code(one.member.id, WRONG)
    guard.note(Act("of-later", one.member.id, "a-1", {"mode": "silent"}))
    guard.invite(MemberRole.MEMBER, one.member.id)
    guard.invite(MemberRole.MEMBER, one.member.id, member_id=one.member.id)

    for arguments in (["list"], ["invite"], ["invite", "--member", one.member.id], ["unlock", one.member.id],
                      ["log"], ["verify"], ["revoke", one.phone.id], ["revoke", one.member.id], ["list"]):
        out = told(capsys, box, *arguments, "--lang", language)
        assert "{" not in out
        if arguments == ["log"]:
            assert "Bà Năm: of-later a-1 mode=silent" in out


def test_a_changed_log_is_told(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Exit code 1 and the row; 0 and the last hash while it is whole.
    """
    guard = guards(box)
    for number in range(3):
        guard.note(Act("act", "tool", str(number)))
    head = guard.log_head()
    assert head.sha256 in told(capsys, box, "verify")
    whole = json.loads(told(capsys, box, "verify", "--json"))
    assert {"whole": True, "seq": 3, "sha256": head.sha256} == whole
    with contextlib.closing(sqlite3.connect(box.parent / "state/guard/members.db")) as db:
        db.execute("DROP TRIGGER act_never_changes")
        db.execute("UPDATE act SET subject = 'x' WHERE seq = 2")
        db.commit()

    assert 1 == main(["members", "verify", "--config", str(box), "--lang", "en"])
    assert "THE LOG WAS CHANGED, at row 2: was changed\n" == capsys.readouterr().out
    assert 1 == main(["members", "verify", "--config", str(box), "--json"])
    assert {"whole": False, "seq": 2, "why": "was changed"} == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("arguments", "exit_code", "text"), [
    (["revoke", "x-1"], 64, "want an id"), (["revoke", "m-1"], 65, "no member 'm-1'"),
    (["revoke", "p-1"], 65, "no phone 'p-1'"), (["revoke", "i-1"], 65, "no open invite 'i-1'"),
    (["unlock", "m-1"], 65, "no member 'm-1'"), (["invite", "--name", "x" * 61], 65, "name: too-long"),
    (["invite", "--png", "/nowhere/x.png"], 73, "No such file"),
])
def test_what_cannot_be_done_is_one_line(
        box: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], exit_code: int,
        text: str) -> None:
    """
    On standard error, with an exit code of sysexits.
    """
    code, error = refused(capsys, box, *arguments)

    assert exit_code == code
    assert error.startswith("edgebox: ")
    assert text in error
    assert 1 == error.count("\n")


@pytest.mark.parametrize("expires", ["", "24", "h", "8d", "0h", "-1h", "1.5h", "24w"])
def test_how_long_is_checked(box: Path, capsys: pytest.CaptureFixture[str], expires: str) -> None:
    """
    Minutes, hours or days, a week at most.
    """
    with pytest.raises(SystemExit) as stopped:
        main(["members", "invite", f"--expires={expires}", "--config", str(box)])

    assert 64 == stopped.value.code
    assert "want 1m to 7d" in capsys.readouterr().err


def test_json_tells_everything_but_secrets(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Members with phones, open invites, and acts with both clocks.
    """
    guard = guards(box)
    one = guard.redeem(guard.invite(MemberRole.MEMBER, "tool").token, "Bà Năm", CODE, "A15")
    guard.invite(MemberRole.MEMBER, "tool", member_id=one.member.id)

    listed = json.loads(told(capsys, box, "list", "--json"))
    (member,), (invite,) = listed["members"], listed["invites"]
    assert ("Bà Năm", "member", False, ["A15"]) == (
        member["name"], member["role"], member["revoked"], [phone["label"] for phone in member["phones"]])
    assert (one.member.id, "tool") == (invite["member_id"], invite["by"])
    acts = json.loads(told(capsys, box, "log", "--json", "--limit", "2"))
    assert [2, 3] == [act["seq"] for act in acts]
    assert {"seq", "utc", "mono_ns", "boot_id", "clock_synchronised", "what", "who", "name", "subject",
            "detail"} == set(acts[0])
    assert one.secret not in json.dumps([listed, acts])


def test_as_a_program_of_its_own(box: Path) -> None:
    """
    The real command, by a technician behind sudo, through a pipe, with the real cost of a hash.
    """
    def run(*arguments: str) -> str:
        ran = subprocess.run([sys.executable, "-m", "edge.cli", "members", *arguments, "--config", str(box)],
                             env={**os.environ, "SUDO_USER": "ky-thuat"}, capture_output=True, check=True)
        return ran.stdout.decode()

    address = json.loads(run("invite", "--json"))["address"]
    roster = Roster.open(box.parent / "state/guard/members.db")
    one = roster.redeem(address.split("#")[1], "Bà Năm", CODE, "")

    assert roster.check_code(one.member.id, CODE).ok
    assert ["tool:ky-thuat", one.member.id] == [act["who"] for act in json.loads(run("log", "--json"))]
