"""Every catalogue of texts: alike in both languages, each key used, each value named, each thing one way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from edge.base.findings import Kind, State
from edge.base.mqtt_faults import FaultKind
from edge.base.words import LANGUAGES, TERMS, Words, keys, source
from edge.config.model import InputKind, OutputKind
from edge.contract.command import CommandName, CommandRefusal
from edge.contract.messages import (
    AlarmCause,
    AlarmPhase,
    CameraState,
    Ending,
    PanelPhase,
    Phase,
    Severity,
)
from edge.gpio.trial import TrialOutcome
from edge.ipc.health import Stage
from edge.ipc.panel import Refusal
from edge.members.errors import CodeReason, DeniedReason, InviteReason, NameReason
from edge.members.values import MemberRole
from edge.onvif.faults import OnvifFault
from edge.upkeep.camera.choice import ChoiceReason
from edge.upkeep.camera.setting import Setting
from edge.upkeep.firstboot.faults import SetupFault
from edge.watch.capture.address import CameraFault
from ward.station_health import StationCode

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("edge", "ward", "provisioning")
CATALOGUES = sorted(".".join(path.relative_to(ROOT).parts).removesuffix(".vi.ftl")
                    for package in PACKAGES for path in (ROOT / package).rglob("*.vi.ftl"))
ACTS = ("alarm-raised", "alarm-silent", "alarm-refused", "alarm-cancelled", "armed", "disarmed", "invited",
        "invite-withdrawn", "joined", "phone-added", "phone-revoked", "member-revoked", "renamed",
        "role-changed", "code-wrong", "code-changed", "unlocked", "self-test", "lights-tried", "siren-tried",
        "bundle-made", "bundle-taken")
_SAID = [fault for fault in CameraFault if fault is not CameraFault.OTHER]      # that one says what it found
# Families of values that the program composes keys from: catalogue, prefix -> values that want a text.
FAMILIES: dict[str, dict[str, Iterable[str]]] = {
    TERMS: {"camera": [*CameraState, "unknown"], "output": OutputKind, "input": InputKind,
            "panel": PanelPhase, "role": MemberRole, "act": ACTS, "mains": ("on", "off")},
    "edge.base.findings": {"kind": Kind, "state": State, "certificate": ("box", "ca", "page"),
                           "verdict": [state for state in State if state is not State.SKIPPED],
                           "found-camera-bad": _SAID, "found-ward-bad": FaultKind, "do-ward-bad": FaultKind,
                            "do-camera-bad": _SAID},
    "edge.gpio.trial": {"": TrialOutcome},
    "edge.page.page": {
        "refused": Refusal, "invite": InviteReason, "name": NameReason, "denied": DeniedReason,
        "by": AlarmCause,
        "code": [reason for reason in CodeReason if reason not in (CodeReason.WRONG, CodeReason.LOCKED)],
        "input": [f"{kind}-{state}" for kind in InputKind for state in ("on", "off")
                  if kind not in (InputKind.SILENT, InputKind.MAINS)],
        "test": [stage for stage in Stage if stage is not Stage.IDLE],
        "bundle": [stage for stage in Stage if stage is not Stage.IDLE]},
    "edge.upkeep.status.status": {
        "unit": ("active", "inactive", "failed", "activating", "deactivating"),
        "result": ("exit-code", "signal", "core-dump", "timeout", "watchdog", "oom-kill", "resources",
                   "protocol", "start-limit-hit")},
    "edge.upkeep.firstboot.firstboot": {"fault": SetupFault},
    "ward.page.ward": {
        "answer": [*CommandRefusal, *Refusal, "none"], "life": AlarmPhase, "cause": AlarmCause,
        **dict.fromkeys(("command", "confirm", "done"), CommandName), "after": Ending, "why": Ending,
        "failure": ("no-way", "unknown-box", "ambiguous", "offline", "unclaimed", "denied", "no-answer"),
        "phase": Phase, "severity": Severity, "verdict": ("ok", "warn", "bad")},
    "edge.upkeep.camera.camera": {"onvif": OnvifFault, "reason": ChoiceReason, "set": Setting,
                                  "step": ("asking", "reading")},
    "ward.station_health": dict.fromkeys(("found", "do"), StationCode),
    "provisioning.words.ward": {"crl": ("good", "due", "over")},
    "provisioning.words.box": {"camera-dark": CameraFault},
}
# What a library says, names of files, and how many there are: Vietnamese has one form.
IN_ENGLISH_ALONE = {"detail", "error", "which", "book", "count"}
NOUNS = ("camera", "output", "input", "class", "role", "mains")


class Places(Visitor):
    """The names of what is filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


