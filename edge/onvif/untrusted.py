"""XML that a stranger wrote, read within bounds: no DTD and so no entity, so many bytes, elements and levels.

Namespaces are not compared: makers mix up versions of them, and what is asked for is found by its own name.
Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from edge.base.redact import printable

MAX_BYTES = 512 * 1024      # profiles of a camera with eight lenses: 60 KiB
MAX_ELEMENTS = 20_000
MAX_DEPTH = 40
MAX_TEXT = 200              # characters of a name; nothing that is shown is longer
_MAX_NUMBER = 1e9


class UnreadableError(ValueError):
    """It cannot be read, or is made to harm; the text says which in a few words, and quotes nothing of it."""


class _BoundedBuilder:
    """Builds the tree, and gives up where it grows beyond what any camera has to say."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise UnreadableError("nested too deep, or too many parts")
        return self._builder.start(tag, attributes)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return self._builder.end(tag)

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> Element:
        return self._builder.close()


def parse(raw: bytes) -> Element:
    """The root of `raw`, which is taken for UTF-8 whatever it says; letters that are none are replaced.

    Raises UnreadableError: too long, a DTD, too deep, or not XML.
    """
    if len(raw) > MAX_BYTES:
        raise UnreadableError(f"longer than {MAX_BYTES} bytes")
    parser = DefusedXMLParser(target=_BoundedBuilder(), encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(raw.decode("utf-8", "replace").encode())
        root: Element = parser.close()
    except DefusedXmlException:
        raise UnreadableError("it defines types or entities of its own") from None
    except ParseError:
        raise UnreadableError("not XML") from None
    return root


def name_of(element: Element) -> str:
    """Its name without the namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Element | None, *path: str) -> Element | None:
    """What lies at `path` below, the first of each name; None where a step is missing."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if name_of(each) == name), None)
    return element


def below(element: Element, name: str) -> Iterator[Element]:
    """All of that name, however deep, in their order."""
    return (each for each in element.iter() if name_of(each) == name)


def text_of(element: Element | None, *path: str) -> str:
    """The text at `path`, fit to be shown; "" where there is none."""
    found = child(element, *path)
    return "" if found is None else shown(found.text or "")


def shown(text: str) -> str:
    """One short line of `text` without anything that could drive a terminal."""
    return " ".join(printable(text[:4 * MAX_TEXT]).split())[:MAX_TEXT]


def number(text: str) -> float | None:
    """What `text` says, from 0 to a billion; None where it says nothing of the kind."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= _MAX_NUMBER else None


def whole(text: str) -> int | None:
    """As `number`, rounded."""
    value = number(text)
    return None if value is None else round(value)


def moment(element: Element | None) -> datetime | None:
    """The time in a tt:DateTime, taken for UTC; None where it is not one."""
    parts = [whole(text_of(element, part, name)) for part, name in (
        ("Date", "Year"), ("Date", "Month"), ("Date", "Day"),
        ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))]
    year, month, day, hour, minute, second = parts
    if year is None or month is None or day is None or hour is None or minute is None or second is None:
        return None
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
