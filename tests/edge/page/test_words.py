"""The texts: the same in both languages, all used, none anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import jinja2
import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor
from jinja2 import nodes

import edge.page
from edge.config.model import InputKind, OutputKind
from edge.contract.messages import AlarmCause, CameraState
from edge.ipc.health import Stage
from edge.ipc.panel import Refusal
from edge.members.errors import CodeReason, DeniedReason, InviteReason, NameReason
from edge.members.values import Role
from edge.members.words import Words as ToolWords
from edge.page import show
from edge.page.language import LANGUAGES, SCRIPT_PREFIX, Words, keys, preferred, source
from edge.upkeep.doctor.finding import State

FOLDER = Path(edge.page.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SCRIPTS = sorted((FOLDER / "static").glob("*.js"))
FAMILIES: dict[str, Iterable[str]] = {
    "refused": Refusal, "invite": InviteReason, "name": NameReason, "denied": DeniedReason, "role": Role,
    "camera": CameraState, "output": OutputKind, "by": AlarmCause,
    "code": [reason for reason in CodeReason if reason not in (CodeReason.WRONG, CodeReason.LOCKED)],
    "act": ["alarm-raised", "alarm-silent", "alarm-refused", "alarm-cancelled", "armed", "disarmed",
            "invited", "invite-withdrawn", "joined", "phone-added", "phone-revoked", "member-revoked",
            "renamed", "role-changed", "code-wrong", "code-changed", "unlocked", "self-test",
            "lights-tried", "siren-tried", "bundle-made", "bundle-taken"],
    "input": [*InputKind, *(f"{kind}-{state}" for kind in InputKind if kind is not InputKind.SILENT
                            for state in ("on", "off"))],
    "test": [stage for stage in Stage if stage is not Stage.IDLE],
    "bundle": [stage for stage in Stage if stage is not Stage.IDLE], "check": State,
    "verdict": [state for state in State if state is not State.SKIPPED]}


class Places(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


def messages(language: str) -> dict[str, set[str]]:
    """Key -> names of its places, as a parser of its own reads them."""
    found = {}
    for entry in FluentParser().parse(source(language)).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name}: twice"
            places = Places()
            places.visit(entry)
            found[entry.id.name] = places.names
    return found


def test_both_languages_have_the_same_texts() -> None:
    """
    The same keys in the same order, with the same places, and our own list of keys is the parser's.
    """
    vietnamese, english = (messages(language) for language in LANGUAGES)
    assert list(vietnamese) == list(english)
    assert vietnamese == english
    assert tuple(vietnamese) == keys("vi") == keys("en")


@pytest.mark.slow
def test_every_value_has_its_words() -> None:
    """
    Every refusal, reason, role, camera state, kind of output, cause and act has a text of its own.
    """
    assert [] == [f"{family}-{value}" for family, values in FAMILIES.items() for value in values
                  if f"{family}-{value}" not in messages("vi")]


@pytest.mark.parametrize("what", FAMILIES["act"])
def test_the_tool_on_the_box_tells_every_act_in_words(what: str) -> None:
    """
    What was done on the page is read in Vietnamese in `edgebox members log` as well.
    """
    assert what != ToolWords("vi").act(what)


def test_every_text_is_used_and_every_key_exists() -> None:
    """
    What templates, code and scripts name is there; what is there is named, or belongs to a family.
    """
    sources = "".join(path.read_text() for path in [*TEMPLATES, *FOLDER.glob("*.py")])
    named = set(re.findall(r"[\"']([a-z][a-z0-9-]*)[\"']", sources))
    asked_by_scripts = {key for path in SCRIPTS for call in re.findall(r"say\(([^()]*)", path.read_text())
                        for key in re.findall(r"\"([a-z-]+)\"", call)}
    of_scripts = {key.removeprefix(SCRIPT_PREFIX) for key in keys("vi") if key.startswith(SCRIPT_PREFIX)}
    assert of_scripts == asked_by_scripts

    built = {f"{family}-{value}" for family, values in FAMILIES.items() for value in values}
    built |= {f"output-{kind}-named" for kind in OutputKind}
    prefixes = set(re.findall(r"[\"']([a-z-]+-)[\"'] ~", sources))
    unused = [key for key in keys("vi") if key not in named | built and not key.startswith(SCRIPT_PREFIX)
              and not any(key.startswith(prefix) for prefix in prefixes)]
    assert [] == unused
    called = set(re.findall(r"\bw(?:ords)?\(\s*[\"']([a-z0-9-]+)[\"']\s*[,)]", sources))
    called |= set(re.findall(r"(?:Text|done|refused)\(\"([a-z0-9-]+)\"", sources))
    assert set() == called - set(keys("vi"))


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
    english, vietnamese = Words("en"), Words("vi")
    assert ["no phone", "1 phone", "2 phones"] == [english("member-phones", n=n) for n in (0, 1, 2)]
    assert "Sai mã. Lần sai sau sẽ bị khóa lâu hơn." == vietnamese("code-wrong", left=0)
    assert "1 điện thoại" == vietnamese("member-phones", n=1)


def test_a_name_is_not_read_as_a_text(tmp_path: Path) -> None:
    """
    What people call themselves reaches the page escaped.
    """
    rendered = jinja2.Environment(autoescape=True).from_string("{{ w('by-member', name=name) }}").render(
        w=Words("vi"), name="<b>{ $x }</b>")
    assert "&lt;b&gt;{ $x }&lt;/b&gt; báo" == rendered
