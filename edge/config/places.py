"""The line of a TOML text in which a key stands.

The standard parser gives values without places. This scanner reads only as much of TOML 1.0 as is
needed to follow the keys; it judges nothing and understands no value, since the parser already did.
On text that it cannot follow it stops and keeps what it has: a place is a help, never a reason to fail.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from edge.base.redact import redact, shorten

Key = tuple[str | int, ...]

MAX_DEPTH = 32          # ours has 8; every level more costs a copy of the key

_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")      # inside a list or inline table
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"""[^,\[\]{}#\r\n"'][^,\[\]{}#\r\n]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|' r"'''.*?'{3,5}(?!')|"
    r'"(?P<basic>(?:[^"\\\n]|\\.)*)"|' r"'(?P<literal>[^'\n]*)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


@dataclass(frozen=True)
class KeyLines:
    """Lines, counted from 1, of the keys of one file. A list's items have their index as key."""

    lines: dict[Key, int]
    last: int                   # on which the last key, or item of a list, begins

    def line_of(self, key: Key) -> int:
        """The line of `key`, or of its nearest parent that has one; 1 for the file itself."""
        for length in range(len(key), 0, -1):
            line = self.lines.get(key[:length])
            if line is not None:
                return line
        return 1


def locate(text: str) -> KeyLines:
    """Find every key of a TOML text (newlines as in the file, no byte order mark). Never raises.

    A table that is only implied, as `box` is by `[box.x]`, has the line that implies it first.
    """
    scanner = _Scanner(text)
    with suppress(_Lost):
        scanner.document()
    return KeyLines(scanner.lines, scanner.last)


class _Lost(Exception):  # noqa: N818 - not an error of anybody: the end of what can be followed
    """The text is not TOML that this scanner can follow."""


@dataclass
class _Container:
    """A list or inline table that is open at the scanner's position."""

    key: Key
    is_list: bool
    count: int = 0


@dataclass
class _Scanner:
    text: str
    lines: dict[Key, int] = field(default_factory=dict)
    last: int = 1

    def __post_init__(self) -> None:
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        self._implied: set[Key] = set()
        self._sizes: dict[Key, int] = {}        # of arrays of tables

    def document(self) -> None:
        table: Key = ()
        while True:
            self._skip(_BLANK_LINES)
            if self._at >= len(self.text):
                return
            if self._take("[["):
                table = self._next_element(self._key(), "]]")
            elif self._take("["):
                table = self._resolved(self._key())
                self._note(table)
                self._expect("]")
            else:
                self._pair(table)

    def _next_element(self, name: Key, closing: str) -> Key:
        """The table that `[[name]]` begins: one more element of its list."""
        array = (*self._resolved(name[:-1]), name[-1])
        index = self._sizes.get(array, 0)
        self._sizes[array] = index + 1
        self._note(array)
        self._note((*array, index))
        self._expect(closing)
        return (*array, index)

    def _resolved(self, name: Key) -> Key:
        """`name` with the index of the last element wherever it passes through an array of tables."""
        key: Key = ()
        for part in name:
            key = (*key, part)
            if key in self._sizes:
                key = (*key, self._sizes[key] - 1)
        return key

    def _pair(self, table: Key) -> None:
        """`key = value`, with everything inside the value; without recursion, however deep it is."""
        open_ones = self._value(self._assignment(table))
        while open_ones:
            inner = open_ones[-1]
            self._skip(_BETWEEN)
            if self._take("]" if inner.is_list else "}"):
                open_ones.pop()
            elif self._at == len(self.text):
                raise _Lost
            elif inner.is_list:
                item = (*inner.key, inner.count)
                inner.count += 1
                self._note(item)
                open_ones += self._value(item)
            else:
                open_ones += self._value(self._assignment(inner.key))

    def _assignment(self, table: Key) -> Key:
        start = self._at
        key = (*table, *self._key())
        self._note(key, start)
        self._expect("=")
        return key

    def _value(self, key: Key) -> list[_Container]:
        """Pass over a scalar; or step into a list or table and return it."""
        self._skip(_BLANK)
        if self._take("["):
            return [_Container(key, is_list=True)]
        if self._take("{"):
            return [_Container(key, is_list=False)]
        if self._skip(_STRING) is None and self._skip(_BARE_VALUE) is None:
            raise _Lost
        return []

    def _key(self) -> Key:
        parts = [self._key_part()]
        while self._take("."):
            parts.append(self._key_part())
        return tuple(parts)

    def _key_part(self) -> str:
        self._skip(_BLANK)
        if (bare := self._skip(_BARE_KEY)) is not None:
            part = bare.group()
        elif (quoted := self._skip(_STRING)) is not None:
            part = _unescaped(quoted["basic"]) if quoted["basic"] is not None else quoted["literal"]
            if part is None:                    # a multi-line string, which is no key
                raise _Lost
        else:
            raise _Lost
        self._skip(_BLANK)
        return part

    def _note(self, key: Key, offset: int | None = None) -> None:
        """Remember where `key` is written, which outdoes where it was only implied."""
        if len(key) > MAX_DEPTH:
            raise _Lost
        line = bisect_right(self._starts, self._at if offset is None else offset)
        self.last = line
        for length in range(1, len(key)):
            if key[:length] not in self.lines:
                self.lines[key[:length]] = line
                self._implied.add(key[:length])
        if key not in self.lines or key in self._implied:
            self.lines[key] = line
            self._implied.discard(key)

    def _skip(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _take(self, token: str) -> bool:
        found = self.text.startswith(token, self._at)
        if found:
            self._at += len(token)
        return found

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise _Lost


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else ""
    return _ESCAPED.get(code, code)


def dotted(key: Iterable[str | int]) -> str:
    """A key as a technician writes it, `cameras.gate.masks[0]`: quoted where TOML wants it, no secrets."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + _written(part)
    return text


def _written(part: str) -> str:
    if _BARE_KEY.fullmatch(part):
        return shorten(part)
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else json.dumps(c)[1:-1]
                         for c in shorten(redact(part))) + '"'
