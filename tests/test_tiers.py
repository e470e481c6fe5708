"""`./run test --quick` leaves out what can start a program or serve, however it comes by it."""

from __future__ import annotations

import http.server
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.ward import foundation
from tests import brokers
from tests.brokers import until
from tests.edge.guard.alarm.house import Guard, House
from tests.edge.page.stand import Stand
from tests.tiers import starts


def by_itself() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def inside() -> Any:
    return [lambda: subprocess.PIPE]


def by_a_module(folder: Path) -> None:
    brokers.mosquitto(folder)


def by_a_helper() -> None:
    by_itself()


def phones(folder: Path) -> None:
    Stand(folder)


def an_index() -> None:
    http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)


def a_ward(folder: Path) -> None:
    foundation.found(folder, *[])


def not_at_all() -> None:
    until(lambda: True, "nothing")


@pytest.mark.parametrize(("function", "expected"), [
    (by_itself, True), (inside, True), (by_a_module, True), (by_a_helper, True), (not_at_all, False),
    (phones, True), (an_index, True), (a_ward, True),
    (House.__init__, False), (Guard.start, True), (Guard.stop, False),
])
def test_what_starts_or_serves_is_found(function: Callable[..., Any], expected: bool) -> None:
    """
    By its own code, in a nested function, by a module of helpers or by one helper; a page, a server and a
    ward's foundation by their modules; and nothing else is.
    """
    assert expected is starts(function)
