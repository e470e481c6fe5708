"""Faults at a terminal: in the language of whoever sits there, in one line. In a log they are English."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from edge.base.words import LANGUAGES, Words, source
from edge.watch.capture.address import CameraFault
from provisioning.cli import main
from provisioning.errors import CATALOGUE, WordedError, WordedRetryableError

PACKAGE = Path(__file__).resolve().parents[2] / "provisioning"
TOLD = (WordedError.__name__, WordedRetryableError.__name__)
ACCENTS = re.compile(r"[À-ỹ]")


def texts(language: str) -> dict[str, set[str]]:
    """Each key of the faults, with what is filled in."""
    entries = re.split(r"\n+(?=[a-z])", source(language, CATALOGUE).strip())
    return {entry.split("=")[0].strip(): set(re.findall(r"\$\w+", entry)) for entry in entries}


def raised() -> dict[str, set[str]]:
    """Each fault that the tool raises by a key that stands there, with what it gives for the text."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in TOLD:
                continue
            if isinstance(node.args[0], ast.Constant):
                key, given = str(node.args[0].value), {f"${word.arg}" for word in node.keywords}
                assert given == found.setdefault(key, given), f"{path.name}: {key}"
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_its_words(language: str) -> None:
    """
    What is raised can be said in either language: nothing is filled in that is not given.
    """
    have = texts(language)
    known = raised()

    assert len(known) > 40
    for key, given in known.items():
        assert have[key] <= given, key
    assert {key for key in have if not key.startswith("first-line-")} == set(known)


def test_no_fault_is_half_translated() -> None:
    """
    The Vietnamese text of each has Vietnamese words, and none of the English details that a library gives.
    """
    for key, filled in texts("vi").items():
        assert "$detail" not in filled, key
        assert ACCENTS.search(Words("vi", CATALOGUE)(key, **{name[1:]: "x" for name in filled})), key


def test_every_fault_of_a_camera_has_its_words() -> None:
    for language in LANGUAGES:
        words = Words(language, "provisioning.words.box")
        said = {words(f"camera-dark-{fault}", address="rtsp://10.0.0.1/a") for fault in CameraFault}
        assert len(CameraFault) == len(said)


@pytest.mark.parametrize(("language", "told"), [
    ("vi", "không ghi được (đã có sẵn)."), ("en", "cannot be written: File exists;")])
def test_a_file_that_is_there(tmp_path: Path, language: str, told: str,
                              capsys: pytest.CaptureFixture[str]) -> None:
    """
    The system's own reason is told in the same language as the rest.
    """
    (tmp_path / "boxes.csv").touch()
    assert os.EX_CANTCREAT == main(["box", "csv-template", str(tmp_path / "boxes.csv"), "--lang", language])

    error = capsys.readouterr().err
    assert f"{tmp_path / 'boxes.csv'}: {told}" in error
    assert 1 == error.count("\n")


@pytest.mark.parametrize(("language", "told"), [
    ("vi", "đây không phải thư mục của phường"), ("en", "no ward here")])
def test_no_ward_there(tmp_path: Path, language: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (("box", "list"), ("ward", "status")):
        assert os.EX_NOINPUT == main([*command, str(tmp_path), "--lang", language])
        assert f"{tmp_path}: {told}" in capsys.readouterr().err


def test_a_fault_of_a_fault_is_told_in_one_language() -> None:
    inner = WordedError("card-unwritten", os.EX_IOERR, path="/media/lan", why=OSError(28, "No space left"))
    fault = WordedError("name-stays", os.EX_IOERR, fault=inner, folder="phuong-5",
                        name="phuong-5.to-12.hop-01")

    assert ("/media/lan: không ghi được (hết chỗ trống). Lấy thẻ khác. Hộp vẫn giữ tên này; sau đó chạy: "
            "edgebox-provision box renew phuong-5 phuong-5.to-12.hop-01") == fault.said("vi")
    assert "/media/lan: cannot be written: No space left on device; take another card. The name" in str(fault)
