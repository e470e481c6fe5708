"""What the TOML parser refuses, in a technician's words."""

from __future__ import annotations

import re
import tomllib

from edge.base.redact import redact
from edge.config.places import locate
from edge.config.wording import MIDNIGHT

_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

# A time where a value stands, alone or inside { }; quoted ones are the model's to judge.
_TIME = re.compile(r"=\s*(?P<time>(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)"
                   r"(?=\s*(?:[,}\]#]|$))")

# By how the parser's message begins: what it means, and what to do.
_ADVICE = (
    ("Invalid value", "no value that TOML knows; text needs quotes, true and false are small letters, "
                      "and a decimal number has a point"),
    ("Expected '=' after a key", "want 'key = value'; a name with a space or an accent needs quotes"),
    ("Expected ']", "a table's name ends with ]; want [box] or [cameras.gate]"),
    ("Invalid statement", "want 'key = value' or a table such as [box]"),
    ("Invalid initial character for a key part", "want a key here; inside { } everything stands on one "
                                                 "line, with no comma at its end"),
    ("Expected newline or end", "something is left over after the value; one 'key = value' on a line, "
                                "and text needs quotes"),
    ("Cannot overwrite a value", "this key is told twice; keep one"),
    ("Duplicate inline table key", "this key is told twice; keep one"),
    ("Cannot declare", "this table is told twice; put its keys together under one [name]"),
    ("Cannot redefine", "this table is told twice; put its keys together under one [name]"),
    ("Cannot mutate immutable", "this table was finished inside { } or [ ]; put its keys together there"),
    ("Unclosed array", "a list is not closed; add ]"),
    ("Unclosed inline table", "an inline table is not closed; add } on the same line"),
    ("Unterminated string", "a text is not closed; add the quotes at its end"),
    ("Illegal character '\\n'", "a text is not closed; add the quotes at the end of this line"),
    ("Expected \"'\"", "a text is not closed; add the quotes at the end of this line"),
    ("Found invalid character '\\n'", "a text is not closed; add the quotes at the end of this line"),
    ("Found invalid character", "a control character stands here; type the line again"),
    ("Illegal character", "a control character stands here; type the line again"),
    ("Unescaped '\\'", "a backslash in a text; use 'single quotes' around it"),
    ("Invalid hex value", "a backslash in a text; use 'single quotes' around it"),
    ("Escaped character is not", "an escape names no character; use 'single quotes' around the text"),
    ("Invalid date or datetime", "no such date or time; want such as 22:30:00"),
)


def fault(error: tomllib.TOMLDecodeError, text: str, name: str) -> str:
    """One line for the only fault that the parser tells, with the line that a technician looks for."""
    message = str(error)
    place = _PLACE.search(message)
    meaning = message[:place.start()] if place else message
    # Where the parser reached the end of the file, what it missed began at the last key.
    line = int(place["line"]) if place and place["line"] else locate(text).last
    column = f" at column {place['column']}" if place and place["column"] else ""
    advice = _of_time(text.split("\n")[line - 1]) or next(
        (advice for start, advice in _ADVICE if meaning.startswith(start)), redact(meaning))
    return f"{name}:{line}: not TOML{column}: {advice}"


def _of_time(line: str) -> str | None:
    """What to write for the first time of day in `line` that TOML does not take; None without one."""
    for found in _TIME.finditer(line):
        hour, second = int(found["hour"]), found["second"] or "00"
        if hour == 24 and found["minute"] == second == "00":
            return f"{MIDNIGHT}; write it instead of {found['time']}"
        if hour < 24 and len(found["time"]) < len("22:30:00"):
            return (f"a time has hours, minutes and seconds; write {hour:02}:{found['minute']}:{second} "
                    f"instead of {found['time']}")
    return None
