"""The papers say what the programs do, both languages alike, and promise nothing that the programs do not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from edge.base.words import LANGUAGES
from edge.config.model import MqttSettings
from provisioning.ward.controller import KEEP_DAYS
from tests.test_guides import OTHERS, PROGRAMS, commands, fault_of

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "papers"
PAPERS = ("sign", "processing-record", "impact-assessment", "breach", "one-person")
PAGES = [FOLDER / f"{paper}.{language}.md" for paper in PAPERS for language in LANGUAGES]
LINKING = [*PAGES, FOLDER / "README.md", ROOT / "SECURITY.md", ROOT / "docs" / "standards.md"]


def text_of(paper: str, language: str) -> str:
    return (FOLDER / f"{paper}.{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_is_one_that_the_tools_take(page: Path) -> None:
    """
    Each line of a block of commands is taken by the tool's own parser; what stands in a sentence exists.
    """
    text = page.read_text(encoding="utf-8")
    for line in commands(text):
        words = shlex.split(line, comments=True)
        words = words[1:] if words[0] == "sudo" else words
        assert words[0] in PROGRAMS or words[0] in OTHERS, line
        assert words[0] not in PROGRAMS or fault_of(words) == "", line
    for words in map(shlex.split, re.findall(r"`(edgebox(?:-ward|-provision)? [a-z][^`]*)`", text)):
        assert fault_of([*words, "--help"]) == "", words


@pytest.mark.parametrize("page", LINKING, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [] == [target for target in targets
                  if not target.startswith("http") and not (page.parent / target).exists()]


@pytest.mark.parametrize("paper", PAPERS)
def test_both_languages_are_built_alike(paper: str) -> None:
    """
    The same headings, rows of tables, commands and blanks to fill in; the same laws and numbers of days.
    """
    first, second = (text_of(paper, language) for language in LANGUAGES)

    def shape(text: str) -> list[object]:
        lines = [line for line in text.splitlines() if line.startswith(("#", "|"))]
        return [[(line.split()[0], line.count("|")) for line in lines],
                [shlex.split(line)[:3] for line in commands(text)],
                sorted(set(re.findall(r"\d+/\d{4}|\b(?:72|30|10|15|20)\b", text)))]

    assert shape(first) == shape(second)


def test_what_is_kept_for_so_long_is_the_default() -> None:
    """
    The papers name the times that the receiver, and a box, keep what the ward has unless told otherwise.
    """
    hours = f"{MqttSettings.model_fields['keep_acked_h'].default:.0f}"
    for language in LANGUAGES:
        assert all(re.search(rf"\b{hours} (giờ|hours)", text_of(paper, language))
                   for paper in ("processing-record", "impact-assessment", "breach", "one-person"))
        assert f"[{KEEP_DAYS}]" in text_of("processing-record", language)
        assert f"--keep-days {KEEP_DAYS}" in text_of("sign", language)
