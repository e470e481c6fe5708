"""`edgebox-provision ward init` and its sisters, as somebody types them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from edge.base.errors import FatalError
from edge.base.words import LANGUAGES, Words, source
from provisioning.cli import main
from provisioning.ward import certificates
from provisioning.ward.broker_files import CRL
from provisioning.ward.expiry import LifeState
from provisioning.ward.folder import WardFolder
from provisioning.ward.foundation import Passphrases, found
from provisioning.ward.keys import open_key, read_certificate
from provisioning.ward.settings import HostPort, WardSettings
from provisioning.ward.sheet import write_sheet
from provisioning.ward.status import status_of, worst
from tests.provisioning.ward.wards import BOX, ISSUING, OTHER_BOX, ROOT, Ward, openssl
from ward.command.keys import open_key as open_command_key
from ward.command.pkcs8 import ROUNDS

NOW = datetime.now(UTC)
SECRET_FILES = {"offline/root.key": ROOT, "issuing.key": ISSUING, "bundle.key": ISSUING,
                "command.key": ISSUING}


def passphrase_files(folder: Path) -> list[str]:
    (folder / "root-phrase").write_text(f"{ROOT}\n")
    (folder / "issuing-phrase").write_text(f"{ISSUING}\n")
    return ["--root-passphrase-file", str(folder / "root-phrase"),
            "--passphrase-file", str(folder / "issuing-phrase")]


def init(folder: Path, *more: str) -> list[str]:
    return ["ward", "init", str(folder), "--ward", "phuong-5", "--broker-host", "mqtt.phuong-5.example",
            "--est-host", "est.phuong-5.example", *more]


def test_init_makes_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One command makes every file of the plan, for the owner alone; each key opens with its own passphrase
    and no other, encrypted with many rounds; and no passphrase is in any file or in what was said.
    """
    folder = tmp_path / "phuong-5"
    assert 0 == main(init(folder, *passphrase_files(tmp_path)))

    assert 0o700 == folder.stat().st_mode & 0o777
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert made == {
        "ward.toml", "root.crt", "offline/root.key", "issuing.crt", "issuing.key", "bundle.crt", "bundle.key",
        "command.key", "command.key.pub", "ack.key", "ward-ca.pem", "enrolment.db", "recovery.pdf", ".lock",
        "broker/server.crt", "broker/server.key", "broker/ca.crt", "broker/crl.pem", "broker/mosquitto.conf",
        "broker/acl", "broker/edgebox-broker.nft", "est/server.crt", "est/server.key"}
    for name, phrase in SECRET_FILES.items():
        assert 0o600 == (folder / name).stat().st_mode & 0o777
        assert f"{ROUNDS:X}" in openssl("asn1parse", "-in", folder / name)
        openssl("pkey", "-in", folder / name, "-passin", f"pass:{phrase}", "-noout")
        with pytest.raises(FatalError, match="wrong passphrase"):
            open_key(folder / name, ROOT if phrase == ISSUING else ISSUING)
    assert open_command_key(folder / "command.key", ISSUING).kid
    assert 0o600 == (folder / "ack.key").stat().st_mode & 0o777
    assert "ED25519 Private-Key" in openssl("pkey", "-in", folder / "ack.key", "-noout", "-text")
    said = capsys.readouterr()
    assert "Đã lập khóa của phuong-5" in said.out
    for text in (said.out + said.err, *(path.read_bytes().decode("latin-1") for path in folder.rglob("*")
                                        if path.is_file())):
        assert ROOT not in text
        assert ISSUING not in text


