"""The line of a key is the line on which it is written, whatever TOML the file is written in."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.places import Key, dotted, locate

SCALARS = st.sampled_from([
    '1', '-0.5e3', 'true', 'nan', '1979-05-27 07:32:00', '22:30:00', '"plain"', '"# no comment"',
    "'[no.table]'", '"a = 1, b = {"', '"quote \\" and \\\\"', "'back\\slash'", '""', "''", '"""one"""',
    '"""\n[box]\nx = 1\n"""', "'''\n# x\n]\n'''", '"""a ""quoted"" end"""""', "'''it''s'''''",
    '"""line \\\n   more"""', '""""""', "''''''"])
NAMES = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,3}", fullmatch=True).filter(str.isascii).map(lambda name: (name, name)),
    st.text(st.sampled_from("a.# =[]{}'é🎥,"), max_size=4).map(
        lambda name: (name, json.dumps(name, ensure_ascii=False))),
    st.text(st.sampled_from('a.# "=\\'), max_size=4).map(lambda name: (name, f"'{name}'")),
    st.text(st.sampled_from('a"\\\n\té'), max_size=4).map(lambda name: (name, json.dumps(name))))

Name = tuple[str, str]                      # the key, and how it is written


@dataclass
class Lines:
    """A TOML text in the making, and the line on which each of its keys was written."""

    text: str = ""
    lines: dict[Key, int] = field(default_factory=dict)

    def key(self, key: Key) -> None:
        self.lines[key] = self.text.count("\n") + 1

    def value(self, drawn: Any, key: Key) -> None:
        kind, content = drawn
        if kind == "scalar":
            self.text += content
        elif kind == "list":
            items, separator = content
            self.text += "["
            for index, item in enumerate(items):
                self.text += separator
                self.key((*key, index))
                self.value(item, (*key, index))
                self.text += ","
            self.text += separator + "]"
        else:
            self.text += "{"
            for index, ((name, spelled), item) in enumerate(content):
                self.text += ", " if index else " "
                self.key((*key, name))
                self.text += f"{spelled} = "
                self.value(item, (*key, name))
            self.text += "}"

    def pairs(self, pairs: Any, table: Key) -> None:
        for (name, spelled), item in pairs:
            self.text += "  "
            self.key((*table, name))
            self.text += f"{spelled}\t="
            self.value(item, (*table, name))
            self.text += " # [x] = {\n\n" if len(name) % 2 else "\n"


def pairs_of(values: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(NAMES, values), min_size=least, max_size=3,
                    unique_by=lambda pair: pair[0][0])


VALUES = st.recursive(
    st.tuples(st.just("scalar"), SCALARS),
    lambda inner: st.one_of(
        st.tuples(st.just("list"), st.tuples(
            st.lists(inner, max_size=3), st.sampled_from([" ", "\n", " # ] \n\t", "\n\n"]))),
        st.tuples(st.just("table"), pairs_of(inner).filter(lambda pairs: all(
            "\n" not in item[1] for _, item in pairs if item[0] == "scalar")))),
    max_leaves=6)


def pairs_but(taken: str) -> st.SearchStrategy[Any]:
    return pairs_of(VALUES).map(lambda pairs: [pair for pair in pairs if pair[0][0] != taken])


@st.composite
def documents(draw: st.DrawFn) -> Lines:
    """A document of plain keys, tables, nested tables, dotted keys and arrays of tables."""
    made = Lines()
    roots = draw(st.lists(NAMES, min_size=4, max_size=4, unique_by=lambda name: name[0]))
    (plain, table, array, chain) = roots
    made.pairs([(plain, draw(VALUES))], ())
    made.key((chain[0],))
    made.key((chain[0], "mid"))
    made.key((chain[0], "mid", "end"))
    made.text += f"{chain[1]} . mid.\"end\" = 1\n"
    if draw(st.booleans()):                 # [table.inner] before [table]: implied first, told later
        made.key((table[0], "inner"))
        made.text += f"[ {table[1]} . inner ]\n"
    made.key((table[0],))
    made.text += f"[{table[1]}] # comment\n"
    made.pairs(draw(pairs_but("inner")), (table[0],))
    made.key((array[0],))
    for index in range(draw(st.integers(1, 3))):
        if index:
            first = made.lines[(array[0],)]
        made.key((array[0], index))
        made.text += f"\n[[{array[1]}]]\n"
        made.lines[array[0], index] += 1
        made.lines[(array[0],)] = first if index else made.lines[array[0], 0]
        made.pairs(draw(pairs_but("sub")),
                   (array[0], index))
        made.key((array[0], index, "sub"))
        made.key((array[0], index, "sub", "x"))
        made.text += f"[{array[1]}.sub]\n"
        made.lines[array[0], index, "sub", "x"] += 1
        made.text += "x = 1\n"
    return made


def keys_of(value: object, key: Key = ()) -> Iterator[Key]:
    children = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ())
    for part, child in children:
        yield (*key, part)
        yield from keys_of(child, (*key, part))


@settings(deadline=None)
@given(documents(), st.booleans())
def test_every_key_is_found_on_its_line(made: Lines, windows: bool) -> None:
    """
    Of any document, exactly the keys that the parser knows are found, each on the line it is written on.
    """
    parsed = tomllib.loads(made.text)
    assert set(keys_of(parsed)) == set(made.lines), "the test's own bookkeeping"

    places = locate(made.text.replace("\n", "\r\n") if windows else made.text)

    assert made.lines == places.lines


@settings(deadline=None)
@given(st.text(st.sampled_from("ab.=[]{}\"'\\#,\n\r\t 1é")))
def test_nothing_makes_it_raise_or_hang(text: str) -> None:
    """
    Whatever the text, the scan ends, and every line that it tells exists.
    """
    places = locate(text)

    assert all(1 <= line <= text.count("\n") + 1 for line in places.lines.values())
    assert 1 <= places.line_of(("a", 0, "b")) <= text.count("\n") + 1


def test_a_key_that_is_not_there_has_its_parents_line() -> None:
    """
    A missing key is placed at the nearest table above it; without any, at the top.
    """
    places = locate("\n\n[box]\nid = 1\n[mqtt]\n")

    assert [3, 3, 4, 1] == [places.line_of(key) for key in
                            (("box", "ward"), ("box", "x", "y"), ("box", "id", 0), ("cameras",))]


def test_an_implied_table_has_the_line_that_implies_it() -> None:
    """
    [a.b] tells where a is, until a has a header of its own.
    """
    implied, told = locate("\n[a.b]\n"), locate("\n[a.b]\n\n[a]\n")

    assert (2, 4) == (implied.line_of(("a",)), told.line_of(("a",)))


@pytest.mark.parametrize("text", ["[" * 200_000, "a = " + "[" * 200_000, "a = " + "{a=" * 100_000,
                                  ".".join("a" * 300_000) + " = 1", '"' * 300_001])
def test_depth_costs_neither_stack_nor_memory(text: str) -> None:
    """
    Brackets or dots without end are given up on instead of being followed.
    """
    assert len(locate(text).lines) <= 32


def test_a_key_is_told_as_it_is_written() -> None:
    """
    Indexes in brackets, odd names in quotes, control characters escaped, credentials hidden.
    """
    assert 'cameras."my cam".masks[0][1]' == dotted(("cameras", "my cam", "masks", 0, 1))
    assert '"a\\n\\u001b\\"".b' == dotted(('a\n\x1b"', "b"))
    assert 'cameras."rtsp://***@host"' == dotted(("cameras", "rtsp://u:hunter2@host"))
    assert 'cameras."' + "é" * 57 + '..."' == dotted(("cameras", "é" * 1000))
