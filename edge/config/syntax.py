"""What the TOML parser refuses, in a technician's words."""

from __future__ import annotations

import re
import tomllib

from edge.config.places import locate
from edge.config.redact import redact

_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

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
    advice = next((advice for start, advice in _ADVICE if meaning.startswith(start)), redact(meaning))
    if place and place["line"]:
        return f"{name}:{place['line']}: not TOML at column {place['column']}: {advice}"
    # The parser reached the end of the file: what it missed began at the last key.
    return f"{name}:{locate(text).last}: not TOML: {advice}"
