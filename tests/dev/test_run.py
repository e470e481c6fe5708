"""`./run`: what it does before a command's work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.needs import NEEDS
from dev.run import COMMANDS, SETUPS, SUITES, _environment


def test_every_need_belongs_to_a_command_that_sees_to_it() -> None:
    """
    Packages that are declared for a name that no command has would never be installed.
    """
    assert NEEDS.keys() <= SETUPS.keys()
    assert {f"test {suite}" for suite in SUITES} <= NEEDS.keys()
    assert {command.split()[0] for command in SETUPS} <= COMMANDS.keys()


def test_compiled_code_is_kept_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whatever is imported is compiled once, into .cache, and nothing appears beside the sources; also where the
    caller's environment wants no compiled files.
    """
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "thing.py").write_text("")

    subprocess.run([sys.executable, "-c", "import thing"], env=_environment(tmp_path), cwd=tmp_path,
                   check=True, timeout=60)

    assert ["thing.py"] == [path.name for path in tmp_path.glob("*thing*")]
    assert 1 == len(list((tmp_path / ".cache").rglob("thing.*.pyc")))
