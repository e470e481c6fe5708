"""What a stranger may count on in every file: it can be read in one sitting, and it stands on no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.test_imports import ROOT, imports

PACKAGES = ("edge", "ward", "provisioning", "models", "bench", "dev")
MAX_LINES = 400


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def circle(imported: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle in order, the first one again at its end; empty where there is none."""
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as exc:
        found: list[str] = exc.args[1]
        return found
    return []


def test_no_file_is_long() -> None:
    """
    Outside of the tests no Python file has more than 400 lines: one that grows past is split where it bends.
    """
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules()}
    assert {} == {name: count for name, count in lines.items() if count > MAX_LINES}


def test_no_circle_of_imports() -> None:
    """
    Every module can be read, and tested, once those that it imports are: also those that it imports late.
    """
    known = {name for name, _ in modules()}
    assert [] == circle({name: {target for target in imports(path) if target in known and target != name}
                         for name, path in modules()})


@pytest.mark.parametrize("imported", [
    {"a": {"b"}, "b": {"a"}},
    {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}},
])
def test_a_circle_is_found(imported: dict[str, set[str]]) -> None:
    """
    Of two modules or of three, with others beside it.
    """
    found = circle(imported)
    assert found[0] == found[-1]
    assert set(imported) - {"d"} == set(found)


