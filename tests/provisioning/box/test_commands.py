"""`edgebox-provision box` from a script: flags, tables, lists, labels; exit codes and one line a fault."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from edge.base.words import LANGUAGES, source
from edge.bundle.verify import read_bundle
from edge.config.load import load
from provisioning.cli import main
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.folder import WardFolder
from tests.provisioning.box.boxes import PASSPHRASE


@pytest.fixture
def key(tmp_path: Path) -> list[str]:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    return ["--passphrase-file", str(tmp_path / "passphrase")]


def box(*arguments: str | Path) -> int:
    return main(["box", *map(str, arguments)])


def test_everything_by_flags(ward: WardFolder, key: list[str], tmp_path: Path) -> None:
    """
    What the questions ask can be told by flags; a password for each camera or one for all.
    """
    (tmp_path / "all").write_text("for all\n")
    (tmp_path / "one").write_text("for one\n")
    (tmp_path / "wifi").write_text("mat khau wifi\n")
    assert os.EX_OK == box(
        "new", ward.path, *key, "--yes", "--out", tmp_path / "out", "--group", "to-12", "--title", "Ngõ 5",
        "--camera", "gate=rtsp://10.0.0.3/a?x=1", "--camera", "rtsp://u2:p2@10.0.0.2/a", "--camera",
        "yard=/dev/video0", "--camera-user", "viewer", "--camera-password-file", tmp_path / "all",
        "--camera-password-file", f"gate={tmp_path / 'one'}", "--wired", "siren,gate-button", "--watch",
        "always", "--wifi", "Nha", "--wifi-password-file", tmp_path / "wifi", "--apn", "v-internet",
        "--address", "10.0.0.9/24", "--leader", "An", "--ntp", "ntp.phuong-5.example", "--days", "3")
    folder = tmp_path / "out" / "edge-bundle"
    bundle = read_bundle(folder, x509.load_pem_x509_certificate(ward.root_certificate.read_bytes()))
    settings = load(folder / "edge.toml").settings

    assert ("hop-01", ("ntp.phuong-5.example",)) == (bundle.list.box, bundle.list.ntp)
    assert 3 == (bundle.list.code_expires - bundle.list.issued).days
    assert {"gate": "viewer", "cam-2": "u2", "yard": None} == {
        name: camera.username for name, camera in settings.cameras.items()}
    assert (b"for one\n", b"for all\n") == (bundle.files["secrets/gate"], bundle.files["secrets/cam-2"])
    assert "secrets/yard" not in bundle.files
    assert b"address1=10.0.0.9/24,10.0.0.1" in bundle.files["network/cable.nmconnection"]
    assert {"siren", "gate-button"} == set(settings.outputs) | set(settings.inputs)


def test_every_wrong_flag_is_told(ward: WardFolder, key: list[str], tmp_path: Path,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short").write_text("short\n")
    assert os.EX_USAGE == box(
        "new", ward.path, *key, "--yes", "--lang", "en", "--out", tmp_path / "out", "--group", "Tổ 12",
        "--title", "=", "--camera", "x=ftp://a", "--camera", "x=/dev/video0", "--wifi", "n",
        "--wifi-kind", "x", "--wifi-password-file", tmp_path / "short", "--gateway", "1.1.1.1",
        "--camera-password-file", f"y={tmp_path / 'short'}")
    told = capsys.readouterr().err.splitlines()

    assert ["--group", "--title", "--gateway, --dns", "--wifi-password-file", "--wifi-kind", "--camera",
            "--camera",
            "--camera-password-file"] == [line.split(": ")[1] for line in told]
    assert not ward.inventory.exists()
    assert os.EX_USAGE == box("new", ward.path, *key, "--yes", "--out", tmp_path / "out")
    assert "Thiếu --title, --camera, --group" in capsys.readouterr().err


@pytest.mark.slow
def test_a_table_of_fifty(ward: WardFolder, key: list[str], tmp_path: Path,
                          capsys: pytest.CaptureFixture[str]) -> None:
    """
    Each gets a folder with its own bundle; progress is told; one sheet of labels; all stand in the inventory.
    """
    rows = [f"to-{1 + n // 10},,Ngõ {n},rtsp://10.0.0.{n}/a,viewer,matkhau{n}" for n in range(50)]
    head = "group,box,title,camera1,camera1_user,camera1_password"
    (tmp_path / "boxes.csv").write_text("\n".join([head, *rows]), encoding="utf-8-sig")
    assert os.EX_OK == box("new", ward.path, *key, "--csv", tmp_path / "boxes.csv", "--out", tmp_path / "out")
    told = capsys.readouterr().out
    assert os.EX_OK == box("verify", ward.path)
    capsys.readouterr()
    assert os.EX_OK == box("list", ward.path, "--json")
    listed = json.loads(capsys.readouterr().out)

    assert "50/50 phuong-5.to-5.hop-10" in told
    assert 1 == len(list((ward.path / "labels").iterdir()))
    assert {f"phuong-5.to-{group}.hop-{number:02}" for group in range(1, 6) for number in range(1, 11)} == {
        entry["name"] for entry in listed} == {path.name for path in (tmp_path / "out").iterdir()}
    assert {"waiting"} == {entry["state"] for entry in listed}
    anchor = x509.load_pem_x509_certificate(ward.root_certificate.read_bytes())
    bundles = [read_bundle(folder / "edge-bundle", anchor) for folder in sorted((tmp_path / "out").iterdir())]
    assert 50 == len({bundle.code for bundle in bundles})
    assert {f"matkhau{n}\n".encode() for n in range(50)} == {
        bundle.files["secrets/cam-1"] for bundle in bundles}


def test_a_table_with_faults_makes_nothing(ward: WardFolder, key: list[str], tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "boxes.csv").write_text("group;title;camera1\nto-1;a;/dev/video0\nTổ 2;b;x\n",
                                        encoding="utf-8")
    assert os.EX_DATAERR == box("new", ward.path, *key, "--csv", tmp_path / "boxes.csv", "--out",
                                tmp_path / "out")
    told = capsys.readouterr().err.splitlines()

    assert "edgebox-provision: boxes.csv: dòng 3, cột group: " in told[0]
    assert "edgebox-provision: boxes.csv: dòng 3, cột camera1: " in told[1]
    assert "2 lỗi; chưa ghi gì cả" in told[2]
    assert not (tmp_path / "out").exists()
    assert not ward.inventory.exists()


@pytest.mark.slow
def test_the_same_table_twice_makes_no_box_twice(ward: WardFolder, key: list[str], tmp_path: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    """
    A row whose place has a box already is refused, and names it, however it is spelt; with --same-place it is
    another box. Also by flags; a revoked box is in nobody's way.
    """
    table = tmp_path / "boxes.csv"
    table.write_text("group,title,camera1\nto-1,Ngõ 1,/dev/video0\nto-2,Ngõ 1,/dev/video0\n",
                     encoding="utf-8")
    many: list[str | Path] = ["new", ward.path, *key, "--csv", table, "--out", tmp_path / "out"]
    one: list[str | Path] = ["new", ward.path, *key, "--yes", "--out", tmp_path / "one", "--group", "to-1",
                             "--title", "NGÕ  1", "--camera", "/dev/video0"]
    assert os.EX_OK == box(*many)
    capsys.readouterr()
    assert os.EX_DATAERR == box(*many)
    told = capsys.readouterr().err.splitlines()
    assert "boxes.csv: dòng 2, cột title: Hộp phuong-5.to-1.hop-01 đã ở chỗ này." in told[0]
    assert "boxes.csv: dòng 3, cột title: Hộp phuong-5.to-2.hop-01 đã ở chỗ này." in told[1]
    assert os.EX_DATAERR == box(*one)
    assert "Hộp phuong-5.to-1.hop-01 đã ở NGÕ 1." in " ".join(capsys.readouterr().err.split())
    assert 2 == len(Enrolment.open(ward.enrolment).holders())

    assert os.EX_OK == box(*many, "--same-place")
    for name in ("phuong-5.to-1.hop-01", "phuong-5.to-1.hop-02"):
        Enrolment.open(ward.enrolment).revoke(name, "gone", datetime.now(UTC))
    assert os.EX_OK == box(*one, "--replace")
    assert 5 == len(Enrolment.open(ward.enrolment).holders())


@pytest.mark.slow
def test_list_renew_label_verify(ward: WardFolder, key: list[str], tmp_path: Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """
    A box by its short name; with another place and another camera; its label again; a changed row is told.
    """
    assert os.EX_OK == box("list", ward.path)
    assert "Chưa có hộp nào" in capsys.readouterr().out
    common = [*key, "--yes", "--out", str(tmp_path / "out")]
    assert os.EX_OK == box("new", ward.path, *common, "--group", "to-12", "--title", "Ngõ 5", "--camera",
                           "gate=rtsp://10.0.0.1/a")
    assert os.EX_NOHOST == box("renew", ward.path, "to-12/hop-02", *common)
    assert os.EX_USAGE == box("renew", ward.path, "hop-01", *common)
    with pytest.raises(SystemExit):         # a box keeps its name
        box("renew", ward.path, "to-12/hop-01", *common, "--group", "to-13")
    capsys.readouterr()
    assert os.EX_OK == box("renew", ward.path, "to-12/hop-01", *common, "--title", "Ngõ 7")
    config = load(tmp_path / "out" / "edge-bundle" / "edge.toml").settings
    assert ("Ngõ 7", {"gate"}) == (config.box.title, set(config.cameras))
    capsys.readouterr()
    assert os.EX_OK == box("list", ward.path, "--lang", "en")
    assert re.match(r"phuong-5\.to-12\.hop-01: not enrolled yet, .* – Ngõ 7\n$", capsys.readouterr().out)
    assert os.EX_OK == box("label", ward.path, "to-12/hop-01", "--label", "a4", "--to", tmp_path / "l.pdf")
    assert (tmp_path / "l.pdf").read_bytes().startswith(b"%PDF")
    assert os.EX_NOHOST == box("label", ward.path, "to-12/hop-09", "--to", tmp_path / "m.pdf")
    ward.inventory.write_text(ward.inventory.read_text(encoding="utf-8-sig").replace("Ngõ 5", "Ngõ 6"))
    capsys.readouterr()
    assert 1 == box("verify", ward.path, "--lang", "en")
    assert "Line 2: WAS CHANGED" in capsys.readouterr().out


def test_without_what_was_kept_flags_are_enough(ward: WardFolder, key: list[str], tmp_path: Path) -> None:
    common = [*key, "--yes", "--out", str(tmp_path / "out"), "--title", "Ngõ 5", "--camera", "/dev/video0"]
    assert os.EX_OK == box("new", ward.path, *common, "--group", "to-12")
    (ward.path / "boxes" / "phuong-5.to-12.hop-01.kept").unlink()

    assert os.EX_OK == box("renew", ward.path, "to-12/hop-01", *common)


def test_both_languages_say_the_same() -> None:
    """
    The same keys, with the same places in them.
    """
    keys = {}
    for language in LANGUAGES:
        entries = re.split(r"\n(?=[a-z])", source(language, "provisioning.words.box"))
        keys[language] = {entry.split("=")[0].strip(): set(re.findall(r"\$\w+", entry)) - {"$detail"}
                          for entry in entries}

    assert keys["vi"] == keys["en"]
