from __future__ import annotations

from pathlib import Path

import pytest

from dev.image.steps import BuildError, call


def test_how_our_own_python_is_run_reaches_no_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where compiled code goes here, and what else our Python is told, changes nothing of an image: the Python
    inside would put its compiled code elsewhere, and the image would have none.
    """
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/elsewhere")
    monkeypatch.setenv("PYTHONPATH", "/of/ours")
    monkeypatch.setenv("SOMETHING", "else")
    call(["env"], tmp_path / "log", {"SOURCE_DATE_EPOCH": "1"})

    said = (tmp_path / "log").read_text().splitlines()
    assert {"SOMETHING=else", "SOURCE_DATE_EPOCH=1"} <= set(said)
    assert [] == [line for line in said if line.startswith("PYTHON")]


def test_a_tool_that_fails_says_why(tmp_path: Path) -> None:
    """
    The end of what it said is in the error, with where all of it is.
    """
    with pytest.raises(BuildError, match=r"no room\nsh ended with 3; all it said: .*log"):
        call(["sh", "-c", "echo no room >&2; exit 3"], tmp_path / "log")
