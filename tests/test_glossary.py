"""The code keeps to docs/glossary.md: one class a name, and none of the words that were given up."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("edge", "ward", "provisioning", "models")
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")

# Names that two classes still share, and why. One that is told apart must leave the list.
STANDING = {
    "Message": "the contract's and the programs' are each the base of all messages of their kind",
}
# Messages of one way between two programs are named within it, as a verb or an answer is.
PROTOCOLS = ("edge/ipc/page_guard.py", "edge/ipc/tools_guard.py")
# Given up, as a class or as a part of one's name.
BANNED = ("Crew", "Vigil", "Errand", "Storyteller", "CommandDesk", "LastingJournal", "Told")


@cache
def classes(path: Path) -> tuple[str, ...]:
    """The public ones of a module."""
    return tuple(node.name for node in ast.parse(path.read_text(encoding="utf-8")).body
                 if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def named() -> dict[str, list[str]]:
    """Name of a class -> where it is."""
    found = defaultdict(list)
    for path in modules():
        place = str(path.relative_to(ROOT))
        for name in classes(path) if place not in PROTOCOLS else ():
            found[name].append(place)
    return found


def words() -> dict[str, str]:
    """Word of the glossary -> its class, or ""."""
    rows = re.findall(r"^\| ([^|*]+) \| (?:`(\w+)`)? ?\| [^|]+ \|$", GLOSSARY, re.MULTILINE)
    return dict(rows[1:])


def test_no_two_classes_share_a_name() -> None:
    """
    A name that is searched for is found once; the list of exceptions only ever gets shorter.
    """
    assert set(STANDING) == {name for name, places in named().items() if len(places) > 1}


def test_the_glossary_names_what_is_there() -> None:
    """
    Each word stands once, and the class of each is in the code, once.
    """
    found = re.findall(r"^\| ([^|*]+) \|", GLOSSARY, re.MULTILINE)
    assert len(found) == len(set(found))
    assert len(words()) > 30
    there = named()
    assert {} == {word: there.get(name, []) for word, name in words().items()
                  if name and len(there.get(name, ())) != 1}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_words_that_were_given_up(path: Path) -> None:
    """
    No class is called so, and nothing in a module's text is either.
    """
    assert [] == [name for name in classes(path) for word in BANNED if word in name]
    text = path.read_text(encoding="utf-8")
    assert [] == re.findall(r"\b(?:[Cc]rew|[Vv]igil|[Ee]rrand|[Ss]toryteller)s?\b", text)