def test_the_receivers_key_is_made_and_changed(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A ward of before gets its key by a command, and `status` asks for it until then; a change is begun and
    ended, and told of meanwhile.
    """
    folder, words = ward.folder, Words("vi", "provisioning.words.ward")

    def told(name: str) -> list[LifeState]:
        return [line.state for line in status_of(folder, words, NOW) if line.name == name]

    folder.ack_key.unlink()
    assert [LifeState.DUE] == told("ack.key")
    for change in ([], ["--change", "begin"], ["--change", "end"]):
        assert 0 == main(["ward", "ack-key", str(folder.path), *change])
        assert [LifeState.GOOD] * ("begin" in change) == told("ack-next.key")
    assert [] == told("ack.key")
    made, begun, ended = re.findall(r"\b[0-9a-f]{16}\b", capsys.readouterr().out)
    assert begun == ended != made
    assert os.EX_CANTCREAT == main(["ward", "ack-key", str(folder.path)])


@pytest.mark.parametrize("broken", ["sheet", "rename"])
def test_init_is_all_or_nothing(tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A disk that fills up in the end leaves nothing behind, neither the folder nor a part of it under another
    name.
    """
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if broken == "rename":
        monkeypatch.setattr(Path, "rename", fails)
    settings = WardSettings("phuong-5", HostPort("a", 1), HostPort("b", 2))
    with pytest.raises(FatalError, match="nothing is left of it"):
        found(tmp_path / "ward", settings, Passphrases(ROOT, ISSUING), NOW,
              fails if broken == "sheet" else lambda _: None)
    assert [] == list(tmp_path.iterdir())


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A folder with anything in it, or a file, is refused and stays as it was, before anybody is asked for a
    passphrase; an empty folder is taken.
    """
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        assert os.EX_CANTCREAT == main(init(tmp_path / name))
        assert "không trống, mà khóa thì không bao giờ ghi đè" in capsys.readouterr().err
    assert ["note"] == [path.name for path in (tmp_path / "full").iterdir()]

    (tmp_path / "empty").mkdir()
    assert 0 == main(init(tmp_path / "empty", *passphrase_files(tmp_path)))
    assert 0o700 == (tmp_path / "empty").stat().st_mode & 0o777


def test_a_folder_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Where the ward's folder is root's alone, whoever forgets sudo is told so, in one line.
    """
    folder = tmp_path / "phuong-5"
    assert 0 == main(init(folder, *passphrase_files(tmp_path)))
    capsys.readouterr()

    with unprivileged(folder):
        assert os.EX_NOPERM == main(["ward", "status", str(folder)])

    assert 1 == capsys.readouterr().err.count("\n")


@contextlib.contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Nobody, where this is root; else an owner who has shut himself out."""
    if os.geteuid():
        folder.chmod(0)
    else:
        os.seteuid(65534)
    try:
        yield
    finally:
        if os.getuid():
            folder.chmod(0o700)
        else:
            os.seteuid(0)


@pytest.mark.parametrize(("changes", "told"), [
    ({"--ward": "Phường 5"}, "chỉ dùng chữ thường a-z không dấu"),
    ({"--broker-host": "https://x"}, "cần tên máy hoặc địa chỉ IP"),
    ({"--est-host": "host:99999"}, "cần tên máy hoặc địa chỉ IP"),
    ({"--passphrase-file": "short"}, "hằng ngày có 5 ký tự, cần ít nhất 12"),
    ({"--passphrase-file": "root-phrase"}, "Hai mật khẩu giống nhau"),
    ({"--passphrase-file": "none"}, "không đọc được. Cần một tệp chữ")])
def test_what_init_refuses(tmp_path: Path, changes: dict[str, str], told: str,
                           capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line that names the option and what is wanted, and nothing is made.
    """
    words = init(tmp_path / "ward", *passphrase_files(tmp_path))
    (tmp_path / "short").write_text("short")
    for option, value in changes.items():
        words[words.index(option) + 1] = str(tmp_path / value) if "file" in option else value
    assert 0 != main(words)
    error = capsys.readouterr().err
    assert told in error
    assert 1 == error.count("\n")
    assert not (tmp_path / "ward").exists()


def test_init_asks_at_a_terminal(tmp_path: Path) -> None:
    """
    Without options everything is asked for, in Vietnamese; what is typed as a passphrase does not show. One
    that is too short, typed otherwise the second time, or the root's again, is told at once and asked anew.
    """
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "provisioning.cli", "ward", "init", str(tmp_path / "w")]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, start_new_session=True)
    os.close(child)
    shown = ""
    for question, answer in (("Tên phường", "phuong-5"), ("broker", "10.0.0.5"), ("EST", "10.0.0.5"),
                             ("khóa gốc", "short"), ("cần ít nhất 12", ROOT), ("Nhập lại", "another one"),
                             ("khác nhau", ROOT), ("Nhập lại", ROOT), ("hằng ngày", ROOT),
                             ("giống nhau", ISSUING), ("Nhập lại", ISSUING)):
        part = ""
        while question not in part or not part.endswith(": "):
            part += os.read(parent, 4096).decode()
        shown += part
        os.write(parent, f"{answer}\n".encode())
    while "5. Sao lưu" not in shown:
        shown += os.read(parent, 4096).decode()
    assert 0 == process.wait(60)
    os.close(parent)
    assert ROOT not in shown
    assert ISSUING not in shown
    assert WardFolder(tmp_path / "w").root_key.exists()


def test_the_recovery_sheet(ward: Ward, tmp_path: Path) -> None:
    """
    One page in either language with the fingerprints that openssl tells, and no secret.
    """
    words = openssl("x509", "-in", ward.folder.root_certificate, "-noout", "-fingerprint", "-sha256")
    found = certificates.fingerprint(read_certificate(ward.folder.root_certificate))
    assert words.strip().endswith(found)
    for language in LANGUAGES:
        path = tmp_path / f"{language}.pdf"
        write_sheet(ward.folder, ward.settings, Words(language, "provisioning.words.ward"), NOW, path)
        raw = path.read_bytes()
        pages = re.findall(rb"/Type /Page\b(?!s)", raw)
        assert 1 == len(pages)
        streams = b"".join(_inflated(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.S))
        for secret in (ROOT, ISSUING):
            assert secret.encode() not in raw + streams
            assert secret.encode("utf-16-be") not in streams
        assert 150_000 > len(raw)


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return b""


