"""`edgebox support-bundle` of a box full of secrets: none of them is in the archive."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.redact import HIDDEN, lines_without, without
from edge.cli import main
from edge.health import last_result
from edge.members.names import all_names
from edge.members.roster import Roster
from edge.members.values import MemberRole
from edge.upkeep.support.archive import archived
from tests.edge.members.rosters import CODE, QUICK
from tests.edge.upkeep.doctor.house import config
from tests.edge.upkeep.status.test_status import box_at_work

NAMES = ("Cô Hạnh Số Nhà 12", "Bảy", "máy-của-Bảy")
PASSWORDS = ("Xoai&Cat#1968", "m0t-hai-ba", "wifi Cua To 12")
TOKEN = "ZQ7MB2K4T9XW1PCN8RHD5VJF3GY6LAES"
PICTURE = b"\xff\xd8\xff\xe0PICTURE-OF-PEOPLE\xff\xd9"
PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\n-----END PRIVATE KEY-----\n"
CAMERAS = '''
[cameras.gate]
source = "rtsp://192.0.2.1/stream?user=x&password=m0t-hai-ba"
username = "quan-tri-camera"
password_file = "secrets/gate"
'''


def planted(folder: Path) -> tuple[Path, list[str]]:
    """A box with a secret in every place that has one; and all of them."""
    path, journal = box_at_work(folder)
    config(folder, cameras=CAMERAS, mqtt='host = "127.0.0.1"\nport = 1\ntls = false\n'
                                         'username = "quan-tri-mqtt"\npassword_file = "secrets/mqtt"')
    entry = journal.owed(1)[0]
    assert entry.payload
    journal.close()
    for name, text in {"config/secrets/gate": PASSWORDS[0], "secrets/gate": PASSWORDS[0],
                       "secrets/mqtt": PASSWORDS[1],
                       "state/network/wifi.nmconnection": "psk=" + PASSWORDS[2].replace(" ", "\\s"),
                       "state/identity/box.key.cred": PEM, "state/identity/next.key.cred": PEM,
                       "state/picture.jpg": PICTURE.decode("latin-1"), "enrol-code": TOKEN}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "state/guard").mkdir()
    roster = Roster.open(folder / "state/guard/members.db", cost=QUICK)
    invite = roster.invite(MemberRole.LEADER, "tool:root", name=NAMES[0])
    roster.redeem(invite.token, NAMES[0], CODE, NAMES[2])
    roster.invite(MemberRole.MEMBER, "tool:root", name=NAMES[1])
    roster.close()
    last_result.write(folder / "state", {"summary": {"at": "2026-11-23T12:00:00Z", "verdict": "bad"},
                                         "extra": TOKEN,
                                         "checks": [{"kind": "camera", "text": f"401 for {PASSWORDS[0]}"}]})
    return path, [*NAMES, *PASSWORDS, TOKEN, invite.token, CODE, "PICTURE-OF-PEOPLE", PEM.splitlines()[1],
                  "quan-tri-camera", "quan-tri-mqtt", "night", "person"]


def said_by_services(secrets: list[str]) -> str:
    """Log lines of ours, and such as somebody might write one day."""
    return "\n".join([
        f'alarm raised: alarm=0198c0de rev=0 mode=siren cause=member by="{NAMES[0]}"',
        'event stored: event=0198c0de rev=0 type=edgebox.event.enter camera=gate seq=7',
        "camera lost: camera=gate error=\"connection refused; check the port\" attempt=3",
        *(f"somebody said: x={secret} and again {secret.upper()}" for secret in secrets), PEM])


@pytest.fixture
def systemd_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journalctl and a dmesg that print what the test has written."""
    said = tmp_path / "said.txt"
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("journalctl", "dmesg"):
        (programs / name).write_text(f"#!/bin/sh\nexec cat {said}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr("edge.upkeep.status.units._BOOTED", tmp_path)
    return said


def unpacked(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        return {Path(it.name).name: (tar.extractfile(it) or io.BytesIO()).read().decode() for it in tar}


def test_no_secret_leaves_the_box(tmp_path: Path, systemd_here: Path) -> None:
    """
    Passwords, members, tokens, codes, keys, pictures and events are in none of its bytes; what helps is.
    """
    path, secrets = planted(tmp_path)
    sayable = [it for it in secrets if it not in ("night", "person", "PICTURE-OF-PEOPLE")]
    systemd_here.write_text(said_by_services(sayable))
    out = tmp_path / "out.tar.gz"

    assert 0 == main(["support-bundle", "--config", str(path), "--root", str(tmp_path), "--out", str(out)])

    found = unpacked(out)
    for name, text in found.items():
        if name == "versions.txt":
            continue                        # names of packages
        for secret in secrets:
            assert secret.lower() not in text.lower(), f"{secret!r} in {name}"
    assert {"about.txt", "versions.txt", "config.toml", "status.json", "doctor.json", "logs.txt",
            "kernel.txt"} == set(found)
    assert 'camera=gate error="connection refused; check the port" attempt=3' in found["logs.txt"]
    assert json.loads(found["status.json"])["queue"] == {"panel": 1, "new": 1, "health": 1}
    assert "[cameras.gate]" in found["config.toml"]
    assert 0o600 == out.stat().st_mode & 0o777


def test_logs_are_left_out_where_names_cannot_be_read(tmp_path: Path, systemd_here: Path) -> None:
    """
    Who cannot know whom to hide says nothing of what services said.
    """
    path = config(tmp_path)
    roster = tmp_path / "state/guard/members.db"
    roster.parent.mkdir(parents=True, exist_ok=True)
    roster.write_bytes(b"no database at all, but torn to pieces by a worn card" * 99)
    systemd_here.write_text("somebody said: nothing\n")
    out = tmp_path / "out.tar.gz"

    assert 0 == main(["support-bundle", "--config", str(path), "--root", str(tmp_path), "--out", str(out)])

    assert "somebody" not in str(unpacked(out))
    assert unpacked(out)["logs.txt"].startswith("left out")


def test_a_config_with_faults(tmp_path: Path, systemd_here: Path) -> None:
    """
    The faults are in it, since they are why somebody asks for help.
    """
    path = config(tmp_path, more='[page]\nprot = 1')
    systemd_here.write_text("somebody said: nothing\n")
    out = tmp_path / "out.tar.gz"

    assert 0 == main(["support-bundle", "--config", str(path), "--root", str(tmp_path), "--out", str(out)])

    assert "page.prot: unknown key" in unpacked(out)["config.txt"]


def test_one_for_the_page_takes_the_place_of_the_last(tmp_path: Path) -> None:
    """
    With --replace the group may read it; a link laid in its way is replaced, not written through.
    """
    path, out, precious = config(tmp_path), tmp_path / "support.tar.gz", tmp_path / "precious"
    precious.write_text("as it was")
    for link in (out, tmp_path / ".support.tar.gz.new"):
        link.symlink_to(precious)

    for _ in range(2):
        assert 0 == main(["support-bundle", "--config", str(path), "--root", str(tmp_path), "--replace",
                          "--out", str(out)])

    assert ("as it was", False, 0o640) == (precious.read_text(), out.is_symlink(), out.stat().st_mode & 0o777)
    assert "about.txt" in unpacked(out)
    assert [] == [*tmp_path.glob(".support*")]


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A file that is there stays as it is.
    """
    out = tmp_path / "out.tar.gz"
    out.write_text("mine")

    code = main(["support-bundle", "--config", str(config(tmp_path)), "--out", str(out)])

    assert (73, "mine") == (code, out.read_text())
    assert "File exists" in capsys.readouterr().err


@given(st.lists(st.text(min_size=2, max_size=40).filter(str.strip), min_size=1, max_size=5), st.text())
def test_what_is_known_is_taken_out(secrets: list[str], between: str) -> None:
    """
    Whatever is known to be secret is not in the text any more, however it is mixed with others.
    """
    text = between.join(secrets)

    for scrubbed in (without(text, secrets), lines_without(text, secrets)):
        left = scrubbed.replace(HIDDEN, "\0")
        assert not [secret for secret in secrets if len(secret.strip()) >= 2 and secret in left]


@pytest.mark.parametrize(("line", "left"), [
    ("opened rtsp://admin:1234@192.0.2.1/x", "opened rtsp://***@192.0.2.1/x"),
    ("password=1234 next", "password=*** next"), ('"enrol_code": "12-34"', '"enrol_code": ***'),
    (f"token {TOKEN}", "token ***"), (PEM, "***"),
    ("code 730518 typed", "code *** typed"), ("port 8883 at 12:30", "port 8883 at 12:30"),
    ("camera=gate size=1280x720", "camera=gate size=1280x720")])
def test_what_looks_like_a_secret(line: str, left: str) -> None:
    """
    Credentials in addresses, values under telling names, long keys; plain facts stay.
    """
    assert f"{left}\n" == lines_without(line, ())


def test_names_of_a_box_without_members(tmp_path: Path) -> None:
    """
    No roster, nobody to hide; and none is made by asking.
    """
    assert frozenset() == all_names(tmp_path / "members.db")
    assert [] == [*tmp_path.iterdir()]


def test_the_archive_is_its_texts() -> None:
    """
    One folder, private files, nothing of the machine that made it.
    """
    raw = archived({"a.txt": "đủ"}, datetime(2026, 11, 23, tzinfo=UTC))

    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        assert [("edgebox-support-20261123T000000Z/a.txt", 0o600, 0, "")] == [
            (it.name, it.mode, it.uid, it.uname) for it in tar]
