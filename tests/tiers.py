"""What `--quick` leaves out: whatever starts or serves something, found by itself, and whatever is slow.

Quick is what a change of a rule, a state machine, a message or a store wants to know: pure code, and files. A
test that can start a program (a broker, a browser, a camera's server, a tool of ours), serve a page or an
index, or found a ward, whose keys are slow to open by design, is left to the full run; whether by its own
code, its fixtures or a helper of theirs. Nobody keeps a list of tests: it is read from the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

# Modules, with all that is in their packages, that start a program, that serve, and that found a ward.
STARTERS = frozenset({"subprocess", "selenium", "multiprocessing", "pty",
                      "uvicorn", "http.server", "socketserver", "starlette.testclient", "edge.page.server",
                      "ward.page.server",
                      "provisioning.ward.foundation"})


def is_quick(item: pytest.Item) -> bool:
    """Whether `item` is neither marked `slow` nor able to start or serve anything."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker("slow"):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs
    return not any(starts(function) for function in (item.function, *(
        definition.func for name in item.fixturenames for definition in fixtures.get(name, ()))))


@cache
def starts(function: Callable[..., Any]) -> bool:
    """Whether code of tests/ that `function` can reach names something of STARTERS."""
    seen = set[Any]()
    waiting: list[Any] = [inspect.unwrap(function)]
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        for value in _reached(code):
            named = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
            module = named or ""            # what C made may have None
            if _is_starter(module):
                return True
            if module.startswith("tests."):
                waiting += _functions(value)
    return False


def _is_starter(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in STARTERS)


def _functions(value: Any) -> Iterator[FunctionType]:
    """A function, or those of a class."""
    bare = inspect.unwrap(value) if callable(value) else value      # of a context manager, a cache
    if isinstance(bare, FunctionType):
        yield bare
    elif inspect.isclass(value):
        for member in vars(value).values():
            member = getattr(member, "fget", getattr(member, "__func__", member))
            if isinstance(member, FunctionType):
                yield inspect.unwrap(member)


def _reached(function: FunctionType) -> Iterator[Any]:
    """What the names in its code stand for, also behind a module: `brokers.start`, `http.server`."""
    names = set(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        yield value
        if isinstance(value, ModuleType):
            yield from (vars(value)[other] for other in names & vars(value).keys())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
