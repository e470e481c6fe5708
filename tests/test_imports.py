"""The import rules of docs/architecture.md, read from the syntax tree, so that nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "ward", "provisioning", "models")

STAGES = ("capture", "vision", "rules", "evidence", "alarm", "delivery", "page")
COMPOSITION = ("watch", "guard", "replay", "detect", "check", "alarm_tool",
               "members_tool", "firstboot", "firstboot_tool", "renew_tool", "doctor", "doctor_tool", "status",
               "status_tool", "care", "logs_tool", "support", "support_tool", "reset", "reset_tool")

# From the bottom up. A module imports its own layer's package and anything below, never above;
# the stages share a layer and never import one another.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"edge", "edge.values", "edge.errors", "edge.backoff", "edge.clock", "edge.log", "edge.testing",
               "edge.arguments", "edge.worker", "edge.limits", "edge.blinking", "edge.priority",
               "edge.notify", "edge.journald"}),
    frozenset({"edge.contract"}),
    frozenset({"edge.config", "edge.journal"}),
    frozenset({"edge.hit", "edge.panel", "edge.members", "edge.bundle"}),
    frozenset(f"edge.{stage}" for stage in STAGES),
    frozenset({"edge.perception", "edge.pipeline", "edge.view", "edge.slots", "edge.recorder",
               "edge.installed", "edge.state", "edge.health", "edge.link"}),
    frozenset(f"edge.{name}" for name in COMPOSITION),
    frozenset({"edge.cli", "edge.__main__"}),
)

# A vendor library belongs to one adapter; `modules` are the files that may import it.
VENDORS: dict[str, tuple[str, ...]] = {
    "av": ("edge.capture.",),
    "picamera2": ("edge.capture.csi",),
    "onnxruntime": ("edge.vision.session",),
    "onnx": ("models.",),
    "paho": ("edge.delivery.mqtt", "ward.receive", "ward.mqtt", "provisioning.ward.cut"),
    "gpiozero": ("edge.alarm.pins", "edge.alarm.board", "edge.alarm.simulated"),
    "lgpio": ("edge.alarm.board",),
    "argon2": ("edge.members.",),
    "rfc8785": ("edge.contract.signing",),
    "segno": ("edge.page.", "edge.members_tool", "provisioning.box.printing"),
    "fluent": ("edge.page.", "provisioning.words"),
    "systemd": ("edge.notify", "edge.journald"),
    "sqlite3": ("edge.journal.", "edge.members.", "ward.store", "provisioning.ward.enrolment"),
    "fpdf": ("provisioning.",),
    "PIL": ("edge.evidence.", "edge.capture.still"),
    "starlette": ("ward.page.", "edge.page.", "provisioning.ward.est"),
    "uvicorn": ("ward.page.", "edge.page.", "provisioning.ward.est_server"),
    "sse_starlette": ("ward.page.", "edge.page."),
    "jinja2": ("ward.page.", "edge.page."),
}

FORBIDDEN = {"edge": ("ward", "provisioning"), "ward": ("provisioning", "models"),
             "models": ("ward", "provisioning")}

MODELS_USERS = ("edge.installed", "edge.detect", "edge.check", "edge.cli", "edge.firstboot_tool",
                "edge.doctor_tool")


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


def layer(module: str) -> int | None:
    """The index in LAYERS of the longest listed name that `module` is or lies under."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        for index, names in enumerate(LAYERS):
            if ".".join(parts[:length]) in names and (length > 1 or len(parts) == 1):
                return index
    return None


ALL = list(modules())


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_imports_run_one_way(module: str, path: Path) -> None:
    """
    Lower layers know nothing of higher ones, stages nothing of one another, edge nothing of the ward.
    """
    package = module.split(".")[0]
    for target in imports(path):
        top = target.split(".")[0]
        assert top not in FORBIDDEN.get(package, ()), f"{module} imports {target}"
        if package == "edge" and top == "models":
            assert module in MODELS_USERS, f"{module} imports {target}: only a composition root may"
        mine, theirs = layer(module), layer(target)
        if package != "edge" or theirs is None or mine is None:
            continue
        assert theirs <= mine, f"{module} (layer {mine}) imports {target} (layer {theirs})"
        if theirs == mine and module.split(".")[1:2] and module.split(".")[1] in STAGES:
            assert module.split(".")[:2] == target.split(".")[:2], f"stage {module} imports stage {target}"


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_every_edge_module_has_a_layer(module: str, path: Path) -> None:
    """
    A new file is given its place on purpose, not by accident.
    """
    assert not module.startswith("edge") or layer(module) is not None, f"{module}: add it to LAYERS"


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_vendor_libraries_stay_in_their_adapter(module: str, path: Path) -> None:
    """
    A vendor library is imported by its adapter alone, so that the rest runs on any laptop.
    """
    for target in imports(path):
        allowed = VENDORS.get(target.split(".")[0])
        assert allowed is None or module.startswith(allowed), f"{module} imports {target}; only {allowed} may"


def test_broad_handlers_stand_in_one_file() -> None:
    """
    `except Exception` exists in edge/worker.py alone, where a dying thread reports itself.
    """
    broad = [f"{name}:{node.lineno}" for name, path in ALL
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.ExceptHandler)
             and (node.type is None or (isinstance(node.type, ast.Name)
                                        and node.type.id in ("Exception", "BaseException")))
             and name != "edge.worker"]
    assert [] == broad
