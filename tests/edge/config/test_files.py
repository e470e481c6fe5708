"""A file that cannot be read, or is no TOML, is refused in one line that says what to do."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from edge.base.errors import ConfigError
from edge.config.load import load
from tests.edge.config.files import GOOD, faults_in, written


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert 78 == refused.value.exit_code
    assert 1 == len(str(refused.value).splitlines())
    return str(refused.value)


def without_column(line: str) -> str:
    """A fault without the column, which differs between versions of the parser."""
    return re.sub(r" at column \d+:", ":", line, count=1)


@pytest.mark.parametrize(("content", "told"), [
    (b"", "{path}: empty; copy edge/config/example.toml there and edit it"),
    (b"\xef\xbb\xbf \r\n", "{path}: empty; copy edge/config/example.toml there and edit it"),
    (GOOD.encode("utf-16"), "edge.toml:1: not UTF-8 at byte 0; save the file as UTF-8"),
    (GOOD.encode() + "# Cổng".encode("cp1258", "replace") + b"\xf4\n",
     "edge.toml:11: not UTF-8 at byte 138; save the file as UTF-8"),
    (b"#" * (1024 * 1024 + 1), "{path}: larger than 1048576 bytes; is it the config file?"),
    (b"a = " + b"[" * 100_000, "edge.toml:1: brackets nested too deeply; is it the config file?"),
    (b".".join([b"a"] * 1000) + b" = 1", "edge.toml:1: nested more than 32 deep; is it the config file?"),
    (b"a = " + b"1" * 5000, "edge.toml:1: holds a number with thousands of digits; is it the config file?"),
])
def test_bytes_that_are_no_config_are_told_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    """
    Empty, another encoding, far too large, or built to exhaust a parser.
    """
    path = tmp_path / "edge.toml"
    path.write_bytes(content)

    assert told.format(path=path) == refusal(path)


def test_paths_that_are_no_readable_file_are_told_in_one_line(tmp_path: Path) -> None:
    """
    Nothing there, a folder, a pipe (which is not waited for), a link to itself, a path through a file.
    """
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    written(tmp_path, GOOD)

    assert f"{tmp_path}/x.toml: no such file; copy edge/config/example.toml there and edit it" == refusal(
        tmp_path / "x.toml")
    assert f"{tmp_path}: is a folder; name the TOML file in it" == refusal(tmp_path)
    assert f"{tmp_path}/pipe: is not a regular file; want a TOML file" == refusal(tmp_path / "pipe")
    for name in ("loop", "edge.toml/x", "x" * 300):
        assert f"{tmp_path}/{name}: cannot read it: " in refusal(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    """
    The line says that it is about permission, and what to do.
    """
    path = written(tmp_path, GOOD)
    path.chmod(0)

    assert f"{path}: permission denied; run as its owner, or `chmod a+r` it" == refusal(path)


def test_a_file_from_notepad_is_read(tmp_path: Path) -> None:
    """
    A byte order mark and Windows line ends do no harm, and lines are counted as the editor counts them.
    """
    path = tmp_path / "edge.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert "hop-01" == load(path).settings.box.id

    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode() + b"fps = 0\r\n")
    assert refusal(path).startswith("edge.toml:11: cameras.gate.fps: ")


@pytest.mark.parametrize(("line", "told"), [
    ("host = localhost", "7: not TOML: no value that TOML knows; text needs quotes, true and false "
     "are small letters, and a decimal number has a point"),
    ("host = 'localhost", "7: not TOML: a text is not closed; add the quotes at the end of this line"),
    ('host = "C:\\Users"', "7: not TOML: a backslash in a text; use 'single quotes' around it"),
    ('host = "C:\\qsers"', "7: not TOML: a backslash in a text; use 'single quotes' around it"),
    ('host = "\\ud800"', "7: not TOML: an escape names no character; use 'single quotes' around the text"),
    ("host", "7: not TOML: want 'key = value'; a name with a space or an accent needs quotes"),
    ("máy = 1", "7: not TOML: want 'key = value'; a name with a space or an accent needs quotes"),
    ("= 1", "7: not TOML: want 'key = value' or a table such as [box]"),
    ("port = 08", "7: not TOML: something is left over after the value; one 'key = value' on a line, "
     "and text needs quotes"),
    ("[other", "7: not TOML: a table's name ends with ]; want [box] or [cameras.gate]"),
    ("[mqtt]", "7: not TOML: this table is told twice; put its keys together under one [name]"),
    ("port = 1\nport = 2", "8: not TOML: this key is told twice; keep one"),
    ("x = {a = 1, a = 2}", "7: not TOML: this key is told twice; keep one"),
    ("x = {\na = 1}", "7: not TOML: want a key here; inside { } everything stands on one line, "
     "with no comma at its end"),
    ("x = {a = 1,}", "7: not TOML: want a key here; inside { } everything stands on one line, "
     "with no comma at its end"),
    ("x = {a = 1}\nx.b = 2", "8: not TOML: this table was finished inside { } or [ ]; "
     "put its keys together there"),
    ("x = 2026-02-30", "7: not TOML: no such date or time; want such as 22:30:00"),
    ("x = 22:00", "7: not TOML: a time has hours, minutes and seconds; write 22:00:00 instead of 22:00"),
    ("x = [{ start = 22:00:00, end = 5:00 }]",
     "7: not TOML: a time has hours, minutes and seconds; write 05:00:00 instead of 5:00"),
    ("x = 7:30:00 # early",
     "7: not TOML: a time has hours, minutes and seconds; write 07:30:00 instead of 7:30:00"),
    ("x = 24:00:00", "7: not TOML: a day ends at 00:00:00; write it instead of 24:00:00"),
    ("x = 25:00", "7: not TOML: something is left over after the value; one 'key = value' on a line, "
     "and text needs quotes"),
    ("x = '\a'", "7: not TOML: a control character stands here; type the line again"),
])
def test_a_slip_of_the_pen_is_told_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    """
    What the TOML parser refuses is one line with the place and what to do.
    """
    text = GOOD.replace('host = "localhost"', line)

    assert [f"edge.toml:{told}"] == [without_column(line) for line in faults_in(tmp_path, text)]


@pytest.mark.parametrize(("end", "told"), [
    ("masks = [\n[[0, 0], [1, 1]\n\n\n", "12: not TOML: a list is not closed; add ]"),
    ('username = """a\n\n\n', "11: not TOML: a text is not closed; add the quotes at its end"),
    ("fps = 1\nfps = 2", "12: not TOML: this key is told twice; keep one"),
    ("motion = {fps = 1", "11: not TOML: an inline table is not closed; add } on the same line"),
])
def test_what_is_missed_at_the_end_is_told_where_it_began(tmp_path: Path, end: str, told: str) -> None:
    """
    The parser only knows that the file ended; the line told is that of the last key.
    """
    assert [f"edge.toml:{told}"] == [without_column(line) for line in faults_in(tmp_path, GOOD + end)]


def test_a_syntax_fault_tells_no_secret(tmp_path: Path) -> None:
    """
    The parser repeats keys in its messages; ours do not.
    """
    text = '["rtsp://a:hunter2@h"]\n["rtsp://a:hunter2@h"]\n'
    with pytest.raises(tomllib.TOMLDecodeError, match="hunter2"):
        tomllib.loads(text)

    assert ["edge.toml:2: not TOML: this table is told twice; put its keys together under one [name]"
            ] == [without_column(line) for line in faults_in(tmp_path, text)]
