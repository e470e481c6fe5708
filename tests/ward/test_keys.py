"""The keys that sign commands: what lies on the disk, who may read it, what is told when one fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.base.errors import FatalError
from edge.contract.signing import is_signed_by, kid_of, load_public
from tests.ward.household import PASSPHRASE, new_key
from ward.cli import main
from ward.command.keys import CREDENTIAL, make_key, open_key, passphrase_for
from ward.command.pkcs8 import ROUNDS


def test_what_a_key_signs_its_public_half_accepts(tmp_path: Path) -> None:
    """
    The private file opens with its passphrase; the .pub is what a box reads; both tell one kid.
    """
    key = new_key(tmp_path / "ward.key")
    public = load_public(tmp_path / "ward.key.pub")
    document: dict[str, object] = {"name": "siren", "duration_s": 30.0}

    document["sig"] = key.signature_of(document)

    assert is_signed_by(document, public)
    assert not is_signed_by(document | {"duration_s": 31.0}, public)
    assert kid_of(public) == key.kid


def test_a_stolen_file_is_worth_little(tmp_path: Path) -> None:
    """
    Only its owner may read it; it is encrypted by PBES2 with many rounds, as openssl understands it; and no
    text of the opened key holds it.
    """
    path = tmp_path / "ward.key"
    key = new_key(path)

    assert 0o600 == path.stat().st_mode & 0o777
    parsed = subprocess.run(["openssl", "asn1parse", "-in", path], capture_output=True, text=True, check=True)
    for part in ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", f"{ROUNDS:X}"):
        assert part in parsed.stdout
    opened = subprocess.run(["openssl", "pkey", "-in", path, "-passin", f"pass:{PASSPHRASE}", "-pubout"],
                            capture_output=True, check=True)
    assert (tmp_path / "ward.key.pub").read_bytes() == opened.stdout
    assert f"CommandKey({key.kid})" == repr(key) == str(key)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """
    A second key of the same name is refused, whichever of its files is there, and the first stays whole.
    """
    path = tmp_path / "ward.key"
    key = new_key(path)
    with pytest.raises(FatalError, match=r"ward\.key\.pub: is there already, and a key is never overwritten"):
        make_key(path, PASSPHRASE)
    (tmp_path / "ward.key.pub").unlink()
    with pytest.raises(FatalError, match=r"ward\.key: is there already"):
        make_key(path, PASSPHRASE)

    assert key.kid == open_key(path, PASSPHRASE).kid
    assert not (tmp_path / "ward.key.pub").exists()


def plain_key(path: Path) -> Path:
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                                                                NoEncryption()))
    return path


def test_what_is_no_key_of_ours_is_told(tmp_path: Path) -> None:
    """
    Missing, without a passphrase, the public half, another kind, a wrong passphrase: one line each, which
    says what to do and shows no secret.
    """
    path = tmp_path / "ward.key"
    new_key(path)
    (other := tmp_path / "ec.key").write_bytes(subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes-256-cbc",
         "-pass", f"pass:{PASSPHRASE}"], capture_output=True, check=True).stdout)
    for file, passphrase, said in (
            (tmp_path / "absent", PASSPHRASE, "make one with `edgebox-ward key new"),
            (plain_key(tmp_path / "plain.key"), PASSPHRASE, "found one without a passphrase"),
            (tmp_path / "ward.key.pub", PASSPHRASE, "found a public key"),
            (other, PASSPHRASE, "want an Ed25519 key"),
            (path, "not-the-passphrase", "does not open: wrong passphrase, or a damaged file")):
        with pytest.raises(FatalError) as caught:
            open_key(file, passphrase)
        assert said in str(caught.value)
        assert passphrase not in str(caught.value)


def test_the_passphrase_comes_from_a_file_or_from_systemd(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A named file goes before the credential; without either, and without a terminal, one line says how.
    """
    (file := tmp_path / "words").write_text("từ tệp này\nkhông phải dòng này\n")
    (tmp_path / CREDENTIAL).write_text("từ systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "từ tệp này" == passphrase_for(Path("k"), file)
    assert "từ systemd" == passphrase_for(Path("k"), None)

    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    monkeypatch.setattr("sys.stdin", (tmp_path / "words").open())
    with pytest.raises(FatalError, match="no passphrase: name a file with --passphrase-file"):
        passphrase_for(Path("k"), None)
    (empty := tmp_path / "empty").touch()
    with pytest.raises(FatalError, match="it is empty"):
        passphrase_for(Path("k"), empty)


def test_the_tool_makes_and_shows_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    `key new` tells the kid and what to do with the two files; `key show` tells the same kid of the .pub.
    """
    (file := tmp_path / "words").write_text(PASSPHRASE)
    path = tmp_path / "ward.key"
    assert os.EX_OK == main(["key", "new", str(path), "--passphrase-file", str(file)])
    said = capsys.readouterr().out
    assert os.EX_OK == main(["key", "show", f"{path}.pub"])
    kid = capsys.readouterr().out.strip()

    assert f"kid {kid}\n" in said
    assert "[commands] keys" in said
    assert os.EX_CONFIG == main(["key", "show", str(path)])
    assert "holds a private key" in capsys.readouterr().err


def test_a_short_passphrase_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Under twelve characters nothing is made.
    """
    (file := tmp_path / "words").write_text("11 ký tự nè")
    assert os.EX_USAGE == main(["key", "new", str(tmp_path / "k"), "--passphrase-file", str(file)])
    assert "the passphrase has 11 characters, want at least 12" in capsys.readouterr().err
    assert [file] == list(tmp_path.iterdir())
