"""The page's texts: none anywhere but in its catalogue. tests/test_words.py has what holds for all."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import edge.page
from edge.page import show
from edge.page.language import page_words, preferred, script_texts

FOLDER = Path(edge.page.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SCRIPTS = sorted((FOLDER / "static").glob("*.js"))

def test_scripts_ask_for_texts_that_are_there() -> None:
    """
    What scripts name stands in the page's texts for them, and nothing else does.
    """
    asked = {key for path in SCRIPTS for call in re.findall(r"say\(([^()]*)", path.read_text())
             for key in re.findall(r"\"([a-z-]+)\"", call)}
    assert asked == set(script_texts(page_words("vi")))


def test_what_is_named_is_there() -> None:
    """
    Every key that a template or a handler asks for by name exists.
    """
    sources = "".join(path.read_text() for path in [*TEMPLATES, *FOLDER.glob("*.py")])
    called = set(re.findall(r"\bw(?:ords)?\(\s*[\"']([a-z0-9-]+)[\"']\s*[,)]", sources))
    called |= set(re.findall(r"(?:Text|done|refused)\(\"([a-z0-9-]+)\"", sources))
    assert len(called) > 100
    assert set() == {key for key in called if key not in page_words("vi")}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_text_of_their_own(path: Path) -> None:
    """
    Between the tags, and in what is read out, stands nothing but what comes from the words and punctuation.
    """
    tree = show.environment().parse(path.read_text())
    own = "\0".join(data.data for data in tree.find_all(nodes.TemplateData))
    attributes = re.findall(r"(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"", own)
    visible = re.sub(r"<[^<>]*>", " ", re.sub(r"<[^<>]*\0[^<>]*>", " ", re.sub(r"<!--.*?-->", " ", own)))
    visible = re.sub(r"<[^<>]*\0|\0[^<>]*>|[a-z-]+=(\"[^\"\0]*|'[^'\0]*)", " ", visible)
    assert [] == re.findall(r"[^\W\d_]{2,}", " ".join([*attributes, visible]).replace("\0", " "))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_hold_no_text_of_their_own(path: Path) -> None:
    """
    No string in a script has two words, or a letter that English does not have.
    """
    code = re.sub(r"^\s*//.*$|(?<=\s)//.*$|/\*.*?\*/", "", path.read_text(), flags=re.MULTILINE)
    strings = [a or b or c for a, b, c in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", code)]
    strings = [re.sub(r"\$\{[^}]*\}", "", string) for string in strings if "querySelector" not in string]
    assert [] == [string for string in strings
                  if re.search(r"[A-Za-z]{2,} [a-z]{2,}", string) or not string.isascii()
                  if string not in ("use strict", "no answer")]


@pytest.mark.parametrize(("header", "language"), [
    ("", "vi"), ("vi-VN,vi;q=0.9,en;q=0.8", "vi"), ("en-GB", "en"), ("fr,de", "vi"), ("fr, en;q=0.3", "en"),
    ("en;q=0.2, vi;q=0.9", "vi"), ("en;q=0, vi", "vi"), ("en;q=x", "vi"), (";;;,,=", "vi"), ("*", "vi")])
def test_the_browsers_language_is_taken(header: str, language: str) -> None:
    """
    The first of ours by weight; Vietnamese where there is none.
    """
    assert language == preferred(header)


def test_numbers_have_their_form() -> None:
    """
    One is not many, in English; the last try before a lock is said as such.
    """
    english, vietnamese = page_words("en"), page_words("vi")
    assert ["no phone", "1 phone", "2 phones"] == [english("member-phones", n=n) for n in (0, 1, 2)]
    assert "Sai mã. Lần sai sau sẽ bị khóa lâu hơn." == vietnamese("code-wrong", left=0)
    assert "1 điện thoại" == vietnamese("member-phones", n=1)


def test_a_name_is_not_read_as_a_text(tmp_path: Path) -> None:
    """
    What people call themselves reaches the page escaped.
    """
    rendered = jinja2.Environment(autoescape=True).from_string("{{ w('by-member', name=name) }}").render(
        w=page_words("vi"), name="<b>{ $x }</b>")
    assert "&lt;b&gt;{ $x }&lt;/b&gt; báo" == rendered
