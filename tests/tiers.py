"""What `--quick` leaves out: whatever starts programs, found by itself, and whatever is marked as slow.

Quick is what happens in the test's own process: rules, state machines, messages, stores. A test that can
start a program (a broker, a browser, a camera's server, a tool of ours), by its own code, its fixtures or a
helper of theirs, is left to the full run. Nobody keeps a list: it is read from the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

STARTERS = frozenset({"subprocess", "selenium", "multiprocessing", "pty"})


def is_quick(item: pytest.Item) -> bool:
    """Neither marked `slow` nor able to start a program."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker("slow"):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs
    return not any(starts(function) for function in (item.function, *(
        definition.func for name in item.fixturenames for definition in fixtures.get(name, ()))))


@cache
def starts(function: Callable[..., Any]) -> bool:
    """Whether code of tests/ that `function` can reach names a module that starts programs."""
    seen = set[Any]()
    waiting: list[Any] = [inspect.unwrap(function)]
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        for value in _reached(code):
            if isinstance(value, ModuleType):
                if value.__name__.split(".")[0] in STARTERS:
                    return True
            elif getattr(value, "__module__", "").split(".")[0] in STARTERS:
                return True
            elif getattr(value, "__module__", "").startswith("tests."):
                waiting += _functions(value)
    return False


def _functions(value: Any) -> Iterator[FunctionType]:
    """A function, or those of a class."""
    if isinstance(value, FunctionType):
        yield inspect.unwrap(value)     # a context manager's own code
    elif inspect.isclass(value):
        for member in vars(value).values():
            member = getattr(member, "fget", getattr(member, "__func__", member))
            if isinstance(member, FunctionType):
                yield inspect.unwrap(member)


def _reached(function: FunctionType) -> Iterator[Any]:
    """What the names in its code stand for, also behind a module of tests: `brokers.start`."""
    names = set(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        yield value
        if isinstance(value, ModuleType) and value.__name__.startswith("tests."):
            yield from (vars(value)[other] for other in names & vars(value).keys())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
