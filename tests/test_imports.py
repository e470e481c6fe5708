"""The import laws of docs/architecture.md, read from the syntax tree, so that nothing is executed.

A law is a function from a module and what it imports to the breach, or None: each has a test that breaks it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "ward", "provisioning", "models")

PROGRAMS = ("edge.watch", "edge.guard", "edge.uplink", "edge.page")

# From the bottom up. A package imports itself and what lies below it, never above and never beside it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("edge.base",),
    ("edge.contract",),
    ("edge.config",),
    ("edge.journal", "edge.gpio", "edge.web", "edge.onvif"),
    ("edge.members",),
    ("edge.ipc",),
    ("edge.health",),
    ("edge.bundle",),
    PROGRAMS,
    ("edge.upkeep",),
    ("edge.commands",),
    ("edge.cli",),
)

STAGES = tuple(f"edge.watch.{stage}" for stage in ("capture", "vision", "rules", "evidence", "learning"))

# A vendor library belongs to one adapter; the names are the modules or packages that may import it.
VENDORS: dict[str, tuple[str, ...]] = {
    "av": ("edge.watch.capture",),
    "picamera2": ("edge.watch.capture.csi.port",),
    "libcamera": ("edge.watch.capture.csi.port",),
    "onnxruntime": ("edge.watch.vision.session",),
    "onnx": ("models",),
    "paho": ("edge.base.mqtt",),
    "gpiozero": ("edge.gpio.pins", "edge.gpio.board", "edge.gpio.simulated"),
    "lgpio": ("edge.gpio.board",),
    "argon2": ("edge.members",),
    "rfc8785": ("edge.contract.signing",),
    "segno": ("edge.page", "edge.commands.members", "provisioning.box.printing"),
    "fluent": ("edge.base.words",),
    "systemd": ("edge.base.notify", "edge.base.journald"),
    "sqlite3": ("edge.base.sqlite",),
    "fpdf": ("provisioning",),
    "defusedxml": ("edge.onvif.untrusted",),
    "PIL": ("edge.watch.evidence", "edge.watch.capture.still", "ward.store.jpeg"),
    "starlette": ("edge.web", "ward.page", "edge.page", "provisioning.ward.est"),
    "uvicorn": ("edge.web",),
    "sse_starlette": ("edge.web", "edge.page.stream", "ward.page.stream"),
    "jinja2": ("edge.web.templates", "edge.page.show"),
}

FORBIDDEN = {"edge": ("ward", "provisioning"), "ward": ("provisioning", "models"),
             "models": ("ward", "provisioning")}

# Composition roots that load a model.
MODELS_USERS = ("edge.watch.installed", "edge.commands", "edge.cli")

# Breaches that still stand, each with what it imports. One that is gone must leave the list.
STANDING: frozenset[tuple[str, str]] = frozenset()


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; name the module in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lies_in(module: str, places: tuple[str, ...]) -> str | None:
    """The one of `places` that `module` is, or lies under."""
    return next((place for place in places if module == place or module.startswith(f"{place}.")), None)


def layer_of(module: str) -> tuple[int, str] | None:
    """Its layer from the bottom and the package of that layer; None: the entry of `edge`, or not of edge."""
    return next(((index, place) for index, places in enumerate(LAYERS)
                 if (place := lies_in(module, places))), None)


def breach_of_layers(module: str, target: str) -> str | None:
    """A lower package knows nothing of a higher one, no program's room of another's."""
    mine, theirs = layer_of(module), layer_of(target)
    if mine is None or theirs is None or mine == theirs or theirs[0] < mine[0]:
        return None
    return f"{module} imports {target}: {theirs[1]} is not below {mine[1]}"


def breach_of_stages(module: str, target: str) -> str | None:
    """The stages of watch do not import one another."""
    mine, theirs = lies_in(module, STAGES), lies_in(target, STAGES)
    return f"stage {module} imports stage {target}" if mine and theirs and mine != theirs else None


def breach_of_sides(module: str, target: str) -> str | None:
    """The box knows nothing of the ward, models nothing of both; models are loaded by composition roots."""
    mine, theirs = module.split(".")[0], target.split(".")[0]
    if theirs in FORBIDDEN.get(mine, ()):
        return f"{module} imports {target}: {mine} knows nothing of {theirs}"
    if mine == "edge" and theirs == "models" and not lies_in(module, MODELS_USERS):
        return f"{module} imports {target}: only a composition root loads a model"
    return None


def breach_of_vendors(module: str, target: str) -> str | None:
    """A vendor library is imported by its adapter alone, so that the rest runs on any laptop."""
    allowed = VENDORS.get(target.split(".")[0])
    if allowed is None or lies_in(module, allowed):
        return None
    return f"{module} imports {target}: only {', '.join(allowed)} may"


LAWS: tuple[Callable[[str, str], str | None], ...] = (
    breach_of_layers, breach_of_stages, breach_of_sides, breach_of_vendors)

ALL = list(modules())


def stands(module: str, target: str) -> tuple[str, str] | None:
    return next((pair for pair in STANDING
                 if lies_in(module, (pair[0],)) and lies_in(target, (pair[1],))), None)


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_laws_of_imports(module: str, path: Path) -> None:
    """
    Lower layers know nothing of higher ones, programs and stages nothing of one another.
    """
    breaches = [breach for target in imports(path) for law in LAWS
                if (breach := law(module, target)) and not stands(module, target)]
    assert [] == breaches


def test_breaches_that_stand_still_stand() -> None:
    """
    The list of breaches only ever gets shorter: one that is mended leaves it.
    """
    assert {found for module, path in ALL for target in imports(path)
            if breach_of_layers(module, target) and (found := stands(module, target))} == STANDING


@pytest.mark.parametrize(("law", "module", "target"), [
    (breach_of_layers, "edge.base.values", "edge.contract.messages"),
    (breach_of_layers, "edge.watch.recorder", "edge.guard.alarm.core"),
    (breach_of_layers, "edge.page.app", "edge.uplink.mqtt"),
    (breach_of_layers, "edge.guard.main", "edge.watch.pipeline"),
    (breach_of_layers, "edge.uplink.delivery", "edge.commands.check"),
    (breach_of_layers, "edge.gpio.pins", "edge.journal.store"),
    (breach_of_stages, "edge.watch.rules.cross", "edge.watch.vision.tracker"),
    (breach_of_stages, "edge.watch.capture.gate", "edge.watch.evidence.shot"),
    (breach_of_sides, "edge.config.load", "ward.receive"),
    (breach_of_sides, "edge.guard.main", "models.store"),
    (breach_of_sides, "models.store", "provisioning.cli"),
    (breach_of_vendors, "edge.watch.pipeline", "onnxruntime"),
    (breach_of_vendors, "edge.guard.main", "paho.mqtt.client"),
    (breach_of_vendors, "edge.journal.store", "sqlite3"),
])
def test_each_law_sees_a_breach(law: Callable[[str, str], str | None], module: str, target: str) -> None:
    """
    A law that nothing can break would be no law.
    """
    assert law(module, target)


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_no_module_lies_loose_in_edge(module: str, path: Path) -> None:
    """
    A new file is given its room on purpose: nothing but the entry lies at the root of edge.
    """
    assert not module.startswith("edge.") or layer_of(module) is not None, f"{module}: put it into a package"


def test_broad_handlers_stand_in_one_file() -> None:
    """
    `except Exception` exists in edge/base/supervisor.py alone, where a dying thread reports itself.
    """
    broad = [f"{name}:{node.lineno}" for name, path in ALL
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.ExceptHandler)
             and (node.type is None or (isinstance(node.type, ast.Name)
                                        and node.type.id in ("Exception", "BaseException")))
             and name != "edge.base.supervisor"]
    assert [] == broad
