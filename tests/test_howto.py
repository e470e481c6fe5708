"""The pages on how to add something name files and what is in them: neither may have moved away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_imports import ROOT

PAGES = sorted((ROOT / "docs/howto").glob("*.md"))
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+/")
_NAME = re.compile(r"_?[A-Za-z][\w-]*")
# Not of a file of ours: commands, arguments, and what a config or another's library calls so.
_OTHERS = {"edgebox", "kind", "source"}


def paragraphs(page: Path) -> Iterator[str]:
    """A step of a list, or what stands between empty lines."""
    yield from re.split(r"\n\s*\n|\n(?=\d+\. |- )", page.read_text(encoding="utf-8"))


def missing(page: Path) -> list[str]:
    """Paths that are not there, and names in none of the files that their paragraph names."""
    lost = list[str]()
    for paragraph in paragraphs(page):
        quoted = _QUOTED.findall(paragraph)
        paths = [ROOT / text for text in quoted if _PATH.fullmatch(text) and not text.startswith("./")]
        lost += [str(path.relative_to(ROOT)) for path in paths if not path.exists()]
        words = set[str]().union(*(re.findall(r"[\w-]+", path.read_text(encoding="utf-8"))
                                   for path in paths if path.is_file()))
        lost += [name for name in quoted if _NAME.fullmatch(name) and name not in words | _OTHERS]
    return lost


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_a_page_names_exists(page: Path) -> None:
    """
    Whoever follows the page finds each file, and in it each name.
    """
    assert [] == missing(page)


def test_what_is_gone_is_found(tmp_path: Path) -> None:
    """
    A file that was moved, and a name that its file has no more.
    """
    page = tmp_path / "page.md"
    page.write_text("1. `Frame` of `edge/base/values.py`\n"
                    "2. `Fram` of `edge/base/values.py`, `edge/gone.py`\n")
    assert ["edge/gone.py", "Fram"] == missing(page)