@cache
def messages(language: str, catalogue: str) -> dict[str, set[str]]:
    """Key -> names of what is filled in, as a parser of its own reads them."""
    found: dict[str, set[str]] = {}
    for entry in FluentParser().parse(source(language, catalogue)).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name}: twice"
            places = Places()
            places.visit(entry)
            found[entry.id.name] = places.names
    return found


@cache
def sources() -> str:
    """All code and templates that may name a text."""
    return "\n".join(path.read_text(encoding="utf-8")
                     for package in ("edge", "ward", "provisioning", "dev")
                     for suffix in ("py", "html", "js")
                     for path in sorted((ROOT / package).rglob(f"*.{suffix}")))


def composed(catalogue: str) -> set[str]:
    return {f"{prefix}-{value}".removeprefix("-") for prefix, values in FAMILIES.get(catalogue, {}).items()
            for value in values}


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_both_languages_have_the_same_texts(catalogue: str) -> None:
    """
    The same keys in the same order, with the same values filled in, and the quick list of keys is right.
    """
    vietnamese, english = (messages(language, catalogue) for language in LANGUAGES)
    assert list(vietnamese) == list(english)
    for key, places in english.items():
        assert places - IN_ENGLISH_ALONE <= vietnamese[key] <= places, key
    assert tuple(vietnamese) == keys("vi", catalogue) == keys("en", catalogue)


@pytest.mark.parametrize("catalogue", FAMILIES)
def test_every_value_has_its_words(catalogue: str) -> None:
    """
    Each state, kind, reason, role and act that a program may meet has a text.
    """
    assert set() == composed(catalogue) - set(messages("vi", catalogue))


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_every_text_is_used(catalogue: str) -> None:
    """
    Each is named by code, a template or a script, is composed from a prefix there, or belongs to a finding.
    """
    named = set(re.findall(r"[\"']([a-z][\w-]*)[\"']", sources()))
    prefixes = {"js-", "why-"} | ({"found-", "do-"} if catalogue == "edge.base.findings" else set())
    for pattern in (r"[\"']([a-z][\w-]*-)\{", r"[\"']([a-z][\w-]*-)[\"'] ~",
                    r"value\(\s*[\"']([a-z-]+)[\"']"):
        prefixes |= set(re.findall(pattern, sources()))
    unused = [key for key in keys("vi", catalogue) if key not in named and key not in composed(catalogue)
              and not any(key.startswith(prefix) for prefix in prefixes)]
    assert [] == unused


def test_every_finding_has_its_sentence() -> None:
    """
    Each code that a finding is made with has a sentence, and each sentence a finding.
    """
    have = {key.removeprefix("found-") for key in keys("vi", "edge.base.findings")
            if key.startswith("found-")}
    made = set(re.findall(r"\"([a-z][a-z0-9-]+)\"", sources()))
    made |= {f"camera-bad-{fault}" for fault in _SAID} | {f"ward-bad-{kind}" for kind in FaultKind}
    assert set() == have - made
    given = re.findall(r"Finding\(\s*[^()]*?State\.\w+,\s*\"([a-z][a-z0-9-]*)\"", sources())
    assert len(given) > 40
    assert set() == set(given) - have


@pytest.mark.parametrize("catalogue", [name for name in CATALOGUES if name != TERMS])
def test_a_shared_term_is_written_once(catalogue: str) -> None:
    """
    No catalogue redefines a term, or has a thing's name of its own where there is a term for it.
    """
    assert set() == set(keys("vi", TERMS)) & set(keys("vi", catalogue))
    terms = {tuple(Words(language, TERMS)(key).lower() for language in LANGUAGES): key
             for key in keys("vi", TERMS) if key.split("-")[0] in NOUNS}
    own = {key: tuple(Words(language, catalogue)(key).lower() for language in LANGUAGES)
           for key, places in messages("en", catalogue).items() if not places}
    references = set(re.findall(r"^([\w-]+) = { [\w-]+ }$", source("vi", catalogue), re.MULTILINE))
    assert {} == {key: terms[text] for key, text in own.items() if text in terms and key not in references}


def test_a_missing_value_is_an_error_and_not_a_hole() -> None:
    """
    Nobody reads "{ $n }": a text without what it wants raises.
    """
    with pytest.raises(ValueError, match="minutes"):
        Words("vi", TERMS)("minutes")
    with pytest.raises(KeyError):
        Words("vi", TERMS)("no-such-text")


def test_all_catalogues_are_read() -> None:
    """
    Every file of texts has its other language, and none of another kind lies about.
    """
    files = {path.name for package in PACKAGES for path in (ROOT / package).rglob("*.ftl")}
    assert files == set(chain.from_iterable(
        (f"{name.split('.')[-1]}.{language}.ftl" for language in LANGUAGES) for name in CATALOGUES))
    assert [] == [path for package in PACKAGES for path in (ROOT / package).rglob("words*.toml")]