def test_both_languages_say_the_same() -> None:
    """
    Every text is there in both, with the same places to fill.
    """
    def texts(language: str) -> dict[str, set[str]]:
        lines = [line for line in source(language, "provisioning.words.ward").splitlines() if " = " in line]
        return {line.split(" = ")[0]: set(re.findall(r"\{ (\$\w+) \}", line)) for line in lines}

    assert texts("vi") == texts("en")


def test_status_warns_long_before_the_list_ends(ward: Ward) -> None:
    """
    Good for twenty of thirty days, then loud, then an outage; a missing or unreadable list is one as well.
    The worst comes first, and is the exit code.
    """
    ward.folder.root_key.unlink()
    words = Words("en", "provisioning.words.ward")

    def state(days: float) -> tuple[LifeState, str]:
        lines = status_of(ward.folder, words, datetime.now(UTC) + timedelta(days=days))
        return worst(lines), lines[0].text

    assert LifeState.GOOD is state(19.9)[0]
    for days in (20.1, 29.9):
        assert LifeState.DUE is state(days)[0]
        assert "WARNING: the revocation list holds only" in state(days)[1]
    assert LifeState.OVER is state(30.1)[0]
    assert "OUTAGE: the revocation list HAS NOT HELD since" in state(30.1)[1]
    (ward.folder.broker / CRL).write_text("damaged")
    assert (LifeState.OVER, True) == (state(0)[0], "NO BOX" in state(0)[1] or "No box" in state(0)[1])


def test_status_for_people_and_programs(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Every holder is listed, revoked and waiting ones among them; the root key that still lies there is told;
    the exit code is the worst.
    """
    ward.box()
    ward.code(OTHER_BOX)
    ward.client("receiver", "receive")
    folder = str(ward.folder.path)
    assert LifeState.DUE == main(["ward", "status", folder, "--lang", "en"])
    out = capsys.readouterr().out
    assert out.startswith("WARNING: the root key still lies in")
    assert f"{OTHER_BOX}: not enrolled yet" in out
    ward.folder.root_key.unlink()
    ward.book.revoke(BOX, "stolen 3 May", NOW)
    assert LifeState.GOOD == main(["ward", "status", folder])
    assert f"{BOX}: đã thu hồi" in capsys.readouterr().out
    assert 0 == main(["ward", "status", folder, "--json"])
    assert {"crl.pem", "root.crt", BOX, OTHER_BOX, "phuong-5.receiver"} <= {
        line["name"] for line in json.loads(capsys.readouterr().out)}


def test_commands_work_as_typed(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    """
    client, crl, broker-files and revoke from the command line; GROUP/BOX names a box; where the broker is
    elsewhere, revoke says that nothing was cut and with which exit code.
    """
    folder, key = str(ward.folder.path), ["--passphrase-file", str(ward.passphrase_file), "--lang", "en"]
    ward.folder.settings.write_text(ward.folder.settings.read_text().replace("folder = \"", "folder = \"/no"))
    ward.box()
    assert 0 == main(["ward", "client", folder, "station", "--may", "receive,command", *key])
    private = open_key(ward.folder.clients / "station.key", None)
    assert isinstance(private, EllipticCurvePrivateKey)
    assert "user phuong-5.station" in (ward.folder.broker / "acl").read_text()
    before = (ward.folder.broker / CRL).read_bytes()
    assert 0 == main(["ward", "crl", folder, *key])
    assert before != (ward.folder.broker / CRL).read_bytes()
    assert 0 == main(["ward", "broker-files", folder, "--lang", "en"])
    assert "copy them to the broker's" in capsys.readouterr().out
    assert os.EX_TEMPFAIL == main(["ward", "revoke", folder, "to-12/hop-01", "--why", "stolen", *key])
    assert "NOT CUT" in capsys.readouterr().out
    assert ward.book.revoked(BOX)
    assert os.EX_NOHOST == main(["ward", "revoke", folder, "to-12/hop-09", "--why", "x", *key])
    assert os.EX_NOINPUT == main(["ward", "status", str(ward.folder.path.parent)])
    for wrong in (["--may", "everything"], ["--may", ""]):
        with pytest.raises(SystemExit) as caught:
            main(["ward", "client", folder, "x", *wrong])
        assert os.EX_USAGE == caught.value.code
