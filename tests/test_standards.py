"""docs/standards.md is true: each provision stands in it once, each Y has its test, and that test exists."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "standards.md"
# Table B.1 of ETSI EN 303 645 V3.1.3 (2024-09): the provisions of each clause.
CLAUSES = {
    "5.0": "1", "5.1": "1 2 2A 3 4 5", "5.2": "1 2 3",
    "5.3": "1 2 3 4A 4B 5 6A 6B 7 8 9 10 11 12 13 14 15A 15B 16", "5.4": "1 2 3 4", "5.5": "1 2 3 4 5 6 7 8",
    "5.6": "1 2 3 4A 4B 5 6 7 8 9", "5.7": "1 2", "5.8": "1 2 3", "5.9": "1 2 3", "5.10": "1",
    "5.11": "1 2 3 4", "5.12": "1 2 3", "5.13": "1A 1B", "6": "1 2 3A 3B 4 5 6 7 8",
}
PROVISIONS = [f"{clause}-{number}" for clause, numbers in CLAUSES.items() for number in numbers.split()]
GROUPS = [str(number) for number in range(1, 12)]
ROW = re.compile(r"^\| (\S+) \| ([YPN-]) \| (.+?) \| (.*) \|$", re.MULTILINE)
NODE = re.compile(r"`((?:tests/)[\w/]+\.py)::(test_\w+)`")
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}")


class Row(NamedTuple):
    """One line of a table."""

    name: str
    met: str            # Y, P, N or -
    wants: str
    shown: str          # the tests, or why not

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Path and function of each that is named."""
        return NODE.findall(self.shown)

    @property
    def reason(self) -> str:
        return NODE.sub("", self.shown).strip(" ,;:()")


ROWS = [Row(*found) for found in ROW.findall(PAGE.read_text(encoding="utf-8"))]


@cache
def functions(path: Path) -> frozenset[str]:
    """What a file of tests defines at its top."""
    return frozenset(node.name for node in ast.parse(path.read_text(encoding="utf-8")).body
                     if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def fault_of(row: Row) -> str | None:
    """What is wrong with a line by itself."""
    if row.met == "Y" and not row.tests and "no test" not in row.shown:
        return "says Y and names no test, nor that there is none"
    if row.met != "Y" and len(row.reason) < 10:
        return f"says {row.met} and not why"
    for path, name in row.tests:
        if not (ROOT / path).is_file():
            return f"{path} is not there"
        if name not in functions(ROOT / path):
            return f"{path} has no {name}"
    return None


def test_each_provision_stands_once_and_in_order() -> None:
    """
    All 78 provisions of EN 303 645 V3.1.3, then the eleven groups of QCVN 135:2024.
    """
    assert 78 == len(PROVISIONS)
    assert PROVISIONS + GROUPS == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_line_is_true(row: Row) -> None:
    """
    Y names a test, or says that there is none; P, N and - say why; each test that is named exists.
    """
    assert fault_of(row) is None


def test_every_path_that_is_named_is_there() -> None:
    """
    Also whatever else between backticks looks like a file of ours; no node is written so that it is not seen.
    """
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`((?:edge|tests|ward|docs|provisioning)/[\w./]+)", text)

    assert [] == [path for path in named if not (ROOT / path).exists()]
    assert text.count("::") == sum(len(row.tests) for row in ROWS)


@pytest.mark.parametrize(("row", "fault"), [
    (Row("5.1-1", "Y", "x", "certainly"), "names no test"),
    (Row("5.1-1", "N", "x", "`tests/test_standards.py::test_a_line_is_true`"), "not why"),
    (Row("5.1-1", "Y", "x", "`tests/test_standards.py::test_of_nothing`"), "has no test_of_nothing"),
    (Row("5.1-1", "Y", "x", "`tests/test_nothing.py::test_of_nothing`"), "is not there"),
    (Row("5.1-1", "Y", "x", "no test: by hand"), None),
])
def test_what_is_not_true_is_found(row: Row, fault: str | None) -> None:
    found = fault_of(row)
    assert (found is None) if fault is None else (fault in (found or ""))


def test_no_private_key_stands_in_the_source() -> None:
    """
    No file of the repository holds a private key.
    """
    listed = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, check=True, capture_output=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]

    assert len(paths) > 300
    assert [] == [path for path in paths if path.is_file() and PRIVATE.search(path.read_bytes())]
